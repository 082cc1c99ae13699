// SPDX-License-Identifier: Apache-2.0
// Phoenix's registration with OpenInference's instrumentations of OpenAI's and
// Anthropic's libraries: the server takes the place of Phoenix.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as anthropic from '@anthropic-ai/sdk';
import { AnthropicInstrumentation } from '@arizeai/openinference-instrumentation-anthropic';
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';
import { context, register, setMetadata, setPromptTemplate, setSession, setTags, setUser, trace } from '@arizeai/phoenix-otel';
import OpenAI from 'openai';
import { user, withAnthropic, withOpenAI } from './conversation.mjs';
import { ANSWER, ANTHROPIC, OPENAI, TOOL, fakeModel } from './fake-model.mjs';
import { claudeCost, countsOnce, holds, nano, pricedServer } from './spans.mjs';

const CALL = { name: TOOL.name, arguments: JSON.stringify(TOOL.arguments) };
const UNCACHED = OPENAI.prompt - OPENAI.cached;

function counted(span) {
    holds(span, {
        model: 'gpt-4o-2024-08-06', status_code: 'OK', cost_source: 'price_book', prompt_tokens: OPENAI.prompt, cached_tokens: OPENAI.cached,
        completion_tokens: OPENAI.completion, reasoning_tokens: OPENAI.reasoning, total_tokens: OPENAI.total,
    });
    // $2.50 and $10 a million tokens, cached ones $1.25
    assert.equal(nano(span.prompt_cost_usd), UNCACHED * 2500 + OPENAI.cached * 1250);
    assert.equal(nano(span.completion_cost_usd), OPENAI.completion * 10000);
    assert.equal(nano(span.total_cost_usd), UNCACHED * 2500 + OPENAI.cached * 1250 + OPENAI.completion * 10000);
}

function chats(spans) {
    const [plain, tool, streamed] = spans;
    for (const span of spans) holds(span, { operation_type: 'chat', provider: 'openai', request_model: 'gpt-4o', error_type: null });
    counted(plain);
    counted(tool);
    holds(plain, {
        input_text: 'Grüße 世界', output_text: ANSWER, finish_reason: 'stop', model_parameters: { model: 'gpt-4o', temperature: 0.5, max_tokens: 100 },
        input_messages: [{ role: 'system', content: 'Be brief.' }, ...user('Grüße 世界')], output_messages: [{ role: 'assistant', content: ANSWER }], tool_calls: [],
    });
    holds(tool, { finish_reason: 'tool_calls', output_text: null, tool_calls: [{ id: 'call_1', ...CALL }] });
    // it tells no usage of a stream, and so nothing is guessed
    holds(streamed, { model: 'gpt-4o', output_text: ANSWER, finish_reason: 'stop', status_code: 'UNSET', total_tokens: null, total_cost_usd: null, cost_source: 'no_usage' });
}

function responses(spans) {
    const [plain, tool, streamed] = spans;
    for (const span of spans) {
        holds(span, { operation_type: 'chat', provider: 'openai', request_model: 'gpt-4o' });
        counted(span);
    }
    for (const span of [plain, streamed]) holds(span, { input_text: 'Hi', output_text: ANSWER, input_messages: user('Hi') });
    holds(tool, { input_text: 'Weather in Paris?', tool_calls: [{ id: 'call_1', ...CALL }] });
}

const WRITTEN = ANTHROPIC.written_5m + ANTHROPIC.written_1h;
const PROMPT = ANTHROPIC.input + ANTHROPIC.read + WRITTEN;

function messages([plain, tool, streamed, failed]) {
    for (const span of [plain, tool, streamed, failed]) holds(span, { operation_type: 'chat', provider: 'anthropic', request_model: 'claude-opus-4-5' });
    for (const span of [plain, tool, streamed])
        holds(span, {
            model: 'claude-opus-4-5-20251101', status_code: 'OK', cost_source: 'price_book', prompt_tokens: PROMPT, cached_tokens: ANTHROPIC.read,
            cache_write_tokens: WRITTEN, completion_tokens: ANTHROPIC.output, total_tokens: PROMPT + ANTHROPIC.output,
        });
    for (const span of [plain, tool, streamed]) assert.equal(nano(span.total_cost_usd), claudeCost(false));
    holds(plain, { input_text: 'Grüße 世界', output_text: ANSWER, finish_reason: 'end_turn' });
    assert.equal(plain.model_parameters.system, 'Be brief.');
    holds(tool, { input_text: 'Weather in Paris?', finish_reason: 'tool_use', tool_calls: [{ id: 'toolu_1', ...CALL }] });
    holds(streamed, { input_text: 'Hi', output_text: ANSWER, finish_reason: 'end_turn' });
    holds(failed, { status_code: 'ERROR', error_type: 'Error', cost_source: 'no_usage', total_tokens: null });
    assert.match(failed.error_message, /^429 .*Too many requests/);
}

function instrumented(t, observatory) {
    const openai = new OpenAIInstrumentation(), claude = new AnthropicInstrumentation();
    const provider = register({ projectName: 'shop', url: observatory.url, apiKey: 'key', batch: false, instrumentations: [openai, claude] });
    openai.manuallyInstrument(OpenAI);
    claude.manuallyInstrument(anthropic);
    t.after(() => [openai, claude].forEach((i) => i.disable()));
    return provider;
}

/** What OpenInference carries to every span. */
function situation() {
    let c = setSession(context.active(), { sessionId: 's-1' });
    c = setUser(c, { userId: 'u-1' });
    c = setTags(c, ['beta']);
    c = setMetadata(c, { plan: 'gold' });
    return setPromptTemplate(c, { template: 'Hello {name}', variables: { name: 'World' }, version: '4' });
}

test('Phoenix OTEL with OpenInference', async (t) => {
    const observatory = await pricedServer(t), model = await fakeModel(t);
    const provider = instrumented(t, observatory);
    await context.with(situation(), () => trace.getTracer('shop').startActiveSpan('support', { attributes: { 'openinference.span.kind': 'AGENT' } }, async (span) => {
        await withOpenAI(model);
        await withAnthropic(model);
        span.end();
    }));
    await provider.forceFlush();
    await provider.shutdown();

    const spans = await observatory.spans();
    const of = (name) => spans.filter((s) => s.span_name === name);
    const [agent] = of('support'), asked = of('OpenAI Chat Completions'), answered = of('OpenAI Responses'), [embedded] = of('OpenAI Embeddings');
    const told = of('Anthropic Messages'), own = of('anthropic.messages.create');
    assert.equal(spans.length, 1 + 3 + 3 + 1 + 4 + 4);
    for (const span of spans) {
        holds(span, { user_id: 'u-1', session_id: 's-1', tags: ['beta'] });
        holds(span.attributes, { metadata: '{"plan":"gold"}', 'gen_ai.prompt.version': '4', 'llm.prompt_template.template': 'Hello {name}' });
        assert.equal(span.resource_attributes['openinference.project.name'], 'shop');
    }
    holds(agent, { operation_type: 'agent', parent_span_id: null, cost_source: 'no_usage' });
    chats(asked);
    responses(answered);
    holds(embedded, { operation_type: 'embedding', provider: 'openai', model: 'text-embedding-3-small', input_text: 'hello', status_code: 'OK', cost_source: 'no_usage' });
    messages(told);
    assert.deepEqual(own.map((s) => s.parent_span_id).sort(), told.map((s) => s.span_id).sort());

    // Anthropic's library writes spans itself, below those of OpenInference
    const totals = await countsOnce(observatory, spans, [...asked, ...answered, embedded, ...own]);
    assert.equal(totals.error_count, 2);
});
