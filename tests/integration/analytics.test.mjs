// SPDX-License-Identifier: Apache-2.0
// Every figure is reckoned again here, one span at a time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from './server.mjs';
import { nano } from './spans.mjs';

let seed = 11;
const roll = (n) => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff), Math.floor((seed / 0x80000000) * n));
const pick = (list) => list[roll(list.length)];
const hex = (n, digits) => n.toString(16).padStart(digits, '0');

/** Around changes of clocks: where days have 23, 25 hours, or begin at one o'clock. */
const windows = { 'Europe/Berlin': '2026-10-22', 'America/Sao_Paulo': '2018-11-01', 'Asia/Kolkata': '2026-11-01', 'Pacific/Chatham': '2026-09-24' };
const DAYS = 7;

function makeSpans() {
    const spans = [];
    for (const day of Object.values(windows))
        for (let i = 0; i < 400; i++) {
            const number = spans.length + 1, failed = roll(12) === 0;
            spans.push({
                trace_id: hex(Math.ceil(number / 3), 32), span_id: hex(number, 16),
                ts: new Date(Date.parse(day) + roll(DAYS * 86400) * 1000 + roll(1000)).toISOString(),
                duration_ms: 1 + roll(60000) / 10, ttft_ms: roll(3) ? 1 + roll(900) : undefined,
                operation_type: roll(6) ? 'chat' : 'tool', provider: pick(['openai', 'anthropic']), model: pick(['gpt-4o', 'claude-opus-4-5', 'glm-5']),
                environment: pick(['production', 'staging']), service_name: pick(['bot', 'search']), user_id: `user-${roll(40)}`,
                status_code: failed ? 'ERROR' : 'OK', error_type: failed ? pick(['timeout', 'rate_limit']) : undefined, error_message: failed ? 'it did not work' : undefined,
                prompt_tokens: roll(4000), completion_tokens: roll(900), total_cost_usd: (1 + roll(90000000)) / 1e9, tags: pick([['a'], ['a', 'b'], []]),
            });
        }
    return spans;
}

async function filled(t, spans) {
    const server = await serve(t, { sets: { 'plugins.analytics.min_samples': '20' } });
    for (let i = 0; i < spans.length; i += 500) {
        const answer = await server.post('/api/v1/traces', JSON.stringify(spans.slice(i, i + 500)));
        assert.ok(answer.status < 300, answer.text);
    }
    return server;
}

const groupBy = (list, of) => list.reduce((groups, item) => groups.set(of(item), [...(groups.get(of(item)) ?? []), item]), new Map());
const isCall = (span) => span.operation_type === 'chat';
const sum = (spans, field) => spans.reduce((n, span) => n + field(span), 0);
const cost = (span) => nano(span.total_cost_usd);
const range = (day) => `from=${day}T00:00:00Z&to=${new Date(Date.parse(day) + DAYS * 86400000).toISOString()}`;
const inRange = (day) => (span) => Date.parse(span.ts) >= Date.parse(day) && Date.parse(span.ts) < Date.parse(day) + DAYS * 86400000;
const rank = (values, q) => values.sort((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length) - 1)];
const near = (a, b, what) => assert.ok(Math.abs(a - b) <= 0.0101 * b + 1e-3, `${what}: ${a} is not within 1 % of ${b}`);

const get = async (server, path) => {
    const answer = await server.get(path);
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    return answer.body;
};

/** The local day or hour of a moment, as the platform knows it. */
function localKey(zone, unit) {
    const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', ...(unit === 'hour' && { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' }) });
    return (iso) => {
        const parts = Object.fromEntries(format.formatToParts(new Date(iso)).map((p) => [p.type, p.value]));
        return `${parts.year}-${parts.month}-${parts.day}` + (unit === 'hour' ? `T${parts.hour}${parts.timeZoneName}` : '');
    };
}

test('sums are exact, quantiles within 1 %, whatever they are grouped by', async (t) => {
    const spans = makeSpans(), server = await filled(t, spans), day = windows['Europe/Berlin'];
    for (const [by, of] of [['model', (s) => s.model], ['provider', (s) => s.provider], ['environment', (s) => s.environment], ['user_id', (s) => s.user_id], ['status', (s) => s.status_code]]) {
        const { data, meta } = await get(server, `/api/v1/metrics?${range(day)}&group_by=${by}&metrics=request_count,total_cost,total_tokens,error_rate&limit=1000`);
        const wanted = groupBy(spans.filter(inRange(day)).filter(isCall), of);
        assert.equal(meta.source, by === 'user_id' ? 'raw' : 'rollup');
        assert.deepEqual(new Set(data.map((g) => g.group[by])), new Set(wanted.keys()));
        for (const { group, values } of data) {
            const mine = wanted.get(group[by]);
            assert.equal(values.request_count, mine.length);
            assert.equal(nano(values.total_cost), sum(mine, cost));
            assert.equal(values.total_tokens, sum(mine, (s) => s.prompt_tokens + s.completion_tokens));
            assert.equal(values.error_rate, Number((mine.filter((s) => s.status_code === 'ERROR').length / mine.length).toFixed(6)));
        }
    }
    const { data } = await get(server, `/api/v1/metrics?${range(day)}&metrics=duration,ttft&aggregation=avg,p50,p95,p99,min,max,count`);
    const calls = spans.filter(inRange(day)).filter(isCall), { values } = data[0];
    for (const [q, name] of [[0.5, 'p50'], [0.95, 'p95'], [0.99, 'p99']]) {
        near(values[`duration_${name}`], rank(calls.map((s) => s.duration_ms), q), name);
        near(values[`ttft_${name}`], rank(calls.filter((s) => s.ttft_ms).map((s) => s.ttft_ms), q), `ttft ${name}`);
    }
    assert.ok(Math.abs(values.duration_avg - sum(calls, (s) => s.duration_ms) / calls.length) < 1e-3);
    assert.equal(values.duration_min, Math.min(...calls.map((s) => s.duration_ms)));
    assert.equal(values.duration_max, Math.max(...calls.map((s) => s.duration_ms)));
    assert.equal(values.ttft_count, calls.filter((s) => s.ttft_ms).length);
});

test('buckets are those of local clocks, from rollups too', async (t) => {
    const spans = makeSpans(), server = await filled(t, spans);
    for (const [zone, day] of Object.entries(windows))
        for (const [interval, unit] of [['1d', 'day'], ['1h', 'hour']]) {
            const { data, meta } = await get(server, `/api/v1/metrics?${range(day)}&interval=${interval}&tz=${zone}&metrics=request_count,total_cost&fill=none`);
            const key = localKey(zone, unit), wanted = groupBy(spans.filter(inRange(day)).filter(isCall), (s) => key(s.ts));
            assert.equal(data[0].series.length, wanted.size, `${zone} ${interval}`);
            for (const point of data[0].series) {
                const mine = wanted.get(key(point.timestamp));
                assert.ok(mine, `${zone} ${interval}: nothing in ${key(point.timestamp)}`);
                assert.equal(point.request_count, mine.length, `${zone} ${key(point.timestamp)}`);
                assert.equal(nano(point.total_cost), sum(mine, cost));
            }
            if (day > '2026')
                assert.equal(meta.source, 'rollup');
        }
});

test('gaps are filled as it is wished', async (t) => {
    const server = await filled(t, makeSpans()), path = `/api/v1/metrics?from=2026-10-21T00:00:00Z&to=2026-10-23T00:00:00Z&interval=1d&metrics=request_count,duration`;
    const series = async (fill) => (await get(server, `${path}&fill=${fill}`)).data[0].series;
    assert.deepEqual((await series('null'))[0], { timestamp: '2026-10-21T00:00:00Z', request_count: null, duration: null });
    assert.deepEqual((await series('zero'))[0], { timestamp: '2026-10-21T00:00:00Z', request_count: 0, duration: null });
    assert.equal((await series('none')).length, 1);
});

test('a question as a body: filter, aliases, having, order', async (t) => {
    const spans = makeSpans(), server = await filled(t, spans), day = windows['Asia/Kolkata'];
    const body = {
        metrics: [{ metric: 'total_cost', alias: 'usd' }, { metric: 'duration', aggregation: 'p95', alias: 'slow' }], start_time: `${day}T00:00:00Z`, end_time: '2026-11-08T00:00:00Z',
        group_by: ['user_id'], filters: { operator: 'AND', filters: [{ field: 'provider', operator: 'eq', value: 'openai' }, { field: 'tags', operator: 'contains', value: 'a' }] },
        having: [{ metric: 'usd', operator: 'gt', value: 0.05 }], sort_by: 'usd', limit: 5,
    };
    const answer = await server.post('/api/v1/metrics/query', JSON.stringify(body));
    assert.equal(answer.status, 200, answer.text);
    const mine = spans.filter(inRange(day)).filter(isCall).filter((s) => s.provider === 'openai' && s.tags.includes('a'));
    const wanted = [...groupBy(mine, (s) => s.user_id)].map(([user, list]) => [user, sum(list, cost)]).filter(([, usd]) => usd > 5e7).sort((a, b) => b[1] - a[1]);
    assert.deepEqual(answer.body.data.map((g) => [g.group.user_id, nano(g.values.usd)]), wanted.slice(0, 5));
    assert.equal(answer.body.total_groups, wanted.length);
    assert.equal(answer.body.has_more, wanted.length > 5);
});

test('each tag is a group, and a span with two of them is one span', async (t) => {
    const spans = makeSpans(), server = await filled(t, spans), day = windows['Europe/Berlin'];
    const { data, total } = await get(server, `/api/v1/costs/attribution?${range(day)}&group_by=tags`);
    const mine = spans.filter(inRange(day)).filter(isCall);
    for (const tag of ['a', 'b'])
        assert.equal(data.find((g) => g.group.tags === tag).request_count, mine.filter((s) => s.tags.includes(tag)).length);
    assert.equal(total.request_count, mine.length);
    assert.equal(nano(total.total_cost_usd), sum(mine, cost));
    const b = data.find((g) => g.group.tags === 'b');
    assert.equal(b.share, Number((b.total_cost_usd / total.total_cost_usd).toFixed(6)), 'of all, not of what is shown');
});

test('a period against the one before', async (t) => {
    const spans = makeSpans(), server = await filled(t, spans);
    const { data } = await get(server, '/api/v1/metrics/summary?from=2026-10-25T00:00:00Z&to=2026-10-28T00:00:00Z');
    const of = (from, to) => spans.filter(isCall).filter((s) => s.ts >= from && s.ts < to);
    const now = of('2026-10-25', '2026-10-28'), before = of('2026-10-22', '2026-10-25');
    assert.equal(data.current.request_count, now.length);
    assert.equal(data.previous.request_count, before.length);
    assert.equal(data.change_percent.request_count, Number((((now.length - before.length) / before.length) * 100).toFixed(2)));
    assert.equal(data.current.unique_users, new Set(now.map((s) => s.user_id)).size);
    const first = await get(server, '/api/v1/metrics/summary?from=2018-11-01T00:00:00Z&to=2018-11-08T00:00:00Z');
    assert.equal(first.data.change_percent.request_count, null, 'from nothing there is no change in per cent');
});

test('quality: rates, kinds of errors, feedback once', async (t) => {
    const spans = makeSpans(), server = await filled(t, spans), day = windows['Europe/Berlin'];
    const mine = spans.filter(inRange(day)).filter(isCall), failed = mine.filter((s) => s.status_code === 'ERROR');
    const judged = mine[0].trace_id;
    for (const [score, resolved] of [[1, true], [0, false], [0.5, undefined]])
        assert.equal((await server.post(`/api/v1/traces/${judged}/feedback`, JSON.stringify({ score, resolved, name: 'thumb', id: `f${score}` }))).status < 300, true);
    for (const path of ['metrics', 'analytics']) {
        const { data } = await get(server, `/api/v1/${path}/quality?${range(day)}`);
        assert.equal(data.summary.error_count, failed.length);
        assert.equal(data.summary.error_rate, Number((failed.length / mine.length).toFixed(6)));
        assert.equal(sum(data.error_breakdown, (e) => e.count), failed.length);
        for (const { error_type, count, sample_message } of data.error_breakdown) {
            assert.equal(count, failed.filter((s) => s.error_type === error_type).length);
            assert.equal(sample_message, 'it did not work');
        }
        assert.deepEqual(data.summary.feedback.by_name, [{ name: 'thumb', count: 3, average_score: 0.5, resolution_rate: 0.5 }]);
    }
});

test('models are compared, with tests of significance', async (t) => {
    const spans = makeSpans(), server = await filled(t, spans), day = windows['Europe/Berlin'];
    const { data } = await get(server, `/api/v1/analytics/models/compare?${range(day)}&models=gpt-4o,claude-opus-4-5,nobody`);
    const posted = await server.post('/api/v1/models/compare', JSON.stringify({ models: ['gpt-4o', 'claude-opus-4-5', 'nobody'], from: `${day}T00:00:00Z`, to: '2026-10-29T00:00:00Z' }));
    assert.deepEqual(posted.body.data, data);
    assert.deepEqual(data.missing_models, ['nobody']);
    assert.equal(data.models.length, 2);
    const calls = (model) => spans.filter(inRange(day)).filter(isCall).filter((s) => s.model === model);
    const mean = (model) => sum(calls(model), (s) => s.duration_ms) / calls(model).length;
    const duration = data.comparisons.find((c) => c.metric === 'duration');
    assert.equal(duration.winner, mean('gpt-4o') < mean('claude-opus-4-5') ? 'gpt-4o' : 'claude-opus-4-5');
    assert.equal(duration.test.name, 'Welch t');
    assert.ok(duration.test.p_value > 0 && duration.test.p_value <= 1);
    assert.equal(duration.test.significant, duration.test.p_value < 0.05);
    assert.equal(data.summary.fastest, duration.winner);
});

test('a forecast tells how it was tested, and refuses too little', async (t) => {
    const server = await serve(t), spans = [];
    for (let day = 0; day < 60; day++)
        for (let i = 0; i < (day % 7 < 5 ? 6 : 2); i++)
            spans.push({ trace_id: hex(day + 1, 32), span_id: hex(day * 10 + i + 1, 16), ts: new Date(Date.parse('2026-08-03') + day * 86400000 + i * 3600000).toISOString(), duration_ms: 5, operation_type: 'chat', model: 'm', total_cost_usd: 0.5 });
    assert.ok((await server.post('/api/v1/traces', JSON.stringify(spans))).status < 300);
    const { data } = await get(server, '/api/v1/costs/forecast?from=2026-08-03T00:00:00Z&to=2026-10-02T10:00:00Z&horizon=7');
    assert.equal(data.history_days, 60);
    assert.equal(data.forecast.length, 7);
    assert.equal(data.forecast[0].timestamp, '2026-10-02T00:00:00Z');
    assert.ok(Math.abs(data.total.cost_usd - 17) < 0.2, `a week of 17 dollars, ${data.total.cost_usd}`);
    assert.ok(data.method.back_test.held_back_days > 10);
    const little = await server.get('/api/v1/costs/forecast?from=2026-09-25T00:00:00Z&to=2026-10-02T00:00:00Z');
    assert.equal(little.status, 400);
    assert.equal(little.body.error.code, 1204);
});

test('what is wrong is said', async (t) => {
    const server = await serve(t);
    for (const [path, field] of [
        ['metrics?metrics=nope', 'metrics'], ['metrics?aggregation=p42&metrics=duration', 'aggregation'], ['metrics?interval=2m', 'interval'], ['metrics?tz=Mars/Phobos', 'tz'],
        ['metrics?group_by=duration_ms', 'group_by'], ['metrics?limit=0', 'limit'], ['metrics?fill=some', 'fill'], ['metrics?sort_by=cost', 'sort_by'], ['metrics?from=now&to=now-1d', 'from'],
        ['metrics?interval=1m&from=now-365d', 'interval'], ['costs/forecast?horizon=0', 'horizon'], ['costs/attribution?min_group_cost=much', 'min_group_cost'],
        ['analytics/models/compare?models=one', 'models'], ['analytics/models/compare', 'models'], ['costs/summary?include=all', 'include'],
    ]) {
        const { status, body } = await server.get(`/api/v1/${path}`);
        assert.equal(status, 400, path);
        assert.equal(body.error.field, field, path);
    }
    const bad = await server.post('/api/v1/metrics/query', '{"metrics": ["duration"], "having": [{"metric": "nope", "operator": "gt", "value": 1}]}');
    assert.equal(bad.body.error.field, 'having');
    assert.equal((await server.post('/api/v1/metrics/query', '{"metrics": ')).body.error.code, 1206);
});
