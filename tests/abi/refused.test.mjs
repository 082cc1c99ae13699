// SPDX-License-Identifier: Apache-2.0
// Plugins that need another ABI than the host's are refused with a sentence:
// by the note before any of their code runs, by the descriptor when the note
// was wrong, by the version node when both were. The same plugin of the host's
// own ABI loads, so it is the ABI that is refused.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { privateFolder, root, run } from '../integration/server.mjs';

const gcc = (...args) => promisify(execFile)('gcc', args);
const constant = (name) => Number(new RegExp(`^#define ${name} (\\d+)`, 'm').exec(readFileSync(join(root, 'sdk/include/observatory/base.h'), 'utf8'))[1]);
const major = constant('OBS_ABI_MAJOR');
const minor = constant('OBS_ABI_MINOR');

/** Compiles tests/abi/refused.c: [major, minor] more than the host's. */
async function built(folder, { descriptor = [0, 0], note = descriptor, flags = [] } = {}) {
    const file = join(folder, 'refused.so');
    await gcc(
        '-shared', '-fPIC', '-fvisibility=hidden', `-I${root}/sdk/include`, `-Wl,--version-script=${root}/sdk/plugin.map`,
        `-DDESCRIPTOR_MAJOR=(${descriptor[0]})`, `-DDESCRIPTOR_MINOR=(${descriptor[1]})`, `-DNOTE_MAJOR=(${note[0]})`, `-DNOTE_MINOR=(${note[1]})`,
        join(root, 'tests/abi/refused.c'), ...flags, '-o', file,
    );
    return file;
}

/** What `observatory check` says of it. */
async function checked(options) {
    const folder = privateFolder();
    const config = join(folder, 'config.yaml');
    writeFileSync(config, `plugins:\n  refused:\n    module: ${await built(folder, options)}\n`);
    return run(['check', '--config', config]);
}

async function refused(options, sentence, { runs = false } = {}) {
    const { code, err } = await checked(options);
    assert.notEqual(code, 0);
    assert.match(err, sentence);
    assert.equal(/code of the refused plugin runs/.test(err), runs, err);
}

test('the ABI of the host is accepted', async () => {
    const { code, err } = await checked();
    assert.equal(code, 0, err);
    assert.match(err, /code of the refused plugin runs/);
});

const needs = new RegExp(`refused\\.so refused: it needs ABI ${major}\\.${minor + 1}, this host has ${major}\\.${minor}: a newer observatory runs it`);
const foreign = (other) => new RegExp(`refused\\.so refused: .*ABI ${other}\\.${minor}, this host has ${major}\\.${minor}`);

test('a newer minor, by its note', () => refused({ descriptor: [0, 1] }, needs));
test('a newer minor, by its descriptor', () => refused({ descriptor: [0, 1], note: [0, 0] }, needs, { runs: true }));
test('a later major, by its note', () => refused({ descriptor: [1, 0] }, foreign(major + 1)));
test('a later major, by its descriptor', () => refused({ descriptor: [1, 0], note: [0, 0] }, foreign(major + 1), { runs: true }));
test('an earlier major, by its note', () => refused({ descriptor: [-1, 0] }, foreign(major - 1)));

test('a function of a newer minor, though note and descriptor say otherwise', async () => {
    const folder = privateFolder();
    const node = `OBS_${major}.${minor + 1}`;
    writeFileSync(join(folder, 'news.c'), 'void obs_news(void) { }\n');
    writeFileSync(join(folder, 'map'), `${node} { global: obs_news; local: *; };\n`);
    const newer = join(folder, 'libobservatory.so.1');
    await gcc('-shared', '-fPIC', join(folder, 'news.c'), '-Wl,-soname,libobservatory.so.1', `-Wl,--version-script=${join(folder, 'map')}`, '-o', newer);
    await refused({ flags: ['-DNEWS', newer] }, new RegExp(`refused\\.so refused: .*${node.replace('.', '\\.')}`));
});
