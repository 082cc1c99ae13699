/* SPDX-License-Identifier: Apache-2.0 */
/* Where a page ended: the sort value and the row of its last span, as opaque
 * bytes for the caller's cursor. */
#ifndef PLUGINS_LIB_STORE_POSITION_H
#define PLUGINS_LIB_STORE_POSITION_H

#include <observatory/base.h>

#define POSITION_BYTES 20

struct position {
    uint32_t sort_field; /* OBS_FIELD_* */
    uint32_t descending;
    uint32_t null; /* the sort value was absent */
    int64_t value;
    int64_t row;
};

void position_write(const struct position *position, uint8_t to[POSITION_BYTES]);

/* Errors: OBS_E_INVALID. */
int position_read(obs_str bytes, struct position *ret_position);

#endif
