/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and squares are exact whole numbers up to the end, so that the order in which
 * spans came makes no difference to any digit. */
#include "tally_value.h"

#include <math.h>
#include <stdlib.h>

void tally_value_free(struct tally_value *value)
{
    if (value->sketch)
        sketch_free(value->sketch);
    if (value->distinct)
        distinct_free(value->distinct);
    free(value->sketch);
    free(value->distinct);
}

/* --- putting in ---------------------------------------------------------------------- */

static int need_sketch(struct tally_value *value)
{
    if (!value->sketch)
        value->sketch = calloc(1, sizeof(*value->sketch));
    return value->sketch ? OBS_OK : OBS_E_NOMEM;
}

static int need_distinct(struct tally_value *value)
{
    if (!value->distinct)
        value->distinct = calloc(1, sizeof(*value->distinct));
    return value->distinct ? OBS_OK : OBS_E_NOMEM;
}

static void widen(struct tally_value *value, int64_t least, int64_t greatest)
{
    if (value->least == OBS_ABSENT || least < value->least)
        value->least = least;
    if (value->greatest == OBS_ABSENT || greatest > value->greatest)
        value->greatest = greatest;
}

int tally_value_number(struct tally_value *value, const struct tally_need *need, int64_t number)
{
    uint64_t magnitude;
    int rc = OBS_OK;

    if (number == OBS_ABSENT)
        return OBS_OK;
    value->n++;
    value->sum += number;
    magnitude = number < 0 ? (uint64_t)0 - (uint64_t)number : (uint64_t)number;
    value->squares += (unsigned __int128)magnitude * magnitude;
    widen(value, number, number);
    if (need->sketch)
        rc = need_sketch(value);
    return rc == OBS_OK && need->sketch ? sketch_add(value->sketch, number, 1) : rc;
}

int tally_value_text(struct tally_value *value, obs_str text)
{
    int rc;

    if (text.len == 0)
        return OBS_OK;
    value->n++;
    rc = need_distinct(value);
    return rc == OBS_OK ? distinct_add(value->distinct, text) : rc;
}

static int add_people(struct tally_value *value, uint32_t field, const struct cell *cell)
{
    int rc = need_distinct(value);

    if (rc < 0)
        return rc;
    return distinct_merge(value->distinct,
                          field == OBS_FIELD_USER_ID ? &cell->users : &cell->sessions);
}

int tally_value_cell(struct tally_value *value, const struct tally_need *need,
                     const struct cell *cell)
{
    int i = need->number, rc;
    const struct cell_number *number;

    if (i < 0)
        return need->distinct ? add_people(value, need->field, cell) : OBS_OK;
    number = &cell->numbers[i];
    if (need->extremes && number->vague)
        return OBS_E_UNSUPPORTED;
    if (number->n == 0)
        return OBS_OK;
    value->n += (uint64_t)number->n;
    value->sum += number->sum;
    value->squares += number->squares;
    if (need->extremes)
        widen(value, number->least, number->greatest);
    if (!need->sketch)
        return OBS_OK;
    rc = need_sketch(value);
    return rc == OBS_OK ? sketch_merge(value->sketch, &cell->sketches[i]) : rc;
}

int tally_value_merge(struct tally_value *to, const struct tally_value *from)
{
    int rc = OBS_OK;

    to->n += from->n;
    to->sum += from->sum;
    to->squares += from->squares;
    if (from->least != OBS_ABSENT)
        widen(to, from->least, from->greatest);
    if (from->sketch) {
        rc = need_sketch(to);
        if (rc == OBS_OK)
            rc = sketch_merge(to->sketch, from->sketch);
    }
    if (rc == OBS_OK && from->distinct) {
        rc = need_distinct(to);
        if (rc == OBS_OK)
            rc = distinct_merge(to->distinct, from->distinct);
    }
    return rc;
}

/* --- measures ------------------------------------------------------------------------- */

static obs_number whole(int64_t value)
{
    return (obs_number){value, (double)value};
}

static obs_number or_nothing(int64_t value)
{
    return value == OBS_ABSENT ? (obs_number){OBS_ABSENT, NAN} : whole(value);
}

static obs_number sum_of(__int128 sum)
{
    return (obs_number){sum > INT64_MAX ? INT64_MAX : (int64_t)sum, (double)sum};
}

static obs_number real(long double value)
{
    double d = (double)value;

    return (obs_number){d >= 9.2e18 ? INT64_MAX : llround(d), d};
}

static obs_number average(const struct tally_value *v)
{
    return v->n ? real((long double)v->sum / (long double)v->n) : or_nothing(OBS_ABSENT);
}

static obs_number deviation(const struct tally_value *v)
{
    long double mean, variance;

    if (v->n == 0)
        return or_nothing(OBS_ABSENT);
    mean = (long double)v->sum / (long double)v->n;
    variance = (long double)v->squares / (long double)v->n - mean * mean;
    return real(variance > 0 ? sqrtl(variance) : 0);
}

obs_number tally_measure(const obs_measure *measure, const struct tally_count *count,
                         const struct tally_value *value)
{
    switch (measure->kind) {
    case OBS_MEASURE_COUNT:
        return whole((int64_t)count->count);
    case OBS_MEASURE_ERRORS:
        return whole((int64_t)count->errors);
    case OBS_MEASURE_PRESENT:
        return whole((int64_t)value->n);
    case OBS_MEASURE_SUM:
        return sum_of(value->sum);
    case OBS_MEASURE_MIN:
        return or_nothing(value->least);
    case OBS_MEASURE_MAX:
        return or_nothing(value->greatest);
    case OBS_MEASURE_AVG:
        return average(value);
    case OBS_MEASURE_STDDEV:
        return deviation(value);
    case OBS_MEASURE_QUANTILE:
        return value->sketch ? or_nothing(sketch_quantile(value->sketch, measure->argument))
                             : or_nothing(OBS_ABSENT);
    default:
        return whole(value->distinct ? (int64_t)distinct_count(value->distinct) : 0);
    }
}
