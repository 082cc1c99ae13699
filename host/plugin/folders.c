/* SPDX-License-Identifier: Apache-2.0 */
/* A server that was built but not installed finds its plugins beside itself;
 * that is decided by where the executable is, never by the working folder. */
#include "plugin/folders.h"

#include "plugin/descriptor.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PLUGINS 1024 /* listed */

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The folder above the executable's when that one is called "host". */
static bool build_tree(char *ret_root, size_t size)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *folder;

    if (len <= 0)
        return false;
    path[len] = '\0';
    folder = dirname(path);
    if (!strrchr(folder, '/') || strcmp(strrchr(folder, '/'), "/host") != 0)
        return false;
    return snprintf(ret_root, size, "%s", dirname(folder)) < (int)size;
}

int folders_default(obs_arena *arena, obs_str_list *ret_folders)
{
    obs_str *items = obs_arena_calloc(arena, 2, sizeof(*items));
    char root[PATH_MAX], plugins[PATH_MAX + 16];

    if (!items)
        return OBS_E_NOMEM;
    if (build_tree(root, sizeof(root)) &&
        snprintf(plugins, sizeof(plugins), "%s/plugins", root) > 0 && is_folder(plugins)) {
        items[0] = obs_arena_dup(arena, obs_str_of(plugins));
        items[1] = obs_arena_printf(arena, "%s/sdk/examples", root);
        *ret_folders = (obs_str_list){items, 2};
    } else {
        items[0] = obs_str_of(OBS_PLUGIN_DIR);
        *ret_folders = (obs_str_list){items, 1};
    }
    return items[0].ptr && (ret_folders->count == 1 || items[1].ptr) ? OBS_OK : OBS_E_NOMEM;
}

int folders_template(char *path, size_t size)
{
    char root[PATH_MAX];

    if (build_tree(root, sizeof(root)) &&
        snprintf(path, size, "%s/../sdk/template", root) < (int)size && is_folder(path))
        return OBS_OK;
    return snprintf(path, size, "%s", OBS_TEMPLATE_DIR) < (int)size ? OBS_OK : OBS_E_INVALID;
}

int folders_find(obs_arena *arena, const obs_str_list *folders, obs_str name, const char **ret_path)
{
    for (size_t i = 0; i < folders->count; i++) {
        obs_str folder = folders->items[i];
        obs_str flat =
            obs_arena_printf(arena, "%.*s/%.*s.so", OBS_STR_ARG(folder), OBS_STR_ARG(name));
        obs_str nested = obs_arena_printf(arena, "%.*s/%.*s/%.*s.so", OBS_STR_ARG(folder),
                                          OBS_STR_ARG(name), OBS_STR_ARG(name));
        struct stat st;

        if (!flat.ptr || !nested.ptr)
            return OBS_E_NOMEM;
        if (lstat(flat.ptr, &st) == 0 || lstat(nested.ptr, &st) == 0) {
            *ret_path = lstat(flat.ptr, &st) == 0 ? flat.ptr : nested.ptr;
            return OBS_OK;
        }
    }
    return OBS_E_NOT_FOUND;
}

static int compare(const void *a, const void *b)
{
    const obs_str *left = a, *right = b;

    return strcmp(left->ptr, right->ptr); /* both are NUL-terminated copies */
}

/* Adds the plugin that a folder's entry may stand for. */
static int consider(obs_arena *arena, const obs_str_list *folders, obs_str entry, obs_str *names,
                    size_t *count)
{
    const char *path;

    if (entry.len > 3 && memcmp(entry.ptr + entry.len - 3, ".so", 3) == 0)
        entry.len -= 3;
    if (!descriptor_is_name(entry) || *count == MAX_PLUGINS)
        return OBS_OK;
    for (size_t i = 0; i < *count; i++) {
        if (obs_str_eq(names[i], entry))
            return OBS_OK;
    }
    if (folders_find(arena, folders, entry, &path) < 0)
        return OBS_OK; /* a folder without a plugin in it */
    names[*count] = obs_arena_dup(arena, entry);
    return names[(*count)++].ptr ? OBS_OK : OBS_E_NOMEM;
}

int folders_list(obs_arena *arena, const obs_str_list *folders, obs_str_list *ret_names)
{
    obs_str *names = obs_arena_calloc(arena, MAX_PLUGINS, sizeof(*names));
    size_t count = 0;
    int rc = names ? OBS_OK : OBS_E_NOMEM;

    for (size_t i = 0; rc == OBS_OK && i < folders->count; i++) {
        obs_str path = obs_arena_dup(arena, folders->items[i]);
        DIR *folder = path.ptr ? opendir(path.ptr) : NULL;
        const struct dirent *entry;

        while (folder && rc == OBS_OK && (entry = readdir(folder)) != NULL)
            rc = consider(arena, folders, obs_str_of(entry->d_name), names, &count);
        if (folder)
            closedir(folder);
    }
    if (rc < 0)
        return rc;
    qsort(names, count, sizeof(*names), compare);
    *ret_names = (obs_str_list){names, count};
    return OBS_OK;
}
