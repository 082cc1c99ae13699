// SPDX-License-Identifier: Apache-2.0
// The cache as a client sees it: what is the same question, what ends an answer, and
// how many questions reach the store.
import assert from 'node:assert/strict';
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { config, privateFolder, serve, Server } from './server.mjs';

const hex = (n, digits) => n.toString(16).padStart(digits, '0');
const span = (n, more = {}) => ({
    trace_id: hex(n, 32), span_id: hex(n, 16), ts: '2026-11-01T10:00:00Z', duration_ms: 10, operation_type: 'chat', model: 'm', total_cost_usd: 0.001, ...more,
});
const CLOSED = '/api/v1/traces?from=2026-11-01&to=2026-11-02&limit=1000';
const sets = { workers: 1 };

async function write(server, spans) {
    const answer = await server.post('/api/v1/traces', JSON.stringify(spans));
    assert.ok(answer.status < 300, answer.text);
}

/** One value of /metrics, 0 when it is not there. */
async function metric(server, start) {
    const { text } = await server.get('/metrics');
    const line = text.split('\n').find((l) => l.startsWith(start));
    return line ? Number(line.split(' ').at(-1)) : 0;
}
const queries = (server, op) => metric(server, `store_query_duration_seconds_count{op="${op}"}`);

async function get(server, path, options) {
    const answer = await server.get(path, options);
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    return answer;
}

test('an answer is given again, with a meta of its own', async (t) => {
    const server = await serve(t, { sets });
    await write(server, [span(1)]);
    const first = await get(server, CLOSED), before = await queries(server, 'search');
    await new Promise((next) => setTimeout(next, 1100));
    const again = await get(server, CLOSED, { headers: { 'X-Request-Id': 'mine' } });
    assert.equal(await queries(server, 'search'), before);
    assert.deepEqual(again.body.data, first.body.data);
    assert.equal(first.body.meta.cached, false);
    assert.equal(again.body.meta.cached, true);
    assert.equal(again.body.meta.request_id, 'mine');
    assert.equal(again.body.meta.source, first.body.meta.source);
    assert.ok(Date.parse(again.body.meta.timestamp) >= Date.parse(first.body.meta.timestamp) + 1000);
    assert.equal(first.headers.get('age'), null);
    assert.equal(again.headers.get('age'), '1');
    for (const answer of [first, again]) {
        assert.equal(answer.headers.get('cache-control'), 'private, max-age=3600');
        assert.match(answer.headers.get('etag'), /^(W\/)?"[0-9a-f]+"$/);
    }
    assert.equal(again.headers.get('etag'), first.headers.get('etag'));
    assert.equal(await metric(server, 'cache_hits_total{layer="l1"}'), 1);
    assert.ok(await metric(server, 'cache_bytes{layer="l1"}') > 0);
    const fresh = await get(server, CLOSED, { headers: { 'Cache-Control': 'no-cache' } });
    assert.equal(fresh.body.meta.cached, false);
});

test('how long, by what is asked', async (t) => {
    const server = await serve(t, { sets });
    await write(server, [span(1)]);
    for (const [path, seconds] of [[`/api/v1/traces/${hex(1, 32)}`, 300], ['/api/v1/traces?from=now-1h', 60], ['/api/v1/metrics?from=2026-11-01&to=2026-11-02', 3600], ['/api/v1/traces?to=now-2h', 3600]]) {
        for (const cached of [false, true]) {
            const answer = await get(server, path);
            assert.equal(answer.headers.get('cache-control'), `private, max-age=${seconds}`, path);
            assert.equal(answer.body.meta.cached, cached, path);
        }
    }
});

test('If-None-Match is answered from the cache', async (t) => {
    const server = await serve(t, { sets });
    await write(server, [span(1)]);
    const paths = [CLOSED, '/api/v1/metrics?from=2026-11-01&to=2026-11-02'];
    for (const path of paths) {
        const tag = (await get(server, path)).headers.get('etag').replace(/^W\//, '');
        for (const list of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
            const answer = await server.get(path, { headers: { 'If-None-Match': list } });
            assert.equal(answer.status, 304, list);
            assert.equal(answer.text, '');
            assert.equal(answer.headers.get('etag'), tag);
            assert.match(answer.headers.get('cache-control'), /^private, max-age=/);
        }
        assert.equal((await server.get(path, { headers: { 'If-None-Match': '"x"' } })).status, 200);
    }
});

test('the body is part of the question, and errors are not kept', async (t) => {
    const server = await serve(t, { sets });
    await write(server, [span(1), span(2, { model: 'other' })]);
    const search = async (model) => (await server.post('/api/v1/traces/search', JSON.stringify({ filter: { field: 'model', operator: 'eq', value: model } }))).body;
    for (const cached of [false, true])
        for (const model of ['m', 'other']) {
            const body = await search(model);
            assert.equal(body.meta.cached, cached);
            assert.deepEqual(body.data.map((s) => s.model), [model]);
        }
    const missing = `/api/v1/traces/${hex(3, 32)}`;
    assert.equal((await server.get(missing)).status, 404);
    assert.equal((await server.get('/api/v1/traces?limit=-1')).status, 400);
    assert.equal((await server.get('/api/v1/traces?limit=-1')).status, 400);
    assert.equal(await metric(server, 'cache_hits_total{layer="l1"}'), 2);
});

test('a write is seen by whoever asks after it was acknowledged', async (t) => {
    const server = await serve(t);
    const trace = `/api/v1/traces/${hex(7, 32)}`;
    for (let n = 1; n <= 40; n++) {
        await write(server, [span(n, { trace_id: hex(7, 32) })]);
        assert.equal((await get(server, CLOSED)).body.data.length, n);
        assert.equal((await get(server, trace)).body.data.span_count ?? (await get(server, trace)).body.data.spans?.length ?? n, n);
        const { data } = (await get(server, '/api/v1/sessions?from=2026-11-01&to=2026-11-02')).body;
        assert.ok(Array.isArray(data));
    }
    const url = `${trace}?include=feedback`;
    const before = await get(server, url);
    await get(server, url);
    assert.ok((await server.post(`${trace}/feedback`, '{"score": 1, "name": "thumb"}')).status < 300);
    assert.notEqual((await get(server, url)).headers.get('etag'), before.headers.get('etag'));
    assert.equal((await fetch(server.url + trace, { method: 'DELETE' })).status, 204);
    assert.equal((await get(server, CLOSED)).body.data.length, 0);
    assert.equal((await server.get(trace)).status, 404);
});

test('a write to another range or trace ends nothing', async (t) => {
    const server = await serve(t, { sets });
    await write(server, [span(1)]);
    const trace = `/api/v1/traces/${hex(1, 32)}`;
    for (const path of [CLOSED, trace]) await get(server, path);
    await write(server, [span(2, { ts: '2026-11-05T10:00:00Z' })]);
    for (const path of [CLOSED, trace]) assert.equal((await get(server, path)).body.meta.cached, true, path);
    await write(server, [span(3)]);
    assert.equal((await get(server, trace)).body.meta.cached, true);
    const { body } = await get(server, CLOSED);
    assert.equal(body.meta.cached, false);
    assert.equal(body.data.length, 2);
});

test('many who ask at once are one question', async (t) => {
    const server = await serve(t, { sets });
    for (let at = 0; at < 8; at++) await write(server, Array.from({ length: 2500 }, (_, i) => span(1 + at * 2500 + i, { attributes: { i: String(i) } })));
    const slow = '/api/v1/facets?field=attributes.i&from=2026-11-01&to=2026-11-02';
    const before = await queries(server, 'aggregate');
    const answers = await Promise.all(Array.from({ length: 50 }, () => server.get(slow)));
    for (const answer of answers) {
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.body.data, answers[0].body.data);
    }
    assert.equal(new Set(answers.map((a) => a.body.meta.request_id)).size, 50);
    assert.equal(await queries(server, 'aggregate') - before, 1);
    assert.equal(answers.filter((a) => !a.body.meta.cached).length, 1);
    assert.ok(await metric(server, 'cache_coalesced_total{layer="l1"}') > 0);
});

test('who asked first may go, or be refused', async (t) => {
    const server = await serve(t, { sets });
    for (let at = 0; at < 8; at++) await write(server, Array.from({ length: 2500 }, (_, i) => span(1 + at * 2500 + i, { attributes: { i: String(i) } })));
    for (let round = 0; round < 5; round++) {
        const slow = `/api/v1/facets?field=attributes.i&from=2026-11-01&to=2026-11-02&limit=${10 + round}`;
        const first = new AbortController(), third = new AbortController();
        const gone = [first, third].map((c) => fetch(server.url + slow, { signal: c.signal }).catch(() => 'gone'));
        await new Promise((next) => setTimeout(next, 5));
        const rest = Array.from({ length: 10 }, () => server.get(slow));
        await new Promise((next) => setTimeout(next, 5));
        first.abort();
        third.abort();
        for (const answer of await Promise.all(rest)) assert.equal(answer.status, 200);
        await Promise.all(gone);
    }
    const wrong = await Promise.all(Array.from({ length: 20 }, () => server.get('/api/v1/facets?field=nope')));
    assert.deepEqual(new Set(wrong.map((a) => a.status)), new Set([400]));
});

test('a reload loses no request, and answers follow the new configuration', async (t) => {
    const folder = privateFolder(), file = join(folder, 'observatory.yaml');
    const text = readFileSync(config, 'utf8');
    writeFileSync(file, text);
    const server = new Server({ file, folder, sets });
    await server.start();
    t.after(() => server.stop());
    await write(server, Array.from({ length: 20 }, (_, i) => span(i + 1)));
    const ask = async () => (await get(server, '/api/v1/traces?from=2026-11-01&to=2026-11-02&limit=10')).body;
    await ask();
    assert.equal((await ask()).meta.cached, true);
    let going = true, asked = 0;
    const asking = (async () => {
        while (going) {
            assert.equal((await ask()).data.length, 10);
            asked++;
        }
    })();
    for (let i = 0; i < 5; i++) {
        writeFileSync(file, text.replace('max_bytes: 64MiB', `max_bytes: ${i + 1}MiB`));
        const until = await metric(server, 'generation');
        server.child.kill('SIGHUP');
        while (await metric(server, 'generation') === until) await new Promise((next) => setTimeout(next, 20));
    }
    going = false;
    await asking;
    assert.ok(asked > 0);
    assert.ok(await metric(server, 'cache_bytes{layer="l1"}') < 2 * 1024 * 1024);
});
