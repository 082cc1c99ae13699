// SPDX-License-Identifier: Apache-2.0
// The Vercel AI SDK 5 and 6 with its telemetry, through the providers of OpenAI
// and of Anthropic.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import * as ai5 from 'ai5';
import * as ai6 from 'ai6';
import { createAnthropic as createAnthropic2 } from 'anthropic-provider-2';
import { createAnthropic as createAnthropic3 } from 'anthropic-provider-3';
import { createOpenAI as createOpenAI2 } from 'openai-provider-2';
import { createOpenAI as createOpenAI3 } from 'openai-provider-3';
import { z } from 'zod';
import { ANSWER, ANTHROPIC, FIRST_TOKEN_MS, OPENAI, TOOL, fakeModel } from './fake-model.mjs';
import { claudeCost, countsOnce, holds, nano, pick, pricedServer } from './spans.mjs';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const WHO = { userId: 'u-1', sessionId: 's-1', tags: ['beta'], langfusePrompt: JSON.stringify({ name: 'greeting', version: 4 }) };
const CALL = { name: TOOL.name, arguments: JSON.stringify(TOOL.arguments) };

/** One trace: what `speak(tracer's telemetry)` says, as it is stored. */
async function traced(t, speak) {
    const observatory = await pricedServer(t);
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${observatory.url}/v1/traces` }))] });
    const tracer = provider.getTracer('ai');
    await tracer.startActiveSpan('shop', async (span) => {
        await speak({ isEnabled: true, functionId: 'support', metadata: WHO, tracer });
        span.end();
    });
    await provider.forceFlush();
    await provider.shutdown();

    const spans = (await observatory.spans()).filter((s) => s.span_name !== 'shop');
    for (const span of spans) {
        holds(span, { user_id: 'u-1', session_id: 's-1', tags: ['beta'] });
        holds(span.attributes, { 'gen_ai.prompt.name': 'greeting', 'gen_ai.prompt.version': 4 });
    }
    return { observatory, spans, of: (name) => spans.filter((s) => s.span_name === name) };
}

/** A tool and its result, a stream. */
async function converse(ai, model, experimental_telemetry) {
    const weather = ai.tool({ inputSchema: z.object({ city: z.string() }), execute: async () => ({ temperature: 21 }) });
    await ai.generateText({
        model, system: 'Be brief.', prompt: 'Weather in Paris?', temperature: 0.5, maxOutputTokens: 100,
        stopWhen: ai.stepCountIs(3), tools: { weather }, experimental_telemetry,
    });
    await ai.streamText({ model, prompt: 'Hi', experimental_telemetry }).consumeStream();
}

/** Outer spans repeat the usage of their calls and cost nothing themselves. */
function outer(span, provider, model) {
    holds(span, {
        operation_type: 'agent', provider, request_model: model, input_text: 'Weather in Paris?', output_text: ANSWER, finish_reason: 'stop', total_cost_usd: null, cost_source: 'no_usage',
        input_messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Weather in Paris?' }],
    });
}

/** The two calls of a tool's use, and the tool. */
function steps(asking, answering, tool, id) {
    for (const call of [asking, answering]) {
        holds(call, { operation_type: 'chat', status_code: 'UNSET', cost_source: 'price_book' });
        holds(call.model_parameters, { temperature: 0.5, max_tokens: 100, max_retries: 2, tool_choice: { type: 'auto' } });
    }
    holds(asking, { finish_reason: 'tool-calls', tool_calls: [{ id, ...CALL }], input_text: 'Weather in Paris?' });
    holds(answering, { finish_reason: 'stop', output_text: ANSWER });
    assert.deepEqual(answering.input_messages.map((m) => m.role), ['system', 'user', 'assistant', 'tool']);
    holds(tool, { operation_type: 'tool', input_text: JSON.stringify(TOOL.arguments), output_text: '{"temperature":21}', cost_source: 'no_usage' });
    holds(tool.attributes, { 'gen_ai.tool.name': TOOL.name, 'gen_ai.tool.call.id': id });
}

function streamed(span) {
    holds(span, { operation_type: 'chat', input_text: 'Hi', output_text: ANSWER, finish_reason: 'stop', cost_source: 'price_book' });
    assert.ok(Math.abs(span.ttft_ms - span.attributes['ai.response.msToFirstChunk']) < 0.001, `${span.ttft_ms}`);
    assert.ok(span.ttft_ms >= FIRST_TOKEN_MS - 1 && span.ttft_ms <= span.duration_ms, `${span.ttft_ms}`);
}

for (const [version, ai, createOpenAI, createAnthropic] of [[5, ai5, createOpenAI2, createAnthropic2], [6, ai6, createOpenAI3, createAnthropic3]]) {
    test(`Vercel AI SDK ${version} with OpenAI`, async (t) => {
        const openai = createOpenAI({ baseURL: `${await fakeModel(t)}/v1`, apiKey: 'test' });
        const { observatory, spans, of } = await traced(t, async (experimental_telemetry) => {
            await converse(ai, openai.chat('gpt-4o'), experimental_telemetry);
            await ai.generateText({ model: openai.responses('gpt-4o'), prompt: 'Hi', experimental_telemetry });
            await ai.embed({ model: openai.textEmbeddingModel('text-embedding-3-small'), value: 'hello', experimental_telemetry });
        });

        outer(of('ai.generateText')[0], 'openai', 'gpt-4o');
        const calls = of('ai.generateText.doGenerate'), [asking, answering, response] = calls, [stream] = of('ai.streamText.doStream');
        steps(asking, answering, of('ai.toolCall')[0], 'call_1');
        streamed(stream);
        for (const call of [...calls, stream])
            holds(call, { provider: 'openai', model: 'gpt-4o-2024-08-06', request_model: 'gpt-4o', prompt_tokens: OPENAI.prompt, completion_tokens: OPENAI.completion, total_tokens: OPENAI.total });
        assert.equal(asking.attributes['gen_ai.response.id'], 'chatcmpl-1');
        holds(response, { input_text: 'Hi', output_text: ANSWER, service_tier: 'default' });
        // 5 tells what was cached and thought of streams only
        for (const call of version === 5 ? [stream] : [...calls, stream]) {
            holds(call, { cached_tokens: OPENAI.cached, reasoning_tokens: OPENAI.reasoning });
            assert.equal(nano(call.total_cost_usd), (OPENAI.prompt - OPENAI.cached) * 2500 + OPENAI.cached * 1250 + OPENAI.completion * 10000);
        }

        const [embedded] = of('ai.embed.doEmbed');
        holds(embedded, { operation_type: 'embedding', provider: 'openai', model: 'text-embedding-3-small', input_text: '["hello"]', prompt_tokens: OPENAI.embedded, cost_source: 'price_book' });
        holds(of('ai.embed')[0], { input_text: 'hello', cost_source: 'no_usage' });
        await countsOnce(observatory, spans, [...calls, stream, embedded]);
    });

    test(`Vercel AI SDK ${version} with Anthropic`, async (t) => {
        const anthropic = createAnthropic({ baseURL: `${await fakeModel(t)}/v1`, apiKey: 'test' });
        const { observatory, spans, of } = await traced(t, (telemetry) => converse(ai, anthropic('claude-opus-4-5'), telemetry));

        outer(of('ai.generateText')[0], 'anthropic', 'claude-opus-4-5');
        const calls = [...of('ai.generateText.doGenerate'), ...of('ai.streamText.doStream')], [asking, answering, stream] = calls;
        steps(asking, answering, of('ai.toolCall')[0], 'toolu_1');
        streamed(stream);
        const prompt = ANTHROPIC.input + ANTHROPIC.read + ANTHROPIC.written_5m + ANTHROPIC.written_1h;
        for (const call of calls)
            holds(call, {
                provider: 'anthropic', model: 'claude-opus-4-5-20251101', request_model: 'claude-opus-4-5', service_tier: 'standard', prompt_tokens: prompt, cached_tokens: ANTHROPIC.read,
                cache_write_tokens: ANTHROPIC.written_5m + ANTHROPIC.written_1h, cache_write_1h_tokens: ANTHROPIC.written_1h, completion_tokens: ANTHROPIC.output, total_tokens: prompt + ANTHROPIC.output,
            });
        for (const call of calls) assert.equal(nano(call.total_cost_usd), claudeCost(true));
        await countsOnce(observatory, spans, calls);
    });

    test(`Vercel AI SDK ${version} when the model fails`, async (t) => {
        const openai = createOpenAI({ baseURL: `${await fakeModel(t)}/v1`, apiKey: 'test' });
        const { spans, of } = await traced(t, async (experimental_telemetry) => {
            const asking = { model: openai.chat('gpt-4o'), maxRetries: 0, experimental_telemetry };
            await assert.rejects(ai.generateText({ ...asking, prompt: 'status 429' }));
            await ai.streamText({ ...asking, prompt: 'status 500', onError() {} }).consumeStream();
        });

        assert.equal(spans.length, 4);
        for (const [name, error_message] of [['ai.generateText', 'Too many requests.'], ['ai.generateText.doGenerate', 'Too many requests.'], ['ai.streamText', 'The server had an error.'], ['ai.streamText.doStream', 'The server had an error.']])
            assert.deepEqual(of(name).map((s) => pick(s, 'status_code', 'error_type', 'error_message', 'total_cost_usd', 'cost_source')), [
                { status_code: 'ERROR', error_type: 'AI_APICallError', error_message, total_cost_usd: null, cost_source: 'no_usage' },
            ]);
    });
}
