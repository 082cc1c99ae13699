/* SPDX-License-Identifier: Apache-2.0 */
/* observatory trace show ID: its spans as a tree, with a bar for when each was under
 * way and what it cost. */
#include "hex_id.h"
#include "span_json.h"
#include "trace.h"

#include <stdlib.h>
#include <sysexits.h>

#define MAX_SPANS 10000
#define NONE SIZE_MAX

struct node {
    obs_span span; /* texts in the arena */
    size_t parent, first_child, next;
};

struct tree {
    obs_arena *arena;
    struct node *nodes;
    size_t n, capacity;
    int error, done;
    obs_search_result result;
};

/* --- reading ----------------------------------------------------------------------------- */

static struct node *new_node(struct tree *t)
{
    if (t->n == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 64;
        struct node *nodes = realloc(t->nodes, capacity * sizeof(*nodes));

        if (!nodes)
            return NULL;
        t->nodes = nodes;
        t->capacity = capacity;
    }
    return &t->nodes[t->n++];
}

static bool keep(struct tree *t, obs_str *text)
{
    *text = obs_arena_dup(t->arena, *text);
    return text->ptr != NULL;
}

static int take_row(const obs_span *span, void *user)
{
    struct tree *t = user;
    struct node *node = new_node(t);

    if (!node) {
        t->error = OBS_E_NOMEM;
        return 1;
    }
    *node = (struct node){.span = *span, .parent = NONE, .first_child = NONE, .next = NONE};
    if (!keep(t, &node->span.span_name) || !keep(t, &node->span.operation_type) ||
        !keep(t, &node->span.model) || !keep(t, &node->span.error_message) ||
        !keep(t, &node->span.service_name))
        t->error = OBS_E_NOMEM;
    return t->error < 0;
}

static void on_done(const obs_search_result *result, void *user)
{
    struct tree *t = user;

    t->result = *result;
    t->done = 1;
}

/* --- the tree ------------------------------------------------------------------------------ */

static size_t find(const struct tree *t, const uint8_t id[8])
{
    for (size_t i = 0; i < t->n; i++)
        if (memcmp(t->nodes[i].span.span_id, id, 8) == 0)
            return i;
    return NONE;
}

/* Whether `above` is reached on the way up from `k`. */
static bool is_below(const struct tree *t, size_t k, size_t above)
{
    for (size_t steps = 0; k != NONE && steps <= t->n; steps++, k = t->nodes[k].parent)
        if (k == above)
            return true;
    return false;
}

/* Children come in the order of their starts. What would make a ring hangs on nothing. */
static void link_nodes(struct tree *t)
{
    for (size_t i = 0; i < t->n; i++) {
        size_t parent = find(t, t->nodes[i].span.parent_span_id);

        if (parent != NONE && !is_below(t, parent, i))
            t->nodes[i].parent = parent;
    }
    for (size_t i = t->n; i-- > 0;) {
        size_t parent = t->nodes[i].parent;

        if (parent == NONE)
            continue;
        t->nodes[i].next = t->nodes[parent].first_child;
        t->nodes[parent].first_child = i;
    }
}

struct view {
    const struct terminal *terminal;
    const struct tree *tree;
    int64_t begin_ns, end_ns;
    size_t name_width, bar_width;
};

static void put_line(const struct view *v, const struct node *node, size_t depth)
{
    const obs_span *s = &node->span;
    double all = (double)(v->end_ns - v->begin_ns);
    char duration[32], cost[32], tokens[32], name[600];
    bool failed = s->status == OBS_STATUS_ERROR;

    put_duration(duration, sizeof(duration), s->end_ns - s->start_ns);
    put_cost(cost, sizeof(cost), s->total_cost);
    put_count(tokens, sizeof(tokens), obs_span_total_tokens(s));
    snprintf(name, sizeof(name), "%*s%s%.*s%s%.*s", (int)(2 * (depth < 40 ? depth : 40)), "",
             depth ? "└ " : "", (int)(s->span_name.len < 200 ? s->span_name.len : 200),
             s->span_name.ptr, s->model.len ? "  " : "",
             (int)(s->model.len < 100 ? s->model.len : 100), s->model.ptr);
    terminal_color(v->terminal, failed ? COLOR_RED : COLOR_PLAIN);
    terminal_put(v->terminal, obs_str_of(name), v->name_width, false);
    terminal_color(v->terminal, COLOR_BLUE);
    terminal_bar(v->terminal, all > 0 ? (double)(s->start_ns - v->begin_ns) / all : 0,
                 all > 0 ? (double)(s->end_ns - v->begin_ns) / all : 1, v->bar_width);
    terminal_color(v->terminal, COLOR_PLAIN);
    terminal_put(v->terminal, obs_str_of(duration), 10, true);
    terminal_put(v->terminal, obs_str_of(tokens), 9, true);
    terminal_put(v->terminal, obs_str_of(cost), 12, true);
    fputc('\n', v->terminal->out);
    if (failed && s->error_message.len) {
        terminal_color(v->terminal, COLOR_RED);
        fprintf(v->terminal->out, "%*s", (int)(2 * depth + 2), "");
        terminal_put(v->terminal, s->error_message, v->terminal->width - 2 * depth - 2, false);
        terminal_color(v->terminal, COLOR_PLAIN);
        fputc('\n', v->terminal->out);
    }
}

/* One root and what is below it; a trace may be as deep as it has spans. */
static void put_tree(const struct view *v, size_t root)
{
    const struct node *nodes = v->tree->nodes;
    size_t k = root, depth = 0;

    for (;;) {
        put_line(v, &nodes[k], depth);
        if (nodes[k].first_child != NONE) {
            k = nodes[k].first_child;
            depth++;
            continue;
        }
        while (k != root && nodes[k].next == NONE) {
            k = nodes[k].parent;
            depth--;
        }
        if (k == root)
            return;
        k = nodes[k].next;
    }
}

static void put_all(const struct tree *t, const struct terminal *terminal)
{
    struct view v = {.terminal = terminal, .tree = t, .begin_ns = INT64_MAX, .end_ns = INT64_MIN};

    for (size_t i = 0; i < t->n; i++) {
        const obs_span *s = &t->nodes[i].span;

        v.begin_ns = s->start_ns < v.begin_ns ? s->start_ns : v.begin_ns;
        v.end_ns = s->end_ns > v.end_ns ? s->end_ns : v.end_ns;
    }
    v.bar_width = terminal->width > 110 ? 36 : 20;
    v.name_width =
        terminal->width > v.bar_width + 31 + 20 ? terminal->width - v.bar_width - 31 : 20;
    terminal_color(terminal, COLOR_DIM);
    terminal_put(terminal, obs_str_of("SPAN"), v.name_width, false);
    terminal_put(terminal, obs_str_of("WHEN"), v.bar_width, false);
    terminal_put(terminal, obs_str_of("DURATION"), 10, true);
    terminal_put(terminal, obs_str_of("TOKENS"), 9, true);
    terminal_put(terminal, obs_str_of("COST"), 12, true);
    terminal_color(terminal, COLOR_PLAIN);
    fputc('\n', terminal->out);
    for (size_t i = 0; i < t->n; i++)
        if (t->nodes[i].parent == NONE)
            put_tree(&v, i);
}

/* --- the command --------------------------------------------------------------------------------
 */

static void put_json(const struct tree *t, FILE *out)
{
    for (size_t i = 0; i < t->n; i++) {
        obs_buf *buf = obs_buf_new(t->arena, /* limit_bytes= */ 0);
        obs_jw *jw = buf ? obs_jw_new(t->arena, buf) : NULL;

        if (!jw)
            return;
        obs_jw_object(jw);
        span_json_members(
            jw, &t->nodes[i].span,
            OBS_FIELD_BIT(OBS_FIELD_TS) | OBS_FIELD_BIT(OBS_FIELD_SPAN_ID) |
                OBS_FIELD_BIT(OBS_FIELD_PARENT_SPAN_ID) | OBS_FIELD_BIT(OBS_FIELD_SPAN_NAME) |
                OBS_FIELD_BIT(OBS_FIELD_OPERATION_TYPE) | OBS_FIELD_BIT(OBS_FIELD_MODEL) |
                OBS_FIELD_BIT(OBS_FIELD_DURATION) | OBS_FIELD_BIT(OBS_FIELD_TOTAL_TOKENS) |
                OBS_FIELD_BIT(OBS_FIELD_TOTAL_COST) | OBS_FIELD_BIT(OBS_FIELD_STATUS) |
                OBS_FIELD_BIT(OBS_FIELD_ERROR_MESSAGE));
        obs_jw_end_object(jw);
        fprintf(out, "%.*s\n", OBS_STR_ARG(obs_buf_str(buf)));
    }
}

static int read_trace(obs_command_call *call, struct trace *trace, struct tree *t,
                      const uint8_t id[16])
{
    const obs_scope all = {.size = sizeof(all), .all = 1};
    const obs_value value = {.s = obs_str_n((const char *)id, 16)};
    const obs_filter filter = {.size = sizeof(filter),
                               .kind = OBS_FILTER_LEAF,
                               .field = OBS_FIELD_TRACE_ID,
                               .op = OBS_OP_EQ,
                               .values = &value,
                               .n_values = 1};
    const obs_span_query query = {.size = sizeof(query),
                                  .fields = OBS_FIELDS_ALL,
                                  .from_ns = INT64_MIN,
                                  .to_ns = INT64_MAX,
                                  .filter = &filter,
                                  .sort_field = OBS_FIELD_TS,
                                  .limit = MAX_SPANS};
    int rc = trace_wait(call,
                        trace->store->search(trace->store_self, &all, &query, take_row, on_done, t),
                        &t->done);

    return rc < 0 ? rc : t->error < 0 ? t->error : t->result.error;
}

int show_command(obs_command_call *call, void *self)
{
    struct wish w;
    struct tree t = {0};
    uint8_t id[16];
    int rc = wish_read(call, &w, /* usual_s= */ 0), code = EX_OK;

    if (rc != EX_OK)
        return rc;
    if (w.n_words != 1 || hex_trace_id(w.words[0], id) < 0) {
        fprintf(stderr, "observatory trace show: expected the id of a trace, 32 hexadecimal "
                        "digits\n");
        obs_arena_destroy(w.arena);
        return EX_USAGE;
    }
    t.arena = w.arena;
    rc = read_trace(call, self, &t, id);
    if (rc < 0) {
        code = trace_failed(rc);
    } else if (t.n == 0) {
        fprintf(stderr, "observatory trace show: there is no such trace\n");
        code = EX_DATAERR;
    } else if (w.json) {
        put_json(&t, stdout);
    } else {
        link_nodes(&t);
        put_all(&t, &w.terminal);
    }
    free(t.nodes);
    obs_arena_destroy(w.arena);
    return code;
}
