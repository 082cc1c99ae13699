/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory ingest demo`: fills a store with generated traces, so that there
 * is something to look at. */
#include "command.h"
#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define BATCH 512

struct options {
    uint64_t spans, seed;
    double days;
    int if_empty;
};

static int usage(const char *problem, const char *value)
{
    fprintf(stderr, "observatory ingest demo: %s%s%s%s\n", problem, value ? ", found \"" : "",
            value ? value : "", value ? "\"" : "");
    return EX_USAGE;
}

static int read_number(const char *text, double most, double *ret_value)
{
    char *end;
    double v = strtod(text, &end);

    if (end == text || *end || !(v >= 0 && v <= most))
        return 0;
    *ret_value = v;
    return 1;
}

static int read_options(const obs_command_call *call, struct options *o)
{
    for (int i = 0; i < obs_command_argc(call); i++) {
        const char *arg = obs_command_arg(call, i), *value;
        double number;
        if (strcmp(arg, "--if-empty") == 0) {
            o->if_empty = 1;
            continue;
        }
        if (strcmp(arg, "--spans") != 0 && strcmp(arg, "--seed") != 0 && strcmp(arg, "--days") != 0)
            return usage("expected --spans N, --days D, --seed S or --if-empty", arg);
        value = ++i < obs_command_argc(call) ? obs_command_arg(call, i) : "";
        if (!read_number(value, 1e12, &number) || (arg[2] == 'd' && (number <= 0 || number > 3650)))
            return usage("expected a number, for --days one up to 3650", value);
        if (arg[2] == 'd')
            o->days = number;
        else if (arg[3] == 'p')
            o->spans = (uint64_t)number;
        else
            o->seed = (uint64_t)number;
    }
    return EX_OK;
}

/* --- is there anything? ----------------------------------------------------------- */

struct question {
    int done;
    obs_search_result result;
};

static void answered(const obs_search_result *result, void *user)
{
    struct question *q = user;

    q->result = *result;
    q->done = 1;
}

static int is_empty(obs_command_call *call, const struct ingest *ingest, int *ret_empty)
{
    const obs_scope all = {.size = sizeof(all), .all = 1};
    const obs_span_query any = {.size = sizeof(any),
                                .fields = OBS_FIELD_BIT(OBS_FIELD_TS),
                                .from_ns = INT64_MIN,
                                .to_ns = INT64_MAX,
                                .sort_field = OBS_FIELD_TS,
                                .limit = 1};
    struct question q = {0};
    int rc = ingest->store->search(ingest->store_self, &all, &any, NULL, answered, &q);

    if (rc == OBS_OK)
        rc = command_wait(call, &q.done);
    if (rc == OBS_OK)
        rc = q.result.error;
    if (rc == OBS_OK)
        *ret_empty = q.result.n_rows == 0;
    return rc;
}

/* --- filling -------------------------------------------------------------------------- */

static int fill(obs_command_call *call, const struct ingest *ingest, const struct options *o,
                uint64_t *ret_stored)
{
    const struct demo_settings settings = {
        .seed = o->seed,
        .spans = o->spans,
        .days = o->days,
        .end_ns = obs_clock_wall_ns(),
        .project = ingest->project,
    };
    obs_span *spans = calloc(BATCH + DEMO_MAX_TRACE, sizeof(*spans));
    struct demo *demo = calloc(1, sizeof(*demo));
    int rc = spans && demo ? OBS_OK : OBS_E_NOMEM;
    uint64_t stored = 0;

    if (rc == OBS_OK)
        demo_init(demo, &settings);
    while (rc == OBS_OK && demo->made < o->spans) {
        obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
        struct stored result = {0};
        size_t n = 0, more = arena != NULL;
        while (n < BATCH && more) {
            more = demo_trace(demo, arena, spans + n);
            n += more;
        }
        rc = n ? command_store(call, ingest, arena, spans, n, &result) : OBS_E_NOMEM;
        obs_arena_destroy(arena);
        stored += result.n_stored;
        command_progress("spans", demo->made, o->spans);
    }
    free(demo);
    free(spans);
    *ret_stored = stored;
    return rc;
}

int demo_command(obs_command_call *call, void *self)
{
    const struct ingest *ingest = self;
    struct options o = {.spans = 2000, .seed = 1, .days = 7};
    uint64_t stored = 0;
    int empty = 1, code = read_options(call, &o), rc = OBS_OK;

    if (code != EX_OK)
        return code;
    if (o.if_empty)
        rc = is_empty(call, ingest, &empty);
    if (rc == OBS_OK && !empty) {
        printf("the store has spans already, nothing added\n");
        return EX_OK;
    }
    if (rc == OBS_OK)
        rc = fill(call, ingest, &o, &stored);
    printf("%llu demo spans stored\n", (unsigned long long)stored);
    return rc < 0 ? command_failed("observatory ingest demo", rc) : EX_OK;
}
