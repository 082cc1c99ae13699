// SPDX-License-Identifier: Apache-2.0
// Langfuse's SDK on OpenTelemetry: traces, generations and tools as it sends them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LangfuseSpanProcessor } from '@langfuse/otel';
import { propagateAttributes, setLangfuseTracerProvider, startActiveObservation } from '@langfuse/tracing';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { countsOnce, holds, nano, pricedServer } from './spans.mjs';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const HI = [{ role: 'user', content: 'Hi' }];

/** A generation that says what it cost, one that does not, an embedding, and a tool that fails, below an agent. */
function observe(span) {
    const begin = (name, attributes, asType) => span.startObservation(name, attributes, { asType });

    span.update({ input: { q: 'Hi' }, output: 'Hello' });
    begin('answer', { model: 'gpt-4o', input: HI, modelParameters: { temperature: 0.2 } }, 'generation').update({
        output: { role: 'assistant', content: 'Hello' }, completionStartTime: new Date(Date.now() + 500), prompt: { name: 'greeting', version: 4, isFallback: false },
        usageDetails: { input: 100, output: 20, total: 150, input_cached_tokens: 30 }, costDetails: { input: 0.001, output: 0.002, total: 0.003 },
    }).end();
    begin('openai', {
        model: 'gpt-4o', input: HI, output: { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }] },
        usageDetails: { prompt_tokens: 120, completion_tokens: 45, total_tokens: 165, prompt_tokens_details: { cached_tokens: 64 }, completion_tokens_details: { reasoning_tokens: 20 } },
    }, 'generation').end();
    begin('vector', { model: 'text-embedding-3-small', input: 'hello', usageDetails: { input: 4 } }, 'embedding').end();
    begin('weather', { input: { city: 'Paris' }, level: 'ERROR', statusMessage: 'no network' }, 'tool').end();
}

test('Langfuse SDK, with the server as its host', async (t) => {
    const observatory = await pricedServer(t);
    const processor = new LangfuseSpanProcessor({ baseUrl: observatory.url, exportMode: 'immediate', environment: 'staging', release: '1.4', publicKey: 'pk', secretKey: 'sk' });
    const provider = new BasicTracerProvider({ spanProcessors: [processor] });
    setLangfuseTracerProvider(provider);
    t.after(() => setLangfuseTracerProvider(null));
    const began = Date.now();
    await propagateAttributes({ userId: 'u-1', sessionId: 's-1', tags: ['beta'] }, () => startActiveObservation('support', observe, { asType: 'agent' }));
    await processor.forceFlush();
    await provider.shutdown();

    const all = await observatory.spans();
    const { support, answer, openai, vector, weather } = Object.fromEntries(all.map((s) => [s.span_name, s]));
    for (const span of all) holds(span, { user_id: 'u-1', session_id: 's-1', tags: ['beta'], environment: 'staging', release: '1.4' });
    holds(support, { operation_type: 'agent', parent_span_id: null, input_text: '{"q":"Hi"}', output_text: 'Hello', cost_source: 'no_usage' });
    holds(answer, {
        operation_type: 'chat', model: 'gpt-4o', input_text: 'Hi', output_text: 'Hello', prompt_tokens: 130, cached_tokens: 30, completion_tokens: 20, total_tokens: 150,
        prompt_cost_usd: 0.001, completion_cost_usd: 0.002, total_cost_usd: 0.003, emitter_cost_usd: 0.003, provider_cost_usd: null, cost_source: 'emitter',
        input_messages: HI, output_messages: [{ role: 'assistant', content: 'Hello' }], model_parameters: { temperature: 0.2 },
    });
    assert.ok(answer.ttft_ms > 400 && answer.ttft_ms <= Date.now() - began + 500, `${answer.ttft_ms}`);
    holds(answer.attributes, { 'gen_ai.prompt.name': 'greeting', 'gen_ai.prompt.version': 4 });
    holds(openai, {
        operation_type: 'chat', prompt_tokens: 120, cached_tokens: 64, completion_tokens: 45, reasoning_tokens: 20, total_tokens: 165, cost_source: 'price_book', emitter_cost_usd: null,
        tool_calls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' }],
    });
    assert.equal(nano(openai.total_cost_usd), (120 - 64) * 2500 + 64 * 1250 + 45 * 10000);
    holds(vector, { operation_type: 'embedding', model: 'text-embedding-3-small', input_text: 'hello', prompt_tokens: 4, cost_source: 'price_book' });
    holds(weather, { operation_type: 'tool', status_code: 'ERROR', error_message: 'no network', input_text: '{"city":"Paris"}', cost_source: 'no_usage' });
    await countsOnce(observatory, all, [answer, openai, vector]);
});
