// SPDX-License-Identifier: Apache-2.0
// Commands for people in a terminal, with one and without.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary, config, privateFolder, run } from './server.mjs';

const folder = privateFolder();
const database = ['--config', config, '--set', `plugins.store-sqlite.path=${join(folder, 'o.db')}`];
const trace = (words, options) => run(['trace', ...words, ...database], options);
const lines = (text) => text.trimEnd().split('\n');

test('spans as a table, a tree, and charts', async (t) => {
    assert.equal((await run(['ingest', 'demo', '--spans', '600', '--days', '3', ...database])).code, 0);
    await t.test('list', async () => {
        const { code, out: stdout, err: stderr } = await trace(['list', '--limit', '7']);
        assert.equal(code, 0, stderr);
        assert.match(lines(stdout)[0], /^TIME +TRACE +NAME +MODEL +TOOK +TOKENS +COST/);
        assert.equal(lines(stdout).length, 8);
        assert.match(stderr, /there is more/);
        assert.ok(!stdout.includes('\x1b'), 'no colours without a terminal');
    });
    await t.test('list --json: lines that are spans', async () => {
        const { out: stdout } = await trace(['list', '--json', '--limit', '5', '--operation-type', 'chat', '--min-tokens=1']);
        const spans = lines(stdout).map((line) => JSON.parse(line));
        assert.equal(spans.length, 5);
        for (const span of spans) assert.ok(span.operation_type === 'chat' && span.total_tokens >= 1);
    });
    await t.test('show: the tree of a trace', async () => {
        const [span] = lines((await trace(['list', '--json', '--limit', '1', '--roots-only', 'true'])).out).map((line) => JSON.parse(line));
        const { out: stdout } = await trace(['show', span.trace_id]);
        const rows = lines(stdout);
        assert.match(rows[0], /^SPAN +WHEN +DURATION +TOKENS +COST/);
        assert.ok(rows[1].startsWith(span.span_name.slice(0, 20)), rows[1]);
        assert.ok(rows.slice(2).every((row) => row.startsWith('  ')), 'all else is below the root');
        assert.match(rows[1], /█/);
        const json = lines((await trace(['show', span.trace_id, '--json'])).out).map((line) => JSON.parse(line));
        assert.equal(json.length, rows.filter((row) => /█|▏|▎|▍|▌|▋|▊|▉/.test(row)).length);
    });
    await t.test('search: where it was found', async () => {
        const all = lines((await trace(['list', '--json', '--limit', '500', '--operation-type', 'chat'])).out).map((line) => JSON.parse(line));
        const [word] = all.find((s) => s.input_text).input_text.match(/[a-z]{6,}/);
        const { code, out: stdout } = await trace(['search', word, '--limit', '3']);
        assert.equal(code, 0);
        assert.match(stdout.toLowerCase(), new RegExp(word));
    });
    await t.test('metrics and cost', async () => {
        const metrics = lines((await trace(['metrics', '--from', 'now-3d', '--tz', 'Europe/Berlin'])).out);
        assert.deepEqual(metrics.map((line) => line.split(' ')[0]), ['requests', 'errors', 'p50', 'p95', 'tokens', 'cost']);
        const total = JSON.parse((await trace(['metrics', '--from', 'now-3d', '--json'])).out);
        const by = lines((await trace(['cost', '--by', 'provider', '--json'])).out).map((line) => JSON.parse(line));
        assert.ok(Math.abs(by.reduce((n, row) => n + row.total_cost_usd, 0) - total.total_cost_usd) < 1e-9);
        assert.match((await trace(['cost'])).out, / in all\n/);
    });
    await t.test('what is wrong is said', async () => {
        for (const [words, text] of [[['show', 'x'], /32 hexadecimal digits/], [['list', '--limit', '0'], /--limit: expected/], [['list', '--nope', '1'], /expected --json/], [['search', '-only'], /search: expected/], [['metrics', '--tz', 'Mars'], /time zone/], [['cost', '--by', 'duration_ms'], /--by: expected/], [['list', '--from'], /expected a value/]]) {
            const { code, err: stderr } = await trace(words);
            assert.equal(code, 64, words.join(' '));
            assert.match(stderr, text);
        }
        assert.equal((await trace(['show', '0123456789abcdef0123456789abcdef'])).code, 65);
    });
    await t.test('colours on a terminal, unless NO_COLOR says otherwise', () => {
        const command = [binary, 'trace', 'list', '--limit', '2', ...database].map((word) => `'${word}'`).join(' ');
        const onTerminal = (env) => spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', env: { ...process.env, TERM: 'xterm', ...env } }).stdout;
        assert.ok(onTerminal({ NO_COLOR: '' }).includes('\x1b[2mTIME'));
        assert.ok(!onTerminal({ NO_COLOR: '1' }).includes('\x1b'));
    });
});
