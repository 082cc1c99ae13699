/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of an answer as JSON. */
#ifndef ANALYTICS_GROUPS_H
#define ANALYTICS_GROUPS_H

#include "ask.h"
#include "question.h"

/* Writes answer `at` as member `name`: a list of {"group", "values", "series"} with
 * the metrics of the question; no series without buckets. */
void groups_write(struct ask *ask, size_t at, const struct question *q, const char *name);

/* The metrics of a row as members; `seconds` are those of its range. NULL numbers: of
 * nothing, shown as the question's fill says. */
void metrics_write(struct ask *ask, const struct question *q, const obs_number *numbers,
                   double seconds);

/* The series of a group as an array of {"timestamp", metrics …}. */
void series_write(struct ask *ask, const struct question *q, const struct ask_row *row);

/* The dimensions of a group as an object. */
void group_key_write(obs_jw *jw, const struct question *q, const struct ask_row *row);

/* A dimension's value: ids in hexadecimal, absent ones null. */
void dimension_write(obs_jw *jw, const obs_dimension *dimension, obs_str value);

#endif
