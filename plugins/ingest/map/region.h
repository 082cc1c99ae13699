/* SPDX-License-Identifier: Apache-2.0 */
/* Where a model ran, as far as its price depends on it. */
#ifndef INGEST_REGION_H
#define INGEST_REGION_H

#include "usage.h"

/* The geography of a Bedrock inference profile ("eu.anthropic.…"), else the region
 * that was said, else the one in the name of the host; empty when unknown. A slice
 * of one of them. */
obs_str region_of(const struct usage *usage, const obs_span *span);

#endif
