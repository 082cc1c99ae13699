/* SPDX-License-Identifier: Apache-2.0 */
/* Binding by kind. */
#include "bind.h"
#include "text_index.h"

static int bind(struct statements *statements, const struct sql *sql, struct statement *stmt)
{
    int rc = DB_OK;

    for (size_t i = 0; i < sql->n_binds && rc == DB_OK; i++) {
        struct sql_bind *b = &sql->binds[i];
        int at = (int)i + 1;
        switch (b->kind) {
        case BIND_TEXT:
            rc = statement_bind_text(stmt, at, b->value.s);
            break;
        case BIND_BLOB:
            rc = statement_bind_blob(stmt, at, b->value.s.ptr, b->value.s.len);
            break;
        case BIND_SEARCH:
            rc = text_search_bind(statements, b, stmt, at);
            break;
        case BIND_REAL:
            rc = statement_bind_real(stmt, at, b->value.d);
            break;
        default:
            rc = statement_bind_int(stmt, at, b->value.i);
        }
    }
    return rc;
}

int statement_bound(struct statements *statements, const struct sql *sql,
                    struct statement **ret_stmt)
{
    obs_str text = obs_buf_str(sql->text);
    int rc = text_search_prepare(statements, sql, &text);

    if (rc == DB_OK)
        rc = statement_get(statements, text, ret_stmt);
    if (rc == DB_OK)
        rc = bind(statements, sql, *ret_stmt);
    text_search_forget(sql);
    return rc;
}
