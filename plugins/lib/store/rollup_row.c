/* SPDX-License-Identifier: Apache-2.0 */
/* A cell is a row: its level (family and resolution), project, time and series. Rows
 * that a commit touches lie together, since it is about one time. Each is read, the
 * difference merged, and written back; nothing is kept in memory between commits, so
 * that several processes may write. */
#include "rollup_row.h"
#include "varint.h"

#include <stdlib.h>

#define S_NS INT64_C(1000000000)

static int code_of(int rc)
{
    return rc == OBS_OK ? DB_OK : DB_NOMEM;
}

int rollup_level(int family, int resolution)
{
    return family * ROLLUP_N_RESOLUTIONS + resolution;
}

/* --- series --------------------------------------------------------------------------------- */

/* Steps a statement that gives one number, or none: 0. */
static int step_number(struct statement *stmt, int64_t *ret_number)
{
    int rc = statement_step(stmt);

    *ret_number = 0;
    if (rc == DB_ROW) {
        *ret_number = statement_int(stmt, 0);
        rc = DB_DONE;
    }
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int bind_text(struct statement *stmt, int index, obs_str text)
{
    return text.len ? statement_bind_text(stmt, index, text) : statement_bind_null(stmt, index);
}

/* The number of a project, made when it is new. */
static int project_of(struct statements *statements, obs_str project, int64_t *ret_project)
{
    static const obs_str find = OBS_STR("SELECT id FROM rollup_projects WHERE project_id=?1");
    static const obs_str make =
        OBS_STR("INSERT INTO rollup_projects(project_id) VALUES(?1) RETURNING id");
    struct statement *stmt = NULL;
    int rc = DB_OK;

    *ret_project = 0;
    for (int i = 0; i < 2 && rc == DB_OK && *ret_project == 0; i++) {
        rc = statement_get(statements, i ? make : find, &stmt);
        if (rc == DB_OK)
            rc = bind_text(stmt, 1, project);
        if (rc == DB_OK)
            rc = step_number(stmt, ret_project);
    }
    return rc;
}

size_t rollup_key_bytes(const struct rollup_change *c)
{
    size_t n = 1;

    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++)
        n += VARINT_MAX_BYTES + c->dimensions[i].len;
    return n;
}

/* All that makes a series another one, as bytes. */
size_t rollup_key(const struct rollup_change *c, uint8_t *key)
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

static int find_series(struct statements *statements, obs_str key, int64_t *ret_series)
{
    static const obs_str sql = OBS_STR("SELECT id FROM rollup_series WHERE key=?1");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_blob(stmt, 1, key.ptr, key.len);
    return rc == DB_OK ? step_number(stmt, ret_series) : rc;
}

static int make_series(struct statements *statements, const struct rollup_change *c, obs_str key,
                       int64_t project, int64_t *ret_series)
{
    static const obs_str sql = OBS_STR(
        "INSERT INTO rollup_series(key,family,project,project_id,operation_type,status,provider,"
        "model,environment,service_name) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10) RETURNING id");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_blob(stmt, 1, key.ptr, key.len);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 2, c->family);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 3, project);
    for (int i = 0; i < ROLLUP_N_DIMENSIONS && rc == DB_OK; i++)
        rc = rollup_dimensions[i] == OBS_FIELD_STATUS ? statement_bind_int(stmt, 4 + i, c->status)
                                                      : bind_text(stmt, 4 + i, c->dimensions[i]);
    return rc == DB_OK ? step_number(stmt, ret_series) : rc;
}

static int series_of(struct statements *statements, const struct rollup_change *c, int64_t project,
                     int64_t *ret_series)
{
    uint8_t *bytes = malloc(rollup_key_bytes(c));
    obs_str key;
    int rc = bytes ? DB_OK : DB_NOMEM;

    *ret_series = 0;
    if (!bytes)
        return rc;
    key = obs_str_n((const char *)bytes, rollup_key(c, bytes));
    rc = find_series(statements, key, ret_series);
    if (rc == DB_OK && *ret_series == 0)
        rc = make_series(statements, c, key, project, ret_series);
    free(bytes);
    return rc;
}

/* --- cells --------------------------------------------------------------------------------------
 */

static int bind_address(struct statement *stmt, const struct rollup_place *a)
{
    int rc = statement_bind_int(stmt, 1, a->level);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 2, a->project);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 3, a->start_s);
    return rc == DB_OK ? statement_bind_int(stmt, 4, a->series) : rc;
}

int rollup_read_cell(struct statement *stmt, int column, struct cell *cell)
{
    int rc = cell_merge_encoded(cell, statement_blob(stmt, column));

    for (int i = 0; i < CELL_N_SKETCHES && rc == OBS_OK; i++)
        if (statement_blob(stmt, column + 1 + i).len)
            rc = sketch_merge_encoded(&cell->sketches[i], statement_blob(stmt, column + 1 + i));
    if (rc == OBS_OK && statement_blob(stmt, column + 3).len)
        rc = distinct_merge_encoded(&cell->users, statement_blob(stmt, column + 3));
    if (rc == OBS_OK && statement_blob(stmt, column + 4).len)
        rc = distinct_merge_encoded(&cell->sessions, statement_blob(stmt, column + 4));
    return rc == OBS_OK ? DB_OK : rc == OBS_E_NOMEM ? DB_NOMEM : DB_CORRUPT;
}

static int read_cell(struct statements *statements, const struct rollup_place *a, struct cell *cell)
{
    static const obs_str sql =
        OBS_STR("SELECT sums,durations,ttfts,users,sessions FROM rollups"
                " WHERE level=?1 AND project=?2 AND start_s=?3 AND series=?4");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = bind_address(stmt, a);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    if (rc == DB_ROW)
        rc = rollup_read_cell(stmt, 0, cell);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int bind_sketch(struct statement *stmt, int index, const struct sketch *sketch)
{
    uint8_t *bytes;

    if (sketch->count == 0)
        return statement_bind_null(stmt, index);
    bytes = malloc(sketch_max_bytes(sketch));
    return bytes ? statement_bind_own(stmt, index, bytes, sketch_encode(sketch, bytes)) : DB_NOMEM;
}

static int bind_distinct(struct statement *stmt, int index, const struct distinct *distinct,
                         bool kept)
{
    uint8_t *bytes;

    if (!kept || (distinct->n == 0 && !distinct->registers))
        return statement_bind_null(stmt, index);
    bytes = malloc(distinct_max_bytes(distinct));
    return bytes ? statement_bind_own(stmt, index, bytes, distinct_encode(distinct, bytes))
                 : DB_NOMEM;
}

static int write_cell(struct statements *statements, const struct rollup_place *a,
                      const struct cell *cell, bool with_distinct)
{
    static const obs_str sql =
        OBS_STR("INSERT INTO rollups(level,project,start_s,series,sums,durations,ttfts,users,"
                "sessions) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)"
                " ON CONFLICT(level,project,start_s,series) DO UPDATE SET sums=excluded.sums,"
                "durations=excluded.durations,ttfts=excluded.ttfts,users=excluded.users,"
                "sessions=excluded.sessions");
    uint8_t sums[CELL_MAX_BYTES];
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = bind_address(stmt, a);
    if (rc == DB_OK)
        rc = statement_bind_blob(stmt, 5, sums, cell_encode(cell, sums));
    for (int i = 0; i < CELL_N_SKETCHES && rc == DB_OK; i++)
        rc = bind_sketch(stmt, 6 + i, &cell->sketches[i]);
    if (rc == DB_OK)
        rc = bind_distinct(stmt, 8, &cell->users, with_distinct);
    if (rc == DB_OK)
        rc = bind_distinct(stmt, 9, &cell->sessions, with_distinct);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

int rollup_row_remove(struct statements *statements, const struct rollup_place *a)
{
    static const obs_str sql = OBS_STR("DELETE FROM rollups WHERE level=?1 AND project=?2"
                                       " AND start_s=?3 AND series=?4");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = bind_address(stmt, a);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

/* --- a change ---------------------------------------------------------------------------- */

int rollup_row_series(struct statements *statements, const struct rollup_change *change,
                      int64_t *ret_project, int64_t *ret_series)
{
    int rc = project_of(statements, change->dimensions[0], ret_project);

    return rc == DB_OK ? series_of(statements, change, *ret_project, ret_series) : rc;
}

struct rollup_place rollup_place(const struct rollup_change *change, int64_t project,
                                 int64_t series)
{
    return (struct rollup_place){.level = rollup_level(change->family, change->resolution),
                                 .project = project,
                                 .start_s = change->start_ns / S_NS,
                                 .series = series};
}

int rollup_row_apply(struct statements *statements, const struct rollup_change *change,
                     struct cell *cell)
{
    struct rollup_place a;
    int64_t project, series;
    int rc = rollup_row_series(statements, change, &project, &series);

    a = rollup_place(change, project, series);
    cell_clear(cell);
    if (rc == DB_OK)
        rc = read_cell(statements, &a, cell);
    if (rc == DB_OK)
        rc = code_of(cell_merge(cell, &change->cell));
    if (rc != DB_OK)
        return rc;
    return cell->count == 0 ? rollup_row_remove(statements, &a)
                            : write_cell(statements, &a, cell, rollup_has_distinct(change->family));
}
