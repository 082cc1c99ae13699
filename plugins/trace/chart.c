/* SPDX-License-Identifier: Apache-2.0 */
/* observatory trace metrics and cost: small charts. */
#include "span_fields.h"
#include "span_value.h"
#include "timezone.h"
#include "trace.h"

#include <math.h>
#include <stdlib.h>
#include <sysexits.h>

#define S_NS INT64_C(1000000000)
#define MAX_POINTS 200
#define MAX_ROWS 20

enum { REQUESTS, ERRORS, P50, P95, TOKENS, COST, N_MEASURES };

static const obs_measure measures[N_MEASURES] = {
    [REQUESTS] = {.kind = OBS_MEASURE_COUNT},
    [ERRORS] = {.kind = OBS_MEASURE_ERRORS},
    [P50] = {OBS_MEASURE_QUANTILE, OBS_FIELD_DURATION, 0.5},
    [P95] = {OBS_MEASURE_QUANTILE, OBS_FIELD_DURATION, 0.95},
    [TOKENS] = {.kind = OBS_MEASURE_SUM, .field = OBS_FIELD_TOTAL_TOKENS},
    [COST] = {.kind = OBS_MEASURE_SUM, .field = OBS_FIELD_TOTAL_COST},
};

struct row {
    char name[200];
    obs_number total[N_MEASURES];
    double points[N_MEASURES][MAX_POINTS];
};

struct chart {
    struct wish *wish;
    obs_dimension dimension;
    size_t n_dimensions;
    int64_t edges[MAX_POINTS + 1];
    size_t n_edges;
    obs_number all[N_MEASURES];
    struct row *rows;
    size_t n;
    int done;
    obs_search_result result;
};

/* --- asking ------------------------------------------------------------------------------- */

static void begin_row(struct chart *c, const obs_group *group)
{
    struct row *row = &c->rows[c->n++];
    obs_str name = c->n_dimensions ? group->dimensions[0] : obs_str_of("all");

    if (name.len == 0)
        name = obs_str_of("(none)");
    snprintf(row->name, sizeof(row->name), "%.*s", (int)(name.len < 199 ? name.len : 199),
             name.ptr);
    memcpy(row->total, group->measures, sizeof(row->total));
    for (size_t m = 0; m < N_MEASURES; m++)
        for (size_t i = 0; i < MAX_POINTS; i++)
            row->points[m][i] = m == P50 || m == P95 ? NAN : 0;
}

static int take_group(const obs_group *group, void *user)
{
    struct chart *c = user;

    if (group->kind == OBS_GROUP_ALL)
        memcpy(c->all, group->measures, sizeof(c->all));
    else if (group->kind == OBS_GROUP_TOTAL)
        begin_row(c, group);
    else
        for (size_t m = 0; m < N_MEASURES; m++)
            c->rows[c->n - 1].points[m][group->bucket] = group->measures[m].d;
    return 0;
}

static void on_done(const obs_search_result *result, void *user)
{
    struct chart *c = user;

    c->result = *result;
    c->done = 1;
}

/* As many buckets as there is room for, of a size that people know. */
static int cut(struct chart *c, size_t room)
{
    static const struct bucket_size sizes[] = {
        {BUCKET_MINUTES, 1}, {BUCKET_MINUTES, 5}, {BUCKET_MINUTES, 15}, {BUCKET_HOURS, 1},
        {BUCKET_HOURS, 6},   {BUCKET_DAY, 1},     {BUCKET_WEEK, 1},     {BUCKET_MONTH, 1}};
    static const int64_t lengths[] = {60, 300, 900, 3600, 21600, 86400, 604800, 2629800};
    const struct filter_params *p = &c->wish->params;
    obs_str name = c->wish->tz.len ? c->wish->tz : obs_str_of("UTC");
    const struct zone *zone;
    size_t i = 0;
    int64_t at_s;

    if (zone_load(c->wish->arena, name, &zone) < 0)
        return OBS_E_INVALID;
    while (i + 1 < sizeof(lengths) / sizeof(*lengths) &&
           (p->to_ns - p->from_ns) / S_NS / lengths[i] > (int64_t)room - 2)
        i++;
    at_s = bucket_begin(zone, sizes[i], p->from_ns / S_NS);
    while (at_s * S_NS < p->to_ns && c->n_edges < MAX_POINTS) {
        c->edges[c->n_edges] = c->n_edges ? at_s * S_NS : p->from_ns;
        c->n_edges++;
        at_s = bucket_next(zone, sizes[i], at_s);
    }
    c->edges[c->n_edges++] = p->to_ns;
    return OBS_OK;
}

static int ask(obs_command_call *call, struct trace *trace, struct chart *c, uint32_t sort)
{
    const obs_scope all = {.size = sizeof(all), .all = 1};
    const obs_aggregate_query q = {.size = sizeof(q),
                                   .flags = OBS_QUERY_DESCENDING,
                                   .from_ns = c->wish->params.from_ns,
                                   .to_ns = c->wish->params.to_ns,
                                   .filter = c->wish->filter,
                                   .dimensions = &c->dimension,
                                   .n_dimensions = c->n_dimensions,
                                   .measures = measures,
                                   .n_measures = N_MEASURES,
                                   .edges = c->edges,
                                   .n_edges = c->n_edges,
                                   .sort_measure = sort,
                                   .limit = MAX_ROWS};
    int rc = trace_wait(
        call, trace->store->aggregate(trace->store_self, &all, &q, take_group, on_done, c),
        &c->done);

    return rc < 0 ? rc : c->result.error;
}

/* --- showing --------------------------------------------------------------------------------- */

static void put_chart(const struct chart *c, const char *title, const struct row *row, int measure,
                      const char *total)
{
    const struct terminal *t = &c->wish->terminal;

    terminal_put(t, obs_str_of(title), 12, false);
    terminal_put(t, obs_str_of(total), 12, true);
    fputs("  ", t->out);
    terminal_color(t, measure == ERRORS ? COLOR_RED : COLOR_BLUE);
    terminal_sparkline(t, row->points[measure], c->n_edges - 1);
    terminal_color(t, COLOR_PLAIN);
    fputc('\n', t->out);
}

static void show_metrics(const struct chart *c)
{
    static const struct {
        const char *title;
        int measure;
        void (*put)(char *to, size_t size, int64_t value);
    } lines[] = {{"requests", REQUESTS, put_count}, {"errors", ERRORS, put_count},
                 {"p50", P50, put_duration},        {"p95", P95, put_duration},
                 {"tokens", TOKENS, put_count},     {"cost", COST, put_cost}};

    for (size_t i = 0; c->n && i < sizeof(lines) / sizeof(*lines); i++) {
        char total[40];

        lines[i].put(total, sizeof(total), c->rows[0].total[lines[i].measure].i);
        put_chart(c, lines[i].title, &c->rows[0], lines[i].measure, total);
    }
}

static void show_cost(const struct chart *c)
{
    const struct terminal *t = &c->wish->terminal;
    double all = c->all[COST].d;
    char text[40];

    put_cost(text, sizeof(text), c->all[COST].i);
    terminal_color(t, COLOR_BOLD);
    fprintf(t->out, "%s in all\n", text);
    terminal_color(t, COLOR_PLAIN);
    for (size_t i = 0; i < c->n; i++) {
        double share = all > 0 ? c->rows[i].total[COST].d / all : 0;

        terminal_put(t, obs_str_of(c->rows[i].name), 30, false);
        put_cost(text, sizeof(text), c->rows[i].total[COST].i);
        terminal_put(t, obs_str_of(text), 12, true);
        snprintf(text, sizeof(text), "%.1f %%", 100 * share);
        terminal_put(t, obs_str_of(text), 9, true);
        fputs("  ", t->out);
        terminal_color(t, COLOR_GREEN);
        terminal_bar(t, 0, share, 20);
        terminal_color(t, COLOR_BLUE);
        fputs("  ", t->out);
        terminal_sparkline(t, c->rows[i].points[COST], c->n_edges - 1);
        terminal_color(t, COLOR_PLAIN);
        fputc('\n', t->out);
    }
}

static void put_json(const struct chart *c)
{
    static const char *const names[N_MEASURES] = {"request_count",   "error_count",
                                                  "p50_duration_ms", "p95_duration_ms",
                                                  "total_tokens",    "total_cost_usd"};
    obs_buf *buf = obs_buf_new(c->wish->arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(c->wish->arena, buf) : NULL;

    for (size_t i = 0; jw && i < c->n; i++) {
        obs_jw_object(jw);
        obs_jw_key(jw, "group");
        obs_jw_cstr(jw, c->rows[i].name);
        for (size_t m = 0; m < N_MEASURES; m++) {
            obs_jw_key(jw, names[m]);
            if (isnan(c->rows[i].total[m].d))
                obs_jw_null(jw);
            else
                obs_jw_fixed(jw, c->rows[i].total[m].i,
                             m == COST              ? 9
                             : m == P50 || m == P95 ? 6
                                                    : 0);
        }
        obs_jw_end_object(jw);
        fprintf(stdout, "%.*s\n", OBS_STR_ARG(obs_buf_str(buf)));
        obs_buf_truncate(buf, 0);
        jw = obs_jw_new(c->wish->arena, buf);
    }
}

/* --- the commands --------------------------------------------------------------------------------
 */

static int read_by(struct chart *c, const char *usual)
{
    obs_str by = c->wish->by.len || !usual ? c->wish->by : obs_str_of(usual);
    int field = by.len ? field_find(by) : -1;

    c->n_dimensions = by.len ? 1 : 0;
    c->dimension.field = (uint32_t)field;
    return by.len && (field < 0 || !span_is_text((uint32_t)field)) ? OBS_E_INVALID : OBS_OK;
}

static int run(obs_command_call *call, struct trace *trace, struct chart *c, const char *by,
               void (*show)(const struct chart *c))
{
    size_t width = c->wish->terminal.width, room = by ? width - 75 : width - 28;
    int rc = read_by(c, by);

    if (rc < 0) {
        fprintf(stderr, "observatory trace: --by: expected a field of text such as model\n");
        return EX_USAGE;
    }
    rc = cut(c, width < 90 ? 16 : room < MAX_POINTS ? room : MAX_POINTS);
    if (rc < 0) {
        fprintf(stderr, "observatory trace: --tz: expected a time zone such as Europe/Berlin\n");
        return EX_USAGE;
    }
    c->rows = calloc(MAX_ROWS, sizeof(*c->rows));
    rc = c->rows ? ask(call, trace, c, by ? COST : REQUESTS) : OBS_E_NOMEM;
    if (rc < 0)
        return trace_failed(rc);
    if (c->wish->json)
        put_json(c);
    else
        show(c);
    return EX_OK;
}

static int command(obs_command_call *call, void *self, int64_t usual_s, const char *by,
                   void (*show)(const struct chart *c))
{
    struct chart *c = calloc(1, sizeof(*c));
    struct wish w;
    int code = c ? wish_read(call, &w, usual_s) : EX_UNAVAILABLE;

    if (code == EX_OK)
        code = wish_finish(&w);
    if (code == EX_OK) {
        c->wish = &w;
        code = run(call, self, c, by, show);
        obs_arena_destroy(w.arena);
    }
    if (c)
        free(c->rows);
    free(c);
    return code;
}

int metrics_command(obs_command_call *call, void *self)
{
    return command(call, self, 86400, NULL, show_metrics);
}

int cost_command(obs_command_call *call, void *self)
{
    return command(call, self, 30 * 86400, "model", show_cost);
}
