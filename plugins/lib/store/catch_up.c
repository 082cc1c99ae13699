/* SPDX-License-Identifier: Apache-2.0 */
/* The writer's chores do the work; here somebody looks how far they are. */
#include "catch_up.h"
#include "text_index.h"

#include <observatory/worker.h>

#include <stdbool.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#define LOOK_EVERY_MS 200

struct rest {
    int64_t spans, texts; /* that are yet to be taken in */
};

static bool read_rest(struct statements *statements, const struct settings *settings,
                      struct rest *ret)
{
    static const obs_str sql = OBS_STR("SELECT last-counted FROM rollup_state");
    struct text_index text = {.statements = statements};
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    *ret = (struct rest){0};
    if (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW) {
        ret->spans = statement_int(stmt, 0) > 0 ? statement_int(stmt, 0) : 0;
        rc = DB_OK;
    }
    statement_release(stmt);
    if (rc == DB_OK && settings->text_index != TEXT_INDEX_NONE)
        rc = text_begin(&text);
    if (rc == DB_OK && settings->text_index != TEXT_INDEX_NONE)
        rc = text_lag(&text, &ret->texts);
    return rc == DB_OK;
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
                    struct statements *statements)
{
    struct rest first, rest;
    int rc = OBS_OK;

    if (!read_rest(statements, settings, &first))
        return OBS_E_STORE;
    for (rest = first; rc == OBS_OK && rest.spans + rest.texts > 0;) {
        show(&first, &rest);
        rc = pause_a_little(call, instance);
        if (rc == OBS_OK && !read_rest(statements, settings, &rest))
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
    struct statements statements = {0};
    int rc = db_open(settings, /* read_only= */ true, &statements.db, error, sizeof(error));
    struct db *db = statements.db;

    if (rc < 0) {
        fprintf(stderr, "%s\n", error);
        return EX_UNAVAILABLE;
    }
    rc = wait_for(call, instance, settings, &statements);
    statements_finish(&statements);
    db_close(db);
    if (rc < 0)
        fprintf(stderr, "catch-up: %s\n",
                rc == OBS_E_CLOSED ? "interrupted; the server goes on with it"
                                   : obs_error(rc)->text);
    return rc == OBS_OK ? EX_OK : rc == OBS_E_CLOSED ? EX_TEMPFAIL : EX_UNAVAILABLE;
}
