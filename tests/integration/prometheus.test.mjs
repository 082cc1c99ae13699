// SPDX-License-Identifier: Apache-2.0
// /metrics before the tools that read it: promtool, and a real Prometheus that
// scrapes and answers the queries of the operations guide.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { binary, freePort, serve } from './server.mjs';

function lint(text) {
    return new Promise((done, fail) => {
        const child = spawn('promtool', ['check', 'metrics']);
        let output = '';
        child.stdout.on('data', (d) => (output += d));
        child.stderr.on('data', (d) => (output += d));
        child.on('error', fail);
        child.on('close', (code) => done({ code, output }));
        child.stdin.end(text);
    });
}

async function load(server) {
    for (let i = 0; i < 50; i++) await server.get(`/hello/${i}`);
    await server.get('/no/such/route');
    await server.post('/v1/traces', JSON.stringify({ resourceSpans: [] }));
}

test('promtool finds nothing to complain about', async (t) => {
    const server = await serve(t, { sets: { 'plugins.hello': '{}' } });
    await load(server);
    const text = (await server.get('/metrics')).text;
    const { code, output } = await lint(text);
    assert.equal(code, 0, output);
    for (const name of [
        'http_requests_total', 'http_request_duration_seconds_bucket', 'http_requests_in_flight', 'http_response_bytes_total',
        'ingest_spans_total', 'ingest_bytes_total', 'store_query_duration_seconds_bucket', 'store_commit_batch_size_bucket',
        'plugin_info', 'generation', 'loop_lag_seconds_bucket', 'process_resident_memory_bytes', 'build_info',
    ])
        assert.match(text, new RegExp(`^${name}[{ ]`, 'm'), `${name} is missing`);
    assert.match(text, /http_requests_total\{method="GET",route="\/hello\/\{name\}",status="200"\} 50\b/);
});

test('two instances of one plugin have a series each', async (t) => {
    const echo = (prefix) => JSON.stringify({ module: join(dirname(binary), '../sdk/examples/echo/echo.so'), prefix });
    const server = await serve(t, { sets: { 'plugins.first': echo('/one'), 'plugins.second': echo('/two') } });
    const { text } = await server.get('/metrics');
    for (const instance of ['first', 'second'])
        assert.match(text, new RegExp(`^plugin_info\\{instance="${instance}",name="echo",version="[^"]+"\\} 1$`, 'm'));
});

test('OpenMetrics by negotiation, compressed by negotiation', async (t) => {
    const server = await serve(t);
    const open = await server.get('/metrics', { headers: { accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5' } });
    assert.match(open.headers.get('content-type'), /^application\/openmetrics-text; *version=1\.0\.0/);
    assert.ok(open.text.endsWith('# EOF\n'));
    const plain = await server.get('/metrics', { headers: { accept: 'text/plain', 'accept-encoding': 'gzip' } });
    assert.match(plain.headers.get('content-type'), /^text\/plain; *version=0\.0\.4/);
    assert.equal(plain.headers.get('content-encoding'), 'gzip');
});

test('a real Prometheus scrapes and answers', async (t) => {
    const server = await serve(t, { sets: { 'plugins.hello': '{}' } });
    const port = await freePort();
    const file = join(server.folder, 'prometheus.yml');
    writeFileSync(file, `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: observatory
    static_configs: [{ targets: ['127.0.0.1:${server.port}'] }]
`);
    const prometheus = spawn('prometheus', [
        `--config.file=${file}`, `--storage.tsdb.path=${join(server.folder, 'tsdb')}`, `--web.listen-address=127.0.0.1:${port}`,
    ], { stdio: 'ignore' });
    t.after(() => new Promise((done) => (prometheus.on('close', done), prometheus.kill('SIGTERM'))));

    const query = async (text) => {
        try {
            const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`);
            return (await answer.json()).data?.result ?? [];
        } catch {
            return []; // not up yet
        }
    };
    const value = async (text, wanted) => {
        for (let tries = 0; tries < 150; tries++) {
            await load(server);
            const result = await query(text);
            if (result.length > 0 && wanted(Number(result[0].value[1]))) return Number(result[0].value[1]);
            await new Promise((next) => setTimeout(next, 200));
        }
        throw new Error(`no answer to ${text}`);
    };
    assert.equal(await value('up{job="observatory"}', (v) => v === 1), 1);
    await value('sum(rate(http_requests_total[5m]))', (v) => v > 0);
    await value('histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))', (v) => v > 0);
    await value('sum(http_requests_total{status="404"})', (v) => v >= 1);
});
