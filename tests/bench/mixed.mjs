// SPDX-License-Identifier: Apache-2.0
// People look at dashboards while spans pour in: requests at a fixed rate, whether the
// answers come or not, and batches of spans beside.
//   node tests/bench/mixed.mjs URL [SECONDS] [REQUESTS A SECOND] [SPANS A SECOND]
import { randomBytes } from 'node:crypto';
import http from 'node:http';

const [url, seconds = '30', rate = '1000', spans = '1000'] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

function send(method, path, body) {
    return new Promise((done) => {
        const begin = performance.now();
        const request = http.request(`${url}/api/v1/${path}`, { method, agent, headers: body ? { 'Content-Type': 'application/json' } : {} }, (answer) => {
            answer.on('end', () => done({ ms: performance.now() - begin, ok: answer.statusCode < 300, status: answer.statusCode }));
            answer.resume();
        });
        request.on('error', (error) => done({ ms: performance.now() - begin, ok: false, status: error.code }));
        request.end(body);
    });
}

const values = async (field) => {
    const answer = await (await fetch(`${url}/api/v1/facets?field=${field}&from=now-30d&limit=50`)).json();
    return answer.data.map((row) => row.value).filter(Boolean).map(encodeURIComponent);
};
const [models, users, sessions] = [await values('model'), await values('user_id'), await values('session_id')];
const traces = (await (await fetch(`${url}/api/v1/traces?limit=1000&fields=trace_id`)).json()).data.map((s) => s.trace_id);
const any = (list) => list[Math.floor(Math.random() * list.length)];
const days = () => 1 + Math.floor(Math.random() * 60);
/** How often, and what. */
const mix = [
    [20, () => 'traces?limit=50'], [15, () => `traces/${any(traces)}`], [10, () => `traces?session_id=${any(sessions)}&limit=50`], [10, () => `traces?user_id=${any(users)}&limit=50`],
    [10, () => `traces?model=${any(models)}&status=ERROR&limit=50`], [10, () => `metrics/summary?from=now-${days()}d`], [8, () => `metrics?metrics=total_cost&interval=1d&from=now-${days()}d&group_by=model`],
    [7, () => `metrics?metrics=duration&aggregation=p95&interval=1h&from=now-7d&group_by=model`], [5, () => 'facets?field=model&from=now-30d'], [5, () => `costs/summary?from=now-${days()}d`],
];
const lots = mix.flatMap(([n, make]) => Array(n).fill(make));

const batch = () => JSON.stringify(Array.from({ length: 500 }, () => ({
    trace_id: any(traces) && randomBytes(16).toString('hex'), span_id: randomBytes(8).toString('hex'), ts: new Date().toISOString(), duration_ms: Math.random() * 2000, operation_type: 'chat',
    provider: 'openai', model: decodeURIComponent(any(models)), prompt_tokens: 800, completion_tokens: 200, user_id: decodeURIComponent(any(users)), input_text: 'What is the refund policy? '.repeat(20), output_text: 'Within thirty days. '.repeat(20),
})));

const times = [], wrong = new Map();
let written = 0, sent = 0, under = 0;
const begin = performance.now(), end = begin + Number(seconds) * 1000;
const note = ({ ms, ok, status }) => {
    under--;
    times.push(ms);
    if (!ok) wrong.set(status, (wrong.get(status) ?? 0) + 1);
};
async function write() {
    for (let next = begin; performance.now() < end; next += 500000 / Number(spans)) {
        await new Promise((go) => setTimeout(go, Math.max(0, next - performance.now())));
        const { ok, status } = await send('POST', 'traces', batch());
        if (ok) written += 500;
        else wrong.set(`write ${status}`, (wrong.get(`write ${status}`) ?? 0) + 1);
    }
}
const writing = Number(spans) > 0 ? write() : undefined;
while (performance.now() < end) {
    for (const due = ((performance.now() - begin) / 1000) * Number(rate); sent < due; sent++) {
        under++;
        send('GET', any(lots)()).then(note);
    }
    await new Promise((next) => setTimeout(next, 1));
}
await writing;
while (under > 0) await new Promise((next) => setTimeout(next, 10));
agent.destroy();
times.sort((a, b) => a - b);
const rank = (q) => Number(times[Math.max(0, Math.ceil(q * times.length) - 1)].toFixed(2));
console.log(JSON.stringify({ requests: times.length, per_s: Math.round(times.length / Number(seconds)), p50_ms: rank(0.5), p95_ms: rank(0.95), p99_ms: rank(0.99), spans_per_s: Math.round(written / Number(seconds)), failed: Object.fromEntries(wrong) }));
