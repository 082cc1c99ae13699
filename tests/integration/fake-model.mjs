// SPDX-License-Identifier: Apache-2.0
// A model endpoint on a local port that speaks as OpenAI and as Anthropic do:
// chat completions, responses, messages and embeddings, whole or streamed. It
// calls the first tool that it is offered, and ends a conversation in which a
// result stands. What it counts is always the same, so that a test can say what
// has to be stored. "status 429" as the last message is answered by that status.
import { createServer } from 'node:http';

/** A moment before the first token, so that it is later than the call's start. */
export const FIRST_TOKEN_MS = 20;

/** As OpenAI counts: the cached tokens are in the prompt, the reasoning in the completion. */
export const OPENAI = { prompt: 120, cached: 64, completion: 45, reasoning: 20, total: 165, embedded: 4 };
/** As Anthropic counts: input, read and written are beside one another. */
export const ANTHROPIC = { input: 560, read: 64, written_5m: 20, written_1h: 10, output: 45 };

export const TOOL = { name: 'weather', arguments: { city: 'Paris' } };
export const ANSWER = 'It is sunny.';
const WORDS = ['It is ', 'sunny.'];

const ERRORS = {
    429: { openai: 'rate_limit_exceeded', anthropic: 'rate_limit_error', message: 'Too many requests.' },
    500: { openai: 'server_error', anthropic: 'api_error', message: 'The server had an error.' },
};

const pause = (ms) => new Promise((next) => setTimeout(next, ms));

/** Server-sent events: each [event or undefined, data]; the first after a while. */
async function stream(res, events, end) {
    res.setHeader('content-type', 'text/event-stream');
    await pause(FIRST_TOKEN_MS);
    for (const [event, data] of events) {
        res.write(`${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(data)}\n\n`);
        await pause(1);
    }
    res.end(end);
}

/* --- OpenAI: chat completions ------------------------------------------------- */

const chatUsage = {
    prompt_tokens: OPENAI.prompt, completion_tokens: OPENAI.completion, total_tokens: OPENAI.total,
    prompt_tokens_details: { cached_tokens: OPENAI.cached }, completion_tokens_details: { reasoning_tokens: OPENAI.reasoning },
};
const chatCall = { id: 'call_1', type: 'function', function: { name: TOOL.name, arguments: JSON.stringify(TOOL.arguments) } };

/** Models answer with the date of their release. */
const RELEASES = { 'gpt-4o': '-2024-08-06', 'claude-opus-4-5': '-20251101' };
const dated = (model) => model + (RELEASES[model] ?? '');

function chat(asked, res) {
    const base = { id: 'chatcmpl-1', created: 1790000000, model: dated(asked.model) };
    const calls = asked.tools && !asked.messages.some((m) => m.role === 'tool');
    const finish_reason = calls ? 'tool_calls' : 'stop';
    if (!asked.stream) {
        const message = calls ? { role: 'assistant', content: null, tool_calls: [chatCall] } : { role: 'assistant', content: ANSWER };
        return { ...base, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }], usage: chatUsage };
    }
    const chunk = (choices, more) => [undefined, { ...base, object: 'chat.completion.chunk', choices, ...more }];
    const deltas = calls ? [{ role: 'assistant', content: null, tool_calls: [{ index: 0, ...chatCall }] }] : WORDS.map((content) => ({ role: 'assistant', content }));
    const events = deltas.map((delta) => chunk([{ index: 0, delta, finish_reason: null }]));
    events.push(chunk([{ index: 0, delta: {}, finish_reason }]));
    if (asked.stream_options?.include_usage) events.push(chunk([], { usage: chatUsage }));
    return stream(res, events, 'data: [DONE]\n\n');
}

/* --- OpenAI: responses --------------------------------------------------------- */

function responses(asked, res) {
    const calls = asked.tools && !(Array.isArray(asked.input) && asked.input.some((m) => m.type === 'function_call_output'));
    const item = calls
        ? { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: TOOL.name, arguments: JSON.stringify(TOOL.arguments), status: 'completed' }
        : { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: ANSWER, annotations: [] }] };
    const response = {
        id: 'resp_1', object: 'response', created_at: 1790000000, model: dated(asked.model), status: 'completed', error: null, incomplete_details: null,
        output: [item], tools: asked.tools ?? [], parallel_tool_calls: true, tool_choice: 'auto', service_tier: 'default',
        usage: {
            input_tokens: OPENAI.prompt, input_tokens_details: { cached_tokens: OPENAI.cached },
            output_tokens: OPENAI.completion, output_tokens_details: { reasoning_tokens: OPENAI.reasoning }, total_tokens: OPENAI.total,
        },
    };
    if (!asked.stream) return response;
    const events = [
        { type: 'response.created', response: { ...response, status: 'in_progress', output: [], usage: null } },
        { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', ...(calls ? { arguments: '' } : { content: [] }) } },
    ];
    if (calls) events.push({ type: 'response.function_call_arguments.delta', item_id: item.id, output_index: 0, delta: item.arguments });
    else for (const delta of WORDS) events.push({ type: 'response.output_text.delta', item_id: item.id, output_index: 0, content_index: 0, delta, logprobs: [] });
    events.push({ type: 'response.output_item.done', output_index: 0, item }, { type: 'response.completed', response });
    return stream(res, events.map((event, i) => [event.type, { ...event, sequence_number: i }]));
}

/* --- OpenAI: embeddings -------------------------------------------------------- */

const embeddings = (asked) => ({
    object: 'list', model: asked.model, data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }],
    usage: { prompt_tokens: OPENAI.embedded, total_tokens: OPENAI.embedded },
});

/* --- Anthropic: messages -------------------------------------------------------- */

function messages(asked, res) {
    const calls = asked.tools && !asked.messages.some((m) => Array.isArray(m.content) && m.content.some((part) => part.type === 'tool_result'));
    const content = calls ? [{ type: 'tool_use', id: 'toolu_1', name: TOOL.name, input: TOOL.arguments }] : [{ type: 'text', text: ANSWER }];
    const stop_reason = calls ? 'tool_use' : 'end_turn';
    const usage = {
        input_tokens: ANTHROPIC.input, cache_read_input_tokens: ANTHROPIC.read, cache_creation_input_tokens: ANTHROPIC.written_5m + ANTHROPIC.written_1h,
        cache_creation: { ephemeral_5m_input_tokens: ANTHROPIC.written_5m, ephemeral_1h_input_tokens: ANTHROPIC.written_1h },
        output_tokens: ANTHROPIC.output, service_tier: 'standard',
    };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: dated(asked.model), content, stop_reason, stop_sequence: null, usage };
    if (!asked.stream) return message;
    const [block] = content;
    const deltas = calls ? [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }] : WORDS.map((text) => ({ type: 'text_delta', text }));
    const events = [
        { type: 'message_start', message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } },
        { type: 'content_block_start', index: 0, content_block: calls ? { ...block, input: {} } : { ...block, text: '' } },
        ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: ANTHROPIC.output } },
        { type: 'message_stop' },
    ];
    return stream(res, events.map((event) => [event.type, event]));
}

/* --- the endpoint ----------------------------------------------------------------- */

const routes = { '/v1/chat/completions': chat, '/v1/responses': responses, '/v1/embeddings': embeddings, '/v1/messages': messages };

/** The status that the last message wishes for; undefined: none. */
function wished(asked) {
    const said = asked.messages ?? (Array.isArray(asked.input) ? asked.input : [{ content: asked.input }]);
    const [, status] = /status (\d+)/.exec(JSON.stringify(said.at(-1)?.content ?? said.at(-1) ?? '')) ?? [];
    return status && Number(status);
}

function fail(path, status, res) {
    const { openai, anthropic, message } = ERRORS[status];
    res.statusCode = status;
    res.setHeader('x-should-retry', 'false');
    return path === '/v1/messages' ? { type: 'error', error: { type: anthropic, message } } : { error: { type: openai, code: openai, message, param: null } };
}

/** Starts one for the test `t`: its address, without "/v1". */
export async function fakeModel(t) {
    const server = createServer(async (req, res) => {
        let text = '';
        for await (const part of req) text += part;
        const asked = JSON.parse(text), path = new URL(req.url, 'http://model').pathname, status = wished(asked);
        const answer = status ? fail(path, status, res) : await routes[path](asked, res);
        if (!answer) return;
        res.setHeader('content-type', 'application/json');
        res.end(JSON.stringify(answer));
    });
    await new Promise((up) => server.listen(0, '127.0.0.1', up));
    t.after(() => new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
    }));
    return `http://127.0.0.1:${server.address().port}`;
}
