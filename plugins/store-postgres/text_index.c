/* SPDX-License-Identifier: Apache-2.0 */
/* Words are split here and not by the server, so that every store finds the same. The
 * table text_words has them between blanks, one text a column, under a GIN index of
 * lexemes. What has more words than a tsvector can have stays out of it for good, and
 * is read by each search. */
#include "text_index.h"
#include "array.h"
#include "words.h"

#include <observatory/memory.h>

#define MAX_WORDS_BYTES ((size_t)512 << 10) /* a tsvector has 1 MB */

/* --- statements ---------------------------------------------------------------------------- */

static int run(struct statements *statements, obs_str sql, const int64_t *value)
{
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK && value)
        rc = statement_bind_int(stmt, 1, *value);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    return rc == DB_DONE || rc == DB_ROW ? DB_OK : rc;
}

static int ask(struct statements *statements, obs_str sql, int64_t *ret)
{
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    *ret = 0;
    if (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW)
        *ret = statement_int(stmt, 0);
    statement_release(stmt);
    return rc == DB_DONE || rc == DB_ROW ? DB_OK : rc;
}

int text_begin(struct text_index *text)
{
    static const obs_str sql = OBS_STR("SELECT indexed FROM text_state");

    return ask(text->statements, sql, &text->indexed);
}

/* --- changes ---------------------------------------------------------------------------------- */

/* Numbers of rows never come again here. */
int text_arrived(struct text_index *text, int64_t row)
{
    (void)text;
    (void)row;
    return DB_OK;
}

int text_changes(struct text_index *text, int64_t row)
{
    static const obs_str out = OBS_STR("DELETE FROM text_words WHERE id=?1");
    static const obs_str note = OBS_STR("INSERT INTO text_dirty(id) VALUES(?1)"
                                        " ON CONFLICT(id) DO UPDATE SET too_long=0");
    int rc;

    if (row > text->indexed)
        return DB_OK;
    rc = run(text->statements, out, &row);
    return rc == DB_OK ? run(text->statements, note, &row) : rc;
}

int text_goes(struct text_index *text, int64_t row)
{
    static const obs_str out = OBS_STR("DELETE FROM text_words WHERE id=?1");
    static const obs_str forget = OBS_STR("DELETE FROM text_dirty WHERE id=?1");
    int rc;

    if (row > text->indexed)
        return DB_OK;
    rc = run(text->statements, out, &row);
    return rc == DB_OK ? run(text->statements, forget, &row) : rc;
}

/* --- indexing ------------------------------------------------------------------------------------
 */

/* " refund policy "; ptr NULL: out of memory. */
static obs_str split(obs_arena *arena, obs_str text)
{
    obs_buf *to = obs_buf_new(arena, /* limit_bytes= */ 0);
    struct word word;
    size_t at = 0;

    if (!to)
        return obs_str_n(NULL, 0);
    obs_buf_append(to, " ", 1);
    while (word_next(text, &at, &word)) {
        obs_buf_append(to, word.text, word.len);
        obs_buf_append(to, " ", 1);
    }
    return obs_buf_error(to) < 0 ? obs_str_n(NULL, 0) : obs_buf_str(to);
}

/* Rows to be taken in, of all kinds. */
struct taking {
    struct array rows, inputs, outputs, seen, long_ones;
    int64_t n, last;
};

static void taking_free(struct taking *t)
{
    array_free(&t->rows);
    array_free(&t->inputs);
    array_free(&t->outputs);
    array_free(&t->seen);
    array_free(&t->long_ones);
}

static int take_row(struct taking *t, struct statement *stmt)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_str input = {0}, output = {0};

    if (arena) {
        input = split(arena, statement_text(stmt, 1));
        output = split(arena, statement_text(stmt, 2));
    }
    if (!input.ptr || !output.ptr) {
        obs_arena_destroy(arena);
        return DB_NOMEM;
    }
    t->n++;
    t->last = statement_int(stmt, 0);
    array_add_int(&t->seen, t->last);
    if (input.len > MAX_WORDS_BYTES || output.len > MAX_WORDS_BYTES) {
        array_add_int(&t->long_ones, t->last);
    } else {
        array_add_int(&t->rows, t->last);
        array_add_bytes(&t->inputs, input);
        array_add_bytes(&t->outputs, output);
    }
    obs_arena_destroy(arena);
    return DB_OK;
}

static int take_rows(struct text_index *text, obs_str sql, int64_t a, int64_t b, struct taking *t)
{
    struct statement *stmt = NULL;
    int rc = statement_get(text->statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, a);
    if (rc == DB_OK && b)
        rc = statement_bind_int(stmt, 2, b);
    while (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW)
        rc = take_row(t, stmt);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int run_array(struct statements *statements, obs_str sql, struct array *rows)
{
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = array_bind(rows, stmt, 1, OID_INT8);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int put_in(struct text_index *text, struct taking *t)
{
    static const obs_str put =
        OBS_STR("INSERT INTO text_words(id,input_words,output_words) SELECT * FROM unnest(?1,?2,?3)"
                " ON CONFLICT(id) DO UPDATE SET input_words=excluded.input_words,"
                "output_words=excluded.output_words");
    static const obs_str clean = OBS_STR("DELETE FROM text_dirty WHERE id=ANY(?1)");
    static const obs_str leave = OBS_STR("INSERT INTO text_dirty(id,too_long) SELECT unnest(?1),1"
                                         " ON CONFLICT(id) DO UPDATE SET too_long=1");
    struct statement *stmt = NULL;
    int rc = statement_get(text->statements, put, &stmt);

    if (rc == DB_OK)
        rc = array_bind(&t->rows, stmt, 1, OID_INT8);
    if (rc == DB_OK)
        rc = array_bind(&t->inputs, stmt, 2, OID_TEXT);
    if (rc == DB_OK)
        rc = array_bind(&t->outputs, stmt, 3, OID_TEXT);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    if (rc == DB_DONE)
        rc = run_array(text->statements, clean, &t->seen);
    return rc == DB_OK ? run_array(text->statements, leave, &t->long_ones) : rc;
}

static int index_new(struct text_index *text, int n, int64_t *ret_n)
{
    static const obs_str next = OBS_STR("SELECT id,input_text,output_text FROM contents WHERE id>?1"
                                        " ORDER BY id LIMIT ?2");
    static const obs_str note = OBS_STR("UPDATE text_state SET indexed=?1");
    struct taking t = {0};
    int rc = take_rows(text, next, text->indexed, n, &t);

    *ret_n = t.n;
    if (rc == DB_OK && t.n > 0)
        rc = put_in(text, &t);
    if (rc == DB_OK && t.n > 0) {
        rc = run(text->statements, note, &t.last);
        text->indexed = t.last;
    }
    taking_free(&t);
    return rc;
}

static int index_dirty(struct text_index *text, int n, int64_t *ret_n)
{
    static const obs_str next =
        OBS_STR("SELECT d.id,c.input_text,c.output_text FROM text_dirty d LEFT JOIN contents c"
                " ON c.id=d.id WHERE d.too_long=0 ORDER BY d.id LIMIT ?1");
    struct taking t = {0};
    int rc = take_rows(text, next, n, 0, &t);

    *ret_n = t.n;
    if (rc == DB_OK && t.n > 0)
        rc = put_in(text, &t);
    taking_free(&t);
    return rc;
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
    static const obs_str sql = OBS_STR("SELECT COALESCE(max(id),0)-(SELECT indexed FROM text_state)"
                                       "+(SELECT count(*) FROM text_dirty WHERE too_long=0)"
                                       " FROM contents");
    int rc = ask(text->statements, sql, ret_rows);

    *ret_rows = *ret_rows < 0 ? 0 : *ret_rows;
    return rc;
}
