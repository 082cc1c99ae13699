// SPDX-License-Identifier: Apache-2.0
// Measures and prints: a table for people, JSON for machines. Only ratios taken
// in one run mean anything on a shared machine, so rivals alternate.
import { execFileSync, spawn } from 'node:child_process';
import { cpus, tmpdir, totalmem } from 'node:os';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const build = 'build-bench';
const binary = `${build}/host/observatory`;
const rounds = Number(process.env.ROUNDS ?? 5);
const seconds = Number(process.env.SECONDS_PER_RUN ?? 4);
const wanted = process.argv.slice(2).filter((a) => !a.startsWith('-'));
const parts = wanted.length ? wanted : ['http', 'ingest', 'decode', 'price', 'process'];
const results = { machine: machine(), taken: new Date().toISOString() };
const table = [];
const work = mkdtempSync(join(tmpdir(), 'observatory-bench-'));
const started = [];

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const pause = (ms) => new Promise((next) => setTimeout(next, ms));
const row = (what, value, unit, note = '') => table.push({ what, value, unit, note });
const run = (command, args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

function machine() {
    const os = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))[1];
    return { cpu: cpus()[0].model.trim(), cores: cpus().length, memory_gib: Math.round(totalmem() / 2 ** 30), system: os };
}

function freePort() {
    return new Promise((done) => {
        const probe = createServer().listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => done(port));
        });
    });
}

async function answers(port) {
    for (let tries = 0; tries < 5000; tries++) {
        const up = await new Promise((done) => {
            const socket = connect(port, '127.0.0.1', () => (socket.destroy(), done(true)));
            socket.on('error', () => done(false));
        });
        if (up) return;
        await pause(1);
    }
    throw new Error('a server did not start');
}

/** core: the core to pin it to, or undefined. */
async function start(command, args, port, core) {
    const child = core === undefined ? spawn(command, args, { stdio: 'ignore' }) : spawn('taskset', ['-c', String(core), command, ...args], { stdio: 'ignore' });
    started.push(child);
    await answers(port);
    return child;
}

function end(child) {
    return new Promise((done) => (child.on('close', done), child.kill('SIGTERM')));
}

/** CPU seconds (user and system) of a process, in ticks of 10 ms. */
function cpuSeconds(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
}

function residentMiB(pid) {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

const childOf = (pid) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

function observatory(port, db, ...sets) {
    const args = ['serve', '--config', 'config/observatory.yaml', '--set', `listen=127.0.0.1:${port}`, '--set', 'log.access=off', '--set', `plugins.store-sqlite.path=${db}`];
    for (const set of sets) args.push('--set', set);
    return args;
}

// --- req/s and CPU a request against nginx ---------------------------------

function wrk(port, path, pipelined) {
    const script = join(work, 'pipeline.lua');
    writeFileSync(script, `init = function(args)
  local r = {}
  for i = 1, 16 do r[i] = wrk.format("GET", "${path}") end
  all = table.concat(r)
end
request = function() return all end\n`);
    const args = ['-c', '1', 'wrk', '-t1', '-c64', `-d${seconds}`, ...(pipelined ? ['-s', script] : []), `http://127.0.0.1:${port}${path}`];
    const text = run('taskset', args);
    if (/Socket errors|Non-2xx/.test(text)) throw new Error(text);
    return { requests: Number(/(\d+) requests in/.exec(text)[1]), perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]) };
}

async function http() {
    const ports = { hello: await freePort(), nginx: await freePort() };
    const path = '/hello/world';
    const hello = await start(binary, observatory(ports.hello, join(work, 'http.db'), 'workers=1', 'plugins.hello={}'), ports.hello, 0);
    // the same number of bytes on the wire: nginx pads with a header
    const answer = await fetch(`http://127.0.0.1:${ports.hello}${path}`);
    const body = await answer.text();
    const id = answer.headers.get('x-request-id');
    const conf = join(work, 'nginx.conf');
    writeFileSync(conf, `worker_processes 1; pid ${work}/nginx.pid; error_log ${work}/nginx.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; server_tokens off; default_type application/json;
  server { listen 127.0.0.1:${ports.nginx}; add_header X-Request-Id ${id}; location / { return 200 '${body}'; } } }
`);
    const master = await start('nginx', ['-c', conf, '-g', 'daemon off;'], ports.nginx, 0);
    const pids = { hello: hello.pid, nginx: childOf(master.pid) };
    const out = {};
    for (const pipelined of [false, true]) {
        const runs = { hello: [], nginx: [] };
        for (let round = 0; round < rounds; round++)
            for (const name of round % 2 ? ['nginx', 'hello'] : ['hello', 'nginx']) {
                const before = cpuSeconds(pids[name]);
                const { requests, perSecond } = wrk(ports[name], path, pipelined);
                runs[name].push({ perSecond, cpu: ((cpuSeconds(pids[name]) - before) / requests) * 1e6 });
            }
        const mode = pipelined ? 'pipelined' : 'keepalive';
        const of = (name, key) => median(runs[name].map((r) => r[key]));
        const ratio = (key) => median(runs.hello.map((r, i) => r[key] / runs.nginx[i][key]));
        out[mode] = {
            hello: { req_per_s: of('hello', 'perSecond'), cpu_us: of('hello', 'cpu') }, nginx: { req_per_s: of('nginx', 'perSecond'), cpu_us: of('nginx', 'cpu') },
            req_ratio: ratio('perSecond'), cpu_ratio: ratio('cpu'),
        };
        const o = out[mode];
        row(`hello, ${mode}`, `${Math.round(o.hello.req_per_s)} req/s, ${o.hello.cpu_us.toFixed(2)} µs CPU`, '', `nginx ${Math.round(o.nginx.req_per_s)} req/s, ${o.nginx.cpu_us.toFixed(2)} µs`);
        row(`  req/s over nginx's`, o.req_ratio.toFixed(2), '×', pipelined ? 'bar: ≥ 1.3' : 'the client is the limit');
        row(`  CPU a request over nginx's`, o.cpu_ratio.toFixed(2), '×', pipelined ? '' : 'bar: ≤ 1');
    }
    out.answer_bytes = { hello: body.length };
    await end(hello);
    await end(master);
    results.http = out;
}

// --- durable ingest against the raw insert rate ----------------------------

async function ingest() {
    const runs = [];
    for (let round = 0; round < Math.min(rounds, 3); round++) {
        const db = join(work, `ingest-${round}.db`);
        const port = await freePort();
        const server = await start(binary, observatory(port, db), port);
        const load = JSON.parse(run(`${build}/tests/bench/load`, [String(port), '8', '6']));
        const resident = residentMiB(server.pid);
        const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        const batch = Math.round(Number(/^store_commit_batch_size_sum (\S+)/m.exec(metrics)[1]) / Number(/^store_commit_batch_size_count (\S+)/m.exec(metrics)[1]));
        await end(server);
        // the loop, once with a request a transaction, once with the server's own mean
        const raw = {};
        for (const [name, size] of [['request', 512], ['group', batch]]) {
            const file = join(work, `raw-${round}-${name}.db`);
            raw[name] = JSON.parse(run('taskset', ['-c', '0', `${build}/tests/bench/replay`, db, file, '200000', String(size)])).rows_per_s;
            for (const tail of ['', '-wal', '-shm']) rmSync(file + tail, { force: true });
        }
        runs.push({
            spans_per_s: load.spans_per_s, batch, raw_request_per_s: raw.request, raw_group_per_s: raw.group,
            ratio_request: load.spans_per_s / raw.request, ratio: load.spans_per_s / raw.group,
            resident_mib: resident, bytes_per_span: statSync(db).size / load.spans, body_bytes: load.body_bytes,
        });
        for (const tail of ['', '-wal', '-shm']) rmSync(db + tail, { force: true });
    }
    const m = (key) => median(runs.map((r) => r[key]));
    results.ingest = Object.fromEntries(Object.keys(runs[0]).map((key) => [key, m(key)]));
    results.ingest.runs = runs;
    row('durable ingest, OTLP protobuf, 512 a request', Math.round(m('spans_per_s')), 'spans/s', `${Math.round(m('batch'))} a transaction`);
    row('  over the bare loop, as many a transaction', m('ratio').toFixed(2), '×', `${Math.round(m('raw_group_per_s'))} rows/s; bar: ≥ 0.6`);
    row('  over the bare loop, 512 a transaction', m('ratio_request').toFixed(2), '×', `${Math.round(m('raw_request_per_s'))} rows/s`);
    row('  resident memory under that load', m('resident_mib').toFixed(1), 'MiB');
    row('  database', Math.round(m('bytes_per_span')), 'bytes/span');
}

// --- decoding ---------------------------------------------------------------

function decode() {
    const program = `${build}/tests/bench/decode`;
    results.decode = JSON.parse(run('taskset', ['-c', '0', program, '--json']));
    for (const [what, value] of Object.entries(results.decode)) row(`decode: ${what}`, typeof value === 'number' ? value.toFixed(2) : JSON.stringify(value), '', '');
}

// --- pricing ----------------------------------------------------------------

function price() {
    results.price = JSON.parse(run('taskset', ['-c', '0', `${build}/tests/bench/price`]));
    for (const [what, ns] of Object.entries(results.price)) row(`price of a call: ${what}`, ns, 'ns');
}

// --- the process ------------------------------------------------------------

async function processFigures() {
    const starts = [];
    let idle;
    for (let round = 0; round < 10; round++) {
        const port = await freePort();
        const before = process.hrtime.bigint();
        const server = spawn(binary, observatory(port, join(work, 'start.db')), { stdio: 'ignore' });
        started.push(server);
        for (;;) {
            try {
                const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
                await answer.arrayBuffer();
                if (answer.status === 200) break;
            } catch {
                await pause(1);
            }
        }
        starts.push(Number(process.hrtime.bigint() - before) / 1e6);
        if (round === 9) {
            await pause(1000);
            idle = residentMiB(server.pid);
        }
        await end(server);
    }
    results.process = { start_ms: median(starts), idle_mib: idle };
    row('start to ready', median(starts).toFixed(1), 'ms', 'bar: < 100');
    row('idle resident memory, stock plugins', idle.toFixed(1), 'MiB', 'bar: < 16');
}

// --- questions to a large store ------------------------------------------------

/** QUESTIONS_DB: a database that is there already; else SPANS are made. */
async function questions() {
    const db = process.env.QUESTIONS_DB ?? join(work, 'questions.db'), spans = process.env.SPANS ?? '1000000';
    if (!existsSync(db)) run(binary, ['ingest', 'demo', '--spans', spans, '--days', '365', '--config', 'config/observatory.yaml', '--set', `plugins.store-sqlite.path=${db}`, '--set', 'plugins.store-sqlite.synchronous=normal']);
    const port = await freePort(), server = await start(binary, observatory(port, db), port, 0);
    const mixed = JSON.parse(run('node', ['tests/bench/mixed.mjs', `http://127.0.0.1:${port}`, process.env.MIXED_SECONDS ?? '30']));
    const asked = JSON.parse(run('node', ['tests/bench/questions.mjs', `http://127.0.0.1:${port}`, String(4 * rounds)]));
    const bare = JSON.parse(run('python3', ['tests/bench/bare.py', db, String(4 * rounds)]));
    await end(server);
    results.questions = { bytes: statSync(db).size, asked, bare, mixed };
    row('mixed reading while spans are written', mixed.p95_ms.toFixed(1), 'ms p95', `p50 ${mixed.p50_ms}, p99 ${mixed.p99_ms}, ${mixed.per_s} requests/s, ${mixed.spans_per_s} spans/s, failed: ${JSON.stringify(mixed.failed)}`);
    for (const [name, { p50_ms, p95_ms, source }] of Object.entries(asked))
        row(name, p95_ms.toFixed(1), 'ms p95', `p50 ${p50_ms.toFixed(1)}, ${source}${bare[name] ? `, bare SQL ${bare[name].toFixed(1)}: ${(p50_ms / bare[name]).toFixed(2)} x` : ''}`);
}

try {
    if (parts.includes('questions')) await questions();
    if (parts.includes('http')) await http();
    if (parts.includes('ingest')) await ingest();
    if (parts.includes('decode') && existsSync(`${build}/tests/bench/decode`)) decode();
    if (parts.includes('price')) price();
    if (parts.includes('process')) await processFigures();
} finally {
    for (const child of started) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(work, { recursive: true, force: true });
}

console.log(`${results.machine.cpu}, ${results.machine.cores} cores, ${results.machine.memory_gib} GiB, ${results.machine.system}, ${results.taken}\n`);
const width = Math.max(...table.map((r) => r.what.length));
for (const r of table) console.log(`${r.what.padEnd(width)}  ${String(r.value)} ${r.unit}${r.note ? `   (${r.note})` : ''}`);
const out = process.env.OUT ?? `${build}/bench.json`;
writeFileSync(out, JSON.stringify(results, null, 2) + '\n');
console.log(`\n${out}`);
