// SPDX-License-Identifier: Apache-2.0
// serve --supervise: a crash of a plugin costs the requests in flight and
// nothing else; and listening sockets that somebody else opened.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Server, binary, config, freePort, privateFolder, run, serve, testPlugin, until } from './server.mjs';

const crasher = (options = {}) => JSON.stringify({ ...JSON.parse(testPlugin('crasher')), ...options });

const supervise = (t, sets = {}, options = {}) =>
    serve(t, { words: ['--supervise'], sets: { 'plugins.crasher': crasher(), 'supervise.delay': '20ms', ...sets }, ...options });

/** The processes that the supervisor has started, oldest first. */
const children = (server) => [...server.output().matchAll(/supervisor: the server runs as process (\d+)/g)].map((m) => Number(m[1]));

/** Whether it runs: one that nobody has waited for yet does not. */
function alive(pid) {
    try {
        return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
        return false;
    }
}

const gone = (pid) => until(`process ${pid} to end`, () => !alive(pid));

/** 'connected', or the code of the error. */
function knock(port) {
    return new Promise((done) => {
        const socket = connect(port, '127.0.0.1', () => done('connected'));
        socket.on('error', (error) => done(error.code));
        socket.on('connect', () => socket.destroy());
    });
}

/** A sanitizer tells faults itself and exits with a code instead of the signal. */
const sanitized = (log) => /Sanitizer|runtime error: /.test(log);

test('after a crash the port answers again, and who comes meanwhile waits', async (t) => {
    const server = await supervise(t, { 'supervise.delay': '600ms' });
    await assert.rejects(server.fresh('/crash/null'));
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 50 }, () => server.fresh('/health/ready')));
    assert.deepEqual([...new Set(answers.map((a) => a.status))], [200]);
    assert.ok(Date.now() - began > 300, 'nobody was running meanwhile');
    const log = await until('the line of the restart', () => /restarted after .*\n/.test(server.output()) && server.output());
    assert.equal(children(server).length, 2);
    if (sanitized(log)) {
        assert.match(log, /crasher/);
        assert.match(log, /supervisor: the server \(process \d+\) ended after \d+\.\d s: exit code \d+; next start in 600 ms\n/);
    } else {
        assert.match(log, /ERROR host: SIGSEGV at address 0x0 on thread obs-w\d+, in a handler of crasher; the frames, innermost first:\n/);
        assert.match(log, /ERROR host: #0 plugin crasher \/\S+\/crasher\.so\+0x[0-9a-f]+\n/);
        assert.match(log, /ERROR supervisor: the server \(process \d+\) ended after \d+\.\d s: SIGSEGV in plugin crasher; next start in 600 ms\n/);
        assert.match(log, /WARN  host: restarted after SIGSEGV in plugin crasher at \d{4}-\S+Z\n/);
    }
});

test('an abort is told in the file of the log and on stderr, as JSON where that is configured', async (t) => {
    const folder = privateFolder();
    const file = join(folder, 'observatory.log');
    const server = await supervise(t, { 'log.file': file, 'log.format': 'json' }, { folder });
    await assert.rejects(server.fresh('/crash/abort'));
    assert.equal((await server.fresh('/health/ready')).status, 200);
    await until('the line of the restart', () => /"restarted after .*\n/.test(readFileSync(file, 'utf8')));
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
    const said = (component, text) => lines.some((l) => l.component === component && text.test(l.msg));
    assert.ok(said('host', /^SIGABRT on thread obs-w\d+, in a handler of crasher; /));
    assert.ok(said('host', /^#\d+ plugin crasher \/\S+\/crasher\.so\+0x[0-9a-f]+$/));
    assert.ok(said('supervisor', /ended after \d+\.\d s: SIGABRT in plugin crasher; next start in 20 ms$/));
    assert.ok(said('host', /^restarted after SIGABRT in plugin crasher at /));
    assert.match(server.output(), /"msg":"SIGABRT on thread /);
});

test('without a supervisor the signal of the crash is what the process ends by', async (t) => {
    const server = await new Server({ sets: { 'plugins.crasher': crasher() } }).start();
    t.after(() => server.dispose());
    await assert.rejects(server.fresh('/crash/abort'));
    assert.deepEqual(await server.ended, { code: null, signal: 'SIGABRT' });
    assert.match(server.output(), /SIGABRT on thread obs-w\d+, in a handler of crasher; /);
});

test('TERM ends both cleanly; other signals are passed on', async (t) => {
    const server = await supervise(t);
    const [child] = children(server);
    server.child.kill('SIGUSR2');
    await until('the signal to be passed on', () => server.output().includes('log level is now debug'));
    if (!process.env.ASAN_OPTIONS) {
        const anonymous = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1];
        assert.ok(anonymous < 2048, `the supervisor takes ${anonymous} kB`);
    }
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    assert.equal(alive(child), false);
    assert.equal(await knock(server.port), 'ECONNREFUSED');
    assert.match(server.output(), /host: SIGTERM: shutting down[^]*host: stopped[^]*supervisor: .* exit code 0\n$/);
});

test('a child that ends cleanly is not started again', async (t) => {
    const server = await supervise(t);
    process.kill(children(server)[0], 'SIGTERM');
    assert.deepEqual(await server.ended, { code: 0, signal: null });
    assert.equal(children(server).length, 1);
});

test('the child ends with a supervisor that is killed', async (t) => {
    const server = await supervise(t);
    const [child] = children(server);
    server.child.kill('SIGKILL');
    await server.ended;
    await gone(child);
    assert.equal(await knock(server.port), 'ECONNREFUSED');
});

test('a child that is killed is started again, and told why', async (t) => {
    const server = await supervise(t);
    process.kill(children(server)[0], 'SIGKILL');
    await until('the line of the restart', () => /restarted after .*\n/.test(server.output()));
    assert.equal((await server.fresh('/health/ready')).status, 200);
    assert.match(server.output(), /ended after \d+\.\d s: SIGKILL; next start in 20 ms\n/);
    assert.match(server.output(), /restarted after SIGKILL at /);
});

test('HUP between two starts is the next start', async (t) => {
    const server = await supervise(t, { 'supervise.delay': '1h', 'supervise.max_delay': '1h' });
    await assert.rejects(server.fresh('/crash/abort'));
    await until('the end of the child', () => server.output().includes('next start in 3600000 ms'));
    server.child.kill('SIGHUP');
    assert.equal((await server.fresh('/health/ready')).status, 200);
});

test('a child that crashes at once is started less and less often', async (t) => {
    const server = new Server({
        words: ['--supervise'],
        sets: { 'plugins.crasher': crasher({ at_start: true }), 'supervise.delay': '30ms', 'supervise.max_delay': '2s' },
    });
    const starting = assert.rejects(server.start(), /ended at once/);
    await until('the sixth crash', () => server.child && / next start in 960 ms\n/.test(server.output()), 60000);
    const delays = [...server.output().matchAll(/SIGABRT in plugin crasher; next start in (\d+) ms/g)].map((m) => Number(m[1]));
    assert.deepEqual(delays, [30, 60, 120, 240, 480, 960]);
    server.child.kill('SIGTERM'); // between two starts
    assert.deepEqual(await server.ended, { code: 0, signal: null });
    await starting;
    assert.equal(children(server).length, 6);
    server.dispose();
});

test('what is wrong from the beginning is not tried again', async () => {
    const listen = `listen=127.0.0.1:${await freePort()}`;
    const plugin = await run(['serve', '--supervise', '--config', config, '--set', listen, '--set', 'plugins.nothing={}']);
    assert.equal(plugin.code, 78);
    assert.match(plugin.err, /nothing/);
    assert.equal(plugin.err.match(/the server runs as process/g).length, 1);
    const option = await run(['serve', '--supervise', '--config', config, '--set', listen, '--set', 'supervise.max_delay=1ms']);
    assert.equal(option.code, 78);
    assert.match(option.err, /supervise\.max_delay: expected at least supervise\.delay/);
    assert.equal((await run(['serve', '--supervise', 'more'])).code, 64);
});

test('addresses follow a reload, also over a crash', async (t) => {
    const [one, two] = [await freePort(), await freePort()];
    const file = (listen) => `listen: [${listen.map((port) => `127.0.0.1:${port}`)}]\nlog:\n  access: off\nplugins:\n  health:\n  crasher: ${crasher()}\n`;
    const server = new Server({ words: ['--supervise'] });
    server.port = one;
    server.file = join(server.folder, 'observatory.yaml');
    server.arguments = () => ['--config', server.file, '--set', `control.socket=${join(server.folder, 'control')}`];
    writeFileSync(server.file, file([one, two]));
    await server.start();
    t.after(() => server.stop().then(() => server.dispose()));
    const reloads = () => server.output().split('reload by SIGHUP: generation ').length;
    const reload = async (listen) => {
        const n = reloads();
        writeFileSync(server.file, file(listen));
        server.child.kill('SIGHUP');
        await until('the reload', () => reloads() > n);
    };
    const crash = async () => {
        const n = children(server).length;
        await assert.rejects(server.fresh('/crash/abort'));
        await server.fresh('/health/ready');
        await until('the next child', () => children(server).length > n);
    };

    assert.equal(await knock(two), 'connected');
    await reload([one]);
    await until('the address to be refused', async () => (await knock(two)) === 'ECONNREFUSED');
    await crash();
    assert.equal(await knock(two), 'ECONNREFUSED');
    await reload([one, two]);
    assert.equal(await knock(two), 'connected');
    await crash(); // the supervisor has it now
    await crash();
    assert.equal(await knock(two), 'connected');
});

test('sockets of a service manager are taken over, others closed', async (t) => {
    const sockets = await Promise.all([0, 0].map(() => new Promise((done) => {
        const socket = createServer();
        socket.listen(0, '127.0.0.1', () => done(socket));
    })));
    const [port, unwanted] = sockets.map((socket) => socket.address().port);
    const server = new Server();
    server.port = port;
    const log = openSync(server.log, 'a');
    // $$ stays the same over exec: the process that LISTEN_PID means
    server.child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$0" "$@"', binary, 'serve', ...server.arguments()], {
        stdio: ['ignore', log, log, ...sockets.map((socket) => socket._handle.fd)],
        env: { ...process.env, LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:other' },
    });
    server.ended = new Promise((done) => server.child.on('close', (code) => done(code)));
    closeSync(log);
    for (const socket of sockets) socket.close();
    await until('the server to be ready', () => server.output().includes(`ready: listening on 127.0.0.1:${port};`));
    assert.equal((await server.fresh('/health/ready')).status, 200);
    assert.match(server.output(), new RegExp(`WARN  host: inherited descriptor 4 \\(other, 127\\.0\\.0\\.1:${unwanted}\\) is no stream socket`));
    assert.equal(await knock(unwanted), 'ECONNREFUSED');
    server.child.kill();
    assert.equal(await server.ended, 0);
    server.dispose();
});
