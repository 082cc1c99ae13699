// SPDX-License-Identifier: Apache-2.0
// The price books of a running server: the file as docs/prices.md shows it, with
// the sum that stands there, the prices of the configuration before it, and what
// is told when one of them is wrong.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Server, privateFolder, root, serve } from './server.mjs';

const page = readFileSync(join(root, 'docs/prices.md'), 'utf8');
const [book, configuration] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1]);

/** A file of its own for the test `t`. */
function file(t, name, text) {
    const folder = privateFolder();
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, name), text);
    return join(folder, name);
}

let ids = 0;
const hex = (digits) => (++ids).toString(16).padStart(digits, '0');
const traceId = hex(32);
const call = (more) => ({
    trace_id: traceId, span_id: hex(16), ts: '2026-11-20T12:00:00Z', duration_ms: 10, span_name: 'call', operation_type: 'chat', provider: 'openai',
    ...more,
});

/** The spans as they are read back, in the order in which they were sent. */
async function stored(server, spans) {
    const answer = await server.post('/api/v1/traces', JSON.stringify(spans));
    assert.equal(answer.status, 200, answer.text);
    const all = new Map((await server.spans()).map((span) => [span.span_id, span]));
    return spans.map((span) => all.get(span.span_id));
}

test('the book and the sum of docs/prices.md', async (t) => {
    const server = await serve(t, { sets: { 'plugins.prices.file': file(t, 'prices.yaml', book) } });
    const usage = { prompt_tokens: 1400, cached_tokens: 400, completion_tokens: 30 };
    const [batch, flex, tuned, rerank, long] = await stored(server, [
        call({ model: 'gpt-4o-2024-08-06', service_tier: 'batch', ...usage }),
        call({ model: 'gpt-4o', service_tier: 'flex', ...usage }),
        call({ model: 'ft:gpt-4o-mini-2024-07-18:acme::abc', ...usage }),
        call({ model: 'rerank-v3.5', provider: 'cohere', operation_type: 'rerank' }),
        call({ model: 'gemini-2.5-pro', provider: 'gcp.gemini', prompt_tokens: 200001, completion_tokens: 2 }),
    ]);
    assert.equal(batch.total_cost_usd, 0.00165);
    assert.deepEqual(batch.cost_details, JSON.parse(/```json\n(\{"price".*?)```/s.exec(page)[1]));
    assert.equal(flex.total_cost_usd, null);
    assert.equal(flex.cost_source, 'unpriced');
    assert.deepEqual(flex.cost_details, JSON.parse(/```json\n(\{"reason".*?)```/s.exec(page)[1]));
    assert.equal(tuned.total_cost_usd, (1400 * 0.3 + 30 * 1.2) / 1e6);
    assert.equal(rerank.total_cost_usd, 0.002);
    assert.equal(rerank.cost_source, 'price_book');
    assert.equal(long.total_cost_usd, 0.5000325); // 200001 × 2.50e-6 + 2 × 15e-6
    assert.equal(long.cost_details.price.above, 200000);
});

test('prices of the configuration count before those of the file', async (t) => {
    const whole = configuration.replace('file: prices.yaml', `file: ${file(t, 'prices.yaml', book)}`)
        .replace('plugins:', 'plugins:\n  store-sqlite: {}\n  ingest: {}\n  trace-search: {}\n  metrics: {}\n  health: {}');
    const server = await serve(t, { file: file(t, 'observatory.yaml', whole) });
    const usage = { prompt_tokens: 1000000, completion_tokens: 0 };
    const [before, after, local, other] = await stored(server, [
        call({ model: 'gpt-4o', ts: '2026-11-30T23:59:59.999999999Z', ...usage }),
        call({ model: 'gpt-4o', ts: '2026-12-01T00:00:00Z', ...usage }),
        call({ model: 'llama3:8b', provider: 'ollama', ...usage }),
        call({ model: 'gpt-4o-mini', ...usage }),
    ]);
    assert.deepEqual([before.total_cost_usd, before.cost_details.price.book], [2.5, 'file']);
    assert.deepEqual([after.total_cost_usd, after.cost_details.price.book], [2, 'config']);
    assert.deepEqual([local.total_cost_usd, local.cost_source], [0, 'free']);
    assert.deepEqual([other.total_cost_usd, other.cost_details.price.book], [0.15, 'file']);
});

test('what an agent reports is kept and not counted', async (t) => {
    const server = await serve(t);
    const agent = call({ operation_type: 'agent', total_cost_usd: 0.5, prompt_tokens: 30 });
    const [outer, inner] = await stored(server, [agent, call({ parent_span_id: agent.span_id, model: 'any', total_cost_usd: 0.5, prompt_tokens: 30 })]);
    assert.deepEqual([outer.total_cost_usd, outer.emitter_cost_usd, outer.cost_source], [null, 0.5, 'no_usage']);
    assert.match(outer.cost_details.reason, /^The span is no call of a model/);
    assert.deepEqual([inner.total_cost_usd, inner.cost_source], [0.5, 'emitter']);
    const tree = await server.get(`/api/v1/traces/${traceId}`);
    assert.equal(tree.body.data.total_cost_usd, 0.5);
});

test('a mistake stops the start and is told with its place', async (t) => {
    const broken = file(t, 'prices.yaml', book.replace('{times: 0.5}', '{times: 0.0000000001}'));
    const cases = [
        [{ 'plugins.prices.file': broken }, `${broken}:15:37: expected \`times\` to give exact prices`],
        [{ 'plugins.prices.overrides': '{openai: {models: {gpt-4o: {inptu: 1}}}}' },
            '--set plugins.prices.overrides: unknown key "inptu"; expected from, above, tiers'],
    ];
    for (const [sets, complaint] of cases) {
        const server = new Server({ sets });
        await assert.rejects(server.start(), (error) => {
            assert.ok(error.message.includes(complaint), error.message);
            return true;
        });
        assert.notEqual((await server.ended).code, 0);
        server.dispose();
    }
});
