// SPDX-License-Identifier: Apache-2.0
// 10,000 spans from the real OpenTelemetry exporters, JSON and protobuf, with
// and without gzip: every stored field is held against what the client sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { metric, serve } from './server.mjs';

const PER_CLIENT = 2500;
const START_S = 1790000000;

const clients = [
    { name: 'json', Exporter: JsonExporter, compression: CompressionAlgorithm.NONE },
    { name: 'json-gzip', Exporter: JsonExporter, compression: CompressionAlgorithm.GZIP },
    { name: 'protobuf', Exporter: ProtoExporter, compression: CompressionAlgorithm.NONE },
    { name: 'protobuf-gzip', Exporter: ProtoExporter, compression: CompressionAlgorithm.GZIP },
];

const iso = (s, ns) => {
    const text = new Date(s * 1000).toISOString().replace('.000Z', '');
    const digits = ns === 0 ? '' : String(ns).padStart(9, '0').replace(/^(\d{3})000000$/, '$1').replace(/^(\d{6})000$/, '$1');
    return `${text}${digits ? '.' + digits : ''}Z`;
};

/** The i-th span: what is sent and what must come back. */
function example(client, i) {
    const nanos = (i * 7919) % 1_000_000_000;
    const duration = 1_000_000 + i * 1001; // ns
    const failed = i % 10 === 3;
    const input = 100 + i, cached = i % 50, output = 20 + (i % 7), reasoning = i % 5;
    const question = `question ${i} – "quoted" \\ ☃ 雪 ${'x'.repeat(i % 300)}`;
    const answer = `answer ${i}\nsecond line 🚀`;
    return {
        start: [START_S + i, nanos],
        end: [START_S + i + Math.floor((nanos + duration) / 1e9), (nanos + duration) % 1e9],
        failed,
        attributes: {
            'gen_ai.operation.name': 'chat',
            'gen_ai.provider.name': 'openai',
            'gen_ai.request.model': 'gpt-4o',
            'gen_ai.response.model': 'gpt-4o-2024-08-06',
            'gen_ai.response.finish_reasons': ['stop'],
            'gen_ai.request.temperature': 0.25,
            'gen_ai.request.max_tokens': 512,
            'gen_ai.usage.input_tokens': input,
            'gen_ai.usage.output_tokens': output,
            'gen_ai.usage.cache_read.input_tokens': cached,
            'gen_ai.usage.reasoning.output_tokens': reasoning,
            'gen_ai.response.time_to_first_chunk': 0.000321,
            'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: question }] }]),
            'gen_ai.output.messages': JSON.stringify([
                { role: 'assistant', parts: [{ type: 'text', content: answer }], finish_reason: 'stop' },
            ]),
            'gen_ai.conversation.id': `${client}-session-${i % 17}`,
            'user.id': `user-${i % 5}`,
            'custom.number': i,
            'custom.float': i + 0.5,
            'custom.flag': i % 2 === 0,
            'custom.list': ['a', 'b'],
            ...(failed ? { 'error.type': 'rate_limit_exceeded' } : {}),
        },
        expected: {
            ts: iso(START_S + i, nanos),
            project_id: 'default',
            service_name: `service-${client}`,
            span_name: `chat gpt-4o ${i}`,
            span_kind: 'client',
            operation_type: 'chat',
            provider: 'openai',
            model: 'gpt-4o-2024-08-06',
            request_model: 'gpt-4o',
            finish_reason: 'stop',
            input_text: question,
            output_text: answer,
            prompt_tokens: input,
            completion_tokens: output,
            cached_tokens: cached,
            reasoning_tokens: reasoning,
            total_tokens: input + output,
            duration_ms: duration / 1e6,
            ttft_ms: 0.321,
            status_code: failed ? 'ERROR' : 'OK',
            error_type: failed ? 'rate_limit_exceeded' : null,
            error_message: failed ? 'too many requests' : null,
            user_id: `user-${i % 5}`,
            session_id: `${client}-session-${i % 17}`,
            environment: 'staging',
            release: '1.2.3',
            sampled: true,
        },
    };
}

async function send(server, { name, Exporter, compression }) {
    const exporter = new Exporter({ url: `${server.url}/v1/traces`, compression, keepAlive: true, timeoutMillis: 60000 });
    const provider = new BasicTracerProvider({
        resource: resourceFromAttributes({
            'service.name': `service-${name}`,
            'service.version': '1.2.3',
            'deployment.environment.name': 'staging',
        }),
        spanProcessors: [
            new BatchSpanProcessor(exporter, { maxQueueSize: 2 * PER_CLIENT, maxExportBatchSize: 512, scheduledDelayMillis: 100, exportTimeoutMillis: 60000 }),
        ],
    });
    const tracer = provider.getTracer('exporters-test', '9.9.9');
    const sent = new Map();
    let parent;
    for (let i = 0; i < PER_CLIENT; i++) {
        const { start, end, failed, attributes, expected } = example(name, i);
        const parentContext = i % 5 ? trace.setSpan(context.active(), parent) : context.active();
        const span = tracer.startSpan(`chat gpt-4o ${i}`, { startTime: start, kind: SpanKind.CLIENT, attributes }, parentContext);
        expected.parent_span_id = i % 5 ? parent.spanContext().spanId : null;
        if (i % 5 === 0) parent = span;
        if (i % 100 === 7) span.addEvent('cache.miss', { key: 'k' }, [START_S + i, 999]);
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR, message: 'too many requests' });
        else span.setStatus({ code: SpanStatusCode.OK });
        span.end(end);
        const { traceId, spanId } = span.spanContext();
        sent.set(spanId, { ...expected, trace_id: traceId, span_id: spanId, index: i, attributes });
    }
    await provider.forceFlush();
    await provider.shutdown();
    return sent;
}

test('10,000 spans of four exporters are stored field by field', async (t) => {
    const server = await serve(t);
    const sent = new Map();
    for (const client of clients)
        for (const [id, span] of await send(server, client)) sent.set(id, span);
    assert.equal(sent.size, 4 * PER_CLIENT);

    const stored = await server.spans();
    assert.equal(stored.length, sent.size);
    for (const span of stored) {
        const { index, attributes, ...expected } = sent.get(span.span_id);
        for (const [field, value] of Object.entries(expected))
            assert.deepEqual(span[field], value, `${field} of span ${index} of ${span.service_name}`);
        assert.equal(span.attributes['custom.number'], index);
        assert.equal(span.attributes['custom.float'], index + 0.5);
        assert.equal(span.attributes['custom.flag'], index % 2 === 0);
        assert.deepEqual(span.attributes['custom.list'], ['a', 'b']);
        assert.equal(span.model_parameters.temperature, 0.25);
        assert.equal(span.model_parameters.max_tokens, 512);
        assert.deepEqual(span.input_messages, JSON.parse(attributes['gen_ai.input.messages']));
        assert.deepEqual(span.output_messages, JSON.parse(attributes['gen_ai.output.messages']));
        assert.equal(span.resource_attributes['service.name'], span.service_name);
        if (index % 100 === 7) {
            assert.equal(span.events.length, 1);
            assert.equal(span.events[0].name, 'cache.miss');
            assert.deepEqual(span.events[0].attributes, { key: 'k' });
        } else assert.deepEqual(span.events, []);
        // gpt-4o-2024-08-06: $2.50 and $10 a million tokens, cached input $1.25
        const cost = (span.prompt_tokens - span.cached_tokens) * 2500 + span.cached_tokens * 1250 + span.completion_tokens * 10000;
        assert.equal(Math.round(span.total_cost_usd * 1e9), cost, `cost of span ${index}`);
        assert.equal(span.cost_source, 'price_book');
    }
    assert.equal(await metric(server, 'ingest_spans_total', { result: 'stored' }), sent.size);
});

test('what is sent twice is stored once', async (t) => {
    const server = await serve(t);
    const span = {
        traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'once', kind: 1,
        startTimeUnixNano: '1544712660000000000', endTimeUnixNano: '1544712661000000000',
    };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    for (let i = 0; i < 3; i++) assert.equal((await server.post('/v1/traces', body)).status, 200);
    assert.equal((await server.spans()).length, 1);
    assert.equal(await metric(server, 'ingest_spans_total', { result: 'repeated' }), 2);
});

test('a trace reads back as a tree with totals', async (t) => {
    const server = await serve(t);
    const sent = await send(server, clients[2]);
    const root = [...sent.values()].find((s) => s.parent_span_id === null);
    const { status, body } = await server.get(`/api/v1/traces/${root.trace_id}`);
    assert.equal(status, 200);
    assert.equal(body.data.trace_id, root.trace_id);
    assert.equal(body.data.spans.length, 1);
    assert.equal(body.data.spans[0].span_id, root.span_id);
    assert.equal(body.data.spans[0].children.length, 4);
    const flat = await server.get(`/api/v1/traces/${root.trace_id}?flat=1`);
    assert.equal(flat.body.data.spans.length, 5);
    assert.equal((await server.get('/api/v1/traces/' + '0'.repeat(31) + '1')).status, 404);
});
