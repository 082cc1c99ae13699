/* SPDX-License-Identifier: Apache-2.0 */
/* --min-cost 0.1 and --min_cost=0.1 are the parameter min_cost. */
#include "trace.h"

#include <stdlib.h>
#include <sysexits.h>

static int complain(struct wish *w, const char *what, const char *found)
{
    fprintf(stderr, "observatory trace: %s%s%s%s\n", what, found ? ", found \"" : "",
            found ? found : "", found ? "\"" : "");
    obs_arena_destroy(w->arena);
    return EX_USAGE;
}

static int complain_param(struct wish *w)
{
    obs_str text = w->params.wrong_text;

    fprintf(stderr, "observatory trace: %.*s\n", OBS_STR_ARG(text));
    obs_arena_destroy(w->arena);
    return EX_USAGE;
}

/* The name of an option as a parameter: "--min-cost" is "min_cost". */
static obs_str name_of(struct wish *w, const char *arg, size_t len)
{
    obs_str name = obs_arena_dup(w->arena, obs_str_n(arg + 2, len - 2));

    for (size_t i = 0; name.ptr && i < name.len; i++)
        if (name.ptr[i] == '-')
            ((char *)(uintptr_t)name.ptr)[i] = '_';
    return name;
}

/* OBS_E_UNKNOWN: none of ours. */
static int take_own(struct wish *w, obs_str name, obs_str value)
{
    int64_t limit;

    if (obs_str_is(name, "interval"))
        w->interval = value;
    else if (obs_str_is(name, "tz"))
        w->tz = value;
    else if (obs_str_is(name, "by"))
        w->by = value;
    else if (obs_str_is(name, "limit")) {
        if (!filter_params_number(value, 0, &limit) || limit < 1 || limit > 100000)
            return filter_params_complain(&w->params, OBS_E_INVALID, "--limit",
                                          "a number from 1 to 100000", value);
        w->limit = (uint32_t)limit;
    } else {
        return OBS_E_UNKNOWN;
    }
    return OBS_OK;
}

static int take_option(struct wish *w, obs_command_call *call, int *at)
{
    const char *arg = obs_command_arg(call, *at), *equals = strchr(arg, '=');
    size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
    obs_str name, value;
    int rc;

    if (strcmp(arg, "--json") == 0) {
        w->json = true;
        return OBS_OK;
    }
    if (!equals && *at + 1 >= obs_command_argc(call))
        return filter_params_complain(&w->params, OBS_E_MISSING, arg, "a value",
                                      obs_str_n(NULL, 0));
    name = name_of(w, arg, len);
    value = obs_str_of(equals ? equals + 1 : obs_command_arg(call, ++*at));
    rc = name.ptr ? take_own(w, name, value) : OBS_E_NOMEM;
    if (rc == OBS_E_UNKNOWN)
        rc = filter_params_take(&w->params, name, value);
    return rc == OBS_E_UNKNOWN
               ? filter_params_complain(&w->params, rc, "option",
                                        "--json, --limit, --interval, --tz, --by or a filter such "
                                        "as --model, --status, --from",
                                        obs_str_of(arg))
               : rc;
}

int wish_read(obs_command_call *call, struct wish *w, int64_t usual_s)
{
    int rc = OBS_OK;

    *w = (struct wish){.arena = obs_arena_create(/* limit_bytes= */ 0), .limit = 20};
    if (!w->arena)
        return EX_UNAVAILABLE;
    terminal_init(&w->terminal, stdout);
    filter_params_init(&w->params, w->arena, obs_clock_wall_ns());
    for (int i = 0; i < obs_command_argc(call) && rc == OBS_OK; i++) {
        const char *arg = obs_command_arg(call, i);

        if (strncmp(arg, "--", 2) == 0)
            rc = take_option(w, call, &i);
        else if (w->n_words < sizeof(w->words) / sizeof(*w->words))
            w->words[w->n_words++] = obs_str_of(arg);
        else
            return complain(w, "expected fewer words", arg);
    }
    if (rc < 0)
        return complain_param(w);
    if (usual_s && w->params.to_ns == INT64_MAX)
        w->params.to_ns = w->params.now_ns;
    if (usual_s && w->params.from_ns == INT64_MIN)
        w->params.from_ns = w->params.to_ns - usual_s * 1000000000;
    return EX_OK;
}

int wish_finish(struct wish *w)
{
    return filter_params_finish(&w->params, &w->filter) < 0 ? complain_param(w) : EX_OK;
}
