/* SPDX-License-Identifier: Apache-2.0 */
/* An option of every type, as the host filled it in. */
#include "client.h"

#define AT(member) offsetof(struct settings, member)

const obs_option settings_options[SETTINGS_COUNT] = {
    {.name = "flag", .type = OBS_OPT_BOOL, .offset = AT(flag), .def = "off", .help = "a truth"},
    {.name = "choice",
     .type = OBS_OPT_CHOICE,
     .offset = AT(choice),
     .def = "red",
     .choices = "red|green|blue",
     .help = "a colour"},
    {.name = "whole",
     .type = OBS_OPT_INT,
     .offset = AT(whole),
     .def = "7",
     .min = "-10",
     .max = "10",
     .help = "a whole number"},
    {.name = "real", .type = OBS_OPT_FLOAT, .offset = AT(real), .def = "0.5", .help = "a number"},
    {.name = "bytes", .type = OBS_OPT_SIZE, .offset = AT(bytes), .def = "4KiB", .help = "a size"},
    {.name = "wait",
     .type = OBS_OPT_DURATION,
     .offset = AT(wait_ns),
     .def = "5ms",
     .help = "a time"},
    {.name = "rate", .type = OBS_OPT_RATE, .offset = AT(rate), .def = "60/m", .help = "a rate"},
    {.name = "prefix",
     .type = OBS_OPT_STRING,
     .offset = AT(prefix),
     .def = "/old",
     .help = "a path"},
    {.name = "path", .type = OBS_OPT_PATH, .offset = AT(path), .help = "a file"},
    {.name = "list", .type = OBS_OPT_LIST, .offset = AT(list), .help = "some words"},
    {.name = "tree",
     .type = OBS_OPT_TREE,
     .flags = OBS_OPT_REQUIRED,
     .offset = AT(tree),
     .help = "anything"},
};

/* The tree as JSON, each scalar as text. */
static void write_node(obs_jw *jw, const obs_conf *node)
{
    uint32_t type = obs_conf_type(node);
    obs_str key;

    if (type == OBS_CONF_MAPPING) {
        obs_jw_object(jw);
        for (size_t i = 0; i < obs_conf_count(node); i++) {
            const obs_conf *value = obs_conf_at(node, i, &key);

            obs_jw_key_str(jw, key);
            write_node(jw, value);
        }
        obs_jw_end_object(jw);
    } else if (type == OBS_CONF_SEQUENCE) {
        obs_jw_array(jw);
        for (size_t i = 0; i < obs_conf_count(node); i++)
            write_node(jw, obs_conf_at(node, i, /* ret_key= */ NULL));
        obs_jw_end_array(jw);
    } else if (type == OBS_CONF_SCALAR) {
        obs_jw_str(jw, obs_conf_str(node));
    } else {
        obs_jw_null(jw);
    }
}

/* `path` is a YAML file with the key "inside". */
static int write_file(obs_arena *arena, struct answer *answer, const char *path)
{
    char error[256];
    const obs_conf *root = NULL;
    int rc = obs_conf_load(arena, path, &root, error, sizeof(error));

    if (rc < 0)
        return rc;
    answer_text(answer, "inside", obs_conf_str(obs_conf_get(root, "inside")));
    answer_uint(answer, "inside_line", obs_conf_line(obs_conf_get(root, "inside")));
    answer_uint(answer, "inside_column", obs_conf_column(obs_conf_get(root, "inside")));
    return OBS_OK;
}

int settings_show(obs_request *req, void *self)
{
    const struct settings *s = ((struct client *)self)->settings;
    struct answer answer;
    int rc = answer_begin(req, &answer);

    if (rc < 0)
        return rc;
    obs_jw_key(answer.jw, "flag");
    obs_jw_bool(answer.jw, s->flag);
    obs_jw_key(answer.jw, "choice");
    obs_jw_int(answer.jw, s->choice);
    obs_jw_key(answer.jw, "whole");
    obs_jw_int(answer.jw, s->whole);
    obs_jw_key(answer.jw, "real");
    obs_jw_double(answer.jw, s->real);
    answer_uint(&answer, "bytes", s->bytes);
    obs_jw_key(answer.jw, "wait_ms");
    obs_jw_fixed(answer.jw, s->wait_ns, /* decimals= */ 6);
    obs_jw_key(answer.jw, "rate");
    obs_jw_double(answer.jw, s->rate);
    obs_jw_key(answer.jw, "prefix");
    obs_jw_cstr(answer.jw, s->prefix);
    obs_jw_key(answer.jw, "list");
    obs_jw_array(answer.jw);
    for (size_t i = 0; i < s->list.count; i++)
        obs_jw_str(answer.jw, s->list.items[i]);
    obs_jw_end_array(answer.jw);
    obs_jw_key(answer.jw, "tree");
    write_node(answer.jw, s->tree);
    if (s->path)
        rc = write_file(obs_request_arena(req), &answer, s->path);
    return rc < 0 ? rc : answer_end(req, &answer);
}
