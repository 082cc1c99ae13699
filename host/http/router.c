/* SPDX-License-Identifier: Apache-2.0 */
/* A radix tree over bytes: edges carry literal text, and a node may also have
 * one child for "one segment" and one for "the rest". Names of parameters
 * belong to the route, not to the tree, so /a/{x} and /a/{y}/b share nodes. */
#include "http/route.h"
#include "http/traffic.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugin/instance.h"

#define N_METHODS 7

struct entry {
    struct endpoint endpoint;
    struct entry *next; /* in the order of adding */
    uint32_t n_names;
    obs_str names[ROUTE_MAX_PARAMS]; /* into the copied pattern */
    char pattern[];
};

struct node {
    char *text; /* of the edge that leads here; NULL for parameters */
    size_t len;
    struct node **kids; /* literal children, distinct first bytes */
    size_t n_kids;
    struct node *param;
    struct node *rest;
    const struct entry *ends[N_METHODS]; /* by bit of the method */
    uint32_t methods;
};

struct router {
    struct node root;
    struct entry *first;
    struct entry **last;
};

/* --- memory --------------------------------------------------------------- */

static void node_finish(struct node *node)
{
    for (size_t i = 0; i < node->n_kids; i++) {
        node_finish(node->kids[i]);
        free(node->kids[i]);
    }
    free(node->kids);
    free(node->text);
    if (node->param)
        node_finish(node->param);
    if (node->rest)
        node_finish(node->rest);
    free(node->param);
    free(node->rest);
}

struct router *router_create(void)
{
    struct router *router = calloc(1, sizeof(*router));

    if (router)
        router->last = &router->first;
    return router;
}

void router_destroy(struct router *router)
{
    struct entry *entry;

    if (!router)
        return;
    node_finish(&router->root);
    while ((entry = router->first)) {
        router->first = entry->next;
        traffic_destroy(entry->endpoint.telemetry);
        free(entry);
    }
    free(router);
}

/* --- patterns ------------------------------------------------------------- */

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The name in "{name}" or "{name...}" at `segment`; NULL text when malformed. */
static obs_str param_name(obs_str segment, bool *ret_rest)
{
    obs_str name = obs_str_n(segment.ptr + 1, segment.len - 2);

    *ret_rest = name.len > 3 && memcmp(name.ptr + name.len - 3, "...", 3) == 0;
    if (*ret_rest)
        name.len -= 3;
    for (size_t i = 0; i < name.len; i++)
        if (!name_char(name.ptr[i]))
            return obs_str_n(NULL, 0);
    return name.len > 0 ? name : obs_str_n(NULL, 0);
}

static const char *check_param(struct entry *entry, obs_str segment, bool last)
{
    bool rest;
    obs_str name = param_name(segment, &rest);

    if (!name.ptr)
        return "a parameter is {name} or {name...} with letters, digits and '_'";
    if (rest && !last)
        return "{name...} is allowed as the last segment only";
    if (entry->n_names == ROUTE_MAX_PARAMS)
        return "more than 16 parameters";
    for (uint32_t i = 0; i < entry->n_names; i++)
        if (obs_str_eq(entry->names[i], name))
            return "two parameters have the same name";
    entry->names[entry->n_names++] = name;
    return NULL;
}

/* Collects the names; returns what is wrong, NULL when nothing is. */
static const char *check_pattern(struct entry *entry)
{
    obs_str p = entry->endpoint.pattern;
    size_t at = 0;

    if (p.len == 0 || p.ptr[0] != '/')
        return "a pattern starts with '/'";
    while (at < p.len) {
        size_t start = ++at;
        obs_str segment;
        const char *wrong;

        while (at < p.len && p.ptr[at] != '/')
            at++;
        segment = obs_str_n(p.ptr + start, at - start);
        for (size_t i = 0; i < segment.len; i++)
            if (segment.ptr[i] <= ' ' || strchr("?#%*", segment.ptr[i]))
                return "a pattern has no blanks and none of '?', '#', '%', '*'";
        if (segment.len > 1 && segment.ptr[0] == '{' && segment.ptr[segment.len - 1] == '}') {
            wrong = check_param(entry, segment, at == p.len);
            if (wrong)
                return wrong;
        } else if (memchr(segment.ptr, '{', segment.len) || memchr(segment.ptr, '}', segment.len)) {
            return "a parameter is a whole segment";
        }
    }
    return NULL;
}

/* --- building ------------------------------------------------------------- */

static struct node *new_node(const char *text, size_t len)
{
    struct node *node = calloc(1, sizeof(*node));

    if (!node || !text)
        return node;
    node->text = malloc(len);
    if (!node->text) {
        free(node);
        return NULL;
    }
    memcpy(node->text, text, len);
    node->len = len;
    return node;
}

static struct node *add_kid(struct node *node, const char *text, size_t len)
{
    struct node **kids = realloc(node->kids, (node->n_kids + 1) * sizeof(struct node *));
    struct node *kid;

    if (!kids)
        return NULL;
    node->kids = kids;
    kid = new_node(text, len);
    if (kid)
        node->kids[node->n_kids++] = kid;
    return kid;
}

/* Cuts the edge to `*slot` after `len` bytes with a new node. */
static struct node *split(struct node **slot, size_t len)
{
    struct node *low = *slot;
    struct node *high = new_node(low->text, len);

    if (!high)
        return NULL;
    high->kids = malloc(sizeof(struct node *));
    if (!high->kids) {
        free(high->text);
        free(high);
        return NULL;
    }
    memmove(low->text, low->text + len, low->len - len);
    low->len -= len;
    high->kids[0] = low;
    high->n_kids = 1;
    *slot = high;
    return high;
}

static struct node *descend(struct node *node, const char *text, size_t len)
{
    while (len > 0) {
        struct node **slot = NULL;
        size_t same = 0;

        for (size_t i = 0; i < node->n_kids && !slot; i++)
            if (node->kids[i]->text[0] == text[0])
                slot = &node->kids[i];
        if (!slot)
            return add_kid(node, text, len);
        while (same < len && same < (*slot)->len && (*slot)->text[same] == text[same])
            same++;
        node = same < (*slot)->len ? split(slot, same) : *slot;
        if (!node)
            return NULL;
        text += same;
        len -= same;
    }
    return node;
}

static struct node *descend_param(struct node *node, bool rest)
{
    struct node **slot = rest ? &node->rest : &node->param;

    if (!*slot)
        *slot = new_node(NULL, 0);
    return *slot;
}

/* The node where `pattern` ends, made when needed; NULL when out of memory. */
static struct node *place(struct router *router, obs_str pattern)
{
    struct node *node = &router->root;
    size_t at = 0;

    while (node && at < pattern.len) {
        size_t end = at;

        while (end < pattern.len && pattern.ptr[end] != '{')
            end++;
        node = descend(node, pattern.ptr + at, end - at);
        at = end;
        if (!node || at == pattern.len)
            break;
        while (pattern.ptr[end] != '}')
            end++;
        node = descend_param(node, pattern.ptr[end - 1] == '.');
        at = end + 1;
    }
    return node;
}

static const char *instance_name(const struct endpoint *endpoint)
{
    return endpoint->instance ? endpoint->instance->name : "host";
}

static int take_methods(struct node *node, const struct entry *entry, char *error,
                        size_t error_size)
{
    uint32_t methods = entry->endpoint.decl->methods & OBS_ANY_METHOD;

    for (int i = 0; i < N_METHODS; i++) {
        const struct entry *other = node->ends[i];

        if (!(methods & (1u << i)) || !other)
            continue;
        snprintf(error, error_size, "conflicts with %s of plugin %s", other->pattern,
                 instance_name(&other->endpoint));
        return OBS_E_CONFLICT;
    }
    for (int i = 0; i < N_METHODS; i++)
        if (methods & (1u << i))
            node->ends[i] = entry;
    node->methods |= methods;
    return OBS_OK;
}

static struct entry *new_entry(const struct endpoint *endpoint)
{
    size_t len = endpoint->pattern.len;
    struct entry *entry = calloc(1, sizeof(*entry) + len + 1);

    if (!entry)
        return NULL;
    entry->endpoint = *endpoint;
    if (len > 0)
        memcpy(entry->pattern, endpoint->pattern.ptr, len);
    entry->endpoint.pattern = obs_str_n(entry->pattern, len);
    entry->endpoint.telemetry = traffic_create(entry->endpoint.pattern);
    if (!entry->endpoint.telemetry) {
        free(entry);
        return NULL;
    }
    return entry;
}

int router_add(struct router *router, const struct endpoint *endpoint, char *error,
               size_t error_size)
{
    struct entry *entry = new_entry(endpoint);
    struct node *node;
    const char *wrong;
    int rc = OBS_E_NOMEM;

    if (!entry)
        goto fail;
    wrong = check_pattern(entry);
    if (!wrong && !(endpoint->decl->methods & OBS_ANY_METHOD))
        wrong = "the route names no method";
    if (!wrong && !endpoint->decl->handler)
        wrong = "the route has no handler";
    if (wrong) {
        snprintf(error, error_size, "%s", wrong);
        rc = OBS_E_INVALID;
        goto fail;
    }
    node = place(router, entry->endpoint.pattern);
    if (!node)
        goto fail;
    rc = take_methods(node, entry, error, error_size);
    if (rc < 0)
        goto fail;
    *router->last = entry;
    router->last = &entry->next;
    return OBS_OK;

fail:
    if (rc == OBS_E_NOMEM)
        snprintf(error, error_size, "out of memory for route %.*s", OBS_STR_ARG(endpoint->pattern));
    if (entry)
        traffic_destroy(entry->endpoint.telemetry);
    free(entry);
    return rc;
}

/* --- finding -------------------------------------------------------------- */

struct search {
    uint32_t method;
    const struct entry *found;
    uint32_t allowed;
    uint32_t n_values;
    obs_str values[ROUTE_MAX_PARAMS];
};

static bool try_end(struct search *s, const struct node *node)
{
    uint32_t methods = node->methods;
    uint32_t want = s->method;

    if (!methods)
        return false;
    s->allowed |= methods | (methods & OBS_GET ? OBS_HEAD : 0);
    if (!(methods & want) && want == OBS_HEAD)
        want = OBS_GET;
    if (!(methods & want))
        return false;
    s->found = node->ends[__builtin_ctz(want)];
    return true;
}

/* True when a route with the method was found; goes on to less specific ones
 * otherwise, so that GET /a/{x} serves /a/b beside POST /a/b. */
static bool walk(struct search *s, const struct node *node, const char *p, const char *end)
{
    const char *slash;

    if (p == end)
        return try_end(s, node);
    for (size_t i = 0; i < node->n_kids; i++) {
        const struct node *kid = node->kids[i];

        if (kid->text[0] != *p)
            continue;
        if ((size_t)(end - p) >= kid->len && memcmp(kid->text, p, kid->len) == 0 &&
            walk(s, kid, p + kid->len, end))
            return true;
        break;
    }
    if (node->param && *p != '/') {
        slash = memchr(p, '/', (size_t)(end - p));
        slash = slash ? slash : end;
        s->values[s->n_values++] = obs_str_n(p, (size_t)(slash - p));
        if (walk(s, node->param, slash, end))
            return true;
        s->n_values--;
    }
    if (node->rest) {
        s->values[s->n_values++] = obs_str_n(p, (size_t)(end - p));
        if (try_end(s, node->rest))
            return true;
        s->n_values--;
    }
    return false;
}

void router_find(const struct router *router, uint32_t method, obs_str path,
                 struct route_match *ret_match)
{
    struct search s;

    s.method = method;
    s.found = NULL;
    s.allowed = 0;
    s.n_values = 0;
    ret_match->endpoint = NULL;
    ret_match->n_params = 0;
    if (walk(&s, &router->root, path.ptr, path.ptr + path.len)) {
        ret_match->endpoint = &s.found->endpoint;
        ret_match->n_params = s.n_values;
        for (uint32_t i = 0; i < s.n_values; i++) {
            ret_match->params[i].name = s.found->names[i];
            ret_match->params[i].value = s.values[i];
        }
    }
    ret_match->allowed = s.allowed;
}

void router_each(const struct router *router,
                 void (*fn)(const struct endpoint *endpoint, void *user), void *user)
{
    for (const struct entry *entry = router->first; entry; entry = entry->next)
        fn(&entry->endpoint, user);
}
