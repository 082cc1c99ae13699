/* SPDX-License-Identifier: Apache-2.0 */
/* A search that finds few rows leads the statement to them. Of more, a sorted list is
 * kept, and every row that a statement comes by is looked up in it: so the statement may
 * go newest first, or by any other filter. A search that finds a great many rows keeps none: then
 * one row in a few is a hit, and each is read and matched as it comes. */
#include "text_search.h"
#include "text_index.h"
#include "text_query.h"

#include <observatory/store.h>

#include <stdio.h>
#include <stdlib.h>

#define MAX_FOUND 300000u /* rows in the list */
#define MAX_RARE 5000u    /* rows that a statement is led by */
#define MAX_TAIL 50000    /* rows that are matched because the index lacks them */

struct found {
    struct db *db;
    obs_arena *arena; /* of the query */
    struct text_query query;
    uint32_t field;
    bool each; /* no list: match each row */
    int64_t *rows;
    size_t n, capacity;
    struct statement *contents; /* of one row; made when it is needed */
};

static void found_free(void *arg)
{
    struct found *f = arg;

    if (!f)
        return;
    statement_finalize(f->contents);
    free(f->rows);
    obs_arena_destroy(f->arena);
    free(f);
}

static int add(struct found *f, int64_t row)
{
    if (f->n == f->capacity) {
        size_t capacity = f->capacity ? 2 * f->capacity : 256;
        int64_t *rows = realloc(f->rows, capacity * sizeof(*rows));

        if (!rows)
            return DB_NOMEM;
        f->rows = rows;
        f->capacity = capacity;
    }
    f->rows[f->n++] = row;
    return DB_OK;
}

/* --- matching ----------------------------------------------------------------------------- */

/* Columns `first` and the next one are the two texts. */
static int match(const struct found *f, struct statement *stmt, int first)
{
    obs_str texts[2] = {statement_text(stmt, first), statement_text(stmt, first + 1)};

    if (f->field == OBS_FIELD_INPUT_TEXT)
        return text_query_match(&f->query, texts, 1);
    if (f->field == OBS_FIELD_OUTPUT_TEXT)
        return text_query_match(&f->query, texts + 1, 1);
    return text_query_match(&f->query, texts, 2);
}

/* --- the index's language -------------------------------------------------------------------- */

static void put_term(const struct text_term *term, obs_buf *to)
{
    for (size_t i = 0; i < term->n; i++)
        obs_buf_printf(to, "%s\"%.*s\"", i ? "+" : "", OBS_STR_ARG(term->words[i]));
    if (term->prefix)
        obs_buf_append(to, "*", 1);
}

/* "(a AND b) NOT (c OR d)" */
static void put_choice(const struct text_choice *choice, obs_buf *to)
{
    const char *between = "((";

    for (size_t i = 0; i < choice->n; i++)
        if (!choice->terms[i].negative) {
            obs_buf_printf(to, "%s", between);
            put_term(&choice->terms[i], to);
            between = " AND ";
        }
    obs_buf_append(to, ")", 1);
    between = " NOT (";
    for (size_t i = 0; i < choice->n; i++)
        if (choice->terms[i].negative) {
            obs_buf_printf(to, "%s", between);
            put_term(&choice->terms[i], to);
            between = " OR ";
        }
    obs_buf_printf(to, "%s", between[1] == 'O' ? "))" : ")");
}

static obs_str match_of(const struct found *f)
{
    obs_buf *to = obs_buf_new(f->arena, /* limit_bytes= */ 0);

    if (!to)
        return obs_str_n(NULL, 0);
    obs_buf_printf(to, "%s",
                   f->field == OBS_FIELD_INPUT_TEXT    ? "input_text:("
                   : f->field == OBS_FIELD_OUTPUT_TEXT ? "output_text:("
                                                       : "(");
    for (size_t i = 0; i < f->query.n; i++) {
        obs_buf_printf(to, "%s", i ? " OR " : "");
        put_choice(&f->query.choices[i], to);
    }
    obs_buf_append(to, ")", 1);
    return obs_buf_error(to) < 0 ? obs_str_n(NULL, 0) : obs_buf_str(to);
}

/* --- finding -----------------------------------------------------------------------------------
 */

/* Where the index ends, and how many rows it lacks. */
static int read_state(struct statements *statements, int64_t *ret_indexed, int64_t *ret_tail)
{
    static const obs_str sql =
        OBS_STR("SELECT indexed,(SELECT IFNULL(max(id),0) FROM contents)-indexed+(SELECT count(*)"
                " FROM text_dirty) FROM text_state");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_step(stmt);
    if (rc == DB_ROW) {
        *ret_indexed = statement_int(stmt, 0);
        *ret_tail = statement_int(stmt, 1);
        rc = DB_OK;
    }
    statement_release(stmt);
    return rc;
}

static int find_indexed(struct statements *statements, struct found *f)
{
    static const obs_str sql =
        OBS_STR("SELECT rowid FROM text_index WHERE text_index MATCH ?1 ORDER BY rowid");
    obs_str text = match_of(f);
    struct statement *stmt = NULL;
    int rc = text.ptr ? statement_get(statements, sql, &stmt) : DB_NOMEM;

    if (rc == DB_OK)
        rc = statement_bind_text(stmt, 1, text);
    while (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW) {
        f->each = f->n == MAX_FOUND;
        rc = f->each ? DB_DONE : add(f, statement_int(stmt, 0));
    }
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int find_tail(struct statements *statements, struct found *f, int64_t indexed)
{
    /* CROSS JOIN: SQLite would walk the contents to find the few that are dirty */
    static const obs_str sql =
        OBS_STR("SELECT id,input_text,output_text FROM contents WHERE id>?1 UNION ALL SELECT c.id,"
                "c.input_text,c.output_text FROM text_dirty d CROSS JOIN contents c"
                " ON c.id=d.id");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, indexed);
    while (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW) {
        int is_hit = match(f, stmt, 1);

        rc = is_hit < 0 ? DB_NOMEM : is_hit ? add(f, statement_int(stmt, 0)) : DB_OK;
    }
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int compare(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* Inside a transaction, since the indexer moves rows from the tail to the index. */
static int find(struct statements *statements, struct found *f)
{
    int64_t indexed = 0, tail = 0;
    int rc = read_state(statements, &indexed, &tail);

    f->each = tail > MAX_TAIL;
    if (rc == DB_OK && !f->each)
        rc = find_indexed(statements, f);
    if (rc == DB_OK && !f->each)
        rc = find_tail(statements, f, indexed);
    if (f->n)
        qsort(f->rows, f->n, sizeof(*f->rows), compare);
    return rc;
}

static int find_alone(struct statements *statements, struct found *f)
{
    bool outside = !db_in_transaction(statements->db);
    int rc = outside ? db_begin(statements->db, /* writes= */ false) : DB_OK;

    if (rc == DB_OK)
        rc = find(statements, f);
    if (outside)
        db_rollback(statements->db); /* nothing was written */
    return rc;
}

static int run(struct statements *statements, const struct sql_bind *bind, struct found **ret)
{
    struct found *f = calloc(1, sizeof(*f));
    const char *wrong = NULL;
    int rc = DB_NOMEM;

    if (!f)
        return rc;
    f->db = statements->db;
    f->field = (uint32_t)bind->value.i;
    f->arena = obs_arena_create(/* limit_bytes= */ 0);
    if (f->arena) {
        int parsed = text_query_parse(f->arena, bind->value.s, &f->query, &wrong);

        rc = parsed == OBS_OK        ? find_alone(statements, f)
             : parsed == OBS_E_NOMEM ? DB_NOMEM
                                     : DB_MISMATCH;
    }
    if (rc == DB_OK)
        *ret = f;
    else
        found_free(f);
    return rc;
}

/* --- the statement -------------------------------------------------------------------------- */

static bool is_rare(const struct found *f)
{
    return !f->each && f->n <= MAX_RARE;
}

/* "obs_found(?3,s.id)" becomes a list of rows, so that SQLite goes by these instead of
 * coming by all others. */
static int put_list(const struct sql *sql, size_t index, obs_str *text)
{
    char from[48];
    obs_str to =
        obs_arena_printf(sql->arena, "s.id IN(SELECT value FROM json_each(?%zu))", index + 1);
    int len = snprintf(from, sizeof(from), "obs_found(?%zu,s.id)", index + 1);
    const char *at = memmem(text->ptr, text->len, from, (size_t)len);
    obs_buf *whole = obs_buf_new(sql->arena, /* limit_bytes= */ 0);

    if (!to.ptr || !at || !whole)
        return DB_NOMEM;
    obs_buf_append(whole, text->ptr, (size_t)(at - text->ptr));
    obs_buf_append(whole, to.ptr, to.len);
    obs_buf_append(whole, at + len, text->len - (size_t)(at - text->ptr) - (size_t)len);
    *text = obs_buf_str(whole);
    return obs_buf_error(whole) < 0 ? DB_NOMEM : DB_OK;
}

int text_search_prepare(struct statements *statements, const struct sql *sql, obs_str *text)
{
    int rc = DB_OK;

    for (size_t i = 0; i < sql->n_binds && rc == DB_OK; i++) {
        struct found *f = NULL;

        if (sql->binds[i].kind != BIND_SEARCH)
            continue;
        rc = run(statements, &sql->binds[i], &f);
        sql->binds[i].search = f;
        if (rc == DB_OK && is_rare(f))
            rc = put_list(sql, i, text);
    }
    return rc;
}

void text_search_forget(const struct sql *sql)
{
    for (size_t i = 0; i < sql->n_binds; i++) {
        found_free(sql->binds[i].search);
        sql->binds[i].search = NULL;
    }
}

/* "[1,2,3]" */
static int bind_list(const struct found *f, struct statement *stmt, int parameter)
{
    char *text = malloc(f->n * 21 + 3), *at = text;

    if (!text)
        return DB_NOMEM;
    *at++ = '[';
    for (size_t i = 0; i < f->n; i++)
        at += sprintf(at, "%s%lld", i ? "," : "", (long long)f->rows[i]);
    *at++ = ']';
    return sqlite3_bind_text64(sqlite_statement(stmt), parameter, text, (size_t)(at - text), free,
                               SQLITE_UTF8);
}

int text_search_bind(struct statements *statements, struct sql_bind *bind, struct statement *stmt,
                     int parameter)
{
    struct found *f = bind->search;

    (void)statements;
    if (is_rare(f))
        return bind_list(f, stmt, parameter);
    bind->search = NULL; /* the statement's from now on */
    return sqlite3_bind_pointer(sqlite_statement(stmt), parameter, f, "obs_found", found_free);
}

/* --- the function
 * --------------------------------------------------------------------------------- */

static int match_row(struct found *f, int64_t row)
{
    static const obs_str sql = OBS_STR("SELECT input_text,output_text FROM contents WHERE id=?1");
    int rc = f->contents ? DB_OK : statement_prepare(f->db, sql, &f->contents);
    int result = 0;

    if (rc == DB_OK)
        rc = statement_bind_int(f->contents, 1, row);
    if (rc == DB_OK && (rc = statement_step(f->contents)) == DB_ROW)
        result = match(f, f->contents, 0);
    statement_release(f->contents);
    return rc == DB_ROW || rc == DB_DONE ? result : -1;
}

static void found(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct found *f = sqlite3_value_pointer(values[0], "obs_found");
    int64_t row = sqlite3_value_int64(values[1]);
    int result;

    (void)n;
    if (!f)
        return;
    result = f->each ? match_row(f, row)
                     : f->n && bsearch(&row, f->rows, f->n, sizeof(row), compare) != NULL;
    if (result < 0)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_int(context, result);
}

int text_search_add(sqlite3 *db)
{
    return sqlite3_create_function(db, "obs_found", 2, SQLITE_UTF8, NULL, found, NULL, NULL);
}
