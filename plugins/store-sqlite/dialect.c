/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite's SQL, with functions.c's functions. */
#include "dialect.h"

#include <stddef.h>

#define Z(column) "+COALESCE(s." column ",0)"
#define SUM(columns, sum) "(CASE WHEN COALESCE(" columns ") IS NULL THEN NULL ELSE 0" sum " END)"
#define SPEED_OF(tokens)                                                                           \
    "(" tokens "*1e9/(s.duration_ns-CASE WHEN s.ttft_ns<s.duration_ns THEN s.ttft_ns ELSE 0 "      \
    "END))"
#include "field_columns.h"

static const char *column(uint32_t field)
{
    return field < OBS_N_SPAN_FIELDS ? field_columns[field] : NULL;
}

static void placeholder(obs_buf *to, size_t number)
{
    obs_buf_printf(to, "?%zu", number);
}

static int put_search(struct sql *sql, uint32_t field, obs_str text)
{
    int rc;

    obs_buf_printf(sql->text, "obs_found(");
    rc = sql_bind_value(sql, BIND_SEARCH, &(obs_value){.i = field, .s = text});
    obs_buf_printf(sql->text, ",s.id)");
    return rc;
}

const struct sql_dialect store_dialect = {
    .column = column,
    .has = "EXISTS(SELECT 1 FROM json_each(%s) WHERE json_each.value=%s)",
    .texts =
        {
            [OBS_OP_CONTAINS] = "obs_text(%s,%s,'c')",
            [OBS_OP_STARTS_WITH] = "obs_text(%s,%s,'s')",
            [OBS_OP_ENDS_WITH] = "obs_text(%s,%s,'e')",
            [OBS_OP_REGEX] = "obs_regex(%s,%s)",
        },
    .members =
        {
            [0] = "obs_member(%s,%s,'a')",
            [OBS_KIND_TEXT] = "obs_member(%s,%s,'t')",
            [OBS_KIND_REAL] = "obs_member(%s,%s,'n')",
            [OBS_KIND_BOOL] = "obs_member(%s,%s,'b')",
        },
    .put_search = put_search,
    .feedback = "EXISTS(SELECT 1 FROM feedback f WHERE f.trace_id=s.trace_id AND"
                " f.project_id=s.project_id AND (f.span_id IS NULL OR f.span_id=s.span_id)"
                " AND f.name=%s AND (%s))",
    .feedback_values = {[0] = "f.id", [OBS_KIND_REAL] = "f.value", [OBS_KIND_TEXT] = "f.label"},
    .placeholder = placeholder,
    .max_parameters = 32000, /* SQLITE_MAX_VARIABLE_NUMBER is 32766 where nobody changed it */
};

const char no_index[] = "+";
