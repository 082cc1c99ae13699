// SPDX-License-Identifier: Apache-2.0
// Production arrival times and token counts (Azure LLM inference trace 2023,
// CC BY 4.0) with the texts of real agent runs (tau-bench, MIT), sent as OTLP by
// many connections at once; sums are held against the files.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { root, serve } from './server.mjs';

const data = process.env.OBSERVATORY_TEST_DATA ?? join(root, '../shared/data');
const id = (text, bytes) => createHash('sha256').update(text).digest('hex').slice(0, 2 * bytes);
const attribute = (key, value) =>
    ({ key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } });

function csv(file) {
    return readFileSync(join(data, file), 'utf8').trim().split('\n').slice(1).map((line) => {
        const [time, prompt, completion] = line.split(',');
        const [whole, fraction] = time.split('.');
        return { ns: BigInt(Date.parse(whole.replace(' ', 'T') + 'Z')) * 1000000n + BigInt((fraction ?? '0').padEnd(9, '0')), prompt: Number(prompt), completion: Number(completion) };
    });
}

const requestOf = (service, spans) => JSON.stringify({
    resourceSpans: [{ resource: { attributes: [attribute('service.name', service)] }, scopeSpans: [{ spans }] }],
});

async function sendAll(server, bodies) {
    let next = 0;
    await Promise.all(Array.from({ length: 8 }, async () => {
        while (next < bodies.length) {
            const mine = next++;
            const body = mine % 2 ? gzipSync(bodies[mine]) : bodies[mine];
            const answer = await server.post('/v1/traces', body, {
                'content-type': 'application/json', ...(mine % 2 ? { 'content-encoding': 'gzip' } : {}),
            });
            assert.equal(answer.status, 200, answer.text);
            assert.deepEqual(answer.body, {});
        }
    }));
}

test('28,183 production requests: every one there, sums to the last token', { skip: !existsSync(data) }, async (t) => {
    const server = await serve(t);
    const bodies = [];
    const wanted = {};
    for (const kind of ['code', 'conv']) {
        const rows = csv(`azure-llm-2023-${kind}.csv`);
        wanted[kind] = rows.reduce((s, r) => ({ n: s.n + 1, prompt: s.prompt + r.prompt, completion: s.completion + r.completion }), { n: 0, prompt: 0, completion: 0 });
        for (let i = 0; i < rows.length; i += 512)
            bodies.push(requestOf(kind, rows.slice(i, i + 512).map((row, k) => ({
                traceId: id(`${kind}-${i + k}`, 16), spanId: id(`${kind}-${i + k}`, 8), name: 'chat', kind: 3,
                startTimeUnixNano: String(row.ns), endTimeUnixNano: String(row.ns + 1000000n),
                attributes: [
                    attribute('gen_ai.operation.name', 'chat'), attribute('gen_ai.provider.name', 'azure.ai.openai'), attribute('gen_ai.request.model', 'gpt-4o'),
                    attribute('gen_ai.usage.input_tokens', row.prompt), attribute('gen_ai.usage.output_tokens', row.completion),
                ],
            }))));
    }
    await sendAll(server, bodies);
    for (const kind of ['code', 'conv']) {
        const spans = await server.spans(`&service=${kind}&fields=ts,prompt_tokens,completion_tokens`);
        const sum = spans.reduce((s, r) => ({ n: s.n + 1, prompt: s.prompt + r.prompt_tokens, completion: s.completion + r.completion_tokens }), { n: 0, prompt: 0, completion: 0 });
        assert.deepEqual(sum, wanted[kind]);
        const padded = (ts) => ts.replace(/(\.\d+)?Z$/, (fraction) => (fraction.length > 1 ? fraction.slice(0, -1) : '.').padEnd(10, '0'));
        assert.ok(spans.every((s, i) => i === 0 || padded(spans[i - 1].ts) <= padded(s.ts)), 'not in order of time');
    }
    const counted = await server.get('/api/v1/traces?limit=1&include=total');
    assert.equal(counted.body.pagination.total, wanted.code.n + wanted.conv.n);
});

test('200 agent runs with 5,308 messages: texts as they were', { skip: !existsSync(data) }, async (t) => {
    const server = await serve(t);
    const runs = JSON.parse(gunzipSync(readFileSync(join(data, 'tau-bench-gpt-4o-airline.json.gz'))));
    const sent = new Map();
    const bodies = runs.map((run, r) => {
        const traceId = id(`run-${r}`, 16);
        const rootId = id(`root-${r}`, 8);
        const t0 = 1717000000000000000n + BigInt(r) * 1000000000000n;
        const spans = [{
            traceId, spanId: rootId, name: 'invoke_agent airline', kind: 1, startTimeUnixNano: String(t0), endTimeUnixNano: String(t0 + 900000000000n),
            attributes: [attribute('gen_ai.operation.name', 'invoke_agent'), attribute('gen_ai.agent.name', 'airline')],
        }];
        run.traj.forEach((message, m) => {
            if (message.role !== 'assistant') return;
            const before = run.traj.slice(Math.max(0, m - 3), m);
            const spanId = id(`span-${r}-${m}`, 8);
            sent.set(spanId, { traceId, message, before });
            spans.push({
                traceId, spanId, parentSpanId: rootId, name: 'chat gpt-4o', kind: 3,
                startTimeUnixNano: String(t0 + BigInt(m) * 1000000000n), endTimeUnixNano: String(t0 + BigInt(m) * 1000000000n + 900000000n),
                attributes: [
                    attribute('gen_ai.operation.name', 'chat'), attribute('gen_ai.provider.name', 'openai'), attribute('gen_ai.response.model', 'gpt-4o'),
                    attribute('gen_ai.input.messages', JSON.stringify(before)), attribute('gen_ai.output.messages', JSON.stringify([message])),
                    attribute('gen_ai.conversation.id', `task-${run.task_id}`),
                ],
            });
        });
        return requestOf('tau-bench', spans);
    });
    await sendAll(server, bodies);

    const spans = await server.spans('&operation_type=chat');
    assert.equal(spans.length, sent.size);
    let calls = 0;
    for (const span of spans) {
        const { traceId, message, before } = sent.get(span.span_id);
        assert.equal(span.trace_id, traceId);
        assert.deepEqual(span.output_messages, [message]);
        assert.deepEqual(span.input_messages, before);
        if (message.content) assert.equal(span.output_text, message.content);
        for (const [i, call] of (message.tool_calls ?? []).entries()) {
            assert.equal(span.tool_calls[i].name, call.function.name);
            assert.equal(span.tool_calls[i].id, call.id);
            calls++;
        }
    }
    assert.ok(calls > 1000, `${calls} tool calls`);
    const tree = await server.get(`/api/v1/traces/${id('run-0', 16)}`);
    assert.equal(tree.body.data.spans.length, 1);
    assert.equal(tree.body.data.spans[0].operation_type, 'agent');
    assert.equal(tree.body.data.spans[0].children.length, runs[0].traj.filter((m) => m.role === 'assistant').length);
});

test("the specification's own example", { skip: !existsSync(data) }, async (t) => {
    const server = await serve(t);
    const answer = await server.post('/v1/traces', readFileSync(join(data, 'otlp-example-trace.json')));
    assert.equal(answer.status, 200, answer.text);
    const [span] = await server.spans();
    assert.equal(span.trace_id, '5b8efff798038103d269b633813fc60c');
    assert.equal(span.span_id, 'eee19b7ec3c1b174');
    assert.equal(span.parent_span_id, 'eee19b7ec3c1b173');
    assert.equal(span.span_name, "I'm a server span");
    assert.equal(span.service_name, 'my.service');
    assert.equal(span.span_kind, 'server');
    assert.equal(span.duration_ms, 1000);
    assert.equal(span.attributes['my.span.attr'], 'some value');
});
