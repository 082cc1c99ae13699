/* SPDX-License-Identifier: Apache-2.0 */
/* From a filter tree to parameterised SQL. What differs between databases is in
 * a dialect; no value ever becomes part of the text. */
#ifndef PLUGINS_LIB_FILTER_SQL_H
#define PLUGINS_LIB_FILTER_SQL_H

#include <observatory/store.h>

#include <observatory/memory.h>

/* How a parameter is to be bound. SEARCH is of the store: `s` is a search for texts, `i`
 * the field. */
enum { BIND_INT, BIND_REAL, BIND_TEXT, BIND_BLOB, BIND_SEARCH };

struct sql_bind {
    uint32_t kind; /* BIND_* */
    obs_value value;
    void *search; /* of a SEARCH: the store's, while it makes the statement */
};

/* A statement in the making; everything lives in `arena`. */
struct sql {
    obs_arena *arena;
    obs_buf *text;
    struct sql_bind *binds;
    size_t n_binds, capacity;
    const struct sql_dialect *dialect;
};

struct sql_dialect {
    /* The expression of a field, NULL when the store cannot filter by it. */
    const char *(*column)(uint32_t field);
    /* A condition that JSON list `column` has the text `placeholder`, as a format
     * with two %s in that order. */
    const char *has;
    /* Conditions on a text and a placeholder, as such formats, by OBS_OP_* from
     * OBS_OP_CONTAINS on (NOT_CONTAINS is the same as CONTAINS); NULL: not supported. */
    const char *texts[OBS_OP_REGEX + 1];
    /* The member of JSON object `column` under a key, as such formats, by OBS_KIND_*;
     * NULL when it is of another kind or absent. At 0: of whatever kind. */
    const char *members[OBS_KIND_JSON + 1];
    /* A regular expression as this database has them, in `arena`; ptr NULL: out of
     * memory. NULL: as it is. */
    obs_str (*regex)(obs_arena *arena, obs_str pattern);
    /* Appends a condition that the span is found by a full-text search of a field.
     * Errors: OBS_E_INVALID and those of sql_bind_value(). NULL: not supported. */
    int (*put_search)(struct sql *sql, uint32_t field, obs_str text);
    /* Around a condition on feedback `f` of span `s`: a format with the placeholder of
     * its name and the condition. */
    const char *feedback;
    /* The value and the label of feedback `f`, by OBS_KIND_REAL and OBS_KIND_TEXT; at
     * 0 whether it is there. */
    const char *feedback_values[OBS_KIND_JSON + 1];
    /* Writes the placeholder of parameter `number` (from 1). */
    void (*placeholder)(obs_buf *to, size_t number);
    size_t max_parameters; /* of one statement */
};

/* What a tree may look like; a larger one is OBS_E_COMPLEX. */
struct sql_limits {
    uint32_t depth, nodes, values;
};

/* An empty statement. Errors: OBS_E_NOMEM. */
int sql_init(struct sql *sql, obs_arena *arena, const struct sql_dialect *dialect);

/* Adds a parameter and its placeholder; text and blobs are copied. Errors:
 * OBS_E_COMPLEX (more than the dialect's max_parameters), OBS_E_INVALID (a real
 * that is no number), OBS_E_NOMEM. */
int sql_bind_value(struct sql *sql, uint32_t kind, const obs_value *value);
int sql_bind_int(struct sql *sql, int64_t value);
int sql_bind_text(struct sql *sql, obs_str value);

/* Appends the condition for `filter`: a row is selected exactly when the filter
 * holds. EXISTS works on every field, HAS on tags, the others on what is not
 * JSON; all but HAS on members of JSON objects and on feedback; SEARCH on the texts alone. Errors:
 * OBS_E_UNSUPPORTED (field or operator), OBS_E_COMPLEX, OBS_E_INVALID (a tree that is none),
 * OBS_E_NOMEM. */
int sql_filter(struct sql *sql, const obs_filter *filter, const struct sql_limits *limits);

#endif
