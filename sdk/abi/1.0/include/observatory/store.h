/* SPDX-License-Identifier: Apache-2.0 */
/* obs.store/1: where spans live. The service speaks of spans, filters and
 * scopes, never of SQL.
 *
 * Every call takes a scope, and a store never looks or writes outside it.
 * Calls return at once; the answer comes through a callback exactly once,
 * unless the call itself returned an error. Queries borrow nothing after they
 * return: a provider copies what it needs. */
#ifndef OBSERVATORY_STORE_H
#define OBSERVATORY_STORE_H

#include <observatory/memory.h>
#include <observatory/span.h>
#include <observatory/worker.h>

OBS_BEGIN_DECLS

#define OBS_STORE_ID "obs.store/1"

/* Whose data a call may touch.  Since: ABI 1.0. */
typedef struct obs_scope {
    uint32_t size;
    uint32_t all; /* 1: every project; else exactly those listed */
    const obs_str *projects;
    size_t n_projects;
} obs_scope;

/* ---- writing ------------------------------------------------------------- */

/* The outcome of an append.  Since: ABI 1.0. */
typedef struct obs_append_result {
    uint32_t size;
    int32_t error;       /* OBS_OK: every span is durable and readable */
    uint64_t n_stored;   /* new */
    uint64_t n_repeated; /* were there already (same project, trace and span id) */
    uint64_t n_merged;   /* were there already, and made into one with what came */
    uint64_t n_waiting;  /* fragments that wait for their span */
} obs_append_result;

typedef void (*obs_append_fn)(const obs_append_result *result, void *user);

/* Makes one span of `stored` and of `added`, which has the same identity: fills
 * `ret_span`, with texts of either or in `arena`, and returns 1; 0 leaves `stored`
 * as it is; an error fails the append. `stored` may be a new span, for which
 * `added`, a fragment, has waited. Must depend on nothing but its arguments and
 * what `user` keeps unchanged: it may be called again when a transaction is tried
 * again. Thread: one of the store's; blocks its writing, so takes microseconds. */
typedef int (*obs_merge_fn)(const obs_span *stored, const obs_span *added, obs_arena *arena,
                            obs_span *ret_span, void *user);

/* ---- asking -------------------------------------------------------------- */

/* Operators of a leaf. A comparison with an absent field is false, for NE,
 * NOT_IN and NOT_CONTAINS too. HAS: a list field holds the text. EXISTS takes no
 * value. CONTAINS, NOT_CONTAINS, STARTS_WITH and ENDS_WITH compare texts without
 * regard to case (Unicode's simple mapping to lower case). REGEX: a regular
 * expression (regex_check() of plugins/lib says which) matches somewhere.
 * Since: ABI 1.0. */
#define OBS_OP_EQ 1u
#define OBS_OP_NE 2u
#define OBS_OP_GT 3u
#define OBS_OP_GTE 4u
#define OBS_OP_LT 5u
#define OBS_OP_LTE 6u
#define OBS_OP_IN 7u
#define OBS_OP_NOT_IN 8u
#define OBS_OP_EXISTS 9u
#define OBS_OP_HAS 10u
#define OBS_OP_CONTAINS 11u
#define OBS_OP_NOT_CONTAINS 12u
#define OBS_OP_STARTS_WITH 13u
#define OBS_OP_ENDS_WITH 14u
#define OBS_OP_REGEX 15u

/* Full text: words, "phrases", -not, prefix* and OR, as text_query.h of plugins/lib
 * reads them. Only on OBS_FIELD_INPUT_TEXT, OBS_FIELD_OUTPUT_TEXT and
 * OBS_FIELD_ANY_TEXT. What was stored last is found too, whether it was indexed
 * already or not.  Since: ABI 1.0. */
#define OBS_OP_SEARCH 16u

/* Kinds of filter nodes.  Since: ABI 1.0. */
#define OBS_FILTER_AND 1u
#define OBS_FILTER_OR 2u
#define OBS_FILTER_NOT 3u /* exactly one child */
#define OBS_FILTER_LEAF 4u

/* A value to compare with; which member counts follows from the kind of the
 * field: `i` for TIME, INT, MONEY, DURATION (ns), STATUS, BOOL; `d` for REAL;
 * `s` for TEXT, JSON lists, and ID (raw bytes, not hexadecimal).
 * Since: ABI 1.0. */
typedef struct obs_value {
    int64_t i;
    double d;
    obs_str s;
} obs_value;

/* Instead of a field of the span: the feedback of the span, or of its trace as a
 * whole, under the name `key`. A leaf holds when it holds for one of them.
 * Since: ABI 1.0. */
#define OBS_FIELD_FEEDBACK 1000u

/* Instead of a field of the span: its prompt and its completion.  Since: ABI 1.0. */
#define OBS_FIELD_ANY_TEXT 1001u

/* A node of a filter tree.  Since: ABI 1.0. */
typedef struct obs_filter {
    uint32_t size;
    uint32_t kind;  /* OBS_FILTER_* */
    uint32_t field; /* LEAF: OBS_FIELD_* */
    uint32_t op;    /* LEAF: OBS_OP_* */
    const struct obs_filter *const *children;
    size_t n_children;
    const obs_value *values; /* one, or any number for IN and NOT_IN */
    size_t n_values;
    obs_str key;         /* a member of ATTRIBUTES, RESOURCE_ATTRIBUTES or MODEL_PARAMETERS, or the
                            name of a FEEDBACK; empty: the field itself */
    uint32_t value_kind; /* of a leaf with a key: OBS_KIND_TEXT, REAL or BOOL; what is there
                            is compared when it is of that kind */
    uint32_t reserved;
} obs_filter;

/* Flags of a query.  Since: ABI 1.0. */
#define OBS_QUERY_DESCENDING 1u
#define OBS_QUERY_TOTAL 2u /* count all matches too: costs a scan */

/* A search for spans.  Since: ABI 1.0. */
typedef struct obs_span_query {
    uint32_t size;
    uint32_t flags;
    uint64_t fields; /* OBS_FIELD_BIT()s wanted; others may be left empty */
    int64_t from_ns; /* start_ns in [from_ns, to_ns); INT64_MIN, INT64_MAX: open */
    int64_t to_ns;
    const obs_filter *filter; /* NULL: all */
    uint32_t sort_field;      /* OBS_FIELD_*: TS, DURATION, TTFT, TOTAL_COST, *_TOKENS */
    uint32_t limit;           /* at most this many rows, >= 1 */
    obs_str after;            /* position from an earlier result of the same query, or empty */
    int64_t timeout_ns;       /* of the whole call; 0: the store's own */
} obs_span_query;

/* One found span, in order. Its slices are borrowed for the call. Called by
 * one thread at a time, on the caller's worker or on a thread of the store,
 * always before `done`. Non-zero ends the search early, without error. */
typedef int (*obs_row_fn)(const obs_span *span, void *user);

/* What an answer was made from.  Since: ABI 1.0. */
#define OBS_SOURCE_RAW 0u
#define OBS_SOURCE_ROLLUP 1u
#define OBS_SOURCE_ROLLUP_DAYS 2u /* of old times only days of UTC are known: edges are theirs */

/* How a search ended.  Since: ABI 1.0. */
typedef struct obs_search_result {
    uint32_t size;
    int32_t error; /* OBS_OK, OBS_E_STORE, OBS_E_TIMEOUT, OBS_E_INVALID (position) … */
    uint32_t has_more;
    uint32_t n_rows;
    int64_t total;    /* with OBS_QUERY_TOTAL, else OBS_ABSENT */
    obs_str position; /* after the last row, for `after`; borrowed for the call; opaque */
    uint32_t source;  /* OBS_SOURCE_*, of an aggregate */
    uint32_t reserved;
} obs_search_result;

typedef void (*obs_search_fn)(const obs_search_result *result, void *user);

/* ---- adding up ------------------------------------------------------------ */

/* What is reckoned over the spans of a group. Spans in which the field is absent do
 * not count; nor do the tokens and the cost of a call that holds further calls
 * (OBS_SPAN_OUTER_TOKENS, OBS_SPAN_OUTER_COST), since these would count twice.
 * Integers are exact, sums stay at INT64_MAX; quantiles are within 1 % (DDSketch),
 * numbers of different texts within some percent (HyperLogLog, exact while there
 * are few), the same in every store and from every source.
 *
 * The fields are INT, MONEY, DURATION and TOKENS_PER_SECOND, which is reckoned in
 * millionths. Units are those of the field: nanoseconds, nano-dollars.
 * Since: ABI 1.0. */
#define OBS_MEASURE_COUNT 1u /* of the spans; `field` is not looked at */
#define OBS_MEASURE_SUM 2u
#define OBS_MEASURE_MIN 3u     /* of OBS_FIELD_TS too */
#define OBS_MEASURE_MAX 4u     /* of OBS_FIELD_TS too */
#define OBS_MEASURE_PRESENT 5u /* spans that have the field */
#define OBS_MEASURE_AVG 6u
#define OBS_MEASURE_STDDEV 7u   /* of the whole population */
#define OBS_MEASURE_QUANTILE 8u /* `argument`: the share, 0 to 1; nearest rank */
#define OBS_MEASURE_DISTINCT 9u /* different texts of a TEXT field */
#define OBS_MEASURE_ERRORS 10u  /* spans whose status is ERROR */

/* A measure.  Since: ABI 1.0. */
typedef struct obs_measure {
    uint32_t kind;  /* OBS_MEASURE_* */
    uint32_t field; /* OBS_FIELD_* */
    double argument;
} obs_measure;

/* The value of a measure. Of nothing: i is OBS_ABSENT and d NaN, but counts and
 * sums are 0.  Since: ABI 1.0. */
typedef struct obs_number {
    int64_t i; /* exact, or rounded for AVG and STDDEV */
    double d;  /* the same as a real */
} obs_number;

/* What spans are grouped by: a TEXT, ID or STATUS field; each of the TAGS; with a
 * key the text under it in ATTRIBUTES, RESOURCE_ATTRIBUTES or MODEL_PARAMETERS.
 * Since: ABI 1.0. */
typedef struct obs_dimension {
    uint32_t field;
    uint32_t reserved;
    obs_str key;
} obs_dimension;

/* A condition on a measure of a group as a whole.  Since: ABI 1.0. */
typedef struct obs_having {
    uint32_t measure; /* index */
    uint32_t op;      /* OBS_OP_EQ, NE, GT, GTE, LT, LTE */
    double value;     /* compared with obs_number.d */
} obs_having;

/* Flags of an aggregate, beside OBS_QUERY_DESCENDING.  Since: ABI 1.0. */
#define OBS_QUERY_RAW 4u /* from spans even where rollups know the answer */

/* Groups of spans with the same values of the dimensions, measures over each group,
 * and over each bucket of time of each group.  Since: ABI 1.0. */
typedef struct obs_aggregate_query {
    uint32_t size;
    uint32_t flags; /* OBS_QUERY_* */
    int64_t from_ns;
    int64_t to_ns; /* start_ns in [from_ns, to_ns); INT64_MIN, INT64_MAX: open */
    const obs_filter *filter;
    const obs_dimension *dimensions; /* none: one group of all */
    size_t n_dimensions;             /* up to 8 */
    const obs_measure *measures;
    size_t n_measures;        /* 1 to 64 */
    const obs_having *having; /* all must hold */
    size_t n_having;
    const int64_t *edges;  /* ascending; bucket i is [edges[i], edges[i + 1]); within the range */
    size_t n_edges;        /* 0: no buckets; else 2 to 50,001 */
    uint32_t sort_measure; /* groups come in the order of it; then of the dimensions */
    uint32_t limit;        /* groups at most, >= 1 */
    int64_t timeout_ns;    /* 0: the store's own */
} obs_aggregate_query;

/* What a row of an aggregate is about.  Since: ABI 1.0. */
#define OBS_GROUP_ALL 1u    /* all spans, whatever `having` and `limit` leave out; comes first */
#define OBS_GROUP_TOTAL 2u  /* a group */
#define OBS_GROUP_BUCKET 3u /* a bucket of the group before it; empty ones are left out */

/* A row of an aggregate; all borrowed for the call.  Since: ABI 1.0. */
typedef struct obs_group {
    uint32_t size;
    uint32_t kind;   /* OBS_GROUP_* */
    uint32_t bucket; /* of a BUCKET: its index */
    uint32_t reserved;
    const obs_str *dimensions; /* empty: absent. A STATUS as its name, an ID as its bytes. */
    const obs_number *measures;
} obs_group;

/* As obs_row_fn. */
typedef int (*obs_group_fn)(const obs_group *group, void *user);

/* ---- sets of spans ------------------------------------------------------------ */

/* Which spans are meant.  Since: ABI 1.0. */
typedef struct obs_span_set {
    uint32_t size;
    uint32_t reserved;
    int64_t from_ns;
    int64_t to_ns; /* start_ns in [from_ns, to_ns); INT64_MIN, INT64_MAX: open */
    const obs_filter *filter;
} obs_span_set;

/* Flags of a removal.  Since: ABI 1.0. */
#define OBS_REMOVE_CONTENT 1u /* only prompts and completions */

/* ---- feedback --------------------------------------------------------------- */

/* obs_feedback.resolved.  Since: ABI 1.0. */
#define OBS_FEEDBACK_UNRESOLVED 0u
#define OBS_FEEDBACK_RESOLVED 1u
#define OBS_FEEDBACK_UNSAID 2u

/* What somebody or something thought of a trace, a span or a session: a user's
 * thumb, an evaluator's score, an annotation. After OpenTelemetry's event
 * gen_ai.evaluation.result. What comes again under the same id takes the place of
 * what was there.  Since: ABI 1.0. */
typedef struct obs_feedback {
    uint32_t size;
    uint32_t resolved;  /* OBS_FEEDBACK_* */
    obs_str id;         /* of the project's; up to 256 bytes, never empty */
    obs_str project_id; /* never empty */
    uint8_t trace_id[16];
    uint8_t span_id[8]; /* all zero: of the whole trace */
    obs_str session_id; /* of a whole session: then trace_id is all zero */
    obs_str name;       /* what is judged: "helpfulness"; never empty */
    double value;       /* NaN: none */
    obs_str label;      /* "good"; empty: none */
    obs_str comment;
    obs_str source;   /* api, evaluation, annotation, langfuse … */
    obs_str author;   /* user or evaluator */
    obs_str metadata; /* JSON object, or empty */
    int64_t ts_ns;    /* when it was given */
} obs_feedback;

/* Which feedback is asked for; what is empty does not narrow. Oldest first.
 * Since: ABI 1.0. */
typedef struct obs_feedback_query {
    uint32_t size;
    uint32_t limit; /* at most this many, >= 1 */
    uint8_t trace_id[16];
    uint8_t span_id[8];
    obs_str session_id;
    obs_str id;
} obs_feedback_query;

/* As obs_row_fn. */
typedef int (*obs_feedback_fn)(const obs_feedback *feedback, void *user);

/* All feedback of one name; borrowed for the call.  Since: ABI 1.0. */
typedef struct obs_feedback_sum {
    uint32_t size;
    uint32_t reserved;
    obs_str name;
    int64_t count;
    int64_t values; /* how many have a value, */
    double sum;     /* and what these come to */
    int64_t resolved;
    int64_t unresolved; /* and are said to be */
} obs_feedback_sum;

/* As obs_row_fn. */
typedef int (*obs_feedback_sum_fn)(const obs_feedback_sum *sum, void *user);

/* ---- small keyed records ------------------------------------------------- */

/* The answer to a record call; `value` is borrowed for the call.
 * error: OBS_E_NOT_FOUND for a get, OBS_E_CONFLICT for a put of a new record
 * whose key exists and for a swap that came too late, and then `value` is what is
 * there. */
typedef void (*obs_record_fn)(int error, obs_str value, void *user);

/* Flags of record_put.  Since: ABI 1.0. */
#define OBS_RECORD_NEW 1u /* refuse when the key exists */

/* ---- the service --------------------------------------------------------- */

/* obs.store/1. `self` is obs_service.provider. Callbacks run on the worker
 * that called (so calls come from a worker), except that append may be called
 * from any thread and names its worker.  Since: ABI 1.0. */
typedef struct obs_store {
    uint32_t size;
    uint32_t reserved;

    /* Stores `n` spans (all of one size: obs_span_at()), all or none, and calls
     * `done` on `worker` once they are durable. `spans` and everything they
     * point to are borrowed until `done`. A span that is there already, in the same
     * project, is made into one with the new one by `merge`; without that it stays
     * as it is. A fragment (OBS_SPAN_FRAGMENT) without its span waits, for days,
     * and is merged when the span comes; it need not have times. Both `merge` and
     * `done` get `user`. Spans whose project is outside the scope make the whole
     * call fail. Errors: OBS_E_BUSY (queue full: retry later),
     * OBS_E_FORBIDDEN_PROJECT, OBS_E_INVALID (end before start, all-zero id, empty
     * project, size not set, a fragment without `merge`), OBS_E_CLOSED;
     * result.error: OBS_E_STORE, OBS_E_STORE_FULL, OBS_E_STORE_READ_ONLY, what
     * `merge` returned.
     * Thread: [any].  Since: ABI 1.0. */
    int (*append)(void *self, const obs_scope *scope, const obs_span *spans, size_t n,
                  obs_merge_fn merge, obs_worker *worker, obs_append_fn done, void *user);

    /* Finds spans. `row` may be NULL to count only. Errors: OBS_E_UNSUPPORTED
     * (an operator or sort field that this store lacks), OBS_E_INVALID,
     * OBS_E_BUSY, OBS_E_NOMEM.  Thread: [worker].  Since: ABI 1.0. */
    int (*search)(void *self, const obs_scope *scope, const obs_span_query *query, obs_row_fn row,
                  obs_search_fn done, void *user);

    /* Groups spans and adds up. Errors: as search; OBS_E_INVALID too for a
     * dimension or measure that its field does not allow; OBS_E_COMPLEX, also in the
     * result, for more groups and buckets than the store can hold. `done` has the
     * number of all groups as total, of those given as n_rows, has_more and source.
     * Thread: [worker].  Since: ABI 1.0. */
    int (*aggregate)(void *self, const obs_scope *scope, const obs_aggregate_query *query,
                     obs_group_fn group, obs_search_fn done, void *user);

    /* Removes spans, at once and for good, or only their contents; rollups stay: what
     * was used was used. n_merged tells how many. Done in small steps, so that writing
     * goes on: when it fails, part of it is done. Flags: OBS_REMOVE_*. Errors: as
     * search.  Thread: [worker].  Since: ABI 1.0. */
    int (*remove)(void *self, const obs_scope *scope, const obs_span_set *spans, uint32_t flags,
                  obs_append_fn done, void *user);

    /* Stores `n` pieces of feedback (all of one size), all or none, as append does;
     * n_merged counts what took the place of older. The spans need not be there. OBS_E_INVALID: no
     * id, name, project or target. Borrowed until `done`.  Thread: [any].  Since: ABI 1.0. */
    int (*feedback_put)(void *self, const obs_scope *scope, const obs_feedback *feedback, size_t n,
                        obs_worker *worker, obs_append_fn done, void *user);

    /* Finds feedback. Errors: OBS_E_BUSY, OBS_E_NOMEM, OBS_E_INVALID (neither
     * trace, session nor id).  Thread: [worker].  Since: ABI 1.0. */
    int (*feedback_get)(void *self, const obs_scope *scope, const obs_feedback_query *query,
                        obs_feedback_fn row, obs_search_fn done, void *user);

    /* Adds up the feedback on some spans or on their traces as a whole, by name, the
     * most frequent first. Errors: as search.  Thread: [worker].  Since: ABI 1.0. */
    int (*feedback_sums)(void *self, const obs_scope *scope, const obs_span_set *spans,
                         obs_feedback_sum_fn row, obs_search_fn done, void *user);

    /* Removes the feedback of an id from every project of the scope; n_merged
     * tells how much it was.  Thread: [any].  Since: ABI 1.0. */
    int (*feedback_remove)(void *self, const obs_scope *scope, obs_str id, obs_worker *worker,
                           obs_append_fn done, void *user);

    /* Reads and writes a record of up to 1 MiB under (space, key), outside of
     * any project: settings of plugins, never tenants' data.
     * Errors: OBS_E_BUSY, OBS_E_TOO_LARGE, OBS_E_NOMEM.
     * Thread: [worker].  Since: ABI 1.0. */
    int (*record_get)(void *self, obs_str space, obs_str key, obs_record_fn done, void *user);
    int (*record_put)(void *self, obs_str space, obs_str key, obs_str value, uint32_t flags,
                      obs_record_fn done, void *user);

    /* Writes a record only if it still is `old` (ptr NULL: only if there is none):
     * how several writers, in any number of processes, change one record and lose
     * nothing of each other. OBS_E_CONFLICT: it is something else by now. Otherwise
     * as record_put.  Thread: [worker].  Since: ABI 1.0. */
    int (*record_swap)(void *self, obs_str space, obs_str key, obs_str old, obs_str value,
                       obs_record_fn done, void *user);

    /* A number that is another one after every write of this process that can change
     * what is known of the spans of a scope: of those that begin before `to_ns`
     * (INT64_MAX: of all), or with a `trace_id` of that trace. It changes before the
     * write is answered, so an answer holds while the number is what it was before
     * the question. It may change for no reason. Cheap, takes no lock. May be absent:
     * OBS_HAS().  Thread: [any].  Since: ABI 1.0. */
    uint64_t (*changes)(void *self, const obs_scope *scope, const uint8_t *trace_id, int64_t to_ns);
} obs_store;

OBS_END_DECLS
#endif
