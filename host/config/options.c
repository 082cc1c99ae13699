/* SPDX-License-Identifier: Apache-2.0 */
/* Binding options. One row a type: how to read a value, how to compare it with
 * the bounds, what to call it in a complaint. Secrets are never echoed. */
#include "config/options.h"
#include "config/units.h"
#include "core/suggest.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* A value before it is checked against the bounds. */
union value {
    int32_t i32;
    int64_t i64;
    uint64_t u64;
    double d;
};

struct type {
    const char *name;
    const char *expected;
    bool (*read)(obs_str text, union value *ret);
    int (*compare)(const union value *a, const union value *b);
    size_t size;
};

static bool read_bool(obs_str text, union value *ret)
{
    return units_bool(text, &ret->i32);
}

static bool read_int(obs_str text, union value *ret)
{
    return units_int(text, &ret->i64);
}

static bool read_float(obs_str text, union value *ret)
{
    return units_float(text, &ret->d);
}

static bool read_size(obs_str text, union value *ret)
{
    return units_size(text, &ret->u64);
}

static bool read_duration(obs_str text, union value *ret)
{
    return units_duration(text, &ret->i64);
}

static bool read_rate(obs_str text, union value *ret)
{
    return units_rate(text, &ret->d);
}

static int compare_i64(const union value *a, const union value *b)
{
    return (a->i64 > b->i64) - (a->i64 < b->i64);
}

static int compare_u64(const union value *a, const union value *b)
{
    return (a->u64 > b->u64) - (a->u64 < b->u64);
}

static int compare_double(const union value *a, const union value *b)
{
    return (a->d > b->d) - (a->d < b->d);
}

static const struct type types[] = {
    [OBS_OPT_BOOL] = {"on|off", "on or off", read_bool, NULL, sizeof(int32_t)},
    [OBS_OPT_INT] = {"number", "a whole number", read_int, compare_i64, sizeof(int64_t)},
    [OBS_OPT_FLOAT] = {"number", "a number", read_float, compare_double, sizeof(double)},
    [OBS_OPT_SIZE] = {"size", "a size such as 16MiB", read_size, compare_u64, sizeof(uint64_t)},
    [OBS_OPT_DURATION] = {"duration", "a duration such as 5s", read_duration, compare_i64,
                          sizeof(int64_t)},
    [OBS_OPT_RATE] = {"rate", "a rate such as 100/s", read_rate, compare_double, sizeof(double)},
    [OBS_OPT_STRING] = {"text", "a text", NULL, NULL, sizeof(char *)},
    [OBS_OPT_PATH] = {"path", "a path", NULL, NULL, sizeof(char *)},
    [OBS_OPT_CHOICE] = {"choice", "one of", NULL, NULL, sizeof(int32_t)},
    [OBS_OPT_LIST] = {"list", "a list such as [a, b]", NULL, NULL, sizeof(obs_str_list)},
    [OBS_OPT_TREE] = {"mapping", "a mapping", NULL, NULL, sizeof(const obs_conf *)},
};

const obs_option *options_at(const obs_option *options, size_t i, size_t stride)
{
    return (const obs_option *)(const void *)((const char *)options + i * stride);
}

/* Everything that one option's binding needs. */
struct binding {
    const struct options_spec *spec;
    const obs_option *option;
    const struct type *type;
    const obs_conf *node; /* NULL: the default */
    const char *path;     /* of the option */
    char *target;
    struct conf_errors *errors;
};

static int complain(struct binding *b, const char *expected, const char *extra)
{
    obs_str found = obs_conf_str(b->node);

    if (b->option->flags & OBS_OPT_SECRET)
        conf_error_at(b->errors, b->node, b->path, "expected %s%s", expected, extra);
    else if (obs_conf_type(b->node) == OBS_CONF_SCALAR)
        conf_error_at(b->errors, b->node, b->path, "expected %s%s, found \"%.*s\"", expected, extra,
                      OBS_STR_ARG(found));
    else
        conf_error_at(b->errors, b->node, b->path, "expected %s%s, found a %s", expected, extra,
                      obs_conf_type(b->node) == OBS_CONF_MAPPING ? "mapping" : "list");
    return OBS_E_INVALID;
}

static int bind_scalar(struct binding *b, obs_str text)
{
    const obs_option *o = b->option;
    union value v = {0}, bound = {0};
    char range[160];

    if (!b->type->read(text, &v))
        return complain(b, b->type->expected, "");
    if (b->type->compare && o->min && b->type->read(obs_str_of(o->min), &bound) &&
        b->type->compare(&v, &bound) < 0) {
        snprintf(range, sizeof(range), " of at least %s", o->min);
        return complain(b, b->type->expected, range);
    }
    if (b->type->compare && o->max && b->type->read(obs_str_of(o->max), &bound) &&
        b->type->compare(&v, &bound) > 0) {
        snprintf(range, sizeof(range), " of at most %s", o->max);
        return complain(b, b->type->expected, range);
    }
    memcpy(b->target, &v, b->type->size);
    return OBS_OK;
}

static int bind_choice(struct binding *b, obs_str text)
{
    const char *at = b->option->choices;

    for (int32_t i = 0;; i++) {
        size_t len = strcspn(at, "|");
        if (obs_str_eq(text, obs_str_n(at, len))) {
            memcpy(b->target, &i, sizeof(i));
            return OBS_OK;
        }
        if (!at[len])
            return complain(b, "one of ", b->option->choices);
        at += len + 1;
    }
}

static int bind_text(struct binding *b, obs_str text)
{
    bool relative = b->option->type == OBS_OPT_PATH && text.len && text.ptr[0] != '/';
    obs_str copy = relative ? obs_arena_printf(b->spec->arena, "%.*s/%.*s",
                                               OBS_STR_ARG(b->spec->folder), OBS_STR_ARG(text))
                            : obs_arena_dup(b->spec->arena, text);

    if (!copy.ptr)
        return OBS_E_NOMEM;
    if (text.len == 0 && b->option->type == OBS_OPT_PATH)
        return complain(b, b->type->expected, "");
    memcpy(b->target, &copy.ptr, sizeof(copy.ptr));
    return OBS_OK;
}

/* A sequence of scalars, or one scalar; a default is split at commas. */
static int bind_list(struct binding *b, obs_str text)
{
    bool sequence = obs_conf_type(b->node) == OBS_CONF_SEQUENCE;
    size_t n = sequence ? obs_conf_count(b->node) : 1;
    obs_str_list list = {0};
    obs_str *items;

    if (!b->node)
        for (size_t i = 0; i < text.len; i++)
            n += text.ptr[i] == ',';
    items = obs_arena_calloc(b->spec->arena, n ? n : 1, sizeof(*items));
    if (!items)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const obs_conf *item = sequence ? obs_conf_at(b->node, i, NULL) : b->node;
        if (b->node && obs_conf_type(item) != OBS_CONF_SCALAR)
            return complain(b, b->type->expected, "");
        if (b->node) {
            items[i] = obs_conf_str(item);
        } else {
            const char *comma = memchr(text.ptr, ',', text.len);
            size_t len = comma ? (size_t)(comma - text.ptr) : text.len;
            items[i] = obs_str_n(text.ptr, len);
            text = obs_str_n(text.ptr + len + (comma != NULL), text.len - len - (comma != NULL));
        }
    }
    list = (obs_str_list){.items = items, .count = n};
    memcpy(b->target, &list, sizeof(list));
    return OBS_OK;
}

static int bind_text_value(struct binding *b, obs_str text)
{
    switch (b->option->type) {
    case OBS_OPT_STRING:
    case OBS_OPT_PATH:
        return bind_text(b, text);
    case OBS_OPT_CHOICE:
        return bind_choice(b, text);
    case OBS_OPT_LIST:
        return bind_list(b, text);
    default:
        return bind_scalar(b, text);
    }
}

static int bind_option(struct binding *b)
{
    uint32_t type = obs_conf_type(b->node);
    int rc;

    if (type == OBS_CONF_NULL) {
        b->node = NULL;
        if (b->option->flags & OBS_OPT_REQUIRED) {
            conf_error_at(b->errors, b->spec->map, b->path, "is required: %s", b->option->help);
            return OBS_E_INVALID;
        }
        if (!b->option->def || b->option->type == OBS_OPT_TREE)
            return OBS_OK;
        rc = bind_text_value(b, obs_str_of(b->option->def));
        assert(rc != OBS_E_INVALID && "the default in an option table is not valid");
        return rc;
    }
    if (b->option->type == OBS_OPT_TREE) {
        if (type == OBS_CONF_SCALAR)
            return complain(b, b->type->expected, "");
        memcpy(b->target, &b->node, sizeof(b->node));
        return OBS_OK;
    }
    if (type != OBS_CONF_SCALAR && b->option->type != OBS_OPT_LIST)
        return complain(b, b->type->expected, "");
    return bind_text_value(b, obs_conf_str(b->node));
}

static const char *path_of(const struct options_spec *spec, obs_str key)
{
    obs_str path = obs_arena_printf(spec->arena, "%s%s%.*s", spec->path, *spec->path ? "." : "",
                                    OBS_STR_ARG(key));

    return path.ptr ? path.ptr : spec->path;
}

static bool is_option(const struct options_spec *spec, obs_str key)
{
    for (size_t i = 0; i < spec->n; i++)
        if (obs_str_is(key, options_at(spec->options, i, spec->stride)->name))
            return true;
    return spec->known && spec->known(key);
}

static int check_keys(const struct options_spec *spec, struct conf_errors *errors)
{
    int rc = OBS_OK;

    for (size_t i = 0; i < obs_conf_count(spec->map); i++) {
        const struct conf_entry *entry = &spec->map->entries[i];
        struct suggest s;
        if (is_option(spec, entry->key))
            continue;
        suggest_init(&s, entry->key);
        for (size_t k = 0; k < spec->n; k++)
            suggest_offer(&s, obs_str_of(options_at(spec->options, k, spec->stride)->name));
        if (s.best.ptr)
            conf_error_key(errors, spec->map, entry, path_of(spec, entry->key),
                           "unknown option; did you mean \"%.*s\"?", OBS_STR_ARG(s.best));
        else
            conf_error_key(errors, spec->map, entry, path_of(spec, entry->key), "unknown option");
        rc = OBS_E_INVALID;
    }
    return rc;
}

int options_bind(const struct options_spec *spec, void *config, struct conf_errors *errors)
{
    uint32_t type = obs_conf_type(spec->map);
    int result;

    if (type == OBS_CONF_SCALAR || type == OBS_CONF_SEQUENCE) {
        conf_error_at(errors, spec->map, spec->path, "expected options as a mapping");
        return OBS_E_INVALID;
    }
    result = check_keys(spec, errors);
    for (size_t i = 0; i < spec->n; i++) {
        const obs_option *option = options_at(spec->options, i, spec->stride);
        struct binding b = {
            .spec = spec,
            .option = option,
            .type = &types[option->type],
            .node = obs_conf_get(spec->map, option->name),
            .path = path_of(spec, obs_str_of(option->name)),
            .target = (char *)config + option->offset,
            .errors = errors,
        };
        int rc;
        assert(option->type >= OBS_OPT_BOOL && option->type <= OBS_OPT_TREE);
        rc = bind_option(&b);
        if (rc < 0)
            result = rc;
    }
    return result;
}

void options_print(FILE *to, const obs_option *options, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++) {
        const obs_option *o = options_at(options, i, stride);
        fprintf(to, "  %-24s %-9s", o->name,
                o->type == OBS_OPT_CHOICE ? o->choices : types[o->type].name);
        if (o->flags & OBS_OPT_REQUIRED)
            fprintf(to, " required");
        else if (o->def)
            fprintf(to, " default %s", o->def);
        if (o->flags & OBS_OPT_SECRET)
            fprintf(to, ", secret");
        if (o->min || o->max)
            fprintf(to, " (%s to %s)", o->min ? o->min : "any", o->max ? o->max : "any");
        fprintf(to, "\n      %s\n", o->help);
    }
}
