/* SPDX-License-Identifier: Apache-2.0 */
/* Ids are unique within a project only: two rows are asked for. */
#include "find.h"

/* On a thread of the store; the row is borrowed for the call. */
static int take_row(const obs_feedback *row, void *user)
{
    struct find *find = user;
    obs_feedback *f = &find->found;
    obs_str *const texts[] = {&f->id,      &f->project_id, &f->session_id, &f->name,    &f->label,
                              &f->comment, &f->source,     &f->author,     &f->metadata};

    if (find->n++ > 0)
        return 1;
    *f = *row;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = obs_arena_dup(find->arena, *texts[i]);
        if (!texts[i]->ptr)
            find->error = OBS_E_NOMEM;
    }
    return 0;
}

static void ended(const obs_search_result *result, void *user)
{
    struct find *find = user;
    int rc = result->error < 0 ? result->error : find->error;

    if (rc < 0)
        (void)obs_respond_error(find->req, rc, NULL, NULL);
    else if (find->n == 0)
        (void)obs_respond_error(find->req, OBS_E_NOT_FOUND, "id", "no such feedback");
    else if (find->n > 1)
        (void)obs_respond_error(find->req, OBS_E_CONFLICT, "project_id",
                                "several projects have feedback of this id: name one");
    else
        find->done(find);
}

int find_start(struct find *find, const struct feedback *feedback, const obs_scope *scope)
{
    obs_feedback_query query = {
        .size = sizeof(query),
        .limit = 2,
        .id = obs_request_param(find->req, "id"),
    };
    int rc =
        feedback->store->feedback_get(feedback->store_self, scope, &query, take_row, ended, find);

    return rc < 0 ? rc : OBS_PENDING;
}
