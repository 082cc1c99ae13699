/* SPDX-License-Identifier: Apache-2.0 */
/* Services between plugins, as the generation sees them. */
#ifndef HOST_PLUGIN_SERVICE_H
#define HOST_PLUGIN_SERVICE_H

#include "plugin/instance.h"

/* A service that the descriptor promises and create() did not provide; NULL
 * when all are there. */
const char *service_missing(const obs_instance *instance);

#endif
