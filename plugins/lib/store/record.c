/* SPDX-License-Identifier: Apache-2.0 */
/* A record is read by primary key on a thread of the pool, and written with the
 * spans. */
#include "record.h"

#include <stdlib.h>

struct get {
    struct read_job job; /* first: a read_job is cast to a get */
    obs_arena *arena;
    obs_str space, key, value;
    int error;
    obs_record_fn done;
    void *user;
};

static void run(struct read_job *job, struct statements *statements)
{
    static const obs_str sql = OBS_STR("SELECT value FROM records WHERE space=?1 AND key=?2");
    struct get *g = (struct get *)job;
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_text(stmt, 1, g->space);
    if (rc == DB_OK)
        rc = statement_bind_text(stmt, 2, g->key);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    if (rc == DB_ROW) {
        g->value = obs_arena_dup(g->arena, statement_blob(stmt, 0));
        g->error = g->value.ptr ? OBS_OK : OBS_E_NOMEM;
    } else {
        g->error = rc == DB_DONE ? OBS_E_NOT_FOUND : db_error(statements->db, rc);
    }
    statement_release(stmt);
}

static void finish(struct read_job *job)
{
    struct get *g = (struct get *)job;

    g->done(g->error, g->value, g->user);
    obs_arena_destroy(g->arena);
}

int record_submit_get(struct readers *readers, obs_str space, obs_str key, obs_record_fn done,
                      void *user)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct get *g = arena ? obs_arena_calloc(arena, 1, sizeof(*g)) : NULL;
    int rc = OBS_E_NOMEM;

    if (g) {
        g->job.op = READ_RECORD;
        g->job.run = run;
        g->job.done = finish;
        g->arena = arena;
        g->space = obs_arena_dup(arena, space);
        g->key = obs_arena_dup(arena, key);
        g->done = done;
        g->user = user;
        if (g->space.ptr && g->key.ptr)
            rc = readers_submit(readers, &g->job, /* timeout_ns= */ 0);
    }
    if (rc < 0)
        obs_arena_destroy(arena);
    return rc;
}

/* --- writing -------------------------------------------------------------------- */

struct put {
    struct write_job job;           /* first: a write_job is cast to a put */
    obs_str space, key, old, value; /* in this allocation */
    enum record_if when;
    char *existing; /* what is there instead of what was expected; malloc'd */
    size_t existing_len;
    obs_record_fn done;
    void *user;
};

static int bind_key(struct statement *stmt, const struct put *p)
{
    int rc = statement_bind_text(stmt, 1, p->space);

    return rc == DB_OK ? statement_bind_text(stmt, 2, p->key) : rc;
}

static int read_existing(struct put *p, struct statements *statements)
{
    static const obs_str sql = OBS_STR("SELECT value FROM records WHERE space=?1 AND key=?2");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = bind_key(stmt, p);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    if (rc == DB_ROW || rc == DB_DONE) { /* none: as if it were empty */
        obs_str there = rc == DB_ROW ? statement_blob(stmt, 0) : obs_str_n(NULL, 0);

        p->existing_len = there.len;
        p->existing = malloc(there.len + 1);
        if (p->existing && there.len)
            memcpy(p->existing, there.ptr, there.len);
        rc = p->existing ? DB_OK : DB_NOMEM;
    }
    statement_release(stmt);
    return rc;
}

static const obs_str writes[] = {
    [RECORD_ALWAYS] = OBS_STR("INSERT INTO records(space,key,value) VALUES(?1,?2,?3)"
                              " ON CONFLICT(space,key) DO UPDATE SET value=?3"),
    [RECORD_IF_NEW] = OBS_STR("INSERT INTO records(space,key,value) VALUES(?1,?2,?3)"
                              " ON CONFLICT(space,key) DO NOTHING"),
    [RECORD_IF_SAME] = OBS_STR("UPDATE records SET value=?3 WHERE space=?1 AND key=?2"
                               " AND value=?4"),
};

static int write(struct write_job *job, struct writing *writing)
{
    struct put *p = (struct put *)job;
    struct statement *stmt = NULL;
    int rc = statement_get(&writing->statements, writes[p->when], &stmt);

    free(p->existing); /* of an earlier attempt */
    p->existing = NULL;
    if (rc == DB_OK)
        rc = bind_key(stmt, p);
    if (rc == DB_OK)
        rc = statement_bind_blob(stmt, 3, p->value.ptr, p->value.len);
    if (rc == DB_OK && p->when == RECORD_IF_SAME)
        rc = statement_bind_blob(stmt, 4, p->old.ptr, p->old.len);
    if (rc == DB_OK && (rc = statement_step(stmt)) == DB_DONE)
        rc = DB_OK;
    statement_release(stmt);
    if (rc == DB_OK && db_changes(writing->db) == 0)
        rc = read_existing(p, &writing->statements);
    return rc;
}

static void written(struct write_job *job)
{
    struct put *p = (struct put *)job;

    if (job->error == OBS_OK && p->existing)
        p->done(OBS_E_CONFLICT, obs_str_n(p->existing, p->existing_len), p->user);
    else
        p->done(job->error, p->value, p->user);
    free(p->existing);
    free(p);
}

/* Copies `s` to `*at` and moves on. */
static obs_str copy(char **at, obs_str s)
{
    obs_str c = obs_str_n(*at, s.len);

    if (s.len)
        memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return c;
}

int record_submit_put(struct writer *writer, obs_str space, obs_str key, enum record_if when,
                      obs_str old, obs_str value, obs_record_fn done, void *user)
{
    struct put *p = calloc(1, sizeof(*p) + space.len + key.len + old.len + value.len + 1);
    char *at = (char *)(p + 1);
    int rc;

    if (!p)
        return OBS_E_NOMEM;
    *p = (struct put){
        .job = {.worker = obs_worker_current(),
                .bytes = sizeof(*p) + old.len + value.len,
                .write = write,
                .done = written,
                .touches = TOUCHES_NOTHING},
        .when = when,
        .done = done,
        .user = user,
    };
    p->space = copy(&at, space);
    p->key = copy(&at, key);
    p->old = copy(&at, old);
    p->value = copy(&at, value);
    rc = writer_submit(writer, &p->job);
    if (rc < 0)
        free(p);
    return rc;
}
