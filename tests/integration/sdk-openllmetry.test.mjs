// SPDX-License-Identifier: Apache-2.0
// Traceloop's SDK, which traces the libraries of OpenAI and Anthropic: what the
// models were asked and answered is what the server stored, and what they
// counted is what it counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as anthropic from '@anthropic-ai/sdk';
import * as traceloop from '@traceloop/node-server-sdk';
import OpenAI from 'openai';
import { withAnthropic, withOpenAI } from './conversation.mjs';
import { ANSWER, ANTHROPIC, FIRST_TOKEN_MS, OPENAI, TOOL, fakeModel } from './fake-model.mjs';
import { claudeCost, countsOnce, holds, nano, pricedServer } from './spans.mjs';

/** The library of OpenAI is traced with a prompt's name. */
const PROMPT_KEYS = { extraAttributes: { 'traceloop.prompt.key': 'greeting', 'traceloop.prompt.version': 4 } };

async function support(model) {
    await withOpenAI(model, PROMPT_KEYS);
    await traceloop.withTool({ name: TOOL.name }, async () => ({ temperature: 21 }), 'Paris');
    await withAnthropic(model);
    return 'done';
}

function workflow([span]) {
    holds(span, { operation_type: 'agent', parent_span_id: null, output_text: 'done', cost_source: 'no_usage', total_cost_usd: null, status_code: 'UNSET' });
    assert.equal(span.attributes['gen_ai.workflow.name'], 'support');
}

const CALL = { name: TOOL.name, arguments: JSON.stringify(TOOL.arguments) };

function chats(spans) {
    const [plain, tool, streamed, response, called, unread] = spans;
    for (const span of spans) holds(span, { operation_type: 'chat', span_kind: 'client', provider: 'openai', request_model: 'gpt-4o', status_code: 'UNSET', error_type: null });
    // it does not tell which of them were cached, and what was thought
    for (const span of [plain, tool, response, called]) {
        holds(span, {
            model: 'gpt-4o-2024-08-06', prompt_tokens: OPENAI.prompt, completion_tokens: OPENAI.completion, total_tokens: OPENAI.total,
            cached_tokens: null, reasoning_tokens: null, cost_source: 'price_book',
        });
        assert.equal(nano(span.prompt_cost_usd), OPENAI.prompt * 2500);
        assert.equal(nano(span.completion_cost_usd), OPENAI.completion * 10000);
        assert.equal(nano(span.total_cost_usd), OPENAI.prompt * 2500 + OPENAI.completion * 10000);
    }
    holds(plain, {
        input_text: 'Grüße 世界', output_text: ANSWER, finish_reason: 'stop', model_parameters: { temperature: 0.5, max_tokens: 100 }, tool_calls: [],
        input_messages: [{ role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] }, { role: 'user', parts: [{ type: 'text', content: 'Grüße 世界' }] }],
        output_messages: [{ role: 'assistant', finish_reason: 'stop', parts: [{ type: 'text', content: ANSWER }] }],
    });
    holds(plain.attributes, { 'gen_ai.prompt.name': 'greeting', 'gen_ai.prompt.version': 4, 'gen_ai.response.id': 'chatcmpl-1' });
    holds(tool, { finish_reason: 'tool_call', output_text: null, tool_calls: [{ id: 'call_1', ...CALL }] });
    // it counts streams of chats with a tokenizer of its own, and does not read the tool calls and the streams of responses
    holds(streamed, { input_text: 'Hi', output_text: ANSWER, prompt_tokens: 1, completion_tokens: 4, total_tokens: 5, cost_source: 'price_book' });
    holds(response, { input_text: 'Hi', output_text: ANSWER, finish_reason: 'stop' });
    holds(unread, { input_text: 'Hi', output_text: null, total_tokens: null, total_cost_usd: null, cost_source: 'no_usage' });
}

const WRITTEN = ANTHROPIC.written_5m + ANTHROPIC.written_1h;
const PROMPT = ANTHROPIC.input + ANTHROPIC.read + WRITTEN;

function messages([plain, tool, streamed, failed]) {
    for (const span of [plain, tool, streamed, failed])
        holds(span, { operation_type: 'chat', provider: 'anthropic', request_model: 'claude-opus-4-5' });
    for (const span of [plain, tool, streamed])
        holds(span, {
            model: 'claude-opus-4-5-20251101', status_code: 'UNSET', cost_source: 'price_book', model_parameters: { max_tokens: 100 },
            prompt_tokens: PROMPT, cached_tokens: ANTHROPIC.read, cache_write_tokens: WRITTEN, completion_tokens: ANTHROPIC.output, total_tokens: PROMPT + ANTHROPIC.output,
        });
    for (const span of [plain, tool, streamed]) assert.equal(nano(span.total_cost_usd), claudeCost(false));
    holds(plain, {
        input_text: 'Grüße 世界', output_text: ANSWER, finish_reason: 'stop',
        input_messages: [{ role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] }, { role: 'user', parts: [{ type: 'text', content: 'Grüße 世界' }] }],
    });
    holds(tool, { finish_reason: 'tool_call', tool_calls: [{ id: 'toolu_1', ...CALL }] });
    holds(streamed, { input_text: 'Hi', output_text: ANSWER });
    holds(failed, { status_code: 'ERROR', error_type: 'Error', cost_source: 'no_usage', total_cost_usd: null, total_tokens: null });
    assert.match(failed.error_message, /429.*Too many requests/);
}

/** Anthropic's library writes spans itself, by OpenTelemetry's conventions, below those of whoever traces it. */
function ownSpans(own, outer) {
    for (const span of own) holds(span, { operation_type: 'chat', provider: 'anthropic', request_model: 'claude-opus-4-5' });
    assert.deepEqual(own.map((s) => s.parent_span_id), outer.map((s) => s.span_id));
    const [plain, tool, streamed, failed] = own;
    for (const span of [plain, tool, streamed])
        holds(span, {
            model: 'claude-opus-4-5-20251101', status_code: 'OK', service_tier: 'standard', cost_source: 'price_book',
            prompt_tokens: PROMPT, cached_tokens: ANTHROPIC.read, cache_write_tokens: WRITTEN, cache_write_1h_tokens: ANTHROPIC.written_1h,
            completion_tokens: ANTHROPIC.output, total_tokens: PROMPT + ANTHROPIC.output,
        });
    for (const span of [plain, tool, streamed]) assert.equal(nano(span.total_cost_usd), claudeCost(true));
    assert.deepEqual([plain, tool, streamed].map((s) => s.finish_reason), ['end_turn', 'tool_use', 'end_turn']);
    assert.equal(plain.ttft_ms, null);
    assert.ok(streamed.ttft_ms >= FIRST_TOKEN_MS - 1 && streamed.ttft_ms <= streamed.duration_ms, `${streamed.ttft_ms}`);
    holds(failed, { status_code: 'ERROR', error_type: 'rate_limit_error', cost_source: 'no_usage' });
}

test('Traceloop SDK', async (t) => {
    const observatory = await pricedServer(t), model = await fakeModel(t);
    traceloop.initialize({
        appName: 'shop', baseUrl: observatory.url, apiKey: 'key', disableBatch: true, traceloopSyncEnabled: false,
        silenceInitializationMessage: true, instrumentModules: { openAI: OpenAI, anthropic },
    });
    const associationProperties = { user_id: 'u-1', session_id: 's-1', plan: 'gold' };
    await traceloop.withWorkflow({ name: 'support', associationProperties }, () => support(model));
    await traceloop.forceFlush();

    const spans = await observatory.spans();
    const of = (name) => spans.filter((s) => s.span_name === name);
    const asked = of('chat gpt-4o'), told = of('chat claude-opus-4-5'), own = of('anthropic.messages.create'), [tool] = of('weather.tool');
    assert.equal(spans.length, 1 + 6 + 4 + 4 + 1);
    for (const span of spans) {
        holds(span, { service_name: 'shop', user_id: 'u-1', session_id: 's-1' });
        assert.equal(span.attributes['traceloop.association.properties.plan'], 'gold');
    }
    workflow(of('support.workflow'));
    chats(asked);
    messages(told);
    const byParent = told.map((s) => own.find((o) => o.parent_span_id === s.span_id));
    ownSpans(byParent, told);
    holds(tool, { operation_type: 'tool', input_text: '{"args":["Paris"],"kwargs":{}}', output_text: '{"temperature":21}', cost_source: 'no_usage' });

    const totals = await countsOnce(observatory, spans, [...asked, ...own]);
    assert.equal(totals.error_count, 2);
    assert.deepEqual(totals.providers.sort(), ['anthropic', 'openai']);
});
