// SPDX-License-Identifier: Apache-2.0
// store-postgres: answers as SQLite's, byte by byte; several hosts; a database server
// that is killed, refuses, or does not answer.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Postgres } from './postgres.mjs';
import { metric, onPostgres, privateFolder, run, serve, Server, until } from './server.mjs';

const postgres = new Postgres();
before(() => postgres.start());
after(() => postgres.stop());

/* --- the same answers ---------------------------------------------------------------------- */

let seed = 5;
const roll = (n) => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff), Math.floor((seed / 0x80000000) * n));
const pick = (list) => list[roll(list.length)];
const hex = (n, digits) => n.toString(16).padStart(digits, '0');
const words = ['refund', 'Straße', 'ПРИВЕТ', 'policy', '数据库', 'שלום', 'müller', '100%', 'a_b', "it's", '😀'];
const text = (n) => Array.from({ length: n }, () => pick(words)).join(' ');

function makeSpans(n) {
    return Array.from({ length: n }, (_, i) => ({
        trace_id: hex(Math.ceil((i + 1) / 4), 32), span_id: hex(i + 1, 16), parent_span_id: i % 4 ? hex(i - (i % 4) + 1, 16) : undefined,
        ts: new Date(Date.parse('2026-10-20') + roll(14 * 86400) * 1000 + roll(1000)).toISOString(), duration_ms: 1 + roll(600000) / 10, ttft_ms: roll(3) ? 1 + roll(900) : undefined,
        span_name: pick(['call', 'Call', 'tool', 'weird %_\\ name']), operation_type: pick(['chat', 'tool', 'embedding']), provider: pick(['openai', 'anthropic']), model: pick(['gpt-4o', 'glm-5', undefined]),
        environment: pick(['production', 'staging', undefined]), service_name: pick(['bot', 'search']), user_id: `user-${roll(30)}`, session_id: `session-${roll(60)}`,
        status_code: roll(9) ? 'OK' : 'ERROR', error_type: pick(['timeout', undefined]), prompt_tokens: roll(4) ? roll(4000) : undefined, completion_tokens: roll(900), total_cost_usd: roll(5) ? (1 + roll(90000000)) / 1e9 : undefined,
        tags: pick([['a'], ['a', 'b'], [], ['ü', '"quoted"']]), input_text: roll(5) ? text(1 + roll(30)) : undefined, output_text: roll(5) ? text(1 + roll(30)) : undefined,
        attributes: { flavour: pick(['sweet', 'SOUR', 'Süß']), size: pick([1, 2.5, 1e300, -7]), on: pick([true, false]), nothing: null, 'a.b': text(1), zero: 'x\u0000y' },
    }));
}

const range = 'from=2026-10-20T00:00:00Z&to=2026-11-03T00:00:00Z';
const leaf = (field, operator, value) => ({ field, operator, value });
const questions = [
    ...['', '&model=gpt-4o', '&tags=a', '&tags=%22quoted%22', '&status=ERROR', '&min_tokens=3000', '&user_id=user-3', '&environment=staging&provider=openai', '&sort_by=duration_ms', '&sort_by=total_cost_usd&sort_order=asc', '&sort_by=total_tokens', '&roots_only=true']
        .map((more) => `/api/v1/traces?${range}&limit=100${more}`),
    `/api/v1/traces?${range}&limit=3&include=total`,
    ...['refund', '"refund policy"', 'stra*', 'привет -policy', '数据', 'müller OR שלום', '100'].map((search) => `/api/v1/traces?${range}&limit=200&search=${encodeURIComponent(search)}&highlight=true`),
    `/api/v1/traces/${hex(7, 32)}`, `/api/v1/sessions?${range}`, '/api/v1/sessions/session-7', `/api/v1/users?${range}`, `/api/v1/facets?${range}&field=model`, `/api/v1/facets?${range}&field=tags`,
    `/api/v1/metrics?${range}&group_by=model,status_code`, `/api/v1/metrics?${range}&group_by=tags`, `/api/v1/metrics?${range}&interval=1d&tz=Europe/Berlin`, `/api/v1/metrics?${range}&interval=1h&tz=Pacific/Chatham&group_by=provider`,
    `/api/v1/metrics/summary?${range}`, `/api/v1/metrics/performance?${range}`, `/api/v1/metrics/quality?${range}`, `/api/v1/costs/summary?${range}`, `/api/v1/costs/analytics?${range}`, `/api/v1/costs/attribution?${range}&group_by=user_id`,
];
const trees = [
    leaf('span_name', 'contains', 'CALL'), leaf('span_name', 'contains', '%_\\'), leaf('span_name', 'starts_with', 'WEIRD'), leaf('input_text', 'contains', 'STRASSE'), leaf('input_text', 'contains', 'straße'), leaf('input_text', 'contains', 'привет'),
    leaf('input_text', 'ends_with', 'MÜLLER'), leaf('output_text', 'regex', '\\bpolicy\\b.*шок?|refund\\s+refund'), leaf('output_text', 'regex', '(?i)^МЮ|^ПРИ'), leaf('span_name', 'regex', '^w.*e$'), leaf('input_text', 'regex', '[\\w]+ 100%'), leaf('input_text', 'not_contains', 'a'),
    leaf('attributes.flavour', 'eq', 'SOUR'), leaf('attributes.size', 'gt', 2), leaf('attributes.size', 'lt', 0), leaf('attributes.on', 'eq', true), leaf('attributes.nothing', 'exists', true), leaf('attributes.a.b', 'in', ['refund', '100%']), leaf('attributes.zero', 'exists', true),
    { operator: 'NOT', filters: [leaf('model', 'eq', 'gpt-4o')] }, { operator: 'AND', filters: [leaf('total_tokens', 'gte', 100), { operator: 'OR', filters: [leaf('tags', 'contains', 'b'), leaf('prompt_tokens', 'exists', false)] }] },
    leaf('total_tokens', 'in', []), leaf('duration_ms', 'gte', 1e15), leaf('model', 'not_in', []), leaf('tokens_per_second', 'gt', 1), leaf('model', 'gt', 'glm'),
];

/** Keys in order; without what is of the request, and places in lists. */
function settled(value) {
    if (Array.isArray(value)) return value.map(settled);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.keys(value).filter((key) => !['meta', 'cursor', 'next_cursor', 'request_id', 'timestamp'].includes(key)).sort().map((key) => [key, settled(value[key])]));
}

test('answers are those of SQLite, byte by byte', async (t) => {
    const spans = makeSpans(1200);
    const servers = [await serve(t, { postgres: undefined }), await serve(t, { postgres: postgres.url })];
    for (const server of servers) {
        for (let i = 0; i < spans.length; i += 300) {
            const answer = await server.post('/api/v1/traces', JSON.stringify(spans.slice(i, i + 300)));
            assert.ok(answer.status < 300, answer.text);
        }
        for (let i = 1; i < 60; i++) {
            const answer = await server.post(`/api/v1/traces/${hex(i, 32)}/feedback`, JSON.stringify({ id: `f${i}`, name: i % 2 ? 'thumb' : 'stars', score: (i % 5) / 4, ts: '2026-11-01T00:00:00Z' }));
            assert.ok(answer.status < 300, answer.text);
        }
    }
    const compare = async (name, ask) => {
        const [sqlite, other] = await Promise.all(servers.map(ask));
        assert.equal(sqlite.status, other.status, `${name}: ${sqlite.text.slice(0, 300)} ${other.text.slice(0, 300)}`);
        assert.equal(JSON.stringify(settled(other.body)), JSON.stringify(settled(sqlite.body)), name);
        return sqlite;
    };
    let answered = 0, found = 0;
    for (const question of questions) answered += (await compare(question, (server) => server.get(question))).status === 200;
    for (const filter of trees)
        for (const limit of [1000, 7]) {
            const body = JSON.stringify({ filter, from: '2026-10-20T00:00:00Z', to: '2026-11-03T00:00:00Z', limit, sort_by: 'ts', sort_desc: true });
            const { status, body: answer } = await compare(JSON.stringify(filter), (server) => server.post('/api/v1/traces/search', body));
            found += status === 200 && answer.data.length > 0;
        }
    assert.equal(answered, questions.length, 'all were answered');
    assert.ok(found > trees.length, `only ${found} found anything`);
});

/* --- several hosts ----------------------------------------------------------------------------- */

const one = (n, more) => JSON.stringify([{ trace_id: hex(n, 32), span_id: hex(n, 16), ts: '2026-11-01T10:00:00Z', duration_ms: 5, model: 'm', prompt_tokens: 10, total_cost_usd: 0.001, ...more }]);

test('two hosts share a database', async (t) => {
    const where = { postgres: postgres.url, schema: 'shared' };
    const first = await serve(t, where), second = await serve(t, where);
    await t.test('what one stores the other finds, though it keeps answers', async () => {
        const question = '/api/v1/metrics/summary?from=2026-11-01&to=2026-11-02';
        assert.equal((await second.get(question)).body.data.current.request_count, 0);
        assert.equal((await first.post('/api/v1/traces', one(1))).status, 200);
        await until('the other host', async () => (await second.get(question)).body.data.current.request_count === 1, 3000);
        assert.equal((await second.get(`/api/v1/traces/${hex(1, 32)}`)).status, 200);
    });
    await t.test('both write at the same time, and rollups are those of the spans', async () => {
        let n = 1000;
        const sender = async (server) => {
            for (let i = 0; i < 25; i++) {
                const spans = Array.from({ length: 20 }, () => JSON.parse(one(++n))[0]);
                const answer = await server.post('/api/v1/traces', JSON.stringify(spans));
                assert.ok(answer.status < 300, answer.text);
            }
        };
        await Promise.all([sender(first), sender(second), sender(first), sender(second)]);
        const { data, meta } = (await first.get('/api/v1/metrics?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z&group_by=model')).body;
        assert.equal(meta.source, 'rollup');
        assert.match(JSON.stringify(data), /2001/);
        assert.equal(await metric(first, 'observatory_store_rollup_checks_total', { result: 'drift' }), 0);
        assert.equal(Number(postgres.sql('SELECT count(*) FROM shared.spans')), 2001);
    });
});

/* --- a server in trouble -------------------------------------------------------------------------- */

const ROUNDS = 20;

function request(n) {
    const spans = Array.from({ length: n }, () => ({ trace_id: randomBytes(16).toString('hex'), span_id: randomBytes(8).toString('hex'), ts: new Date().toISOString(), duration_ms: 1, model: 'm', input_text: 'y'.repeat(300) }));
    return { ids: spans.map((s) => s.span_id), body: JSON.stringify(spans) };
}

test(`${ROUNDS} × kill -9 of PostgreSQL during ingest loses nothing that was acknowledged`, async (t) => {
    const database = await new Postgres().start();
    t.after(() => database.stop());
    const server = await serve(t, { postgres: database.url });
    const acknowledged = new Set(), statuses = new Set();
    let running = true;
    const sender = async () => {
        while (running) {
            const { ids, body } = request(40);
            const answer = await server.post('/api/v1/traces', body);
            statuses.add(answer.status);
            if (answer.status < 300) for (const id of ids) acknowledged.add(id);
            else {
                assert.equal(answer.status, 503, answer.text);
                assert.ok(Number(answer.headers.get('retry-after')) > 0);
                await new Promise((next) => setTimeout(next, 20));
            }
        }
    };
    const senders = Array.from({ length: 4 }, sender);
    for (let round = 0; round < ROUNDS; round++) {
        const before = acknowledged.size;
        await until('new spans', () => acknowledged.size > before);
        await new Promise((next) => setTimeout(next, (round * 37) % 90));
        await database.kill();
        await database.start();
    }
    running = false;
    await Promise.all(senders);
    assert.ok(statuses.has(200) && statuses.has(503), [...statuses].join());
    await until('writing', async () => (await server.post('/api/v1/traces', request(1).body)).status === 200);
    await until('the readers', async () => (await server.get('/api/v1/traces?limit=1')).status === 200);
    const stored = (await server.spans('&fields=span_id')).map((s) => s.span_id);
    assert.equal(new Set(stored).size, stored.length, 'a span is stored twice');
    const there = new Set(stored);
    assert.deepEqual([...acknowledged].filter((id) => !there.has(id)), []);
    assert.ok(acknowledged.size > ROUNDS * 40);
    const [sums] = (await server.get('/api/v1/metrics?from=now-1d&to=now')).body.data;
    assert.match(JSON.stringify(sums), new RegExp(`${stored.length}`), 'rollups count what is stored');
});

test('a server that does not answer is not waited for', async (t) => {
    const database = await new Postgres().start();
    t.after(() => database.stop());
    const server = await serve(t, { postgres: database.url, sets: { 'plugins.store-postgres.query_timeout': '500ms', 'plugins.store-postgres.write_timeout': '1s', 'plugins.store-postgres.connect_timeout': '1s' } });
    assert.equal((await server.post('/api/v1/traces', one(1))).status, 200);
    database.signal('SIGSTOP');
    try {
        const [read, written, health] = await Promise.all([server.get('/api/v1/traces?limit=3'), server.post('/api/v1/traces', one(2)), server.get('/health')]);
        assert.ok([503, 504].includes(read.status), read.text);
        assert.ok([503, 504].includes(written.status), written.text);
        assert.ok(health.status > 0, 'the host answers');
    } finally {
        database.signal('SIGCONT');
    }
    await until('writing', async () => (await server.post('/api/v1/traces', one(2))).status < 300);
    await until('reading', async () => (await server.get('/api/v1/traces?limit=3')).body?.data?.length === 2);
});

test('a server that is not there, or refuses, is told in a sentence without its password', async () => {
    const folder = privateFolder();
    const file = onPostgres(folder, 'postgresql://observatory:tell-nobody@127.0.0.1:1/x');
    const { code, err } = await run(['store-postgres', 'catch-up', '--config', file, '--set', 'plugins.store-postgres.connect_timeout=1s']);
    assert.notEqual(code, 0);
    assert.match(err, /database: connection to server at "127\.0\.0\.1", port 1 failed/);
    assert.ok(!err.includes('tell-nobody'));
    assert.ok(!(await run(['config', 'show', '--config', file])).out.includes('tell-nobody'));
});

test('the schema in the hands of people', async (t) => {
    const file = onPostgres(privateFolder(), postgres.url, 'by_hand');
    const manual = ['--config', file, '--set', 'plugins.store-postgres.migrate=manual'];
    await t.test('--dry-run prints, and changes nothing', async () => {
        const { code, out } = await run(['store-postgres', 'migrate', '--dry-run', ...manual]);
        assert.equal(code, 0);
        assert.match(out, /^schema version 0, wanted [1-9]/);
        assert.match(out, /CREATE TABLE spans/);
        assert.match((await run(['store-postgres', 'migrate', '--dry-run', ...manual])).out, /^schema version 0/);
    });
    await t.test('until it is done the store is closed, and says why', async () => {
        const server = new Server({ postgres: postgres.url, schema: 'by_hand', sets: { 'plugins.store-postgres.migrate': 'manual' } });
        await assert.rejects(server.start(), /not ready within/);
        const [health, answer] = await Promise.all([server.get('/health'), server.get('/api/v1/traces?limit=1')]);
        assert.match(health.text, /schema version 0, [1-9]\d* is needed: run `store-postgres migrate`/);
        assert.equal(answer.status, 503);
        await server.stop();
    });
    await t.test('versions that are none are refused', async () => {
        assert.equal((await run(['store-postgres', 'migrate', '--to', '99', ...manual])).code, 64);
        assert.equal((await run(['store-postgres', 'migrate', '--two', ...manual])).code, 64);
    });
    await t.test('migrate', async () => {
        assert.equal((await run(['store-postgres', 'migrate', ...manual])).code, 0);
        assert.match((await run(['store-postgres', 'migrate', ...manual])).out, /^schema version (\d+), wanted \1\n$/);
    });
    await t.test('a database of a newer version is refused', async () => {
        postgres.sql('INSERT INTO by_hand.observatory_schema(version) VALUES(4711)');
        const { code, err } = await run(['store-postgres', 'catch-up', '--config', file]);
        assert.notEqual(code, 0);
        assert.match(err, /4711.*newer/);
    });
});
