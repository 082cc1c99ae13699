/* SPDX-License-Identifier: Apache-2.0 */
/* The spans of one trace as a tree, with its totals. */
#ifndef TRACE_SEARCH_TREE_H
#define TRACE_SEARCH_TREE_H

#include <observatory/json.h>
#include <observatory/span.h>

#include <stdbool.h>

#define TREE_NONE SIZE_MAX
#define TREE_MAX_NAMES 64

/* Deeper spans are listed beside their ancestor of this depth. */
#define TREE_MAX_DEPTH 48

/* A span as the tree needs it. `json` is its object, "{…}". */
struct node {
    uint8_t id[8], parent_id[8];
    int64_t start_ns, end_ns;
    int64_t prompt_tokens, completion_tokens, cost; /* OBS_ABSENT: none */
    uint32_t status;
    bool is_call; /* of a model: its usage is its own */
    bool orphan;  /* its parent is not here */
    bool seen;
    bool within;                   /* set by tree_mark() */
    bool below_cost, below_tokens; /* it or a span below it has some */
    obs_str json, model, provider, service;
    size_t first_child, next_sibling, parent;
};

struct names {
    obs_str items[TREE_MAX_NAMES];
    size_t n;
};

struct tree {
    struct node *nodes; /* in order of start_ns */
    size_t n;
    size_t *order; /* roots and below, each parent before its children */
    size_t n_roots;
    size_t *roots;
};

struct totals {
    int64_t start_ns, end_ns, duration_ns, critical_ns;
    uint64_t errors;
    int64_t prompt_tokens, completion_tokens, cost; /* OBS_ABSENT: none */
    struct names models, providers, services;
};

/* Links `nodes`, which are in order of start_ns. Spans whose parent is missing
 * become roots and are marked as orphans, and so does the earliest span of a ring.
 * Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int tree_build(obs_arena *arena, struct node *nodes, size_t n, struct tree *ret);

/* The node with this id, TREE_NONE when there is none. */
size_t tree_find(const struct tree *tree, const uint8_t id[8]);

/* Marks `top` and what is below it as `within`. */
void tree_mark(struct tree *tree, size_t top);

/* Sums up. Tokens and cost of a span count only when no span below it has any:
 * agents repeat what the calls below them report. Where calls of models tell tokens,
 * only theirs count, so that an agent between which and its calls a span is missing
 * repeats nothing either.
 *
 * The critical path begins at the end of the trace with the span that finishes
 * last, follows each span back to the child that finished last before the point
 * reached (time without such a child is the span's own), and so arrives at its
 * beginning; spans that outlive their parents begin it. Every moment on it belongs
 * to exactly one span that runs, and the only moments off it are those when none
 * runs: its length is that of the union of all spans, which is how it is computed. */
void tree_totals(const struct tree *tree, struct totals *ret);

/* Writes the elements of an array: `top` and what is below it, or all roots for
 * TREE_NONE; each object gets "children", an orphan "orphan": true, and a span
 * of TREE_MAX_DEPTH with children "truncated_depth": true. */
void tree_write(const struct tree *tree, size_t top, obs_buf *buf);

#endif
