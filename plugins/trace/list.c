/* SPDX-License-Identifier: Apache-2.0 */
/* observatory trace list and search: spans, newest first, as a table or as JSON lines. */
#include "span_json.h"
#include "text_query.h"
#include "trace.h"

#include <sysexits.h>

struct list {
    struct wish *wish;
    struct text_query query; /* n 0: nothing is looked for */
    obs_buf *buf;
    uint64_t rows;
    int done;
    obs_search_result result;
};

static const struct {
    const char *title;
    size_t width; /* 0: what is left */
    bool right;
} columns[] = {{"TIME", 20, false}, {"TRACE", 33, false}, {"NAME", 0, false}, {"MODEL", 24, false},
               {"TOOK", 9, true},   {"TOKENS", 8, true},  {"COST", 11, true}, {"", 6, true}};
#define N_COLUMNS (sizeof(columns) / sizeof(*columns))

static size_t width_of(const struct terminal *t, size_t i)
{
    size_t fixed = 0;

    for (size_t k = 0; k < N_COLUMNS; k++)
        fixed += columns[k].width;
    if (columns[i].width)
        return columns[i].width;
    return t->width > fixed + 16 ? t->width - fixed : 16;
}

static void put_column(const struct terminal *t, size_t i, obs_str text)
{
    terminal_put(t, text, width_of(t, i) - 1, columns[i].right);
    fputc(' ', t->out);
}

static void put_header(const struct terminal *t)
{
    terminal_color(t, COLOR_DIM);
    for (size_t i = 0; i < N_COLUMNS; i++)
        put_column(t, i, obs_str_of(columns[i].title));
    terminal_color(t, COLOR_PLAIN);
    fputc('\n', t->out);
}

static void put_cells(const struct terminal *t, const obs_span *s)
{
    char time[32], trace[40], took[32], tokens[32], cost[32];
    obs_str cells[N_COLUMNS];

    put_time(time, sizeof(time), s->start_ns);
    for (size_t i = 0; i < 16; i++)
        snprintf(trace + 2 * i, 3, "%02x", s->trace_id[i]);
    put_duration(took, sizeof(took), s->end_ns - s->start_ns);
    put_count(tokens, sizeof(tokens), obs_span_total_tokens(s));
    put_cost(cost, sizeof(cost), s->total_cost);
    cells[0] = obs_str_of(time);
    cells[1] = obs_str_of(trace);
    cells[2] = s->span_name;
    cells[3] = s->model;
    cells[4] = obs_str_of(took);
    cells[5] = obs_str_of(tokens);
    cells[6] = obs_str_of(cost);
    cells[7] = obs_str_of(s->status == OBS_STATUS_ERROR ? "ERROR" : "");
    if (s->status == OBS_STATUS_ERROR)
        terminal_color(t, COLOR_RED);
    for (size_t i = 0; i < N_COLUMNS; i++)
        put_column(t, i, cells[i]);
    terminal_color(t, COLOR_PLAIN);
    fputc('\n', t->out);
}

/* Where it was found, with marks as bold letters, or as they are. */
static void put_snippet(struct list *list, obs_str text)
{
    const struct terminal *t = &list->wish->terminal;
    obs_str found;

    obs_buf_truncate(list->buf, 0);
    if (!text_query_snippet(&list->query, text, list->buf))
        return;
    found = obs_buf_str(list->buf);
    fputs("    ", t->out);
    for (size_t at = 0; at < found.len;) {
        bool begins = found.len - at >= 6 && memcmp(found.ptr + at, "<mark>", 6) == 0;
        bool ends = found.len - at >= 7 && memcmp(found.ptr + at, "</mark>", 7) == 0;

        if (begins || ends) {
            terminal_color(t, begins ? COLOR_BOLD : COLOR_PLAIN);
            at += begins ? 6 : 7;
        } else {
            unsigned char c = (unsigned char)found.ptr[at++];
            fputc(c < 0x20 || c == 0x7f ? ' ' : c, t->out);
        }
    }
    fputc('\n', t->out);
}

static void put_line(struct list *list, const obs_span *span)
{
    obs_jw *jw;

    obs_buf_truncate(list->buf, 0);
    jw = obs_jw_new(list->wish->arena, list->buf);
    if (!jw)
        return;
    obs_jw_object(jw);
    span_json_members(jw, span, OBS_FIELDS_ALL);
    obs_jw_end_object(jw);
    fprintf(stdout, "%.*s\n", OBS_STR_ARG(obs_buf_str(list->buf)));
}

static int take_row(const obs_span *span, void *user)
{
    struct list *list = user;

    if (list->wish->json) {
        put_line(list, span);
        return 0;
    }
    if (list->rows++ == 0)
        put_header(&list->wish->terminal);
    put_cells(&list->wish->terminal, span);
    if (list->query.n) {
        put_snippet(list, span->input_text);
        put_snippet(list, span->output_text);
    }
    return ferror(stdout);
}

static void on_done(const obs_search_result *result, void *user)
{
    struct list *list = user;

    list->result = *result;
    list->done = 1;
}

static int run(obs_command_call *call, struct trace *trace, struct wish *w, struct list *list)
{
    const obs_scope all = {.size = sizeof(all), .all = 1};
    const obs_span_query query = {.size = sizeof(query),
                                  .flags = OBS_QUERY_DESCENDING,
                                  .fields = OBS_FIELDS_ALL,
                                  .from_ns = w->params.from_ns,
                                  .to_ns = w->params.to_ns,
                                  .filter = w->filter,
                                  .sort_field = OBS_FIELD_TS,
                                  .limit = w->limit};
    int rc;

    list->wish = w;
    list->buf = obs_buf_new(w->arena, /* limit_bytes= */ 0);
    if (!list->buf)
        return trace_failed(OBS_E_NOMEM);
    rc = trace_wait(call,
                    trace->store->search(trace->store_self, &all, &query, take_row, on_done, list),
                    &list->done);
    if (rc == OBS_OK)
        rc = list->result.error;
    if (rc < 0)
        return trace_failed(rc);
    if (list->rows == 0 && !w->json)
        fprintf(stderr, "nothing is found\n");
    else if (list->result.has_more && !w->json)
        fprintf(stderr, "there is more: --limit, --from and --to choose\n");
    return EX_OK;
}

int list_command(obs_command_call *call, void *self)
{
    struct list list = {0};
    struct wish w;
    int code = wish_read(call, &w, /* usual_s= */ 0);

    if (code == EX_OK)
        code = wish_finish(&w);
    if (code != EX_OK)
        return code;
    code = run(call, self, &w, &list);
    obs_arena_destroy(w.arena);
    return code;
}

/* The words behind the command are the search. */
static int take_words(struct wish *w, struct text_query *ret)
{
    obs_buf *buf = obs_buf_new(w->arena, /* limit_bytes= */ 0);
    const char *wrong;
    int rc;

    if (!buf)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < w->n_words; i++)
        obs_buf_printf(buf, "%s%.*s", i ? " " : "", OBS_STR_ARG(w->words[i]));
    rc = filter_params_take(&w->params, obs_str_of("search"), obs_buf_str(buf));
    return rc < 0 ? rc : text_query_parse(w->arena, obs_buf_str(buf), ret, &wrong);
}

int search_command(obs_command_call *call, void *self)
{
    struct list list = {0};
    struct wish w;
    int code = wish_read(call, &w, /* usual_s= */ 0);

    if (code != EX_OK)
        return code;
    if (take_words(&w, &list.query) < 0) {
        fprintf(stderr, "observatory trace search: %.*s\n", OBS_STR_ARG(w.params.wrong_text));
        obs_arena_destroy(w.arena);
        return EX_USAGE;
    }
    code = wish_finish(&w);
    if (code != EX_OK)
        return code;
    code = run(call, self, &w, &list);
    obs_arena_destroy(w.arena);
    return code;
}
