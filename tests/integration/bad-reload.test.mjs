// SPDX-License-Identifier: Apache-2.0
// Reloads that must be refused: each with exit code 1 and a sentence that names
// the cause, while the generation in use is not touched, answers every request,
// and takes over the next reload that is good.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { binary } from './server.mjs';
import { SwapServer, build, bytes, fixture, traffic } from './swap.mjs';

/** The build that every mistake is made with; the one in use is swap-1. */
const good = bytes('swap-2');
const root = process.getuid() === 0;

// ---- ways to spoil ---------------------------------------------------------------
// Each takes the server, whose configuration and files are good at that time.

/** The whole file of the configuration. */
const file = (text) => (server) => server.write(text);
/** The configuration as an object. */
const config = (change) => (server) => {
    change(server.config, server);
    server.write();
};
/** Options of the plugin, of which another build is installed. */
const options = (more) => (server) => {
    server.install('swap-2');
    Object.assign(server.config.plugins.swap, more);
    server.write();
};
/** What is at the place of the plugin's file. */
const place = (make) => (server) => {
    rmSync(server.path('swap'));
    make(server.path('swap'), server);
};
const content = (data) => place((path) => writeFileSync(path, data, { mode: 0o644 }));
const mode = (bits) => place((path) => {
    writeFileSync(path, good);
    chmodSync(path, bits);
});
/** One of the wrong plugins of the unit tests. */
const wrong = (name) => place((path) => copyFileSync(fixture(name), path));
/** The good build with some bytes changed. */
const altered = (change) => content(((data) => (change(data), data))(Buffer.from(good)));
/** Further plugins. */
const beside = (entries, builds = []) => (server) => {
    for (const name of builds) server.install(name);
    Object.assign(server.config.plugins, entries(server));
    server.write();
};

// offsets in the ELF header
const ELF = { class: 4, data: 5, type: 16, machine: 18, phoff: 32 };
const firstSegment = (data) => Number(data.readBigUInt64LE(ELF.phoff));

// ---- what is refused, and the words that say why -----------------------------------
// [how to spoil it, the words, {possible: for this user, sentences: how many}]

const kinds = {
    // the file
    'a list that does not end': [file('plugins: ['), /observatory\.yaml:2:1: did not find expected node content/],
    'a tab as indentation': [file('plugins:\n\tswap:\n'), /observatory\.yaml:2:1: found character that cannot start any token/],
    'a list at the top': [file('- plugins\n'), /observatory\.yaml:1:1: expected a mapping/],
    'text at the top': [file('hello\n'), /observatory\.yaml:1:1: expected a mapping/],
    'a key that stands twice': [file('log: {level: info, level: warn}\n'), /observatory\.yaml:1:20: the key "level" stands here twice/],
    'an anchor that is not there': [file('log: *nowhere\n'), /observatory\.yaml:1:6: the alias \*nowhere has no anchor/],
    'a bomb of aliases': [file(`a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghi'[i]}`)}]`).join('\n')}\n`), /observatory\.yaml:\d+:\d+: more than a million values/],
    'a byte that is no UTF-8': [file(Buffer.from([0x6c, 0x6f, 0x67, 0x3a, 0x20, 0xff, 0x0a])), /observatory\.yaml:1:6: .*UTF-8/],
    'no file': [(server) => rmSync(server.file), /observatory\.yaml: No such file or directory/],
    'a folder in its place': [(server) => (rmSync(server.file), mkdirSync(server.file)), /observatory\.yaml: not a regular file/],

    // the host's part
    'an unknown section': [config((c) => (c.lisen = 'x')), /lisen: unknown option; did you mean "listen"\?/],
    'an unknown key': [config((c) => (c.reload.timeot = '1s')), /reload\.timeot: unknown option; did you mean "timeout"\?/],
    'a number that is none': [config((c) => (c.workers = 'two')), /workers: expected a whole number, found "two"/],
    'a time without a unit': [config((c) => (c.reload.timeout = 'soon')), /reload\.timeout: expected .*, found "soon"/],
    'a number out of its range': [config((c) => (c.reload.max_generations = 1)), /reload\.max_generations: expected a whole number of at least 2, found "1"/],
    'a choice that is not offered': [config((c) => (c.log.level = 'loud')), /log\.level: expected one of .*, found "loud"/],
    'a switch that is neither on nor off': [config((c) => (c.http = { compress: 'perhaps' })), /http\.compress: expected on or off, found "perhaps"/],
    'a list where a value belongs': [config((c) => (c.shutdown_timeout = ['1s'])), /shutdown_timeout: expected \S/],
    'an address without a port': [config((c) => (c.listen = '127.0.0.1')), /listen 127\.0\.0\.1: expected host:port/],
    'a port that cannot be': [config((c) => (c.listen = '127.0.0.1:99999')), /listen 127\.0\.0\.1:99999: expected host:port/],
    'a host that is no address': [config((c, s) => (c.listen = [c.listen, `no.such.host.invalid:${s.port}`])), /listen no\.such\.host\.invalid:\d+: \S/],
    'an address of another machine': [config((c) => (c.listen = [c.listen, '203.0.113.1:18080'])), /listen 203\.0\.113\.1:18080: no interface of this machine has that address/],
    'a port that is taken': [config((c, s) => (c.listen = [c.listen, `127.0.0.1:${s.taken}`])), /listen 127\.0\.0\.1:\d+: address in use/],
    'a socket in a folder that is not there': [config((c, s) => (c.listen = [c.listen, `unix:${s.folder}/none/x.sock`])), /listen unix:.*none\/x\.sock: No such file or directory/],
    'a log file in a folder that is not there': [config((c, s) => (c.log.file = `${s.folder}/none/x.log`)), /log file .*none\/x\.log: No such file or directory/],
    'a log file that is a folder': [config((c, s) => (c.log.file = s.folder)), /log file .*: Is a directory/],
    'an access log in a folder that is not there': [config((c, s) => (c.log.access = `${s.folder}/none/a.log`)), /log file .*none\/a\.log: No such file or directory/],

    // values from outside
    'a variable that is not set': [options({ word: '${OBSERVATORY_NOT_SET}' }), /plugins\.swap\.word: the environment variable OBSERVATORY_NOT_SET is not set/],
    'a secret whose file is not there': [options({ word: '${file:/nowhere/secret}' }), /plugins\.swap\.word: \/nowhere\/secret: No such file or directory/],
    'a secret that everybody may write': [(server) => {
        const secret = join(server.folder, 'secret');
        writeFileSync(secret, 'hush');
        chmodSync(secret, 0o666);
        options({ word: `\${file:${secret}}` })(server);
    }, /secret: is writable by others than its owner; expected mode 0600/],

    // entries of plugins
    'a plugin that is nowhere': [config((c) => (c.plugins.helth = null)), /plugins\.helth: there is no plugin of this name in .*did you mean "health"/],
    'a list of plugins': [config((c) => (c.plugins = ['swap'])), /plugins: expected a mapping/],
    'an entry that is a number': [config((c) => (c.plugins.metrics = 5)), /plugins\.metrics: expected options as a mapping/],
    'a name with capitals': [config((c, s) => (c.plugins.Swap = s.entry('swap'))), /plugins\.Swap: expected a name of/],
    'a module that is no path': [config((c) => (c.plugins.swap.module = { a: 1 })), /plugins\.swap: module: expected the path/],
    'an unknown option': [options({ wrod: 'x' }), /plugins\.swap\.wrod: unknown option; did you mean "word"\?/],
    'an option of the wrong type': [options({ background: 'perhaps' }), /plugins\.swap\.background: expected on or off, found "perhaps"/],
    'an option over its maximum': [options({ block_for: '2h' }), /plugins\.swap\.block_for: expected .*1h.*, found "2h"/],
    'a mapping as the value of an option': [options({ word: { a: 1 } }), /plugins\.swap\.word: expected a text, found a mapping/],
    'a wish for the state that nobody knows': [options({ state: 'maybe' }), /plugins\.swap: state: expected keep or reset/],

    // the file of a plugin
    'no plugin file': [place(() => {}), /swap\.so refused: there is no such file/],
    'a folder as plugin': [place((path) => mkdirSync(path)), /swap\.so refused: it is not a regular file/],
    'a FIFO as plugin': [place((path) => execFileSync('mkfifo', [path])), /swap\.so refused: it is not a regular file/],
    'a device as plugin': [config((c) => (c.plugins.swap.module = '/dev/zero')), /\/dev\/zero refused: it is not a regular file/],
    'a symbolic link as plugin': [place((path) => symlinkSync(build('swap-2'), path)), /swap\.so refused: it is a symbolic link/],
    'an empty plugin file': [content(''), /swap\.so refused: it is too short for a shared object/],
    'text as plugin': [content('#!/bin/sh\necho no plugin\n'.repeat(50)), /swap\.so refused: it is not a shared object \(no ELF header\)/],
    'zeros as plugin': [content(Buffer.alloc(65536)), /swap\.so refused: it is not a shared object \(no ELF header\)/],
    'a plugin cut after 16 bytes': [content(good.subarray(0, 16)), /swap\.so refused: it is too short for a shared object/],
    'a plugin cut after its header': [content(good.subarray(0, 64)), /swap\.so refused: it is cut short/],
    'a plugin cut in its segments': [content(good.subarray(0, 4096)), /swap\.so refused: it is cut short/],
    'half a plugin': [content(good.subarray(0, good.length / 2)), /swap\.so refused: it is cut short/],
    'a plugin without its last byte': [content(good.subarray(0, good.length - 1)), /swap\.so refused: it is cut short/],
    'a plugin of 32 bits': [altered((b) => (b[ELF.class] = 1)), /swap\.so refused: it was built for another machine/],
    'a plugin of the other byte order': [altered((b) => (b[ELF.data] = 2)), /swap\.so refused: it was built for another machine/],
    'a plugin of another machine': [altered((b) => b.writeUInt16LE(0xf3, ELF.machine)), /swap\.so refused: it was built for another machine/],
    'an object file as plugin': [altered((b) => b.writeUInt16LE(1, ELF.type)), /swap\.so refused: it is an ELF file but not a shared object/],
    'segments beyond the end of the file': [altered((b) => b.writeBigUInt64LE(1n << 40n, firstSegment(b) + 32)), /swap\.so refused: it is cut short/],
    'a table of segments beyond the end': [altered((b) => b.writeBigUInt64LE(1n << 40n, ELF.phoff)), /swap\.so refused: it is cut short/],
    'a program as plugin': [place((path) => copyFileSync(binary, path)), /swap\.so refused: it carries no note of this server/],
    'a library as plugin': [place((path) => copyFileSync(join(binary, '../libobservatory.so.1'), path)), /swap\.so refused: it carries no note of this server/],

    // what the file says of itself
    'no note': [wrong('lint/no-note'), /swap\.so refused: it carries no note/],
    'a damaged note': [wrong('lint/long-note'), /swap\.so refused: its note is damaged/],
    'a note of another version': [wrong('note'), /swap\.so refused: its note says good 1\.2\.4 .*, its descriptor good 1\.2\.3/],
    'a later ABI': [wrong('major'), /swap\.so refused: it was built for ABI 2\.0, this host has 1\.0/],
    'a newer minor of the ABI': [wrong('minor'), /swap\.so refused: it needs ABI 1\.1, this host has 1\.0/],
    'no descriptor': [wrong('symbol'), /swap\.so refused: it does not export obs_plugin_entry/],
    'a descriptor without magic': [wrong('magic'), /swap\.so refused: its obs_plugin_entry does not begin with the magic number/],
    'a descriptor that is too short': [wrong('short'), /swap\.so refused: its descriptor says \d+ bytes, has \d+ and needs \d+/],
    'tables of another layout': [wrong('stride'), /swap\.so refused: its table of routes has entries of \d+ bytes, expected \d+/],
    'a name that is none': [wrong('name'), /swap\.so refused: its name "Not A Name" is not/],
    'an option outside of its struct': [wrong('option'), /swap\.so refused: option "limit" is .* outside the config struct/],
    'a need that is no service': [wrong('need'), /swap\.so refused: need 0 is no service id/],
    'a route without a handler': [wrong('route'), /swap\.so refused: route 0 lacks a path, handler/],
    'a function that the host lacks': [wrong('undefined'), /swap\.so refused: undefined symbol: obs_function_of_a_later_abi/],
    'other symbols than the descriptor': [wrong('lint/exports'), /swap\.so refused: it exports /],
    'thread-local variables of the static kind': [wrong('lint/static-tls'), /swap\.so refused: its thread-local variables .*DF_STATIC_TLS/],
    'code that must be written to': [wrong('lint/text-relocations'), /swap\.so refused: its code must be written to when it is loaded/],
    'an executable stack': [wrong('lint/stack'), /swap\.so refused: it would make the stacks of the server executable/],
    'a symbol that is one in the process': [wrong('lint/unique'), /swap\.so refused: it exports _ZN6shared5countE/],

    // who may write to it
    'a plugin that everybody may write': [mode(0o666), /swap\.so refused: everybody may write to it \(mode 666\): chmod go-w/],
    'a plugin that its group may write': [mode(0o664), /swap\.so refused: its group may write to it \(mode 664\): chmod go-w/, { possible: root }],
    'a plugin of somebody else': [place((path) => {
        writeFileSync(path, good, { mode: 0o644 });
        chownSync(path, 12345, 0);
    }), /swap\.so refused: it belongs to user 12345, expected root or user 0/, { possible: root }],
    'a plugin that cannot be read': [mode(0o000), /swap\.so refused: it cannot be opened/, { possible: !root }],
    'a folder that everybody may write': [(server) => chmodSync(join(server.folder, 'plugins'), 0o777), /swap\.so refused: everybody may write to its folder/],

    // what becomes of it
    'create() that fails': [options({ fail: 'create' }), /plugin swap: create failed: told to fail in create/],
    'start() that fails': [options({ fail: 'start' }), /plugin swap: start failed: told to fail in start/],
    'worker_start() that fails': [options({ fail: 'worker_start' }), /plugin swap: worker_start failed: told to fail in worker_start/],
    'create() that takes too long': [options({ block: 'create', block_for: '3s' }), /reload\.timeout \(2\.0 s\) ended during: create of swap/],
    'start() that takes too long': [options({ block: 'start', block_for: '3s' }), /reload\.timeout \(2\.0 s\) ended during: start of swap/],
    'state that the new build cannot read': [(server) => server.install('swap-old'), /swap 0\.9\.0 reads state of version 1 to 1, the running 1\.0\.0 has version 2/],
    'a service that nobody provides': [beside((s) => ({ taker: s.entry('taker') }), ['taker']), /plugins\.taker: taker needs test\.word\/1, which no plugin of this configuration provides/],
    'a service that is declared only': [beside((s) => ({ giver: s.entry('giver') }), ['giver-silent']), /plugin giver: create failed: it did not provide test\.word\/1, which it declares/],
    'a circle of needs': [beside((s) => ({ giver: s.entry('giver'), taker: s.entry('taker') }), ['giver-circular', 'taker']), /plugins need each other in a circle: giver needs taker needs giver/],
    'two providers of one service': [beside((s) => ({ giver: s.entry('giver'), other: s.entry('giver'), taker: s.entry('taker') }), ['giver-1', 'taker']), /taker needs test\.word\/1, which both giver and other provide: choose one/],
    'a chosen provider that is not there': [config((c, s) => {
        for (const name of ['giver-1', 'taker']) s.install(name);
        Object.assign(c.plugins, { giver: s.entry('giver'), taker: s.entry('taker') });
        c.services = { 'test.word/1': 'nobody' };
    }), /nobody/],
    'a route that two have': [beside((s) => ({ again: s.entry('swap') })), /plugins\.again: route \/swap\/whole: conflicts with \/swap\/whole of plugin swap/, { sentences: 5 }],
};

// ---- the tests -----------------------------------------------------------------------

let server, load, blocker, baseline;
let word = 0;

before(async () => {
    server = new SwapServer({ host: { reload: { timeout: '2s' } } });
    await server.start();
    blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => blocker.once('listening', done));
    server.taken = blocker.address().port;
    baseline = JSON.stringify(server.config);
    load = traffic(server, { idle: 4, wait: 2, upload: 1, slow: 1 });
});

/** Everything as it should be, with a word that was not there before. */
async function mend() {
    rmSync(server.file, { recursive: true, force: true });
    rmSync(server.path('swap'), { recursive: true, force: true });
    chmodSync(join(server.folder, 'plugins'), 0o755);
    server.install('swap-1');
    server.config = JSON.parse(baseline);
    server.config.plugins.swap.word = `word ${++word}`;
    await server.switched({ wait: false });
    assert.equal((await server.state()).word, `word ${word}`, 'the next good reload works');
}

for (const [kind, [spoil, words, { possible = true, sentences = 1 } = {}]] of Object.entries(kinds)) {
    test(kind, { skip: !possible && `${root ? '' : 'not '}root` }, async () => {
        const { number } = (await server.status()).generations[0];
        const { word: current } = await server.state();
        await server.settled();
        server.journal();
        try {
            spoil(server);
            const { code, out, err } = await server.command();
            assert.equal(code, 1, `${out}${err}`);
            assert.match(err, /^observatory: reload refused, the server goes on as before\n {2}\S/);
            assert.match(err, words);
            assert.equal(err.split('\n').length, sentences + 2, `each mistake is told once:\n${err}`);
            assert.equal(out, '');
            const status = await server.status();
            assert.equal(status.generations[0].number, number);
            assert.equal(status.last_reload.result, 'refused');
            assert.equal((await server.state()).word, current);
            assert.deepEqual(server.journal().filter((line) => line.includes(' 1.0.0 ')), [], 'the one in use is not called');
        } finally {
            await mend();
        }
    });
}

test('all the while every request was answered, and nothing is left', async () => {
    const report = await load.stop();
    assert.equal(report.failed, 0, report.failures.join('\n'));
    assert.ok(report.ok > 1000);
    const status = await server.settled();
    assert.equal(status.images.in_use, 3);
    assert.equal(server.usage().copies, 3 + status.images.idle);
    assert.doesNotMatch(server.output(), /mixed|after destroy/);
});

after(async () => {
    blocker?.close();
    const ended = await server.stop();
    assert.deepEqual(ended, { code: 0, signal: null }, server.output());
    server.dispose();
});
