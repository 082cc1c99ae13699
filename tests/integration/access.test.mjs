// SPDX-License-Identifier: Apache-2.0
// The access log: one line a request, as text and as JSON, without secrets.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { privateFolder, serve, until } from './server.mjs';

/** Sends bytes as they are and resolves to what comes back before the end. */
function raw(port, bytes) {
    return new Promise((done, fail) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
        let text = '';
        socket.on('data', (d) => (text += d.toString('latin1')));
        socket.on('error', fail);
        socket.on('close', () => done(text));
    });
}

/** The lines of three requests: a good one, one with a secret, one that is no HTTP. */
async function lines(t, format) {
    const folder = privateFolder(), path = join(folder, 'access.log');
    const server = await serve(t, { folder, sets: { 'plugins.hello': '{}', 'log.access': path, 'log.format': format } });
    const headers = { 'x-request-id': 'mine', 'user-agent': 'tester "1"' };
    await server.get('/hello/you', { headers });
    await server.get('/hello/you?token=secret&n=1', { headers });
    await raw(server.port, 'nonsense\r\n\r\n');
    const own = () => readFileSync(path, 'utf8').split('\n').filter((line) => line && !line.includes('/health/ready'));
    await until('a line for each', () => own().length >= 3);
    return own();
}

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

test('text for people', async (t) => {
    const expected = [
        String.raw`GET /hello/you 200 \d+\.\d ms \d+ B id=mine`,
        String.raw`GET /hello/you\?token=\*\*\*&n=1 400 \d+\.\d ms \d+ B id=mine`,
        String.raw`- - 501 \d+\.\d ms \d+ B id=[0-9a-f]{32}`,
    ];
    const written = await lines(t, 'text');
    assert.equal(written.length, expected.length);
    for (const [i, line] of written.entries()) assert.match(line, new RegExp(`^${time} 127\\.0\\.0\\.1:\\d+ ${expected[i]}$`));
});

test('JSON for machines', async (t) => {
    const [good, secret, broken, ...rest] = (await lines(t, 'json')).map((line) => JSON.parse(line));
    const { ts, peer, duration_ms, bytes, ...fixed } = good;
    assert.deepEqual(rest, []);
    assert.match(ts, new RegExp(`^${time}$`));
    assert.match(peer, /^127\.0\.0\.1:\d+$/);
    assert.ok(duration_ms >= 0 && duration_ms < 60000 && bytes > 0);
    assert.deepEqual(fixed, { method: 'GET', target: '/hello/you', status: 200, request_id: 'mine', route: '/hello/{name}', user_agent: 'tester "1"' });
    assert.equal(secret.target, '/hello/you?token=***&n=1');
    assert.equal(broken.status, 501);
    assert.equal(broken.method, '');
});
