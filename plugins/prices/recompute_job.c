/* SPDX-License-Identifier: Apache-2.0 */
/* One table of members for reading and writing. */
#include "recompute_job.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const states[] = {"running", "done", "cancelled", "failed"};

enum { TEXT, NUMBER };

struct member {
    const char *name;
    uint8_t kind;
    uint16_t offset, size;
};

#define M(kind, member)                                                                            \
    {                                                                                              \
#member, kind, offsetof(struct recompute_job, member),                                     \
            sizeof(((struct recompute_job *)0)->member)                                            \
    }

static const struct member members[] = {
    M(TEXT, id),           M(NUMBER, from_ns),   M(NUMBER, to_ns),   M(TEXT, provider),
    M(TEXT, model),        M(TEXT, cost_source), M(NUMBER, rate),    M(NUMBER, started_ns),
    M(NUMBER, updated_ns), M(NUMBER, scanned),   M(NUMBER, changed), M(NUMBER, before),
    M(NUMBER, after),      M(NUMBER, at_ns),     M(TEXT, position),  M(TEXT, error),
};

/* --- records ---------------------------------------------------------------------- */

static bool read_text(const obs_json *value, char *to, size_t size)
{
    obs_str text = obs_json_str(value);

    if (text.len >= size)
        return false;
    if (text.len)
        memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
    return true;
}

static bool read_job(const obs_json *value, struct recompute_job *job)
{
    obs_str state = obs_json_str(obs_json_get(value, "state"));
    size_t i;

    for (i = 0; i < sizeof(states) / sizeof(states[0]) && !obs_str_is(state, states[i]); i++)
        ;
    if (i == sizeof(states) / sizeof(states[0]))
        return false;
    job->state = (enum recompute_state)i;
    job->dry_run = obs_json_bool(obs_json_get(value, "dry_run")) != 0;
    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct member *m = &members[i];
        const obs_json *member = obs_json_get(value, m->name);
        int64_t number = obs_json_int(member);

        if (m->kind == NUMBER)
            memcpy((char *)job + m->offset, &number, sizeof(number));
        else if (!read_text(member, (char *)job + m->offset, m->size))
            return false;
    }
    return true;
}

int recompute_jobs_read(obs_arena *arena, obs_str record, struct recompute_job **ret_jobs,
                        size_t *ret_n)
{
    const obs_json *list;
    int rc = obs_json_parse(arena, record, &list, NULL);
    size_t n;

    if (rc < 0)
        return rc;
    n = obs_json_count(list);
    /* one more than there are, for whoever begins another */
    *ret_jobs = obs_arena_calloc(arena, n + 1, sizeof(**ret_jobs));
    if (!*ret_jobs)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        if (!read_job(obs_json_at(list, i), &(*ret_jobs)[i]))
            return OBS_E_SYNTAX;
    *ret_n = n;
    return OBS_OK;
}

static void write_job(obs_jw *jw, const struct recompute_job *job)
{
    obs_jw_object(jw);
    obs_jw_key(jw, "state");
    obs_jw_cstr(jw, states[job->state]);
    obs_jw_key(jw, "dry_run");
    obs_jw_bool(jw, job->dry_run);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const char *at = (const char *)job + members[i].offset;
        int64_t number;

        obs_jw_key(jw, members[i].name);
        if (members[i].kind == TEXT) {
            obs_jw_cstr(jw, at);
            continue;
        }
        memcpy(&number, at, sizeof(number));
        obs_jw_int(jw, number);
    }
    obs_jw_end_object(jw);
}

obs_str recompute_jobs_write(obs_arena *arena, const struct recompute_job *jobs, size_t n)
{
    obs_buf *buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(arena, buf) : NULL;

    if (!jw)
        return obs_str_n(NULL, 0);
    obs_jw_array(jw);
    for (size_t i = 0; i < n && i < RECOMPUTE_MAX_JOBS; i++)
        write_job(jw, &jobs[i]);
    obs_jw_end_array(jw);
    return obs_buf_error(buf) < 0 ? obs_str_n(NULL, 0) : obs_buf_str(buf);
}

/* --- the API ------------------------------------------------------------------------ */

static void put_text(obs_jw *jw, const char *key, const char *text)
{
    obs_jw_key(jw, key);
    obs_jw_cstr(jw, text[0] ? text : NULL);
}

static void put_time(obs_jw *jw, const char *key, int64_t ns)
{
    obs_jw_key(jw, key);
    if (ns == INT64_MIN || ns == INT64_MAX || ns == 0)
        obs_jw_null(jw);
    else
        obs_jw_time(jw, ns);
}

static void put_number(obs_jw *jw, const char *key, uint64_t number)
{
    obs_jw_key(jw, key);
    obs_jw_uint(jw, number);
}

/* A figure is signed: what was unpriced counted nothing. */
static void put_money(obs_jw *jw, const char *key, int64_t nano)
{
    obs_jw_key(jw, key);
    obs_jw_fixed(jw, nano, 9);
}

void recompute_job_json(obs_jw *jw, const struct recompute_job *job)
{
    obs_jw_object(jw);
    put_text(jw, "id", job->id);
    put_text(jw, "state", states[job->state]);
    put_time(jw, "from", job->from_ns);
    put_time(jw, "to", job->to_ns);
    put_text(jw, "provider", job->provider);
    put_text(jw, "model", job->model);
    put_text(jw, "cost_source", job->cost_source);
    obs_jw_key(jw, "dry_run");
    obs_jw_bool(jw, job->dry_run);
    put_number(jw, "max_spans_per_s", (uint64_t)job->rate);
    put_time(jw, "started", job->started_ns);
    put_time(jw, "updated", job->updated_ns);
    put_time(jw, "position", job->at_ns);
    put_number(jw, "scanned", job->scanned);
    put_number(jw, "changed", job->changed);
    put_money(jw, "cost_before_usd", job->before);
    put_money(jw, "cost_after_usd", job->after);
    put_text(jw, "error", job->error);
    obs_jw_end_object(jw);
}

bool recompute_job_alive(const struct recompute_job *job, int64_t now_ns)
{
    return job->state == RECOMPUTE_RUNNING && now_ns - job->updated_ns < RECOMPUTE_STALE_NS;
}
