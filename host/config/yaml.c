/* SPDX-License-Identifier: Apache-2.0 */
/* Recursive descent over libyaml's events, depth and size bounded. Aliases are
 * copied and not shared, since an override changes one place only; the copies
 * count like what is written out, so a few lines cannot become gigabytes. */
#include "config/yaml.h"
#include "config/file.h"

#include <yaml.h>

#define MAX_DEPTH 64
#define MAX_NODES 1000000
#define MAX_ANCHORS 1000
#define MAX_FILE_BYTES ((size_t)64 << 20)

struct anchor {
    struct anchor *next;
    obs_str name;
    struct obs_conf *node; /* NULL while its content is being read */
};

struct reader {
    yaml_parser_t parser;
    obs_arena *arena;
    obs_str text;
    const char *source;
    struct conf_errors *errors;
    struct anchor *anchors; /* the latest first: a name may be used again */
    size_t nodes, n_anchors;
    bool placed;
};

static int complain(struct reader *r, yaml_mark_t at, const char *text)
{
    conf_error_place(r->errors, r->source, r->placed ? (uint32_t)at.line + 1 : 0,
                     (uint32_t)at.column + 1, NULL, "%s", text);
    return OBS_E_SYNTAX;
}

/* The reader below the parser knows bytes only: `offset` as line and column. */
static yaml_mark_t mark_of(obs_str text, size_t offset)
{
    yaml_mark_t at = {.index = offset};

    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            at.line++;
            at.column = 0;
        } else if (((unsigned char)text.ptr[i] & 0xc0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

static int next(struct reader *r, yaml_event_t *event)
{
    const yaml_parser_t *p = &r->parser;
    char text[256];

    if (yaml_parser_parse(&r->parser, event))
        return OBS_OK;
    if (p->error == YAML_MEMORY_ERROR)
        return OBS_E_NOMEM;
    snprintf(text, sizeof(text), "%s%s%s", p->problem ? p->problem : "not YAML",
             p->context ? ", " : "", p->context ? p->context : "");
    return complain(
        r, p->error == YAML_READER_ERROR ? mark_of(r->text, p->problem_offset) : p->problem_mark,
        text);
}

bool yaml_is_null(obs_str text)
{
    return text.len == 0 || obs_str_is(text, "~") || obs_str_is(text, "null") ||
           obs_str_is(text, "Null") || obs_str_is(text, "NULL");
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

/* --- anchors and aliases ------------------------------------------------------ */

/* `*ret_anchor` stays NULL when the node has none. */
static int add_anchor(struct reader *r, const yaml_char_t *name, yaml_mark_t at,
                      struct anchor **ret_anchor)
{
    struct anchor *a;

    if (!name)
        return OBS_OK;
    if (++r->n_anchors > MAX_ANCHORS)
        return complain(r, at, "more than a thousand anchors");
    a = obs_arena_calloc(r->arena, 1, sizeof(*a));
    if (!a)
        return OBS_E_NOMEM;
    a->name = obs_arena_dup(r->arena, obs_str_of((const char *)name));
    if (!a->name.ptr)
        return OBS_E_NOMEM;
    a->next = r->anchors;
    r->anchors = a;
    *ret_anchor = a;
    return OBS_OK;
}

static int check_bounds(struct reader *r, yaml_mark_t at, unsigned depth)
{
    if (depth > MAX_DEPTH)
        return complain(r, at, "nested deeper than 64 levels");
    if (++r->nodes > MAX_NODES)
        return complain(r, at, "more than a million values");
    return OBS_OK;
}

/* The copy keeps the place where its text stands: that is where to mend it. */
static int copy_node(struct reader *r, const struct obs_conf *from, yaml_mark_t at, unsigned depth,
                     struct obs_conf **ret_node)
{
    int rc = check_bounds(r, at, depth);
    struct obs_conf *node = rc < 0 ? NULL : node_new(r->arena, from->type);

    if (!node)
        return rc < 0 ? rc : OBS_E_NOMEM;
    *node = *from;
    node->entries = NULL;
    node->count = node->capacity = 0;
    for (size_t i = 0; i < from->count; i++) {
        struct conf_entry *entry;
        struct obs_conf *value;
        rc = copy_node(r, from->entries[i].value, at, depth + 1, &value);
        if (rc < 0)
            return rc;
        entry = node_append(r->arena, node, from->entries[i].key, value);
        if (!entry)
            return OBS_E_NOMEM;
        entry->key_line = from->entries[i].key_line;
        entry->key_column = from->entries[i].key_column;
    }
    *ret_node = node;
    return OBS_OK;
}

static int read_alias(struct reader *r, const yaml_event_t *event, unsigned depth,
                      struct obs_conf **ret_node)
{
    obs_str name = obs_str_of((const char *)event->data.alias.anchor);
    const struct anchor *a = r->anchors;
    char text[160];

    while (a && !obs_str_eq(a->name, name))
        a = a->next;
    if (a && a->node)
        return copy_node(r, a->node, event->start_mark, depth, ret_node);
    snprintf(text, sizeof(text),
             a ? "the alias *%.60s stands inside what &%.60s names"
               : "the alias *%.60s has no anchor &%.60s before it",
             name.ptr, name.ptr);
    return complain(r, event->start_mark, text);
}

/* --- nodes -------------------------------------------------------------------- */

static int read_scalar(struct reader *r, const yaml_event_t *event, struct obs_conf **ret_node)
{
    struct obs_conf *node = placed_node(r, OBS_CONF_SCALAR, event->start_mark);
    obs_str text = obs_str_n((const char *)event->data.scalar.value, event->data.scalar.length);

    if (event->data.scalar.tag)
        return complain(r, event->start_mark, "tags are not supported");
    if (memchr(text.ptr, 0, text.len))
        return complain(r, event->start_mark, "a NUL character in a value");
    if (!node)
        return OBS_E_NOMEM;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (!node->quoted && yaml_is_null(text))
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

    if (event->type != YAML_SCALAR_EVENT || memchr(key.ptr, 0, key.len))
        return complain(r, event->start_mark, "expected a key that is a single word");
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && obs_str_is(key, "<<"))
        return complain(r, event->start_mark, "merge keys (<<) are not supported");
    twin = node_find(map, key);
    if (twin) {
        if (r->placed)
            snprintf(text, sizeof(text), "the key \"%.100s\" stands here twice, first in line %u",
                     key.ptr, twin->key_line);
        else
            snprintf(text, sizeof(text), "the key \"%.100s\" stands here twice", key.ptr);
        return complain(r, event->start_mark, text);
    }
    *ret_key = obs_arena_dup(r->arena, key);
    return ret_key->ptr ? OBS_OK : OBS_E_NOMEM;
}

static int read_value(struct reader *r, unsigned depth, struct obs_conf **ret_node)
{
    yaml_event_t event;
    int rc = next(r, &event);

    if (rc < 0)
        return rc;
    rc = read_node(r, &event, depth, ret_node);
    yaml_event_delete(&event);
    return rc;
}

/* Entries of a mapping or a sequence until its end event. */
static int read_entries(struct reader *r, struct obs_conf *parent, unsigned depth)
{
    bool mapping = parent->type == OBS_CONF_MAPPING;
    yaml_event_type_t end = mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;

    for (;;) {
        struct conf_entry *entry;
        struct obs_conf *value = NULL;
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
            rc = read_value(r, depth + 1, &value);
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

static int read_collection(struct reader *r, const yaml_event_t *event, unsigned depth,
                           struct obs_conf **ret_node)
{
    bool mapping = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag =
        mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    struct obs_conf *node =
        placed_node(r, mapping ? OBS_CONF_MAPPING : OBS_CONF_SEQUENCE, event->start_mark);
    int rc;

    if (tag)
        return complain(r, event->start_mark, "tags are not supported");
    if (!node)
        return OBS_E_NOMEM;
    rc = read_entries(r, node, depth);
    if (rc == OBS_OK)
        *ret_node = node;
    return rc;
}

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor;
    default:
        return NULL;
    }
}

static int read_node(struct reader *r, const yaml_event_t *event, unsigned depth,
                     struct obs_conf **ret_node)
{
    struct anchor *anchor = NULL;
    int rc;

    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(r, event, depth, ret_node);
    rc = check_bounds(r, event->start_mark, depth);
    if (rc == OBS_OK)
        rc = add_anchor(r, anchor_of(event), event->start_mark, &anchor);
    if (rc < 0)
        return rc;
    rc = event->type == YAML_SCALAR_EVENT ? read_scalar(r, event, ret_node)
                                          : read_collection(r, event, depth, ret_node);
    if (rc == OBS_OK && anchor)
        anchor->node = *ret_node;
    return rc;
}

/* Skips the stream and document starts; an empty document is an empty mapping. */
static int read_document(struct reader *r, struct obs_conf **ret_root)
{
    struct obs_conf *root = NULL;
    yaml_event_type_t type;

    do {
        yaml_event_t event;
        int rc = next(r, &event);
        if (rc < 0)
            return rc;
        type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && root)
            rc = complain(r, event.start_mark, "a second document; expected one");
        else if (type == YAML_SCALAR_EVENT || type == YAML_MAPPING_START_EVENT ||
                 type == YAML_SEQUENCE_START_EVENT || type == YAML_ALIAS_EVENT)
            rc = read_node(r, &event, /* depth= */ 0, &root);
        yaml_event_delete(&event);
        if (rc < 0)
            return rc;
    } while (type != YAML_STREAM_END_EVENT);
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
    struct reader r = {
        .arena = arena, .text = text, .source = source, .errors = errors, .placed = placed};
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

int yaml_load(obs_arena *arena, const char *path, struct obs_conf **ret_root,
              struct conf_errors *errors)
{
    struct file_spec spec = {.path = path, .limit_bytes = MAX_FILE_BYTES};
    obs_str name = obs_arena_dup(arena, obs_str_of(path)), text;
    char why[128];
    int rc;

    if (!name.ptr)
        return OBS_E_NOMEM;
    rc = file_read(arena, &spec, &text, why, sizeof(why));
    if (rc < 0) {
        conf_error_place(errors, name.ptr, 0, 0, NULL, "%s", why);
        return rc;
    }
    return yaml_parse(arena, text, name.ptr, /* placed= */ 1, ret_root, errors);
}

/* Hands the root out, or the first complaint. */
static int finish(int rc, const struct conf_errors *errors, const struct obs_conf *root,
                  const obs_conf **ret_root, char *error, size_t error_size)
{
    if (rc == OBS_OK)
        *ret_root = root;
    else
        snprintf(error, error_size, "%s",
                 errors->count ? errors->items[0].text.ptr : "out of memory");
    return rc;
}

int obs_conf_load(obs_arena *arena, const char *path, const obs_conf **ret_root, char *error,
                  size_t error_size)
{
    struct conf_errors errors;
    struct obs_conf *root = NULL;
    int rc;

    conf_errors_init(&errors, arena);
    rc = yaml_load(arena, path, &root, &errors);
    return finish(rc, &errors, root, ret_root, error, error_size);
}

int obs_conf_parse(obs_arena *arena, obs_str text, const char *source, const obs_conf **ret_root,
                   char *error, size_t error_size)
{
    obs_str name = obs_arena_dup(arena, obs_str_of(source));
    struct conf_errors errors;
    struct obs_conf *root = NULL;
    int rc = OBS_E_NOMEM;

    conf_errors_init(&errors, arena);
    if (name.ptr)
        rc = yaml_parse(arena, text, name.ptr, /* placed= */ 1, &root, &errors);
    return finish(rc, &errors, root, ret_root, error, error_size);
}
