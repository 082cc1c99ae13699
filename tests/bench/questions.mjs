// SPDX-License-Identifier: Apache-2.0
// Twenty named questions over HTTP: p50 and p95 of each, on a store that is there already.
//   node tests/bench/questions.mjs URL [ROUNDS]     a table on stderr, JSON on stdout
const [url, rounds = '20'] = process.argv.slice(2);

const ask = async (path, body) => {
    const begin = performance.now();
    const headers = { 'Cache-Control': 'no-store', ...(body && { 'Content-Type': 'application/json' }) }; // each is asked for itself
    const answer = await fetch(`${url}/api/v1/${path}`, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
    const text = await answer.text(), ms = performance.now() - begin;
    if (!answer.ok && answer.status !== 504) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`);
    return { ms, body: JSON.parse(text), late: answer.status === 504 };
};

const facet = async (field) => (await ask(`facets?field=${field}&from=now-30d&limit=20`)).body.data.map((row) => row.value).filter(Boolean);
const search = (filter, more) => ['traces/search', { filter, limit: 50, ...more }];
const leaf = (field, operator, value) => ({ field, operator, value });

/** name, of round i: [path, body] */
async function questions() {
    const models = await facet('model'), users = await facet('user_id'), sessions = await facet('session_id');
    const newest = (await ask('traces?limit=1000&fields=trace_id')).body.data.map((s) => s.trace_id);
    let cursor;
    for (let page = 0; page < 100; page++)
        cursor = (await ask(`traces?limit=10&fields=ts${cursor ? `&cursor=${cursor}` : ''}`)).body.pagination.cursor;
    const of = (list) => (i) => encodeURIComponent(list[i % list.length]);
    const model = of(models), user = of(users), session = of(sessions), trace = of(newest), hours = (i) => 1 + i * 7;
    return {
        'newest 50': () => ['traces?limit=50'],
        'newest by model and status': (i) => [`traces?model=${model(i)}&status=ERROR&limit=50`],
        'words': () => ['traces?search=refund+policy&limit=50'],
        'a phrase that is rare': () => ['traces?search=%22zebra+crossing%22&limit=50'],
        'newest by user': (i) => [`traces?user_id=${user(i)}&limit=50`],
        'newest of a session': (i) => [`traces?session_id=${session(i)}&limit=50`],
        'by tag': (i) => [`traces?tags=beta&from=now-${hours(i)}h&limit=50`],
        'by attribute': () => search(leaf('attributes.gen_ai.tool.name', 'eq', 'search_docs')),
        'by part of a text': () => search(leaf('span_name', 'contains', 'SEARCH')),
        'by regular expression': () => search(leaf('span_name', 'regex', '^execute_tool .*s$')),
        'slow and dear': () => ['traces?min_duration_ms=20000&min_cost=0.001&limit=50'],
        'page 100': () => [`traces?limit=10&fields=ts&cursor=${cursor}`],
        'a trace by id': (i) => [`traces/${trace(i)}`],
        'facet of models': () => ['facets?field=model&from=now-30d'],
        'facet of error types, a day': () => ['facets?field=error_type&status=ERROR&from=now-1d'],
        'sessions, a day': () => ['sessions?from=now-1d&limit=50'],
        'users, a day': () => ['users?from=now-1d&limit=50'],
        'requests by hour, 30 days': () => ['metrics?metrics=request_count&interval=1h&from=now-30d'],
        'p95 by hour, 30 days': () => ['metrics?metrics=duration&aggregation=p95&interval=1h&from=now-30d'],
        'p95 by hour and model, 7 days': () => ['metrics?metrics=duration&aggregation=p95&interval=1h&from=now-7d&group_by=model'],
        'cost by model and day, a year': () => ['metrics?metrics=total_cost&interval=1d&from=now-365d&group_by=model'],
        'cost by day in Berlin, 90 days': () => ['metrics?metrics=total_cost&interval=1d&from=now-90d&tz=Europe/Berlin'],
        'summary, 30 days': () => ['metrics/summary?from=now-30d'],
        'costs, 30 days': () => ['costs/summary?from=now-30d'],
        'models compared, 30 days': () => [`analytics/models/compare?models=${model(0)},${model(1)}&from=now-30d`],
        'users of cost, a day': () => ['costs/attribution?group_by=user_id&from=now-1d'],
        'forecast': () => ['costs/forecast?from=now-120d'],
    };
}

const rank = (sorted, q) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
const results = {};
for (const [name, make] of Object.entries(await questions())) {
    const times = [];
    let source, late = 0;
    for (let i = 0; i < Number(rounds); i++) {
        const answer = await ask(...make(i));
        times.push(answer.ms);
        late += answer.late;
        source = answer.body.meta.source ?? source;
        if (late > 1) break;
    }
    times.sort((a, b) => a - b);
    results[name] = { p50_ms: Number(rank(times, 0.5).toFixed(2)), p95_ms: Number(rank(times, 0.95).toFixed(2)), source, late };
    console.error(`${name.padEnd(34)} p50 ${results[name].p50_ms.toFixed(2).padStart(9)} ms   p95 ${results[name].p95_ms.toFixed(2).padStart(9)} ms   ${source}${late ? `   ${late} took too long` : ''}`);
}
console.log(JSON.stringify(results));
