// SPDX-License-Identifier: Apache-2.0
// Prices over the API: in force at once, in every process on the same store, and
// lost by nobody; history priced anew without losing what stood there before.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { config, metric, privateFolder, run, serve, until } from './server.mjs';

let ids = 0;
const hex = (digits) => (++ids).toString(16).padStart(digits, '0');
const call = (model, more) => ({
    trace_id: hex(32), span_id: hex(16), ts: '2026-11-20T12:00:00Z', duration_ms: 10, span_name: 'call', operation_type: 'chat', provider: 'house',
    model, prompt_tokens: 1000000, completion_tokens: 0, ...more,
});
const path = (model) => `/api/v1/prices/house/${encodeURIComponent(model)}`;
const put = (server, model, price) =>
    server.get(path(model), { method: 'PUT', body: JSON.stringify(price), headers: { 'content-type': 'application/json' } });
const remove = (server, model, query = '') => server.get(path(model) + query, { method: 'DELETE' });

/** Stores spans; gives them back as they were priced, in the order in which they were sent. */
async function stored(server, spans) {
    const answer = await server.post('/api/v1/traces', JSON.stringify(spans));
    assert.equal(answer.status, 200, answer.text);
    return again(server, spans);
}

async function again(server, spans) {
    const all = new Map((await server.spans()).map((span) => [span.span_id, span]));
    return spans.map((span) => all.get(span.span_id));
}

const costs = (spans) => spans.map((span) => span.total_cost_usd);

/** A second process on the database of the first one. */
const second = (t, first) => serve(t, {
    folder: first.folder, sets: { 'control.socket': `${first.folder}/second.sock` },
});

async function recompute(server, request = {}) {
    const started = await server.post('/api/v1/prices/recompute', JSON.stringify(request));
    assert.equal(started.status, 202, started.text);
    return ended(server, started.body.data.id);
}

function ended(server, id) {
    return until('the recompute', async () => {
        const { body } = await server.get(`/api/v1/prices/recompute/${id}`);
        return body?.data.state !== 'running' && body?.data;
    }, 40000);
}

test('a price is in force for the next call, after a restart, and until it is removed', async (t) => {
    const server = await serve(t);
    assert.equal((await server.get(path('org/llama'))).status, 404);
    const set = await put(server, 'org/llama', { input: 2, output: 3 });
    assert.equal(set.status, 200, set.text);
    assert.deepEqual([set.body.data.model, set.body.data.book, set.body.data.usd_per_million.input], ['org/llama', 'api', 2]);
    const [first] = await stored(server, [call('org/llama')]);
    assert.deepEqual([first.total_cost_usd, first.cost_source, first.cost_details.price.book], [2, 'price_book', 'api']);

    await server.stop();
    await server.start();
    const [later] = await stored(server, [call('org/llama')]);
    assert.equal(later.total_cost_usd, 2, 'the first call after a start has it too');

    assert.equal((await remove(server, 'org/llama')).status, 204);
    assert.equal((await remove(server, 'org/llama')).status, 404);
    const [gone] = await stored(server, [call('org/llama')]);
    assert.deepEqual([gone.total_cost_usd, gone.cost_source], [null, 'unpriced']);
});

test('a plugin that takes the place of another one has the prices at once', async (t) => {
    const folder = privateFolder(), file = join(folder, 'observatory.yaml');
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    copyFileSync(join(dirname(config), 'prices.yaml'), join(folder, 'prices.yaml'));
    const write = (rate) => writeFileSync(file, readFileSync(config, 'utf8').replace(/^ {2}prices:$/m, `  prices:\n    recompute_rate: ${rate}`));
    write(5000);
    const server = await serve(t, { file });
    for (let i = 1; i <= 10; i++) {
        assert.equal((await put(server, 'm', { input: i, output: 1 })).status, 200);
        write(5000 + i);
        const { code, out, err } = await run(['reload', '--wait', ...server.arguments()]);
        assert.equal(code, 0, err);
        assert.match(out, /prices/);
        assert.deepEqual(costs(await stored(server, [call('m')])), [i]);
    }
});

test('it counts before the file, and the file counts again without it', async (t) => {
    const server = await serve(t);
    const listed = async () => (await server.get('/api/v1/prices/openai/gpt-4o')).body.data;
    assert.equal((await listed()).book, 'file');
    const url = '/api/v1/prices/OpenAI/GPT-4o';
    const set = await server.get(url, { method: 'PUT', body: '{"input": 1, "output": 2}', headers: { 'content-type': 'application/json' } });
    assert.equal(set.status, 200, set.text);
    assert.equal((await listed()).book, 'api');
    const [own] = await stored(server, [call('gpt-4o', { provider: 'openai' })]);
    assert.equal(own.total_cost_usd, 1);
    assert.equal((await server.get(url, { method: 'DELETE' })).status, 204);
    assert.equal((await listed()).book, 'file');
    const all = await server.get('/api/v1/prices?provider=openai');
    assert.ok(all.body.data.length > 10);
    assert.ok(all.body.data.every((model) => model.provider === 'openai' && model.source && model.read));
    assert.match(all.body.book.updated, /^\d{4}-\d\d-\d\d$/);
});

test('a name leads to the price that a call of it has, as long as it is in force', async (t) => {
    const server = await serve(t);
    const show = (model, query = '') => server.get(`/api/v1/prices/aws.bedrock/${encodeURIComponent(model)}${query}`);
    const raw = await show('us.anthropic.claude-sonnet-4-5-20250929-v1:0');
    assert.equal(raw.status, 200, raw.text);
    assert.equal(raw.body.data.book, 'file');
    assert.ok(raw.body.data.source && raw.body.data.read && raw.body.data.price.input);
    const name = raw.body.data.model;
    const set = await server.get(`/api/v1/prices/aws.bedrock/${encodeURIComponent(name)}`, { method: 'PUT', body: '{"from": "2099-01-01", "input": 1, "output": 2}' });
    assert.deepEqual([set.status, set.body.data.book, set.body.data.price], [200, 'api', null], 'it is not in force yet');
    assert.match(set.body.data.read, /^\d{4}-\d\d-\d\d$/);
    assert.deepEqual((await show(name)).body.data.book, 'file');
    assert.deepEqual((await show(name, '?at=2099-01-02T00:00:00Z')).body.data.usd_per_million.input, 1);
    const unknown = await show('unheard-of');
    assert.equal(unknown.status, 404);
    assert.match(unknown.body.error.message, /no book has the model "unheard-of" of "aws.bedrock"; GET .* lists/);
    assert.match((await server.get('/api/v1/prices/nobody/m')).body.error.message, /no book has the provider "nobody"/);
});

test('what is no price is refused and changes nothing', async (t) => {
    const server = await serve(t);
    await put(server, 'm', { input: 2, output: 3 });
    for (const [price, field, why] of [
        [{ inptu: 1 }, 'inptu', /unknown key/], [{ input: -1 }, 'input', /found "-1"/], [{ input: 'much' }, 'input', /found "much"/],
        [{ from: 'soon', input: 1 }, 'from', /a date such as/], [{ input: 1, above: [{ input: 2 }] }, 'above', /tokens/],
        [{ input: 1, tiers: { batch: { times: 'half' } } }, 'tiers.batch.times', /a factor such as 0.5/], [{}, 'price', /input is missing/],
    ]) {
        const answer = await put(server, 'm', price);
        assert.deepEqual([answer.status, answer.body.error.code, answer.body.error.field], [400, 1200, field], answer.text);
        assert.match(answer.body.error.message, why);
    }
    for (const body of ['{"input": ', '[]', '']) {
        const answer = await server.get(path('m'), { method: 'PUT', body, headers: { 'content-type': 'application/json' } });
        assert.equal(answer.status, 400, `${body}: ${answer.text}`);
    }
    assert.equal((await server.get('/api/v1/prices?at=yesterday')).status, 400);
    assert.deepEqual(costs(await stored(server, [call('m')])), [2]);
});

test('another process knows it within seconds, and of two writers none loses', async (t) => {
    const first = await serve(t), other = await second(t, first);
    await put(first, 'early', { input: 4, output: 1 });
    await until('the price in the other process', async () => (await other.get(path('early'))).status === 200, 10000);
    assert.deepEqual(costs(await stored(other, [call('early')])), [4]);

    const models = Array.from({ length: 20 }, (_, i) => `m${i}`);
    const answers = await Promise.all(models.map((model, i) => put(i % 2 ? first : other, model, { input: i + 1, output: 1 })));
    assert.deepEqual(answers.map((answer) => answer.status), models.map(() => 200));
    for (const server of [first, other]) {
        const known = await until('all prices', async () => {
            const { body } = await server.get('/api/v1/prices?provider=house');
            return body.data.length === 21 && body.data;
        }, 10000);
        for (const [i, model] of models.entries()) {
            assert.equal(known.find((m) => m.model === model).usd_per_million.input, i + 1);
        }
    }
});

test('a process that fell far behind catches up, and writers in a crowd all come through', async (t) => {
    const first = await serve(t), other = await second(t, first);
    await put(first, 'm', { input: 1, output: 1 });
    await until('the price in the other process', async () => (await other.get(path('m'))).status === 200, 10000);
    other.child.kill('SIGSTOP');
    const crowd = await Promise.all(Array.from({ length: 60 }, (_, i) => put(first, 'm', { from: `2025-01-01T00:00:${String(i).padStart(2, '0')}Z`, input: i, output: 1 })));
    assert.deepEqual(crowd.map((answer) => answer.status), crowd.map(() => 200));
    other.child.kill('SIGCONT');
    assert.equal((await put(other, 'late', { input: 7, output: 1 })).status, 200);
    await until('the price of the late one', async () => (await first.get(path('late'))).status === 200, 10000);
    const third = await serve(t, { folder: first.folder, sets: { 'control.socket': `${first.folder}/third.sock` } });
    await until('the prices in a new process', async () => (await third.get(path('late'))).status === 200, 10000);
    for (const server of [first, other, third]) {
        assert.equal((await server.get(`${path('m')}?history=true`)).body.data.history.length, 61);
    }
});

test('a price that changes in the middle of a day splits the day', async (t) => {
    const server = await serve(t);
    await put(server, 'm', { input: 2, output: 1 });
    await put(server, 'm', { from: '2026-11-20T12:00:00Z', input: 5, output: 1 });
    const at = (ts) => call('m', { ts });
    const spans = [at('2026-11-20T00:00:00Z'), at('2026-11-20T11:59:59.999999999Z'), at('2026-11-20T12:00:00Z'), at('2026-11-20T23:59:59Z')];
    assert.deepEqual(costs(await stored(server, spans)), [2, 2, 5, 5]);
    const shown = async (moment) => (await server.get(`${path('m')}?at=${moment}`)).body.data.usd_per_million.input;
    assert.deepEqual([await shown('2026-11-20T11:00:00Z'), await shown('2026-11-20T13:00:00Z')], [2, 5]);

    const { body } = await server.get(`${path('m')}?history=true`);
    assert.deepEqual(body.data.history.map((price) => [price.from, price.input]), [[undefined, 2], ['2026-11-20T12:00:00Z', 5]]);

    const bad = await remove(server, 'm', '?from=noon');
    assert.deepEqual([bad.status, bad.body.error.field], [400, 'from']);
    assert.equal((await remove(server, 'm', '?from=2026-11-20T12:00:00Z')).status, 204);
    assert.deepEqual(costs(await stored(server, [at('2026-11-20T12:00:00Z')])), [2]);
});

test('the explanation adds up', async (t) => {
    const server = await serve(t);
    await put(server, 'm', { input: 2.5, cache_read: 0.25, output: 10, reasoning: 9, request: 0.005 });
    const [span] = await stored(server, [call('m', { prompt_tokens: 1400, cached_tokens: 400, completion_tokens: 30, reasoning_tokens: 10 })]);
    const { body } = await server.get(`/api/v1/traces/${span.trace_id}/spans/${span.span_id}/cost`);
    const { parts, candidates, total_cost_usd, now, why } = body.data;
    assert.deepEqual(parts.filter((part) => part.cost_usd !== undefined && part.cost_usd > 0).map((part) => [part.part, part.tokens, part.cost_usd]),
        [['input', 1000, 0.0025], ['cache_read', 400, 0.0001], ['output', 20, 0.0002], ['reasoning', 10, 0.00009], ['request', undefined, 0.005]]);
    assert.equal(total_cost_usd, 0.00789);
    assert.equal(Math.round(parts.reduce((sum, part) => sum + (part.cost_usd ?? 0), 0) * 1e9), Math.round(total_cost_usd * 1e9));
    assert.equal(parts[0].formula, '1000 × 2.5 USD / 1,000,000 = 0.0025 USD');
    assert.deepEqual(candidates, [{ source: 'price_book', total_cost_usd: 0.00789, chosen: true }]);
    assert.match(why, /prices of the book/);
    assert.equal(now, null);
    await put(server, 'm', { input: 1, output: 1 });
    const later = await server.get(`/api/v1/traces/${span.trace_id}/spans/${span.span_id}/cost`);
    assert.equal(later.body.data.total_cost_usd, 0.00789);
    assert.equal(later.body.data.now.total_cost_usd, 0.00143);
});

test('history is priced anew, keeps what was, and changes once', async (t) => {
    const server = await serve(t);
    await put(server, 'm', { input: 2, output: 1 });
    const spans = [call('m'), call('m'), call('m', { total_cost_usd: 0.3 }), call('unheard-of')];
    assert.deepEqual(costs(await stored(server, spans)), [2, 2, 0.3, null]);
    await put(server, 'm', { input: 3, output: 1 });
    assert.deepEqual(costs(await again(server, spans)), [2, 2, 0.3, null]);

    const spent = async () => {
        const { data, meta } = (await server.get('/api/v1/metrics?metrics=total_cost&from=2026-11-20&to=2026-11-21')).body;
        return [data[0].values.total_cost, meta.source];
    };
    assert.deepEqual(await spent(), [4.3, 'rollup']);
    const dry = await recompute(server, { dry_run: true });
    assert.deepEqual([dry.state, dry.scanned, dry.changed], ['done', 4, 3], 'the book has another candidate for the third');
    assert.deepEqual(costs(await again(server, spans)), [2, 2, 0.3, null]);
    const job = await recompute(server);
    assert.deepEqual([job.state, job.changed, job.cost_before_usd, job.cost_after_usd], ['done', 3, 4.3, 6.3]);
    assert.deepEqual(await spent(), [6.3, 'rollup'], 'rollups are corrected with their spans');
    const after = await again(server, spans);
    assert.deepEqual(costs(after), [3, 3, 0.3, null]);
    assert.deepEqual([after[0].cost_details.previous[0].total_cost_usd, after[0].cost_details.previous[0].cost_source], [2, 'price_book']);
    assert.deepEqual([after[2].price_book_cost_usd, after[2].cost_details?.previous], [3, undefined]);
    assert.equal((await recompute(server)).changed, 0);
    assert.deepEqual(costs(await again(server, spans)), [3, 3, 0.3, null]);
});

test('a recompute that was killed is finished by the next process', { timeout: 120000 }, async (t) => {
    const server = await serve(t);
    await put(server, 'm', { input: 2, output: 1 });
    const spans = Array.from({ length: 2000 }, (_, i) => call('m', { ts: new Date(Date.UTC(2026, 10, 20) + 1000 * i).toISOString() }));
    await stored(server, spans);
    await put(server, 'm', { input: 3, output: 1 });
    const started = await server.post('/api/v1/prices/recompute', '{"max_spans_per_s": 400}');
    const { id } = started.body.data;
    assert.equal((await server.post('/api/v1/prices/recompute', '{}')).status, 409);
    await until('half of it', async () => {
        const { scanned } = (await server.get(`/api/v1/prices/recompute/${id}`)).body.data;
        return scanned >= 500;
    });
    await server.stop('SIGKILL');
    await server.start();
    const half = costs(await again(server, spans)).filter((cost) => cost === 3).length;
    assert.ok(half >= 500 && half < 2000, `${half} were changed before`);
    const job = await ended(server, id);
    assert.deepEqual([job.state, job.changed], ['done', 2000]);
    const after = await again(server, spans);
    assert.equal(after.filter((span) => span.total_cost_usd === 3 && span.cost_details.previous.length === 1).length, 2000);
});

test('models without a price are listed, counted, and gone when they have one', async (t) => {
    const server = await serve(t);
    const spans = [call('unheard-of'), call('unheard-of'), call('other')];
    await stored(server, spans);
    const list = async () => (await server.get('/api/v1/prices/unpriced')).body.data;
    const [first, next] = await list();
    assert.deepEqual([first.model, first.spans, first.total_tokens, next.model], ['unheard-of', 2, 2000000, 'other']);
    assert.match(first.now.reason, /no (provider|model)/);
    assert.equal(await metric(server, 'unpriced_spans_total', { model: 'unheard-of' }), 2);
    assert.equal(await metric(server, 'priced_spans_total', { source: 'unpriced' }), 3);
    assert.ok(await metric(server, 'prices_book_age_seconds') > 0);
    await put(server, 'unheard-of', { input: 1, output: 1 });
    assert.notEqual((await list())[0].now.price, undefined);
    await recompute(server, { cost_source: 'unpriced' });
    assert.deepEqual((await list()).map((model) => model.model), ['other']);
});
