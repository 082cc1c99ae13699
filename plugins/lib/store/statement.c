/* SPDX-License-Identifier: Apache-2.0 */
/* A list in order of use; with so few of them a search is a few comparisons. */
#include "statement.h"

/* Moves items[index] to the front. */
static void move_up(struct statements *s, size_t index)
{
    struct statement *stmt = s->items[index];

    memmove(&s->items[1], &s->items[0], index * sizeof(stmt));
    s->items[0] = stmt;
}

int statement_get(struct statements *s, obs_str sql, struct statement **ret_stmt)
{
    size_t at = 0;
    int rc;

    while (at < STATEMENTS_KEPT - 1 && s->items[at] &&
           !obs_str_eq(statement_sql(s->items[at]), sql))
        at++;
    if (!s->items[at] || !obs_str_eq(statement_sql(s->items[at]), sql)) {
        statement_finalize(s->items[at]); /* the one not used for longest */
        s->items[at] = NULL;
        rc = statement_prepare(s->db, sql, &s->items[at]);
        if (rc != DB_OK)
            return rc;
    }
    move_up(s, at);
    *ret_stmt = s->items[0];
    return DB_OK;
}

void statements_finish(struct statements *s)
{
    for (size_t i = 0; i < STATEMENTS_KEPT; i++)
        statement_finalize(s->items[i]);
    *s = (struct statements){0};
}
