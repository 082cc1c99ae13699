// SPDX-License-Identifier: Apache-2.0
// HTTP through the whole process: uploads of every framing echoed byte for
// byte, a slow reader, UNIX sockets and IPv6, compression, HEAD and OPTIONS.
import assert from 'node:assert/strict';
import { randomBytes, createHash } from 'node:crypto';
import http from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { freePort, metric, serve } from './server.mjs';

const options = { sets: { 'plugins.hello': '{}', 'plugins.echo': '{}' } };
const sha = (data) => createHash('sha256').update(data).digest('hex');

function exchange(target, { method = 'GET', headers = {}, pieces = [], slow = 0 } = {}) {
    return new Promise((done, fail) => {
        const req = http.request(target, { method, headers }, async (res) => {
            const parts = [];
            if (slow) await new Promise((next) => setTimeout(next, slow));
            for await (const part of res) parts.push(part);
            done({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts) });
        });
        req.on('error', fail);
        (async () => {
            for (const piece of pieces) if (!req.write(piece)) await new Promise((next) => req.once('drain', next));
            req.end();
        })();
    });
}

test('hello answers JSON, any name, HEAD and OPTIONS', async (t) => {
    const server = await serve(t, options);
    const hello = await server.get('/hello/' + encodeURIComponent('Wörld "7"'));
    assert.equal(hello.status, 200);
    assert.match(hello.headers.get('content-type'), /^application\/json/);
    assert.match(hello.body.message, /Wörld "7"/);
    assert.ok(hello.headers.get('x-request-id'));
    assert.ok(Date.parse(hello.headers.get('date')));
    const head = await exchange(`${server.url}/hello/x`, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    assert.ok(Number(head.headers['content-length']) > 0);
    const allow = await exchange(`${server.url}/hello/x`, { method: 'OPTIONS' });
    assert.equal(allow.status, 204);
    assert.match(allow.headers.allow, /GET.*HEAD|HEAD.*GET/);
    const own = await server.get('/hello/x', { headers: { 'x-request-id': 'abc-123' } });
    assert.equal(own.headers.get('x-request-id'), 'abc-123');
});

test('echo returns what it got: length, chunked, gzip, 32 MiB to a slow reader', async (t) => {
    // a sanitized build keeps freed memory in quarantine, which would count as growth
    const env = { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:quarantine_size_mb=4:thread_local_quarantine_size_kb=64` };
    const server = await serve(t, { env, sets: { ...options.sets, 'http.max_body': '64MiB' } });
    for (const size of [0, 1, 1023, 65536, 1 << 20]) {
        const body = randomBytes(size);
        const known = await exchange(`${server.url}/echo/a`, { method: 'POST', pieces: size ? [body] : [], headers: { 'content-length': size, 'content-type': 'application/x-test' } });
        assert.equal(sha(known.body), sha(body));
        assert.equal(known.headers['content-type'], 'application/x-test');
        const chunked = await exchange(`${server.url}/echo/b`, { method: 'PUT', pieces: size ? [body.subarray(0, size >> 1), body.subarray(size >> 1)].filter((p) => p.length) : [] });
        assert.equal(sha(chunked.body), sha(body));
        const gzip = await exchange(`${server.url}/echo/c`, { method: 'POST', pieces: [gzipSync(body)], headers: { 'content-encoding': 'gzip' } });
        assert.equal(sha(gzip.body), sha(body));
    }
    const piece = randomBytes(1 << 20);
    const rss = await metric(server, 'process_resident_memory_bytes');
    const big = await exchange(`${server.url}/echo/big`, { method: 'POST', pieces: Array(32).fill(piece), slow: 500 });
    assert.equal(big.body.length, 32 << 20);
    assert.equal(sha(big.body), sha(Buffer.concat(Array(32).fill(piece))));
    const grown = (await metric(server, 'process_resident_memory_bytes')) - rss;
    assert.ok(grown < 24 << 20, `streaming 32 MiB grew the process by ${grown >> 20} MiB`);
});

test('answers are compressed by negotiation', async (t) => {
    const server = await serve(t);
    const plain = await exchange(`${server.url}/metrics`, { headers: { 'accept-encoding': 'identity' } });
    assert.equal(plain.headers['content-encoding'], undefined);
    const gzip = await exchange(`${server.url}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(gzip.headers['content-encoding'], 'gzip');
    assert.match(gzip.headers.vary, /accept-encoding/i);
    assert.match(gunzipSync(gzip.body).toString(), /http_requests_total/);
    const zstd = await exchange(`${server.url}/metrics`, { headers: { 'accept-encoding': 'gzip;q=0.5, zstd' } });
    assert.equal(zstd.headers['content-encoding'], 'zstd');
    assert.deepEqual([...zstd.body.subarray(0, 4)], [0x28, 0xb5, 0x2f, 0xfd]);
    const refused = await exchange(`${server.url}/metrics`, { headers: { 'accept-encoding': 'gzip;q=0, zstd;q=0' } });
    assert.equal(refused.headers['content-encoding'], undefined);
});

test('several addresses at once: IPv4, IPv6, a UNIX socket', async (t) => {
    const port = await freePort();
    const six = await freePort();
    const { privateFolder, Server } = await import('./server.mjs');
    const folder = privateFolder();
    const path = join(folder, 'http.sock');
    const server = new Server({ folder, sets: { ...options.sets, listen: `["127.0.0.1:${port}", "[::1]:${six}", "unix:${path}"]` } });
    server.port = port;
    await server.start();
    t.after(async () => {
        assert.equal((await server.stop()).code, 0);
        server.dispose();
    });
    assert.equal((await exchange(`http://[::1]:${six}/hello/six`)).status, 200);
    const over = await new Promise((done, fail) => {
        http.get({ socketPath: path, path: '/hello/unix' }, (res) => {
            res.resume();
            res.on('end', () => done(res.statusCode));
        }).on('error', fail);
    });
    assert.equal(over, 200);
});

test('pipelined requests are answered in order', async (t) => {
    const server = await serve(t, options);
    const n = 200;
    const text = await new Promise((done, fail) => {
        let got = '';
        const socket = connect(server.port, '127.0.0.1', () => {
            let out = '';
            for (let i = 0; i < n; i++) out += i % 3 ? `GET /hello/n${i} HTTP/1.1\r\nHost: x\r\n\r\n` : `POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: ${`n${i}`.length}\r\n\r\nn${i}`;
            socket.end(out);
        });
        socket.on('data', (d) => (got += d));
        socket.on('end', () => done(got));
        socket.on('error', fail);
    });
    const order = [...text.matchAll(/\bn(\d+)(?=\b|HTTP)/g)].map((m) => Number(m[1]));
    assert.deepEqual(order, Array.from({ length: n }, (_, i) => i));
    assert.equal(text.match(/HTTP\/1\.1 200 OK/g).length, n);
});

test('clients that leave in the middle leave nothing behind', async (t) => {
    const server = await serve(t, options);
    for (let i = 0; i < 100; i++)
        await new Promise((done) => {
            const socket = connect(server.port, '127.0.0.1', () => {
                socket.write(i % 2 ? 'POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc' : 'GET /hello/x HT');
                setTimeout(() => (socket.destroy(), done()), 2);
            });
        });
    for (let tries = 0; tries < 100; tries++) {
        if ((await metric(server, 'http_requests_in_flight')) <= 1) return;
        await new Promise((next) => setTimeout(next, 50));
    }
    assert.fail('requests of vanished clients are still in flight');
});
