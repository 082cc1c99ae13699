/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what the parser takes, the writer writes so that it reads the same; any
 * bytes as a string come out as one valid string; a mistake has its place. */
#include <observatory/json.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition)
        __builtin_trap();
}

static void write_value(obs_jw *jw, const obs_json *value);

static int write_member(obs_str key, const obs_json *value, void *jw)
{
    obs_jw_key_str(jw, key);
    write_value(jw, value);
    return 0;
}

static void write_value(obs_jw *jw, const obs_json *value)
{
    switch (obs_json_type(value)) {
    case OBS_JSON_BOOL:
        obs_jw_bool(jw, obs_json_bool(value));
        break;
    case OBS_JSON_INT:
        obs_jw_int(jw, obs_json_int(value));
        break;
    case OBS_JSON_REAL:
        obs_jw_double(jw, obs_json_double(value));
        break;
    case OBS_JSON_STRING:
        obs_jw_str(jw, obs_json_str(value));
        break;
    case OBS_JSON_ARRAY:
        obs_jw_array(jw);
        for (size_t i = 0; i < obs_json_count(value); i++)
            write_value(jw, obs_json_at(value, i));
        obs_jw_end_array(jw);
        break;
    case OBS_JSON_OBJECT:
        obs_jw_object(jw);
        obs_json_each(value, write_member, jw);
        obs_jw_end_object(jw);
        break;
    default:
        obs_jw_null(jw);
    }
}

static void same(const obs_json *a, const obs_json *b);

static int same_member(obs_str key, const obs_json *value, void *other)
{
    same(value, obs_json_get(other, key.ptr));
    return 0;
}

/* A real without a fraction is written like an integer: compare as numbers. */
static void same(const obs_json *a, const obs_json *b)
{
    uint32_t type = obs_json_type(a);

    if (type == OBS_JSON_REAL) {
        require(obs_json_double(a) == obs_json_double(b));
        return;
    }
    require(type == obs_json_type(b));
    require(obs_json_count(a) == obs_json_count(b));
    require(obs_json_int(a) == obs_json_int(b));
    require(obs_json_bool(a) == obs_json_bool(b));
    require(obs_str_eq(obs_json_str(a), obs_json_str(b)));
    if (type == OBS_JSON_ARRAY)
        for (size_t i = 0; i < obs_json_count(a); i++)
            same(obs_json_at(a, i), obs_json_at(b, i));
    if (type == OBS_JSON_OBJECT)
        obs_json_each(a, same_member, (void *)(uintptr_t)b);
}

static void check_tree(obs_arena *arena, const obs_json *value)
{
    obs_buf *buf = obs_buf_new(arena, 0);
    const obs_json *back;

    write_value(obs_jw_new(arena, buf), value);
    require(obs_buf_error(buf) == OBS_OK);
    require(obs_json_parse(arena, obs_buf_str(buf), &back, NULL) == OBS_OK);
    same(value, back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_str text = obs_str_n((const char *)data, size);
    obs_arena *arena = obs_arena_create((size_t)64 << 20);
    obs_buf *buf = obs_buf_new(arena, 0);
    obs_json_error error = {.size = sizeof(error)};
    const obs_json *value;
    int rc = obs_json_parse(arena, text, &value, &error);

    if (rc == OBS_OK)
        check_tree(arena, value);
    else
        require(rc == OBS_E_SYNTAX && error.line > 0 && error.offset <= size && error.text[0]);
    obs_jw_str(obs_jw_new(arena, buf), text);
    require(obs_json_parse(arena, obs_buf_str(buf), &value, &error) == OBS_OK);
    require(obs_json_type(value) == OBS_JSON_STRING);
    obs_arena_destroy(arena);
    return 0;
}
