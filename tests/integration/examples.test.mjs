// SPDX-License-Identifier: Apache-2.0
// The examples of the SDK in the real server.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { binary, privateFolder, run, serve, until } from './server.mjs';

test('latency, in C++, counts on all workers and merges; a swap keeps the figures', async (t) => {
    const folder = privateFolder();
    const file = join(folder, 'observatory.yaml');
    const module = resolve(dirname(binary), '../sdk/examples/latency/latency.so');
    const configure = (path) => writeFileSync(file, `plugins: {health: {}, hello: {}, latency: {module: "${path}"}}\n`);
    configure(module);
    const server = await serve(t, { folder, file, sets: { workers: 3 } });
    await Promise.all(Array.from({ length: 60 }, () => server.fresh('/hello/x')));
    const count = async () => {
        const { status, body } = await server.get('/latency');
        assert.equal(status, 200);
        return body.routes.find((r) => r.route === '/hello/{name}')?.count;
    };
    assert.equal(await until('all to be counted', async () => (await count()) === 60 && 60), 60);
    configure(module.replace('/latency.so', '/./latency.so')); // the same file, told otherwise: made anew
    const reloaded = await run(['reload', '--wait', ...server.arguments()]);
    assert.equal(reloaded.code, 0, reloaded.err);
    assert.match(reloaded.out, /latency +0\.1\.0 -> 0\.1\.0 +replaced: its options differ/);
    assert.equal(await count(), 60);
});

const span = (id, usd) => ({
    trace_id: id.toString(16).padStart(32, '0'), span_id: id.toString(16).padStart(16, '0'),
    ts: new Date().toISOString(), provider: 'openai', model: 'gpt-4o', total_cost_usd: usd, duration_ms: 5,
});

test('cost-guard refuses spans over the budget, and another budget lets them in', async (t) => {
    const server = await serve(t, { sets: { 'plugins.cost-guard': '{budget_usd: 1, refresh: 20ms}' } });
    const post = (id, usd) => server.post('/api/v1/traces', JSON.stringify(span(id, usd)));
    const first = await post(1, 0.75);
    assert.equal(first.status, 200, first.text);
    const second = await post(2, 0.75);
    assert.equal(second.status, 200, second.text);
    const refused = await until('the budget to be used up', async () => {
        const answer = await post(3, 0);
        return answer.status !== 200 && answer;
    });
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.match(refused.body.error.message, /^the budget of 1\.000000 USD is used up: 1\.500000 USD were spent/);
    assert.equal((await server.get('/api/v1/traces')).status, 200);
});
