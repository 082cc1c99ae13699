/* SPDX-License-Identifier: Apache-2.0 */
/* Merging needs the whole row: it is read, handed to the caller's function, and
 * written back. Looking for fragments costs a step down an index for each new
 * span, so it is only done while there are any. */
#include "merge.h"
#include "columns.h"
#include "span_pack.h"

#include <stdbool.h>
#include <stdio.h>

#define SQL_BYTES 4096

/* Of one span that is merged. */
struct merge {
    struct merging *m;
    struct insert *insert;
    struct merge_call *call;
    obs_arena *arena;
    obs_span span; /* as it stands */
    int64_t row;   /* of it */
    bool changed;
};

/* --- statements ------------------------------------------------------------------ */

static bool is_identity(const struct column *column)
{
    return column->offset == offsetof(obs_span, trace_id) ||
           column->offset == offsetof(obs_span, span_id) ||
           column->offset == offsetof(obs_span, project_id);
}

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_stmt)
{
    return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_stmt, NULL);
}

/* All columns in the order of the table. */
static int prepare_find(struct merging *m)
{
    char sql[SQL_BYTES];
    int at = snprintf(sql, sizeof(sql), "SELECT s.id");

    for (size_t i = 0; i < n_columns; i++)
        at += snprintf(sql + at, sizeof(sql) - (size_t)at, ",%s.%s", columns[i].content ? "c" : "s",
                       columns[i].name);
    snprintf(sql + at, sizeof(sql) - (size_t)at,
             " FROM spans s LEFT JOIN contents c ON c.id=s.id"
             " WHERE s.trace_id=?1 AND s.span_id=?2 AND s.project_id=?3");
    return prepare(m->db, sql, &m->find);
}

/* Parameter 1 is the row, then come the columns. */
static int prepare_update(struct merging *m)
{
    char sql[SQL_BYTES];
    int at = snprintf(sql, sizeof(sql), "UPDATE spans SET ");
    int parameter = 2;

    for (size_t i = 0; i < n_columns; i++)
        if (!columns[i].content && !is_identity(&columns[i])) {
            at += snprintf(sql + at, sizeof(sql) - (size_t)at, "%s%s=?%d", parameter > 2 ? "," : "",
                           columns[i].name, parameter);
            parameter++;
        }
    snprintf(sql + at, sizeof(sql) - (size_t)at, " WHERE id=?1");
    return prepare(m->db, sql, &m->update);
}

static int prepare_content(struct merging *m)
{
    char sql[SQL_BYTES], marks[256] = "?1";
    int at = snprintf(sql, sizeof(sql), "REPLACE INTO contents(id"), end = 2, parameter = 2;

    for (size_t i = 0; i < n_columns; i++)
        if (columns[i].content) {
            at += snprintf(sql + at, sizeof(sql) - (size_t)at, ",%s", columns[i].name);
            end += snprintf(marks + end, sizeof(marks) - (size_t)end, ",?%d", parameter++);
        }
    snprintf(sql + at, sizeof(sql) - (size_t)at, ") VALUES(%s)", marks);
    return prepare(m->db, sql, &m->content);
}

int merging_init(struct merging *merging, sqlite3 *db)
{
    const struct {
        sqlite3_stmt **stmt;
        const char *sql;
    } others[] = {
        {&merging->no_content, "DELETE FROM contents WHERE id=?1"},
        {&merging->keep, "INSERT INTO fragments(trace_id,span_id,project_id,received_ns,span)"
                         " VALUES(?1,?2,?3,?4,?5)"},
        {&merging->waiting, "SELECT span FROM fragments WHERE trace_id=?1 AND span_id=?2"
                            " AND project_id=?3 ORDER BY id"},
        {&merging->taken,
         "DELETE FROM fragments WHERE trace_id=?1 AND span_id=?2 AND project_id=?3"},
        {&merging->any, "SELECT EXISTS(SELECT 1 FROM fragments)"},
        {&merging->forget, "DELETE FROM fragments WHERE id IN(SELECT id FROM fragments"
                           " WHERE received_ns<?1 ORDER BY received_ns LIMIT ?2)"},
        {&merging->version, "PRAGMA data_version"},
    };
    int rc;

    *merging = (struct merging){.db = db, .has_fragments = -1};
    rc = prepare_find(merging);
    if (rc == SQLITE_OK)
        rc = prepare_update(merging);
    if (rc == SQLITE_OK)
        rc = prepare_content(merging);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && rc == SQLITE_OK; i++)
        rc = prepare(db, others[i].sql, others[i].stmt);
    return rc;
}

void merging_finish(struct merging *merging)
{
    sqlite3_stmt *const all[] = {
        merging->find, merging->update,  merging->content, merging->no_content, merging->forget,
        merging->keep, merging->waiting, merging->taken,   merging->any,        merging->version};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        sqlite3_finalize(all[i]);
    *merging = (struct merging){0};
}

static int run(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);

    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One number that a statement without parameters gives. */
static int read_number(sqlite3_stmt *stmt, int64_t *ret)
{
    int rc = sqlite3_step(stmt);

    if (rc == SQLITE_ROW) {
        *ret = sqlite3_column_int64(stmt, 0);
        rc = SQLITE_OK;
    }
    sqlite3_reset(stmt);
    return rc;
}

int merging_begin(struct merging *merging)
{
    int64_t version = 0, any = 0;
    int rc = read_number(merging->version, &version);

    if (rc == SQLITE_OK && (merging->has_fragments < 0 || version != merging->data_version)) {
        rc = read_number(merging->any, &any);
        merging->has_fragments = any != 0;
        merging->data_version = version;
    }
    return rc;
}

void merging_failed(struct merging *merging)
{
    merging->has_fragments = -1;
}

/* --- the row -------------------------------------------------------------------------- */

static int bind_identity(sqlite3_stmt *stmt, const obs_span *span)
{
    int rc = sqlite3_bind_blob(stmt, 1, span->trace_id, 16, SQLITE_STATIC);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(stmt, 2, span->span_id, 8, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text64(stmt, 3, span->project_id.ptr, span->project_id.len, SQLITE_STATIC,
                                 SQLITE_UTF8);
    return rc;
}

/* Texts are copied, since the row is about to change. */
static int read_row(struct merge *m)
{
    for (size_t i = 0; i < n_columns; i++) {
        obs_str text;

        column_read(&columns[i], m->m->find, (int)i + 1, &m->span);
        if (columns[i].kind != COLUMN_TEXT)
            continue;
        memcpy(&text, (char *)&m->span + columns[i].offset, sizeof(text));
        if (!text.len)
            continue;
        text = obs_arena_dup(m->arena, text);
        if (!text.ptr)
            return SQLITE_NOMEM;
        memcpy((char *)&m->span + columns[i].offset, &text, sizeof(text));
    }
    m->row = sqlite3_column_int64(m->m->find, 0);
    return SQLITE_OK;
}

/* SQLITE_DONE: there is none. */
static int find(struct merge *m, const obs_span *like)
{
    int rc = bind_identity(m->m->find, like);

    obs_span_init(&m->span);
    if (rc == SQLITE_OK && (rc = sqlite3_step(m->m->find)) == SQLITE_ROW)
        rc = read_row(m);
    sqlite3_reset(m->m->find);
    return rc;
}

static int bind_columns(sqlite3_stmt *stmt, const obs_span *span, uint32_t content)
{
    int parameter = 2, rc = SQLITE_OK;

    for (size_t i = 0; i < n_columns && rc == SQLITE_OK; i++)
        if (columns[i].content == content && !is_identity(&columns[i]))
            rc = column_bind(&columns[i], span, stmt, parameter++);
    return rc;
}

static int write_content(struct merge *m)
{
    const obs_span *s = &m->span;
    bool any =
        s->input_text.len || s->output_text.len || s->input_messages.len || s->output_messages.len;
    sqlite3_stmt *stmt = any ? m->m->content : m->m->no_content;
    int rc = sqlite3_bind_int64(stmt, 1, m->row);

    if (rc == SQLITE_OK && any)
        rc = bind_columns(stmt, s, 1);
    return rc == SQLITE_OK ? run(stmt) : rc;
}

static int write_row(struct merge *m)
{
    int rc = sqlite3_bind_int64(m->m->update, 1, m->row);

    if (rc == SQLITE_OK)
        rc = bind_columns(m->m->update, &m->span, 0);
    if (rc == SQLITE_OK)
        rc = run(m->m->update);
    return rc == SQLITE_OK ? write_content(m) : rc;
}

/* --- merging ----------------------------------------------------------------------------- */

/* What only matters while it is merged is not kept. */
#define PASSING (OBS_SPAN_FRAGMENT | OBS_SPAN_UPDATE)

static int merge_one(struct merge *m, const obs_span *added)
{
    obs_span result;
    int rc;

    if (!m->call->merge)
        return SQLITE_OK;
    rc = m->call->merge(&m->span, added, m->arena, &result, m->call->user);
    if (rc < 0) {
        m->call->error = rc;
        return SQLITE_CONSTRAINT_FUNCTION;
    }
    if (rc > 0) {
        uint32_t size = m->span.size;

        m->span = result;
        m->span.size = size;
        m->span.flags &= ~PASSING;
        m->changed = true;
    }
    return SQLITE_OK;
}

static int keep(struct merge *m, const obs_span *span)
{
    sqlite3_stmt *stmt = m->m->keep;
    obs_str bytes = span_pack(m->arena, span);
    int rc = bytes.ptr ? bind_identity(stmt, span) : SQLITE_NOMEM;

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(stmt, 4, obs_clock_wall_ns());
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(stmt, 5, bytes.ptr, bytes.len, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = run(stmt);
    if (rc == SQLITE_OK)
        m->m->has_fragments = 1;
    return rc;
}

/* Folds what waited into a span that is new. */
static int merge_waiting(struct merge *m)
{
    sqlite3_stmt *stmt = m->m->waiting;
    int rc = bind_identity(stmt, &m->span), n = 0;

    if (rc != SQLITE_OK)
        return rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        obs_str bytes = obs_arena_dup(m->arena, obs_str_n(sqlite3_column_blob(stmt, 0),
                                                          (size_t)sqlite3_column_bytes(stmt, 0)));
        obs_span fragment;

        if (!bytes.ptr) {
            rc = SQLITE_NOMEM;
            break;
        }
        if (span_unpack(bytes, &fragment) == OBS_OK && (rc = merge_one(m, &fragment)) != SQLITE_OK)
            break;
        n++;
    }
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE || n == 0)
        return rc == SQLITE_DONE ? SQLITE_OK : rc;
    rc = bind_identity(m->m->taken, &m->span);
    return rc == SQLITE_OK ? run(m->m->taken) : rc;
}

static int insert_new(struct merge *m, const obs_span *span, enum merged *ret_merged)
{
    int is_new, rc;

    m->span = *span;
    m->span.size = sizeof(m->span);
    m->span.flags &= ~PASSING;
    rc = m->call->merge && m->m->has_fragments ? merge_waiting(m) : SQLITE_OK;
    if (rc == SQLITE_OK)
        rc = insert_span(m->insert, &m->span, &is_new);
    *ret_merged = MERGED_NEW;
    return rc;
}

static int merge_span(struct merge *m, const obs_span *span, enum merged *ret_merged)
{
    int rc = find(m, span);

    if (rc == SQLITE_DONE && !(span->flags & OBS_SPAN_FRAGMENT))
        return insert_new(m, span, ret_merged);
    if (rc == SQLITE_DONE) {
        *ret_merged = MERGED_WAITS;
        return keep(m, span);
    }
    if (rc == SQLITE_OK)
        rc = merge_one(m, span);
    *ret_merged = m->changed ? MERGED_CHANGED : MERGED_SAME;
    return rc == SQLITE_OK && m->changed ? write_row(m) : rc;
}

int merging_span(struct merging *merging, struct insert *insert, const obs_span *span,
                 struct merge_call *call, enum merged *ret_merged)
{
    struct merge m = {.m = merging, .insert = insert, .call = call};
    int rc;

    m.arena = obs_arena_create(/* limit_bytes= */ 0);
    if (!m.arena)
        return SQLITE_NOMEM;
    rc = merge_span(&m, span, ret_merged);
    obs_arena_destroy(m.arena);
    return rc;
}

int merging_expire(struct merging *merging, int64_t before_ns, int n, int64_t *ret_left)
{
    sqlite3_stmt *count = NULL;
    int rc = sqlite3_bind_int64(merging->forget, 1, before_ns);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int(merging->forget, 2, n);
    if (rc == SQLITE_OK)
        rc = run(merging->forget);
    if (rc == SQLITE_OK)
        rc = prepare(merging->db, "SELECT count(*) FROM fragments", &count);
    if (rc == SQLITE_OK)
        rc = read_number(count, ret_left);
    sqlite3_finalize(count);
    if (rc == SQLITE_OK)
        merging->has_fragments = *ret_left > 0;
    return rc;
}
