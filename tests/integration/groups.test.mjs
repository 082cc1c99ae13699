// SPDX-License-Identifier: Apache-2.0
// Sessions, users, facets; a trace that is removed; a trace that is long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from './server.mjs';

const hex = (n, digits) => n.toString(16).padStart(digits, '0');
const START = Date.parse('2026-11-20T10:00:00Z');
const RANGE = 'from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z';

/** Session i % 4, user i % 3, model i % 2; the last of each eight has neither. */
const spans = Array.from({ length: 240 }, (_, i) => ({
    trace_id: hex(Math.floor(i / 4) + 1, 32), span_id: hex(i + 1, 16), ts: new Date(START + i * 1000).toISOString(), duration_ms: 10, operation_type: 'chat',
    model: ['gpt-4o', 'glm-5'][i % 2], session_id: i % 8 === 7 ? undefined : `s${i % 4}`, user_id: i % 8 === 7 ? undefined : `u${i % 3}`,
    status_code: i % 10 === 0 ? 'ERROR' : 'OK', prompt_tokens: i, completion_tokens: 1, total_cost_usd: 0.001, tags: i % 2 ? ['x'] : ['x', 'y'], input_text: `question ${i}`, attributes: { tier: i % 5 ? 'free' : 'paid' },
}));

async function filled(t) {
    const server = await serve(t);
    const answer = await server.post('/api/v1/traces', JSON.stringify(spans));
    assert.ok(answer.status < 300, answer.text);
    return server;
}

const get = async (server, path) => {
    const answer = await server.get(`/api/v1/${path}`);
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    return answer.body;
};

for (const [path, key] of [['sessions', 'session_id'], ['users', 'user_id']])
    test(`${path}: last seen first, with what they used`, async (t) => {
        const server = await filled(t), { data, pagination } = await get(server, `${path}?${RANGE}`);
        const names = [...new Set(spans.map((s) => s[key]).filter(Boolean))];
        assert.equal(pagination.total, names.length);
        for (const row of data) {
            const mine = spans.filter((s) => s[key] === row[key]);
            assert.equal(row.span_count, mine.length);
            assert.equal(row.error_count, mine.filter((s) => s.status_code === 'ERROR').length);
            assert.equal(row.total_tokens, mine.reduce((n, s) => n + s.prompt_tokens + 1, 0));
            assert.equal(row.trace_count, new Set(mine.map((s) => s.trace_id)).size);
            assert.equal(Math.round(row.total_cost_usd * 1000), mine.length);
            assert.equal(Date.parse(row.last_seen), Date.parse(mine.at(-1).ts));
        }
        assert.deepEqual(data.map((r) => r.last_seen), data.map((r) => r.last_seen).sort().reverse());
        const some = await get(server, `${path}?${RANGE}&model=gpt-4o&limit=1`);
        assert.equal(some.data.length, 1);
        assert.equal(some.pagination.has_more, true);
        assert.equal(some.total.span_count, spans.filter((s) => s[key] && s.model === 'gpt-4o').length);
    });

test('a session shows its traces, and one that is not there is not found', async (t) => {
    const server = await filled(t), { data, total } = await get(server, 'sessions/s1?limit=100');
    const mine = spans.filter((s) => s.session_id === 's1');
    assert.deepEqual(new Set(data.map((r) => r.trace_id)), new Set(mine.map((s) => s.trace_id)));
    assert.equal(total.span_count, mine.length);
    assert.equal((await server.get('/api/v1/sessions/nobody')).status, 404);
});

test('facets count under the filter', async (t) => {
    const server = await filled(t);
    for (const [field, of] of [['model', (s) => [s.model]], ['status_code', (s) => [s.status_code]], ['tags', (s) => s.tags], ['attributes.tier', (s) => [s.attributes.tier]], ['session_id', (s) => [s.session_id ?? null]]]) {
        const { data } = await get(server, `facets?field=${field}&${RANGE}&user_id=u0,u1`), wanted = new Map();
        for (const span of spans.filter((s) => ['u0', 'u1'].includes(s.user_id)))
            for (const value of of(span)) wanted.set(value, (wanted.get(value) ?? 0) + 1);
        assert.deepEqual(new Map(data.map((r) => [r.value, r.count])), wanted, field);
        assert.deepEqual(data.map((r) => r.count), data.map((r) => r.count).sort((a, b) => b - a));
    }
    for (const wrong of ['facets', 'facets?field=nope', 'facets?field=duration_ms', 'facets?field=model&limit=0'])
        assert.equal((await server.get(`/api/v1/${wrong}`)).status, 400, wrong);
    assert.equal((await get(server, `facets?field=model&${RANGE}`)).meta.source, 'rollup');
});

test('a trace that is removed is gone at once', async (t) => {
    const server = await filled(t), id = spans[0].trace_id;
    assert.ok((await server.post(`/api/v1/traces/${id}/feedback`, '{"score": 1, "name": "thumb"}')).status < 300);
    const remove = () => fetch(`${server.url}/api/v1/traces/${id}`, { method: 'DELETE' });
    assert.equal((await remove()).status, 204);
    assert.equal((await server.get(`/api/v1/traces/${id}`)).status, 404);
    assert.equal((await get(server, `traces?trace_id=${id}`)).data.length, 0);
    assert.equal((await get(server, `traces/${id}/feedback`)).data.length, 0);
    assert.equal((await remove()).status, 404);
    assert.equal((await get(server, `metrics?${RANGE}`)).data[0].values.request_count, spans.length, 'what was used was used');
});

test('a trace of 50,000 spans opens page by page', async (t) => {
    const server = await serve(t), id = hex(7, 32), N = 50000;
    for (let i = 0; i < N; i += 10000) {
        const part = Array.from({ length: 10000 }, (_, k) => ({ trace_id: id, span_id: hex(i + k + 1, 16), parent_span_id: i + k ? hex(1, 16) : undefined, ts: new Date(START + i + k).toISOString(), duration_ms: 1, operation_type: 'tool', span_name: `step ${i + k}` }));
        assert.ok((await server.post('/api/v1/traces', JSON.stringify(part))).status < 300);
    }
    let cursor, seen = 0, first;
    for (let page = 0; page < 5; page++) {
        const begin = performance.now();
        const { data, pagination } = await get(server, `traces?trace_id=${id}&sort_order=asc&limit=1000&fields=span_name,ts${cursor ? `&cursor=${cursor}` : ''}`);
        first ??= performance.now() - begin;
        for (const span of data) assert.equal(span.span_name, `step ${seen++}`);
        cursor = pagination.cursor;
    }
    t.diagnostic(`first page in ${first.toFixed(0)} ms`);
    const tree = await get(server, `traces/${id}?fields=span_name`);
    assert.equal(tree.data.truncated, true);
    assert.equal(tree.data.span_count, 10000);
});
