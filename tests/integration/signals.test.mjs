// SPDX-License-Identifier: Apache-2.0
// The other signals of OTLP, from the real OpenTelemetry SDKs: events in logs meet
// their span in whichever order they come, metrics are counted, and the paths of
// other products lead to the same place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { LangfuseSpanProcessor } from '@langfuse/otel';
import { setLangfuseTracerProvider, startObservation } from '@langfuse/tracing';
import { SpanKind, context, trace } from '@opentelemetry/api';
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { ProtobufLogsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { metric, serve } from './server.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const PROTO_TYPE = { 'content-type': 'application/x-protobuf' };
const resource = resourceFromAttributes({ 'service.name': 'bot' });

/** An instrumented application: it makes a span and events, and sends each when told to. */
class Application {
    constructor(t, server, { Logs = ProtoLogs, compression = CompressionAlgorithm.NONE, prefix = '' } = {}) {
        const options = (signal) => ({ url: `${server.url}${prefix}/v1/${signal}`, compression });
        this.traces = new BasicTracerProvider({
            resource, spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(options('traces')), { scheduledDelayMillis: 3600e3 })],
        });
        this.logs = new LoggerProvider({
            resource, processors: [new BatchLogRecordProcessor({ exporter: new Logs(options('logs')), scheduledDelayMillis: 3600e3 })],
        });
        t.after(() => Promise.allSettled([this.traces.shutdown(), this.logs.shutdown()]));
    }

    /** A chat call whose span tells no content. */
    call(attributes = {}) {
        return this.traces.getTracer('app').startSpan('chat gpt-4o', {
            kind: SpanKind.CLIENT,
            attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o', ...attributes },
        });
    }

    event(span, eventName, record) {
        this.logs.getLogger('app').emit({ eventName, context: trace.setSpan(context.active(), span), ...record });
    }

    details(span, answer, attributes = {}) {
        this.event(span, 'gen_ai.client.inference.operation.details', {
            attributes: {
                'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
                'gen_ai.output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: answer }], finish_reason: 'stop' }],
                ...attributes,
            },
        });
    }
}

async function stored(server, span) {
    const found = await server.spans(`&trace_id=${span.spanContext().traceId}`);
    assert.equal(found.length, 1);
    return found[0];
}

const orders = [
    { order: 'the span first', first: 'traces', then: 'logs' },
    { order: 'its events first', first: 'logs', then: 'traces' },
];
const exporters = [
    { name: 'protobuf', Logs: ProtoLogs, compression: CompressionAlgorithm.NONE },
    { name: 'JSON with gzip', Logs: JsonLogs, compression: CompressionAlgorithm.GZIP },
];

for (const { name, ...options } of exporters)
    for (const { order, first, then } of orders)
        test(`events in ${name} meet their span: ${order}`, async (t) => {
            const server = await serve(t);
            const app = new Application(t, server, options);
            const call = app.call();
            app.details(call, 'Hello', {
                'gen_ai.response.model': 'gpt-4o-2024-08-06', 'gen_ai.request.temperature': 0.5,
                'gen_ai.usage.input_tokens': 1000, 'gen_ai.usage.output_tokens': 200, 'gen_ai.conversation.id': 's-1',
            });
            call.end();
            await app[first].forceFlush();
            const halfway = await server.spans();
            assert.deepEqual(halfway.map((s) => s.input_text), first === 'traces' ? [null] : [], 'a piece of a span is no span');
            await app[then].forceFlush();

            const span = await stored(server, call);
            assert.equal(span.span_name, 'chat gpt-4o');
            assert.equal(span.service_name, 'bot');
            assert.equal(span.input_text, 'Hi');
            assert.equal(span.output_text, 'Hello');
            assert.deepEqual(span.input_messages, [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }]);
            assert.equal(span.finish_reason, 'stop');
            assert.equal(span.session_id, 's-1');
            assert.equal(span.total_tokens, 1200);
            assert.equal(span.total_cost_usd, 0.0045, 'it is priced with the tokens that came by an event');
            assert.deepEqual(span.model_parameters, { temperature: 0.5 });
            assert.deepEqual(span.events.map((e) => e.name), ['gen_ai.client.inference.operation.details']);

            await app.logs.shutdown();
            assert.equal(await metric(server, 'ingest_log_records_total', { result: 'joined' }), 1);
        });

test('an event for each message, with bodies as maps', async (t) => {
    const server = await serve(t);
    const app = new Application(t, server);
    const call = app.call();
    app.event(call, 'gen_ai.system.message', { body: { content: 'Be brief.' } });
    app.event(call, 'gen_ai.user.message', { body: { content: 'Weather in Paris?' } });
    await app.logs.forceFlush();
    call.end();
    await app.traces.forceFlush();
    app.event(call, 'gen_ai.choice', {
        body: {
            index: 0, finish_reason: 'tool_calls',
            message: { role: 'assistant', tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }] },
        },
    });
    app.event(call, undefined, { attributes: { 'event.name': 'gen_ai.tool.message' }, body: '{"id":"call_1","content":"sunny"}' });
    await app.logs.forceFlush();

    const span = await stored(server, call);
    assert.deepEqual(span.input_messages, [
        { role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Weather in Paris?' },
        { role: 'tool', id: 'call_1', content: 'sunny' },
    ], 'what comes later is added');
    assert.equal(span.input_text, 'Weather in Paris?');
    assert.deepEqual(span.tool_calls, [{ id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' }]);
    assert.equal(span.finish_reason, 'tool_calls');
});

test('an exception that only a log tells of', async (t) => {
    const server = await serve(t);
    const app = new Application(t, server);
    const call = app.call();
    app.event(call, 'gen_ai.client.operation.exception', { attributes: { 'exception.type': 'RateLimitError', 'exception.message': 'slow down' } });
    call.end();
    await app.logs.forceFlush();
    await app.traces.forceFlush();
    const { status_code, error_type, error_message } = await stored(server, call);
    assert.deepEqual({ status_code, error_type, error_message }, { status_code: 'ERROR', error_type: 'RateLimitError', error_message: 'slow down' });
});

test('what the span says itself stays, and what is sent again changes nothing', async (t) => {
    const server = await serve(t);
    const app = new Application(t, server);
    const call = app.call({ 'gen_ai.output.messages': '[{"role":"assistant","content":"of the span"}]', 'gen_ai.usage.input_tokens': 5 });
    call.end();
    await app.traces.forceFlush();
    for (let again = 0; again < 2; again++) {
        app.event(call, 'gen_ai.client.inference.operation.details', {
            timestamp: 1790000000000, observedTimestamp: 1790000000000,
            attributes: { 'gen_ai.output.messages': '[{"role":"assistant","content":"of the event"}]', 'gen_ai.usage.input_tokens': 7 },
        });
        await app.logs.forceFlush();
    }
    const span = await stored(server, call);
    assert.equal(span.output_text, 'of the span');
    assert.equal(span.prompt_tokens, 5);
    assert.equal(span.events.length, 1);
});

test('an event waits for its span across a crash', async (t) => {
    const server = await serve(t);
    const app = new Application(t, server);
    const call = app.call();
    app.details(call, 'Hello');
    await app.logs.forceFlush();
    await server.stop('SIGKILL');
    await server.start();
    assert.deepEqual(await server.spans(), []);
    call.end();
    await app.traces.forceFlush();
    assert.equal((await stored(server, call)).output_text, 'Hello');
});

test('an evaluation is feedback of its span, and needs no span to be there', async (t) => {
    const server = await serve(t);
    const app = new Application(t, server);
    const call = app.call();
    for (let again = 0; again < 2; again++) {
        app.event(call, 'gen_ai.evaluation.result', {
            attributes: {
                'gen_ai.evaluation.name': 'relevance', 'gen_ai.evaluation.score.value': 0.75, 'gen_ai.evaluation.score.label': 'good',
                'gen_ai.evaluation.explanation': 'to the point', 'gen_ai.response.id': 'chatcmpl-1',
            },
        });
        await app.logs.forceFlush();
    }
    call.end();
    await app.traces.forceFlush();
    await stored(server, call);
    const { traceId, spanId } = call.spanContext();
    const { body } = await server.get(`/api/v1/traces/${traceId}/feedback`);
    assert.deepEqual(body.data.map(({ id, ts, ...rest }) => rest), [{
        project_id: 'default', trace_id: traceId, span_id: spanId, session_id: null,
        name: 'relevance', score: 0.75, label: 'good', comment: 'to the point', resolved: null,
        source: 'evaluation', author: null, metadata: { 'gen_ai.response.id': 'chatcmpl-1' },
    }], 'once, although it was sent twice');
    assert.equal(await metric(server, 'ingest_log_records_total', { result: 'feedback' }), 2);
});

/** One record of a request in JSON. */
const logsOf = (...logRecords) => JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
const metricsOf = (...metrics) => JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
const IDS = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' };

test('other log records are discarded, and the answer says so in its encoding', async (t) => {
    const server = await serve(t);
    const json = await server.post('/v1/logs', logsOf(
        { body: { stringValue: 'a line of a log' } }, { ...IDS, eventName: 'gen_ai.user.message', body: { stringValue: 'Hi' } }));
    assert.equal(json.status, 200);
    assert.deepEqual(json.body, { partialSuccess: { rejectedLogRecords: '0', errorMessage: '1 of 2 log records discarded: only events of generative AI are kept' } });
    const orphan = await server.post('/v1/logs', logsOf({ traceId: IDS.traceId, eventName: 'gen_ai.user.message' }));
    assert.deepEqual(orphan.body, { partialSuccess: { rejectedLogRecords: '1', errorMessage: '1 of 1 log records rejected; 1: span_id is not 8 bytes or all zero' } });
    const taken = await server.post('/v1/logs', logsOf({ ...IDS, eventName: 'gen_ai.user.message', body: { stringValue: 'Hi' } }));
    assert.deepEqual(taken.body, {});

    const record = Buffer.from('0a04120212000a0412021200', 'hex'); // two requests in one, an empty record each
    const proto = await fetch(`${server.url}/v1/logs`, { method: 'POST', body: record, headers: PROTO_TYPE });
    assert.equal(proto.headers.get('content-type'), 'application/x-protobuf');
    const { partialSuccess } = ProtobufLogsSerializer.deserializeResponse(new Uint8Array(await proto.arrayBuffer()));
    assert.equal(Number(partialSuccess.rejectedLogRecords ?? 0), 0);
    assert.match(partialSuccess.errorMessage, /^2 of 2 log records discarded/);
    assert.equal(await metric(server, 'ingest_log_records_total', { result: 'discarded' }), 3);
    assert.equal(await metric(server, 'ingest_log_records_total', { result: 'rejected' }), 1);
    assert.equal(await metric(server, 'ingest_requests_total', { protocol: 'otlp_logs', result: 'partial' }), 1);
});

for (const [name, Exporter] of [['protobuf', ProtoMetrics], ['JSON', JsonMetrics]])
    test(`the metrics SDK sends in ${name}`, async (t) => {
        const server = await serve(t);
        const reader = new PeriodicExportingMetricReader({
            exporter: new Exporter({ url: `${server.url}/v1/metrics`, compression: CompressionAlgorithm.GZIP }), exportIntervalMillis: 3600e3,
        });
        const meters = new MeterProvider({ resource, readers: [reader] });
        const meter = meters.getMeter('app');
        const tokens = meter.createHistogram('gen_ai.client.token.usage', { unit: '{token}', valueType: 0 });
        tokens.record(120, { 'gen_ai.token.type': 'input' });
        tokens.record(30, { 'gen_ai.token.type': 'output' });
        meter.createCounter('gen_ai.client.generation.choices').add(1);
        meter.createUpDownCounter('http.active_requests').add(-2);
        meter.createObservableGauge('process.memory').addCallback((result) => result.observe(1.5));
        await meters.forceFlush();
        assert.equal(await metric(server, 'ingest_metric_points_total', { result: 'genai' }), 3);
        assert.equal(await metric(server, 'ingest_metric_points_total', { result: 'other' }), 2);
        await meters.shutdown();
    });

test('metrics are not kept, which is said of those that spans do not tell', async (t) => {
    const server = await serve(t);
    const gauge = (name, ...dataPoints) => ({ name, gauge: { dataPoints } });
    const known = await server.post('/v1/metrics', metricsOf(gauge('gen_ai.server.request.duration', { asDouble: 1 }), gauge('llm.openai.chat_completions.exceptions', { asInt: '1' })));
    assert.deepEqual([known.status, known.body], [200, {}]);
    const other = await server.post('/v1/metrics', metricsOf(gauge('process.memory', { asDouble: 1 }, { asDouble: 2 })));
    assert.equal(other.body.partialSuccess.rejectedDataPoints, '0');
    assert.match(other.body.partialSuccess.errorMessage, /^2 data points discarded: metrics are not kept/);
    const empty = await fetch(`${server.url}/v1/metrics`, { method: 'POST', body: '', headers: PROTO_TYPE });
    assert.equal(empty.status, 200);
    assert.equal(ProtobufMetricsSerializer.deserializeResponse(new Uint8Array(await empty.arrayBuffer())).partialSuccess, undefined);
});

test('wrong bodies are refused with the place', async (t) => {
    const server = await serve(t, { sets: { 'plugins.ingest.max_spans': 2, 'plugins.ingest.max_body': '4KiB' } });
    const answer = async (path, body, headers = JSON_TYPE) => {
        const { status, body: answered, text } = await server.post(path, body, headers);
        return { status, message: answered?.error?.message ?? text };
    };
    for (const signal of ['logs', 'metrics']) {
        const path = `/v1/${signal}`;
        const cut = await answer(path, `{"resource${signal === 'logs' ? 'Logs' : 'Metrics'}":[`);
        assert.equal(cut.status, 400);
        assert.match(cut.message, /line 1, column \d+: expected/);
        const proto = await answer(path, Buffer.from('0aff', 'hex'), PROTO_TYPE);
        assert.equal(proto.status, 400);
        assert.match(proto.message, /byte 1, in Export(Logs|Metrics)ServiceRequest: the varint is cut off/);
        assert.equal((await answer(path, 'x', { 'content-type': 'text/plain' })).status, 415);
        assert.equal((await answer(path, 'no gzip', { ...JSON_TYPE, 'content-encoding': 'gzip' })).status, 400);
        assert.equal((await answer(path, gzipSync(' '.repeat(5000)), { ...JSON_TYPE, 'content-encoding': 'gzip' })).status, 413);
        assert.equal((await server.get(path)).status, 405);
        assert.equal(await metric(server, 'ingest_requests_total', { protocol: `otlp_${signal}`, result: 'invalid' }), 2);
    }
    const many = await answer('/v1/logs', logsOf({}, {}, {}));
    assert.equal(many.status, 413);
    assert.match(many.message, /more than 2 log records in one request/);
});

test('Langfuse\'s own exporter, with another host', async (t) => {
    const server = await serve(t);
    const processor = new LangfuseSpanProcessor({ baseUrl: server.url, publicKey: 'pk-lf-1', secretKey: 'sk-lf-1', exportMode: 'immediate' });
    const traces = new BasicTracerProvider({ spanProcessors: [processor] });
    setLangfuseTracerProvider(traces);
    t.after(() => setLangfuseTracerProvider(null));
    startObservation('answer', { model: 'gpt-4o', input: 'Hi', output: 'Hello' }, { asType: 'generation' }).end();
    await processor.forceFlush();
    await traces.shutdown();
    const [span] = await server.spans();
    assert.deepEqual([span.span_name, span.model, span.input_text, span.output_text], ['answer', 'gpt-4o', 'Hi', 'Hello']);
});

for (const prefix of ['/api/public/otel', '/v1/private/otel', '/api/v1/private/otel'])
    test(`all signals under ${prefix}`, async (t) => {
        const server = await serve(t);
        const app = new Application(t, server, { prefix });
        const call = app.call();
        app.details(call, 'Hello');
        call.end();
        await app.logs.forceFlush();
        await app.traces.forceFlush();
        assert.equal((await stored(server, call)).output_text, 'Hello');
        assert.equal((await server.post(`${prefix}/v1/metrics`, metricsOf())).status, 200);
    });

test('headers and queries that other products ask for are taken', async (t) => {
    const server = await serve(t);
    const exporter = new OTLPTraceExporter({
        url: `${server.url}/v1/traces?project=x`,
        headers: { api_key: 'phoenix', 'Comet-Workspace': 'w', projectName: 'p', 'x-langfuse-ingestion-version': '4', authorization: `Basic ${btoa('pk:sk')}` },
    });
    const traces = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
    traces.getTracer('app').startSpan('one').end();
    await traces.shutdown();
    assert.equal((await server.spans()).length, 1);
});
