/* SPDX-License-Identifier: Apache-2.0 */
/* A span as bytes that a later version can read: each member that is set with its
 * number and length, so that what is unknown is passed over. */
#ifndef PLUGINS_LIB_SPAN_PACK_H
#define PLUGINS_LIB_SPAN_PACK_H

#include <observatory/memory.h>
#include <observatory/span.h>

/* The bytes of `span`, in `arena`; ptr NULL when out of memory. */
obs_str span_pack(obs_arena *arena, const obs_span *span);

/* Reads them; texts are slices of `bytes`. Errors: OBS_E_SYNTAX. */
OBS_MUST_CHECK int span_unpack(obs_str bytes, obs_span *ret_span);

#endif
