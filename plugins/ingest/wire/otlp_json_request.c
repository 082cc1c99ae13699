/* SPDX-License-Identifier: Apache-2.0 */
/* Requests down to their items. */
#include "otlp_json_request.h"

#include <stdio.h>

/* A request under way. */
struct reading {
    struct reader *r;
    const struct json_signal *signal;
    size_t *n_items;
};

int read_too_many(struct reader *r, size_t max, const char *items)
{
    (void)json_fail(&r->c, "fewer"); /* for the position */
    snprintf(r->c.error->text, sizeof(r->c.error->text), "more than %zu %s in one request", max,
             items);
    return OBS_E_TOO_LARGE;
}

static int scope_of(struct reader *r, struct otlp_scope *scope)
{
    static const struct member members[] = {
        MEMBER("name", "name"),
        MEMBER("version", "version"),
        MEMBER("attributes", "attributes"),
        MEMBER("droppedAttributesCount", "dropped_attributes_count"),
    };
    bool first = true;
    int rc = json_open(&r->c, '{');

    *scope = (struct otlp_scope){0};
    while (rc >= 0 && (rc = next_member(r, &first, members, COUNT(members))) >= 0)
        switch (rc) {
        case 0:
            rc = json_string(&r->c, &scope->name);
            break;
        case 1:
            rc = json_string(&r->c, &scope->version);
            break;
        case 2:
            rc = read_attrs(r, &scope->attrs);
            break;
        default:
            rc = read_uint32(r, &scope->attrs.dropped);
        }
    return rc == NO_MORE ? OBS_OK : rc;
}

static int resource_of(struct reader *r, struct otlp_resource *resource)
{
    static const struct member members[] = {
        MEMBER("attributes", "attributes"),
        MEMBER("droppedAttributesCount", "dropped_attributes_count"),
    };
    bool first = true;
    int rc = json_open(&r->c, '{');

    *resource = (struct otlp_resource){0};
    while (rc >= 0 && (rc = next_member(r, &first, members, COUNT(members))) >= 0)
        rc = rc == 0 ? read_attrs(r, &resource->attrs) : read_uint32(r, &resource->attrs.dropped);
    return rc == NO_MORE ? OBS_OK : rc;
}

/* The list of items of a scope. */
static int item_list(struct reading *in, const struct otlp_resource *resource,
                     const struct otlp_scope *scope)
{
    bool first = true;
    int rc = json_open(&in->r->c, '[');

    while (rc >= 0 && (rc = json_item(&in->r->c, &first)) > 0)
        if (!json_null(&in->r->c))
            rc = in->signal->item(in->r, resource, scope);
    return rc;
}

static int scope_items(struct reading *in, const struct otlp_resource *resource)
{
    const struct member members[] = {MEMBER("scope", "scope"), in->signal->items};
    struct otlp_scope *scope = obs_arena_calloc(in->r->c.arena, 1, sizeof(*scope));
    size_t mark = *in->n_items;
    bool first = true;
    int rc = scope ? json_open(&in->r->c, '{') : OBS_E_NOMEM;

    while (rc >= 0 && (rc = next_member(in->r, &first, members, COUNT(members))) >= 0) {
        if (rc == 0) {
            rc = scope_of(in->r, scope);
            continue;
        }
        *in->n_items = mark;
        rc = item_list(in, resource, scope);
    }
    return rc == NO_MORE ? OBS_OK : rc;
}

static int resource_items(struct reading *in)
{
    const struct member members[] = {MEMBER("resource", "resource"), in->signal->of_scope};
    struct otlp_resource *resource = obs_arena_calloc(in->r->c.arena, 1, sizeof(*resource));
    size_t mark = *in->n_items;
    bool first = true;
    int rc = resource ? json_open(&in->r->c, '{') : OBS_E_NOMEM;

    while (rc >= 0 && (rc = next_member(in->r, &first, members, COUNT(members))) >= 0) {
        bool first_scope = true;

        if (rc == 0) {
            rc = resource_of(in->r, resource);
            continue;
        }
        *in->n_items = mark;
        rc = json_open(&in->r->c, '[');
        while (rc >= 0 && (rc = json_item(&in->r->c, &first_scope)) > 0)
            if (!json_null(&in->r->c))
                rc = scope_items(in, resource);
    }
    return rc == NO_MORE ? OBS_OK : rc;
}

int read_request(struct reader *r, const struct json_signal *signal, size_t *n_items)
{
    struct reading in = {r, signal, n_items};
    bool first = true;
    int rc = json_open(&r->c, '{');

    while (rc >= 0 && (rc = next_member(r, &first, &signal->of_resource, 1)) >= 0) {
        bool first_resource = true;

        *n_items = 0;
        rc = json_open(&r->c, '[');
        while (rc >= 0 && (rc = json_item(&r->c, &first_resource)) > 0)
            if (!json_null(&r->c))
                rc = resource_items(&in);
    }
    return rc == NO_MORE ? json_finish(&r->c) : rc;
}
