/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the fields of a span. */
#ifndef PLUGINS_LIB_SPAN_FIELDS_H
#define PLUGINS_LIB_SPAN_FIELDS_H

#include <observatory/memory.h>
#include <observatory/span.h>

/* The name of a field, static. */
const char *field_name(uint32_t field);

/* The field of that name, or -1. */
int field_find(obs_str name);

/* Reads "a,b,c" as a set; an unknown name is OBS_E_UNKNOWN and `ret_wrong` (a
 * slice of `list`) is it. An empty list is OBS_E_INVALID. */
OBS_MUST_CHECK int fields_parse(obs_str list, uint64_t *ret_fields, obs_str *ret_wrong);

/* The name that was probably meant, NULL when none is near. */
const char *field_suggest(obs_str name);

/* What to tell a client about an unknown name: what was probably meant, and all
 * there are. In `arena`; ptr NULL when out of memory. */
obs_str fields_complaint(obs_arena *arena, obs_str wrong);

#endif
