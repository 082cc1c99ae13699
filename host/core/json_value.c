/* SPDX-License-Identifier: Apache-2.0 */
/* JSON trees: jansson behind opaque pointers. An obs_json is a json_t whose
 * root the arena lets go of. */
#include <observatory/json.h>

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#define MAX_DEPTH 64

static json_t *tree(const obs_json *value)
{
    return (json_t *)(uintptr_t)value; /* jansson's readers take non-const pointers */
}

static const obs_json *opaque(json_t *value)
{
    return (const obs_json *)value;
}

static bool deeper_than(json_t *value, unsigned levels)
{
    const char *key;
    json_t *child;
    size_t i;

    if (!json_is_object(value) && !json_is_array(value))
        return false;
    if (levels == 0)
        return true;
    if (json_is_array(value)) {
        json_array_foreach(value, i, child) if (deeper_than(child, levels - 1)) return true;
    } else {
        json_object_foreach(value, key, child) if (deeper_than(child, levels - 1)) return true;
    }
    return false;
}

/* Where the bracket stands that opens level MAX_DEPTH + 1 of a valid text. */
static void place_of_depth(obs_str text, json_error_t *why)
{
    unsigned depth = 0;
    bool quoted = false;

    *why = (json_error_t){.line = 1, .column = 0};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (((unsigned char)c & 0xc0) != 0x80)
            why->column++; /* columns are characters */
        if (c == '\n') {
            why->line++;
            why->column = 0;
        } else if (quoted && c == '\\') {
            i++; /* what follows is ASCII, or the text were not valid */
            why->column++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '[' || c == '{')) {
            if (++depth > MAX_DEPTH) {
                why->position = i > INT_MAX ? INT_MAX : (int)i;
                break;
            }
        } else if (!quoted && (c == ']' || c == '}')) {
            depth--;
        }
    }
    snprintf(why->text, sizeof(why->text), "nested deeper than %d levels", MAX_DEPTH);
}

static void drop(void *root)
{
    json_decref(root);
}

static void set_error(obs_json_error *error, const json_error_t *from)
{
    obs_json_error full = {.size = sizeof(full)};
    uint32_t size;

    if (!error)
        return;
    size = error->size < sizeof(full) ? error->size : (uint32_t)sizeof(full);
    full.line = from->line > 0 ? (uint32_t)from->line : 1;
    full.column = from->column > 0 ? (uint32_t)from->column : 1;
    full.offset = from->position > 0 ? (uint64_t)from->position : 0;
    snprintf(full.text, sizeof(full.text), "%s", from->text);
    memcpy(error, &full, size);
    error->size = size;
}

int obs_json_parse(obs_arena *arena, obs_str text, const obs_json **ret_value,
                   obs_json_error *error)
{
    json_error_t why = {.line = 1, .column = 1};
    json_t *root = json_loadb(text.len ? text.ptr : "", text.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);

    if (!root) {
        set_error(error, &why);
        return json_error_code(&why) == json_error_out_of_memory ? OBS_E_NOMEM : OBS_E_SYNTAX;
    }
    if (deeper_than(root, MAX_DEPTH)) {
        json_decref(root);
        place_of_depth(text, &why);
        set_error(error, &why);
        return OBS_E_SYNTAX;
    }
    if (obs_arena_defer(arena, drop, root) < 0) {
        json_decref(root);
        return OBS_E_NOMEM;
    }
    *ret_value = opaque(root);
    return OBS_OK;
}

uint32_t obs_json_type(const obs_json *value)
{
    json_t *v = tree(value);

    if (!v)
        return OBS_JSON_NULL;
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return OBS_JSON_OBJECT;
    case JSON_ARRAY:
        return OBS_JSON_ARRAY;
    case JSON_STRING:
        return OBS_JSON_STRING;
    case JSON_INTEGER:
        return OBS_JSON_INT;
    case JSON_REAL:
        return OBS_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return OBS_JSON_BOOL;
    default:
        return OBS_JSON_NULL;
    }
}

const obs_json *obs_json_get(const obs_json *object, const char *key)
{
    return opaque(json_object_get(tree(object), key));
}

size_t obs_json_count(const obs_json *value)
{
    json_t *v = tree(value);

    return json_is_array(v) ? json_array_size(v) : json_object_size(v);
}

const obs_json *obs_json_at(const obs_json *array, size_t index)
{
    return opaque(json_array_get(tree(array), index));
}

int obs_json_each(const obs_json *object, int (*fn)(obs_str key, const obs_json *value, void *user),
                  void *user)
{
    const char *key;
    json_t *value;

    json_object_foreach(tree(object), key, value)
    {
        int result = fn(obs_str_of(key), opaque(value), user);
        if (result)
            return result;
    }
    return 0;
}

obs_str obs_json_str(const obs_json *value)
{
    json_t *v = tree(value);

    return json_is_string(v) ? obs_str_n(json_string_value(v), json_string_length(v))
                             : obs_str_n("", 0);
}

int64_t obs_json_int(const obs_json *value)
{
    json_t *v = tree(value);

    if (json_is_real(v)) {
        double d = json_real_value(v);
        if (d >= 9223372036854775807.0)
            return INT64_MAX;
        return d <= -9223372036854775808.0 ? INT64_MIN : (int64_t)d;
    }
    return json_integer_value(v);
}

double obs_json_double(const obs_json *value)
{
    return json_number_value(tree(value));
}

int obs_json_bool(const obs_json *value)
{
    return json_is_true(tree(value));
}
