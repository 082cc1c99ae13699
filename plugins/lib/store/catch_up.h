/* SPDX-License-Identifier: Apache-2.0 */
/* The command that waits until rollups and text index have everything. */
#ifndef PLUGINS_LIB_STORE_CATCH_UP_H
#define PLUGINS_LIB_STORE_CATCH_UP_H

#include "database.h"

/* Runs it; an exit code. */
int catch_up(obs_command_call *call, obs_instance *instance, const struct settings *settings);

#endif
