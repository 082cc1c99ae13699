/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the configuration: file, substitution, overrides. */
#include "config/config.h"
#include "config/override.h"
#include "config/substitute.h"
#include "config/yaml.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* The folder as the path names it: in a Kubernetes volume the file is a link
 * into a folder that the next update removes. */
obs_str config_folder(obs_arena *arena, const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    char folder[PATH_MAX];
    obs_str given;

    if (slash) {
        given = obs_arena_dup(arena, obs_str_n(file, slash == file ? 1 : (size_t)(slash - file)));
        if (!given.ptr)
            return given;
        return realpath(given.ptr, folder) ? obs_arena_dup(arena, obs_str_of(folder)) : given;
    }
    return obs_arena_dup(arena, obs_str_of(getcwd(folder, sizeof(folder)) ? folder : "/"));
}

int config_load(obs_arena *arena, const char *file, const char *const *sets, size_t n_sets,
                const obs_conf **ret_root, struct conf_errors *errors)
{
    struct obs_conf *empty = node_new(arena, OBS_CONF_MAPPING);
    struct obs_conf *root = empty;
    obs_str folder = config_folder(arena, file);
    int result = OBS_OK;

    if (!empty || !folder.ptr)
        return OBS_E_NOMEM;
    if (file)
        result = yaml_load(arena, file, &root, errors);
    if (result == OBS_OK && root->type != OBS_CONF_MAPPING) {
        conf_error_at(errors, root, NULL, "expected a mapping such as `plugins:`");
        result = OBS_E_SYNTAX;
    }
    if (result == OBS_OK)
        result = substitute(arena, root, folder, errors);
    else
        root = empty;
    for (size_t i = 0; i < n_sets; i++) {
        int rc = override_apply(arena, root, sets[i], errors);

        if (rc < 0)
            result = rc;
    }
    *ret_root = root;
    return result;
}
