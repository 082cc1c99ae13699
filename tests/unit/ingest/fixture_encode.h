/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders for tests: decoded spans back to a request body, written for being
 * obviously right, not fast. Consecutive spans that share resource and scope
 * share the messages around them. */
#ifndef TESTS_FIXTURE_ENCODE_H
#define TESTS_FIXTURE_ENCODE_H

#include "fixture_parts.h"

void encode_proto(const struct otlp_batch *batch, struct bytes *out);
void encode_json(const struct otlp_batch *batch, const struct json_style *style, struct bytes *out);

#endif
