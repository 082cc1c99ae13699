/* SPDX-License-Identifier: Apache-2.0 */
/* Columns are selected and read in the order of the table of columns. */
#include "selection.h"

void selection_of(uint64_t fields, struct selection *ret)
{
    *ret = (struct selection){0};
    for (size_t i = 0; i < n_columns; i++) {
        if (!(columns[i].fields & fields) && columns[i].fields != UINT64_MAX)
            continue;
        ret->columns[ret->n++] = &columns[i];
        ret->contents |= columns[i].content != 0;
    }
}

void selection_sql(const struct selection *selection, obs_buf *text)
{
    for (int i = 0; i < selection->n; i++)
        obs_buf_printf(text, ",%s.%s", selection->columns[i]->content ? "c" : "s",
                       selection->columns[i]->name);
}

void selection_read(const struct selection *selection, struct statement *stmt, int index,
                    obs_span *ret)
{
    obs_span_init(ret);
    for (int i = 0; i < selection->n; i++)
        column_read(selection->columns[i], stmt, index + i, ret);
}

int selection_keep(const struct selection *selection, obs_span *span, obs_arena *arena)
{
    for (int i = 0; i < selection->n; i++) {
        char *member = (char *)span + selection->columns[i]->offset;
        obs_str text;

        if (selection->columns[i]->kind != COLUMN_TEXT)
            continue;
        memcpy(&text, member, sizeof(text));
        if (text.len == 0)
            continue;
        text = obs_arena_dup(arena, text);
        if (!text.ptr)
            return OBS_E_NOMEM;
        memcpy(member, &text, sizeof(text));
    }
    return OBS_OK;
}
