/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a plugin's file: checks before any of its code can run, dlopen(),
 * checks of its descriptor. Every refusal is one sentence that names the file
 * and the reason. */
#ifndef HOST_PLUGIN_LOADER_H
#define HOST_PLUGIN_LOADER_H

#include <observatory/plugin.h>

/* A loaded shared object. It stays mapped when the image is closed: code that
 * a library of its left behind (thread-local destructors, callbacks) must not
 * vanish under it. */
struct image {
    char *path;
    void *handle;
    const obs_plugin *plugin;
};

/* Loads the plugin at `path` (absolute, or with a slash). `error` gets the
 * sentence on failure, at least 512 bytes. Errors: OBS_E_NOT_FOUND,
 * OBS_E_INVALID, OBS_E_UNSUPPORTED (another ABI), OBS_E_NOMEM.
 * Thread: control. */
OBS_MUST_CHECK int image_open(const char *path, struct image **ret_image, char *error,
                              size_t error_size);

/* NULL is a no-op. */
void image_close(struct image *image);

#endif
