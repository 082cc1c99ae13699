/* SPDX-License-Identifier: Apache-2.0 */
/* What measures and dimensions see of a span: its fields as numbers and as texts. */
#ifndef PLUGINS_LIB_SPAN_VALUE_H
#define PLUGINS_LIB_SPAN_VALUE_H

#include <observatory/memory.h>
#include <observatory/span.h>

#include <stdbool.h>

/* Whether a field can be added up: INT, MONEY, DURATION and the speed. */
bool span_is_number(uint32_t field);

/* The value of such a field, or of TS; the speed in millionths of a token. OBS_ABSENT
 * also for tokens and costs that sums leave out (OBS_SPAN_OUTER_*). */
int64_t span_number(const obs_span *span, uint32_t field);

/* Whether spans can be grouped by a field as it is: TEXT, ID and STATUS. */
bool span_is_text(uint32_t field);

/* The text of such a field, borrowed from the span: ids as bytes, a status by its
 * name; empty when it is absent. */
obs_str span_text(const obs_span *span, uint32_t field);

/* The JSON of a JSON field, borrowed; empty when it is absent. */
obs_str span_json_text(const obs_span *span, uint32_t field);

#endif
