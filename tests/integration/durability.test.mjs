// SPDX-License-Identifier: Apache-2.0
// kill -9 while spans pour in, twenty times: whatever was acknowledged is there
// afterwards, whole and once.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Server } from './server.mjs';

const ROUNDS = 20;

function request(n) {
    const ids = [];
    const spans = Array.from({ length: n }, () => {
        const spanId = randomBytes(8).toString('hex');
        ids.push(spanId);
        return {
            traceId: randomBytes(16).toString('hex'), spanId, name: 'work', kind: 1,
            startTimeUnixNano: String(BigInt(Date.now()) * 1000000n), endTimeUnixNano: String(BigInt(Date.now()) * 1000000n + 5n),
            attributes: [{ key: 'gen_ai.input.messages', value: { stringValue: `[{"role":"user","content":"${'y'.repeat(500)}"}]` } }],
        };
    });
    return { ids, body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }) };
}

test(`${ROUNDS} × kill -9 during ingest loses nothing that was acknowledged`, async (t) => {
    const server = new Server();
    t.after(() => server.dispose());
    const acknowledged = new Set();
    let killed = 0;
    for (let round = 0; round < ROUNDS; round++) {
        await server.start();
        let running = true;
        const sender = async () => {
            while (running) {
                const { ids, body } = request(40);
                try {
                    const answer = await fetch(`${server.url}/v1/traces`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
                    await answer.arrayBuffer();
                    if (answer.status === 200) for (const id of ids) acknowledged.add(id);
                } catch {
                    return; // the server is gone: not acknowledged
                }
            }
        };
        const senders = Array.from({ length: 6 }, sender);
        await new Promise((next) => setTimeout(next, 60 + ((round * 37) % 120)));
        const end = await server.stop('SIGKILL');
        if (end.signal === 'SIGKILL') killed++;
        running = false;
        await Promise.all(senders);
    }
    assert.equal(killed, ROUNDS);
    assert.ok(acknowledged.size > ROUNDS * 40, `only ${acknowledged.size} spans were acknowledged: no load`);

    await server.start();
    const stored = (await server.spans('&fields=span_id')).map((s) => s.span_id);
    assert.equal(new Set(stored).size, stored.length, 'a span is stored twice');
    const there = new Set(stored);
    const lost = [...acknowledged].filter((id) => !there.has(id));
    assert.deepEqual(lost, []);
    assert.equal((await server.stop()).code, 0);
});
