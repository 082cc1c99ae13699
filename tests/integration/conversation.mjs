// SPDX-License-Identifier: Apache-2.0
// The same conversation with a model of OpenAI and one of Anthropic, for every
// library that traces theirs.
import assert from 'node:assert/strict';
import { Anthropic } from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { TOOL } from './fake-model.mjs';

const parameters = { type: 'object', properties: { city: { type: 'string' } } };

export const user = (content) => [{ role: 'user', content }];

async function drain(stream) {
    for await (const chunk of stream) void chunk;
}

/** Whole, with a tool, streamed; chat completions and responses; an embedding. `more` is for the first call. */
export async function withOpenAI(url, more) {
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'test', maxRetries: 0 });
    const chat = (body) => openai.chat.completions.create({ model: 'gpt-4o', ...body });
    const respond = (body) => openai.responses.create({ model: 'gpt-4o', ...body });

    await chat({ temperature: 0.5, max_tokens: 100, messages: [{ role: 'system', content: 'Be brief.' }, ...user('Grüße 世界')], ...more });
    await chat({ messages: user('Weather in Paris?'), tools: [{ type: 'function', function: { name: TOOL.name, parameters } }] });
    await drain(await chat({ messages: user('Hi'), stream: true, stream_options: { include_usage: true } }));
    await respond({ input: 'Hi' });
    await respond({ input: user('Weather in Paris?'), tools: [{ type: 'function', name: TOOL.name, parameters }] });
    await drain(await respond({ input: 'Hi', stream: true }));
    await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' });
}

/** Whole, with a tool, streamed, and one that fails. */
export async function withAnthropic(url) {
    const claude = new Anthropic({ baseURL: url, apiKey: 'test', maxRetries: 0 });
    const message = (body) => claude.messages.create({ model: 'claude-opus-4-5', max_tokens: 100, ...body });

    await message({ system: 'Be brief.', messages: user('Grüße 世界') });
    await message({ messages: user('Weather in Paris?'), tools: [{ name: TOOL.name, input_schema: parameters }] });
    await drain(await message({ messages: user('Hi'), stream: true }));
    await assert.rejects(message({ messages: user('status 429') }));
}
