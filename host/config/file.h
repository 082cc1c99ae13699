/* SPDX-License-Identifier: Apache-2.0 */
/* Whole small files: the configuration itself and the secrets it points to. */
#ifndef HOST_CONFIG_FILE_H
#define HOST_CONFIG_FILE_H

#include <observatory/memory.h>
#include <sys/types.h>

struct file_spec {
    const char *path;
    size_t limit_bytes;
    mode_t refused_mode; /* permission bits that the file must not have */
};

/* The content of a regular file in the arena, NUL-terminated. The reason of a
 * failure, without the path, is in `error`. Errors: OBS_E_NOT_FOUND, OBS_E_TOO_LARGE,
 * OBS_E_INVALID (mode), OBS_E_NOMEM. */
int file_read(obs_arena *arena, const struct file_spec *spec, obs_str *ret_text, char *error,
              size_t error_size);

#endif
