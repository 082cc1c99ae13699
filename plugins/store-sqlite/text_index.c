/* SPDX-License-Identifier: Apache-2.0 */
/* FTS5 over the table of contents. What goes out of the index has to be told with the
 * very words that went in, so that is done before they change; the row then waits among
 * the dirty ones to be taken in again. */
#include "text_index.h"
#include "db.h"

/* --- statements ------------------------------------------------------------------------------ */

static int run(struct statements *statements, obs_str sql, int64_t a, int64_t b)
{
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, a);
    if (rc == DB_OK && sqlite3_bind_parameter_count(sqlite_statement(stmt)) > 1)
        rc = statement_bind_int(stmt, 2, b);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    return rc == DB_DONE || rc == DB_ROW ? DB_OK : rc;
}

/* The one row of numbers that a statement gives; zeroes when it gives none. */
static int ask(struct statements *statements, obs_str sql, int64_t a, int64_t b, int64_t *ret,
               int n)
{
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt), count;

    memset(ret, 0, (size_t)n * sizeof(*ret));
    count = rc == DB_OK ? sqlite3_bind_parameter_count(sqlite_statement(stmt)) : 0;
    if (rc == DB_OK && count > 0)
        rc = statement_bind_int(stmt, 1, a);
    if (rc == DB_OK && count > 1)
        rc = statement_bind_int(stmt, 2, b);
    if (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW)
        for (int i = 0; i < n; i++)
            ret[i] = statement_int(stmt, i);
    statement_release(stmt);
    return rc == DB_DONE || rc == DB_ROW ? DB_OK : rc;
}

int text_begin(struct text_index *text)
{
    static const obs_str sql = OBS_STR("SELECT indexed FROM text_state");

    return ask(text->statements, sql, 0, 0, &text->indexed, 1);
}

/* --- changes -----------------------------------------------------------------------------------
 */

static int note_dirty(struct text_index *text, int64_t row)
{
    static const obs_str sql = OBS_STR("INSERT OR IGNORE INTO text_dirty(id) VALUES(?1)");

    return run(text->statements, sql, row, 0);
}

int text_arrived(struct text_index *text, int64_t row)
{
    return row <= text->indexed ? note_dirty(text, row) : DB_OK;
}

/* Takes a row out, unless it is not in. */
static int take_out(struct text_index *text, int64_t row)
{
    static const obs_str is_dirty = OBS_STR("SELECT 1 FROM text_dirty WHERE id=?1");
    static const obs_str sql =
        OBS_STR("INSERT INTO text_index(text_index,rowid,input_text,output_text)"
                " SELECT 'delete',id,input_text,output_text FROM contents WHERE id=?1");
    int64_t dirty;
    int rc = ask(text->statements, is_dirty, row, 0, &dirty, 1);

    return rc == DB_OK && !dirty ? run(text->statements, sql, row, 0) : rc;
}

int text_changes(struct text_index *text, int64_t row)
{
    int rc;

    if (row > text->indexed)
        return DB_OK;
    rc = take_out(text, row);
    return rc == DB_OK ? note_dirty(text, row) : rc;
}

int text_goes(struct text_index *text, int64_t row)
{
    static const obs_str sql = OBS_STR("DELETE FROM text_dirty WHERE id=?1");
    int rc;

    if (row > text->indexed)
        return DB_OK;
    rc = take_out(text, row);
    return rc == DB_OK ? run(text->statements, sql, row, 0) : rc;
}

/* --- indexing ------------------------------------------------------------------------------------
 */

static int index_new(struct text_index *text, int n, int64_t *ret_n)
{
    static const obs_str next =
        OBS_STR("SELECT count(*),max(id) FROM (SELECT id FROM contents WHERE id>?1 ORDER BY id"
                " LIMIT ?2)");
    static const obs_str add =
        OBS_STR("INSERT INTO text_index(rowid,input_text,output_text) SELECT id,input_text,"
                "output_text FROM contents WHERE id>?1 AND id<=?2 ORDER BY id");
    static const obs_str note = OBS_STR("UPDATE text_state SET indexed=?1");
    int64_t found[2];
    int rc = ask(text->statements, next, text->indexed, n, found, 2);

    *ret_n = found[0];
    if (rc != DB_OK || found[0] == 0)
        return rc;
    rc = run(text->statements, add, text->indexed, found[1]);
    if (rc == DB_OK)
        rc = run(text->statements, note, found[1], 0);
    text->indexed = found[1];
    return rc;
}

static int index_dirty(struct text_index *text, int n, int64_t *ret_n)
{
    static const obs_str next =
        OBS_STR("SELECT count(*),max(id) FROM (SELECT id FROM text_dirty ORDER BY id LIMIT ?1)");
    static const obs_str add = OBS_STR(
        "INSERT INTO text_index(rowid,input_text,output_text) SELECT c.id,c.input_text,"
        "c.output_text FROM text_dirty d CROSS JOIN contents c ON c.id=d.id WHERE d.id<=?1");
    static const obs_str remove = OBS_STR("DELETE FROM text_dirty WHERE id<=?1");
    int64_t found[2];
    int rc = ask(text->statements, next, n, 0, found, 2);

    *ret_n = found[0];
    if (rc != DB_OK || found[0] == 0)
        return rc;
    rc = run(text->statements, add, found[1], 0);
    return rc == DB_OK ? run(text->statements, remove, found[1], 0) : rc;
}

int text_index_some(struct text_index *text, int n, bool *ret_more)
{
    int64_t added = 0, again = 0;
    int rc = index_new(text, n, &added);

    if (rc == DB_OK && added < n)
        rc = index_dirty(text, n, &again);
    *ret_more = added == n || again == n;
    return rc;
}

int text_lag(struct text_index *text, int64_t *ret_rows)
{
    static const obs_str sql =
        OBS_STR("SELECT IFNULL(max(id),0)-?1+(SELECT count(*) FROM text_dirty) FROM contents");
    int rc = ask(text->statements, sql, text->indexed, 0, ret_rows, 1);

    *ret_rows = *ret_rows < 0 ? 0 : *ret_rows;
    return rc;
}
