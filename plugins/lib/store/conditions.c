/* SPDX-License-Identifier: Apache-2.0 */
/* Every query passes here. */
#include "conditions.h"
#include "dialect.h"

#include <stdio.h>

#define SLOW_NS 10000000000LL /* what takes as long has an index */

int scope_sql(struct sql *sql, const obs_scope *scope, const char *column)
{
    int rc = OBS_OK;

    if (scope->all)
        return OBS_OK;
    if (scope->n_projects == 0) {
        obs_buf_printf(sql->text, " AND 1=0");
        return OBS_OK;
    }
    obs_buf_printf(sql->text, " AND %s IN(", column);
    for (size_t i = 0; i < scope->n_projects && rc == OBS_OK; i++) {
        if (i)
            obs_buf_append(sql->text, ",", 1);
        rc = sql_bind_text(sql, scope->projects[i]);
    }
    obs_buf_append(sql->text, ")", 1);
    return rc;
}

/* What lies deeper than `depth` is refused elsewhere. */
static bool reads_contents(const obs_filter *filter, int64_t depth)
{
    if (!filter || depth == 0)
        return false;
    if (filter->kind == OBS_FILTER_LEAF)
        return filter->field >= OBS_FIELD_INPUT_TEXT && filter->field <= OBS_FIELD_OUTPUT_MESSAGES;
    for (size_t i = 0; i < filter->n_children; i++)
        if (reads_contents(filter->children[i], depth - 1))
            return true;
    return false;
}

void from_sql(struct sql *sql, const struct settings *settings, const obs_filter *filter,
              bool contents)
{
    contents |= reads_contents(filter, settings->filter_depth);
    obs_buf_printf(sql->text, " FROM spans s%s",
                   contents ? " LEFT JOIN contents c ON c.id=s.id" : "");
}

static bool is_unpriced(const obs_filter *leaf)
{
    return leaf->op == OBS_OP_EQ && leaf->field == OBS_FIELD_COST_SOURCE &&
           obs_str_is(leaf->values[0].s, "unpriced");
}

static bool is_error(const obs_filter *leaf)
{
    return leaf->op == OBS_OP_EQ && leaf->field == OBS_FIELD_STATUS &&
           leaf->values[0].i == OBS_STATUS_ERROR;
}

static bool is_slow(const obs_filter *leaf)
{
    return (leaf->op == OBS_OP_GTE || leaf->op == OBS_OP_GT) && leaf->field == OBS_FIELD_DURATION &&
           leaf->values[0].i >= SLOW_NS;
}

/* Whether only spans can match of which a comparison holds: it is then said in the
 * statement's own words, since a parameter cannot choose the index that has them. */
static bool only(const obs_filter *filter, int64_t depth, bool (*holds)(const obs_filter *leaf))
{
    if (!filter || depth == 0)
        return false;
    if (filter->kind == OBS_FILTER_LEAF)
        return filter->n_values == 1 && !filter->key.len && holds(filter);
    for (size_t i = 0; filter->kind == OBS_FILTER_AND && i < filter->n_children; i++)
        if (only(filter->children[i], depth - 1, holds))
            return true;
    return false;
}

int conditions_sql(struct sql *sql, const struct settings *settings, const obs_scope *scope,
                   int64_t from_ns, int64_t to_ns, const obs_filter *filter)
{
    struct sql_limits limits = {(uint32_t)settings->filter_depth, (uint32_t)settings->filter_nodes,
                                (uint32_t)settings->filter_values};
    bool unpriced = only(filter, settings->filter_depth, is_unpriced);
    char project[32];
    const char *plus = unpriced ? no_index : ""; /* so that other conditions choose none */
    int rc;

    obs_buf_printf(sql->text, " WHERE %s", unpriced ? "s.cost_source='unpriced'" : "1=1");
    if (only(filter, settings->filter_depth, is_error))
        obs_buf_printf(sql->text, " AND s.status=2");
    if (only(filter, settings->filter_depth, is_slow))
        obs_buf_printf(sql->text, " AND s.duration_ns>=%lld", SLOW_NS);
    snprintf(project, sizeof(project), "%ss.project_id", plus);
    rc = scope_sql(sql, scope, project);
    if (rc == OBS_OK && from_ns != INT64_MIN) {
        obs_buf_printf(sql->text, " AND %ss.start_ns>=", plus);
        rc = sql_bind_int(sql, from_ns);
    }
    if (rc == OBS_OK && to_ns != INT64_MAX) {
        obs_buf_printf(sql->text, " AND %ss.start_ns<", plus);
        rc = sql_bind_int(sql, to_ns);
    }
    if (rc == OBS_OK && filter) {
        obs_buf_printf(sql->text, " AND ");
        rc = sql_filter(sql, filter, &limits);
    }
    return rc < 0 ? rc : obs_buf_error(sql->text);
}
