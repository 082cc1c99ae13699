/* SPDX-License-Identifier: Apache-2.0 */
/* Each step looks at all instances before the next begins, so that one run
 * shows every mistake; a step that builds on a broken earlier one is left out,
 * so that no mistake is shown twice under another name. */
#include "plugin/plan.h"

#include "config/options.h"
#include "core/suggest.h"
#include "plugin/descriptor.h"
#include "plugin/folders.h"
#include "plugin/loader.h"
#include "plugin/order.h"
#include "runtime/settings.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

struct plan {
    struct settings *settings;
    const struct plan_spec *spec;
    struct generation *generation;
    obs_str_list folders;
};

/* A complaint about the entry of an instance stands at its name. */
OBS_PRINTF(3, 4)
static void complain_entry(struct plan *plan, obs_str name, const char *format, ...)
{
    const obs_conf *plugins = plan->settings->plugins;
    char sentence[1024], path[96];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    snprintf(path, sizeof(path), "plugins.%.*s", OBS_STR_ARG(name));
    conf_error_key(&plan->settings->errors, plugins, node_find(plugins, name), path, "%s",
                   sentence);
}

/* For ordering and binding; without an instance it is about the choices. */
static void complain(void *user, const obs_instance *instance, const char *sentence)
{
    struct plan *plan = user;

    if (instance)
        complain_entry(plan, obs_str_of(instance->name), "%s", sentence);
    else
        conf_error_at(&plan->settings->errors, plan->settings->services, /* path= */ NULL, "%s",
                      sentence);
}

/* ---- loading -------------------------------------------------------------- */

static void complain_missing(struct plan *plan, obs_str name)
{
    char where[512] = "";
    struct suggest suggest;
    obs_str_list names;

    for (size_t i = 0; i < plan->folders.count; i++)
        snprintf(where + strlen(where), sizeof(where) - strlen(where), "%s%.*s", i ? ", " : "",
                 OBS_STR_ARG(plan->folders.items[i]));
    suggest_init(&suggest, name);
    if (folders_list(plan->generation->arena, &plan->folders, &names) == OBS_OK) {
        for (size_t i = 0; i < names.count; i++)
            suggest_offer(&suggest, names.items[i]);
    }
    if (suggest.best.ptr)
        complain_entry(plan, name, "there is no plugin of this name in %s; did you mean \"%.*s\"?",
                       where, OBS_STR_ARG(suggest.best));
    else
        complain_entry(plan, name, "there is no plugin of this name in %s", where);
}

/* The file of an instance: its `module`, relative to the config, or the one
 * that the folders have under its name. */
static int find_file(struct plan *plan, const obs_conf *entry, obs_str name, const char **ret_path)
{
    obs_arena *arena = plan->generation->arena;
    const obs_conf *module = obs_conf_get(entry, "module");
    int rc;

    if (!module) {
        rc = folders_find(arena, &plan->folders, name, ret_path);
        if (rc == OBS_E_NOT_FOUND)
            complain_missing(plan, name);
        return rc;
    }
    if (obs_conf_type(module) != OBS_CONF_SCALAR || obs_conf_str(module).len == 0) {
        complain_entry(plan, name, "module: expected the path of a plugin file");
        return OBS_E_INVALID;
    }
    *ret_path = settings_path(plan->settings, arena, obs_conf_str(module));
    return *ret_path ? OBS_OK : OBS_E_NOMEM;
}

/* Keys of an entry that are the host's. */
static int is_reserved(obs_str key)
{
    return obs_str_is(key, "module");
}

static int bind_options(struct plan *plan, obs_instance *instance, const obs_conf *entry)
{
    const obs_plugin *plugin = instance->plugin;
    char path[96];

    snprintf(path, sizeof(path), "plugins.%s", instance->name);
    return options_bind(&(struct options_spec){.arena = instance->arena,
                                               .map = entry,
                                               .path = path,
                                               .folder = plan->settings->folder,
                                               .options = plugin->options,
                                               .n = plugin->n_options,
                                               .stride = plugin->option_size,
                                               .known = is_reserved},
                        instance->config, &plan->settings->errors);
}

static int load_instance(struct plan *plan, const obs_conf *entry, obs_str name)
{
    struct generation *generation = plan->generation;
    char error[600];
    struct image *image = NULL;
    obs_instance *instance;
    const char *path;
    int rc;

    if (!descriptor_is_name(name)) {
        complain_entry(plan, name, "expected a name of a-z, 0-9, '-' and '_'");
        return OBS_E_INVALID;
    }
    rc = find_file(plan, entry, name, &path);
    if (rc < 0)
        return rc;
    rc = image_open(path, &image, error, sizeof(error));
    if (rc < 0) {
        complain_entry(plan, name, "%s", error);
        return rc;
    }
    instance = instance_create(name, image, (uint32_t)plan->settings->workers);
    if (!instance)
        return OBS_E_NOMEM;
    generation->instances[generation->n_instances] = instance;
    generation->in_config_order[generation->n_instances++] = instance;
    return bind_options(plan, instance, entry);
}

/* Every entry of `plugins:`; false when one of them cannot be used. */
static bool load_all(struct plan *plan)
{
    const obs_conf *plugins = plan->settings->plugins;
    bool good = true;

    for (size_t i = 0; i < obs_conf_count(plugins); i++) {
        obs_str name;
        const obs_conf *entry = obs_conf_at(plugins, i, &name);

        if (load_instance(plan, entry, name) < 0)
            good = false;
    }
    return good;
}

/* ---- order ---------------------------------------------------------------- */

static int order(struct plan *plan)
{
    struct generation *generation = plan->generation;
    const obs_conf *services = plan->settings->services;
    size_t n_choices = obs_conf_count(services);
    struct order_choice *choices =
        obs_arena_calloc(generation->arena, n_choices + 1, sizeof(*choices));

    if (!choices)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < n_choices; i++)
        choices[i].instance = obs_conf_str(obs_conf_at(services, i, &choices[i].service));
    return order_instances(generation->instances, generation->n_instances, choices, n_choices,
                           complain, plan) > 0
               ? OBS_E_INVALID
               : OBS_OK;
}

/* ---- commands: only what one instance needs ------------------------------- */

static bool is_needed(const obs_instance *instance, obs_instance *const *users, size_t n_users)
{
    for (size_t i = 0; i < n_users; i++) {
        for (size_t n = 0; n < users[i]->plugin->n_needs; n++) {
            if (users[i]->providers[n] == instance)
                return true;
        }
    }
    return false;
}

/* Keeps `only` and what it needs; providers stand before their users, so one
 * walk from the end finds them all. */
static void keep_only(struct generation *generation, const char *only)
{
    obs_instance **all = generation->instances;
    size_t kept = generation->n_instances; /* entries from here on stay */

    for (size_t i = generation->n_instances; i-- > 0;) {
        obs_instance *instance = all[i];
        size_t n_kept = generation->n_instances - kept;

        if (n_kept == 0 ? strcmp(instance->name, only) == 0
                        : is_needed(instance, &all[kept], n_kept))
            all[--kept] = instance;
        else
            instance_destroy(instance);
    }
    generation->n_instances -= kept;
    generation->instances = &all[kept];
    memcpy(generation->in_config_order, generation->instances,
           generation->n_instances * sizeof(all[0]));
}

/* ---- all together --------------------------------------------------------- */

static struct generation *create_generation(const struct plan_spec *spec, size_t n_instances)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct generation *generation = arena ? obs_arena_calloc(arena, 1, sizeof(*generation)) : NULL;

    if (!generation) {
        obs_arena_destroy(arena);
        return NULL;
    }
    generation->arena = arena;
    generation->number = spec->number;
    generation->instances = obs_arena_calloc(arena, n_instances + 1, sizeof(obs_instance *));
    generation->in_config_order = obs_arena_calloc(arena, n_instances + 1, sizeof(obs_instance *));
    if (generation->instances && generation->in_config_order)
        return generation;
    generation_destroy(generation);
    return NULL;
}

static int fill(struct plan *plan)
{
    struct generation *generation = plan->generation;
    int rc = OBS_OK;

    plan->folders = plan->settings->plugin_folders;
    if (plan->folders.count == 0)
        rc = folders_default(generation->arena, &plan->folders);
    if (rc < 0)
        return rc;
    if (!load_all(plan))
        return OBS_E_INVALID;
    rc = order(plan);
    if (rc < 0)
        return rc;
    if (plan->spec->only)
        keep_only(generation, plan->spec->only);
    rc = generation_bind(generation, plan->settings->http.max_body_bytes, complain, plan);
    return rc > 0 ? OBS_E_INVALID : rc;
}

int plan_generation(struct settings *settings, const struct plan_spec *spec,
                    struct generation **ret_generation)
{
    struct plan plan = {.settings = settings, .spec = spec};
    int rc;

    plan.generation = create_generation(spec, obs_conf_count(settings->plugins));
    if (!plan.generation)
        return OBS_E_NOMEM;
    rc = fill(&plan);
    if (rc < 0) {
        generation_destroy(plan.generation);
        return rc;
    }
    *ret_generation = plan.generation;
    return OBS_OK;
}
