/* SPDX-License-Identifier: Apache-2.0 */
/* Private copies of plugin files, named by their content. What is loaded is
 * always a copy: the loader of the system takes files for the same when their
 * paths are, and code that runs must not change when a file is overwritten. */
#ifndef HOST_PLUGIN_CACHE_H
#define HOST_PLUGIN_CACHE_H

#include <observatory/base.h>

#define CACHE_NAME_BYTES 65 /* of a content's name, with its NUL */

/* Where the copies go; NULL: the default of core/private_folder.h. Before the
 * first copy; borrowed until cache_close(). Thread: control. */
void cache_set_folder(const char *path);

/* The name of what is in the file: BLAKE2b-256 in hexadecimal digits. Errors:
 * OBS_E_INVALID (it cannot be read). Thread: any. */
OBS_MUST_CHECK int cache_name(int fd, char name[CACHE_NAME_BYTES]);

/* Copies the file. `name` is of what was copied, `ret_path` the copy's path, to
 * be freed. `error` gets a sentence. Errors: OBS_E_INVALID, OBS_E_NOMEM.
 * Thread: one at a time. */
OBS_MUST_CHECK int cache_add(int fd, char name[CACHE_NAME_BYTES], char **ret_path, char *error,
                             size_t error_size);

/* Removes a copy that is not loaded any more. Thread: one at a time. */
void cache_remove(const char *path);

/* Removes all copies, when the process ends. Thread: control. */
void cache_close(void);

#endif
