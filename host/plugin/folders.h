/* SPDX-License-Identifier: Apache-2.0 */
/* Where plugin files are: `<folder>/<name>.so` or `<folder>/<name>/<name>.so`. */
#ifndef HOST_PLUGIN_FOLDERS_H
#define HOST_PLUGIN_FOLDERS_H

#include <observatory/option.h>

/* The folders to search when the config names none: those of the build tree
 * that the executable stands in, else the installed one. In `arena`. Errors:
 * OBS_E_NOMEM. */
OBS_MUST_CHECK int folders_default(obs_arena *arena, obs_str_list *ret_folders);

/* The file of plugin `name` in the first folder that has one, in `arena`.
 * Errors: OBS_E_NOT_FOUND, OBS_E_NOMEM. */
OBS_MUST_CHECK int folders_find(obs_arena *arena, const obs_str_list *folders, obs_str name,
                                const char **ret_path);

/* The names of all plugins found, each once, sorted, in `arena`; a folder that
 * cannot be read has none. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int folders_list(obs_arena *arena, const obs_str_list *folders,
                                obs_str_list *ret_names);

/* The folder of the templates of `observatory new-plugin`: that beside the build
 * tree, else the installed one. Errors: OBS_E_INVALID (the path is too long). */
OBS_MUST_CHECK int folders_template(char *path, size_t size);

#endif
