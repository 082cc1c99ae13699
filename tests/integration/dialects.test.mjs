// SPDX-License-Identifier: Apache-2.0
// Dialects through the real server: SDKs that write them, the requests of
// tests/fixtures/dialects, and spans that are far too large.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { LangfuseSpanProcessor } from '@langfuse/otel';
import { propagateAttributes, setLangfuseTracerProvider, startActiveObservation } from '@langfuse/tracing';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import * as ai5 from 'ai5';
import * as ai6 from 'ai6';
import { createOpenAI as createOpenAI2 } from 'openai-provider-2';
import { createOpenAI as createOpenAI3 } from 'openai-provider-3';
import { z } from 'zod';
import { root, serve } from './server.mjs';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const USAGE = {
    prompt_tokens: 120, completion_tokens: 45, total_tokens: 165,
    prompt_tokens_details: { cached_tokens: 64 }, completion_tokens_details: { reasoning_tokens: 20 },
};
const BASE = { id: 'chatcmpl-1', created: 1790000000, model: 'gpt-4o-2024-08-06' };
const CALL = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } };

function answerOf(asked) {
    const wantsTool = asked.tools && !asked.messages.some((m) => m.role === 'tool');
    const message = wantsTool ? { role: 'assistant', content: null, tool_calls: [CALL] } : { role: 'assistant', content: 'It is sunny.' };
    return { ...BASE, object: 'chat.completion', usage: USAGE, choices: [{ index: 0, message, finish_reason: wantsTool ? 'tool_calls' : 'stop' }] };
}

function stream(res) {
    const send = (choices, more) => res.write(`data: ${JSON.stringify({ ...BASE, object: 'chat.completion.chunk', choices, ...more })}\n\n`);
    const delta = (content, finish_reason = null) => [{ index: 0, delta: { role: 'assistant', content }, finish_reason }];
    res.setHeader('content-type', 'text/event-stream');
    send(delta('Hel'));
    send(delta('lo'));
    send(delta('', 'stop'));
    send([], { usage: USAGE });
    res.end('data: [DONE]\n\n');
}

/** Chat completions, streamed or not, with a tool call first; embeddings. */
async function fakeModel(t) {
    const server = createServer((req, res) => {
        let text = '';
        req.on('data', (d) => (text += d));
        req.on('end', () => {
            const asked = JSON.parse(text);
            if (asked.stream) return stream(res);
            res.setHeader('content-type', 'application/json');
            res.end(JSON.stringify(req.url.endsWith('/embeddings')
                ? { object: 'list', model: asked.model, data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }], usage: { prompt_tokens: 4, total_tokens: 4 } }
                : answerOf(asked)));
        });
    });
    await new Promise((up) => server.listen(0, '127.0.0.1', up));
    t.after(() => new Promise((done) => server.close(done)));
    return `http://127.0.0.1:${server.address().port}/v1`;
}

async function speak(ai, openai, tracer) {
    const experimental_telemetry = { isEnabled: true, functionId: 'support', metadata: { userId: 'u-1', sessionId: 's-1', tags: ['beta'] }, tracer };
    const weather = ai.tool({ inputSchema: z.object({ city: z.string() }), execute: async () => ({ temperature: 21 }) });

    await ai.generateText({
        model: openai.chat('gpt-4o'), system: 'Be brief.', prompt: 'Weather in Paris?', temperature: 0.5, maxOutputTokens: 100,
        stopWhen: ai.stepCountIs(3), tools: { weather }, experimental_telemetry,
    });
    await ai.streamText({ model: openai.chat('gpt-4o'), prompt: 'Hi', experimental_telemetry }).consumeStream();
    await ai.embed({ model: openai.textEmbeddingModel('text-embedding-3-small'), value: 'hello', experimental_telemetry });
}

const pick = (span, ...names) => Object.fromEntries(names.map((name) => [name, span[name]]));

for (const [version, ai, createOpenAI] of [[5, ai5, createOpenAI2], [6, ai6, createOpenAI3]])
    test(`Vercel AI SDK ${version}`, async (t) => {
        const observatory = await serve(t);
        const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${observatory.url}/v1/traces` }))] });
        await speak(ai, createOpenAI({ baseURL: await fakeModel(t), apiKey: 'test' }), provider.getTracer('ai'));
        await provider.forceFlush();
        await provider.shutdown();

        const spans = await observatory.spans();
        const of = (name) => spans.filter((s) => s.span_name === name);
        for (const span of spans)
            assert.deepEqual(pick(span, 'user_id', 'session_id', 'tags'), { user_id: 'u-1', session_id: 's-1', tags: ['beta'] });

        // outer spans repeat the usage of their calls and cost nothing themselves
        const [outer] = of('ai.generateText');
        assert.deepEqual(pick(outer, 'operation_type', 'provider', 'request_model', 'input_text', 'output_text', 'finish_reason', 'total_cost_usd', 'cost_source'), {
            operation_type: 'agent', provider: 'openai', request_model: 'gpt-4o', input_text: 'Weather in Paris?', output_text: 'It is sunny.',
            finish_reason: 'stop', total_cost_usd: null, cost_source: 'no_usage',
        });
        assert.deepEqual(outer.input_messages, [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Weather in Paris?' }]);

        const [asking, answering] = of('ai.generateText.doGenerate');
        for (const call of [asking, answering]) {
            assert.deepEqual(pick(call, 'operation_type', 'provider', 'model', 'request_model', 'prompt_tokens', 'completion_tokens', 'total_tokens', 'cost_source'), {
                operation_type: 'chat', provider: 'openai', model: 'gpt-4o-2024-08-06', request_model: 'gpt-4o',
                prompt_tokens: 120, completion_tokens: 45, total_tokens: 165, cost_source: 'price_book',
            });
            assert.deepEqual(pick(call.model_parameters, 'temperature', 'max_tokens', 'max_retries', 'tool_choice'), { temperature: 0.5, max_tokens: 100, max_retries: 2, tool_choice: { type: 'auto' } });
            assert.equal(call.attributes['gen_ai.response.id'], 'chatcmpl-1');
        }
        assert.equal(asking.finish_reason, 'tool-calls');
        assert.deepEqual(asking.tool_calls, [{ id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' }]);
        assert.equal(asking.input_text, 'Weather in Paris?');
        assert.equal(answering.output_text, 'It is sunny.');
        assert.deepEqual(answering.input_messages.map((m) => m.role), ['system', 'user', 'assistant', 'tool']);

        const [tool] = of('ai.toolCall');
        assert.deepEqual(pick(tool, 'operation_type', 'input_text', 'output_text'), { operation_type: 'tool', input_text: '{"city":"Paris"}', output_text: '{"temperature":21}' });
        assert.deepEqual(pick(tool.attributes, 'gen_ai.tool.name', 'gen_ai.tool.call.id'), { 'gen_ai.tool.name': 'weather', 'gen_ai.tool.call.id': 'call_1' });

        const [streamed] = of('ai.streamText.doStream');
        assert.deepEqual(pick(streamed, 'operation_type', 'output_text', 'prompt_tokens', 'cached_tokens', 'completion_tokens', 'reasoning_tokens', 'total_tokens'), {
            operation_type: 'chat', output_text: 'Hello', prompt_tokens: 120, cached_tokens: 64, completion_tokens: 45, reasoning_tokens: 20, total_tokens: 165,
        });
        // milliseconds
        assert.ok(Math.abs(streamed.ttft_ms - streamed.attributes['ai.response.msToFirstChunk']) < 0.001, `${streamed.ttft_ms}`);
        assert.ok(streamed.ttft_ms <= streamed.duration_ms);

        const [embedded] = of('ai.embed.doEmbed');
        assert.deepEqual(pick(embedded, 'operation_type', 'provider', 'model', 'input_text', 'prompt_tokens'), {
            operation_type: 'embedding', provider: 'openai', model: 'text-embedding-3-small', input_text: '["hello"]', prompt_tokens: 4,
        });
        assert.equal(of('ai.embed')[0].input_text, 'hello');
        assert.equal(of('ai.embed')[0].cost_source, 'no_usage');
    });

test('Langfuse SDK', async (t) => {
    const observatory = await serve(t);
    const processor = new LangfuseSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${observatory.url}/v1/traces` }), exportMode: 'immediate',
        environment: 'staging', release: '1.4', publicKey: 'pk', secretKey: 'sk',
    });
    const provider = new BasicTracerProvider({ spanProcessors: [processor] });
    setLangfuseTracerProvider(provider);
    t.after(() => setLangfuseTracerProvider(null));
    const began = Date.now();

    await propagateAttributes({ userId: 'u-1', sessionId: 's-1', tags: ['beta'] }, () => startActiveObservation('support', async (span) => {
        span.update({ input: { q: 'Hi' }, output: 'Hello' });
        const generation = span.startObservation('answer', { model: 'gpt-4o', input: [{ role: 'user', content: 'Hi' }], modelParameters: { temperature: 0.2 } }, { asType: 'generation' });
        generation.update({
            output: { role: 'assistant', content: 'Hello' }, completionStartTime: new Date(Date.now() + 500), prompt: { name: 'greeting', version: 4, isFallback: false },
            usageDetails: { input: 100, output: 20, total: 150, input_cached_tokens: 30 }, costDetails: { input: 0.001, output: 0.002, total: 0.003 },
        });
        generation.end();
        span.startObservation('weather', { input: { city: 'Paris' }, level: 'ERROR', statusMessage: 'no network' }, { asType: 'tool' }).end();
    }));
    await processor.forceFlush();
    await provider.shutdown();

    const spans = Object.fromEntries((await observatory.spans()).map((s) => [s.span_name, s]));
    for (const span of Object.values(spans))
        assert.deepEqual(pick(span, 'user_id', 'session_id', 'tags', 'environment', 'release'), { user_id: 'u-1', session_id: 's-1', tags: ['beta'], environment: 'staging', release: '1.4' });
    assert.deepEqual(pick(spans.support, 'operation_type', 'input_text', 'output_text'), { operation_type: 'internal', input_text: '{"q":"Hi"}', output_text: 'Hello' });
    const { answer, weather } = spans;
    assert.deepEqual(pick(answer, 'operation_type', 'model', 'input_text', 'output_text', 'prompt_tokens', 'cached_tokens', 'completion_tokens', 'total_tokens', 'prompt_cost_usd', 'completion_cost_usd', 'total_cost_usd', 'cost_source'), {
        operation_type: 'chat', model: 'gpt-4o', input_text: 'Hi', output_text: 'Hello', prompt_tokens: 130, cached_tokens: 30, completion_tokens: 20, total_tokens: 150,
        prompt_cost_usd: 0.001, completion_cost_usd: 0.002, total_cost_usd: 0.003, cost_source: 'emitter',
    });
    assert.deepEqual(answer.input_messages, [{ role: 'user', content: 'Hi' }]);
    assert.deepEqual(answer.output_messages, [{ role: 'assistant', content: 'Hello' }]);
    assert.deepEqual(answer.model_parameters, { temperature: 0.2 });
    assert.ok(answer.ttft_ms > 400 && answer.ttft_ms <= Date.now() - began + 500, `${answer.ttft_ms}`);
    assert.deepEqual(pick(answer.attributes, 'gen_ai.prompt.name', 'gen_ai.prompt.version'), { 'gen_ai.prompt.name': 'greeting', 'gen_ai.prompt.version': 4 });
    assert.deepEqual(pick(weather, 'operation_type', 'status_code', 'error_message', 'input_text'), { operation_type: 'tool', status_code: 'ERROR', error_message: 'no network', input_text: '{"city":"Paris"}' });
});

/** {span name: {field: text}} of NAME.fields. */
function expected(file) {
    const spans = {};
    for (const part of readFileSync(file, 'utf8').split('== ').slice(1)) {
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
