/* SPDX-License-Identifier: Apache-2.0 */
/* The transforms of the mapping table, and which value wins. A value that its
 * transform cannot read is no candidate. */
#include "draft.h"
#include "json_cursor.h"
#include "messages.h"
#include "timeparse.h"
#include "values.h"

#include <math.h>

#define MAX_COUNT 9007199254740992.0 /* 2^53: beyond it a double counts in steps */
#define MAX_SECONDS 1e9
#define MAX_USD 1e9

void draft_init(struct draft *draft, const struct draft *base)
{
    draft->set = base ? base->set : 0;
    draft->n_parameters = draft->n_attributes = 0;
    draft->parameters_over = false;
    for (uint64_t left = draft->set; left; left &= left - 1)
        draft->slots[__builtin_ctzll(left)] = base->slots[__builtin_ctzll(left)];
}

/* --- transforms ------------------------------------------------------------ */

bool value_as_number(struct json_out *out, const struct otlp_value *v, double *ret)
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
    case OTLP_ARRAY: /* a header's values */
        return v->n == 1 && value_as_number(out, &v->items[0], ret);
    default:
        return false;
    }
}

/* A number in [0, max] times `factor`, rounded. */
static bool as_scaled(struct json_out *out, const struct otlp_value *v, double factor, double max,
                      int64_t *ret)
{
    double number;

    if (!value_as_number(out, v, &number) || !(number >= 0 && number <= max))
        return false;
    *ret = llround(number * factor);
    return true;
}

static bool as_count(struct json_out *out, const struct otlp_value *v, int64_t *ret)
{
    double number;

    if (!value_as_number(out, v, &number) || !(number >= 0 && number <= MAX_COUNT) ||
        number != floor(number))
        return false;
    *ret = (int64_t)number;
    return true;
}

bool value_as_text(struct json_out *out, const struct otlp_value *v, obs_str *ret)
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
        return v->n > 0 && value_as_text(out, &v->items[0], ret);
    if ((v->kind != OTLP_STRING && v->kind != OTLP_JSON) || v->s.len == 0 || v->s.ptr[0] != '[')
        return value_as_text(out, v, ret);
    json_cursor_init(&c, v->s, out->arena, /* error= */ NULL);
    if (json_open(&c, '[') < 0 || json_item(&c, &first) <= 0)
        return false;
    return json_string(&c, ret) == OBS_OK && ret->len > 0;
}

/* Valid JSON of the wanted kind ('{' or '['), sent as text or as a value. */
static bool as_json(struct json_out *out, const struct otlp_value *v, char bracket, obs_str *ret)
{
    if (v->kind == OTLP_STRING || v->kind == OTLP_JSON) {
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

/* A point in time; some SDKs send the text as JSON, quotes included. */
static bool as_time(struct json_out *out, const struct otlp_value *v, int64_t *ret)
{
    obs_str text;

    if (!value_as_text(out, v, &text))
        return false;
    if (text.len > 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        text = obs_str_n(text.ptr + 1, text.len - 2);
    return (time_unix(text, ret) == OBS_OK || time_rfc3339(text, ret) == OBS_OK) && *ret > 0;
}

static bool as_provider(struct json_out *out, const struct otlp_value *v, obs_str *ret)
{
    if (v->kind != OTLP_STRING || v->s.len == 0)
        return false;
    *ret = provider_canonical(out->arena, v->s);
    return ret->len > 0;
}

static bool as_word(const struct map_row *row, const struct otlp_value *v, obs_str *ret)
{
    static obs_str (*const tables[N_MAP_TRANSFORMS])(obs_str) = {
        [AS_GENAI_OPERATION] = operation_of_genai,
        [AS_OPENINFERENCE_KIND] = operation_of_openinference,
        [AS_VERCEL_OPERATION] = operation_of_vercel,
        [AS_LANGFUSE_TYPE] = operation_of_langfuse,
        [AS_TRACELOOP_KIND] = operation_of_traceloop,
        [AS_LLM_REQUEST_TYPE] = operation_of_llm_type,
        [AS_MLFLOW_TYPE] = operation_of_mlflow,
        [AS_GENKIT_SUBTYPE] = operation_of_genkit,
        [AS_LEVEL] = level_error,
    };

    if (v->kind != OTLP_STRING)
        return false;
    *ret = tables[row->transform](v->s);
    return ret->len > 0;
}

static bool transform(struct json_out *out, const struct map_row *row, const struct otlp_value *v,
                      struct slot *ret)
{
    switch (row->transform) {
    case AS_TEXT:
        return value_as_text(out, v, &ret->text);
    case AS_FIRST:
        return as_first(out, v, &ret->text);
    case AS_INT:
        return as_count(out, v, &ret->number);
    case AS_SECONDS:
        return as_scaled(out, v, 1e9, MAX_SECONDS, &ret->number);
    case AS_MILLIS:
        return as_scaled(out, v, 1e6, MAX_SECONDS * 1e3, &ret->number);
    case AS_TIME:
        return as_time(out, v, &ret->number);
    case AS_USD:
        return as_scaled(out, v, 1e9, MAX_USD, &ret->number);
    case AS_STRINGS:
        return as_strings(out, v, &ret->text);
    case AS_CONTENT: /* an empty text says nothing */
        return v->kind == OTLP_STRING ? v->s.len > 0 : v->kind != OTLP_NONE;
    case AS_PRESENT:
        return true;
    case AS_PROVIDER:
        return as_provider(out, v, &ret->text);
    default:
        return as_word(row, v, &ret->text);
    }
}

/* --- offers ---------------------------------------------------------------- */

/* Puts `offer` in its place; false when there is no room left. */
static bool put_named(struct named *items, uint32_t *n, uint32_t max, const struct named *offer)
{
    for (uint32_t i = 0; i < *n; i++) {
        if (!obs_str_eq(items[i].name, offer->name))
            continue;
        if (offer->priority <= items[i].priority)
            items[i] = *offer;
        return true;
    }
    if (*n == max)
        return false;
    items[(*n)++] = *offer;
    return true;
}

/* A number that was sent as text, or a whole one as double, as what it is. */
static struct otlp_value whole_number(struct json_out *out, struct otlp_value v)
{
    double number;

    if ((v.kind != OTLP_STRING && v.kind != OTLP_DOUBLE) || !value_as_number(out, &v, &number))
        return v;
    if (number == floor(number) && fabs(number) <= MAX_COUNT)
        return (struct otlp_value){.kind = OTLP_INT, .i = (int64_t)number};
    return (struct otlp_value){.kind = OTLP_DOUBLE, .d = number};
}

/* An object or an array that was sent as JSON text, as what it is. */
static struct otlp_value structured(struct json_out *out, struct otlp_value v)
{
    char bracket = v.kind == OTLP_STRING && v.s.len > 1 ? v.s.ptr[0] : '\0';
    obs_str json;

    if ((bracket != '{' && bracket != '[') || !as_json(out, &v, bracket, &json))
        return v;
    return (struct otlp_value){.kind = OTLP_JSON, .s = json};
}

void draft_offer_parameter(struct draft *draft, struct json_out *out, const struct named *offer)
{
    struct named named = *offer;

    if (named.value.kind == OTLP_NONE)
        return;
    named.value.mapped = 0;
    if (named.row->transform == AS_WHOLE)
        named.value = whole_number(out, named.value);
    else
        named.value = structured(out, named.value);
    if (!put_named(draft->parameters, &draft->n_parameters, DRAFT_MAX_PARAMETERS, &named))
        draft->parameters_over = true;
}

void draft_offer(struct draft *draft, struct json_out *out, const struct slot *from, uint32_t where)
{
    const struct map_row *row = from->row;
    struct slot offer = *from, *slot;

    offer.priority = row->priority + (where == IN_SPAN ? 0u : where == IN_RESOURCE ? 512u : 256u);
    if (row->target < N_MAP_TARGETS) {
        slot = &draft->slots[row->target];
        if (draft_has(draft, row->target) && slot->priority < offer.priority)
            return;
        if (!transform(out, row, &offer.attr->value, &offer))
            return;
        *slot = offer;
        draft->set |= UINT64_C(1) << row->target;
    } else if (row->name) {
        struct named named = {obs_str_of(row->name), row, offer.attr->value, offer.priority};

        if (row->target == TO_PARAMETER)
            draft_offer_parameter(draft, out, &named);
        else if (named.value.kind != OTLP_NONE) /* the table has no more names than fit */
            (void)put_named(draft->attributes, &draft->n_attributes, DRAFT_MAX_ATTRIBUTES, &named);
    }
}

static const struct named *find_named(const struct named *items, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (obs_str_is(items[i].name, name))
            return &items[i];
    return NULL;
}

const struct named *draft_parameter(const struct draft *draft, const char *name)
{
    return find_named(draft->parameters, draft->n_parameters, name);
}

const struct named *draft_attribute(const struct draft *draft, const char *name)
{
    return find_named(draft->attributes, draft->n_attributes, name);
}
