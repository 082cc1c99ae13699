/* SPDX-License-Identifier: Apache-2.0 */
/* The two formats differ in the name of a counter's family, in UNIT and EOF
 * lines, in the escapes of HELP, and in how bounds that are whole numbers are
 * written. Label values arrive as valid UTF-8. */
#include "exposition.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_BYTES 32
#define EXACT_INTEGERS 9007199254740992.0 /* 2^53 */

static void append(obs_buf *out, const char *text)
{
    obs_buf_append(out, text, strlen(text));
}

/* `text` with a backslash before backslash and, if `quotes`, before '"', and
 * line feeds as \n; runs without any are appended at once. */
static void append_escaped(obs_buf *out, obs_str text, bool quotes)
{
    size_t done = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c != '\\' && c != '\n' && !(quotes && c == '"'))
            continue;
        obs_buf_append(out, text.ptr + done, i - done);
        append(out, c == '\\' ? "\\\\" : c == '"' ? "\\\"" : "\\n");
        done = i + 1;
    }
    if (text.len > done)
        obs_buf_append(out, text.ptr + done, text.len - done);
}

/* The shortest of 15 to 17 digits that reads back to the same double. */
static void format_double(double value, char *text)
{
    if (isnan(value))
        snprintf(text, NUMBER_BYTES, "NaN");
    else if (isinf(value))
        snprintf(text, NUMBER_BYTES, "%s", value > 0 ? "+Inf" : "-Inf");
    else if (fabs(value) < EXACT_INTEGERS && value == trunc(value))
        snprintf(text, NUMBER_BYTES, "%.0f", value + 0.0); /* + 0.0: no "-0" */
    else
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(text, NUMBER_BYTES, "%.*g", digits, value);
            if (strtod(text, /* end= */ NULL) == value)
                return;
        }
}

static void append_double(obs_buf *out, double value)
{
    char text[NUMBER_BYTES];

    format_double(value, text);
    append(out, text);
}

/* A value of the label "le". OpenMetrics wants 1.0 where 0.0.4 writes 1. */
static void append_bound(const struct exposition *x, double bound)
{
    char text[NUMBER_BYTES];

    format_double(bound, text);
    append(x->out, text);
    if (x->format == FORMAT_OPENMETRICS && isfinite(bound) && !strpbrk(text, ".e"))
        append(x->out, ".0");
}

static bool ends_with(obs_str name, const char *suffix)
{
    size_t n = strlen(suffix);

    return name.len > n && memcmp(name.ptr + name.len - n, suffix, n) == 0;
}

/* The family's name: in OpenMetrics a counter's has no "_total". */
static obs_str family_name(const struct exposition *x, const obs_metric_sample *sample)
{
    obs_str name = obs_str_of(sample->name);

    if (x->format == FORMAT_OPENMETRICS && sample->kind == OBS_METRIC_COUNTER &&
        ends_with(name, "_total"))
        name.len -= strlen("_total");
    return name;
}

static void append_unit(const struct exposition *x, obs_str family)
{
    static const char *const units[] = {"seconds", "bytes", "ratio", "celsius"};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t n = strlen(units[i]);

        if (ends_with(family, units[i]) && family.ptr[family.len - n - 1] == '_')
            obs_buf_printf(x->out, "# UNIT %.*s %s\n", OBS_STR_ARG(family), units[i]);
    }
}

static void append_header(const struct exposition *x, const obs_metric_sample *sample)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    obs_str family = family_name(x, sample);

    if (sample->help[0] != '\0') {
        obs_buf_printf(x->out, "# HELP %.*s ", OBS_STR_ARG(family));
        append_escaped(x->out, obs_str_of(sample->help),
                       /* quotes= */ x->format == FORMAT_OPENMETRICS);
        append(x->out, "\n");
    }
    obs_buf_printf(x->out, "# TYPE %.*s %s\n", OBS_STR_ARG(family), kinds[sample->kind]);
    if (x->format == FORMAT_OPENMETRICS)
        append_unit(x, family);
}

/* Name and labels of a sample without the closing brace; true when one was
 * opened. */
static bool append_labels(const struct exposition *x, const obs_metric_sample *sample,
                          const char *suffix)
{
    append(x->out, sample->name);
    append(x->out, suffix);
    for (size_t i = 0; i < sample->n_labels; i++) {
        append(x->out, i == 0 ? "{" : ",");
        append(x->out, sample->labels[i]);
        append(x->out, "=\"");
        append_escaped(x->out, sample->values[i], /* quotes= */ true);
        append(x->out, "\"");
    }
    return sample->n_labels > 0;
}

static void append_value(const struct exposition *x, const obs_metric_sample *sample,
                         const char *suffix, double value)
{
    append(x->out, append_labels(x, sample, suffix) ? "} " : " ");
    append_double(x->out, value);
    append(x->out, "\n");
}

static void append_histogram(const struct exposition *x, const obs_metric_sample *sample)
{
    uint64_t below = 0;

    for (size_t i = 0; i <= sample->n_bounds; i++) {
        below += sample->buckets[i];
        append(x->out, append_labels(x, sample, "_bucket") ? ",le=\"" : "{le=\"");
        append_bound(x, i < sample->n_bounds ? sample->bounds[i] : (double)INFINITY);
        obs_buf_printf(x->out, "\"} %llu\n", (unsigned long long)below);
    }
    append_value(x, sample, "_sum", sample->sum);
    append(x->out, append_labels(x, sample, "_count") ? "} " : " ");
    obs_buf_printf(x->out, "%llu\n", (unsigned long long)sample->count);
}

void exposition_sample(const obs_metric_sample *sample, void *user)
{
    struct exposition *x = user;

    if (!x->family || strcmp(x->family, sample->name) != 0)
        append_header(x, sample);
    x->family = sample->name; /* families live as long as the process */
    if (sample->kind == OBS_METRIC_HISTOGRAM)
        append_histogram(x, sample);
    else
        append_value(x, sample, "", sample->value);
}

void exposition_end(struct exposition *x)
{
    if (x->format == FORMAT_OPENMETRICS)
        append(x->out, "# EOF\n");
}
