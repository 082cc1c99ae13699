/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a plugin's file: checks before any of its code can run, a private
 * copy, dlopen(), checks of its descriptor. Every refusal is one sentence that
 * names the file and the reason. */
#ifndef HOST_PLUGIN_LOADER_H
#define HOST_PLUGIN_LOADER_H

#include <observatory/plugin.h>
#include <stdbool.h>

/* A loaded shared object. There is one for each content, however often and
 * under whatever paths it is opened. */
struct image {
    char *path;               /* it was found at first */
    const obs_plugin *plugin; /* its descriptor */
    char *name;               /* of its content; NULL: not from a file */
    char *copy;               /* what is mapped */
    void *handle;
    bool can_unload; /* it says so, and nothing in the file speaks against it */
    size_t n_refs;   /* this and the rest under the lock of the images */
    int refused;     /* OBS_E_*: mapped, and not to be used for this reason */
    char *reason;
    struct image *next;
};

/* How many images there are. */
struct image_count {
    size_t in_use;
    size_t idle; /* mapped though nobody uses them */
};

/* Loads the plugin at `path` (absolute, or with a slash), or finds it loaded.
 * `error` gets the sentence on failure, at least 512 bytes. Errors:
 * OBS_E_NOT_FOUND, OBS_E_INVALID, OBS_E_UNSUPPORTED (another ABI),
 * OBS_E_NOMEM. Thread: any but a worker. */
OBS_MUST_CHECK int image_open(const char *path, struct image **ret_image, char *error,
                              size_t error_size);

/* An image of a descriptor that is linked into this process. NULL when out of
 * memory. */
struct image *image_of(const obs_plugin *plugin);

/* One more user of an image. */
struct image *image_keep(struct image *image);

/* NULL is a no-op. The last one unmaps the file when it says that it can be
 * (OBS_PLUGIN_UNLOADABLE) and image_allow_unloading() was not taken back;
 * otherwise it stays mapped, and is found again when the same content comes
 * back. */
void image_close(struct image *image);

/* Whether files are unmapped at all; true at the start. Thread: any. */
void image_allow_unloading(bool allowed);

/* Never waits. Thread: any. */
struct image_count image_count(void);

#endif
