/* SPDX-License-Identifier: Apache-2.0 */
/* Requests down to their items. The messages of the signals have other names but
 * the same numbers. */
#include "otlp_proto_request.h"

static int resource_message(struct walk *walk, obs_str bytes, struct otlp_resource *resource)
{
    static const struct field_rule rules[] = {
        [1] = {.kind = FIELD_NESTED},
        [2] = RULE(struct otlp_resource, attrs.dropped, FIELD_UINT32),
    };

    *resource = (struct otlp_resource){0};
    return walk_leaf(walk, bytes, rules, N_RULES(rules), resource, &resource->attrs, "Resource");
}

static int scope_message(struct walk *walk, obs_str bytes, struct otlp_scope *scope)
{
    static const struct field_rule rules[] = {
        [1] = RULE(struct otlp_scope, name, FIELD_TEXT),
        [2] = RULE(struct otlp_scope, version, FIELD_TEXT),
        [3] = {.kind = FIELD_NESTED},
        [4] = RULE(struct otlp_scope, attrs.dropped, FIELD_UINT32),
    };

    *scope = (struct otlp_scope){0};
    return walk_leaf(walk, bytes, rules, N_RULES(rules), scope, &scope->attrs,
                     "InstrumentationScope");
}

static int scope_items(struct walk *walk, obs_str bytes, const struct proto_signal *signal,
                       const struct otlp_resource *resource)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    struct otlp_scope *scope = obs_arena_calloc(walk->arena, 1, sizeof(*scope));
    int more, rc = scope ? OBS_OK : OBS_E_NOMEM;

    while (rc == OBS_OK && (more = wire_next(&w, &f)) != 0) {
        if (more < 0)
            return walk_malformed(walk, w.p, signal->of_scope, w.problem);
        if (f.number != 1 && f.number != 2)
            continue;
        if (f.type != WIRE_BYTES)
            return walk_wrong_type(walk, &f, signal->of_scope);
        rc = f.number == 1 ? scope_message(walk, f.bytes, scope)
                           : signal->item(walk, &f, resource, scope);
    }
    return rc;
}

static int resource_items(struct walk *walk, obs_str bytes, const struct proto_signal *signal)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    struct otlp_resource *resource = obs_arena_calloc(walk->arena, 1, sizeof(*resource));
    int more, rc = resource ? OBS_OK : OBS_E_NOMEM;

    while (rc == OBS_OK && (more = wire_next(&w, &f)) != 0) {
        if (more < 0)
            return walk_malformed(walk, w.p, signal->of_resource, w.problem);
        if (f.number != 1 && f.number != 2)
            continue;
        if (f.type != WIRE_BYTES)
            return walk_wrong_type(walk, &f, signal->of_resource);
        rc = f.number == 1 ? resource_message(walk, f.bytes, resource)
                           : scope_items(walk, f.bytes, signal, resource);
    }
    return rc;
}

int walk_request(struct walk *walk, obs_str body, const struct proto_signal *signal)
{
    struct wire w = wire_of(body);
    struct wire_field f = {0};
    int more, rc = OBS_OK;

    while (rc == OBS_OK && (more = wire_next(&w, &f)) != 0) {
        if (more < 0)
            return walk_malformed(walk, w.p, signal->request, w.problem);
        if (f.number != 1)
            continue;
        if (f.type != WIRE_BYTES)
            return walk_wrong_type(walk, &f, signal->request);
        rc = resource_items(walk, f.bytes, signal);
    }
    return rc;
}
