// SPDX-License-Identifier: Apache-2.0
// Full-text search over HTTP: the language, marks, and what was said a moment ago.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metric, serve, until } from './server.mjs';

const hex = (n, digits) => n.toString(16).padStart(digits, '0');
const spans = [
    ['What is the refund policy?', 'Refunds are possible within 30 days.'],
    ['I am angry: refund my money <now>!', 'I am sorry & will help.'],
    ['東京タワーの高さは？', '333メートルです。'],
    ['מה שלומך', 'טוב, תודה'],
    ['Wie heißt die STRASSE?', 'Königsallee'],
    [undefined, undefined],
].map(([input_text, output_text], i) => ({ trace_id: hex(i + 1, 32), span_id: hex(i + 1, 16), ts: new Date(Date.parse('2026-11-20T10:00:00Z') + i * 1000).toISOString(), duration_ms: 5, operation_type: 'chat', model: i % 2 ? 'a' : 'b', span_name: String(i), input_text, output_text }));

async function filled(t, sets) {
    const server = await serve(t, { sets });
    assert.ok((await server.post('/api/v1/traces', JSON.stringify(spans))).status < 300);
    return server;
}

const wanted = {
    refund: [0, 1], 'refund*': [0, 1], 'REFUNDS': [0], 'refund money': [1], '"refund policy"': [0], '"policy refund"': [], 'refund -angry': [0], 'refund -"my money"': [0],
    'money OR days': [0, 1], '東京': [2], '京東': [], 'タワー メートル': [2], 'תודה': [3], strasse: [4], 'straße': [4], konigsallee: [4], 'nothing': [],
};

for (const index of ['words', 'none'])
    test(`what a search finds, with text_index: ${index}`, async (t) => {
        const server = await filled(t, { 'plugins.store-sqlite.text_index': index });
        const check = async () => {
            for (const [search, names] of Object.entries(wanted)) {
                const { status, body } = await server.get(`/api/v1/traces?search=${encodeURIComponent(search)}&fields=span_name`);
                assert.equal(status, 200);
                assert.deepEqual(body.data.map((s) => Number(s.span_name)).sort(), names, search);
            }
        };
        await check();
        if (index === 'words') {
            await until('all is indexed', async () => (await metric(server, 'store_text_unindexed')) === 0);
            await check();
        }
    });

test('a search is a condition like others', async (t) => {
    const server = await filled(t);
    const leaf = (field, value) => ({ field, operator: 'search', value });
    const find = async (filter) => (await server.post('/api/v1/traces/search', JSON.stringify({ filter, fields: ['span_name'] }))).body.data.map((s) => Number(s.span_name)).sort();
    assert.deepEqual(await find(leaf('input_text', 'refund')), [0, 1]);
    assert.deepEqual(await find(leaf('output_text', 'refund*')), [0]);
    assert.deepEqual(await find({ operator: 'NOT', filters: [leaf('text', 'refund')] }), [2, 3, 4, 5]);
    assert.deepEqual(await find({ operator: 'AND', filters: [leaf('text', 'refund'), { field: 'model', operator: 'eq', value: 'a' }] }), [1]);
    assert.deepEqual(await find({ operator: 'OR', filters: [leaf('text', '東京'), leaf('text', 'angry')] }), [1, 2]);
    assert.equal((await server.get('/api/v1/metrics?search=refund&from=2026-11-20&to=2026-11-21')).body.data[0].values.request_count, 2);
});

test('marks show where it was found', async (t) => {
    const server = await filled(t), { body } = await server.get('/api/v1/traces?search=refund*&highlight=true&fields=span_name');
    const [angry, policy] = body.data;
    assert.deepEqual(angry.highlights, { input_text: 'I am angry: <mark>refund</mark> my money &lt;now&gt;!' });
    assert.deepEqual(policy.highlights, { input_text: 'What is the <mark>refund</mark> policy?', output_text: '<mark>Refunds</mark> are possible within 30 days.' });
    assert.equal('input_text' in angry, false, 'only the fields that were asked for');
});

test('a search that makes no sense is refused', async (t) => {
    const server = await serve(t);
    for (const search of ['', '-refund', '"no end', 'a OR -b', '!!!']) {
        const { status, body } = await server.get(`/api/v1/traces?search=${encodeURIComponent(search)}`);
        assert.equal(status, 400, search);
        assert.equal(body.error.field, 'search');
    }
    const body = (filter) => server.post('/api/v1/traces/search', JSON.stringify({ filter }));
    assert.equal((await body({ field: 'model', operator: 'search', value: 'a' })).status, 400);
    assert.equal((await body({ field: 'text', operator: 'eq', value: 'a' })).status, 400);
    assert.equal((await body({ field: 'text', operator: 'search', value: '-a' })).body.error.field, 'filter.value');
});

test('what was said a moment ago is found, while it is indexed', async (t) => {
    const server = await serve(t);
    for (let i = 0; i < 150; i++) {
        const span = { ...spans[0], trace_id: hex(i + 1, 32), span_id: hex(i + 1, 16), input_text: `needle${i} in a haystack` };
        assert.ok((await server.post('/api/v1/traces', JSON.stringify(span))).status < 300);
        assert.equal((await server.get(`/api/v1/traces?search=needle${i}`)).body.data.length, 1, `needle${i}`);
    }
    assert.equal((await server.get('/api/v1/traces?search=haystack&limit=1000')).body.data.length, 150);
});
