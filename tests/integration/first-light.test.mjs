// SPDX-License-Identifier: Apache-2.0
// The two commands as a stranger types them: ./run on an empty folder, the
// demo data, the calls that it prints.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freePort, privateFolder, root, run, config } from './server.mjs';

const execute = promisify(execFile);

test('./run --detach: demo spans, the printed calls answer', async () => {
    const port = await freePort();
    const state = join(privateFolder(), 'state');
    const { stdout } = await execute(join(root, 'run'), ['--detach', '--port', String(port), '--state', state, '--demo', '2000']);
    const pid = Number(/^pid (\d+)/m.exec(stdout)[1]);
    try {
        const calls = [...stdout.matchAll(/curl '([^']+)'/g)].map((m) => m[1]);
        assert.equal(calls.length, 3);
        for (const call of calls) assert.equal((await fetch(call)).status, 200, call);
        const list = await (await fetch(`http://127.0.0.1:${port}/api/v1/traces?limit=1&include=total`)).json();
        assert.equal(list.data.length, 1);
        assert.equal(list.pagination.total, 2000);
        const span = list.data[0];
        for (const field of [
            'ts', 'trace_id', 'span_id', 'parent_span_id', 'project_id', 'service_name', 'span_name', 'span_kind', 'operation_type', 'provider', 'model',
            'request_model', 'input_text', 'input_messages', 'output_text', 'output_messages', 'finish_reason', 'prompt_tokens', 'completion_tokens',
            'cached_tokens', 'cache_write_tokens', 'reasoning_tokens', 'total_tokens', 'prompt_cost_usd', 'completion_cost_usd', 'total_cost_usd',
            'cost_source', 'duration_ms', 'ttft_ms', 'tokens_per_second', 'status_code', 'error_type', 'error_message', 'user_id', 'session_id',
            'environment', 'release', 'tags', 'attributes', 'resource_attributes', 'events', 'links', 'sampled', 'sample_rate', 'model_parameters', 'tool_calls',
        ])
            assert.ok(field in span, `${field} is missing`);
        // a second start on the same state adds nothing
        const again = await run(['ingest', 'demo', '--spans', '10', '--if-empty', '--config', config, '--set', `plugins.store-sqlite.path=${state}/observatory.db`]);
        assert.equal(again.code, 0, again.err);
        const after = await (await fetch(`http://127.0.0.1:${port}/api/v1/traces?limit=1&include=total`)).json();
        assert.equal(after.pagination.total, 2000);
    } finally {
        process.kill(pid, 'SIGTERM');
    }
});

test('./run refuses what it does not know', async () => {
    for (const args of [['--prot', '1'], ['--port', 'x'], ['--demo', 'many']])
        await assert.rejects(execute(join(root, 'run'), args), (error) => error.code === 64);
});
