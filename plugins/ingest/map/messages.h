/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of chat messages in JSON, as OpenTelemetry (role, parts), OpenAI (role,
 * content, tool_calls), Anthropic (content blocks), Gemini (parts with
 * function_call), the Vercel AI SDK (tool-call parts) and Genkit write them: what was
 * asked, what was answered, which tools were called. */
#ifndef INGEST_MESSAGES_H
#define INGEST_MESSAGES_H

#include "json_out.h"

struct messages {
    obs_str json;          /* the array, compact */
    obs_str text;          /* see messages_read() */
    obs_str tool_calls;    /* output: [{id, name, arguments}], arguments as JSON text */
    obs_str finish_reason; /* of the last message that has one */
    bool wrapped;          /* `json` is not all that was given */
};

/* Reads `json`: an array of messages (or of plain strings), one message, or an
 * object that has them as "messages".
 * For input the text is the last user message's, else the last message's that
 * has one; for output it is the assistant's last. Text parts are joined with
 * newlines; reasoning and tool results are not text. `out` must have nothing
 * under way. Errors: OBS_E_SYNTAX (not JSON, or nothing in it is a message:
 * take it as plain text), OBS_E_NOMEM. */
OBS_MUST_CHECK int messages_read(struct json_out *out, obs_str json, bool output,
                                 struct messages *ret);

/* Reads tool calls by themselves: an array of them, or one. `ret` is what
 * messages.tool_calls is. Errors: OBS_E_SYNTAX (there are none), OBS_E_NOMEM. */
OBS_MUST_CHECK int messages_read_calls(struct json_out *out, obs_str json, obs_str *ret);

/* `json` itself when it is valid and compact, else a compact copy.
 * Errors: OBS_E_SYNTAX, OBS_E_NOMEM. */
OBS_MUST_CHECK int json_compacted(struct json_out *out, obs_str json, obs_str *ret);

#endif
