/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON value as the value of an attribute. */
#ifndef INGEST_JSON_VALUE_H
#define INGEST_JSON_VALUE_H

#include "json_cursor.h"
#include "json_out.h"

/* Reads the next value: scalars as what they are, whole numbers as OTLP_INT where
 * they fit, objects and arrays as OTLP_JSON, null as OTLP_NONE, a number beyond a
 * double as its text. `out` must have nothing under way. Errors: OBS_E_SYNTAX, OBS_E_NOMEM. */
OBS_MUST_CHECK int json_value_read(struct json_cursor *c, struct json_out *out,
                                   struct otlp_value *ret);

#endif
