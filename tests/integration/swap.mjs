// SPDX-License-Identifier: Apache-2.0
// A server whose configuration and plugins change while it runs: both are files
// of the test's own, and the reload is asked for as an operator does.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { Server, binary, privateFolder, run, until } from './server.mjs';

const built = resolve(dirname(binary), '..');
/** A build of the plugins of tests/plugins/swap: 'swap-1', 'taker'. */
export const build = (name) => join(built, 'tests/plugins/swap', `${name}.so`);
/** A file of the unit tests' wrong plugins. */
export const fixture = (path) => join(built, 'tests/unit/plugin/fixtures', `${path}.so`);

let stamps = 0;

/** The bytes of a build. With `stamp` they are some that no other call gives:
 * the loader looks past the end of an ELF file's last section for nothing. */
export function bytes(name, stamp = false) {
    const plain = readFileSync(build(name));
    return stamp ? Buffer.concat([plain, Buffer.from(`stamp ${String(++stamps).padStart(8, '0')}\n`)]) : plain;
}

/** One JSON object to the control socket, one back. */
export function ask(path, question) {
    return new Promise((done, fail) => {
        let text = '';
        const socket = connect(path, () => socket.write(`${JSON.stringify(question)}\n`));
        socket.on('data', (data) => (text += data));
        socket.on('error', fail);
        socket.on('close', () => {
            try {
                done(JSON.parse(text));
            } catch {
                fail(new Error(`the control socket answered "${text}"`));
            }
        });
    });
}

/** The load client: resolves `ended` to its report. */
export function traffic(server, modes, seconds = 0) {
    const words = Object.entries(modes).map(([mode, clients]) => `${mode}=${clients}`);
    const child = spawn(join(built, 'tests/traffic/traffic'), [server.port, seconds, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (data) => (out += data));
    const ended = new Promise((done, fail) => child.on('close', (code) => {
        try {
            done({ code, ...JSON.parse(out) });
        } catch {
            fail(new Error(`traffic ended with ${code}: ${out}`));
        }
    }));
    return { ended, stop: () => (child.kill('SIGTERM'), ended) };
}

/** Every kind of client that takes its answer, at once. */
export const patient = { keep: 4, close: 2, pipe: 1, idle: 4, wait: 8, upload: 4, expect: 2, slow: 3, stream: 1 };

/** And those that go away in the middle of it. */
export const everyKind = { ...patient, leave: 4, drop: 2, stop: 2 };

export class SwapServer extends Server {
    /** plugins: entries beside swap, health and metrics; host: further keys of the file. */
    constructor({ swap = {}, plugins = {}, host = {}, env = {} } = {}) {
        const folder = privateFolder();
        super({ folder, file: join(folder, 'observatory.yaml'), env });
        mkdirSync(join(folder, 'plugins'), { mode: 0o755 });
        this.socket = join(folder, 'control.sock');
        this.journalFile = join(folder, 'journal');
        // the socket is found also when the file cannot be read
        this.names = ['--config', this.file, '--set', `control.socket=${this.socket}`];
        this.config = {
            log: { access: 'off' },
            plugin_cache: join(folder, 'cache'),
            reload: { timeout: '20s', drain_timeout: '20s' },
            ...host,
            plugins: { swap: this.entry('swap', swap), health: null, metrics: null, ...plugins },
        };
        this.install('swap-1');
    }

    arguments() {
        this.config.listen ??= `127.0.0.1:${this.port}`;
        this.write();
        return this.names;
    }

    /** The installed file of a plugin. */
    path(name) {
        return join(this.folder, 'plugins', `${name}.so`);
    }

    /** An entry of the plugin that install() puts there. */
    entry(name, options = {}) {
        return { module: this.path(name), ...(name === 'swap' ? { journal: this.journalFile } : {}), ...options };
    }

    /** Puts a build in the place of a plugin, as a package manager does. */
    install(name, { as = name.replace(/-.*/, ''), stamp = false } = {}) {
        writeFileSync(`${this.path(as)}.new`, bytes(name, stamp), { mode: 0o644 });
        renameSync(`${this.path(as)}.new`, this.path(as));
    }

    /** Writes the configuration; JSON is YAML. */
    write(text = JSON.stringify(this.config, null, 2)) {
        writeFileSync(this.file, text);
    }

    /** `observatory reload`: {code, out, err}. */
    command(...words) {
        return run([...this.names, 'reload', ...words]);
    }

    /** The report of a reload of what is in `config` and on the disk. */
    async reload(options = {}) {
        this.write();
        return ask(this.socket, { command: 'reload', wait: true, ...options });
    }

    /** The same, and it must have switched. */
    async switched(options) {
        const report = await this.reload(options);
        assert.equal(report.result, 'switched', JSON.stringify(report.errors));
        return report;
    }

    /** A line of the log, which comes a moment after what it tells. */
    logged(line) {
        return until(`${line} in the log`, () => line.test(this.output()), 5000);
    }

    status() {
        return ask(this.socket, { command: 'status' });
    }

    /** When nothing drains any more: the status. */
    settled() {
        return until('the old generations to end', async () => {
            const status = await this.status();
            return status.generations.length === 1 && status;
        }, 30000);
    }

    /** What the plugin wrote down since the last call: ['swap 1.0.0 create', ...]. */
    journal() {
        let lines = [];
        try {
            lines = readFileSync(this.journalFile, 'utf8').split('\n').slice(0, -1);
        } catch {
            // nothing yet
        }
        const fresh = lines.slice(this.journalRead ?? 0);
        this.journalRead = lines.length;
        return fresh;
    }

    async state() {
        return (await this.get('/swap/state')).body;
    }

    /** What must not grow. */
    usage() {
        const proc = (file) => readFileSync(`/proc/${this.child.pid}/${file}`, 'utf8');
        return {
            maps: proc('maps').split('\n').length - 1,
            rssKiB: Number(/^VmRSS:\s+(\d+)/m.exec(proc('status'))[1]),
            fds: readdirSync(`/proc/${this.child.pid}/fd`).length,
            threads: Number(/^Threads:\s+(\d+)/m.exec(proc('status'))[1]),
            copies: readdirSync(join(this.folder, 'cache'), { recursive: true }).filter((name) => name.endsWith('.so')).length,
        };
    }
}

/** What became of each plugin: {swap: 'file', health: 'kept'}. */
export const changes = (report) => Object.fromEntries((report.plugins ?? []).map((p) => [p.instance, p.change]));

/** A started server that the test `t` stops at its end and that must end cleanly. */
export async function serveSwap(t, options = {}) {
    const server = new SwapServer(options);
    for (const name of options.install ?? []) server.install(name);
    await server.start();
    t.after(async () => {
        if (server.child.exitCode === null && server.child.signalCode === null) {
            const { code, signal } = await server.stop();
            if (code !== 0) throw new Error(`the server ended with ${signal ?? code}:\n${server.output()}`);
        }
        if (/mixed|after destroy/.test(server.output())) throw new Error(server.output());
        server.dispose();
    });
    return server;
}
