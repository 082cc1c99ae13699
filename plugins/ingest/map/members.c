/* SPDX-License-Identifier: Apache-2.0 */
/* Walking an object: one pass over its JSON. Objects without a row are entered,
 * everything else without one is passed over. */
#include "members.h"
#include "json_value.h"

#define MAX_DEPTH 6u
#define MAX_PATH 160u /* longer than any key of the table */

struct walk {
    struct draft *draft;
    struct json_out *out;
    const struct map_index *index;
    const struct slot *whole;
    uint32_t where;
    uint32_t n_offered;
    struct json_cursor c;
    char path[MAX_PATH];
};

static int offer_member(struct walk *w, const struct map_row *row, size_t path_len)
{
    struct otlp_attr *attr = obs_arena_alloc(w->c.arena, sizeof(*attr));
    struct slot offer = {.row = row, .attr = attr};
    int rc;

    if (!attr)
        return OBS_E_NOMEM;
    attr->key = obs_str_n(row->key, path_len);
    rc = json_value_read(&w->c, w->out, &attr->value);
    if (rc < 0)
        return rc;
    if (w->whole->row->marks & MARK_SPENT)
        offer.whole = w->whole->attr;
    draft_offer(w->draft, w->out, &offer, w->where);
    w->n_offered++;
    return OBS_OK;
}

/* --- objects --------------------------------------------------------------- */

static int object(struct walk *w, size_t path_len, unsigned depth)
{
    uint32_t index;
    bool first = true;
    obs_str key, rest;
    int rc = json_open(&w->c, '{');

    while (rc >= 0 && (rc = json_key(&w->c, &first, &key)) > 0) {
        const struct map_row *row = NULL;
        size_t len = path_len + key.len;

        if (json_null(&w->c))
            continue;
        if (key.len < MAX_PATH && len + 1 < MAX_PATH) {
            memcpy(w->path + path_len, key.ptr, key.len);
            row = map_index_find(w->index, obs_str_n(w->path, len), &index, &rest);
        }
        if (row) {
            rc = offer_member(w, row, len);
        } else if (json_peek(&w->c) == '{' && depth < MAX_DEPTH && len + 1 < MAX_PATH) {
            w->path[len] = '.';
            rc = object(w, len + 1, depth + 1);
        } else {
            rc = json_skip(&w->c, NULL);
        }
    }
    return rc;
}

static bool walk_init(struct walk *w, struct json_out *out, const struct slot *whole)
{
    const struct otlp_value *v = &whole->attr->value;
    obs_str json = v->s;

    if (v->kind == OTLP_KVLIST) {
        json_out_value(out, v);
        json = json_out_take(out);
    } else if (v->kind != OTLP_STRING && v->kind != OTLP_JSON) {
        return false;
    }
    w->out = out;
    w->whole = whole;
    json_cursor_init(&w->c, json, out->arena, /* error= */ NULL);
    return json_peek(&w->c) == '{';
}

void members_offer(struct draft *draft, struct json_out *out, const struct map_index *index,
                   const struct slot *whole, uint32_t where)
{
    obs_str key = whole->attr->key, rest;
    struct slot itself = {.attr = whole->attr};
    struct walk w = {.draft = draft, .index = index, .where = where};
    uint32_t number;

    memcpy(w.path, key.ptr, key.len); /* a key of the table: it fits */
    w.path[key.len] = '#';
    if (walk_init(&w, out, whole))
        (void)object(&w, key.len + 1, /* depth= */ 0); /* what could be read was offered */
    if (w.n_offered)
        return;
    itself.row = map_index_find(index, obs_str_n(w.path, key.len + 1), &number, &rest);
    if (itself.row)
        draft_offer(draft, out, &itself, where);
}

void members_offer_parameters(struct draft *draft, struct json_out *out, const struct slot *whole)
{
    struct walk w;
    bool first = true;
    int rc;

    if (!walk_init(&w, out, whole))
        return;
    rc = json_open(&w.c, '{');
    while (rc >= 0) {
        struct named named = {.row = whole->row, .priority = whole->row->priority};

        rc = json_key(&w.c, &first, &named.name);
        if (rc <= 0)
            break;
        if (json_null(&w.c))
            continue;
        rc = json_value_read(&w.c, w.out, &named.value);
        if (rc == OBS_OK)
            draft_offer_parameter(draft, out, &named);
    }
}
