/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL's SQL, with the functions that schema.c makes. */
#include "dialect.h"
#include "text_search.h"

#include <stdbool.h>
#include <stddef.h>

#define Z(column) "+COALESCE(s." column ",0)::numeric"
#define SUM(columns, sum)                                                                          \
    "(CASE WHEN COALESCE(" columns ") IS NULL THEN NULL ELSE obs_sum(0::numeric" sum ") END)"
#define SPEED_OF(tokens)                                                                           \
    "(" tokens "::double precision*1e9::double precision/NULLIF(s.duration_ns-CASE WHEN"           \
    " s.ttft_ns<s.duration_ns THEN s.ttft_ns ELSE 0 END,0)::double precision)"
#include "field_columns.h"

static const char *column(uint32_t field)
{
    return field < OBS_N_SPAN_FIELDS ? field_columns[field] : NULL;
}

static void placeholder(obs_buf *to, size_t number)
{
    obs_buf_printf(to, "?%zu", number);
}

/* "." matches no line break, and "\b", "\B" of everybody else are "\y", "\Y" here. */
static obs_str regex(obs_arena *arena, obs_str pattern)
{
    static const char plain[] = "(?p)", caseless[] = "(?ip)", any_case[] = "(?i)";
    bool folds =
        pattern.len >= strlen(any_case) && memcmp(pattern.ptr, any_case, strlen(any_case)) == 0;
    const char *options = folds ? caseless : plain;
    char *text = obs_arena_alloc(arena, pattern.len + sizeof(caseless)), *at = text;
    bool in_class = false;

    if (!text)
        return obs_str_n(NULL, 0);
    memcpy(at, options, strlen(options));
    at += strlen(options);
    for (size_t i = folds ? strlen(any_case) : 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];

        *at++ = c;
        if (c == '[' || c == ']')
            in_class = c == '[';
        if (c != '\\' || i + 1 == pattern.len)
            continue;
        c = pattern.ptr[++i];
        *at++ = (char)(in_class || (c | 32) != 'b' ? c : c == 'b' ? 'y' : 'Y');
    }
    return obs_str_n(text, (size_t)(at - text));
}

const struct sql_dialect store_dialect = {
    .column = column,
    .has = "jsonb_exists(obs_json(%s),%s)",
    .texts =
        {
            [OBS_OP_CONTAINS] = "position(obs_lower(%2$s) IN obs_lower(%1$s))>0",
            [OBS_OP_STARTS_WITH] = "starts_with(obs_lower(%s),obs_lower(%s))",
            [OBS_OP_ENDS_WITH] = "right(obs_lower(%1$s),length(obs_lower(%2$s)))=obs_lower(%2$s)",
            [OBS_OP_REGEX] = "obs_regex(%s,%s)",
        },
    .regex = regex,
    .members =
        {
            [0] = "obs_member_any(%s,%s)",
            [OBS_KIND_TEXT] = "obs_member_text(%s,%s)",
            [OBS_KIND_REAL] = "obs_member_number(%s,%s)",
            [OBS_KIND_BOOL] = "obs_member_bool(%s,%s)",
        },
    .put_search = text_search_condition,
    .feedback = "EXISTS(SELECT 1 FROM feedback f WHERE f.trace_id=s.trace_id AND"
                " f.project_id=s.project_id AND (f.span_id IS NULL OR f.span_id=s.span_id)"
                " AND f.name=%s AND (%s))",
    .feedback_values = {[0] = "f.id", [OBS_KIND_REAL] = "f.value", [OBS_KIND_TEXT] = "f.label"},
    .placeholder = placeholder,
    .max_parameters = 32000, /* PostgreSQL's are 65,535; the same as in other stores */
};

const char no_index[] = "";
