// SPDX-License-Identifier: Apache-2.0
// Feedback against the real server: who may say what of which trace, in whichever
// order it comes, said twice, changed, taken back, and after a crash. Annotations and
// evaluations are written by OpenInference's own helpers on real spans.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { getAnnotationAttributes, getEvaluationAttributes } from '@arizeai/openinference-core';
import { ROOT_CONTEXT, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { metric, serve } from './server.mjs';

const TRACE = '5b8efff798038103d269b633813fc60c';
const SPAN = 'eee19b7ec3c1b174', CHILD = 'aaa19b7ec3c1b174', ABSENT = 'bbb19b7ec3c1b174';
const JSON_TYPE = { 'content-type': 'application/json' };

const on = (trace) => `/api/v1/traces/${trace}/feedback`;
const give = (server, body, path = on(TRACE)) => server.post(path, JSON.stringify(body));
const list = async (server, path = on(TRACE)) => (await server.get(path)).body.data;
const one = (server, id, query = '') => server.get(`/api/v1/feedback/${encodeURIComponent(id)}${query}`);
const change = (server, id, body, query = '') =>
    server.get(`/api/v1/feedback/${encodeURIComponent(id)}${query}`, { method: 'PATCH', headers: JSON_TYPE, body: JSON.stringify(body) });
const remove = (server, id, query = '') => server.get(`/api/v1/feedback/${encodeURIComponent(id)}${query}`, { method: 'DELETE' });

/** A span by native JSON. */
async function span(server, id, more = {}) {
    const answer = await give(server, { trace_id: TRACE, span_id: id, ts: '2026-11-23T07:00:00Z', duration_ms: 5, span_name: 'chat', ...more }, '/api/v1/traces');
    assert.equal(answer.status, 200, answer.text);
}

/** The id as docs/api.md says. */
function documentedId(...parts) {
    const netstrings = parts.map((part) => `${Buffer.byteLength(part)}:${part},`).join('');
    return `fb-${createHash('sha256').update(netstrings).digest('hex').slice(0, 32)}`;
}

test('what is given comes back, and given again it changes nothing', async (t) => {
    const server = await serve(t);
    const full = {
        id: 'ticket-7', name: 'helpfulness', score: 0.25, label: 'poor', comment: 'Nicht gefragt – "雪"', resolved: false, span_id: SPAN,
        source: 'survey', author: 'ada', metadata: { page: 3, tags: ['a', null, true], deep: { x: -1.5 } }, ts: '2026-11-23T07:00:00.123456789Z',
    };
    const answer = await give(server, full);
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.trace, 'unknown');
    const wanted = { ...full, project_id: 'default', trace_id: TRACE, session_id: null };
    assert.deepEqual(answer.body.data, wanted);
    assert.deepEqual(await list(server), [wanted]);
    assert.deepEqual((await one(server, 'ticket-7')).body.data, wanted);

    const anonymous = { score: true, user_id: 'Zoë', ts: '2026-11-23T07:00:01Z' };
    const first = await give(server, anonymous);
    assert.equal(first.body.data.id, documentedId(TRACE, '', '', 'feedback', 'api', 'Zoë', ''));
    assert.equal(first.body.data.score, 1);
    const before = await list(server);
    assert.deepEqual((await give(server, anonymous)).body.data, first.body.data);
    assert.deepEqual((await give(server, full)).body.data, wanted);
    assert.deepEqual(await list(server), before);
    assert.equal(before.length, 2);

    await give(server, { ...anonymous, score: false });
    assert.deepEqual((await list(server)).map((f) => f.score), [0.25, 0], 'a second vote takes the place of the first');
    assert.equal(await metric(server, 'feedback_total', { source: 'api', result: 'stored' }), 3);
    assert.equal(await metric(server, 'feedback_total', { source: 'other', result: 'stored' }), 2);
});

test('scores are numbers, booleans or texts, one or many at once', async (t) => {
    const server = await serve(t);
    const items = [{ name: 'a', score: -3 }, { name: 'b', score: false }, { name: 'c', score: 'friendly' }, { name: 'd', label: 'ok' }, { name: 'e', comment: '…' }, { name: 'f', resolved: true }];
    const answer = await give(server, items.map((item, i) => ({ ...item, ts: 1790000000 + i })));
    assert.equal(answer.status, 201, answer.text);
    const all = await list(server);
    assert.deepEqual(all, answer.body.data);
    assert.deepEqual(all.map((f) => [f.name, f.score, f.label, f.comment, f.resolved]), [
        ['a', -3, null, null, null], ['b', 0, null, null, null], ['c', null, 'friendly', null, null],
        ['d', null, 'ok', null, null], ['e', null, null, '…', null], ['f', null, null, null, true],
    ]);
    assert.equal(all[0].ts, '2026-09-21T14:13:20Z');

    const many = Array.from({ length: 1000 }, (_, i) => ({ id: `many-${i}`, score: i, comment: 'x'.repeat(200), ts: 1790000100 + i }));
    const long = await give(server, many); // read off the loop
    assert.equal(long.status, 201);
    assert.deepEqual(long.body.data.map((f) => f.score), many.map((f) => f.score));
    const page = await server.get(on(TRACE));
    assert.deepEqual(page.body.pagination, { has_more: true, limit: 1000 });
    assert.equal(page.body.data.length, 1000);
});

test('a change touches what it names; what is removed is gone', async (t) => {
    const server = await serve(t);
    await give(server, { id: 'a/b c', score: 0, comment: 'wrong', resolved: false, ts: 1790000000 });
    const settled = await change(server, 'a/b c', { resolved: true });
    assert.equal(settled.status, 200, settled.text);
    const { data } = settled.body;
    assert.deepEqual([data.resolved, data.score, data.comment, data.ts], [true, 0, 'wrong', '2026-09-21T14:13:20Z']);
    assert.deepEqual((await one(server, 'a/b c')).body.data, data);
    assert.deepEqual((await change(server, 'a/b c', { comment: null })).body.data, { ...data, comment: null });

    const fixed = await change(server, 'a/b c', { name: 'other' });
    assert.equal(fixed.status, 400);
    assert.equal(fixed.body.error.field, 'name');
    assert.equal((await change(server, 'a/b c', { score: null, resolved: null })).body.error.error_code, 'MISSING_FIELD');
    assert.deepEqual((await one(server, 'a/b c')).body.data, { ...data, comment: null });

    assert.equal((await remove(server, 'a/b c')).status, 204);
    for (const answer of [await remove(server, 'a/b c'), await one(server, 'a/b c'), await change(server, 'a/b c', { score: 1 })]) {
        assert.equal(answer.status, 404);
        assert.equal(answer.body.error.error_code, 'NOT_FOUND');
    }
    assert.deepEqual(await list(server), []);
});

test('feedback may come before its span, and both are there after a crash', async (t) => {
    const server = await serve(t);
    await give(server, [{ name: 'early', score: 1, span_id: SPAN, ts: 1 }, { name: 'of all', score: 2, ts: 2 }, { name: 'nowhere', score: 3, span_id: ABSENT, ts: 3 }]);
    assert.equal((await server.get(`/api/v1/traces/${TRACE}?include=feedback`)).status, 404, 'feedback makes no trace');
    await span(server, SPAN);
    await span(server, CHILD, { parent_span_id: SPAN, ts: '2026-11-23T07:00:00.001Z' });
    const late = await give(server, { name: 'late', score: 4, span_id: SPAN, ts: 4 });
    assert.equal(late.body.trace, 'known');

    const check = async () => {
        const { data } = (await server.get(`/api/v1/traces/${TRACE}?include=feedback`)).body;
        const names = (feedback) => feedback.map((f) => f.name);
        assert.deepEqual(names(data.feedback), ['of all', 'nowhere']);
        assert.deepEqual(names(data.spans[0].feedback), ['early', 'late']);
        assert.deepEqual(data.spans[0].children[0].feedback, []);
        const flat = (await server.get(`/api/v1/traces/${TRACE}?include=feedback&flat=1&fields=span_id`)).body.data;
        assert.deepEqual(flat.spans.map((s) => [s.span_id, names(s.feedback)]), [[SPAN, ['early', 'late']], [CHILD, []]]);
        assert.deepEqual(names(await list(server, `${on(TRACE)}?span_id=${SPAN}`)), ['early', 'late']);
        const plain = (await server.get(`/api/v1/traces/${TRACE}`)).body.data;
        assert.equal(plain.feedback, undefined);
        assert.equal(plain.spans[0].feedback, undefined);
        return data;
    };
    const before = await check();
    await server.stop('SIGKILL');
    await server.start();
    assert.deepEqual(await check(), before);

    const tag = (await server.get(`/api/v1/traces/${TRACE}?include=feedback`)).headers.get('etag');
    await give(server, { name: 'late', score: 5, span_id: SPAN, ts: 4 });
    const changed = await server.get(`/api/v1/traces/${TRACE}?include=feedback`, { headers: { 'if-none-match': tag } });
    assert.equal(changed.status, 200, 'new feedback is a new answer');
    const wrong = await server.get(`/api/v1/traces/${TRACE}?include=everything`);
    assert.equal(wrong.status, 400);
    assert.equal(wrong.body.error.field, 'include');
});

test('a trace with more feedback than is shown is truncated', async (t) => {
    const server = await serve(t, { sets: { 'plugins.trace-search.max_feedback': '3', 'plugins.feedback.max_results': '2' } });
    await span(server, SPAN);
    await give(server, [1, 2, 3, 4].map((n) => ({ id: `${n}`, score: n, ts: n })));
    const { data } = (await server.get(`/api/v1/traces/${TRACE}?include=feedback`)).body;
    assert.equal(data.truncated, true);
    assert.deepEqual(data.feedback.map((f) => f.id), ['1', '2', '3']);
    const page = (await server.get(on(TRACE))).body;
    assert.deepEqual([page.data.map((f) => f.id), page.pagination], [['1', '2'], { has_more: true, limit: 2 }]);
    await remove(server, '4');
    assert.equal((await server.get(`/api/v1/traces/${TRACE}?include=feedback`)).body.data.truncated, false);
});

test('feedback belongs to the project of its trace, and nobody sees that of another', async (t) => {
    const server = await serve(t);
    const other = 'c'.repeat(32);
    await span(server, SPAN, { project_id: 'shop' });
    const known = await give(server, { id: 'same', score: 1 });
    assert.equal(known.body.data.project_id, 'shop');
    assert.deepEqual(await list(server, `${on(TRACE)}?project_id=bank`), []);
    assert.equal((await list(server, `${on(TRACE)}?project_id=shop`)).length, 1);

    const elsewhere = await give(server, { id: 'same', score: 2 }, `${on(other)}?project_id=bank`);
    assert.equal(elsewhere.body.data.project_id, 'bank');
    assert.equal((await one(server, 'same')).status, 409);
    assert.equal((await change(server, 'same', { score: 3 })).body.error.field, 'project_id');
    assert.equal((await one(server, 'same', '?project_id=bank')).body.data.score, 2);
    assert.equal((await change(server, 'same', { score: 3 }, '?project_id=shop')).status, 200);
    assert.equal((await one(server, 'same', '?project_id=bank')).body.data.score, 2);
    assert.equal((await remove(server, 'same', '?project_id=bank')).status, 204);
    assert.equal((await one(server, 'same')).body.data.score, 3);
    assert.equal((await one(server, 'same', '?project_id=bank')).status, 404);

    // the trace is in `shop`: of `bank` it is another, unknown one
    const misplaced = await give(server, { score: 1 }, `${on(TRACE)}?project_id=bank`);
    assert.deepEqual([misplaced.body.trace, misplaced.body.data.project_id], ['unknown', 'bank']);
    assert.deepEqual((await list(server, `${on(TRACE)}?project_id=shop`)).map((f) => f.id), ['same']);
});

test('sessions have feedback of their own', async (t) => {
    const server = await serve(t);
    const path = `/api/v1/sessions/${encodeURIComponent('support/42 ü')}/feedback`;
    const answer = await give(server, { name: 'satisfaction', score: 4, author: 'ada' }, path);
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.trace, undefined);
    const { data } = answer.body;
    assert.deepEqual([data.session_id, data.trace_id, data.span_id], ['support/42 ü', null, null]);
    assert.equal(data.id, documentedId('', '', 'support/42 ü', 'satisfaction', 'api', 'ada', ''));
    assert.deepEqual(await list(server, path), [data]);
    assert.deepEqual(await list(server, '/api/v1/sessions/other/feedback'), []);
    assert.equal((await give(server, { score: 1, span_id: SPAN }, path)).body.error.field, 'span_id');
});

test('what is wrong is said, and then nothing of it is stored', async (t) => {
    const server = await serve(t, { sets: { 'plugins.feedback.max_body': '2KiB', 'plugins.feedback.max_items': '3' } });
    const bad = [
        [{ score: [] }, 400, 'INVALID_REQUEST', 'score', /a number, a boolean or a text/],
        [{}, 400, 'MISSING_FIELD', 'score', /at least one of/],
        [[{ score: 1 }, { score: 1, spanid: SPAN }], 400, 'UNKNOWN_FIELD', 'spanid', /^item 1: spanid: unknown field; known are score/],
        [[{ score: 1 }, { score: 2, span_id: '7' }], 400, 'INVALID_REQUEST', 'span_id', /^item 1: span_id: expected 16 hexadecimal/],
        [{ score: 1, id: 'x'.repeat(257) }, 400, 'OUT_OF_RANGE', 'id', /256 bytes/],
        [[], 400, 'OUT_OF_RANGE', undefined, /1 to 3/],
        [[{ score: 1 }, { score: 1 }, { score: 1 }, { score: 1 }], 400, 'OUT_OF_RANGE', undefined, /found 4/],
        [{ comment: 'x'.repeat(3000) }, 413, 'BODY_TOO_LARGE', undefined, /./],
    ];
    for (const [body, status, code, field, text] of bad) {
        const answer = await give(server, body);
        assert.equal(answer.status, status, answer.text);
        assert.deepEqual([answer.body.error.error_code, answer.body.error.field], [code, field]);
        assert.match(answer.body.error.message, text);
    }
    assert.match((await server.post(on(TRACE), '{"score":\n1')).body.error.message, /^line 2, column /);
    assert.equal((await server.post(on(TRACE), 'score=1', { 'content-type': 'text/plain' })).status, 415);
    for (const path of [on('xyz'), on('0'.repeat(32))])
        assert.equal((await give(server, { score: 1 }, path)).body.error.field, 'trace_id');
    assert.equal((await server.get(`${on(TRACE)}?span_id=xyz`)).body.error.field, 'span_id');
    assert.equal((await server.get(`${on(TRACE)}?limit=3`)).body.error.error_code, 'UNKNOWN_FIELD');
    assert.deepEqual(await list(server), []);
});

/** Spans of a real SDK, exported as protobuf. */
async function withTracer(server, work) {
    const provider = new BasicTracerProvider({
        spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${server.url}/v1/traces` }))],
    });
    const result = work(provider.getTracer('feedback-test'));
    await provider.forceFlush();
    await provider.shutdown();
    return result;
}

test('annotations and evaluations of OpenInference are feedback, sent once or twice', async (t) => {
    const server = await serve(t);
    const verdict = { name: 'hallucination', score: 1, label: 'hallucinated', explanation: 'No document says so.', annotatorKind: 'LLM', identifier: 'judge-v2', metadata: { rubric: 3 } };
    const send = () => withTracer(server, (tracer) => {
        const judged = tracer.startSpan('answer', { attributes: {
            'openinference.span.kind': 'LLM', 'session.id': 'chat-9',
            ...getAnnotationAttributes({ annotations: [verdict, { name: 'tone', label: 'friendly', annotatorKind: 'HUMAN' }] }),
            ...getAnnotationAttributes({ annotations: [{ name: 'overall', score: 0.75 }], scope: 'trace' }),
            ...getEvaluationAttributes({ evaluations: [{ name: 'satisfaction', score: 2 }], scope: 'session' }),
        } });
        judged.addEvent('gen_ai.evaluation.result', { 'gen_ai.evaluation.name': 'Relevance', 'gen_ai.evaluation.score.value': 4, 'gen_ai.response.id': 'r-1' });
        judged.end();
        return judged.spanContext();
    });
    const { traceId, spanId } = await send();
    const all = await list(server, on(traceId));
    const brief = (f) => [f.name, f.span_id, f.score, f.label, f.comment, f.source, f.author];
    assert.deepEqual(all.map(brief).sort(), [
        ['Relevance', spanId, 4, null, null, 'evaluation', null],
        ['hallucination', spanId, 1, 'hallucinated', 'No document says so.', 'annotation', 'judge-v2'],
        ['overall', null, 0.75, null, null, 'annotation', null],
        ['tone', spanId, null, 'friendly', null, 'annotation', null],
    ]);
    assert.deepEqual(all.find((f) => f.name === 'hallucination').metadata, { rubric: 3, annotator_kind: 'LLM' });
    assert.deepEqual(all.find((f) => f.name === 'Relevance').metadata, { 'gen_ai.response.id': 'r-1' });
    const session = await list(server, '/api/v1/sessions/chat-9/feedback');
    assert.deepEqual(session.map(brief), [['satisfaction', null, 2, null, null, 'evaluation', null]]);
    assert.equal((await server.spans())[0].attributes['annotations.0.annotation.name'], 'hallucination', 'the attributes stay');

    // an evaluator's span about that one, in a trace of its own: the same verdict, and a new one
    const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
    const evaluate = (evaluations, links = [{ context }]) => withTracer(server, (tracer) => {
        const evaluator = tracer.startSpan('judge', { root: true, links, attributes: { 'openinference.span.kind': 'EVALUATOR', ...getEvaluationAttributes({ evaluations }) } }, ROOT_CONTEXT);
        evaluator.end();
        return evaluator.spanContext();
    });
    await evaluate([verdict, { name: 'conciseness', score: 0.5 }]);
    const after = await list(server, on(traceId));
    assert.deepEqual(after.map((f) => f.name).sort(), ['Relevance', 'conciseness', 'hallucination', 'overall', 'tone'], 'the verdict is there once');
    assert.deepEqual(brief(after.find((f) => f.name === 'conciseness')), ['conciseness', spanId, 0.5, null, null, 'evaluation', null]);
    const alone = await evaluate([{ name: 'style', score: 1 }], []);
    assert.deepEqual((await list(server, on(alone.traceId))).map((f) => f.span_id), [alone.spanId], 'without a link it is on the evaluator');
    assert.equal(await metric(server, 'feedback_total', { source: 'annotation', result: 'stored' }), 3);
});

test('a request that is sent again changes nothing', async (t) => {
    const server = await serve(t);
    const attribute = (key, value) => ({ key, value });
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{
        traceId: TRACE, spanId: SPAN, name: 'chat', startTimeUnixNano: '1790000000000000000', endTimeUnixNano: '1790000001000000000',
        attributes: [
            attribute('annotations.0.annotation.name', { stringValue: 'tone' }), attribute('annotations.0.annotation.score', { doubleValue: 0.25 }),
            attribute('annotations.1.annotation.name', { stringValue: 'tone' }), attribute('annotations.1.annotation.score', { doubleValue: 0.5 }),
        ],
    }] }] }] });
    assert.equal((await server.post('/v1/traces', body)).status, 200);
    const before = await list(server);
    assert.deepEqual(before.map((f) => f.score).sort(), [0.25, 0.5]);
    assert.equal((await server.post('/v1/traces', body)).status, 200);
    assert.deepEqual(await list(server), before);
});
