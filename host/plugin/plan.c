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
#include "plugin/cache.h"
#include "plugin/handover.h"
#include "plugin/order.h"
#include "plugin/share.h"
#include "runtime/settings.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

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
    if (node_find(plugins, name))
        conf_error_key(&plan->settings->errors, plugins, node_find(plugins, name), path, "%s",
                       sentence);
    else
        conf_error_at(&plan->settings->errors, plugins, path, "%s", sentence);
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

static void check_state(struct plan *plan, const obs_instance *instance)
{
    const obs_conf *state = obs_conf_get(instance->entry, "state");

    if (state && !obs_str_is(obs_conf_str(state), "reset") &&
        !obs_str_is(obs_conf_str(state), "keep"))
        complain_entry(plan, obs_str_of(instance->name), "state: expected keep or reset");
}

static int bind_options(struct plan *plan, obs_instance *instance)
{
    const obs_plugin *plugin = instance->plugin;
    char path[96];

    snprintf(path, sizeof(path), "plugins.%s", instance->name);
    check_state(plan, instance);
    return options_bind(&(struct options_spec){.arena = instance->arena,
                                               .map = instance->entry,
                                               .path = path,
                                               .folder = instance->settings->folder,
                                               .options = plugin->options,
                                               .n = plugin->n_options,
                                               .stride = plugin->option_size,
                                               .known = descriptor_is_host_key},
                        instance->config, &plan->settings->errors);
}

/* The name of what is in a file that the plugin reads at start; "" when it
 * cannot be read, which is for the plugin to complain about. */
static void name_content(const char *path, char name[CACHE_NAME_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || cache_name(fd, name) < 0)
        name[0] = '\0';
    if (fd >= 0)
        close(fd);
}

static int name_contents(obs_instance *instance)
{
    const obs_plugin *plugin = instance->plugin;

    instance->contents = "";
    for (size_t i = 0; i < plugin->n_options; i++) {
        const obs_option *option = descriptor_option(plugin, i);
        const char *path;
        char name[CACHE_NAME_BYTES];

        if (option->type != OBS_OPT_PATH || !(option->flags & OBS_OPT_CONTENT))
            continue;
        path = *(const char *const *)((const char *)instance->config + option->offset);
        if (!path)
            continue;
        name_content(path, name);
        instance->contents =
            obs_arena_printf(instance->arena, "%s%s;", instance->contents, name).ptr;
        if (!instance->contents)
            return OBS_E_NOMEM;
    }
    return OBS_OK;
}

/* Makes an instance of `image`, which it takes, with the options of `entry`, a
 * part of `settings`. */
static int add_instance(struct plan *plan, obs_str name, struct image *image, const char *file,
                        struct settings *settings, const obs_conf *entry)
{
    struct generation *generation = plan->generation;
    obs_instance *instance = instance_create(name, image, generation->n_workers);
    int rc;

    if (!instance)
        return OBS_E_NOMEM;
    instance->settings = settings_keep(settings);
    instance->entry = entry;
    instance->file = obs_arena_dup(instance->arena, obs_str_of(file)).ptr;
    generation->instances[generation->n_instances] = instance;
    generation->in_config_order[generation->n_instances++] = instance;
    rc = instance->file ? bind_options(plan, instance) : OBS_E_NOMEM;
    return rc < 0 ? rc : name_contents(instance);
}

/* The image that is linked under this name, NULL: it is in a file. */
static struct image *find_link(const struct plan *plan, obs_str name)
{
    const struct plan_link *link = plan->spec->links;

    while (link && !obs_str_is(name, link->name))
        link = link->next;
    return link ? link->image : NULL;
}

static int load_instance(struct plan *plan, const obs_conf *entry, obs_str name)
{
    char error[600];
    struct image *image = find_link(plan, name);
    const char *path;
    int rc;

    if (!descriptor_is_name(name)) {
        complain_entry(plan, name, "expected a name of a-z, 0-9, '-' and '_'");
        return OBS_E_INVALID;
    }
    if (image)
        return add_instance(plan, name, image_keep(image), "", plan->settings, entry);
    rc = find_file(plan, entry, name, &path);
    if (rc < 0)
        return rc;
    rc = image_open(path, &image, error, sizeof(error));
    if (rc < 0) {
        complain_entry(plan, name, "%s", error);
        return rc;
    }
    return add_instance(plan, name, image, path, plan->settings, entry);
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

/* The instances of the generation before as they are, and the one that is
 * reloaded as it is on disk. */
static bool load_one(struct plan *plan)
{
    const struct generation *previous = plan->spec->previous;
    obs_str name = obs_str_of(plan->spec->plugin);
    const struct conf_entry *found = node_find(plan->settings->plugins, name);
    bool good = true, placed = false;

    if (!found) {
        complain_entry(plan, name, "it is not in the configuration");
        return false;
    }
    for (size_t i = 0; i < previous->n_instances; i++) {
        obs_instance *old = previous->in_config_order[i];
        bool is_it = obs_str_is(name, old->name);
        int rc = is_it ? load_instance(plan, found->value, name)
                       : add_instance(plan, obs_str_of(old->name), image_keep(old->image),
                                      old->file, old->settings, old->entry);

        placed |= is_it;
        good &= rc >= 0;
    }
    return placed ? good : load_instance(plan, found->value, name) >= 0 && good;
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

/* Every new instance must be able to read the state of the one before it. */
static int check_states(struct plan *plan)
{
    const struct generation *generation = plan->generation;
    int n_failures = 0;

    for (size_t i = 0; i < generation->n_instances; i++) {
        const obs_instance *to = generation->instances[i];
        const obs_instance *from = generation->predecessors[i];
        char error[400];

        if (from && handover_check(from, to, error, sizeof(error)) < 0) {
            complain_entry(plan, obs_str_of(to->name), "%s", error);
            n_failures++;
        }
    }
    return n_failures > 0 ? OBS_E_INVALID : OBS_OK;
}

static int fill(struct plan *plan)
{
    const struct plan_spec *spec = plan->spec;
    struct generation *generation = plan->generation;
    int rc = OBS_OK;

    plan->folders = plan->settings->plugin_folders;
    if (plan->folders.count == 0)
        rc = folders_default(generation->arena, &plan->folders);
    if (rc < 0)
        return rc;
    if (!(spec->plugin && spec->previous ? load_one(plan) : load_all(plan)))
        return OBS_E_INVALID;
    rc = order(plan);
    if (rc < 0)
        return rc;
    if (spec->only)
        keep_only(generation, spec->only);
    share_instances(generation, spec->previous);
    rc = check_states(plan);
    if (rc == OBS_OK)
        rc = generation_bind(generation, plan->settings->http.max_body_bytes, complain, plan);
    return rc > 0 ? OBS_E_INVALID : rc;
}

int plan_generation(struct settings *settings, const struct plan_spec *spec,
                    struct generation **ret_generation)
{
    struct plan plan = {.settings = settings, .spec = spec};
    size_t room = obs_conf_count(settings->plugins);
    int rc;

    if (spec->previous)
        room += spec->previous->n_instances;
    cache_set_folder(settings->plugin_cache);
    plan.generation = generation_create(spec->number, room, (uint32_t)settings->workers);
    if (!plan.generation)
        return OBS_E_NOMEM;
    rc = fill(&plan);
    if (rc == OBS_OK && settings->errors.count > 0)
        rc = OBS_E_INVALID;
    if (rc < 0) {
        generation_destroy(plan.generation);
        return rc;
    }
    *ret_generation = plan.generation;
    return OBS_OK;
}
