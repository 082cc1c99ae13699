/* SPDX-License-Identifier: Apache-2.0 */
/* What narrows a question to rows: whose, when, and the filter. */
#ifndef PLUGINS_LIB_STORE_CONDITIONS_H
#define PLUGINS_LIB_STORE_CONDITIONS_H

#include "database.h"
#include "filter_sql.h"

#include <stdbool.h>

/* " AND `column` IN(…)", or nothing when the scope is everything. Errors: those of
 * sql_bind_text(). */
int scope_sql(struct sql *sql, const obs_scope *scope, const char *column);

/* " FROM spans s", with the contents when a filter looks into them or `contents`. */
void from_sql(struct sql *sql, const struct settings *settings, const obs_filter *filter,
              bool contents);

/* " WHERE …" on spans that began in [from_ns, to_ns); INT64_MIN and INT64_MAX are
 * open ends. Errors: those of sql_filter(). */
int conditions_sql(struct sql *sql, const struct settings *settings, const obs_scope *scope,
                   int64_t from_ns, int64_t to_ns, const obs_filter *filter);

#endif
