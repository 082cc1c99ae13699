/* SPDX-License-Identifier: Apache-2.0 */
/* What is old goes: prompts, spans, and cells of rollups, each after its own time. */
#ifndef PLUGINS_LIB_STORE_RETENTION_H
#define PLUGINS_LIB_STORE_RETENTION_H

#include "writer.h"

#include <stdbool.h>

/* Each removes a few of them inside a transaction and tells whether there may be
 * more. Return a code of the database. */
int retention_content(struct writing *writing, const struct settings *settings, bool *ret_more);
int retention_spans(struct writing *writing, const struct settings *settings, bool *ret_more);
int retention_cells(struct writing *writing, const struct settings *settings, bool *ret_more);

#endif
