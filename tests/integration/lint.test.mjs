// SPDX-License-Identifier: Apache-2.0
// `observatory lint`: findings, summaries and exit codes.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { binary, privateFolder, run } from './server.mjs';

const built = join(dirname(binary), '..');
const hello = join(built, 'sdk/examples/hello/hello.so');
const stock = ['feedback', 'health', 'ingest', 'metrics', 'store-sqlite', 'trace-search'].map((name) => join(built, `plugins/${name}/${name}.so`));

/** A copy of hello.so after `change` has had its bytes. */
function altered(change) {
    const file = join(privateFolder(), 'hello.so');
    writeFileSync(file, change(readFileSync(hello)));
    return file;
}

test('nothing of a stock plugin is refused', async () => {
    const { code, out, err } = await run(['lint', hello, ...stock]);
    assert.equal(code, 0, out + err);
    assert.equal(err, '');
    assert.match(out, new RegExp(`^${hello}: hello \\d+\\.\\d+\\.\\d+, ABI 1\\.0: can be unmapped$`, 'm'));
    for (const file of stock) assert.ok(out.includes(`${file}: `));
    assert.doesNotMatch(out, / refuse/);
});

test('a damaged file is refused with rule and sentence, others are still looked at', async () => {
    const cut = altered((bytes) => bytes.subarray(0, bytes.length - 1));
    const { code, out } = await run(['lint', cut, hello]);
    assert.equal(code, 1);
    assert.match(out, new RegExp(`^${cut}: refuse damaged: it is cut short .*$`, 'm'));
    assert.match(out, new RegExp(`^${cut}: refused$`, 'm'));
    assert.match(out, new RegExp(`^${hello}: hello `, 'm'));
});

test('what needs a newer host is refused from its note', async () => {
    const newer = altered((bytes) => {
        const owner = bytes.indexOf('Observatory\0');
        assert.ok(owner > 0);
        bytes.writeUInt16LE(42, owner + 'Observatory\0'.length + 2);
        return bytes;
    });
    const { code, out } = await run(['lint', newer]);
    assert.equal(code, 1);
    assert.match(out, /: refuse abi: it needs ABI 1\.42, this host has 1\.0: a newer observatory runs it$/m);
    assert.match(out, /: hello \S+, ABI 1\.42: refused$/m);
});

test('warnings count with --strict only', async () => {
    // a plugin of the build folder finds the library of the host by its RUNPATH
    const lenient = await run(['lint', hello]);
    assert.equal(lenient.code, 0);
    assert.match(lenient.out, /: warn rpath: /);
    const strict = await run(['lint', '--strict', hello]);
    assert.equal(strict.code, 1);
    assert.equal(strict.out, lenient.out);
});

test('files that cannot be read and wrong words have exit codes of their own', async () => {
    const folder = privateFolder();
    mkdirSync(join(folder, 'folder.so'));
    const missing = await run(['lint', join(folder, 'none.so'), hello]);
    assert.equal(missing.code, 66);
    assert.match(missing.err, /none\.so cannot be read: No such file/);
    assert.match(missing.out, /hello \S+, ABI/);
    const wrong = await run(['lint', join(folder, 'folder.so')]);
    assert.equal(wrong.code, 66);
    assert.match(wrong.err, /folder\.so is not a regular file/);
    assert.equal((await run(['lint'])).code, 64);
    const option = await run(['lint', '--srtict', hello]);
    assert.equal(option.code, 64);
    assert.match(option.err, /lint does not take "--srtict"/);
});
