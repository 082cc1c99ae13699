// SPDX-License-Identifier: Apache-2.0
// The command line: verbs, overrides, errors with their place, exit codes of
// sysexits(3).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary, config, freePort, privateFolder, run, serve } from './server.mjs';

test('version, help and unknown verbs', async () => {
    const version = await run(['version']);
    assert.equal(version.code, 0);
    assert.match(version.out, /^observatory \d+\.\d+\.\d+/);
    const help = await run(['help']);
    assert.equal(help.code, 0);
    for (const verb of ['serve', 'check', 'plugins', 'status', 'version']) assert.match(help.out, new RegExp(`\\b${verb}\\b`));
    const unknown = await run(['srve']);
    assert.equal(unknown.code, 64);
    assert.match(unknown.err, /serve/);
    assert.equal((await run(['serve', '--no-such-option'])).code, 64);
});

test('check accepts the shipped configuration', async () => {
    const { code, err } = await run(['check', '--config', config]);
    assert.equal(code, 0, err);
});

test('check names file, line and column of every mistake at once', async () => {
    const folder = privateFolder();
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'listen: 127.0.0.1:0\nlog:\n  levle: info\nplugins:\n  store-sqlite:\n    path: x.db\n  ingest:\n    max_body: lots\n');
    const { code, err } = await run(['check', '--config', file]);
    assert.equal(code, 78);
    assert.match(err, /bad\.yaml:3:3: log\.levle: .*level/);
    assert.match(err, /bad\.yaml:8:15: plugins\.ingest\.max_body: expected a size such as 16MiB, found "lots"/);
});

test('plugins are listed and shown with their options', async () => {
    const list = await run(['plugins', '--config', config]);
    assert.equal(list.code, 0);
    for (const name of ['store-sqlite', 'ingest', 'feedback', 'trace-search', 'analytics', 'metrics', 'health', 'hello', 'echo'])
        assert.match(list.out, new RegExp(`\\b${name}\\b`));
    const show = await run(['plugins', 'show', 'ingest', '--config', config]);
    assert.equal(show.code, 0);
    assert.match(show.out, /max_body/);
    assert.match(show.out, /\/v1\/traces/);
    assert.notEqual((await run(['plugins', 'show', 'no-such', '--config', config])).code, 0);
});

test('status tells whether a server answers', async (t) => {
    const server = await serve(t);
    const up = await run(['status', ...server.arguments()]);
    assert.equal(up.code, 0, up.err);
    assert.match(up.out, /healthy/);
    const down = await run(['status', '--config', config, '--set', `listen=127.0.0.1:${await freePort()}`]);
    assert.equal(down.code, 69);
});

test('a missing plugin, a busy port and a newer database stop the start with a sentence', async (t) => {
    const missing = await run(['serve', '--config', config, '--set', 'plugins.nothing={}']);
    assert.equal(missing.code, 78);
    assert.match(missing.err, /nothing/);
    const server = await serve(t);
    const busy = await run(['serve', ...server.arguments(), '--set', `plugins.store-sqlite.path=${join(server.folder, 'other.db')}`]);
    assert.notEqual(busy.code, 0);
    assert.match(busy.err, /in use/);
});

test('environment and files fill in values', async () => {
    const folder = privateFolder();
    writeFileSync(join(folder, 'secret'), 'hunter2\n', { mode: 0o600 });
    const file = join(folder, 'c.yaml');
    writeFileSync(file, 'plugins:\n  hello:\n    greeting: ${GREETING:-Hi}\n  metrics:\n    token: ${file:secret}\n');
    assert.equal((await run(['check', '--config', file])).code, 0);
    writeFileSync(file, 'plugins:\n  hello:\n    greeting: ${NO_SUCH_VARIABLE_HERE}\n');
    const { code, err } = await run(['check', '--config', file]);
    assert.equal(code, 78);
    assert.match(err, /c\.yaml:3:\d+: .*NO_SUCH_VARIABLE_HERE/);
});

test('TERM lets a request in flight finish, and the exit code is 0', async (t) => {
    const server = await serve(t, { sets: { 'plugins.echo': '{}' } });
    const { request } = await import('node:http');
    const answer = await new Promise((done, fail) => {
        const req = request(`${server.url}/echo/slow`, { method: 'POST' }, (res) => {
            let text = '';
            res.on('data', (d) => (text += d));
            res.on('end', () => done({ status: res.statusCode, text }));
        });
        req.on('error', fail);
        req.write('first ');
        setTimeout(() => server.child.kill('SIGTERM'), 100);
        setTimeout(() => req.end('second'), 500);
    });
    assert.deepEqual(answer, { status: 200, text: 'first second' });
    assert.deepEqual(await server.ended, { code: 0, signal: null });
});

test('USR2 switches debug lines on and off while the server runs', async (t) => {
    const server = await serve(t);
    const told = async (pattern) => {
        for (let tries = 0; tries < 200; tries++) {
            if (pattern.test(server.output())) return;
            await new Promise((next) => setTimeout(next, 10));
        }
        assert.fail(`${pattern} is not in the log:\n${server.output()}`);
    };
    server.child.kill('SIGUSR2');
    await told(/log level is now debug/);
    server.child.kill('SIGUSR2');
    await told(/log level is now as configured/);
});

test('new-plugin writes a folder once, and says what is wrong', async () => {
    const folder = privateFolder();
    const made = await run(['new-plugin', 'rain-bow', '--folder', folder]);
    assert.equal(made.code, 0, made.err);
    assert.deepEqual(readdirSync(join(folder, 'rain-bow')).sort(), ['.clang-format', '.gitignore', 'README.md', 'meson.build', 'plugin.c', 'rain-bow.yaml', 'test.c']);
    const source = readFileSync(join(folder, 'rain-bow/plugin.c'), 'utf8');
    assert.match(source, /OBS_PLUGIN_NOTE\("rain-bow", "0\.1\.0"\);/);
    assert.doesNotMatch(source, /@NAME@/);
    for (const [args, code, expected] of [
        [['rain-bow', '--folder', folder], 73, /cannot make the folder .*rain-bow: File exists/],
        [['Rain Bow'], 64, /"Rain Bow" is no name for a plugin: expected 1-64 of a-z/],
        [['x', '--lang', 'rust'], 64, /--lang rust: expected c or cpp/],
        [['x', '--folder', '/nowhere/at/all'], 73, /cannot make the folder \/nowhere\/at\/all\/x: No such file/],
        [['x', 'y'], 64, /new-plugin does not take "y"/],
    ]) {
        const { code: found, err } = await run(['new-plugin', ...args]);
        assert.equal(found, code, err);
        assert.match(err, expected);
    }
    rmSync(folder, { recursive: true });
});

const canMount = process.getuid() === 0 && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', '-o', 'noexec', 'tmpfs', '/mnt']).status === 0;

test('a cache on a file system without execution is told with the way out', { skip: !canMount && 'needs to mount' }, async () => {
    const folder = privateFolder();
    const mounted = spawnSync('unshare', ['-m', 'sh', '-c',
        `mount -t tmpfs -o noexec,mode=700 tmpfs "${folder}" && exec "${binary}" check --config "${config}" --set plugin_cache="${folder}"`], { encoding: 'utf8' });
    assert.equal(mounted.status, 78);
    assert.match(mounted.stderr, /no code can be run from .* \(mounted noexec\?\); set plugin_cache to a folder on another file system/);
    rmSync(folder, { recursive: true });
});
