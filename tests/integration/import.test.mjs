// SPDX-License-Identifier: Apache-2.0
// `observatory ingest import`: every format, gzip, standard input, what is there
// already, what is wrong.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { config, privateFolder, root, run } from './server.mjs';

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
