/* SPDX-License-Identifier: Apache-2.0 */
/* What may be asked, and which fields it takes to answer. */
#include "span_value.h"
#include "tally_table.h"

static bool is_object(uint32_t field)
{
    return field == OBS_FIELD_ATTRIBUTES || field == OBS_FIELD_RESOURCE_ATTRIBUTES ||
           field == OBS_FIELD_MODEL_PARAMETERS;
}

static bool can_group(const obs_dimension *d)
{
    if (d->key.len)
        return is_object(d->field);
    return span_is_text(d->field) || d->field == OBS_FIELD_TAGS;
}

static bool can_measure(const obs_measure *m)
{
    switch (m->kind) {
    case OBS_MEASURE_COUNT:
    case OBS_MEASURE_ERRORS:
        return true;
    case OBS_MEASURE_MIN:
    case OBS_MEASURE_MAX:
        return m->field == OBS_FIELD_TS || span_is_number(m->field);
    case OBS_MEASURE_DISTINCT:
        return span_is_text(m->field);
    case OBS_MEASURE_QUANTILE:
        return span_is_number(m->field) && m->argument >= 0 && m->argument <= 1;
    case OBS_MEASURE_SUM:
    case OBS_MEASURE_PRESENT:
    case OBS_MEASURE_AVG:
    case OBS_MEASURE_STDDEV:
        return span_is_number(m->field);
    default:
        return false;
    }
}

static bool edges_are_valid(const obs_aggregate_query *q)
{
    if (q->n_edges == 0)
        return true;
    if (q->n_edges < 2 || q->n_edges > TALLY_MAX_EDGES || q->edges[0] != q->from_ns ||
        q->edges[q->n_edges - 1] != q->to_ns)
        return false;
    for (size_t i = 1; i < q->n_edges; i++)
        if (q->edges[i] <= q->edges[i - 1])
            return false;
    return true;
}

static bool having_is_valid(const obs_aggregate_query *q)
{
    for (size_t i = 0; i < q->n_having; i++)
        if (q->having[i].measure >= q->n_measures || q->having[i].op < OBS_OP_EQ ||
            q->having[i].op > OBS_OP_LTE)
            return false;
    return true;
}

int tally_check(const obs_aggregate_query *q)
{
    size_t lists = 0;

    if (q->limit == 0 || q->from_ns > q->to_ns || q->n_dimensions > TALLY_MAX_DIMENSIONS ||
        q->n_measures == 0 || q->n_measures > TALLY_MAX_MEASURES ||
        q->sort_measure >= q->n_measures || !edges_are_valid(q) || !having_is_valid(q))
        return OBS_E_INVALID;
    for (size_t i = 0; i < q->n_dimensions; i++) {
        lists += q->dimensions[i].field == OBS_FIELD_TAGS;
        if (!can_group(&q->dimensions[i]))
            return OBS_E_INVALID;
    }
    for (size_t i = 0; i < q->n_measures; i++)
        if (!can_measure(&q->measures[i]))
            return OBS_E_INVALID;
    return lists > 1 ? OBS_E_INVALID : OBS_OK;
}

bool tally_has_field(const obs_measure *m)
{
    return m->kind != OBS_MEASURE_COUNT && m->kind != OBS_MEASURE_ERRORS;
}

uint64_t tally_fields(const obs_aggregate_query *q)
{
    uint64_t fields =
        OBS_FIELD_BIT(OBS_FIELD_STATUS) | OBS_FIELD_BIT(OBS_FIELD_SAMPLED); /* flags */

    for (size_t i = 0; i < q->n_dimensions; i++)
        fields |= OBS_FIELD_BIT(q->dimensions[i].field);
    for (size_t i = 0; i < q->n_measures; i++)
        if (tally_has_field(&q->measures[i]))
            fields |= OBS_FIELD_BIT(q->measures[i].field);
    return fields;
}

/* --- copying --------------------------------------------------------------------------- */

static bool copy(obs_arena *arena, const void *from, size_t n, size_t size, const void **ret)
{
    obs_str bytes = obs_arena_dup(arena, obs_str_n(from, n * size));

    *ret = n ? bytes.ptr : NULL;
    return !n || bytes.ptr;
}

int tally_copy_query(obs_arena *arena, const obs_aggregate_query *q, obs_aggregate_query *ret)
{
    obs_dimension *dimensions = obs_arena_calloc(arena, q->n_dimensions + 1, sizeof(*dimensions));
    const void *measures, *having, *edges;

    if (!dimensions || !copy(arena, q->measures, q->n_measures, sizeof(*q->measures), &measures) ||
        !copy(arena, q->having, q->n_having, sizeof(*q->having), &having) ||
        !copy(arena, q->edges, q->n_edges, sizeof(*q->edges), &edges))
        return OBS_E_NOMEM;
    for (size_t i = 0; i < q->n_dimensions; i++) {
        dimensions[i] = q->dimensions[i];
        dimensions[i].key = obs_arena_dup(arena, q->dimensions[i].key);
        if (!dimensions[i].key.ptr)
            return OBS_E_NOMEM;
    }
    *ret = *q;
    ret->filter = NULL;
    ret->dimensions = dimensions;
    ret->measures = measures;
    ret->having = having;
    ret->edges = edges;
    return OBS_OK;
}
