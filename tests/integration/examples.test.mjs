// SPDX-License-Identifier: Apache-2.0
// The examples of the SDK in the real server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve, until } from './server.mjs';

test('latency, in C++, counts on all workers and merges; a swap keeps the figures', async (t) => {
    const server = await serve(t, { sets: { workers: 3, 'plugins.latency': '{}', 'plugins.hello': '{}' } });
    await Promise.all(Array.from({ length: 60 }, () => server.fresh('/hello/x')));
    const count = async () => {
        const { status, body } = await server.get('/latency');
        assert.equal(status, 200);
        return body.routes.find((r) => r.route === '/hello/{name}')?.count;
    };
    assert.equal(await until('all to be counted', async () => (await count()) === 60 && 60), 60);
    server.child.kill('SIGHUP'); // nothing changed: the instance stays
    await until('the reload', () => /reload by SIGHUP: generation 2/.test(server.output()));
    assert.equal(await count(), 60);
});
