/* SPDX-License-Identifier: Apache-2.0 */
/* References that are made from descriptors, so that they cannot be wrong. */
#ifndef HOST_CLI_REFERENCE_H
#define HOST_CLI_REFERENCE_H

#include "plugin/generation.h"

/* Prints what the descriptor declares as a page of Markdown. */
void reference_markdown(const obs_plugin *plugin);

/* Prints the routes of a generation, which has been bound, as an OpenAPI 3.1
 * document. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int reference_openapi(const struct generation *generation);

#endif
