// SPDX-License-Identifier: Apache-2.0
// References made from descriptors: the OpenAPI document is one, and has every
// route that is served.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { config, run, serve } from './server.mjs';

async function validated(args) {
    const { code, out, err } = await run(args);
    assert.equal(code, 0, err);
    const document = JSON.parse(out);
    const result = await new Validator().validate(document);
    assert.ok(result.valid, JSON.stringify(result.errors));
    return document;
}

test('the OpenAPI document of a configuration is valid and has its routes', async (t) => {
    const document = await validated(['plugins', 'openapi', '--config', config, '--set', 'plugins.hello={}']);
    assert.equal(document.openapi, '3.1.0');
    for (const path of ['/api/v1/traces', '/api/v1/traces/{trace_id}', '/v1/traces', '/metrics', '/health', '/hello/{name}'])
        assert.ok(document.paths[path], path);
    const { get } = document.paths['/hello/{name}'];
    assert.equal(get.summary, 'Greets NAME');
    assert.deepEqual(get.parameters, [{ name: 'name', in: 'path', required: true, schema: { type: 'string' }, description: 'whom to greet' }]);
    const ids = Object.values(document.paths).flatMap((item) => Object.values(item).map((operation) => operation.operationId));
    assert.equal(new Set(ids).size, ids.length);

    // what it says is there is there
    const server = await serve(t, { sets: { 'plugins.hello': '{}' } });
    for (const [path, item] of Object.entries(document.paths)) {
        const answer = await fetch(server.url + path.replace(/\{[^}]*\}/g, 'x'), { method: 'OPTIONS' });
        assert.equal(answer.status, 204, path);
        for (const method of Object.keys(item)) assert.match(answer.headers.get('allow'), new RegExp(`\\b${method.toUpperCase()}\\b`), path);
    }
});

test('each plugin alone gives a valid document, too', async () => {
    for (const name of ['ingest', 'feedback', 'trace-search', 'metrics', 'health', 'hello', 'echo']) {
        const document = await validated(['plugins', 'show', name, '--format', 'openapi']);
        assert.ok(Object.keys(document.paths).length > 0, name);
    }
    assert.equal((await run(['plugins', 'show', 'hello', '--format', 'yaml'])).code, 64);
});
