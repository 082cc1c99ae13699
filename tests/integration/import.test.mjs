// SPDX-License-Identifier: Apache-2.0
// `observatory ingest import`: every format, gzip, standard input, what is there
// already, what is wrong.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { binary, config, privateFolder, root, run } from './server.mjs';

const native = (n) => JSON.stringify({ trace_id: 'c'.repeat(31) + n, span_id: 'd'.repeat(15) + n, ts: '2026-01-02T03:04:05Z', duration_ms: 5, span_name: `s${n}` });
const otlp = (n) => ({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'a'.repeat(31) + n, spanId: 'b'.repeat(15) + n, name: 'x', startTimeUnixNano: '1000000000', endTimeUnixNano: '2000000000' }] }] }] });

/** One span in OTLP protobuf, by hand: ids, name, times. */
function proto(n) {
    const field = (number, bytes) => Buffer.concat([Buffer.from([number << 3 | 2, bytes.length]), bytes]);
    const fixed = (number, value) => { const b = Buffer.alloc(9); b[0] = number << 3 | 1; b.writeBigUInt64LE(value, 1); return b; };
    const span = Buffer.concat([field(1, Buffer.alloc(16, n)), field(2, Buffer.alloc(8, n)), field(5, Buffer.from('p')), fixed(7, 1000000000n), fixed(8, 2000000000n)]);
    return field(1, field(2, field(2, span)));
}

test('files of every format are imported once', async () => {
    const folder = privateFolder();
    const database = ['--config', config, '--set', `plugins.store-sqlite.path=${join(folder, 'o.db')}`];
    const file = (name, content) => (writeFileSync(join(folder, name), content), join(folder, name));
    const framed = (...bodies) => Buffer.concat(bodies.flatMap((b) => { const head = Buffer.alloc(4); head.writeUInt32BE(b.length); return [head, b]; }));
    const files = {
        [file('pretty.json', JSON.stringify(otlp(1), null, 2))]: 1,
        [file('lines.json', `${JSON.stringify(otlp(2))}\n${JSON.stringify(otlp(3))}\n`)]: 2,
        [file('lines.json.gz', gzipSync(`${JSON.stringify(otlp(4))}\n`))]: 1,
        [file('spans.jsonl', `${native(1)}\n\n${native(2)}\r\n${native(3)}`)]: 3,
        [file('array.json', `[\n${native(4)},\n${native(5)}\n]`)]: 2,
        [file('one.pb', proto(7))]: 1,
        [file('many.pb.gz', gzipSync(framed(proto(8), proto(9))))]: 2,
        [join(root, 'tests/fixtures/otlp-example-trace.json')]: 1,
    };
    const first = await run(['ingest', 'import', ...Object.keys(files), ...database]);
    assert.equal(first.code, 0, first.err);
    for (const [path, n] of Object.entries(files)) assert.ok(first.out.includes(`${path}: ${n} spans stored, 0 repeated, 0 rejected`), first.out);
    const again = await run(['ingest', 'import', ...Object.keys(files), ...database]);
    assert.equal(again.code, 0);
    for (const [path, n] of Object.entries(files)) assert.ok(again.out.includes(`${path}: 0 spans stored, ${n} repeated, 0 rejected`), again.out);
    const piped = await run(['ingest', 'import', '-', ...database], { input: native(6) });
    assert.match(piped.out, /^-: 1 spans stored/);
});

test('what is wrong is told with its line and does not stop the rest', async () => {
    const folder = privateFolder();
    const database = ['--config', config, '--set', `plugins.store-sqlite.path=${join(folder, 'o.db')}`];
    const path = join(folder, 'mixed.jsonl');
    writeFileSync(path, `${native(1)}\n{"trace_id": 5\n${native(2)}\n${native(3).replace('2026-01-02T03:04:05Z', 'yesterday')}\n`);
    const mixed = await run(['ingest', 'import', path, ...database]);
    assert.equal(mixed.code, 65);
    assert.match(mixed.out, /2 spans stored, 0 repeated, 2 rejected/);
    assert.match(mixed.err, /mixed\.jsonl:2: /);
    assert.match(mixed.err, /mixed\.jsonl:4: ts/);
    writeFileSync(join(folder, 'cut.json.gz'), gzipSync(Buffer.from(JSON.stringify(otlp(1)))).subarray(0, 40));
    assert.equal((await run(['ingest', 'import', join(folder, 'cut.json.gz'), ...database])).code, 65);
    assert.equal((await run(['ingest', 'import', join(folder, 'no-such-file'), ...database])).code, 66);
    assert.equal((await run(['ingest', 'import', '--no-such-option', ...database])).code, 64);
    assert.equal((await run(['ingest', 'import', ...database])).code, 64);
});

/** Feeds `observatory ingest import -` for ever and interrupts it: {code, signal, out, err, ms it took to end}. */
async function interrupted(line, database) {
    const child = spawn(binary, ['ingest', 'import', '-', ...database]);
    const ended = new Promise((done) => child.on('close', (code, signal) => done({ code, signal, at: performance.now() })));
    let out = '', err = '', n = 0, at;
    child.stdout.on('data', (d) => (out += d));
    child.stderr.on('data', (d) => (err += d));
    child.stdin.on('error', () => {}); // it ends while it is fed
    for (let open = true; open && n < 200000; open = child.stdin.writable && child.exitCode === null) {
        if (n === 20000) {
            at = performance.now();
            child.kill('SIGINT');
            setTimeout(() => child.kill('SIGKILL'), 5000).unref();
        }
        let text = '';
        for (let i = 0; i < 1000; i++) text += line(n++);
        if (!child.stdin.write(text)) await Promise.race([new Promise((done) => child.stdin.once('drain', done)), ended]);
    }
    child.stdin.destroy();
    const { code, signal, at: end } = await ended;
    return { code, signal, out, err, ms: end - at };
}

test('an interrupt ends an import at once, and what it stored is there', async (t) => {
    const folder = privateFolder();
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const database = ['--config', config, '--set', `plugins.store-sqlite.path=${join(folder, 'o.db')}`];
    const line = (n) => `{"trace_id":"${'c'.repeat(24)}${n.toString(16).padStart(8, '0')}","span_id":"${'d'.repeat(16)}","ts":"2026-01-02T03:04:05Z","duration_ms":5,"span_name":"s"}\n`;
    const { code, signal, out, err, ms } = await interrupted(line, database);
    assert.equal(signal, null, 'it did not end by itself');
    assert.equal(code, 75);
    assert.match(err, /^-: interrupted$/m);
    assert.ok(ms < 1000, `it took ${ms} ms`);
    const stored = Number(/^-: (\d+) spans stored, 0 repeated, 0 rejected$/m.exec(out)?.[1]);
    assert.ok(stored > 0, out);
    const path = join(folder, 'stored.jsonl');
    writeFileSync(path, Array.from({ length: stored + 1 }, (_, n) => line(n)).join(''));
    const again = await run(['ingest', 'import', path, ...database]);
    assert.match(again.out, new RegExp(`: 1 spans stored, ${stored} repeated, 0 rejected`));
});
