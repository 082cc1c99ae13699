// SPDX-License-Identifier: Apache-2.0
// POST /api/v1/traces/search: trees of conditions, by the names of any age.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from './server.mjs';

const span = (name, value, start) => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: String(start).padStart(16, '0'), name,
    startTimeUnixNano: `${1795000000 + start}000000000`, endTimeUnixNano: `${1795000001 + start}000000000`,
    attributes: Object.entries(value).map(([key, v]) => ({ key, value: typeof v === 'number' ? { intValue: v } : { stringValue: v } })) });

async function filled(t) {
    const server = await serve(t);
    const spans = [
        span('old', { 'gen_ai.system': 'openai', 'gen_ai.request.model': 'gpt-4o', 'gen_ai.usage.prompt_tokens': 10, 'gen_ai.usage.completion_tokens': 5, flavour: 'sweet' }, 1),
        span('new', { 'gen_ai.provider.name': 'openai', 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o-mini', 'gen_ai.usage.input_tokens': 20, 'gen_ai.usage.output_tokens': 5 }, 2),
        span('oi', { 'openinference.span.kind': 'LLM', 'llm.model_name': 'claude-sonnet-4-5', 'llm.token_count.prompt': 30, 'llm.token_count.completion': 5, flavour: 'sour' }, 3),
        span('plain', { flavour: 'sweet' }, 4),
    ];
    const answer = await server.post('/v1/traces', JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
    assert.equal(answer.status, 200, answer.text);
    return server;
}

const search = (server, filter, more) => server.post('/api/v1/traces/search', JSON.stringify({ filter, from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z', ...more }));

test('trees of conditions find what they say', async (t) => {
    const server = await filled(t);
    const leaf = (field, operator, value) => ({ field, operator, value });
    const and = (...filters) => ({ operator: 'AND', filters }), or = (...filters) => ({ operator: 'OR', filters }), not = (filter) => ({ operator: 'NOT', filters: [filter] });
    for (const [filter, names] of [
        [leaf('attributes.gen_ai.usage.prompt_tokens', 'gte', 20), ['new', 'oi']],
        [leaf('attributes.gen_ai.usage.input_tokens', 'gte', 20), ['new', 'oi']],
        [leaf('attributes.llm.token_count.prompt', 'lt', 20), ['old']],
        [leaf('prompt_tokens', 'in', [10, 30]), ['old', 'oi']],
        [leaf('attributes.gen_ai.system', 'eq', 'openai'), ['old', 'new']],
        [leaf('request_model', 'regex', '^gpt-4o(-mini)?$'), ['old', 'new']],
        [leaf('request_model', 'regex', '(?i)^GPT.*mini'), ['new']],
        [leaf('attributes.flavour', 'eq', 'sweet'), ['old', 'plain']],
        [and(leaf('attributes.flavour', 'exists'), not(leaf('attributes.flavour', 'eq', 'sweet'))), ['oi']],
        [or(leaf('span_name', 'starts_with', 'pl'), leaf('span_name', 'ends_with', 'ld')), ['old', 'plain']],
        [leaf('prompt_tokens', 'exists', false), ['plain']],
        [and(), ['old', 'new', 'oi', 'plain']],
        [or(), []],
    ]) {
        const answer = await search(server, filter);
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(answer.body.data.map((s) => s.span_name).sort(), [...names].sort(), JSON.stringify(filter));
    }
});

test('pages of a tree hang together', async (t) => {
    const server = await filled(t);
    const filter = { field: 'prompt_tokens', operator: 'exists' };
    const first = await search(server, filter, { limit: 2, sort_by: 'ts', sort_desc: false });
    const { cursor } = first.body.pagination;
    const next = await search(server, filter, { limit: 2, sort_by: 'ts', sort_desc: false, cursor });
    assert.deepEqual([...first.body.data, ...next.body.data].map((s) => s.span_name), ['old', 'new', 'oi']);
    const other = await search(server, { field: 'prompt_tokens', operator: 'gt', value: 1 }, { limit: 2, sort_by: 'ts', sort_desc: false, cursor });
    assert.equal(other.status, 400, 'a cursor is bound to its filter');
});

test('what is no filter is refused with its place', async (t) => {
    const server = await filled(t);
    let deep = { field: 'model', operator: 'exists' };
    for (let i = 0; i < 20; i++) deep = { operator: 'NOT', filters: [deep] };
    for (const [filter, why] of [
        [{ field: 'modle', operator: 'eq', value: 'a' }, /filter\.field: unknown field "modle", did you mean "model"\?/],
        [{ field: 'model', operator: 'like', value: 'a' }, /filter\.operator: expected one of eq, ne,/],
        [{ operator: 'AND', filters: [{ field: 'model', operator: 'eq', value: 1 }] }, /filter\.filters\[0\]\.value: expected a text/],
        [{ field: 'model', operator: 'regex', value: '(a' }, /character 3: a group is not closed/],
        [{ field: 'model', operator: 'regex', value: '(?<=a)b' }, /only plain groups/],
        [deep, /nested too deeply/],
        ['model', /expected an object/],
    ]) {
        const answer = await search(server, filter);
        assert.ok(answer.status === 400 || answer.status === 422, `${answer.status} ${answer.text}`);
        assert.match(answer.body.error.message, why);
    }
    const unknown = await server.post('/api/v1/traces/search', '{"fliter": {}}');
    assert.equal(unknown.status, 400);
    assert.match(unknown.text, /unknown member/);
});
