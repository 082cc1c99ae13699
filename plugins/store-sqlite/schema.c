/* SPDX-License-Identifier: Apache-2.0 */
/* Migrations. A step never changes once it was released: add one.
 *
 * Prompts and completions are in a table of their own, so that lists never read
 * them and they can be forgotten earlier. Ids are blobs, times and money exact
 * integers, an absent value is NULL.
 *
 * The indexes answer: is this span here already, the trace by id, and newest
 * first of everything, a project, a model, a session, a user. The first is in
 * random order and halves the insert rate; those that end in the time grow at
 * few places and cost a few percent together. The planner cannot know how much
 * an equality narrows, so it is told what is typical: otherwise it would walk a
 * whole project to find a session. */
#include "schema.h"

#include <stdio.h>

static const char *const steps[] = {
    /* 1 */
    "CREATE TABLE spans("
    " id INTEGER PRIMARY KEY,"
    " start_ns INTEGER NOT NULL,"
    " duration_ns INTEGER NOT NULL,"
    " trace_id BLOB NOT NULL,"
    " span_id BLOB NOT NULL,"
    " parent_span_id BLOB,"
    " project_id TEXT NOT NULL,"
    " service_name TEXT,"
    " span_name TEXT,"
    " span_kind TEXT,"
    " operation_type TEXT,"
    " provider TEXT,"
    " model TEXT,"
    " request_model TEXT,"
    " finish_reason TEXT,"
    " status INTEGER NOT NULL,"
    " error_type TEXT,"
    " error_message TEXT,"
    " user_id TEXT,"
    " session_id TEXT,"
    " environment TEXT,"
    " release TEXT,"
    " input_tokens INTEGER,"
    " cache_read_tokens INTEGER,"
    " cache_write_tokens INTEGER,"
    " output_tokens INTEGER,"
    " reasoning_tokens INTEGER,"
    " prompt_cost INTEGER,"
    " completion_cost INTEGER,"
    " total_cost INTEGER,"
    " cost_source TEXT,"
    " ttft_ns INTEGER,"
    " flags INTEGER NOT NULL,"
    " sample_rate REAL NOT NULL,"
    " tags TEXT,"
    " attributes TEXT,"
    " resource_attributes TEXT,"
    " events TEXT,"
    " links TEXT,"
    " model_parameters TEXT,"
    " tool_calls TEXT);"
    "CREATE TABLE contents("
    " id INTEGER PRIMARY KEY," /* of the span */
    " input_text TEXT,"
    " output_text TEXT,"
    " input_messages TEXT,"
    " output_messages TEXT);"
    "CREATE TABLE records("
    " space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(space, key)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX spans_identity ON spans(trace_id, span_id, project_id);"
    "CREATE INDEX spans_time ON spans(start_ns);"
    "CREATE INDEX spans_project ON spans(project_id, start_ns);"
    "CREATE INDEX spans_model ON spans(model, start_ns) WHERE model IS NOT NULL;"
    "CREATE INDEX spans_session ON spans(session_id, start_ns) WHERE session_id IS NOT NULL;"
    "CREATE INDEX spans_user ON spans(user_id, start_ns) WHERE user_id IS NOT NULL;"
    "ANALYZE;" /* makes the table of the next statements */
    "DELETE FROM sqlite_stat1;"
    "INSERT INTO sqlite_stat1(tbl, idx, stat) VALUES"
    "('spans', 'spans_identity', '1000000 10 1 1')," /* rows, rows that share the first column, */
    "('spans', 'spans_time', '1000000 1'),"          /* the first two, … */
    "('spans', 'spans_project', '1000000 200000 1'),"
    "('spans', 'spans_model', '1000000 50000 1'),"
    "('spans', 'spans_session', '1000000 20 1'),"
    "('spans', 'spans_user', '1000000 500 1'),"
    "('contents', NULL, '1000000')",

    /* 2: parts of usage and candidates of cost; fragments; feedback. What has no
     * price is looked for by what it is, so that a list of it needs no scan. */
    "ALTER TABLE spans ADD COLUMN input_audio_tokens INTEGER;"
    "ALTER TABLE spans ADD COLUMN input_image_tokens INTEGER;"
    "ALTER TABLE spans ADD COLUMN cache_read_audio_tokens INTEGER;"
    "ALTER TABLE spans ADD COLUMN cache_write_1h_tokens INTEGER;"
    "ALTER TABLE spans ADD COLUMN output_audio_tokens INTEGER;"
    "ALTER TABLE spans ADD COLUMN output_image_tokens INTEGER;"
    "ALTER TABLE spans ADD COLUMN service_tier TEXT;"
    "ALTER TABLE spans ADD COLUMN region TEXT;"
    "ALTER TABLE spans ADD COLUMN provider_cost INTEGER;"
    "ALTER TABLE spans ADD COLUMN emitter_cost INTEGER;"
    "ALTER TABLE spans ADD COLUMN book_cost INTEGER;"
    "ALTER TABLE spans ADD COLUMN cost_details TEXT;"
    "UPDATE spans SET emitter_cost=total_cost WHERE cost_source='emitter';"
    "UPDATE spans SET provider_cost=total_cost WHERE cost_source='provider';"
    "UPDATE spans SET book_cost=total_cost WHERE cost_source IN('price_book','free');"
    "CREATE INDEX spans_unpriced ON spans(provider, model, start_ns)"
    " WHERE cost_source='unpriced';"
    "INSERT INTO sqlite_stat1(tbl, idx, stat) VALUES"
    "('spans', 'spans_unpriced', '10000 1000 200 1');"
    "CREATE TABLE fragments("
    " id INTEGER PRIMARY KEY," /* in the order in which they came */
    " trace_id BLOB NOT NULL,"
    " span_id BLOB NOT NULL,"
    " project_id TEXT NOT NULL,"
    " received_ns INTEGER NOT NULL,"
    " span BLOB NOT NULL);" /* plugins/lib/span_pack.h */
    "CREATE INDEX fragments_identity ON fragments(trace_id, span_id, project_id);"
    "CREATE INDEX fragments_age ON fragments(received_ns);"
    "CREATE TABLE feedback("
    " project_id TEXT NOT NULL,"
    " id TEXT NOT NULL,"
    " trace_id BLOB,"
    " span_id BLOB,"
    " session_id TEXT,"
    " name TEXT NOT NULL,"
    " value REAL,"
    " label TEXT,"
    " comment TEXT,"
    " source TEXT,"
    " author TEXT,"
    " resolved INTEGER NOT NULL,"
    " metadata TEXT,"
    " ts_ns INTEGER NOT NULL,"
    " PRIMARY KEY(id, project_id)) WITHOUT ROWID;" /* looked for by id in all projects */
    "CREATE INDEX feedback_trace ON feedback(trace_id, ts_ns) WHERE trace_id IS NOT NULL;"
    "CREATE INDEX feedback_session ON feedback(session_id, ts_ns) WHERE session_id IS NOT NULL",

    /* 3: rollups (rollup.c), which spans hold further calls (usage.c), and an index
     * of what failed. What was there before is counted later, a few rows at a time. */
    "CREATE TABLE rollup_projects(id INTEGER PRIMARY KEY, project_id TEXT NOT NULL UNIQUE);"
    "CREATE TABLE rollup_series("
    " id INTEGER PRIMARY KEY,"
    " key BLOB NOT NULL UNIQUE,"
    " family INTEGER NOT NULL,"
    " project INTEGER NOT NULL,"
    " project_id TEXT NOT NULL,"
    " operation_type TEXT,"
    " status INTEGER NOT NULL,"
    " provider TEXT,"
    " model TEXT,"
    " environment TEXT,"
    " service_name TEXT);"
    "CREATE INDEX rollup_series_family ON rollup_series(family, project);"
    "CREATE TABLE rollups("
    " level INTEGER NOT NULL,"
    " project INTEGER NOT NULL,"
    " start_s INTEGER NOT NULL,"
    " series INTEGER NOT NULL,"
    " sums BLOB NOT NULL," /* plugins/lib/rollup/cell.h */
    " durations BLOB,"
    " ttfts BLOB,"
    " users BLOB,"
    " sessions BLOB,"
    " PRIMARY KEY(level, project, start_s, series)) WITHOUT ROWID;"
    "CREATE TABLE rollup_state("
    " counted INTEGER NOT NULL,"    /* rows up to here are in the rollups, */
    " last INTEGER NOT NULL,"       /* and all after this one */
    " minutes_ns INTEGER NOT NULL," /* where the cells of each resolution begin, */
    " quarters_ns INTEGER NOT NULL,"
    " hours_ns INTEGER NOT NULL,"
    " days_ns INTEGER NOT NULL,"
    " spans_ns INTEGER NOT NULL);" /* and the spans */
    "INSERT INTO rollup_state SELECT 0, IFNULL(max(id), 0), -9223372036854775807-1,"
    " -9223372036854775807-1, -9223372036854775807-1, -9223372036854775807-1,"
    " -9223372036854775807-1 FROM spans;"
    "CREATE TABLE usage_below("
    " trace_id BLOB NOT NULL,"
    " span_id BLOB NOT NULL," /* of a span that is yet to come */
    " project_id TEXT NOT NULL,"
    " flags INTEGER NOT NULL,"
    " seen_ns INTEGER NOT NULL,"
    " PRIMARY KEY(trace_id, span_id, project_id)) WITHOUT ROWID;"
    "CREATE INDEX usage_below_age ON usage_below(seen_ns);"
    "CREATE INDEX spans_errors ON spans(start_ns) WHERE status=2;" /* OBS_STATUS_ERROR */
    "INSERT INTO sqlite_stat1(tbl, idx, stat) VALUES"
    "('spans', 'spans_errors', '20000 1'),"
    "('rollups', 'rollups', '1000000 100000 10000 10 1'),"
    "('rollup_series', 'rollup_series_family', '1000 300 30')",

    /* 4: the words of prompts and completions (text_index.c). */
    "CREATE VIRTUAL TABLE text_index USING fts5(input_text, output_text, content='contents',"
    " content_rowid='id', columnsize=0, tokenize='observatory');"
    "CREATE TABLE text_state(indexed INTEGER NOT NULL);" /* rows up to here are in it, */
    "INSERT INTO text_state VALUES(0);"
    "CREATE TABLE text_dirty(id INTEGER PRIMARY KEY)", /* but these */

    /* 5: what failed of a model, and what took long (SLOW_NS), at any size of the store. */
    "CREATE INDEX spans_errors_model ON spans(model, start_ns) WHERE status=2;"
    "CREATE INDEX spans_slow ON spans(start_ns) WHERE duration_ns>=10000000000;"
    "INSERT INTO sqlite_stat1(tbl, idx, stat) VALUES"
    "('spans', 'spans_errors_model', '20000 1000 1'),"
    "('spans', 'spans_slow', '10000 1')",
};

#define N_STEPS ((int)(sizeof(steps) / sizeof(*steps)))

int schema_version(void)
{
    return N_STEPS;
}

static int read_version(struct db *db, int *ret_version)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->handle, "PRAGMA user_version", -1, &stmt, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        *ret_version = sqlite3_column_int(stmt, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return rc;
}

/* Another process may migrate at the same time: the version is read again
 * inside the transaction. */
static int step(struct db *db)
{
    char sql[64];
    int version = 0, rc = db_begin(db, /* writes= */ true);

    if (rc != SQLITE_OK)
        return rc;
    rc = read_version(db, &version);
    if (rc == SQLITE_OK && version < N_STEPS) {
        rc = db_run(db, steps[version]);
        snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", version + 1);
        if (rc == SQLITE_OK)
            rc = db_run(db, sql);
    }
    if (rc == SQLITE_OK)
        rc = db_commit(db);
    if (rc != SQLITE_OK)
        db_rollback(db);
    return rc;
}

int schema_migrate(struct db *db, char *error, size_t error_size)
{
    int version = 0, rc = read_version(db, &version);

    while (rc == SQLITE_OK && version < N_STEPS) {
        rc = step(db);
        if (rc == SQLITE_OK)
            rc = read_version(db, &version);
    }
    if (rc != SQLITE_OK) {
        snprintf(error, error_size, "schema: %s", db_message(db));
        return db_error(db, rc);
    }
    if (version > N_STEPS) {
        snprintf(error, error_size,
                 "the database has schema version %d, this program knows up to %d: it was used "
                 "by a newer observatory",
                 version, N_STEPS);
        return OBS_E_STORE;
    }
    return OBS_OK;
}
