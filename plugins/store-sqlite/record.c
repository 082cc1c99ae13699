/* SPDX-License-Identifier: Apache-2.0 */
/* A record is read by primary key on a thread of the pool. */
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
    sqlite3_stmt *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text64(stmt, 1, g->space.ptr, g->space.len, SQLITE_STATIC, SQLITE_UTF8);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text64(stmt, 2, g->key.ptr, g->key.len, SQLITE_STATIC, SQLITE_UTF8);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        g->value = obs_arena_dup(g->arena, obs_str_n(sqlite3_column_blob(stmt, 0),
                                                     (size_t)sqlite3_column_bytes(stmt, 0)));
        g->error = g->value.ptr ? OBS_OK : OBS_E_NOMEM;
    } else {
        g->error = rc == SQLITE_DONE ? OBS_E_NOT_FOUND : db_error(statements->db, rc);
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
        g->job.run = run;
        g->job.done = finish;
        g->arena = arena;
        g->space = obs_arena_dup(arena, space);
        g->key = obs_arena_dup(arena, key);
        g->done = done;
        g->user = user;
        if (g->space.ptr && g->key.ptr)
            rc = readers_submit(readers, &g->job);
    }
    if (rc < 0)
        obs_arena_destroy(arena);
    return rc;
}
