/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of traces and spans as text: two hexadecimal digits a byte, of either case;
 * all zero is none (W3C Trace Context). */
#ifndef PLUGINS_LIB_HEX_ID_H
#define PLUGINS_LIB_HEX_ID_H

#include <observatory/base.h>

/* Errors: OBS_E_INVALID. */
OBS_MUST_CHECK int hex_trace_id(obs_str text, uint8_t ret_id[16]);
OBS_MUST_CHECK int hex_span_id(obs_str text, uint8_t ret_id[8]);

#endif
