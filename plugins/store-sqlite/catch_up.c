/* SPDX-License-Identifier: Apache-2.0 */
/* The writer's chores do the work; here somebody looks how far they are. */
#include "catch_up.h"

#include <observatory/worker.h>

#include <stdbool.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#define LOOK_EVERY_MS 200

struct rest {
    int64_t spans, texts; /* that are yet to be taken in */
};

static bool read_rest(sqlite3 *db, const struct settings *settings, struct rest *ret)
{
    static const char sql[] =
        "SELECT (SELECT max(0,last-counted) FROM rollup_state),"
        "(SELECT max(0,(SELECT IFNULL(max(id),0) FROM contents)-indexed) FROM text_state)"
        "+(SELECT count(*) FROM text_dirty)";
    sqlite3_stmt *stmt = NULL;
    bool done = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
                sqlite3_step(stmt) == SQLITE_ROW;

    if (done) {
        ret->spans = sqlite3_column_int64(stmt, 0);
        ret->texts = settings->text_index == TEXT_INDEX_NONE ? 0 : sqlite3_column_int64(stmt, 1);
    }
    sqlite3_finalize(stmt);
    return done;
}

static void set_done(void *done)
{
    *(int *)done = 1;
}

static int pause_a_little(obs_command_call *call, obs_instance *instance)
{
    obs_timer *timer;
    int done = 0, rc = obs_timer_start(instance, LOOK_EVERY_MS, 0, set_done, &done, &timer);

    if (rc < 0)
        return rc;
    rc = obs_command_wait(call, &done);
    obs_timer_stop(timer);
    return rc;
}

/* Of what there was in the beginning. */
static void show(const struct rest *first, const struct rest *rest)
{
    int64_t all = first->spans + first->texts, left = rest->spans + rest->texts;
    int percent = all > left ? (int)(100 * (all - left) / all) : 0;

    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r\033[K[");
    for (int i = 0; i < 30; i++)
        fputs(i * 100 < percent * 30 ? "█" : " ", stderr);
    fprintf(stderr, "] %d %%, %lld spans to count, %lld texts to index", percent,
            (long long)rest->spans, (long long)rest->texts);
}

static int wait_for(obs_command_call *call, obs_instance *instance, const struct settings *settings,
                    sqlite3 *db)
{
    struct rest first, rest;
    int rc = OBS_OK;

    if (!read_rest(db, settings, &first))
        return OBS_E_STORE;
    for (rest = first; rc == OBS_OK && rest.spans + rest.texts > 0;) {
        show(&first, &rest);
        rc = pause_a_little(call, instance);
        if (rc == OBS_OK && !read_rest(db, settings, &rest))
            rc = OBS_E_STORE;
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    if (rc == OBS_OK)
        printf("%lld spans counted, %lld texts indexed\n", (long long)first.spans,
               (long long)first.texts);
    return rc;
}

int catch_up(obs_command_call *call, obs_instance *instance, const struct settings *settings)
{
    char error[512];
    sqlite3 *db = NULL;
    int rc = db_open(settings, /* read_only= */ 1, &db, error, sizeof(error));

    if (rc < 0) {
        fprintf(stderr, "%s\n", error);
        return EX_UNAVAILABLE;
    }
    rc = wait_for(call, instance, settings, db);
    db_close(db);
    if (rc < 0)
        fprintf(stderr, "catch-up: %s\n",
                rc == OBS_E_CLOSED ? "interrupted; the server goes on with it"
                                   : obs_error(rc)->text);
    return rc == OBS_OK ? EX_OK : rc == OBS_E_CLOSED ? EX_TEMPFAIL : EX_UNAVAILABLE;
}
