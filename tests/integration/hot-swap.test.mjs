// SPDX-License-Identifier: Apache-2.0
// Reloads that succeed: what is exchanged and what stays, what a request sees of
// it, and that nothing is dropped or left behind. SWAPS is the number of swaps
// under load.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freePort, metric, until } from './server.mjs';
import { ask, changes, everyKind, patient, serveSwap, traffic } from './swap.mjs';

const execute = promisify(execFile);
const has_wrk = await execute('wrk', ['-v']).then(() => true, (error) => error.code !== 'ENOENT'); // -v ends with 1
const pause = (ms) => new Promise((next) => setTimeout(next, ms));
const n_swaps = Number(process.env.SWAPS ?? 200);
/** After so many swaps everything has been needed once: from then on nothing grows. */
const n_warm = Math.max(20, Math.ceil(n_swaps / 10));

/** 'a' or 'b': the build that answers. */
const letter = async (server) => (await server.state())?.letter;

// ---- what changes and what stays ------------------------------------------------

test('an instance whose file, options and providers are the same is not touched', async (t) => {
    const server = await serveSwap(t);
    server.journal();
    const before = await server.status();
    server.config.plugins.metrics = { path: '/numbers' };
    const report = await server.switched();
    assert.deepEqual(changes(report), { swap: 'kept', health: 'kept', metrics: 'options' });
    assert.equal(report.generation, 2);
    assert.deepEqual(server.journal(), []);
    const age = (status) => status.plugins.find((p) => p.instance === 'swap').age_s;
    assert.ok(age(await server.status()) > age(before));
    assert.equal((await server.get('/numbers')).status, 200);
    assert.equal((await server.get('/metrics')).status, 404);
});

test('another file is taken over beside the one in use', async (t) => {
    const server = await serveSwap(t);
    assert.equal(await letter(server), 'a');
    server.journal();
    server.install('swap-2');
    const { code, out, err } = await server.command('--wait');
    assert.equal(code, 0, err);
    assert.match(out, /^generation 2 is in use\n {2}swap +1\.0\.0 -> 2\.0\.0 {2}replaced: its file is another\n {2}2 of 3 plugins stay as they are\n/);
    assert.match(out, / {2}the generation before was gone after \d+\.\d ms\n/);
    assert.equal(await letter(server), 'b');
    const calls = server.journal();
    const at = (call) => calls.indexOf(call);
    assert.ok(at('swap 2.0.0 start') < at('swap 1.0.0 drain'), 'the new one starts before the old one drains');
    assert.deepEqual(calls.filter((c) => c.startsWith('swap 1')).map((c) => c.slice(11)),
        ['drain', ...Array(calls.filter((c) => c === 'swap 1.0.0 worker_stop').length).fill('worker_stop'), 'stop', 'destroy']);
    assert.equal(await metric(server, 'generation'), 2);
    assert.equal(await metric(server, 'generations'), 1);
    assert.equal(await metric(server, 'reloads_total', { result: 'success' }), 1);
});

test('content counts, not time and size', async (t) => {
    const server = await serveSwap(t);
    server.install('swap-1', { stamp: true });
    await server.switched();
    const { mtime, size } = statSync(server.path('swap'));

    utimesSync(server.path('swap'), new Date(), new Date()); // touched
    assert.equal(changes(await server.switched()).swap, 'kept');
    server.install('swap-1');
    assert.equal(changes(await server.switched()).swap, 'file');
    server.install('swap-1'); // a new file with the same in it
    assert.equal(changes(await server.switched()).swap, 'kept');

    server.install('swap-1', { stamp: true }); // other bytes, as many, as old
    utimesSync(server.path('swap'), mtime, mtime);
    assert.deepEqual(statSync(server.path('swap')).mtime, mtime);
    assert.equal(statSync(server.path('swap')).size, size);
    assert.equal(changes(await server.switched()).swap, 'file');
});

test('new options make a new instance of the same file', async (t) => {
    const server = await serveSwap(t, { swap: { word: 'one' } });
    assert.equal((await server.state()).word, 'one');
    server.journal();
    server.config.plugins.swap.word = 'two';
    assert.equal(changes(await server.switched()).swap, 'options');
    assert.equal((await server.state()).word, 'two');
    assert.ok(server.journal().includes('swap 1.0.0 create'));
    assert.deepEqual((await server.status()).images, { in_use: 3, idle: 0 });
});

test('a file that the plugin reads at start counts by its content', async (t) => {
    const server = await serveSwap(t);
    const file = join(server.folder, 'prices');
    writeFileSync(file, 'first');
    server.config.plugins.swap.content = file;
    assert.equal(changes(await server.switched()).swap, 'options');
    utimesSync(file, new Date(), new Date());
    assert.equal(changes(await server.switched()).swap, 'kept');
    writeFileSync(file, 'other');
    assert.equal(changes(await server.switched()).swap, 'content');
});

test('a removed plugin ends for new requests only; a plugin is added', async (t) => {
    const server = await serveSwap(t);
    const waiting = server.get('/swap/wait?ms=800');
    await until('the request to begin', async () => (await server.status()).generations[0].requests > 0);
    const { swap } = server.config.plugins;
    delete server.config.plugins.swap;
    const report = await server.switched({ wait: false });
    assert.equal(changes(report).swap, 'removed');
    assert.equal((await server.get('/swap/whole')).status, 404);
    const answer = await waiting;
    assert.equal(answer.status, 200);
    assert.match(answer.text, /^a{64}\.64\n$/);
    await server.settled();
    assert.ok(server.journal().includes('swap 1.0.0 destroy'));

    server.config.plugins.swap = swap;
    assert.equal(changes(await server.switched()).swap, 'added');
    assert.equal((await server.get('/swap/whole')).status, 200);
});

test('who uses a service is made anew with its provider', async (t) => {
    const server = await serveSwap(t, { install: ['giver-1', 'taker'] });
    server.config.plugins.giver = server.entry('giver');
    server.config.plugins.taker = server.entry('taker');
    await server.switched();
    const [, born] = (await server.get('/taker')).text.split(' ');
    server.config.plugins.swap.word = 'other';
    assert.deepEqual(changes(await server.switched()), { swap: 'options', health: 'kept', metrics: 'kept', giver: 'kept', taker: 'kept' });
    assert.equal((await server.get('/taker')).text, `one ${born}`);
    const later = server.get('/taker/later');
    await until('the request to begin', async () => (await server.status()).generations[0].requests > 0);
    server.install('giver-2');
    assert.deepEqual(changes(await server.switched()), { swap: 'kept', health: 'kept', metrics: 'kept', giver: 'file', taker: 'provider' });
    assert.equal((await later).text, `one ${born}`, 'a request meets the provider that it began with');
    const [word, reborn] = (await server.get('/taker')).text.split(' ');
    assert.equal(word, 'two');
    assert.ok(Number(reborn) > Number(born));
});

// ---- state -----------------------------------------------------------------------

test('state of every worker survives, through another layout too', async (t) => {
    const server = await serveSwap(t);
    server.install('swap-old');
    server.config.plugins.swap.state = 'reset';
    await server.switched();
    delete server.config.plugins.swap.state;
    assert.deepEqual(await server.state(), { letter: 'o', word: null, swaps: 0, requests: 1 });
    const asked = await traffic(server, { keep: 8, close: 4 }, 0.2).ended;
    assert.equal(asked.failed, 0);
    server.install('swap-2'); // reads the text of the old one, writes numbers
    await server.switched();
    assert.deepEqual(await server.state(), { letter: 'b', word: null, swaps: 1, requests: asked.requests + 2 });
    server.install('swap-1');
    await server.switched();
    assert.deepEqual(await server.state(), { letter: 'a', word: null, swaps: 2, requests: asked.requests + 3 });
});

test('state that the new build cannot read is dropped only when that was said', async (t) => {
    const server = await serveSwap(t);
    await server.get('/swap/whole');
    for (const [build, text] of [['swap-old', /swap 0\.9\.0 reads state of version 1 to 1, the running 1\.0\.0 has version 2; `state: reset` drops it/],
        ['swap-stateless', /swap 3\.0\.0 reads no state, the running 1\.0\.0 has some of version 2; `state: reset` drops it/]]) {
        server.install(build);
        const { code, err } = await server.command();
        assert.equal(code, 1);
        assert.match(err, text);
        assert.deepEqual(await server.state(), { letter: 'a', word: null, swaps: 0, requests: build === 'swap-old' ? 2 : 3 });
    }
    server.config.plugins.swap.state = 'reset';
    assert.equal(changes(await server.switched()).swap, 'file');
    assert.deepEqual(await server.state(), { letter: 's', word: null, swaps: 0, requests: 1 });
});

// ---- several at once ----------------------------------------------------------------

test('wishes that come during a reload are fulfilled together by the next one', async (t) => {
    const server = await serveSwap(t, { swap: { block: 'create', block_for: '600ms' } });
    server.install('swap-2');
    const first = server.switched({ wait: false });
    await until('the reload to begin', () => server.journal().includes('swap 2.0.0 create'));
    const others = await Promise.all([first, ...Array.from({ length: 20 }, () => server.switched({ wait: false }))]);
    assert.deepEqual([...new Set(others.map((r) => r.generation))], [2, 3]);
    assert.equal(await metric(server, 'reloads_total'), 2);
});

test('a thousand SIGHUPs under load', async (t) => {
    const server = await serveSwap(t);
    const load = traffic(server, everyKind);
    for (let i = 0; i < 1000; i++) {
        if (i % 50 === 0) server.install(i % 100 ? 'swap-1' : 'swap-2', { stamp: true });
        server.child.kill('SIGHUP');
        if (i % 10 === 0) await pause(5);
    }
    await until('the last one', async () => !(await server.status()).reloading);
    const report = await load.stop();
    assert.equal(report.failed, 0, report.failures.join('\n'));
    const status = await server.settled();
    assert.ok(status.generations[0].number > 2 && status.generations[0].number <= 1001, JSON.stringify(status.generations));
    assert.equal(await metric(server, 'reloads_total', { result: 'failure' }), 0);
    assert.equal(await metric(server, 'generations'), 1);
});

test('reloads go on while old generations drain, up to reload.max_generations', async (t) => {
    const server = await serveSwap(t, { host: { reload: { timeout: '400ms', max_generations: 3 } } });
    const waiting = [server.get('/swap/wait?ms=2500')];
    await until('the request to begin', async () => (await server.status()).generations[0].requests > 0);
    for (const build of ['swap-2', 'swap-1']) {
        server.install(build);
        await server.switched({ wait: false });
        waiting.push(server.get('/swap/wait?ms=2500'));
        await until('the request to begin', async () => (await server.status()).generations[0].requests > 0);
    }
    assert.deepEqual((await server.status()).generations.map((g) => g.requests), [1, 1, 1]);
    server.install('swap-2');
    const { code, err } = await server.command();
    assert.equal(code, 1);
    assert.match(err, /3 generations are alive already \(reload\.max_generations\), because requests still run on them/);
    assert.equal(await letter(server), 'a');
    assert.deepEqual((await Promise.all(waiting)).map((a) => a.text[0]), ['a', 'b', 'a']);
    await server.settled();
    assert.equal((await server.command()).code, 0);
    assert.equal(await letter(server), 'b');
});

test('TERM during a reload ends the server cleanly, and the reload is told', async (t) => {
    const server = await serveSwap(t, { swap: { block: 'create', block_for: '1s' } });
    server.install('swap-2');
    const asked = server.command();
    await until('the reload to begin', () => server.journal().includes('swap 2.0.0 create'));
    assert.deepEqual(await server.stop(), { code: 0, signal: null }, server.output());
    const { code: refused, err } = await asked;
    assert.equal(refused, 1);
    assert.match(err, /cancelled|shutting down/);
    const calls = server.journal();
    for (const version of ['1.0.0', '2.0.0']) assert.ok(calls.includes(`swap ${version} destroy`), calls.join('\n'));
});

test('a reload while the server ends is refused', async (t) => {
    const server = await serveSwap(t);
    const waiting = server.get('/swap/wait?ms=1500');
    await until('the request to begin', async () => (await server.status()).generations[0].requests > 0);
    const ended = server.stop();
    await until('the end to begin', () => server.output().includes('shutting down'));
    const { code, err } = await server.command();
    assert.ok((code === 1 && /shutting down/.test(err)) || code === 69, `${code} ${err}`);
    assert.equal((await waiting).status, 200);
    assert.equal((await ended).code, 0);
});

test('TERM while old generations drain and stop waits for their requests', async (t) => {
    const server = await serveSwap(t, { swap: { block: 'stop', block_for: '500ms' } });
    const waiting = [];
    for (const build of ['swap-2', 'swap-1']) {
        waiting.push(server.get('/swap/wait?ms=1200'));
        await until('the request to begin', async () => (await server.status()).generations[0].requests > 0);
        server.install(build);
        await server.switched({ wait: false });
    }
    assert.deepEqual(await server.stop(), { code: 0, signal: null }, server.output());
    assert.deepEqual((await Promise.all(waiting)).map((a) => a.text[0]), ['a', 'b']);
    assert.equal(server.journal().filter((call) => call.endsWith('destroy')).length, 3);
});

test('who asks for a reload and goes away does no harm', async (t) => {
    const server = await serveSwap(t);
    for (let i = 0; i < 20; i++) {
        server.install(i % 2 ? 'swap-1' : 'swap-2');
        const socket = connect(server.socket);
        socket.write('{"command": "reload", "wait": true}\n');
        await pause(i % 4);
        socket.destroy();
    }
    assert.equal((await ask(server.socket, { command: 'reload', wait: true })).result, 'switched');
    assert.equal(await letter(server), 'a');
});

// ---- the ways to ask -------------------------------------------------------------------

test('--dry-run tells what would change and changes nothing', async (t) => {
    const server = await serveSwap(t);
    server.journal();
    server.install('swap-2');
    const { code, out } = await server.command('--dry-run');
    assert.equal(code, 0);
    assert.match(out, /^a reload would succeed\n {2}swap +1\.0\.0 -> 2\.0\.0 {2}replaced: its file is another\n/);
    assert.deepEqual(server.journal(), []);
    assert.equal(await letter(server), 'a');
    assert.equal(await metric(server, 'generation'), 1);
    assert.equal(await metric(server, 'reloads_total'), 0);
    assert.deepEqual((await server.status()).images, { in_use: 3, idle: 0 });

    server.config.plugins.swap.wrod = 'x';
    server.write();
    const wrong = await server.command('--dry-run');
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /wrod/);
});

test('--plugin takes one instance from disk and nothing else', async (t) => {
    const server = await serveSwap(t, { install: ['giver-1', 'taker'] });
    server.config.plugins.giver = server.entry('giver');
    server.config.plugins.taker = server.entry('taker');
    await server.switched();
    server.install('swap-2');
    server.install('giver-2');
    server.config.plugins.swap.word = 'new';
    server.config.plugins.metrics = { path: '/numbers' };
    server.config.log.level = 'error';
    server.write();
    const { code, out } = await server.command('--plugin', 'swap', '--wait');
    assert.equal(code, 0);
    assert.match(out, /swap +1\.0\.0 -> 2\.0\.0/);
    assert.match(out, /4 of 5 plugins stay as they are/);
    assert.deepEqual({ ...(await server.state()), requests: 0 }, { letter: 'b', word: 'new', swaps: 1, requests: 0 });
    assert.match((await server.get('/taker')).text, /^one /);
    assert.equal((await server.get('/metrics')).status, 200);
    await server.logged(/INFO .*generation 3/);

    const unknown = await server.command('--plugin', 'swop');
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /swop/);
    assert.equal(changes(await server.switched()).giver, 'file');
});

test('files are watched when that is wished', async (t) => {
    const server = await serveSwap(t, { host: { reload: { watch: true } } });
    server.install('swap-2');
    await until('the new build', async () => (await letter(server)) === 'b');
    server.config.plugins.swap.word = 'seen';
    server.write();
    await until('the new word', async () => (await server.state()).word === 'seen');
});

test('reload --wait of one small plugin takes a moment', async (t) => {
    const server = await serveSwap(t);
    const took = [], inside = [];
    for (let i = 0; i < 21; i++) {
        server.install(i % 2 ? 'swap-1' : 'swap-2', { stamp: true });
        const began = performance.now();
        const { code, out } = await server.command('--wait');
        took.push(performance.now() - began);
        assert.equal(code, 0);
        inside.push(Number(/took (\S+) ms/.exec(out)[1]) + Number(/was gone after (\S+) ms/.exec(out)[1]));
    }
    const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
    t.diagnostic(`reload --wait: median ${median(took).toFixed(1)} ms, of that in the server ${median(inside).toFixed(1)} ms`);
    assert.ok(median(took) < 500, `${took}`);
});

test('addresses come and go, connections stay', async (t) => {
    const server = await serveSwap(t);
    const second = await freePort();
    const knock = () => new Promise((done) => {
        const socket = connect(second, '127.0.0.1', () => done(socket));
        socket.on('error', (error) => done(error.code));
    });
    const first = server.config.listen;
    for (let round = 0; round < 3; round++) {
        server.config.listen = [first, `127.0.0.1:${second}`];
        await server.switched();
        const open = await knock();
        server.config.listen = first;
        await server.switched();
        assert.equal(await knock(), 'ECONNREFUSED');
        open.write('GET /swap/whole?n=3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        let text = '';
        for await (const data of open) text += data;
        assert.match(text, /\r\n\r\naaa\.3\n$/);
    }
});

// ---- the installed file --------------------------------------------------------------------

test('whatever happens to the installed file, the code that runs is another one', async (t) => {
    const server = await serveSwap(t, { swap: { background: true } });
    const file = server.path('swap');
    const load = traffic(server, everyKind);
    const spoil = {
        'overwritten in place': () => {
            const fd = openSync(file, 'r+');
            writeSync(fd, Buffer.alloc(statSync(file).size, 0xcc));
            closeSync(fd);
        },
        'cut in place': () => truncateSync(file, 4096),
        'emptied in place': () => truncateSync(file, 0),
        'deleted': () => rmSync(file),
    };
    for (const [what, how] of Object.entries(spoil)) {
        how();
        await pause(100);
        assert.equal((await server.command()).code, 1, what);
        await pause(100);
        server.install('swap-2', { stamp: true });
        assert.equal((await server.command()).code, 0, what);
    }
    const report = await load.stop();
    assert.equal(report.failed, 0, report.failures.join('\n'));
    assert.ok(report.letters.a > 0 && report.letters.b > 0);
});

// ---- plugins that end badly -----------------------------------------------------------------

test('a plugin that takes its time to stop holds up nobody', async (t) => {
    const server = await serveSwap(t, { swap: { block: 'stop', block_for: '2s' } });
    server.install('swap-2');
    server.config.plugins.swap.block = 'nothing';
    const began = Date.now();
    await server.switched({ wait: false });
    assert.ok(Date.now() - began < 1500);
    assert.equal(await letter(server), 'b');
    await until('the stop', () => server.journal().includes('swap 1.0.0 stop'));
    assert.deepEqual((await server.status()).generations.map((g) => g.state), ['current', 'stopping']);
    server.install('swap-1');
    await server.switched({ wait: false });
    await server.settled();
    assert.ok(server.journal().includes('swap 1.0.0 destroy'));
});

test('requests that outlast reload.drain_timeout are cut off', async (t) => {
    const server = await serveSwap(t, { host: { reload: { drain_timeout: '300ms' } } });
    const stuck = server.fresh('/swap/wait?ms=1500');
    const stream = server.fresh('/swap/stream?n=1000000&pace=100').then(() => 'whole', (error) => error.code);
    await until('both requests', async () => (await server.status()).generations[0].requests === 2);
    server.install('swap-2');
    const began = Date.now();
    const report = await server.switched();
    assert.equal(report.drained, true);
    assert.ok(Date.now() - began < 10000);
    const { status, text } = await stuck;
    assert.equal(status, 503);
    assert.match(text, /the plugin was replaced and did not answer in time/);
    assert.equal(await stream, 'ECONNRESET');
    await server.logged(/WARN .*generation 1: reload\.drain_timeout \(0\.3 s\) is over, cut 2 requests off/);
    assert.equal(await letter(server), 'b');
    assert.equal((await server.settled()).generations.length, 1);
});

test('what a plugin leaves running is taken from it', async (t) => {
    for (const [leave, line] of [['timer', /WARN .*left \d timers running after stop; revoked/], ['thread', /WARN .*left 1 threads to join after stop; joined/]]) {
        const server = await serveSwap(t, { swap: { background: true, leave } });
        await traffic(server, { keep: 2, wait: 2 }, 0.3).ended;
        server.install('swap-2');
        assert.equal((await server.switched()).drained, true);
        await server.logged(line);
        assert.equal(await letter(server), 'b');
    }
});

test('a plugin that cannot be unmapped stays, once', async (t) => {
    const server = await serveSwap(t);
    for (let round = 0; round < 5; round++) {
        server.install('swap-resident');
        await server.switched();
        assert.equal(await letter(server), 'r');
        assert.deepEqual((await server.status()).images, { in_use: 3, idle: 0 });
        server.install('swap-1');
        await server.switched();
        assert.equal(await letter(server), 'a');
        assert.deepEqual((await server.status()).images, { in_use: 3, idle: 1 });
    }
    assert.equal(await metric(server, 'plugin_images', { state: 'idle' }), 1);
});

test('with reload.unload off files stay mapped', async (t) => {
    const server = await serveSwap(t, { host: { reload: { unload: false } } });
    for (let round = 1; round <= 3; round++) {
        server.install('swap-1', { stamp: true });
        await server.switched();
        assert.equal((await server.status()).images.idle, round);
    }
});

// ---- under load ---------------------------------------------------------------------------------

test('the load client sees what is dropped', async (t) => {
    const server = await serveSwap(t);
    const load = traffic(server, everyKind);
    await pause(300);
    await server.stop('SIGKILL');
    await pause(300);
    const report = await load.stop();
    assert.equal(report.code, 1);
    assert.ok(report.ok > 0 && report.refused > 0 && report.reset + report.eof + report.short > 0, JSON.stringify(report));
    assert.equal(report.mixed, 0);
});

/** Swaps one plugin `n` times; what the process uses, as `look` says. */
async function swapUnderLoad(server, n, look) {
    for (let i = 1; i <= n; i++) {
        server.install(i % 2 ? 'swap-2' : 'swap-1', { stamp: true });
        const report = await server.switched({ wait: false });
        assert.equal(changes(report).swap, 'file');
        await look(i);
    }
}

test(`${n_swaps} swaps under load drop nothing, mix nothing, leave nothing`, { timeout: 1800000 }, async (t) => {
    const server = await serveSwap(t, {
        swap: { background: true },
        env: { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:quarantine_size_mb=4` }, // which grows by itself
    });
    const quiet = await traffic(server, patient, 3).ended;
    assert.equal(quiet.failed, 0, quiet.failures.join('\n'));

    const load = traffic(server, patient);
    const used = [];
    const began = Date.now();
    await swapUnderLoad(server, n_swaps, async (i) => {
        if (i === n_warm || i === n_swaps) used.push(await server.settled().then(() => server.usage()));
    });
    const seconds = (Date.now() - began) / 1000;
    const report = await load.stop();
    assert.equal(report.failed, 0, `${JSON.stringify(report)}\n${report.failures.join('\n')}`);
    for (const [mode, { letters }] of Object.entries(report.modes)) assert.ok(letters.a > 0 && letters.b > 0, `${mode} met one build only`);

    const { swaps, requests } = await server.state();
    assert.equal(swaps, n_swaps);
    assert.equal(requests, quiet.requests + report.requests + 1, 'each request is counted once, whenever the swap came');
    const status = await server.settled();
    assert.equal(status.generations[0].number, n_swaps + 1);
    assert.deepEqual(status.images, { in_use: 3, idle: 0 });
    assert.equal(await metric(server, 'reloads_total', { result: 'success' }), n_swaps);
    assert.doesNotMatch(server.output(), /ERROR|left \d/);

    const p99 = (all) => all.modes.keep.latency_ms.p99;
    t.diagnostic(`${n_swaps} swaps in ${seconds.toFixed(1)} s, ${report.requests} requests; p99 of keep-alive ${p99(quiet)} ms quiet, ${p99(report)} ms in swaps`);
    t.diagnostic(`after ${n_warm}: ${JSON.stringify(used[0])}, after ${n_swaps}: ${JSON.stringify(used[1])}`);
    assert.ok(p99(report) <= 3 * p99(quiet) + 20, `p99 ${p99(report)} ms in swaps, ${p99(quiet)} ms without`);
    assert.ok(used[1].maps <= used[0].maps + 40, JSON.stringify(used));
    assert.ok(used[1].rssKiB <= used[0].rssKiB * 1.1 + 8192, JSON.stringify(used));
    assert.ok(used[1].fds <= used[0].fds + 2, JSON.stringify(used));
    assert.equal(used[1].threads, used[0].threads, JSON.stringify(used));
    assert.equal(used[1].copies, 3, JSON.stringify(used));
});

test('wrk sees no error either', { skip: !has_wrk && 'wrk is not installed' }, async (t) => {
    const server = await serveSwap(t, { swap: { background: true } });
    const wrk = execute('wrk', ['-t1', '-c32', '-d4', `${server.url}/swap/whole?n=256`]);
    let over = false;
    wrk.finally(() => (over = true));
    for (let i = 0; !over; i++) {
        server.install(i % 2 ? 'swap-2' : 'swap-1', { stamp: true });
        await server.switched();
    }
    const { stdout } = await wrk;
    assert.match(stdout, /requests in/);
    assert.doesNotMatch(stdout, /Socket errors|Non-2xx/);
});
