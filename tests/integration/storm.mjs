// SPDX-License-Identifier: Apache-2.0
// Reloads behind a test's back, one every 10 ms: three of five make some of the
// stock plugins anew, two are wrong in some way. Whatever a test asserts must hold
// even so. STORM=1 switches it on for every server of the suite.
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';

const EVERY_MS = 10;

/** One JSON object to a control socket, one back. */
function ask(path, question) {
    return new Promise((done, fail) => {
        let text = '';
        const socket = connect(path, () => socket.write(`${JSON.stringify(question)}\n`));
        socket.on('data', (data) => (text += data));
        socket.on('error', fail);
        socket.on('close', () => (text ? done(JSON.parse(text)) : fail(new Error('no answer'))));
    });
}

export class Storm {
    /** A copy of the configuration at `file` in `folder` that can be changed. */
    constructor(file, folder, binary) {
        this.plain = readFileSync(file, 'utf8');
        this.plugins = resolve(dirname(binary), '../plugins');
        this.socket = join(folder, 'control.sock');
        mkdirSync(join(folder, 'storm'), { recursive: true });
        copyFileSync(join(dirname(file), 'prices.yaml'), join(folder, 'storm/prices.yaml'));
        this.file = join(folder, 'storm/observatory.yaml');
        this.spelling = {};
        this.good = this.bad = 0;
        this.write(this.text());
    }

    write(text) {
        writeFileSync(`${this.file}.new`, text);
        renameSync(`${this.file}.new`, this.file);
    }

    /** A path spelt another way is another option: the instance is made anew. */
    text() {
        return this.plain.replace(/^ {2}(store-sqlite|prices|ingest|feedback|trace-search|analytics|metrics|health):.*$/gm, (line, name) =>
            `${line}\n    module: ${this.plugins}${'/.'.repeat(this.spelling[name] ?? 0)}/${name}/${name}.so`);
    }

    /** Spells some plugins another way. */
    vary() {
        for (const name of ['store-sqlite', 'prices', 'ingest', 'feedback', 'trace-search', 'analytics', 'metrics', 'health'])
            if (Math.random() < 0.3) this.spelling[name] = ((this.spelling[name] ?? 0) + 1) % 4;
        return this.text();
    }

    spoil() {
        const text = this.text();
        const ways = [
            () => `${text}\nno_such_key: 1\n`,
            () => text.replace(/^plugins:/m, 'plugins: ['),
            () => text.replace(/^plugins:/m, 'plugins:\n  nobody:'),
            () => text.replace(/^log:/m, 'log:\n  file: /nowhere/at/all'),
            () => text.replace('/health.so', '/health.dso'),
            () => text.replace(/^plugins:/m, 'plugins:\n  health2:\n    module: /proc/self/exe'),
        ];
        return ways[this.bad % ways.length]();
    }

    start() {
        this.going = true;
        this.ended = this.run().catch((error) => (this.error = error));
    }

    async run() {
        for (let i = 0; this.going; i++) {
            const wrong = i % 5 === 1 || i % 5 === 3;
            const began = Date.now();
            this.write(wrong ? this.spoil() : this.vary());
            let report;
            try {
                report = await ask(this.socket, { command: 'reload' });
            } catch {
                return; // the server has ended, as tests have it
            }
            const ending = report.errors?.some((error) => /shutting down/.test(error));
            const full = report.errors?.some((error) => /generations are alive already/.test(error));
            if (ending) return;
            if (wrong ? report.result !== 'refused' : report.result !== 'switched' && !full)
                throw new Error(`storm: ${wrong ? 'a wrong' : 'a right'} reload: ${JSON.stringify(report)}`);
            this[wrong ? 'bad' : 'good'] += 1;
            await new Promise((next) => setTimeout(next, Math.max(0, EVERY_MS - (Date.now() - began))));
        }
    }

    async stop() {
        this.going = false;
        await this.ended;
        if (this.error) throw this.error;
        this.write(this.text());
    }
}
