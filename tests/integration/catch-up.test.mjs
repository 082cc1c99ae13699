// SPDX-License-Identifier: Apache-2.0
// Rollups and text index of an existing store are filled in when they are asked for.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { config, privateFolder, run, Server } from './server.mjs';

const path = join(privateFolder(), 'o.db');
const database = ['--config', config, '--set', `plugins.store-sqlite.path=${path}`];
const sqlite = (sql) => {
    const { status, stdout, stderr } = spawnSync('sqlite3', [path, sql], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.trim();
};
const cells = () => sqlite("SELECT count(*), sum(length(sums)) FROM rollups").split('|').map(Number);

test('catch-up', async (t) => {
    assert.equal((await run(['ingest', 'demo', '--spans', '3000', '--days', '3', ...database])).code, 0);
    const before = cells();
    assert.ok(before[0] > 10);
    const spans = Number(sqlite('SELECT count(*) FROM spans'));
    await t.test('counts what rollups lack, and says how much that was', async () => {
        sqlite('DELETE FROM rollups; UPDATE rollup_state SET counted = 0, last = (SELECT max(id) FROM spans)');
        const { code, out, err } = await run(['store-sqlite', 'catch-up', ...database]);
        assert.equal(code, 0, err);
        assert.match(out, new RegExp(`^${spans} spans counted, [0-9]+ texts indexed\n$`));
        assert.deepEqual(cells(), before);
    });
    await t.test('has nothing to do a second time', async () => {
        const { code, out } = await run(['store-sqlite', 'catch-up', ...database]);
        assert.equal(code, 0);
        assert.equal(out, '0 spans counted, 0 texts indexed\n');
    });
});
