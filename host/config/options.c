/* SPDX-License-Identifier: Apache-2.0 */
/* Binding options. One row a type: how to read a value, how to compare it with
 * the bounds, what to call it in a complaint. Secrets are never echoed. */
#include "config/options.h"
#include "config/units.h"
#include "core/suggest.h"

#include <stdbool.h>
#include <string.h>

/* A value before it is checked against the bounds. */
union value {
    int32_t i32;
    int64_t i64;
    uint64_t u64;
    double d;
};

#define MAX_SHOWN_BYTES 80

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

/* A value as it may be shown: on one line, not too long, no secret. */
static obs_str shown(const struct binding *b, char *to, size_t size)
{
    obs_str text = obs_conf_str(b->node);
    size_t len = text.len;

    if (b->node->filled)
        return obs_str_of("what ${} gave");
    if (len > MAX_SHOWN_BYTES)
        for (len = MAX_SHOWN_BYTES; len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80;)
            len--;
    snprintf(to, size, "\"%.*s%s\"", (int)len, text.ptr, len < text.len ? "…" : "");
    return obs_str_of(to);
}

static int complain(const struct binding *b, const char *expected, const char *extra)
{
    uint32_t type = obs_conf_type(b->node);
    char buffer[MAX_SHOWN_BYTES + 8];
    obs_str found;

    if (!b->node) {
        conf_error_at(b->errors, NULL, b->path,
                      "the default of this option, \"%s\", is not valid: expected %s%s",
                      b->option->flags & OBS_OPT_SECRET ? "…" : b->option->def, expected, extra);
        return OBS_E_INVALID;
    }
    if (b->option->flags & OBS_OPT_SECRET) {
        conf_error_at(b->errors, b->node, b->path, "expected %s%s", expected, extra);
        return OBS_E_INVALID;
    }
    if (type == OBS_CONF_SCALAR)
        found = shown(b, buffer, sizeof(buffer));
    else
        found = obs_str_of(type == OBS_CONF_MAPPING ? "a mapping" : "a list");
    conf_error_at(b->errors, b->node, b->path, "expected %s%s, found %.*s", expected, extra,
                  OBS_STR_ARG(found));
    return OBS_E_INVALID;
}

/* A mistake in the table itself: the plugin's, not the operator's. */
static int blame_table(const struct binding *b, const char *what, const char *text)
{
    conf_error_at(b->errors, NULL, b->path, "the option's own %s, \"%s\", is not valid", what,
                  text);
    return OBS_E_INVALID;
}

/* `sign` is -1 for the least value, 1 for the greatest. */
static int check_bound(const struct binding *b, const union value *v, const char *text, int sign)
{
    union value bound = {0};
    char range[160];

    if (!text || !b->type->compare)
        return OBS_OK;
    if (!b->type->read(obs_str_of(text), &bound))
        return blame_table(b, sign < 0 ? "least value" : "greatest value", text);
    if (sign * b->type->compare(v, &bound) <= 0)
        return OBS_OK;
    snprintf(range, sizeof(range), " of at %s %.100s", sign < 0 ? "least" : "most", text);
    return complain(b, b->type->expected, range);
}

static int bind_scalar(const struct binding *b, obs_str text)
{
    union value v = {0};
    int rc;

    if (!b->type->read(text, &v))
        return complain(b, b->type->expected, "");
    rc = check_bound(b, &v, b->option->min, -1);
    if (rc == OBS_OK)
        rc = check_bound(b, &v, b->option->max, 1);
    if (rc == OBS_OK)
        memcpy(b->target, &v, b->type->size);
    return rc;
}

static int bind_choice(const struct binding *b, obs_str text)
{
    const char *at = b->option->choices;

    if (!at || !*at)
        return blame_table(b, "list of choices", at ? at : "");
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

static int bind_text(const struct binding *b, obs_str text)
{
    bool relative = b->option->type == OBS_OPT_PATH && text.len && text.ptr[0] != '/';
    obs_str copy;

    if (text.len == 0 && b->option->type == OBS_OPT_PATH)
        return complain(b, b->type->expected, "");
    copy = relative ? obs_arena_printf(b->spec->arena, "%.*s/%.*s", OBS_STR_ARG(b->spec->folder),
                                       OBS_STR_ARG(text))
                    : obs_arena_dup(b->spec->arena, text);
    if (!copy.ptr)
        return OBS_E_NOMEM;
    memcpy(b->target, &copy.ptr, sizeof(copy.ptr));
    return OBS_OK;
}

/* --- lists -------------------------------------------------------------------- */

/* The next item of a default, "a, b"; `*text` moves behind it. */
static obs_str next_item(obs_str *text)
{
    const char *comma = memchr(text->ptr, ',', text->len);
    size_t len = comma ? (size_t)(comma - text->ptr) : text->len, skip = len + (comma != NULL);
    obs_str item = obs_str_n(text->ptr, len);

    *text = obs_str_n(text->ptr + skip, text->len - skip);
    while (text->len && text->ptr[0] == ' ')
        *text = obs_str_n(text->ptr + 1, text->len - 1);
    return item;
}

static size_t count_items(const struct binding *b, obs_str text)
{
    size_t n = 1;

    if (obs_conf_type(b->node) == OBS_CONF_SEQUENCE)
        return obs_conf_count(b->node);
    if (b->node)
        return 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == ',';
    return text.len ? n : 0;
}

/* A sequence of scalars, or one scalar; a default is split at commas. */
static int bind_list(const struct binding *b, obs_str text)
{
    bool sequence = obs_conf_type(b->node) == OBS_CONF_SEQUENCE;
    obs_str_list list = {.count = count_items(b, text)};
    obs_str *items = obs_arena_calloc(b->spec->arena, list.count, sizeof(*items));

    if (!items)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < list.count; i++) {
        const obs_conf *item = sequence ? obs_conf_at(b->node, i, NULL) : b->node;
        if (b->node && obs_conf_type(item) != OBS_CONF_SCALAR) {
            conf_error_at(b->errors, item, b->path, "expected %s; an item of it is no text",
                          b->type->expected);
            return OBS_E_INVALID;
        }
        items[i] = obs_arena_dup(b->spec->arena, b->node ? obs_conf_str(item) : next_item(&text));
        if (!items[i].ptr)
            return OBS_E_NOMEM;
    }
    list.items = list.count ? items : NULL;
    memcpy(b->target, &list, sizeof(list));
    return OBS_OK;
}

/* --- one option --------------------------------------------------------------- */

static int bind_text_value(const struct binding *b, obs_str text)
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

static int bind_absent(const struct binding *b)
{
    if (b->option->flags & OBS_OPT_REQUIRED) {
        conf_error_at(b->errors, b->spec->map, b->path, "is required: %s",
                      b->option->help ? b->option->help : b->type->expected);
        return OBS_E_INVALID;
    }
    if (!b->option->def || b->option->type == OBS_OPT_TREE)
        return OBS_OK;
    return bind_text_value(b, obs_str_of(b->option->def));
}

static int bind_option(const struct binding *b)
{
    uint32_t type = obs_conf_type(b->node);

    if (!b->node)
        return bind_absent(b);
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

static bool is_known(uint32_t type)
{
    return type < sizeof(types) / sizeof(*types) && types[type].name;
}

static int bind_at(const struct options_spec *spec, size_t i, void *config,
                   struct conf_errors *errors)
{
    const obs_option *option = options_at(spec->options, i, spec->stride);
    const obs_conf *node = obs_conf_get(spec->map, option->name);
    const char *path = path_of(spec, obs_str_of(option->name));
    struct binding b = {
        .spec = spec,
        .option = option,
        .node = obs_conf_type(node) == OBS_CONF_NULL ? NULL : node,
        .path = path,
        .target = (char *)config + option->offset,
        .errors = errors,
    };

    if (!is_known(option->type)) {
        conf_error_at(errors, NULL, path, "an option of type %u, which this host does not know",
                      option->type);
        return OBS_E_INVALID;
    }
    b.type = &types[option->type];
    return bind_option(&b);
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
        int rc = bind_at(spec, i, config, errors);
        if (rc < 0)
            result = rc;
    }
    return result;
}

const char *options_type_name(uint32_t type)
{
    return is_known(type) ? types[type].name : "?";
}

/* "(at least 1)", "(1 to 64)" or nothing. */
static void print_range(FILE *to, const obs_option *o)
{
    if (o->min && o->max)
        fprintf(to, " (%s to %s)", o->min, o->max);
    else if (o->min || o->max)
        fprintf(to, " (at %s %s)", o->min ? "least" : "most", o->min ? o->min : o->max);
}

void options_print(FILE *to, const obs_option *options, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++) {
        const obs_option *o = options_at(options, i, stride);
        bool choice = o->type == OBS_OPT_CHOICE && o->choices;
        fprintf(to, "  %-24s %-9s", o->name,
                choice              ? o->choices
                : is_known(o->type) ? types[o->type].name
                                    : "unknown");
        if (o->flags & OBS_OPT_REQUIRED)
            fprintf(to, " required");
        else if (o->def && !(o->flags & OBS_OPT_SECRET))
            fprintf(to, " default %s", *o->def ? o->def : "\"\"");
        if (o->flags & OBS_OPT_SECRET)
            fprintf(to, o->flags & OBS_OPT_REQUIRED ? ", secret" : " secret");
        print_range(to, o);
        fprintf(to, "\n      %s\n", o->help ? o->help : "");
    }
}
