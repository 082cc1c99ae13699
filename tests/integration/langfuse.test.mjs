// SPDX-License-Identifier: Apache-2.0
// Langfuse's ingestion API: the JS SDK 3 as it comes from npm, and bodies as the
// Python SDK 2 writes them; in and out of order, sent twice, and with the server
// killed between creation and update.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createTraceId } from '@langfuse/tracing';
import { Langfuse } from 'langfuse';
import { Server, metric, root, serve, until } from './server.mjs';

const sha = (data, n) => createHash('sha256').update(data).digest('hex').slice(0, 2 * n);
const traceIdOf = (id) => (/^[0-9a-f-]{32,36}$/.test(id) ? id.replaceAll('-', '') : sha(id, 16));
const rootIdOf = (id) => sha(Buffer.from(traceIdOf(id), 'hex'), 8);
const spanIdOf = (id) => sha(id, 8);
const python = readFileSync(join(root, 'tests/fixtures/langfuse/python-2.json'), 'utf8');

function sdk(t, baseUrl, options = {}) {
    const langfuse = new Langfuse({
        publicKey: 'pk-lf-1', secretKey: 'sk-lf-1', baseUrl, release: 'r7', environment: 'staging',
        flushAt: 1000, fetchRetryCount: 1, fetchRetryDelay: 50, ...options,
    });
    const errors = [];
    langfuse.on('error', (e) => errors.push(e));
    langfuse.on('warning', (e) => errors.push(e));
    t.after(() => langfuse.shutdownAsync());
    return { langfuse, errors };
}

async function post(server, batch) {
    const answer = await server.post('/api/public/ingestion', JSON.stringify({ batch }));
    assert.equal(answer.status, 207, answer.text);
    return answer.body;
}

/** An event with an id of its own. */
let events = 0;
const event = (type, body, timestamp = '2026-11-23T07:00:00Z') => ({ id: `event-${++events}`, type, timestamp, body });

/** The stored spans by name. */
const byName = async (server) => Object.fromEntries((await server.spans()).map((span) => [span.span_name, span]));

/** The feedback on a trace by name; every name must be there once. */
async function scores(server, traceId) {
    const { data } = (await server.get(`/api/v1/traces/${traceId}/feedback`)).body;
    const named = Object.fromEntries(data.map((score) => [score.name, score]));
    assert.equal(Object.keys(named).length, data.length);
    return named;
}

/** Everything that an application does with the SDK, with times of its own. */
async function converse(langfuse) {
    const at = (ms) => new Date(Date.UTC(2026, 10, 23, 7, 0, 0, ms));
    const trace = langfuse.trace({
        id: 'order-42', timestamp: at(0), name: 'checkout', userId: 'user-1', sessionId: 'session-1', version: 'v2',
        tags: ['shop', 'beta'], public: true, metadata: { cart: { items: 2 }, channel: 'web' }, input: { question: 'Hi' },
    });
    const span = trace.span({ id: 'lookup-1', name: 'lookup', startTime: at(100), metadata: { index: 'docs' }, input: 'query' });
    const generation = span.generation({
        id: 'answer-1', name: 'answer', startTime: at(200), model: 'gpt-4o', modelParameters: { temperature: 0.5, maxTokens: 100 },
        input: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Grüße 世界' }], metadata: { a: 1 },
        prompt: { name: 'greet', version: 3, isFallback: false },
    });
    generation.update({ completionStartTime: at(450), metadata: { b: 2 } });
    generation.update({
        endTime: at(1200), output: { role: 'assistant', content: 'Hello' },
        usageDetails: { input: 70, input_cached_tokens: 30, output: 20 },
    });
    trace.event({ id: 'click-1', name: 'click', startTime: at(1300), level: 'DEBUG', input: { x: 1 } });
    span.update({ endTime: at(1500), output: { hits: ['a', 'b'] }, level: 'ERROR', statusMessage: 'index is stale' });
    trace.generation({
        id: 'old-1', name: 'old', startTime: at(1500), endTime: at(1600), model: 'gpt-4o', input: 'prompt', output: 'completion',
        usage: { promptTokens: 10, completionTokens: 5, totalTokens: 15 }, version: 'g1',
    });
    trace.update({ output: { answer: 'Hello' }, metadata: { done: true } });
    trace.score({ id: 'score-1', name: 'helpful', value: 1, dataType: 'BOOLEAN', comment: 'yes' });
    generation.score({ name: 'tone', value: 'friendly' });
    await langfuse.flushAsync();
}

/** What the server must have of converse(). `shared`: all of it came in one request;
 *  `ordered`: the trace's creation came before its update, which has the time of its call. */
async function conversed(server, { shared = false, ordered = true }) {
    const spans = await byName(server);
    assert.deepEqual(Object.keys(spans).sort(), ['answer', 'checkout', 'click', 'lookup', 'old']);
    const { checkout, lookup, answer, click, old } = spans;

    for (const span of Object.values(spans)) {
        assert.equal(span.trace_id, sha('order-42', 16));
        assert.equal(span.attributes['langfuse.trace.id'], 'order-42');
        assert.equal(span.attributes['otel.scope.name'], 'langfuse-js');
        assert.equal(span.environment, 'staging');
        if (span !== checkout && !shared) continue;
        assert.equal(span.user_id, 'user-1');
        assert.equal(span.session_id, 'session-1');
        assert.equal(span.release, 'r7');
        assert.deepEqual(span.tags, ['shop', 'beta']);
        assert.equal(span.attributes['langfuse.trace.name'], 'checkout');
    }

    assert.equal(checkout.span_id, rootIdOf('order-42'));
    assert.equal(checkout.parent_span_id, null);
    assert.equal(checkout.operation_type, 'internal');
    assert.equal(checkout.ts, '2026-11-23T07:00:00Z');
    if (ordered) assert.equal(checkout.duration_ms, 1600); // as long as what is below it
    else assert.ok(checkout.duration_ms >= 1600);
    assert.equal(checkout.input_text, '{"question":"Hi"}');
    assert.equal(checkout.output_text, '{"answer":"Hello"}');
    assert.deepEqual(checkout.attributes['langfuse.trace.metadata.cart'], { items: 2 });
    assert.equal(checkout.attributes['langfuse.trace.metadata.channel'], 'web');
    assert.equal(checkout.attributes['langfuse.trace.metadata.done'], true);
    assert.equal(checkout.attributes['langfuse.trace.public'], true);
    assert.equal(checkout.attributes['langfuse.version'], 'v2');

    assert.equal(lookup.span_id, spanIdOf('lookup-1'));
    assert.equal(lookup.parent_span_id, checkout.span_id);
    assert.equal(lookup.attributes['langfuse.observation.id'], 'lookup-1');
    assert.equal(lookup.attributes['langfuse.observation.type'], 'span');
    assert.equal(lookup.ts, '2026-11-23T07:00:00.100Z');
    assert.equal(lookup.duration_ms, 1400);
    assert.equal(lookup.input_text, 'query');
    assert.equal(lookup.output_text, '{"hits":["a","b"]}');
    assert.equal(lookup.status_code, 'ERROR');
    assert.equal(lookup.error_message, 'index is stale');
    assert.equal(lookup.attributes['langfuse.observation.metadata.index'], 'docs');
    assert.equal(lookup.operation_type, 'internal');

    assert.equal(answer.parent_span_id, lookup.span_id);
    assert.equal(answer.operation_type, 'chat');
    assert.equal(answer.model, 'gpt-4o');
    assert.deepEqual(answer.model_parameters, { temperature: 0.5, maxTokens: 100 });
    assert.equal(answer.ts, '2026-11-23T07:00:00.200Z');
    assert.equal(answer.duration_ms, 1000);
    assert.equal(answer.ttft_ms, 250);
    assert.equal(answer.input_text, 'Grüße 世界');
    assert.equal(answer.input_messages.length, 2);
    assert.equal(answer.output_text, 'Hello');
    assert.deepEqual(answer.output_messages, [{ role: 'assistant', content: 'Hello' }]);
    assert.equal(answer.prompt_tokens, 100);
    assert.equal(answer.cached_tokens, 30);
    assert.equal(answer.completion_tokens, 20);
    assert.equal(answer.cost_source, 'price_book');
    // $2.50, $1.25 and $10 a million tokens
    assert.equal(Math.round(answer.total_cost_usd * 1e9), 70 * 2500 + 30 * 1250 + 20 * 10000);
    assert.equal(answer.attributes['langfuse.observation.metadata.a'], 1);
    assert.equal(answer.attributes['langfuse.observation.metadata.b'], 2);
    assert.equal(answer.attributes['gen_ai.prompt.name'], 'greet');
    assert.equal(answer.attributes['gen_ai.prompt.version'], 3);

    assert.equal(click.parent_span_id, checkout.span_id);
    assert.equal(click.duration_ms, 0);
    assert.equal(click.attributes['langfuse.observation.type'], 'event');
    assert.equal(click.attributes['langfuse.observation.level'], 'DEBUG');
    assert.equal(click.status_code, 'UNSET');

    assert.equal(old.total_tokens, 15);
    assert.equal(old.output_text, 'completion');
    assert.equal(old.attributes['langfuse.version'], 'g1');

    const { helpful, tone, ...others } = await scores(server, checkout.trace_id);
    assert.deepEqual(others, {});
    assert.equal(helpful.id, 'score-1');
    assert.deepEqual([helpful.score, helpful.label, helpful.comment, helpful.span_id], [1, 'True', 'yes', null]);
    assert.deepEqual([tone.score, tone.label, tone.comment, tone.span_id], [null, 'friendly', null, answer.span_id]);
    for (const score of [helpful, tone]) {
        assert.equal(score.source, 'langfuse');
        assert.deepEqual(score.metadata, { 'langfuse.environment': 'staging' });
        assert.ok(Math.abs(Date.parse(score.ts) - Date.now()) < 60000);
    }
    return spans;
}

test('the JS SDK: traces, observations, updates and scores', async (t) => {
    const server = await serve(t);
    const { langfuse, errors } = sdk(t, server.url);

    await converse(langfuse);
    const { checkout } = await conversed(server, { shared: true });
    assert.deepEqual(errors, []);
    assert.equal(checkout.trace_id, await createTraceId('order-42')); // as the newer SDKs make it
    assert.equal(await metric(server, 'ingest_requests_total', { protocol: 'langfuse', result: 'ok' }), 1);
    assert.equal(await metric(server, 'feedback_total', { source: 'langfuse', result: 'stored' }), 2);
});

/** Keeps the batches that an SDK sends. */
async function recorder(t) {
    const bodies = [];
    const http = createServer((req, res) => {
        let text = '';
        req.on('data', (d) => (text += d));
        req.on('end', () => {
            bodies.push(text);
            res.writeHead(207, { 'content-type': 'application/json' }).end('{"successes":[],"errors":[]}');
        });
    });
    await new Promise((up) => http.listen(0, '127.0.0.1', up));
    t.after(() => new Promise((done) => http.close(done)));
    return { url: `http://127.0.0.1:${http.address().port}`, bodies };
}

test('each event in a request of its own, in any order and twice, makes the same spans', async (t) => {
    const record = await recorder(t);
    const { langfuse } = sdk(t, record.url, { flushAt: 1 });
    await converse(langfuse);
    await langfuse.shutdownAsync();
    const sent = record.bodies.flatMap((body) => {
        const { batch, metadata } = JSON.parse(body);
        return batch.map((one) => JSON.stringify({ batch: [one], metadata }));
    });
    assert.equal(sent.length, 11);

    const rank = (body) => {
        const { type, body: { name } } = JSON.parse(body).batch[0];
        return type === 'trace-create' ? (name ? 0 : 3) : type.endsWith('-create') ? 1 : 2;
    };
    const sorted = [...sent].sort((a, b) => rank(a) - rank(b));
    let first;
    for (const [order, ordered] of [[sent, false], [sorted, true], [[...sorted].reverse(), false], [[...sorted, ...sorted], true]]) {
        const server = await new Server().start();
        try {
            for (const body of order) assert.equal((await server.post('/api/public/ingestion', body)).status, 207);
            const spans = await conversed(server, { ordered });
            first ??= spans.answer.total_cost_usd;
            assert.equal(spans.answer.total_cost_usd, first);
        } finally {
            await server.stop();
            server.dispose();
        }
    }
});

test('a batch that is sent again changes nothing', async (t) => {
    const server = await serve(t);
    const send = () => server.post('/api/public/ingestion', python);

    assert.equal((await send()).status, 207);
    const before = await server.spans();
    assert.equal((await send()).status, 207);
    assert.deepEqual(await server.spans(), before);
    assert.equal(await metric(server, 'ingest_spans_total', { result: 'stored' }), 4);
});

test('bodies as the Python SDK 2 writes them', async (t) => {
    const server = await serve(t);
    const answer = await server.post('/api/public/ingestion', python);
    const traceId = '6b1c2f0e7a474c0d8a3e2f9b5f1f7c11';

    assert.equal(answer.status, 207);
    assert.deepEqual(answer.body, { successes: JSON.parse(python).batch.map(({ id }) => ({ id, status: 201 })), errors: [] });
    const spans = await byName(server);
    assert.deepEqual(Object.keys(spans).sort(), ['OpenAI-generation', 'fallback', 'retrieval', 'support-chat']);
    const { 'support-chat': chat, retrieval, 'OpenAI-generation': generation, fallback } = spans;

    for (const span of Object.values(spans)) {
        assert.equal(span.trace_id, traceId);
        assert.equal(span.user_id, 'user-7');
        assert.equal(span.session_id, 'session-3');
        assert.equal(span.release, '2026.47');
        assert.equal(span.environment, 'production');
        assert.deepEqual(span.tags, ['support', 'beta']);
        assert.equal(span.attributes['otel.scope.name'], 'python');
        assert.equal(span.attributes['otel.scope.version'], '2.60.10');
    }
    assert.equal(chat.ts, '2026-11-23T07:00:00.000123Z');
    assert.equal(chat.duration_ms, 1999.877);
    assert.equal(chat.attributes['langfuse.trace.metadata.channel'], 'web');
    assert.equal(chat.attributes['langfuse.trace.metadata.attempt'], 2);
    assert.equal(chat.attributes['langfuse.trace.public'], false);
    assert.equal(chat.attributes['langfuse.version'], '4');
    assert.equal(retrieval.status_code, 'ERROR');
    assert.equal(retrieval.error_message, 'one index timed out');
    assert.equal(retrieval.input_text, '{"query":"reset password","k":3}');
    assert.equal(retrieval.output_text, '{"documents":["doc-1","doc-2"]}');
    assert.equal(retrieval.parent_span_id, chat.span_id);
    assert.equal(generation.parent_span_id, retrieval.span_id);
    assert.equal(generation.operation_type, 'chat');
    assert.equal(generation.ttft_ms, 500);
    assert.equal(generation.duration_ms, 1500);
    assert.equal(generation.prompt_tokens, 100);
    assert.equal(generation.cached_tokens, 40);
    assert.equal(generation.completion_tokens, 20);
    assert.equal(generation.reasoning_tokens, 5);
    assert.equal(Math.round(generation.total_cost_usd * 1e9), 60 * 2500 + 40 * 1250 + 20 * 10000);
    assert.equal(generation.model_parameters.temperature, 0.2);
    assert.equal(generation.model_parameters.max_tokens, 'Infinity');
    assert.deepEqual(generation.model_parameters.stop, ['\n\n']);
    assert.equal(generation.attributes['gen_ai.prompt.name'], 'support');
    assert.equal(generation.attributes['gen_ai.prompt.version'], 12);
    assert.equal(generation.attributes['langfuse.observation.metadata.attempt'], 1);
    assert.equal(generation.attributes['langfuse.observation.metadata.cached'], true);
    assert.equal(generation.output_text, 'Under Settings, Security.');
    assert.equal(fallback.duration_ms, 0);
    assert.equal(fallback.parent_span_id, retrieval.span_id);
    assert.equal(fallback.attributes['langfuse.observation.level'], 'WARNING');
    assert.equal(fallback.attributes['langfuse.observation.status_message'], 'no documents above the threshold');

    const { helpful } = await scores(server, traceId);
    assert.equal(helpful.id, '5d1f7d8e-98b5-4b43-b1f8-0c38b9f9d001');
    assert.equal(helpful.span_id, generation.span_id);
    assert.deepEqual([helpful.score, helpful.label, helpful.comment, helpful.ts], [1, 'True', 'thumbs up', '2026-11-23T07:00:05Z']);
});

test('a trace that is told of later has its fields on the root span only', async (t) => {
    const server = await serve(t);

    await post(server, [event('span-create', { id: 's', traceId: 't', name: 's', startTime: '2026-11-23T07:00:01Z', endTime: '2026-11-23T07:00:03Z' })]);
    await post(server, [event('trace-create', { id: 't', name: 't', userId: 'u', timestamp: '2026-11-23T07:00:00Z' })]);
    await post(server, [event('span-update', { id: 's', traceId: 't', endTime: '2026-11-23T07:00:02Z' })]);
    const spans = await byName(server);
    assert.equal(spans.t.user_id, 'u');
    assert.equal(spans.s.user_id, null);
    assert.equal(spans.s.parent_span_id, spans.t.span_id);
    assert.equal(spans.s.duration_ms, 1000); // the last word counts
    assert.equal(spans.t.duration_ms, 3000); // a root does not end earlier again
});

test('a score of a session, and one that is given anew', async (t) => {
    const server = await serve(t);
    const score = (value) => event('score-create', { id: 'rating', sessionId: 'support-42', name: 'satisfaction', value, metadata: { stars: value } });

    await post(server, [score(2)]);
    await post(server, [score(4)]);
    const { data } = (await server.get('/api/v1/sessions/support-42/feedback')).body;
    assert.equal(data.length, 1);
    assert.deepEqual([data[0].id, data[0].score, data[0].session_id, data[0].metadata], ['rating', 4, 'support-42', { stars: 4 }]);
});

test('kill -9 between creation and update, and between update and creation', async (t) => {
    const server = await new Server().start();
    t.after(async () => {
        await server.stop();
        server.dispose();
    });
    const restart = async () => {
        await server.stop('SIGKILL');
        await server.start();
    };

    await post(server, [
        event('trace-create', { id: 't', name: 'trace', timestamp: '2026-11-23T07:00:00Z' }),
        event('generation-create', { id: 'early', traceId: 't', name: 'early', startTime: '2026-11-23T07:00:00Z', model: 'gpt-4o', input: 'a' }),
        event('generation-update', { id: 'late', traceId: 't', endTime: '2026-11-23T07:00:04Z', output: 'd', completionStartTime: '2026-11-23T07:00:03Z', usageDetails: { input: 10, output: 5 } }),
    ]);
    await restart();
    await post(server, [
        event('generation-update', { id: 'early', traceId: 't', endTime: '2026-11-23T07:00:02Z', output: 'b', usageDetails: { input: 10, output: 5 } }),
        event('generation-create', { id: 'late', traceId: 't', name: 'late', startTime: '2026-11-23T07:00:02Z', model: 'gpt-4o', input: 'c' }),
    ]);
    await restart();
    const { early, late, trace } = await byName(server);
    assert.deepEqual([early.input_text, early.output_text, early.duration_ms], ['a', 'b', 2000]);
    assert.deepEqual([late.input_text, late.output_text, late.duration_ms, late.ttft_ms], ['c', 'd', 2000, 1000]);
    assert.equal(trace.duration_ms, 4000);
    for (const span of [early, late]) {
        assert.equal(span.total_tokens, 15);
        assert.equal(Math.round(span.total_cost_usd * 1e9), 10 * 2500 + 5 * 10000); // priced when it was complete
    }
});

test('what is wrong is told of each event, and the SDK hears of it', async (t) => {
    const server = await serve(t);
    const { langfuse, errors } = sdk(t, server.url);

    const answer = await post(server, [
        event('span-create', { id: 'a', name: 'a' }),
        event('span-create', { id: 'b', startTime: 'now' }),
        { type: 'span-create' },
        event('trace-create', { id: 'c', name: 'c' }),
    ]);
    assert.deepEqual(answer.successes.map((s) => s.status), [201, 201]);
    assert.deepEqual(answer.errors.map((e) => [e.status, e.message]), [[400, 'Invalid request data'], [400, 'Invalid request data']]);
    assert.match(answer.errors[0].error, /^batch\[1\]\.body\.startTime: expected a time/);
    assert.equal(answer.errors[1].id, 'unknown');
    assert.equal((await server.spans()).length, 2);
    assert.equal(await metric(server, 'ingest_requests_total', { protocol: 'langfuse', result: 'partial' }), 1);

    langfuse.span({ name: 'x', level: 'LOUD' });
    await langfuse.flushAsync();
    await until('the warning', () => errors.length > 0);
    assert.match(String(errors[0]), /body\.level: expected DEBUG, DEFAULT, WARNING or ERROR/);
});

test('a body that is no batch, too large, or of another type is refused whole', async (t) => {
    const server = await serve(t, { sets: { 'plugins.ingest.max_body': '1KiB', 'plugins.ingest.max_spans': '2' } });
    const refused = async (body, headers) => (await server.post('/api/public/ingestion', body, headers)).status;

    assert.equal(await refused('{'), 400);
    assert.equal(await refused('{"batch":{}}'), 400);
    assert.equal(await refused('{"batch":[1,2,3]}'), 413);
    assert.equal(await refused(JSON.stringify({ batch: [], pad: 'x'.repeat(1024) })), 413);
    assert.equal(await refused('{"batch":[]}', { 'content-type': 'text/plain' }), 415);
    assert.equal(await refused('{"batch":[]}'), 207);
    const packed = gzipSync(JSON.stringify({ batch: [event('span-create', { id: 'packed' })] }));
    assert.equal(await refused(packed, { 'content-type': 'application/json', 'content-encoding': 'gzip' }), 207);
    assert.equal((await server.spans()).length, 1);
    assert.equal(await metric(server, 'ingest_requests_total', { protocol: 'langfuse', result: 'invalid' }), 3);
});

test('what SDKs ask besides, and what is not here', async (t) => {
    const server = await serve(t);
    const { langfuse } = sdk(t, server.url);

    assert.deepEqual(Object.keys((await server.get('/api/public/health')).body), ['status', 'version']);
    assert.equal((await server.get('/api/public/projects')).body.data[0].id, 'default');
    const missing = await server.get('/api/public/v2/prompts/greet?label=production');
    assert.equal(missing.status, 404);
    assert.match(missing.body.error.message, /prompts, datasets and media are not/);
    assert.equal((await server.post('/api/public/media', '{}')).status, 404);
    const prompt = await langfuse.getPrompt('greet', undefined, { fallback: 'Hi {{name}}', maxRetries: 0 });
    assert.equal(prompt.compile({ name: 'Ann' }), 'Hi Ann');
});
