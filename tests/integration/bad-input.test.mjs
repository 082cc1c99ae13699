// SPDX-License-Identifier: Apache-2.0
// Bad input of each kind of the API's error table: the documented status and
// code, what was wrong and where, and the server goes on.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { serve } from './server.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends bytes as they are; resolves to {status, body} of the first answer. */
function raw(server, text, { end = false } = {}) {
    return new Promise((done, fail) => {
        let answer = '';
        const socket = connect(server.port, '127.0.0.1', () => (end ? socket.end(text, 'latin1') : socket.write(text, 'latin1')));
        socket.setTimeout(20000, () => socket.destroy(new Error('no answer')));
        const finish = () => {
            const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
            const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
            const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0);
            if (status && Buffer.byteLength(body) >= length) {
                socket.destroy();
                let json;
                try {
                    json = JSON.parse(body);
                } catch {
                    json = undefined;
                }
                done({ status, body: json, head: answer.slice(0, answer.indexOf('\r\n\r\n')) });
                return true;
            }
            return false;
        };
        socket.on('data', (d) => ((answer += d), finish()));
        socket.on('end', () => finish() || fail(new Error(`closed without an answer: ${answer}`)));
        socket.on('error', fail);
    });
}

test('errors', async (t) => {
    const server = await serve(t, { sets: { 'plugins.hello': '{}', 'plugins.echo': '{}', 'http.header_timeout': '300ms', 'http.max_target': '4KiB' } });

    const wrong = (answer, status, code) => {
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        assert.equal(answer.body.error.code, code);
        assert.ok(answer.body.error.message.length > 5);
        assert.ok(answer.body.meta.request_id);
        assert.ok(answer.body.meta.timestamp);
    };
    const queries = [
        ['limit=0', 'limit'], ['limit=1001', 'limit'], ['limit=x', 'limit'], ['status=maybe', 'status'], ['sort_by=input_text', 'sort_by'],
        ["sort_by=ts;DROP TABLE spans", 'sort_by'], ['sort_order=up', 'sort_order'], ['from=yesterday', 'from'], ['min_cost=abc', 'min_cost'],
        ['trace_id=xyz', 'trace_id'], ['roots_only=perhaps', 'roots_only'], ['include=everything', 'include'],
    ];
    for (const [query, field] of queries)
        await t.test(`query ${query}`, async () => {
            const answer = await server.get(`/api/v1/traces?${query}`);
            assert.equal(answer.status, 400, answer.text);
            assert.equal(answer.body.error.field, field);
        });
    await t.test('unknown parameter: did you mean', async () => {
        const answer = await server.get('/api/v1/traces?modle=x');
        wrong(answer, 400, 1202);
        assert.match(answer.body.error.message + (answer.body.error.details ?? ''), /model/);
    });
    await t.test('unknown field lists the known ones', async () => {
        const answer = await server.get('/api/v1/traces?fields=ts,nonsense');
        wrong(answer, 400, 1202);
        assert.match(answer.text, /span_id/);
    });
    await t.test('range', async () => wrong(await server.get('/api/v1/traces?from=now&to=now-1h'), 400, 1204));
    await t.test('cursor', async () => wrong(await server.get('/api/v1/traces?cursor=AAAA'), 400, 1203));
    await t.test('no such trace', async () => wrong(await server.get('/api/v1/traces/' + 'a'.repeat(32)), 404, 1300));
    await t.test('malformed trace id', async () => wrong(await server.get('/api/v1/traces/xyz'), 400, 1200));
    await t.test('no such route', async () => wrong(await server.get('/no/such/route'), 404, 1301));
    await t.test('method', async () => {
        const answer = await server.get('/api/v1/traces', { method: 'DELETE' });
        wrong(answer, 405, 1302);
        assert.match(answer.headers.get('allow'), /GET/);
    });
    await t.test('body is no JSON: line and column', async () => {
        const answer = await server.post('/v1/traces', '{"resourceSpans":\n [}', JSON_TYPE);
        wrong(answer, 400, 1206);
        assert.match(answer.text, /line 2/);
    });
    await t.test('body is no protobuf', async () => {
        const answer = await fetch(`${server.url}/v1/traces`, { method: 'POST', body: Buffer.from([0x0a, 0xff]), headers: { 'content-type': 'application/x-protobuf' } });
        assert.equal(answer.status, 400);
    });
    await t.test('media type', async () => wrong(await server.post('/v1/traces', 'x', { 'content-type': 'text/plain' }), 415, 1208));
    await t.test('content coding', async () => wrong(await server.post('/v1/traces', 'x', { ...JSON_TYPE, 'content-encoding': 'br' }), 415, 1208));
    await t.test('broken gzip', async () => assert.equal((await server.post('/v1/traces', 'no gzip', { ...JSON_TYPE, 'content-encoding': 'gzip' })).status, 400));
    await t.test('body too large, by length', async () =>
        wrong(await raw(server, 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n'), 413, 1207));
    await t.test('gzip bomb', async () => wrong(await server.post('/v1/traces', gzipSync(Buffer.alloc(64 << 20)), { ...JSON_TYPE, 'content-encoding': 'gzip' }), 413, 1207));
    await t.test('target too long', async () => wrong(await raw(server, `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`), 414, 1209));
    await t.test('header too large', async () => wrong(await raw(server, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(200000)}\r\n\r\n`), 431, 1209));
    await t.test('expectation', async () =>
        wrong(await raw(server, 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\n'), 417, 1210));
    await t.test('header never ends', async () => wrong(await raw(server, 'GET / HTTP/1.1\r\nHost: x\r\n'), 408, 1213));

    const refused = {
        'TE and CL': 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'two lengths': 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
        'two equal lengths': 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na',
        'negative length': 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
        'obs-fold': 'GET /hello/x HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n',
        'bare LF': 'GET /hello/x HTTP/1.1\nHost: x\n\n',
        'space before colon': 'GET /hello/x HTTP/1.1\r\nHost : x\r\n\r\n',
        'no Host': 'GET /hello/x HTTP/1.1\r\n\r\n',
        'two Hosts': 'GET /hello/x HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
        'invalid Host': 'GET /hello/x HTTP/1.1\r\nHost: a b\r\n\r\n',
        'NUL in a value': 'GET /hello/x HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n',
        'bad escape': 'GET /hello/%zz HTTP/1.1\r\nHost: x\r\n\r\n',
        'escaped NUL': 'GET /hello/%00 HTTP/1.1\r\nHost: x\r\n\r\n',
        'path is no UTF-8': 'GET /hello/%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n',
        'bad chunk size': 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
        garbage: '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n',
    };
    for (const [name, text] of Object.entries(refused))
        await t.test(`refused: ${name}`, async () => {
            const answer = await raw(server, text);
            assert.equal(answer.status, 400, answer.head);
            assert.ok(answer.body.error.code);
            assert.match(answer.head, /connection: close/i);
        });
    await t.test('transfer coding', async () => {
        const answer = await raw(server, 'POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n');
        assert.equal(answer.status, 501);
    });
    await t.test('version', async () => assert.equal((await raw(server, 'GET / HTTP/3.7\r\nHost: x\r\n\r\n')).status, 505));

    await t.test('native JSON: errors with their index, the rest is stored', async () => {
        const good = { trace_id: 'c'.repeat(32), span_id: 'd'.repeat(16), ts: '2026-01-02T03:04:05Z', duration_ms: 5, span_name: 'good' };
        const answer = await server.post('/api/v1/traces', JSON.stringify([good, { ...good, span_id: 'nope' }]));
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.body.data.accepted, 1);
        assert.equal(answer.body.data.rejected, 1);
        assert.equal(answer.body.data.errors[0].index, 1);
        assert.equal(answer.body.data.errors[0].field, 'span_id');
    });
    await t.test('OTLP: invalid spans are rejected partially', async () => {
        const spans = [
            { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'ok', startTimeUnixNano: '1000000000', endTimeUnixNano: '2000000000' },
            { traceId: '0'.repeat(32), spanId: 'b'.repeat(16), name: 'no id', startTimeUnixNano: '1000000000', endTimeUnixNano: '2000000000' },
        ];
        const answer = await server.post('/v1/traces', JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
        assert.equal(answer.status, 200);
        assert.equal(Number(answer.body.partialSuccess.rejectedSpans), 1);
        assert.match(answer.body.partialSuccess.errorMessage, /trace/i);
    });
    await t.test('after all that the server answers', async () => {
        assert.equal((await server.get('/hello/again')).status, 200);
        assert.equal((await server.get('/health')).body.status, 'healthy');
    });
});
