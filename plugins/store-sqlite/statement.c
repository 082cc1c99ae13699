/* SPDX-License-Identifier: Apache-2.0 */
/* A list in order of use; with so few of them a search is a few comparisons. */
#include "statement.h"

#include <stdbool.h>

static bool is_of(sqlite3_stmt *stmt, obs_str sql)
{
    const char *text = sqlite3_sql(stmt);

    return strncmp(text, sql.ptr, sql.len) == 0 && text[sql.len] == '\0';
}

/* Moves items[index] to the front. */
static void move_up(struct statements *s, size_t index)
{
    sqlite3_stmt *stmt = s->items[index];

    memmove(&s->items[1], &s->items[0], index * sizeof(stmt));
    s->items[0] = stmt;
}

int statement_get(struct statements *s, obs_str sql, sqlite3_stmt **ret_stmt)
{
    size_t at = 0;
    int rc;

    while (at < STATEMENTS_KEPT - 1 && s->items[at] && !is_of(s->items[at], sql))
        at++;
    if (!s->items[at] || !is_of(s->items[at], sql)) {
        sqlite3_finalize(s->items[at]); /* the one not used for longest */
        s->items[at] = NULL;
        rc = sqlite3_prepare_v3(s->db, sql.ptr, (int)sql.len, SQLITE_PREPARE_PERSISTENT,
                                &s->items[at], NULL);
        if (rc != SQLITE_OK)
            return rc;
    }
    move_up(s, at);
    *ret_stmt = s->items[0];
    return SQLITE_OK;
}

void statement_release(sqlite3_stmt *stmt)
{
    if (!stmt)
        return;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

void statements_finish(struct statements *s)
{
    for (size_t i = 0; i < STATEMENTS_KEPT; i++)
        sqlite3_finalize(s->items[i]);
    *s = (struct statements){0};
}
