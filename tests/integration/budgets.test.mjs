// SPDX-License-Identifier: Apache-2.0
// A budget: what is spent of it, and that somebody is told.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { config, metric, privateFolder, root, run, serve, until } from './server.mjs';

const withBudgets = (lines) => {
    const file = join(privateFolder(), 'observatory.yaml');
    writeFileSync(file, readFileSync(config, 'utf8').replace(/^ {2}analytics:$/m, `  analytics:\n    budget_interval: 50ms\n    budgets:\n${lines}`));
    return { file, sets: { 'plugins.prices.file': join(root, 'config/prices.yaml') } };
};

test('what is spent is shown, and thresholds are told', async (t) => {
    const server = await serve(t, withBudgets('      - {name: everything, limit_usd: 10, period: day, thresholds: [0.5, 1]}\n      - {name: other, project: nobody, limit_usd: 1}\n'));
    const send = async (i, usd) => {
        const span = { trace_id: String(i).padStart(32, '0'), span_id: String(i).padStart(16, '0'), ts: new Date(Date.now() - 1000).toISOString(), duration_ms: 1, operation_type: 'chat', model: 'm', total_cost_usd: usd };
        assert.ok((await server.post('/api/v1/traces', JSON.stringify(span))).status < 300);
    };
    const told = () => readFileSync(server.log, 'utf8').match(/budget .?"everything.?": \d+ %/g) ?? [];
    await send(1, 4);
    await until('4 dollars are seen', async () => (await metric(server, 'budget_spent_usd', { budget: 'everything' })) === 4);
    assert.deepEqual(told(), []);
    await send(2, 2.5);
    await until('half of it is told', () => told().length === 1);
    const { body } = await server.get('/api/v1/costs/budgets');
    assert.equal(body.data[0].spent_usd, 6.5);
    assert.equal(body.data[0].spent_share, 0.65);
    assert.equal(body.data[0].limit_usd, 10);
    assert.ok(body.data[0].time_share > 0 && body.data[0].time_share < 1);
    assert.equal(body.data[1].spent_usd, 0);
    assert.equal(body.data[1].project_id, 'nobody');
    await send(3, 5);
    await until('all of it is told', () => told().length === 2);
    assert.equal(await metric(server, 'budget_limit_usd', { budget: 'other' }), 1);
});

test('a budget that makes no sense does not start', async () => {
    const { file } = withBudgets('      - {name: a, limit_usd: much}\n');
    const { code, err } = await run(['serve', '--config', file, '--set', 'listen=127.0.0.1:0', '--set', `plugins.prices.file=${join(root, 'config/prices.yaml')}`, '--set', `plugins.store-sqlite.path=${join(privateFolder(), 'o.db')}`]);
    assert.notEqual(code, 0);
    assert.match(err, /limit_usd: a number of dollars/);
});
