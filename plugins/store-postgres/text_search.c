/* SPDX-License-Identifier: Apache-2.0 */
/* A word is looked up as a lexeme, also as the beginning of one; a phrase is looked up
 * by its words, and then stands between blanks in the text of words. */
#include "text_search.h"
#include "array.h"
#include "text_index.h"
#include "text_query.h"

/* --- what the index has --------------------------------------------------------------- */

/* 'refund' & 'polic':* */
static obs_str words_of(const struct text_term *term, obs_arena *arena)
{
    obs_buf *to = obs_buf_new(arena, /* limit_bytes= */ 0);

    if (!to)
        return obs_str_n(NULL, 0);
    for (size_t i = 0; i < term->n; i++)
        obs_buf_printf(to, "%s'%.*s'%s", i ? " & " : "", OBS_STR_ARG(term->words[i]),
                       term->prefix && i + 1 == term->n ? ":*" : "");
    return obs_buf_error(to) < 0 ? obs_str_n(NULL, 0) : obs_buf_str(to);
}

/* " refund polic", and a blank behind whole words */
static obs_str phrase_of(const struct text_term *term, obs_arena *arena)
{
    obs_buf *to = obs_buf_new(arena, /* limit_bytes= */ 0);

    if (!to)
        return obs_str_n(NULL, 0);
    for (size_t i = 0; i < term->n; i++)
        obs_buf_printf(to, " %.*s", OBS_STR_ARG(term->words[i]));
    if (!term->prefix)
        obs_buf_append(to, " ", 1);
    return obs_buf_error(to) < 0 ? obs_str_n(NULL, 0) : obs_buf_str(to);
}

static int put_in_column(struct sql *sql, const struct text_term *term, const char *column)
{
    obs_str words = words_of(term, sql->arena), phrase;
    int rc;

    if (!words.ptr)
        return OBS_E_NOMEM;
    obs_buf_printf(sql->text, "(words(t.%s) @@ CAST(", column);
    rc = sql_bind_text(sql, words);
    obs_buf_printf(sql->text, " AS tsquery)");
    if (rc == OBS_OK && term->n > 1) {
        phrase = phrase_of(term, sql->arena);
        obs_buf_printf(sql->text, " AND position(");
        rc = phrase.ptr ? sql_bind_text(sql, phrase) : OBS_E_NOMEM;
        obs_buf_printf(sql->text, " IN t.%s)>0", column);
    }
    obs_buf_append(sql->text, ")", 1);
    return rc;
}

static int put_term(struct sql *sql, const struct text_term *term, uint32_t field)
{
    int rc = OBS_OK;

    obs_buf_printf(sql->text, term->negative ? "NOT (" : "(");
    if (field != OBS_FIELD_OUTPUT_TEXT)
        rc = put_in_column(sql, term, "input_words");
    if (field == OBS_FIELD_ANY_TEXT)
        obs_buf_printf(sql->text, " OR ");
    if (rc == OBS_OK && field != OBS_FIELD_INPUT_TEXT)
        rc = put_in_column(sql, term, "output_words");
    obs_buf_append(sql->text, ")", 1);
    return rc;
}

static int put_query(struct sql *sql, const struct text_query *query, uint32_t field)
{
    int rc = OBS_OK;

    for (size_t i = 0; i < query->n && rc == OBS_OK; i++) {
        const struct text_choice *choice = &query->choices[i];

        obs_buf_printf(sql->text, i ? " OR (" : "(");
        for (size_t k = 0; k < choice->n && rc == OBS_OK; k++) {
            obs_buf_printf(sql->text, k ? " AND " : "");
            rc = put_term(sql, &choice->terms[k], field);
        }
        obs_buf_append(sql->text, ")", 1);
    }
    return rc;
}

int text_search_condition(struct sql *sql, uint32_t field, obs_str text)
{
    const char *wrong = NULL;
    struct text_query query;
    int rc = text_query_parse(sql->arena, text, &query, &wrong);

    if (rc < 0)
        return rc;
    obs_buf_printf(sql->text, "s.id IN(SELECT t.id FROM text_words t WHERE ");
    rc = put_query(sql, &query, field);
    obs_buf_printf(sql->text, ") OR s.id=ANY(");
    if (rc == OBS_OK)
        rc = sql_bind_value(sql, BIND_SEARCH, &(obs_value){.i = field, .s = text});
    obs_buf_printf(sql->text, ")");
    return rc < 0 ? rc : obs_buf_error(sql->text);
}

/* --- what it lacks ------------------------------------------------------------------------ */

static int match(const struct text_query *query, struct statement *stmt, uint32_t field)
{
    obs_str texts[2] = {statement_text(stmt, 1), statement_text(stmt, 2)};

    if (field == OBS_FIELD_INPUT_TEXT)
        return text_query_match(query, texts, 1);
    if (field == OBS_FIELD_OUTPUT_TEXT)
        return text_query_match(query, texts + 1, 1);
    return text_query_match(query, texts, 2);
}

static int find(struct statements *statements, const struct text_query *query, uint32_t field,
                struct array *rows)
{
    static const obs_str sql =
        OBS_STR("SELECT c.id,c.input_text,c.output_text FROM contents c WHERE c.id>(SELECT indexed"
                " FROM text_state) UNION ALL SELECT c.id,c.input_text,c.output_text FROM"
                " text_dirty d JOIN contents c ON c.id=d.id");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        statement_stream(stmt);
    while (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW) {
        int is_hit = match(query, stmt, field);

        rc = is_hit < 0 ? DB_NOMEM : DB_OK;
        if (is_hit > 0)
            array_add_int(rows, statement_int(stmt, 0));
    }
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

int text_search_prepare(struct statements *statements, const struct sql *sql, obs_str *text)
{
    (void)statements; /* the server chooses its way by what it knows of words */
    (void)sql;
    (void)text;
    return DB_OK;
}

void text_search_forget(const struct sql *sql)
{
    (void)sql;
}

int text_search_bind(struct statements *statements, struct sql_bind *bind, struct statement *stmt,
                     int parameter)
{
    uint32_t field = (uint32_t)bind->value.i;
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct array rows = {0};
    struct text_query query;
    const char *wrong;
    int rc = DB_NOMEM, parsed;

    if (!arena)
        return rc;
    parsed = text_query_parse(arena, bind->value.s, &query, &wrong);
    if (parsed != OBS_E_NOMEM)
        rc = parsed == OBS_OK ? find(statements, &query, field, &rows) : DB_MISMATCH;
    if (rc == DB_OK)
        rc = array_bind(&rows, stmt, parameter, OID_INT8);
    array_free(&rows);
    obs_arena_destroy(arena);
    return rc;
}
