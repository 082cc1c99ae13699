/* SPDX-License-Identifier: Apache-2.0 */
/* Recursive descent over libyaml's events, depth and size bounded. */
#include "config/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#define MAX_DEPTH 64
#define MAX_NODES 1000000
#define MAX_FILE_BYTES ((size_t)64 << 20)

struct reader {
    yaml_parser_t parser;
    obs_arena *arena;
    const char *source;
    struct conf_errors *errors;
    size_t nodes;
    bool placed;
};

static int complain(struct reader *r, yaml_mark_t at, const char *text)
{
    conf_error_place(r->errors, r->source, r->placed ? (uint32_t)at.line + 1 : 0,
                     (uint32_t)at.column + 1, NULL, "%s", text);
    return OBS_E_SYNTAX;
}

static int next(struct reader *r, yaml_event_t *event)
{
    char text[256];
    yaml_mark_t at;

    if (yaml_parser_parse(&r->parser, event))
        return OBS_OK;
    if (r->parser.error == YAML_MEMORY_ERROR)
        return OBS_E_NOMEM;
    at = r->parser.problem_mark;
    snprintf(text, sizeof(text), "%s%s%s", r->parser.problem ? r->parser.problem : "not YAML",
             r->parser.context ? ", " : "", r->parser.context ? r->parser.context : "");
    return complain(r, at, text);
}

static bool is_null(obs_str text)
{
    return text.len == 0 || obs_str_is(text, "~") || obs_str_is(text, "null");
}

static struct obs_conf *placed_node(struct reader *r, uint32_t type, yaml_mark_t at)
{
    struct obs_conf *node = node_new(r->arena, type);

    if (!node)
        return NULL;
    node->source = r->source;
    if (r->placed) {
        node->line = (uint32_t)at.line + 1;
        node->column = (uint32_t)at.column + 1;
    }
    return node;
}

static int read_scalar(struct reader *r, const yaml_event_t *event, struct obs_conf **ret_node)
{
    struct obs_conf *node = placed_node(r, OBS_CONF_SCALAR, event->start_mark);
    obs_str text = obs_str_n((const char *)event->data.scalar.value, event->data.scalar.length);

    if (event->data.scalar.anchor || event->data.scalar.tag)
        return complain(r, event->start_mark, "anchors and tags are not supported");
    if (memchr(text.ptr, 0, text.len))
        return complain(r, event->start_mark, "a NUL character in a value");
    if (!node)
        return OBS_E_NOMEM;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (!node->quoted && is_null(text))
        node->type = OBS_CONF_NULL;
    else if (!(node->text = obs_arena_dup(r->arena, text)).ptr)
        return OBS_E_NOMEM;
    *ret_node = node;
    return OBS_OK;
}

static int read_node(struct reader *r, const yaml_event_t *event, unsigned depth,
                     struct obs_conf **ret_node);

static int read_key(struct reader *r, const struct obs_conf *map, const yaml_event_t *event,
                    obs_str *ret_key)
{
    obs_str key = obs_str_n((const char *)event->data.scalar.value, event->data.scalar.length);
    struct conf_entry *twin;
    char text[256];

    if (event->type != YAML_SCALAR_EVENT)
        return complain(r, event->start_mark, "expected a key that is a single word");
    twin = node_find(map, key);
    if (twin) {
        snprintf(text, sizeof(text), "the key \"%.100s\" stands here twice, first in line %u",
                 key.ptr, twin->key_line);
        return complain(r, event->start_mark, text);
    }
    *ret_key = obs_arena_dup(r->arena, key);
    return ret_key->ptr ? OBS_OK : OBS_E_NOMEM;
}

/* Entries of a mapping or a sequence until its end event. */
static int read_entries(struct reader *r, struct obs_conf *parent, unsigned depth)
{
    bool mapping = parent->type == OBS_CONF_MAPPING;
    yaml_event_type_t end = mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;

    for (;;) {
        struct conf_entry *entry;
        struct obs_conf *value;
        obs_str key = {0};
        yaml_event_t event;
        yaml_mark_t at;
        bool last;
        int rc = next(r, &event);
        if (rc < 0)
            return rc;
        at = event.start_mark;
        last = event.type == end;
        if (!last)
            rc = mapping ? read_key(r, parent, &event, &key)
                         : read_node(r, &event, depth + 1, &value);
        yaml_event_delete(&event);
        if (last || rc < 0)
            return rc;
        if (mapping) {
            rc = next(r, &event);
            if (rc < 0)
                return rc;
            rc = read_node(r, &event, depth + 1, &value);
            yaml_event_delete(&event);
            if (rc < 0)
                return rc;
        }
        entry = node_append(r->arena, parent, key, value);
        if (!entry)
            return OBS_E_NOMEM;
        if (r->placed) {
            entry->key_line = (uint32_t)at.line + 1;
            entry->key_column = (uint32_t)at.column + 1;
        }
    }
}

static int read_node(struct reader *r, const yaml_event_t *event, unsigned depth,
                     struct obs_conf **ret_node)
{
    uint32_t type = event->type == YAML_MAPPING_START_EVENT ? OBS_CONF_MAPPING : OBS_CONF_SEQUENCE;
    struct obs_conf *node;
    int rc;

    if (depth > MAX_DEPTH)
        return complain(r, event->start_mark, "nested deeper than 64 levels");
    if (++r->nodes > MAX_NODES)
        return complain(r, event->start_mark, "more than a million values");
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(r, event, ret_node);
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        if (event->data.mapping_start.anchor || event->data.mapping_start.tag)
            return complain(r, event->start_mark, "anchors and tags are not supported");
        node = placed_node(r, type, event->start_mark);
        if (!node)
            return OBS_E_NOMEM;
        rc = read_entries(r, node, depth);
        if (rc == OBS_OK)
            *ret_node = node;
        return rc;
    default:
        return complain(r, event->start_mark, "aliases are not supported");
    }
}

/* Skips the stream and document starts; an empty document is an empty mapping. */
static int read_document(struct reader *r, struct obs_conf **ret_root)
{
    struct obs_conf *root = NULL;

    for (;;) {
        yaml_event_t event;
        int rc = next(r, &event);
        yaml_event_type_t type = rc < 0 ? YAML_NO_EVENT : event.type;
        yaml_mark_t at = event.start_mark;
        if (rc < 0)
            return rc;
        if (type == YAML_DOCUMENT_START_EVENT && root)
            rc = complain(r, at, "a second document; expected one");
        else if (type == YAML_SCALAR_EVENT || type == YAML_MAPPING_START_EVENT ||
                 type == YAML_SEQUENCE_START_EVENT || type == YAML_ALIAS_EVENT)
            rc = read_node(r, &event, 0, &root);
        yaml_event_delete(&event);
        if (rc < 0)
            return rc;
        if (type == YAML_STREAM_END_EVENT)
            break;
    }
    if (!root)
        root = placed_node(r, OBS_CONF_MAPPING, (yaml_mark_t){0});
    if (!root)
        return OBS_E_NOMEM;
    *ret_root = root;
    return OBS_OK;
}

int yaml_parse(obs_arena *arena, obs_str text, const char *source, int placed,
               struct obs_conf **ret_root, struct conf_errors *errors)
{
    struct reader r = {.arena = arena, .source = source, .errors = errors, .placed = placed};
    int rc;

    if (!yaml_parser_initialize(&r.parser))
        return OBS_E_NOMEM;
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.len ? text.ptr : ""),
                                 text.len);
    rc = read_document(&r, ret_root);
    yaml_parser_delete(&r.parser);
    return rc;
}

/* --- files --------------------------------------------------------------------- */

static int refuse(char *error, size_t size, const char *why, int code)
{
    snprintf(error, size, "%s", why);
    return code;
}

int yaml_read_file(obs_arena *arena, const char *path, size_t limit_bytes, obs_str *ret_text,
                   char *error, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = OBS_OK;
    struct stat st;
    char *text = NULL;
    size_t len = 0;

    if (fd < 0)
        return refuse(error, size, strerror(errno), OBS_E_NOT_FOUND);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        rc = refuse(error, size, "not a regular file", OBS_E_NOT_FOUND);
    else if ((uint64_t)st.st_size > limit_bytes)
        rc = refuse(error, size, "the file is too large", OBS_E_TOO_LARGE);
    else if (!(text = obs_arena_alloc(arena, (size_t)st.st_size + 1)))
        rc = refuse(error, size, "out of memory", OBS_E_NOMEM);
    while (rc == OBS_OK && len < (size_t)st.st_size) {
        ssize_t n = read(fd, text + len, (size_t)st.st_size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = refuse(error, size, strerror(errno), OBS_E_NOT_FOUND);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    close(fd);
    if (rc < 0)
        return rc;
    text[len] = '\0';
    *ret_text = obs_str_n(text, len);
    return OBS_OK;
}

int yaml_load(obs_arena *arena, const char *path, struct obs_conf **ret_root,
              struct conf_errors *errors)
{
    obs_str name = obs_arena_dup(arena, obs_str_of(path)), text;
    char why[128];
    int rc;

    if (!name.ptr)
        return OBS_E_NOMEM;
    rc = yaml_read_file(arena, path, MAX_FILE_BYTES, &text, why, sizeof(why));
    if (rc < 0) {
        conf_error_place(errors, name.ptr, 0, 0, NULL, "%s", why);
        return rc;
    }
    return yaml_parse(arena, text, name.ptr, /* placed= */ 1, ret_root, errors);
}

int obs_conf_load(obs_arena *arena, const char *path, const obs_conf **ret_root, char *error,
                  size_t error_size)
{
    struct conf_errors errors;
    struct obs_conf *root;
    int rc;

    conf_errors_init(&errors, arena);
    rc = yaml_load(arena, path, &root, &errors);
    if (rc == OBS_OK)
        *ret_root = root;
    else
        snprintf(error, error_size, "%s",
                 errors.count ? errors.items[0].text.ptr : "out of memory");
    return rc;
}
