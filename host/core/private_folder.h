/* SPDX-License-Identifier: Apache-2.0 */
/* A folder that nobody else can write to, for what a server keeps while it
 * runs: copies of plugins, the control socket. */
#ifndef HOST_CORE_PRIVATE_FOLDER_H
#define HOST_CORE_PRIVATE_FOLDER_H

#include <observatory/base.h>

/* The default: "/tmp/observatory-<uid>", the same for every process of a user,
 * so that one finds the other. Errors: OBS_E_INVALID (it does not fit). */
OBS_MUST_CHECK int private_folder_default(char *path, size_t size);

/* Makes the folder at `path` when it is missing, and checks that it is one of
 * ours (or root's) that nobody else may write to. `error` gets a sentence.
 * Errors: OBS_E_INVALID. */
OBS_MUST_CHECK int private_folder_make(const char *path, char *error, size_t error_size);

#endif
