// SPDX-License-Identifier: Apache-2.0
// A worker that a plugin holds: the log, /health and /metrics tell while it is
// held, and that it is over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve, testPlugin, until } from './server.mjs';

/** On a connection of its own, which only a worker that turns accepts. */
const get = (server, path) => server.fresh(path);

async function heldWorker(server, state) {
    const { text } = await get(server, '/health');
    const body = JSON.parse(text);
    const component = body.components.find((c) => /^worker-/.test(c.name) && c.status === state);
    return component && { ...component, overall: body.status };
}

const sample = (text, line) => Number(new RegExp(`^${line} (\\S+)$`, 'm').exec(text)?.[1] ?? -1);

function staller(t, sets = {}) {
    return serve(t, { sets: { workers: 2, 'plugins.staller': testPlugin('staller'), ...sets } });
}

test('a held worker is told by the other one, and that it turned again', async (t) => {
    const server = await staller(t, { 'runtime.stall_unhealthy': '2s' });
    const held = get(server, '/stall/handler?ms=4000');
    await until('the log', () => server.output().includes('has been held')); // before that the held worker may yet accept
    const component = await until('the worker to be degraded', () => heldWorker(server, 'degraded'));
    const index = /^worker-([01])$/.exec(component.name)[1];
    assert.equal(component.overall, 'degraded');
    assert.match(component.detail, /^held for 1\.\d s by plugin staller \(handler\)$/);
    const metrics = (await get(server, '/metrics')).text;
    assert.equal(sample(metrics, `worker_stalled\\{worker="${index}"\\}`), 1);
    assert.equal(sample(metrics, `worker_stalled\\{worker="${1 - index}"\\}`), 0);
    assert.equal(sample(metrics, 'worker_stalls_total\\{plugin="staller"\\}'), 1);
    assert.equal(sample(metrics, 'log_dropped_total'), 0);

    await until('the worker to be unhealthy', () => heldWorker(server, 'unhealthy'));
    assert.equal((await get(server, '/health/ready')).status, 503);

    assert.equal((await held).text, 'over\n');
    await until('the worker to be healthy', () => heldWorker(server, 'healthy'));
    assert.equal((await get(server, '/health/ready')).status, 200);
    assert.equal(sample((await get(server, '/metrics')).text, `worker_stalled\\{worker="${index}"\\}`), 0);
    const log = await until('the end in the log', () => server.output().includes('turned again') && server.output());
    assert.match(log, new RegExp(`ERROR host: worker ${index} has been held for 1\\.\\d s by plugin staller \\(handler\\)\n`));
    assert.match(log, new RegExp(`ERROR host: worker ${index} has been held for 2\\.\\d s by plugin staller \\(handler\\), the server is not ready\n`));
    assert.match(log, new RegExp(`WARN  host: worker ${index} turned again after [34]\\.\\d s\n`));
    assert.equal(log.match(/has been held/g).length, 2);
});

test('with every worker held the log still tells, and what of the plugin runs', async (t) => {
    const server = await staller(t);
    const first = get(server, '/stall/timer?ms=4000');
    await until('the first worker', () => /has been held for .* by plugin staller \(timer\)/.test(server.output()));
    const second = get(server, '/stall/post?ms=2000');
    await until('the second worker', () => /has been held for .* by plugin staller \(post\)/.test(server.output()));
    const held = [...server.output().matchAll(/worker (\d) has been held/g)].map((m) => m[1]);
    assert.deepEqual(held.sort(), ['0', '1']);
    assert.equal((await first).text, 'over\n');
    assert.equal((await second).text, 'over\n');
    await until('both ends', () => server.output().match(/turned again/g)?.length === 2);
});

test('a worker that is held does not keep the server from ending', async (t) => {
    const server = await staller(t, { shutdown_timeout: '1s' });
    get(server, '/stall/handler?ms=20000').catch(() => {});
    await until('the log', () => server.output().includes('has been held'));
    const began = Date.now();
    const { code, signal } = await server.stop();
    assert.deepEqual({ code, signal }, { code: 70, signal: null });
    assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
    assert.match(server.output(), /a worker is held by a plugin and does not end; leaving it/);
});
