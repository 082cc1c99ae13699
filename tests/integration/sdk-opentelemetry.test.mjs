// SPDX-License-Identifier: Apache-2.0
// OpenTelemetry for JavaScript as its documentation says, without any library
// of generative AI: an agent that asks a model, streams, uses a tool and fails,
// with the attributes of the GenAI conventions, through each of the exporters.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanKind, SpanStatusCode, context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import OpenAI from 'openai';
import { user } from './conversation.mjs';
import { ANSWER, FIRST_TOKEN_MS, OPENAI, TOOL, fakeModel } from './fake-model.mjs';
import { countsOnce, holds, nano, pricedServer } from './spans.mjs';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const WHO = { 'user.id': 'u-1', 'gen_ai.conversation.id': 's-1' };
const usageOf = (usage) => ({
    'gen_ai.usage.input_tokens': usage.prompt_tokens,
    'gen_ai.usage.output_tokens': usage.completion_tokens,
    'gen_ai.usage.cache_read.input_tokens': usage.prompt_tokens_details.cached_tokens,
    'gen_ai.usage.reasoning.output_tokens': usage.completion_tokens_details.reasoning_tokens,
});
const text = (role, content) => ({ role, parts: [{ type: 'text', content }] });
const called = (call) => ({ role: 'assistant', parts: [{ type: 'tool_call', id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) }] });

/** Spans as an application writes them by hand. */
class Application {
    constructor(tracer, url) {
        this.tracer = tracer;
        this.openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'test', maxRetries: 0 });
    }

    span(name, kind, attributes, fn) {
        return this.tracer.startActiveSpan(name, { kind, attributes: { ...WHO, ...attributes } }, async (span) => {
            try {
                return await fn(span);
            } catch (error) {
                span.setAttribute('error.type', error.code ?? 'error');
                span.recordException(error);
                span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
            } finally {
                span.end();
            }
        });
    }

    chat(body, fn) {
        const attributes = {
            'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': body.model, 'gen_ai.request.temperature': 0.5,
            'gen_ai.request.max_tokens': 100, 'gen_ai.prompt.name': 'greeting', 'gen_ai.prompt.version': '4', 'openai.request.service_tier': 'auto',
            'gen_ai.input.messages': JSON.stringify(body.messages.map((m) => text(m.role, m.content))), 'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: 'Be brief.' }]),
        };
        return this.span(`chat ${body.model}`, SpanKind.CLIENT, attributes, (span) => fn(span, body));
    }

    whole(body) {
        return this.chat(body, async (span) => {
            const answer = await this.openai.chat.completions.create(body), [choice] = answer.choices;
            const message = choice.message.tool_calls ? called(choice.message.tool_calls[0]) : text('assistant', choice.message.content);
            span.setAttributes({
                'gen_ai.response.model': answer.model, 'gen_ai.response.id': answer.id, 'gen_ai.response.finish_reasons': [choice.finish_reason],
                'gen_ai.output.messages': JSON.stringify([{ ...message, finish_reason: choice.finish_reason }]), ...usageOf(answer.usage),
            });
        });
    }

    streamed(body) {
        return this.chat(body, async (span) => {
            const began = performance.now();
            let said = '', first;
            for await (const chunk of await this.openai.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } })) {
                first ??= performance.now() - began;
                said += chunk.choices[0]?.delta.content ?? '';
                if (chunk.usage) span.setAttributes({ 'gen_ai.response.model': chunk.model, ...usageOf(chunk.usage) });
            }
            span.setAttributes({ 'gen_ai.response.time_to_first_chunk': first / 1000, 'gen_ai.output.messages': JSON.stringify([text('assistant', said)]) });
        });
    }

    embed(input) {
        return this.span('embeddings text-embedding-3-small', SpanKind.CLIENT, { 'gen_ai.operation.name': 'embeddings', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'text-embedding-3-small' }, async (span) => {
            const { usage } = await this.openai.embeddings.create({ model: 'text-embedding-3-small', input });
            span.setAttribute('gen_ai.usage.input_tokens', usage.prompt_tokens);
        });
    }

    tool() {
        const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': TOOL.name, 'gen_ai.tool.call.id': 'call_1', 'gen_ai.tool.call.arguments': JSON.stringify(TOOL.arguments) };
        return this.span(`execute_tool ${TOOL.name}`, SpanKind.INTERNAL, attributes, (span) => span.setAttribute('gen_ai.tool.call.result', '{"temperature":21}'));
    }

    /** The agent repeats what its calls used, as the conventions allow. */
    run() {
        return this.span('invoke_agent support', SpanKind.INTERNAL, { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'support' }, async (span) => {
            const tools = [{ type: 'function', function: { name: TOOL.name, parameters: { type: 'object' } } }];
            await this.whole({ model: 'gpt-4o', messages: user('Grüße 世界') });
            await this.whole({ model: 'gpt-4o', messages: user('Weather in Paris?'), tools });
            await this.tool();
            await this.streamed({ model: 'gpt-4o', messages: user('Hi') });
            await this.embed('hello');
            await this.whole({ model: 'gpt-4o', messages: user('status 429') });
            await this.whole({ model: 'gpt-4o', messages: user('status 500') });
            span.setAttributes({ 'gen_ai.usage.input_tokens': 3 * OPENAI.prompt + OPENAI.embedded, 'gen_ai.usage.output_tokens': 3 * OPENAI.completion });
        });
    }
}

const COST = (OPENAI.prompt - OPENAI.cached) * 2500 + OPENAI.cached * 1250 + OPENAI.completion * 10000;

function chats(spans) {
    const [plain, tool, streamed, limited, broken] = spans;
    for (const span of spans) {
        holds(span, { operation_type: 'chat', span_kind: 'client', provider: 'openai', request_model: 'gpt-4o', model_parameters: { temperature: 0.5, max_tokens: 100, service_tier: 'auto' } });
        holds(span.attributes, { 'gen_ai.prompt.name': 'greeting', 'gen_ai.prompt.version': '4' });
    }
    for (const span of [plain, tool, streamed]) {
        holds(span, {
            model: 'gpt-4o-2024-08-06', status_code: 'UNSET', error_type: null, cost_source: 'price_book', prompt_tokens: OPENAI.prompt, cached_tokens: OPENAI.cached,
            completion_tokens: OPENAI.completion, reasoning_tokens: OPENAI.reasoning, total_tokens: OPENAI.total,
        });
        assert.equal(nano(span.total_cost_usd), COST);
    }
    holds(plain, {
        input_text: 'Grüße 世界', output_text: ANSWER, finish_reason: 'stop', tool_calls: [], ttft_ms: null,
        input_messages: [{ role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] }, text('user', 'Grüße 世界')],
        output_messages: [{ ...text('assistant', ANSWER), finish_reason: 'stop' }],
    });
    holds(tool, { finish_reason: 'tool_calls', output_text: null, tool_calls: [{ id: 'call_1', name: TOOL.name, arguments: JSON.stringify(TOOL.arguments) }] });
    holds(streamed, { input_text: 'Hi', output_text: ANSWER });
    assert.ok(streamed.ttft_ms >= FIRST_TOKEN_MS - 1 && streamed.ttft_ms <= streamed.duration_ms, `${streamed.ttft_ms}`);
    holds(limited, { status_code: 'ERROR', error_type: 'rate_limit_exceeded', error_message: '429 Too many requests.', cost_source: 'no_usage', total_cost_usd: null });
    holds(broken, { status_code: 'ERROR', error_type: 'server_error', error_message: '500 The server had an error.', cost_source: 'no_usage' });
    assert.equal(limited.events[0].name, 'exception');
}

const simple = (exporter) => new SimpleSpanProcessor(exporter);
const batch = (exporter) => new BatchSpanProcessor(exporter);
const ways = [
    ['http/json', JsonExporter, CompressionAlgorithm.NONE, simple],
    ['http/json, gzip', JsonExporter, CompressionAlgorithm.GZIP, batch],
    ['http/protobuf', ProtoExporter, CompressionAlgorithm.NONE, batch],
    ['http/protobuf, gzip', ProtoExporter, CompressionAlgorithm.GZIP, simple],
];

for (const [name, Exporter, compression, processor] of ways)
    test(`OpenTelemetry JS by hand, ${name}`, async (t) => {
        const observatory = await pricedServer(t);
        const provider = new BasicTracerProvider({
            resource: resourceFromAttributes({ 'service.name': 'shop', 'service.version': '1.2', 'deployment.environment.name': 'staging' }),
            spanProcessors: [processor(new Exporter({ url: `${observatory.url}/v1/traces`, compression }))],
        });
        await new Application(provider.getTracer('shop'), await fakeModel(t)).run();
        await provider.forceFlush();
        await provider.shutdown();

        const spans = await observatory.spans();
        const of = (begin) => spans.filter((s) => s.span_name.startsWith(begin));
        const [agent] = of('invoke_agent'), asked = of('chat'), [tool] = of('execute_tool'), [embedded] = of('embeddings');
        assert.equal(spans.length, 1 + 5 + 1 + 1);
        for (const span of spans) holds(span, { user_id: 'u-1', session_id: 's-1', service_name: 'shop', release: '1.2', environment: 'staging' });
        holds(agent, { operation_type: 'agent', parent_span_id: null, prompt_tokens: 3 * OPENAI.prompt + OPENAI.embedded, total_cost_usd: null, cost_source: 'no_usage' });
        chats(asked);
        holds(tool, { operation_type: 'tool', input_text: JSON.stringify(TOOL.arguments), output_text: '{"temperature":21}', cost_source: 'no_usage' });
        holds(embedded, { operation_type: 'embedding', provider: 'openai', prompt_tokens: OPENAI.embedded, completion_tokens: null, cost_source: 'price_book' });
        const totals = await countsOnce(observatory, spans, [...asked, embedded]);
        // $0.02 a million tokens of text-embedding-3-small
        assert.equal(nano(totals.total_cost_usd), 3 * COST + OPENAI.embedded * 20);
        assert.equal(totals.error_count, 2);
    });
