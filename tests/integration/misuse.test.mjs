// SPDX-License-Identifier: Apache-2.0
// A plugin that breaks the contract ends the process by abort(), after one line
// that says which plugin did what and what is right.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { test } from 'node:test';
import { Server, binary, serve, testPlugin } from './server.mjs';

const built = JSON.parse(readFileSync(resolve(dirname(binary), '../meson-info/intro-buildoptions.json'), 'utf8'));
const option = (name) => built.find((o) => o.name === name).value;
const release = option('b_ndebug') === 'true' || (option('b_ndebug') === 'if-release' && ['release', 'plain'].includes(option('buildtype')));

const sets = { 'plugins.offender': testPlugin('offender') };
const handler = 'in the handler of offender';
const pool = 'in the offloaded job of offender';
const timer = 'in the timer of offender';

// offence: [function, what, where]; about a request unless `alone`
const always = {
    'answer-twice': ['obs_respond', 'on a request that was already answered', handler],
    'begin-after-answer': ['obs_response_begin', 'on a request that was already answered', handler],
    'write-unbegun': ['obs_response_write', 'on an answer that is not being streamed', handler],
    'write-too-much': ['obs_response_write', 'with more than the length that was announced', handler],
    'end-twice': ['obs_response_end', 'on an answer that is not being streamed', handler],
    'resume-unasked': ['obs_request_resume', 'on a request that waits for no hook', handler],
    'resume-twice': ['obs_request_resume', 'on a request that waits for no hook', 'in the hook of offender'],
    'nest': ['obs_jw_array', 'nested deeper than 64 levels', handler, 'alone'],
    'commit-too-much': ['obs_buf_commit', 'of more than was reserved', handler, 'alone'],
};
const debug = {
    'answer-on-the-pool': ['obs_respond', "on a thread that is not the request's worker", pool],
    'read-over': ['obs_request_path', 'on a request that is over', timer],
    'answer-over': ['obs_respond', 'on a request that is over', timer],
    'allocate-over': ['obs_arena_alloc', 'in the arena of a request that is over', timer, 'alone'],
    'timer-on-the-pool': ['obs_timer_start', 'on a thread that is no worker', pool, 'alone'],
    'stop-on-the-pool': ['obs_timer_stop', "on a thread that is not the timer's worker", pool, 'alone'],
    'stop-twice': ['obs_timer_stop', 'on a timer that was stopped before', handler, 'alone'],
    'offload-on-the-pool': ['obs_offload', 'on a thread that is no worker', pool, 'alone'],
    'start-thread': ['obs_thread_start', 'outside of a life-cycle function', handler, 'alone'],
    'register-metric': ['obs_metric_register', 'outside of a life-cycle function', handler, 'alone'],
    'get-service': ['obs_service_get', 'outside of a life-cycle function', handler, 'alone'],
    'provide-service': ['obs_service_provide', 'outside of a life-cycle function', handler, 'alone'],
    'list-on-the-pool': ['obs_host_plugins', 'on a thread that is no worker', pool, 'alone'],
    'close-unopened': ['obs_jw_end_array', 'where nothing is open or behind a key without its value', handler, 'alone'],
};

async function offend(t, name, [fn, what, where, alone]) {
    const server = await new Server({ sets }).start();
    t.after(() => server.dispose());
    server.get(`/offend/${name}`).catch(() => {}); // the connection ends with the process
    const patience = setTimeout(() => server.child.kill('SIGKILL'), 10000);
    const { signal } = await server.ended;
    clearTimeout(patience);
    const line = `ERROR host: plugin offender: ${fn}() ${what}, ${where}${alone ? '' : ' for GET /offend/{what}'}; `;
    const found = server.output().split('\n').filter((l) => l.includes(line));
    assert.equal(found.length, 1, `expected "${line}…" in:\n${server.output()}`);
    assert.match(found[0].slice(found[0].indexOf('; ')), /^; \S.{10,}$/);
    assert.equal(signal, 'SIGABRT');
}

for (const [name, expected] of Object.entries(always)) test(name, (t) => offend(t, name, expected));
for (const [name, expected] of Object.entries(debug)) test(name, { skip: release && 'found in debug builds' }, (t) => offend(t, name, expected));

test('a handler that is late is named, and may still answer', async (t) => {
    const server = await serve(t, { sets: { ...sets, 'http.request_timeout': '200ms' } });
    const answers = await Promise.all([server.get('/late'), server.get('/late'), server.get('/late')]);
    assert.deepEqual(answers.map((a) => a.status), [504, 504, 504]);
    await new Promise((next) => setTimeout(next, 1200)); // the plugin answers into the void
    assert.equal((await server.get('/health')).status, 200);
    const lines = server.output().split('\n').filter((l) => l.includes('WARN  offender: the handler did not answer GET /late within http.request_timeout (0.2 s)'));
    assert.ok(lines.length >= 1 && lines.length < 3, server.output());
});
