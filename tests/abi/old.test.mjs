// SPDX-License-Identifier: Apache-2.0
// Plugins that were built against the frozen headers of an earlier ABI (the
// folder OLD_PLUGINS, made by old/build) at work in the host of today: every
// part of the SDK is called by old code and answers as it did.
import assert from 'node:assert/strict';
import http from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { privateFolder, run, Server } from '../integration/server.mjs';

const plugins = process.env.OLD_PLUGINS;

const configuration = (folder, whole = 3) => `
workers: 1
plugins:
  store-sqlite:
  old-tally:
    module: ${plugins}/old-tally.so
  old-client:
    module: ${plugins}/old-client.so
    flag: yes
    choice: blue
    whole: ${whole}
    real: 0.25
    bytes: 2MiB
    wait: 1500us
    rate: 120/m
    path: ${folder}/data.yaml
    list: [one, two]
    tree: {name: x, parts: [1, 2], none: ~}
  metrics:
  health:
`;

function configured() {
    const folder = privateFolder();
    const file = join(folder, 'config.yaml');
    writeFileSync(join(folder, 'data.yaml'), 'outside: 1\ninside: here\n');
    writeFileSync(file, configuration(folder));
    return { folder, file };
}

/** A started server with the old plugins, which must end cleanly. */
async function started(t) {
    const server = await new Server(configured()).start();
    t.after(async () => {
        const { code } = await server.stop();
        const output = server.output();
        server.dispose();
        assert.equal(code, 0, output);
    });
    return server;
}

async function until(what, fn) {
    for (const end = Date.now() + 20000; Date.now() < end; await new Promise((next) => setTimeout(next, 20))) {
        const value = await fn();
        if (value) return value;
    }
    throw new Error(`waited 20 s for ${what}`);
}

test('options of every type arrive, and a YAML file of its own', async (t) => {
    const server = await started(t);
    const { status, body } = await server.get('/old/settings');
    assert.equal(status, 200);
    assert.deepEqual(body, {
        flag: true,
        choice: 2,
        whole: 3,
        real: 0.25,
        bytes: 2 << 20,
        wait_ms: 1.5,
        rate: 2,
        prefix: '/old',
        list: ['one', 'two'],
        tree: { name: 'x', parts: ['1', '2'], none: null },
        inside: 'here',
        inside_line: 2,
        inside_column: 9,
    });
});

test('options out of range are refused with file and line', async () => {
    const { file } = configured();
    writeFileSync(file, readFileSync(file, 'utf8').replace('whole: 3', 'whole: 11'));
    const { code, err } = await run(['check', '--config', file]);
    assert.notEqual(code, 0);
    assert.match(err, /config\.yaml:1\d:\d+.*whole/);
});

test('the request is shown, bodies come whole and streamed', async (t) => {
    const server = await started(t);
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const shown = await server.get('/old/request/a%20b?color=red&n=1', { headers: { 'x-test': 'T', 'x-request-id': 'id-1', traceparent } });
    assert.equal(shown.status, 200);
    const { headers, peer, time, age_ns, ...rest } = shown.body;
    assert.deepEqual(rest, {
        method: 1,
        method_name: 'GET',
        path: '/old/request/a b',
        target: '/old/request/a%20b?color=red&n=1',
        route: '/old/request/{name}',
        declared: '${prefix}/request/{name}',
        name: 'a b',
        color: 'red',
        x_test: 'T',
        id: 'id-1',
        traceparent,
        query: { color: 'red', n: '1' },
        aborted: false,
    });
    assert.equal(Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-test')[1], 'T');
    assert.match(peer, /^127\.0\.0\.1:\d+$/);
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60000);
    assert.ok(age_ns >= 0);

    const value = { a: [1, -2.5, 'x\u00e9', true, null], b: { c: {} } };
    const json = await server.post('/old/json', JSON.stringify(value));
    assert.deepEqual(json.body, { body: value, raw: value, first: '7b' });
    const broken = await server.post('/old/json', '{"a": 1,\n "b" 2}');
    assert.equal(broken.status, 400);
    assert.match(broken.body.error.message, /line 2, column \d+, byte \d+: ./);
    assert.equal((await server.post('/old/json', `"${'x'.repeat(2000)}"`)).status, 413);

    const long = Buffer.alloc(3 << 20, 'abcdefg');
    const streamed = await fetch(`${server.url}/old/stream/x`, { method: 'PUT', body: long });
    assert.equal(streamed.headers.get('x-streamed'), 'yes');
    assert.ok(Buffer.from(await streamed.arrayBuffer()).equals(long));

    const error = await server.get('/old/error');
    assert.equal(error.status, 409);
    assert.equal(error.body.error.message, 'this stands in the way of 42');
    assert.equal((await server.get('/old/counters?what=1')).status, 400); // no such parameter
});

test('hooks of every phase run', async (t) => {
    const server = await started(t);
    const plain = await server.get('/health/live');
    assert.equal(plain.status, 200);
    assert.equal(plain.headers.get('x-old-mark'), 'kept');
    const answered = await server.get('/health/live', { headers: { 'x-old-answer': 'hook' } });
    assert.deepEqual([answered.status, answered.text], [202, 'answered by a hook']);
    assert.equal((await server.get('/health/live', { headers: { 'x-old-deny': '1' } })).status, 403);
    assert.equal((await server.get('/health/live', { headers: { 'x-old-wait': '1' } })).status, 200);
    await until('the LOG hooks', async () => (await server.get('/old/counters')).body.logged >= 2);
});

test('timers, posts, work off the loop and a thread run', async (t) => {
    const server = await started(t);
    for (const by of ['timer', 'offload', 'post']) {
        const { status, body } = await server.get(`/old/later?by=${by}`);
        assert.equal(status, 200, by);
        assert.deepEqual(body, { worked: by === 'offload', on_worker: true }, by);
    }
    const counts = await until('ticks and beats', async () => {
        const { body } = await server.get('/old/counters');
        return body.ticks > 2 && body.beats > 2 && body;
    });
    assert.ok(counts.visits > 0);
});

test('the host, its plugins, health, metrics and memory', async (t) => {
    const server = await started(t);
    await server.get('/old/host');
    const { status, body } = await server.get('/old/host');
    assert.equal(status, 200);
    const { started: since, ...rest } = body;
    assert.ok(Date.parse(since) <= Date.now() + 1000);
    const { version } = body;
    assert.deepEqual(rest, {
        instance: 'old-client',
        error: 'CONFLICT',
        version,
        workers: 1,
        generation: 1,
        reload_error: '',
        workers_counted: 1,
        clocks_run: true,
        old_answers_total: 2,
        plugins: body.plugins,
        components: body.components,
        buffer: 'abc12-',
        copy: 'copied',
        print: '002.5',
        full: -27, // OBS_E_TOO_LARGE
        ended: 1,
    });
    assert.equal(body.plugins['old-tally'], '1.0.0');
    assert.ok('store-sqlite' in body.plugins);
    assert.equal(body.components['old-part'], 'part of 2');
    const { text } = await server.get('/metrics');
    assert.match(text, /^old_answers_total\{route="host"\} 2$/m);
    assert.match(text, /^old_level 2\.5$/m);
    assert.match(text, /^old_duration_seconds_bucket\{le="\+Inf"\} [1-9]/m);
    assert.match(server.output(), /old-client of ABI 1\.\d+ speaks/);
});

test('services: an old provider, and the store of today', async (t) => {
    const server = await started(t);
    assert.deepEqual((await server.get('/old/tally?add=xx')).body, { total: 2 });
    assert.deepEqual((await server.get('/old/tally?add=xxx')).body, { total: 5 });
    const { status, body } = await server.post('/old/spans', 'text of the answer');
    assert.equal(status, 200);
    assert.deepEqual(body, {
        stored: 2,
        found: [{ model: 'model-1', output: 'text of the answer', tokens: 30, cost: 0.0015, speed: 10 }],
        rows: 1,
        total: 1,
        record: 'kept',
    });
});

test('a hot swap keeps its state and its counters', async (t) => {
    const server = await started(t);
    for (let i = 1; i <= 3; i++) assert.equal((await server.get('/old/counters')).body.visits, i);
    await server.get('/old/host');
    writeFileSync(server.file, configuration(server.folder, /* whole= */ 4));
    server.child.kill('SIGHUP');
    await until('the new option', async () => (await server.get('/old/settings')).body.whole === 4);
    assert.equal((await server.get('/old/counters')).body.visits, 4);
    assert.equal((await server.get('/old/host')).body.old_answers_total, 2);
});

test('its command runs', async () => {
    const { folder, file } = configured();
    const set = ['--set', `plugins.store-sqlite.path=${folder}/observatory.db`];
    const { code, out, err } = await run(['old-client', 'sum', '1', '2', '39', '--config', file, ...set]);
    assert.equal(code, 0, err);
    assert.equal(out, '42\n');
});

test('its options and routes are described', async () => {
    const { file } = configured();
    const { code, out, err } = await run(['plugins', 'show', 'old-client', '--config', file, '--set', `plugin_folders=${plugins}`]);
    assert.equal(code, 0, err);
    for (const word of ['choice', 'red|green|blue', '${prefix}/request/{name}', 'adds numbers up', 'old.tally/1']) assert.ok(out.includes(word), `${word} in:\n${out}`);
});
