/* SPDX-License-Identifier: Apache-2.0 */
/* The transforms of the mapping table, and which value wins. A value that its
 * transform cannot read is no candidate. */
#include "draft.h"
#include "json_cursor.h"
#include "messages.h"
#include "values.h"

#include <math.h>

#define MAX_COUNT 9007199254740992.0 /* 2^53: beyond it a double counts in steps */
#define MAX_SECONDS 1e9
#define MAX_USD 1e9

void draft_init(struct draft *draft)
{
    for (unsigned i = 0; i < N_MAP_TARGETS; i++)
        draft->slots[i].row = NULL;
    draft->n_parameters = 0;
}

/* --- transforms ------------------------------------------------------------ */

static bool as_number(struct json_out *out, const struct otlp_value *v, double *ret)
{
    switch (v->kind) {
    case OTLP_INT:
        *ret = (double)v->i;
        return true;
    case OTLP_DOUBLE:
        *ret = v->d;
        return isfinite(v->d);
    case OTLP_STRING:
        return json_parse_double(out->arena, v->s, ret);
    default:
        return false;
    }
}

/* A number in [0, max] times `factor`, rounded. */
static bool as_scaled(struct json_out *out, const struct otlp_value *v, double factor, double max,
                      int64_t *ret)
{
    double number;

    if (!as_number(out, v, &number) || !(number >= 0 && number <= max))
        return false;
    *ret = llround(number * factor);
    return true;
}

static bool as_count(struct json_out *out, const struct otlp_value *v, int64_t *ret)
{
    double number;

    if (!as_number(out, v, &number) || !(number >= 0 && number <= MAX_COUNT) ||
        number != floor(number))
        return false;
    *ret = (int64_t)number;
    return true;
}

static bool as_text(struct json_out *out, const struct otlp_value *v, obs_str *ret)
{
    if (v->kind == OTLP_STRING) {
        *ret = v->s;
        return v->s.len > 0;
    }
    if (v->kind != OTLP_INT && v->kind != OTLP_DOUBLE && v->kind != OTLP_BOOL)
        return false;
    json_out_value(out, v);
    *ret = json_out_take(out);
    return ret->ptr != NULL;
}

static bool as_first(struct json_out *out, const struct otlp_value *v, obs_str *ret)
{
    struct json_cursor c;
    bool first = true;

    if (v->kind == OTLP_ARRAY)
        return v->n > 0 && as_text(out, &v->items[0], ret);
    if (v->kind != OTLP_STRING || v->s.len == 0 || v->s.ptr[0] != '[')
        return as_text(out, v, ret);
    json_cursor_init(&c, v->s, out->arena, /* error= */ NULL);
    if (json_open(&c, '[') < 0 || json_item(&c, &first) <= 0)
        return false;
    return json_string(&c, ret) == OBS_OK && ret->len > 0;
}

/* Valid JSON of the wanted kind ('{' or '['), sent as text or as a value. */
static bool as_json(struct json_out *out, const struct otlp_value *v, char bracket, obs_str *ret)
{
    if (v->kind == OTLP_STRING) {
        if (json_compacted(out, v->s, ret) < 0)
            return false;
        while (ret->len && (unsigned char)ret->ptr[0] <= ' ')
            *ret = obs_str_n(ret->ptr + 1, ret->len - 1);
        return ret->len > 0 && ret->ptr[0] == bracket;
    }
    if (v->kind != (bracket == '{' ? OTLP_KVLIST : OTLP_ARRAY))
        return false;
    json_out_value(out, v);
    *ret = json_out_take(out);
    return ret->ptr != NULL;
}

static bool all_strings(struct json_out *out, obs_str json)
{
    struct json_cursor c;
    struct json_raw raw;
    bool first = true;
    int rc;

    json_cursor_init(&c, json, out->arena, /* error= */ NULL);
    rc = json_open(&c, '[');
    while (rc >= 0 && (rc = json_item(&c, &first)) > 0)
        rc = json_string_raw(&c, &raw);
    return rc == OBS_OK;
}

static bool as_strings(struct json_out *out, const struct otlp_value *v, obs_str *ret)
{
    if (as_json(out, v, '[', ret))
        return all_strings(out, *ret);
    if (v->kind != OTLP_STRING || v->s.len == 0)
        return false;
    json_out_char(out, '['); /* one tag as plain text */
    json_out_str(out, v->s);
    json_out_char(out, ']');
    *ret = json_out_take(out);
    return ret->ptr != NULL;
}

static bool as_operation(const struct map_row *row, const struct otlp_value *v, obs_str *ret)
{
    if (v->kind != OTLP_STRING)
        return false;
    if (row->transform == AS_GENAI_OPERATION)
        *ret = operation_of_genai(v->s);
    else if (row->transform == AS_OPENINFERENCE_KIND)
        *ret = operation_of_openinference(v->s);
    else if (row->transform == AS_TRACELOOP_KIND)
        *ret = operation_of_traceloop(v->s);
    else
        *ret = operation_of_llm_type(v->s);
    return ret->len > 0;
}

static bool transform(struct json_out *out, const struct map_row *row, const struct otlp_value *v,
                      struct slot *ret)
{
    switch (row->transform) {
    case AS_TEXT:
        return as_text(out, v, &ret->text);
    case AS_FIRST:
        return as_first(out, v, &ret->text);
    case AS_INT:
        return as_count(out, v, &ret->number);
    case AS_SECONDS:
        return as_scaled(out, v, 1e9, MAX_SECONDS, &ret->number);
    case AS_USD:
        return as_scaled(out, v, 1e9, MAX_USD, &ret->number);
    case AS_JSON:
        return row->target == TO_PARAMETER ? v->kind != OTLP_NONE
                                           : as_json(out, v, '{', &ret->text);
    case AS_STRINGS:
        return as_strings(out, v, &ret->text);
    case AS_CONTENT: /* an empty text says nothing */
        return v->kind == OTLP_STRING ? v->s.len > 0 : v->kind != OTLP_NONE;
    case AS_PROVIDER:
        if (v->kind != OTLP_STRING || v->s.len == 0)
            return false;
        ret->text = provider_canonical(out->arena, v->s);
        return ret->text.ptr != NULL;
    default:
        return as_operation(row, v, &ret->text);
    }
}

/* --- offers ---------------------------------------------------------------- */

static void offer_parameter(struct draft *draft, const struct slot *offer)
{
    for (uint32_t i = 0; i < draft->n_parameters; i++) {
        struct slot *there = &draft->parameters[i];

        if (strcmp(there->row->name, offer->row->name) != 0)
            continue;
        if (offer->priority <= there->priority)
            *there = *offer;
        return;
    }
    if (draft->n_parameters < DRAFT_MAX_PARAMETERS) /* more than there are names in the table */
        draft->parameters[draft->n_parameters++] = *offer;
}

void draft_offer(struct draft *draft, struct json_out *out, const struct map_row *row,
                 struct otlp_attr *attr, uint32_t where)
{
    uint32_t penalty = where == IN_SPAN ? 0 : where == IN_RESOURCE ? 512 : 256;
    struct slot offer = {.row = row, .attr = attr, .priority = row->priority + penalty};
    struct slot *slot;

    if (row->target == TO_PARAMETER) {
        if (transform(out, row, &attr->value, &offer))
            offer_parameter(draft, &offer);
        return;
    }
    slot = &draft->slots[row->target];
    if (slot->row && slot->priority < offer.priority)
        return;
    if (transform(out, row, &attr->value, &offer))
        *slot = offer;
}
