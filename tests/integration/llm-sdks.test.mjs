// SPDX-License-Identifier: Apache-2.0
// The OpenAI SDK against a local fake model endpoint, instrumented by two
// independent libraries (OpenInference and OpenLLMetry): what the model was
// asked and answered is what the server stored.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { OpenAIInstrumentation as OpenInference } from '@arizeai/openinference-instrumentation-openai';
import { OpenAIInstrumentation as OpenLLMetry } from '@traceloop/instrumentation-openai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import OpenAI from 'openai';
import { serve } from './server.mjs';

const USAGE = {
    prompt_tokens: 120, completion_tokens: 45, total_tokens: 165,
    prompt_tokens_details: { cached_tokens: 64 }, completion_tokens_details: { reasoning_tokens: 20 },
};

/** Chat completions: plain, a tool call. */
async function fakeModel(t) {
    const server = createServer((req, res) => {
        let text = '';
        req.on('data', (d) => (text += d));
        req.on('end', () => {
            const asked = JSON.parse(text);
            res.setHeader('content-type', 'application/json');
            const message = asked.tools
                ? { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }] }
                : { role: 'assistant', content: `You said: ${asked.messages.at(-1).content}` };
            res.end(JSON.stringify({
                id: 'chatcmpl-1', object: 'chat.completion', created: 1790000000, model: 'gpt-4o-2024-08-06',
                choices: [{ index: 0, message, finish_reason: asked.tools ? 'tool_calls' : 'stop' }], usage: USAGE,
            }));
        });
    });
    await new Promise((up) => server.listen(0, '127.0.0.1', up));
    t.after(() => new Promise((done) => server.close(done)));
    return `http://127.0.0.1:${server.address().port}/v1`;
}

async function converse(t, Instrumentation, service) {
    const observatory = await serve(t);
    const baseURL = await fakeModel(t);
    const provider = new BasicTracerProvider({
        resource: resourceFromAttributes({ 'service.name': service }),
        spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${observatory.url}/v1/traces` }))],
    });
    const instrumentation = new Instrumentation();
    instrumentation.setTracerProvider(provider);
    instrumentation.manuallyInstrument(OpenAI);
    t.after(() => instrumentation.disable());

    const client = new OpenAI({ baseURL, apiKey: 'test', maxRetries: 0 });
    await client.chat.completions.create({
        model: 'gpt-4o', temperature: 0.5, max_tokens: 100,
        messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Grüße 世界' }],
    });
    await client.chat.completions.create({
        model: 'gpt-4o', messages: [{ role: 'user', content: 'Weather in Paris?' }],
        tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }],
    });
    await provider.forceFlush();
    await provider.shutdown();

    const spans = await observatory.spans();
    assert.equal(spans.length, 2);
    return spans;
}

function answered(span, service) {
    assert.equal(span.service_name, service);
    assert.equal(span.operation_type, 'chat');
    assert.equal(span.provider, 'openai');
    assert.equal(span.model, 'gpt-4o-2024-08-06');
    assert.equal(span.prompt_tokens, USAGE.prompt_tokens);
    assert.equal(span.completion_tokens, USAGE.completion_tokens);
    assert.equal(span.total_tokens, USAGE.total_tokens);
}

for (const [name, Instrumentation] of [['openinference', OpenInference], ['openllmetry', OpenLLMetry]])
    test(`OpenAI SDK through ${name}`, async (t) => {
        const [plain, tool] = await converse(t, Instrumentation, name);

        answered(plain, name);
        assert.equal(plain.input_text, 'Grüße 世界');
        assert.equal(plain.output_text, 'You said: Grüße 世界');
        assert.equal(plain.input_messages.length, 2);
        assert.equal(plain.input_messages[0].role, 'system');
        assert.equal(plain.model_parameters.temperature, 0.5);
        assert.equal(plain.model_parameters.max_tokens, 100);
        assert.notEqual(plain.status_code, 'ERROR');
        // $2.50 and $10 a million tokens; cached ones, where the library tells of them, $1.25
        const cached = plain.cached_tokens ?? 0;
        assert.equal(Math.round(plain.total_cost_usd * 1e9), (120 - cached) * 2500 + cached * 1250 + 45 * 10000);
        if (name === 'openinference') {
            assert.equal(plain.cached_tokens, 64);
            assert.equal(plain.reasoning_tokens, 20);
        }

        answered(tool, name);
        assert.equal(tool.tool_calls.length, 1);
        assert.equal(tool.tool_calls[0].name, 'weather');
        assert.deepEqual(JSON.parse(tool.tool_calls[0].arguments), { city: 'Paris' });
    });
