/* SPDX-License-Identifier: Apache-2.0 */
/* Many at a time, in few statements: the numbers of their series, the cells as they
 * are, the cells as they become. */
#include "rollup_row.h"
#include "array.h"

#include <stdlib.h>

#define AT_ONCE 2000

/* Changes on their way. */
struct batch {
    struct statements *statements;
    const struct rollup_change *changes;
    size_t n;
    struct rollup_place places[AT_ONCE];
    struct array columns[9]; /* of the rows to write */
};

/* --- series ------------------------------------------------------------------------------- */

static int put_key(struct array *keys, const struct rollup_change *change)
{
    uint8_t *bytes = malloc(rollup_key_bytes(change));

    if (!bytes)
        return DB_NOMEM;
    array_add_bytes(keys, obs_str_n((const char *)bytes, rollup_key(change, bytes)));
    free(bytes);
    return DB_OK;
}

static int find_known(struct batch *b)
{
    static const obs_str sql =
        OBS_STR("SELECT k.at,s.project,s.id FROM unnest(?1) WITH ORDINALITY k(key,at)"
                " JOIN rollup_series s ON s.key=k.key");
    struct statement *stmt = NULL;
    struct array keys = {0};
    int rc = statement_get(b->statements, sql, &stmt);

    for (size_t i = 0; i < b->n && rc == DB_OK; i++)
        rc = put_key(&keys, &b->changes[i]);
    if (rc == DB_OK)
        rc = array_bind(&keys, stmt, 1, OID_BYTEA);
    while (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW) {
        size_t at = (size_t)statement_int(stmt, 0) - 1;

        b->places[at] =
            rollup_place(&b->changes[at], statement_int(stmt, 1), statement_int(stmt, 2));
        rc = DB_OK;
    }
    statement_release(stmt);
    array_free(&keys);
    return rc == DB_DONE ? DB_OK : rc;
}

static int find_series(struct batch *b)
{
    int64_t project, series;
    int rc;

    memset(b->places, 0, sizeof(b->places));
    rc = find_known(b);
    for (size_t i = 0; i < b->n && rc == DB_OK; i++) {
        if (b->places[i].series)
            continue;
        rc = rollup_row_series(b->statements, &b->changes[i], &project, &series);
        b->places[i] = rollup_place(&b->changes[i], project, series);
    }
    return rc;
}

/* --- cells --------------------------------------------------------------------------------- */

static int bind_places(const struct batch *b, struct statement *stmt)
{
    struct array columns[4] = {{0}};
    int rc = DB_OK;

    for (size_t i = 0; i < b->n; i++) {
        array_add_int(&columns[0], b->places[i].level);
        array_add_int(&columns[1], b->places[i].project);
        array_add_int(&columns[2], b->places[i].start_s);
        array_add_int(&columns[3], b->places[i].series);
    }
    for (int i = 0; i < 4; i++) {
        if (rc == DB_OK)
            rc = array_bind(&columns[i], stmt, 1 + i, OID_INT8);
        array_free(&columns[i]);
    }
    return rc;
}

static void put_sketch(struct array *column, const struct sketch *sketch)
{
    uint8_t *bytes = sketch->count ? malloc(sketch_max_bytes(sketch)) : NULL;

    column->failed |= sketch->count && !bytes;
    array_add_bytes(column,
                    obs_str_n((const char *)bytes, bytes ? sketch_encode(sketch, bytes) : 0));
    free(bytes);
}

static void put_distinct(struct array *column, const struct distinct *distinct, bool kept)
{
    bool any = kept && (distinct->n || distinct->registers);
    uint8_t *bytes = any ? malloc(distinct_max_bytes(distinct)) : NULL;

    column->failed |= any && !bytes;
    array_add_bytes(column,
                    obs_str_n((const char *)bytes, bytes ? distinct_encode(distinct, bytes) : 0));
    free(bytes);
}

static int put_cell(struct batch *b, size_t at, const struct cell *cell)
{
    const struct rollup_place *place = &b->places[at];
    bool distinct = rollup_has_distinct(b->changes[at].family);
    uint8_t sums[CELL_MAX_BYTES];

    if (cell->count == 0)
        return rollup_row_remove(b->statements, place);
    array_add_int(&b->columns[0], place->level);
    array_add_int(&b->columns[1], place->project);
    array_add_int(&b->columns[2], place->start_s);
    array_add_int(&b->columns[3], place->series);
    array_add_bytes(&b->columns[4], obs_str_n((const char *)sums, cell_encode(cell, sums)));
    put_sketch(&b->columns[5], &cell->sketches[0]);
    put_sketch(&b->columns[6], &cell->sketches[1]);
    put_distinct(&b->columns[7], &cell->users, distinct);
    put_distinct(&b->columns[8], &cell->sessions, distinct);
    return DB_OK;
}

/* Merges the change into `cell`, what is there, and puts that into the columns. */
static int merge(struct batch *b, size_t at, struct cell *cell)
{
    return cell_merge(cell, &b->changes[at].cell) == OBS_OK ? put_cell(b, at, cell) : DB_NOMEM;
}

/* Rows come in the order of the changes, but for those that are not there. */
static int merge_all(struct batch *b, struct statement *stmt, struct cell *cell)
{
    int rc = statement_step(stmt);

    for (size_t at = 0; at < b->n && (rc == DB_ROW || rc == DB_DONE); at++) {
        bool there = rc == DB_ROW && statement_int(stmt, 0) == (int64_t)at + 1;
        int code;

        cell_clear(cell);
        code = there ? rollup_read_cell(stmt, 1, cell) : DB_OK;
        if (code == DB_OK)
            code = merge(b, at, cell);
        if (code != DB_OK)
            return code;
        if (there)
            rc = statement_step(stmt);
    }
    return rc == DB_DONE ? DB_OK : rc;
}

static int read_cells(struct batch *b)
{
    static const obs_str sql = OBS_STR(
        "SELECT a.at,r.sums,r.durations,r.ttfts,r.users,r.sessions FROM unnest(?1,?2,?3,?4) WITH"
        " ORDINALITY a(level,project,start_s,series,at) JOIN rollups r ON r.level=a.level AND"
        " r.project=a.project AND r.start_s=a.start_s AND r.series=a.series ORDER BY a.at");
    struct statement *stmt = NULL;
    struct cell cell;
    int rc = statement_get(b->statements, sql, &stmt);

    cell_init(&cell);
    if (rc == DB_OK)
        rc = bind_places(b, stmt);
    if (rc == DB_OK)
        rc = merge_all(b, stmt, &cell);
    cell_free(&cell);
    statement_release(stmt);
    return rc;
}

static int write_cells(struct batch *b)
{
    static const obs_str sql =
        OBS_STR("INSERT INTO rollups(level,project,start_s,series,sums,durations,ttfts,users,"
                "sessions) SELECT * FROM unnest(?1,?2,?3,?4,?5,?6,?7,?8,?9)"
                " ON CONFLICT(level,project,start_s,series) DO UPDATE SET sums=excluded.sums,"
                "durations=excluded.durations,ttfts=excluded.ttfts,users=excluded.users,"
                "sessions=excluded.sessions");
    struct statement *stmt = NULL;
    int rc = statement_get(b->statements, sql, &stmt);

    for (int i = 0; i < 9 && rc == DB_OK; i++)
        rc = array_bind(&b->columns[i], stmt, 1 + i, i < 4 ? OID_INT8 : OID_BYTEA);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int apply(struct batch *b)
{
    int rc = find_series(b);

    if (rc == DB_OK)
        rc = read_cells(b);
    if (rc == DB_OK)
        rc = write_cells(b);
    for (int i = 0; i < 9; i++)
        array_free(&b->columns[i]);
    return rc;
}

int rollup_rows_apply(struct statements *statements, const struct rollup_change *changes, size_t n)
{
    struct batch *b = n ? calloc(1, sizeof(*b)) : NULL;
    int rc = b || n == 0 ? DB_OK : DB_NOMEM;

    for (size_t at = 0; at < n && rc == DB_OK; at += b->n) {
        b->statements = statements;
        b->changes = changes + at;
        b->n = n - at < AT_ONCE ? n - at : AT_ONCE;
        rc = apply(b);
    }
    free(b);
    return rc;
}
