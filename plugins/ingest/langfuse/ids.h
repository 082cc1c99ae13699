/* SPDX-License-Identifier: Apache-2.0 */
/* Langfuse's ids are texts that callers choose: UUIDs, OpenTelemetry's digits,
 * order numbers. Those of a span are 16 and 8 bytes, made of the texts here, always
 * the same of the same, so that what comes later finds what came before. */
#ifndef INGEST_LANGFUSE_IDS_H
#define INGEST_LANGFUSE_IDS_H

#include <observatory/base.h>

/* A trace's: 32 hexadecimal digits, with or without dashes, are the id itself; any
 * other text is hashed. */
void langfuse_trace_id(obs_str text, uint8_t ret[16]);

/* An observation's: 16 hexadecimal digits are the id itself; any other is hashed. */
void langfuse_span_id(obs_str text, uint8_t ret[8]);

/* The root span's that stands for a trace. */
void langfuse_root_id(const uint8_t trace_id[16], uint8_t ret[8]);

#endif
