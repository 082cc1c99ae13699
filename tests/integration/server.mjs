// SPDX-License-Identifier: Apache-2.0
// Starts the real binary in a private folder on a private port, talks to it,
// stops it by pid. OBSERVATORY names the binary, so that the suite can run a
// sanitized build.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, readFileSync, writeFileSync, existsSync, openSync, closeSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Storm } from './storm.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = process.env.OBSERVATORY ?? join(root, 'build/host/observatory');
export const config = join(root, 'config/observatory.yaml');

let schemas = 0;

/** The stock configuration with PostgreSQL as its store, in a schema of the
 *  folder's own unless it is named. */
export function onPostgres(folder, url, schema = `test_${process.pid}_${++schemas}`) {
    const file = join(folder, 'postgres.yaml');
    if (existsSync(file)) return file;
    const text = readFileSync(config, 'utf8')
        .replace(/^ {2}store-sqlite:\n {4}path: .*$/m, `  store-postgres:\n    url: ${JSON.stringify(url)}\n    schema: ${schema}`)
        .replace('file: prices.yaml', `file: ${join(dirname(config), 'prices.yaml')}`);
    writeFileSync(file, text);
    return file;
}

/** A plugin of tests/plugins, as its entry under `plugins:`. */
export const testPlugin = (name) => JSON.stringify({ module: resolve(dirname(binary), `../tests/plugins/${name}.so`) });

export function freePort() {
    return new Promise((done, fail) => {
        const probe = createServer();
        probe.on('error', fail);
        probe.listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => done(port));
        });
    });
}

/** What `fn` returns as soon as it is true. */
export async function until(what, fn, ms = 15000) {
    const end = Date.now() + ms;
    for (;;) {
        const value = await fn();
        if (value) return value;
        if (Date.now() > end) throw new Error(`waited ${ms / 1000} s for ${what}`);
        await new Promise((next) => setTimeout(next, 20));
    }
}

export function privateFolder() {
    return mkdtempSync(join(tmpdir(), 'observatory-test-'));
}

/** Runs the binary to its end: {code, out, err}. */
export function run(args, { env = {}, input } = {}) {
    return new Promise((done, fail) => {
        const child = spawn(binary, args, { env: { ...process.env, ...env } });
        let out = '', err = '';
        child.stdout.on('data', (d) => (out += d));
        child.stderr.on('data', (d) => (err += d));
        child.on('error', fail);
        child.on('close', (code, signal) => done({ code, signal, out, err }));
        child.stdin.end(input);
    });
}

export class Server {
    /** sets: {'path': value} pairs for --set; words follow the verb; folder is kept across restarts. */
    constructor({ sets = {}, folder = privateFolder(), file = config, env = {}, words = [], schema, postgres = process.env.OBSERVATORY_TEST_POSTGRES } = {}) {
        this.folder = folder;
        this.sets = sets;
        this.postgres = file === config ? postgres : undefined;
        this.file = this.plain = this.postgres ? onPostgres(folder, postgres, schema) : file;
        this.env = env;
        this.words = words;
        this.log = join(folder, 'server.log');
    }

    arguments() {
        const sets = {
            listen: `127.0.0.1:${this.port}`,
            'log.access': 'off',
            'control.socket': join(this.folder, 'control.sock'),
            ...(this.postgres ? {} : { 'plugins.store-sqlite.path': join(this.folder, 'observatory.db') }),
            ...this.sets,
        };
        const args = ['--config', this.file];
        const store = this.postgres ? 'plugins.store-postgres.' : 'plugins.store-sqlite.';
        for (const [path, value] of Object.entries(sets)) args.push('--set', `${path.replace('plugins.store-sqlite.', store)}=${value}`);
        return args;
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    async start() {
        this.port ??= await freePort();
        const fd = openSync(this.log, 'a');
        if (process.env.STORM && this.plain === config) {
            this.storm = new Storm(this.plain, this.folder, binary);
            this.file = this.storm.file;
        }
        this.child = spawn(binary, ['serve', ...this.words, ...this.arguments()], { stdio: ['ignore', fd, fd], env: { ...process.env, ...this.env } });
        closeSync(fd);
        this.ended = new Promise((done) => this.child.on('close', (code, signal) => done({ code, signal })));
        let gone = false;
        this.ended.then(() => (gone = true));
        for (let tries = 0; tries < 2000; tries++) {
            if (gone) throw new Error(`the server ended at once:\n${this.output()}`);
            try {
                const answer = await fetch(`${this.url}/health/ready`);
                await answer.arrayBuffer();
                if (answer.status === 200) {
                    this.storm?.start();
                    return this;
                }
            } catch {
                // not listening yet
            }
            await new Promise((next) => setTimeout(next, 10));
        }
        throw new Error(`not ready within 20 s:\n${this.output()}`);
    }

    output() {
        return readFileSync(this.log, 'utf8');
    }

    /** Graceful by default; resolves to {code, signal}. */
    async stop(signal = 'SIGTERM') {
        this.child.kill(signal);
        const end = await this.ended;
        await this.storm?.stop();
        return end;
    }

    async get(path, options) {
        const answer = await fetch(this.url + path, options);
        const text = await answer.text();
        let body;
        try {
            body = JSON.parse(text);
        } catch {
            body = undefined;
        }
        return { status: answer.status, headers: answer.headers, text, body };
    }

    /** GET on a connection of its own: {status, text}. */
    fresh(path) {
        const answer = async (res) => {
            let text = '';
            for await (const part of res) text += part;
            return { status: res.statusCode, text };
        };
        return new Promise((done, fail) => {
            http.get(this.url + path, { agent: false }, (res) => answer(res).then(done, fail)).on('error', fail);
        });
    }

    post(path, body, headers = { 'content-type': 'application/json' }) {
        return this.get(path, { method: 'POST', body, headers });
    }

    /** Every span that matches, through the cursor. */
    async spans(query = '') {
        const all = [];
        let cursor;
        do {
            const page = await this.get(
                `/api/v1/traces?limit=1000&sort_order=asc${query}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
            );
            if (page.status !== 200) throw new Error(`${page.status} ${page.text}`);
            all.push(...page.body.data);
            cursor = page.body.pagination.has_more ? page.body.pagination.cursor : undefined;
        } while (cursor);
        return all;
    }

    dispose() {
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** A started server that the test `t` stops at its end, and that must have ended cleanly. */
export async function serve(t, options) {
    const server = await new Server(options).start();
    t.after(async () => {
        if (server.child.exitCode === null && server.child.signalCode === null) {
            const { code } = await server.stop();
            if (code !== 0) throw new Error(`the server ended with ${code}:\n${server.output()}`);
        }
        if (server.storm) t.diagnostic(`storm: ${server.storm.good} reloads switched, ${server.storm.bad} were refused`);
        server.dispose();
    });
    return server;
}

/** One value of the server's own metrics, 0 when there is none. */
export async function metric(server, name, labels = {}) {
    const { text } = await server.get('/metrics');
    let sum = 0;
    for (const line of text.split('\n')) {
        const found = /^([a-z_:]+)(\{(.*)\})? (\S+)$/.exec(line);
        if (!found || found[1] !== name) continue;
        if (Object.entries(labels).every(([k, v]) => (found[3] ?? '').includes(`${k}="${v}"`))) sum += Number(found[4]);
    }
    return sum;
}
