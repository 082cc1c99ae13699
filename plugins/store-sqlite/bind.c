/* SPDX-License-Identifier: Apache-2.0 */
/* Binding by kind. */
#include "bind.h"
#include "text_search.h"

static int bind(struct statements *statements, const struct sql *sql, sqlite3_stmt *stmt)
{
    int rc = SQLITE_OK;

    for (size_t i = 0; i < sql->n_binds && rc == SQLITE_OK; i++) {
        const struct sql_bind *b = &sql->binds[i];
        int at = (int)i + 1;
        switch (b->kind) {
        case BIND_TEXT:
            rc = sqlite3_bind_text64(stmt, at, b->value.s.ptr, b->value.s.len, SQLITE_STATIC,
                                     SQLITE_UTF8);
            break;
        case BIND_BLOB:
            rc = sqlite3_bind_blob64(stmt, at, b->value.s.ptr, b->value.s.len, SQLITE_STATIC);
            break;
        case BIND_SEARCH:
            rc = text_search_bind(statements, b->value.s, (uint32_t)b->value.i, stmt, at);
            break;
        case BIND_REAL:
            rc = sqlite3_bind_double(stmt, at, b->value.d);
            break;
        default:
            rc = sqlite3_bind_int64(stmt, at, b->value.i);
        }
    }
    return rc;
}

int statement_bound(struct statements *statements, const struct sql *sql, sqlite3_stmt **ret_stmt)
{
    int rc = statement_get(statements, obs_buf_str(sql->text), ret_stmt);

    return rc == SQLITE_OK ? bind(statements, sql, *ret_stmt) : rc;
}
