/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting and writing the sources. */
#include "sources.h"

/* A name that OpenTelemetry gives it today. Where there are several, the
 * attributes tell which it was, but for content, which leaves them. */
static bool is_current(const struct map_row *row)
{
    return row->dialect <= DIALECT_GENAI && (row->priority == 1 || row->transform != AS_CONTENT);
}

static const char all_parameters[] = "model_parameters";

static void add(struct sources *s, const struct source *source)
{
    if (s->n < SOURCES_MAX)
        s->items[s->n++] = *source;
}

void sources_add(struct sources *s, const char *field, uint8_t dialect, const char *key)
{
    add(s, &(struct source){.field = field, .key = key, .dialect = dialect});
}

void sources_add_row(struct sources *s, const char *field, const struct map_row *row)
{
    if (!is_current(row))
        sources_add(s, field, row->dialect, row->key);
}

static void add_named(struct sources *s, const struct named *named, uint8_t group)
{
    const struct map_row *row = named->row;

    if (is_current(row))
        return;
    if (row->name) {
        add(s, &(struct source){row->name, row->key, row->dialect, group});
        return;
    }
    /* the members of one object came from it: once is enough */
    for (uint32_t i = 0; i < s->n; i++)
        if (s->items[i].dialect == row->dialect && s->items[i].field == all_parameters)
            return;
    sources_add(s, all_parameters, row->dialect, row->key);
}

void sources_add_draft(struct sources *s, const struct draft *draft)
{
    uint64_t fields = draft->set & ((UINT64_C(1) << TO_SYSTEM) - 1);

    for (; fields; fields &= fields - 1) {
        unsigned target = (unsigned)__builtin_ctzll(fields);

        sources_add_row(s, map_target_names[target], draft->slots[target].row);
    }
    for (uint32_t i = 0; i < draft->n_parameters; i++)
        add_named(s, &draft->parameters[i], SOURCE_PARAMETER);
    for (uint32_t i = 0; i < draft->n_attributes; i++)
        add_named(s, &draft->attributes[i], SOURCE_ATTRIBUTE);
}

static void write_member(struct json_out *out, const struct source *source)
{
    static const char *const groups[] = {[SOURCE_FIELD] = "",
                                         [SOURCE_PARAMETER] = "model_parameters.",
                                         [SOURCE_ATTRIBUTE] = "attributes."};

    json_out_char(out, '"');
    json_out_raw(out, obs_str_of(groups[source->group])); /* names of the table need no escape */
    json_out_raw(out, obs_str_of(source->field));
    JSON_OUT_LITERAL(out, "\":");
    json_out_str(out, obs_str_of(source->key));
}

static void write_dialect(struct sources *s, struct json_out *out, uint32_t dialect)
{
    bool first = true;

    json_out_str(out, obs_str_of(map_dialect_names[dialect]));
    JSON_OUT_LITERAL(out, ":{");
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->items[i].dialect != dialect)
            continue;
        if (!first)
            json_out_char(out, ',');
        first = false;
        write_member(out, &s->items[i]);
    }
    json_out_char(out, '}');
}

static bool same(const struct sources *s)
{
    if (s->n != s->n_last)
        return false;
    for (uint32_t i = 0; i < s->n; i++)
        if (s->items[i].field != s->last[i].field || s->items[i].key != s->last[i].key)
            return false;
    return true;
}

obs_str sources_take(struct sources *s, struct json_out *out)
{
    uint32_t dialects = 0;
    bool first = true;

    if (same(s)) {
        s->n = 0;
        return s->text;
    }
    for (uint32_t i = 0; i < s->n; i++)
        dialects |= UINT32_C(1) << s->items[i].dialect;
    for (uint32_t d = 0; d < N_MAP_DIALECTS; d++) {
        if (!(dialects >> d & 1))
            continue;
        json_out_char(out, first ? '{' : ',');
        first = false;
        write_dialect(s, out, d);
    }
    if (!first)
        json_out_char(out, '}');
    memcpy(s->last, s->items, s->n * sizeof(s->items[0]));
    s->n_last = s->n;
    s->n = 0;
    s->text = json_out_take(out);
    return s->text;
}
