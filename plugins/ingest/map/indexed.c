/* SPDX-License-Identifier: Apache-2.0 */
/* Rebuilding indexed lists. Parts are sorted by message, group and index,
 * then written front to back. */
#include "indexed.h"

#include <stdlib.h>

#define FIRST_CAPACITY 64u
#define MAX_SUB_DIGITS 6

/* Splits "tool_calls.1.tool_call.id" into group, number and "id". A row that
 * names the whole key leaves nothing: that is the content. */
static void classify(struct indexed_part *part, obs_str rest)
{
    static const struct {
        obs_str before;
        obs_str after; /* dropped when it is there */
        uint8_t group;
    } groups[] = {
        {OBS_STR("contents."), OBS_STR("message_content."), INDEXED_CONTENTS},
        {OBS_STR("tool_calls."), OBS_STR("tool_call."), INDEXED_CALLS},
    };

    part->group = INDEXED_PLAIN;
    part->sub = 0;
    part->name = rest.len ? rest : (obs_str)OBS_STR("content");
    if (obs_str_is(rest, "function_call_name") || obs_str_is(rest, "function_call_arguments_json"))
        part->group = INDEXED_FUNCTION;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        const char *p = rest.ptr + groups[i].before.len, *end = rest.ptr + rest.len;
        uint32_t sub = 0;
        int digits = 0;

        if (rest.len <= groups[i].before.len ||
            memcmp(rest.ptr, groups[i].before.ptr, groups[i].before.len) != 0)
            continue;
        for (; p < end && *p >= '0' && *p <= '9' && digits < MAX_SUB_DIGITS; p++, digits++)
            sub = sub * 10 + (uint32_t)(*p - '0');
        if (digits == 0 || end - p < 2 || *p != '.')
            return;
        p++;
        if ((size_t)(end - p) > groups[i].after.len &&
            memcmp(p, groups[i].after.ptr, groups[i].after.len) == 0)
            p += groups[i].after.len;
        part->group = groups[i].group;
        part->sub = sub;
        part->name = obs_str_n(p, (size_t)(end - p));
        return;
    }
}

static int compare(const void *left, const void *right)
{
    const struct indexed_part *a = left, *b = right;

    if (a->list != b->list)
        return a->list < b->list ? -1 : 1;
    if (a->list == LIST_FEEDBACK && a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->sub != b->sub)
        return a->sub < b->sub ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static bool grow(struct indexed_parts *parts, obs_arena *arena)
{
    uint32_t capacity = parts->capacity ? parts->capacity * 2 : FIRST_CAPACITY;
    struct indexed_part *items = obs_arena_alloc(arena, capacity * sizeof(*items));

    if (!items)
        return false;
    if (parts->n)
        memcpy(items, parts->items, parts->n * sizeof(*items));
    parts->items = items;
    parts->capacity = capacity;
    return true;
}

static uint8_t list_of(const struct map_row *row)
{
    static const uint8_t lists[] = {
        [TO_INPUT_PART - TO_INPUT_PART] = LIST_INPUT,
        [TO_OUTPUT_PART - TO_INPUT_PART] = LIST_OUTPUT,
        [TO_DOCUMENT_PART - TO_INPUT_PART] = LIST_DOCUMENTS,
        [TO_FEEDBACK_PART - TO_INPUT_PART] = LIST_FEEDBACK,
    };

    return lists[row->target - TO_INPUT_PART];
}

bool indexed_is(const struct map_row *row)
{
    return row->target >= TO_INPUT_PART && row->target <= TO_FEEDBACK_PART;
}

void indexed_add(struct indexed_parts *parts, obs_arena *arena, const struct map_row *row,
                 uint32_t index, obs_str rest, struct otlp_attr *attr)
{
    uint8_t list = list_of(row);
    struct indexed_part *part;

    if (parts->n >= parts->max || (parts->n == parts->capacity && !grow(parts, arena))) {
        parts->over |= (uint8_t)(1u << list);
        return;
    }
    part = &parts->items[parts->n];
    *part = (struct indexed_part){
        .attr = attr, .row = row, .index = index, .order = parts->n, .list = list};
    classify(part, rest);
    parts->n++;
    parts->sorted = false;
}

/* --- writing --------------------------------------------------------------- */

/* The member's name in the message for what the key ends with. */
static obs_str member_name(const struct indexed_part *part)
{
    static const struct {
        const char *from;
        const char *to;
        uint8_t plain;
    } names[] = {
        {"function.name", "name", 0},
        {"function.arguments", "arguments", 0},
        {"function_call_name", "name", 0},
        {"function_call_arguments_json", "arguments", 0},
        {"image.image.url", "image_url", 0},
        {"text", "content", 1}, /* of a prompt or a completion; parts keep theirs */
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (obs_str_is(part->name, names[i].from) &&
            (part->group == INDEXED_PLAIN) == names[i].plain)
            return obs_str_of(names[i].to);
    return part->name;
}

static bool same_object(const struct indexed_part *a, const struct indexed_part *b)
{
    return a->list == b->list && a->index == b->index && a->group == b->group && a->sub == b->sub;
}

/* `{…}` of the parts of one content, call or function; returns where it ends. */
static const struct indexed_part *
write_object(struct json_out *out, const struct indexed_part *part, const struct indexed_part *end)
{
    const struct indexed_part *object = part;
    bool first = true;

    json_out_char(out, '{');
    for (; part < end && same_object(object, part); part++) {
        json_out_member(out, &first, member_name(part), &part->attr->value);
        part->attr->value.mapped = 1;
    }
    json_out_char(out, '}');
    return part;
}

/* `"content":[{…},{…}]` or `"tool_calls":[…]`; returns where it ends. */
static const struct indexed_part *write_group(struct json_out *out, const struct indexed_part *part,
                                              const struct indexed_part *end, obs_str name)
{
    const struct indexed_part *head = part;

    json_out_str(out, name);
    JSON_OUT_LITERAL(out, ":[");
    while (part < end && part->group == head->group && part->index == head->index) {
        if (part != head)
            json_out_char(out, ',');
        part = write_object(out, part, end);
    }
    json_out_char(out, ']');
    return part;
}

static const struct indexed_part *
write_message(struct json_out *out, const struct indexed_part *part, const struct indexed_part *end)
{
    uint32_t index = part->index;
    bool first = true, has_content = false;

    json_out_char(out, '{');
    while (part < end && part->index == index) {
        obs_str name = member_name(part);

        if (part->group == INDEXED_PLAIN) {
            has_content |= obs_str_is(name, "content");
            json_out_member(out, &first, name, &part->attr->value);
            part->attr->value.mapped = 1;
            part++;
            continue;
        }
        if (!first)
            json_out_char(out, ',');
        first = false;
        if (part->group == INDEXED_FUNCTION) {
            JSON_OUT_LITERAL(out, "\"function_call\":");
            part = write_object(out, part, end);
            continue;
        }
        if (part->group == INDEXED_CALLS)
            name = (obs_str)OBS_STR("tool_calls");
        else
            name = obs_str_of(has_content ? "contents" : "content");
        part = write_group(out, part, end, name);
    }
    json_out_char(out, '}');
    return part;
}

static void sort(struct indexed_parts *parts)
{
    bool in_order = true;

    for (uint32_t i = 1; i < parts->n && in_order; i++)
        in_order = compare(&parts->items[i - 1], &parts->items[i]) < 0;
    if (!in_order)
        qsort(parts->items, parts->n, sizeof(*parts->items), compare);
    parts->sorted = true;
}

const struct indexed_part *indexed_of(struct indexed_parts *parts, enum indexed_list list,
                                      const struct indexed_part **ret_end)
{
    const struct indexed_part *part, *end;

    if (!parts->sorted)
        sort(parts);
    part = parts->items;
    end = part + parts->n;
    while (part < end && part->list != list)
        part++;
    while (end > part && end[-1].list != list)
        end--;
    *ret_end = end;
    return part;
}

obs_str indexed_write(struct indexed_parts *parts, struct json_out *out, enum indexed_list list,
                      const struct map_row **ret_row)
{
    const struct indexed_part *end, *part = indexed_of(parts, list, &end);

    if (part == end)
        return obs_str_n(NULL, 0);
    if (ret_row)
        *ret_row = part->row;
    json_out_char(out, '[');
    for (const struct indexed_part *head = part; part < end;) {
        if (part != head)
            json_out_char(out, ',');
        part = write_message(out, part, end);
    }
    json_out_char(out, ']');
    return json_out_take(out);
}
