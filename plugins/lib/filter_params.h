/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters by which spans are chosen, wherever they are: from text to a filter
 * tree and a range. */
#ifndef PLUGINS_LIB_FILTER_PARAMS_H
#define PLUGINS_LIB_FILTER_PARAMS_H

#include <observatory/memory.h>
#include <observatory/plugin.h>
#include <observatory/store.h>

#include <stdbool.h>

#define FILTER_PARAMS_MAX 64 /* conditions */

/* The parameters as routes declare them. */
enum { FILTER_PARAMS_COUNT = 24 };
/* clang-format off */
#define FILTER_PARAMS                                                                              \
{"from", "query", "time", "start of the range, inclusive: RFC 3339, Unix time, now-1d"}, \
    {"start_time", "query", "time", "another name of from"}, \
    {"to", "query", "time", "end of the range, exclusive"}, \
    {"end_time", "query", "time", "another name of to"}, \
    {"project_id", "query", "string", "only spans of this project"}, \
    {"trace_id", "query", "string", "only spans of this trace: 32 hexadecimal digits"}, \
    {"session_id", "query", "list", "any of these sessions"}, \
    {"user_id", "query", "list", "any of these users"}, \
    {"provider", "query", "list", "any of these providers"}, \
    {"model", "query", "list", "any of these models"}, \
    {"operation_type", "query", "list", "any of chat, completion, embedding, tool, agent, …"}, \
    {"service", "query", "list", "any of these services"}, \
    {"environment", "query", "list", "any of these environments"}, \
    {"span_name", "query", "string", "exactly this name"}, \
    {"status", "query", "string", "OK, ERROR or UNSET"}, \
    {"tags", "query", "list", "all of these tags"}, \
    {"min_duration_ms", "query", "number", "least duration in milliseconds"}, \
    {"max_duration_ms", "query", "number", "greatest duration in milliseconds"}, \
    {"min_cost", "query", "number", "least total cost in USD"}, \
    {"max_cost", "query", "number", "greatest total cost in USD"}, \
    {"min_tokens", "query", "integer", "least total tokens"}, \
    {"max_tokens", "query", "integer", "greatest total tokens"}, \
    {"roots_only", "query", "boolean", "only spans without a parent"}, \
    {"search", "query", "string", "words of prompts and completions: refund \"two words\" -not prefi* OR"}
/* clang-format on */

/* Owned by the caller; what it points to lives in `arena` or in the request. */
struct filter_params {
    obs_arena *arena;
    int64_t now_ns;

    const obs_filter *filters[FILTER_PARAMS_MAX]; /* all must hold */
    size_t n_filters;
    int64_t from_ns, to_ns;             /* INT64_MIN, INT64_MAX: not given */
    obs_str project;                    /* ptr NULL: not given */
    obs_str given[FILTER_PARAMS_COUNT]; /* by row of the declaration; ptr NULL: not given */

    /* What was wrong, after an error. */
    const char *wrong_field;
    obs_str wrong_text;
};

void filter_params_init(struct filter_params *params, obs_arena *arena, int64_t now_ns);

/* Takes one parameter, borrowed as long as `params`. Each may be given once, tags
 * any number of times. Errors: OBS_E_UNKNOWN (none of these, and nothing is said of
 * it); OBS_E_INVALID, OBS_E_RANGE, OBS_E_COMPLEX with wrong_field and wrong_text;
 * OBS_E_NOMEM. */
OBS_MUST_CHECK int filter_params_take(struct filter_params *params, obs_str name, obs_str value);

/* Checks what belongs together; NULL when all spans are meant. Errors as above. */
OBS_MUST_CHECK int filter_params_finish(struct filter_params *params,
                                        const obs_filter **ret_filter);

/* Adds a condition that comes from elsewhere. Errors: OBS_E_COMPLEX, OBS_E_NOMEM
 * (`filter` is NULL). */
OBS_MUST_CHECK int filter_params_add(struct filter_params *params, const obs_filter *filter);

/* Whether a parameter about a field was given. */
bool filter_params_about(const struct filter_params *params, uint32_t field);

/* What the parameter of a row is about, for digests: other names of it are the same. */
uint64_t filter_params_key(size_t row);

/* Notes a complaint, "FIELD: expected EXPECTED, found …"; returns `error`. */
int filter_params_complain(struct filter_params *params, int error, const char *field,
                           const char *expected, obs_str found);

/* "12.5" as an integer of 10^-decimals; more decimals than that are refused. */
bool filter_params_number(obs_str text, unsigned decimals, int64_t *ret_value);

#endif
