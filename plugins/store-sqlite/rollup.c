/* SPDX-License-Identifier: Apache-2.0 */
/* A cell is a row: its level (family and resolution), project, time and series. Rows
 * that a commit touches lie together, since it is about one time. Each is read, the
 * difference merged, and written back; nothing is kept in memory between commits, so
 * that several processes may write. */
#include "rollup.h"
#include "varint.h"

#include <stdlib.h>

#define S_NS INT64_C(1000000000)

int rollup_level(int family, int resolution)
{
    return family * ROLLUP_N_RESOLUTIONS + resolution;
}

int rollups_init(struct rollups *r, struct statements *statements)
{
    *r = (struct rollups){.statements = statements, .delta = rollup_delta_new()};
    return r->delta ? SQLITE_OK : SQLITE_NOMEM;
}

void rollups_finish(struct rollups *r)
{
    rollup_delta_free(r->delta);
    *r = (struct rollups){0};
}

/* --- what is counted already ------------------------------------------------------------- */

int rollups_begin(struct rollups *r)
{
    static const obs_str sql = OBS_STR("SELECT counted,last FROM rollup_state");
    sqlite3_stmt *stmt = NULL;
    int rc = statement_get(r->statements, sql, &stmt);

    rollup_delta_clear(r->delta);
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        r->counted = sqlite3_column_int64(stmt, 0);
        r->end = sqlite3_column_int64(stmt, 1);
        rc = SQLITE_OK;
    }
    statement_release(stmt);
    return rc;
}

bool rollups_lag(const struct rollups *r)
{
    return r->counted < r->end;
}

static bool is_counted(const struct rollups *r, int64_t row)
{
    return row <= r->counted || row > r->end;
}

int rollups_note(struct rollups *r, int64_t row)
{
    static const obs_str sql = OBS_STR("UPDATE rollup_state SET counted=?1");
    sqlite3_stmt *stmt = NULL;
    int rc = statement_get(r->statements, sql, &stmt);

    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_bind_int64(stmt, 1, row);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    statement_release(stmt);
    r->counted = row;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int code_of(int rc)
{
    return rc == OBS_OK ? SQLITE_OK : SQLITE_NOMEM;
}

int rollups_add(struct rollups *r, int64_t row, const obs_span *span)
{
    return is_counted(r, row) ? code_of(rollup_delta_add(r->delta, span)) : SQLITE_OK;
}

int rollups_change(struct rollups *r, int64_t row, const obs_span *old, const obs_span *span)
{
    return is_counted(r, row) ? code_of(rollup_delta_change(r->delta, old, span)) : SQLITE_OK;
}

/* --- series --------------------------------------------------------------------------------- */

/* Steps a statement that gives one number, or none: 0. */
static int step_number(sqlite3_stmt *stmt, int64_t *ret_number)
{
    int rc = sqlite3_step(stmt);

    *ret_number = 0;
    if (rc == SQLITE_ROW) {
        *ret_number = sqlite3_column_int64(stmt, 0);
        rc = SQLITE_DONE;
    }
    statement_release(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int bind_text(sqlite3_stmt *stmt, int index, obs_str text)
{
    return text.len
               ? sqlite3_bind_text64(stmt, index, text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8)
               : sqlite3_bind_null(stmt, index);
}

/* The number of a project, made when it is new. */
static int project_of(struct rollups *r, obs_str project, int64_t *ret_project)
{
    static const obs_str find = OBS_STR("SELECT id FROM rollup_projects WHERE project_id=?1");
    static const obs_str make =
        OBS_STR("INSERT INTO rollup_projects(project_id) VALUES(?1) RETURNING id");
    sqlite3_stmt *stmt = NULL;
    int rc = SQLITE_OK;

    *ret_project = 0;
    for (int i = 0; i < 2 && rc == SQLITE_OK && *ret_project == 0; i++) {
        rc = statement_get(r->statements, i ? make : find, &stmt);
        if (rc == SQLITE_OK)
            rc = bind_text(stmt, 1, project);
        if (rc == SQLITE_OK)
            rc = step_number(stmt, ret_project);
    }
    return rc;
}

static size_t key_bytes(const struct rollup_change *c)
{
    size_t n = 1;

    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++)
        n += VARINT_MAX_BYTES + c->dimensions[i].len;
    return n;
}

/* All that makes a series another one, as bytes. */
static size_t write_key(const struct rollup_change *c, uint8_t *key)
{
    uint8_t *at = key;

    *at++ = (uint8_t)c->family;
    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++) {
        at = varint_put(at, c->dimensions[i].len);
        if (c->dimensions[i].len)
            memcpy(at, c->dimensions[i].ptr, c->dimensions[i].len);
        at += c->dimensions[i].len;
    }
    return (size_t)(at - key);
}

static int find_series(struct rollups *r, obs_str key, int64_t *ret_series)
{
    static const obs_str sql = OBS_STR("SELECT id FROM rollup_series WHERE key=?1");
    sqlite3_stmt *stmt = NULL;
    int rc = statement_get(r->statements, sql, &stmt);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(stmt, 1, key.ptr, key.len, SQLITE_STATIC);
    return rc == SQLITE_OK ? step_number(stmt, ret_series) : rc;
}

static int make_series(struct rollups *r, const struct rollup_change *c, obs_str key,
                       int64_t project, int64_t *ret_series)
{
    static const obs_str sql = OBS_STR(
        "INSERT INTO rollup_series(key,family,project,project_id,operation_type,status,provider,"
        "model,environment,service_name) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10) RETURNING id");
    sqlite3_stmt *stmt = NULL;
    int rc = statement_get(r->statements, sql, &stmt);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(stmt, 1, key.ptr, key.len, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int(stmt, 2, c->family);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(stmt, 3, project);
    for (int i = 0; i < ROLLUP_N_DIMENSIONS && rc == SQLITE_OK; i++)
        rc = rollup_dimensions[i] == OBS_FIELD_STATUS ? sqlite3_bind_int64(stmt, 4 + i, c->status)
                                                      : bind_text(stmt, 4 + i, c->dimensions[i]);
    return rc == SQLITE_OK ? step_number(stmt, ret_series) : rc;
}

static int series_of(struct rollups *r, const struct rollup_change *c, int64_t project,
                     int64_t *ret_series)
{
    uint8_t *bytes = malloc(key_bytes(c));
    obs_str key;
    int rc = bytes ? SQLITE_OK : SQLITE_NOMEM;

    *ret_series = 0;
    if (!bytes)
        return rc;
    key = obs_str_n((const char *)bytes, write_key(c, bytes));
    rc = find_series(r, key, ret_series);
    if (rc == SQLITE_OK && *ret_series == 0)
        rc = make_series(r, c, key, project, ret_series);
    free(bytes);
    return rc;
}

/* --- cells --------------------------------------------------------------------------------------
 */

struct address {
    int level;
    int64_t project, start_s, series;
};

static int bind_address(sqlite3_stmt *stmt, const struct address *a)
{
    int rc = sqlite3_bind_int(stmt, 1, a->level);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(stmt, 2, a->project);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(stmt, 3, a->start_s);
    return rc == SQLITE_OK ? sqlite3_bind_int64(stmt, 4, a->series) : rc;
}

static obs_str blob(sqlite3_stmt *stmt, int column)
{
    const char *bytes = sqlite3_column_blob(stmt, column);

    return obs_str_n(bytes, (size_t)sqlite3_column_bytes(stmt, column));
}

int rollup_read_cell(sqlite3_stmt *stmt, int column, struct cell *cell)
{
    int rc = cell_merge_encoded(cell, blob(stmt, column));

    for (int i = 0; i < CELL_N_SKETCHES && rc == OBS_OK; i++)
        if (blob(stmt, column + 1 + i).len)
            rc = sketch_merge_encoded(&cell->sketches[i], blob(stmt, column + 1 + i));
    if (rc == OBS_OK && blob(stmt, column + 3).len)
        rc = distinct_merge_encoded(&cell->users, blob(stmt, column + 3));
    if (rc == OBS_OK && blob(stmt, column + 4).len)
        rc = distinct_merge_encoded(&cell->sessions, blob(stmt, column + 4));
    return rc == OBS_OK ? SQLITE_OK : rc == OBS_E_NOMEM ? SQLITE_NOMEM : SQLITE_CORRUPT;
}

static int read_cell(struct rollups *r, const struct address *a, struct cell *cell)
{
    static const obs_str sql =
        OBS_STR("SELECT sums,durations,ttfts,users,sessions FROM rollups"
                " WHERE level=?1 AND project=?2 AND start_s=?3 AND series=?4");
    sqlite3_stmt *stmt = NULL;
    int rc = statement_get(r->statements, sql, &stmt);

    if (rc == SQLITE_OK)
        rc = bind_address(stmt, a);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        rc = rollup_read_cell(stmt, 0, cell);
    statement_release(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int bind_sketch(sqlite3_stmt *stmt, int index, const struct sketch *sketch)
{
    uint8_t *bytes;

    if (sketch->count == 0)
        return sqlite3_bind_null(stmt, index);
    bytes = sqlite3_malloc64(sketch_max_bytes(sketch));
    return bytes
               ? sqlite3_bind_blob64(stmt, index, bytes, sketch_encode(sketch, bytes), sqlite3_free)
               : SQLITE_NOMEM;
}

static int bind_distinct(sqlite3_stmt *stmt, int index, const struct distinct *distinct, bool kept)
{
    uint8_t *bytes;

    if (!kept || (distinct->n == 0 && !distinct->registers))
        return sqlite3_bind_null(stmt, index);
    bytes = sqlite3_malloc64(distinct_max_bytes(distinct));
    return bytes ? sqlite3_bind_blob64(stmt, index, bytes, distinct_encode(distinct, bytes),
                                       sqlite3_free)
                 : SQLITE_NOMEM;
}

static int write_cell(struct rollups *r, const struct address *a, const struct cell *cell,
                      bool with_distinct)
{
    static const obs_str sql =
        OBS_STR("REPLACE INTO rollups(level,project,start_s,series,sums,durations,ttfts,users,"
                "sessions) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)");
    uint8_t sums[CELL_MAX_BYTES];
    sqlite3_stmt *stmt = NULL;
    int rc = statement_get(r->statements, sql, &stmt);

    if (rc == SQLITE_OK)
        rc = bind_address(stmt, a);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(stmt, 5, sums, cell_encode(cell, sums), SQLITE_STATIC);
    for (int i = 0; i < CELL_N_SKETCHES && rc == SQLITE_OK; i++)
        rc = bind_sketch(stmt, 6 + i, &cell->sketches[i]);
    if (rc == SQLITE_OK)
        rc = bind_distinct(stmt, 8, &cell->users, with_distinct);
    if (rc == SQLITE_OK)
        rc = bind_distinct(stmt, 9, &cell->sessions, with_distinct);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    statement_release(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int remove_cell(struct rollups *r, const struct address *a)
{
    static const obs_str sql = OBS_STR("DELETE FROM rollups WHERE level=?1 AND project=?2"
                                       " AND start_s=?3 AND series=?4");
    sqlite3_stmt *stmt = NULL;
    int rc = statement_get(r->statements, sql, &stmt);

    if (rc == SQLITE_OK)
        rc = bind_address(stmt, a);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    statement_release(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int write_change(struct rollups *r, const struct rollup_change *change, struct cell *cell)
{
    struct address a = {.level = rollup_level(change->family, change->resolution),
                        .start_s = change->start_ns / S_NS};
    int rc = project_of(r, change->dimensions[0], &a.project);

    if (rc == SQLITE_OK)
        rc = series_of(r, change, a.project, &a.series);
    cell_clear(cell);
    if (rc == SQLITE_OK)
        rc = read_cell(r, &a, cell);
    if (rc == SQLITE_OK)
        rc = code_of(cell_merge(cell, &change->cell));
    if (rc != SQLITE_OK)
        return rc;
    return cell->count == 0 ? remove_cell(r, &a)
                            : write_cell(r, &a, cell, rollup_has_distinct(change->family));
}

int rollups_write(struct rollups *r)
{
    const struct rollup_change *changes = NULL;
    struct cell cell;
    size_t n = 0;
    int rc = code_of(rollup_delta_changes(r->delta, &changes, &n));

    cell_init(&cell);
    for (size_t i = 0; i < n && rc == SQLITE_OK; i++)
        rc = write_change(r, &changes[i], &cell);
    cell_free(&cell);
    rollup_delta_clear(r->delta);
    return rc;
}
