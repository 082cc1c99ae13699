/* SPDX-License-Identifier: Apache-2.0 */
/* A span as the API shows it. */
#ifndef PLUGINS_LIB_SPAN_JSON_H
#define PLUGINS_LIB_SPAN_JSON_H

#include <observatory/json.h>
#include <observatory/span.h>

/* Writes the members of `fields` in the order of OBS_SPAN_FIELD_MAP into an
 * object that the caller opened. An absent text or number is null, an absent list
 * [], an absent mapping {}. */
void span_json_members(obs_jw *jw, const obs_span *span, uint64_t fields);

#endif
