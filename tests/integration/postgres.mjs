// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server of a test's own: in a private folder, without a port, stopped by
// pid, and treated as badly as servers are.
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './server.mjs';

const versions = '/usr/lib/postgresql';
const programs = existsSync(versions) ? join(versions, readdirSync(versions).sort((a, b) => b - a)[0], 'bin') : '/usr/bin';
const isRoot = process.getuid() === 0;
const number = (what) => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }));

export class Postgres {
    constructor() {
        this.folder = mkdtempSync(join(tmpdir(), 'observatory-postgres-'));
        this.data = join(this.folder, 'data');
        this.identity = isRoot ? { uid: number('-u'), gid: number('-g') } : {}; // it refuses to run as root
        if (isRoot) chownSync(this.folder, this.identity.uid, this.identity.gid);
        this.program('initdb', '-D', this.data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync');
    }

    program(name, ...args) {
        return execFileSync(join(programs, name), args, { cwd: this.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...this.identity });
    }

    get url() {
        return `postgresql://postgres@/postgres?host=${this.folder}`;
    }

    sql(text) {
        return this.program('psql', '-qAtX', '-h', this.folder, '-U', 'postgres', '-d', 'postgres', '-c', text).trim();
    }

    async start() {
        // fsync: what is killed here is the server, not the machine
        this.child = spawn(join(programs, 'postgres'), ['-D', this.data, '-k', this.folder, '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'log_min_messages=fatal'], { cwd: this.folder, stdio: 'ignore', ...this.identity });
        this.ended = new Promise((done) => this.child.on('close', done));
        await until('PostgreSQL', () => {
            try {
                return this.sql('SELECT 1') === '1';
            } catch {
                return false;
            }
        });
        return this;
    }

    /** Every process of it, the first one first. */
    get pids() {
        const main = this.child.pid;
        const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(main)], { encoding: 'utf8' }).trim().split(/\s+/).map(Number);
        return [main, ...children];
    }

    /** kill -9 of all of it. */
    async kill() {
        for (const pid of this.pids) {
            try {
                process.kill(pid, 'SIGKILL');
            } catch {
                // gone already
            }
        }
        await this.ended;
        rmSync(join(this.data, 'postmaster.pid'), { force: true });
    }

    signal(name) {
        for (const pid of this.pids) process.kill(pid, name);
    }

    async stop() {
        this.child.kill('SIGQUIT');
        await this.ended;
        rmSync(this.folder, { recursive: true, force: true });
    }

    log() {
        return readFileSync(join(this.folder, 'log'), 'utf8');
    }
}
