// SPDX-License-Identifier: Apache-2.0
// Dialects through the real server: the requests of tests/fixtures/dialects, and
// spans that are far too large.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, serve } from './server.mjs';

/** {span name: {field: text}} of NAME.fields. */
function expected(file) {
    const spans = {};
    for (const part of readFileSync(file, 'utf8').split('== ').slice(1)) {
        if (part.startsWith('feedback ')) continue; // no span
        const [name, ...lines] = part.trimEnd().split('\n');
        spans[name] = Object.fromEntries(lines.map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]));
    }
    return spans;
}

test('the fields of every fixture are what the API shows', async (t) => {
    const folder = join(root, 'tests/fixtures/dialects');
    const texts = ['operation_type', 'provider', 'model', 'request_model', 'finish_reason', 'error_type', 'error_message', 'user_id', 'session_id', 'service_name', 'environment', 'release', 'input_text', 'output_text'];
    const values = ['tags', 'input_messages', 'output_messages', 'tool_calls', 'model_parameters', 'attributes', 'events'];

    for (const name of readdirSync(folder).filter((f) => f.endsWith('.otlp.json'))) {
        const observatory = await serve(t);
        const answer = await observatory.post('/v1/traces', readFileSync(join(folder, name)));
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(answer.body, {});
        const spans = await observatory.spans();
        const wanted = expected(join(folder, name.replace('.otlp.json', '.fields')));
        assert.deepEqual(spans.map((s) => s.span_name).sort(), Object.keys(wanted).sort());
        for (const span of spans) {
            const want = wanted[span.span_name];
            for (const field of texts) assert.equal(span[field] ?? undefined, want[field], `${name}: ${field} of ${span.span_name}`);
            for (const field of values)
                assert.deepEqual(span[field], want[field] ? JSON.parse(want[field]) : ['model_parameters', 'attributes'].includes(field) ? {} : [], `${name}: ${field} of ${span.span_name}`);
            assert.equal(span.ttft_ms ?? undefined, want.ttft_ns && Number(want.ttft_ns) / 1e6, `${name}: ttft_ms of ${span.span_name}`);
            assert.equal(span.cached_tokens ?? undefined, want.cache_read_tokens && Number(want.cache_read_tokens), `${name}: cached_tokens of ${span.span_name}`);
        }
    }
});

const attribute = (key, value) => ({ key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } });
const requestOf = (attributes, id) => JSON.stringify({
    resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: id, name: 'large', startTimeUnixNano: '1790000000000000000', endTimeUnixNano: '1790000001000000000', attributes }] }] }],
});

/** Runs `fn` while another connection asks for /health/live; returns the slowest of those answers in ms. */
async function slowestWhile(observatory, fn) {
    let slowest = 0, going = true;
    const asking = (async () => {
        while (going) {
            const begin = performance.now();
            assert.equal((await observatory.get('/health/live')).status, 200);
            slowest = Math.max(slowest, performance.now() - begin);
        }
    })();
    await fn();
    going = false;
    await asking;
    return slowest;
}

test('2,000 attributes, 20,000 message parts and a prompt of 16 MiB', async (t) => {
    const observatory = await serve(t, { sets: { workers: 1, 'plugins.ingest.max_body': '40MiB' } });
    const many = Array.from({ length: 2000 }, (_, i) => attribute(`app.key.${i}`, i));
    const parts = Array.from({ length: 20000 }, (_, i) => attribute(`gen_ai.prompt.${i}.content`, `part ${i}`));
    const prompt = 'Grüße 世界 '.repeat(16 * 1024 * 1024 / 17 | 0);
    const messages = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: prompt }] }]);
    const slowest = await slowestWhile(observatory, async () => {
        for (const [i, attributes] of [many, parts, [attribute('gen_ai.input.messages', messages)]].entries()) {
            const answer = await observatory.post('/v1/traces', requestOf(attributes, `00000000000000a${i}`));
            assert.equal(answer.status, 200, answer.text);
            assert.deepEqual(answer.body, {});
        }
    });
    assert.ok(slowest < 1000, `the loop was held for ${slowest} ms`);

    const span = async (i) => (await observatory.get(`/api/v1/traces/5b8efff798038103d269b633813fc60c?flat=1&span_id=00000000000000a${i}`)).body.data.spans[0];
    const first = await span(0), second = await span(1);
    for (let i = 0; i < 2000; i++) assert.equal(first.attributes[`app.key.${i}`], i);
    assert.equal(second.input_messages.length, 4096);
    assert.deepEqual(second.attributes['observatory.truncated'], ['input_messages']);
    for (let i = 4096; i < 20000; i++) assert.equal(second.attributes[`gen_ai.prompt.${i}.content`], `part ${i}`);
    const third = await span(2);
    assert.equal(third.input_text, prompt);
    assert.equal(third.input_messages[0].parts[0].content, prompt);
    assert.equal(third.attributes['observatory.truncated'], undefined);

    const over = await observatory.post('/v1/traces', requestOf([attribute('gen_ai.input.messages', 'x'.repeat(41 * 1024 * 1024))], '00000000000000af'));
    assert.equal(over.status, 413, over.text);
});
