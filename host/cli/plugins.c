/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory plugins`: what the folders hold, and all about one of them. The
 * configuration only tells the folders; a broken plugin is listed with the
 * reason. */
#include "cli/verbs.h"

#include "cli/reference.h"
#include "config/options.h"
#include "plugin/descriptor.h"
#include "plugin/folders.h"
#include "plugin/loader.h"
#include "plugin/plan.h"
#include "runtime/settings.h"
#include "runtime/telemetry.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

static const char *const phase_names[OBS_N_PHASES] = {
    [OBS_PHASE_EARLY] = "early",         [OBS_PHASE_AUTHENTICATE] = "authenticate",
    [OBS_PHASE_AUTHORIZE] = "authorize", [OBS_PHASE_LIMIT] = "limit",
    [OBS_PHASE_RESPOND] = "respond",     [OBS_PHASE_LOG] = "log",
    [OBS_PHASE_HANDLE] = "handle",
};

static void print_methods(uint32_t methods)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    char text[64] = "";

    if (methods == OBS_ANY_METHOD)
        snprintf(text, sizeof(text), "any");
    for (size_t i = 0; methods != OBS_ANY_METHOD && i < 7; i++) {
        if (methods & (1u << i))
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? "," : "",
                     names[i]);
    }
    printf("  %-8s", text);
}

static void print_routes(const obs_plugin *plugin)
{
    if (plugin->n_routes > 0)
        printf("\nroutes\n");
    for (size_t i = 0; i < plugin->n_routes; i++) {
        const obs_route *route = descriptor_route(plugin, i);

        print_methods(route->methods);
        printf(" %-32s %s\n", route->path, route->summary);
    }
}

static void print_hooks(const obs_plugin *plugin)
{
    for (size_t i = 0; i < plugin->n_hooks; i++)
        printf("%s%s", i ? ", " : "\nhooks\n  ", phase_names[descriptor_hook(plugin, i)->phase]);
    if (plugin->n_hooks > 0)
        printf("\n");
}

static void print_services(const obs_plugin *plugin)
{
    for (size_t i = 0; i < plugin->n_needs; i++) {
        const obs_need *need = descriptor_need(plugin, i);

        printf("needs      %s%s\n", need->service,
               need->flags & OBS_NEED_OPTIONAL ? " (optional)" : "");
    }
    for (size_t i = 0; i < plugin->n_provides; i++)
        printf("provides   %s\n", plugin->provides[i]);
}

static void print_commands(const obs_plugin *plugin)
{
    if (plugin->n_commands > 0)
        printf("\ncommands\n");
    for (size_t i = 0; i < plugin->n_commands; i++) {
        const obs_command *command = descriptor_command(plugin, i);

        printf("  observatory %s %s %s\n      %s\n", plugin->name, command->name,
               command->usage ? command->usage : "", command->summary);
    }
}

static void print_plugin(const struct image *image)
{
    const obs_plugin *plugin = image->plugin;

    printf("%s %s: %s\n\n", plugin->name, plugin->version, plugin->summary);
    printf("file       %s\nlicence    %s\nABI        %u.%u\n", image->path, plugin->license,
           plugin->abi_major, plugin->abi_minor);
    print_services(plugin);
    if (plugin->n_options > 0) {
        printf("\noptions below plugins.%s\n", plugin->name);
        fflush(stdout);
        options_print(stdout, plugin->options, plugin->n_options, plugin->option_size);
    }
    print_routes(plugin);
    print_hooks(plugin);
    print_commands(plugin);
}

static void complain(void *user, const obs_instance *instance, const char *sentence)
{
    (void)user;
    fprintf(stderr, "observatory: %s: %s\n", instance->name, sentence);
}

/* The routes of one plugin, its options at their defaults. */
static int print_openapi(struct image *image)
{
    const obs_plugin *plugin = image->plugin;
    struct generation *generation = generation_create(/* number= */ 1, /* n_instances= */ 1, 1);
    obs_instance *instance =
        generation ? instance_create(obs_str_of(plugin->name), image_keep(image), 1) : NULL;
    struct conf_errors errors; /* a required option has no default: no matter */
    int rc = OBS_E_NOMEM;

    if (instance) {
        generation->instances[0] = generation->in_config_order[0] = instance;
        generation->n_instances = 1;
        conf_errors_init(&errors, instance->arena);
        (void)options_bind(&(struct options_spec){.arena = instance->arena,
                                                  .path = "plugins",
                                                  .folder = OBS_STR("."),
                                                  .options = plugin->options,
                                                  .n = plugin->n_options,
                                                  .stride = plugin->option_size},
                           instance->config, &errors);
        rc = generation_bind(generation, /* max_body_bytes= */ 16 << 20, complain, NULL);
    }
    if (rc == OBS_OK)
        rc = reference_openapi(generation);
    generation_destroy(generation);
    return rc == OBS_OK ? EX_OK : EX_SOFTWARE;
}

static int show(obs_arena *arena, const obs_str_list *folders, const char *name, const char *format)
{
    struct image *image = NULL;
    char error[600];
    const char *path;
    int code = EX_OK;

    if (folders_find(arena, folders, obs_str_of(name), &path) < 0) {
        fprintf(stderr,
                "observatory: there is no plugin \"%s\"; `observatory plugins` lists them\n", name);
        return EX_CONFIG;
    }
    if (image_open(path, &image, error, sizeof(error)) < 0) {
        fprintf(stderr, "observatory: %s\n", error);
        return EX_CONFIG;
    }
    if (strcmp(format, "openapi") == 0)
        code = print_openapi(image);
    else if (strcmp(format, "markdown") == 0)
        reference_markdown(image->plugin);
    else
        print_plugin(image);
    image_close(image);
    return code;
}

/* The routes of all plugins of the configuration. */
static int print_all_openapi(struct settings *settings)
{
    const struct plan_spec spec = {.number = 1};
    struct generation *generation = NULL;
    int rc = plan_generation(settings, &spec, &generation);

    if (!settings_are_good(settings))
        return EX_CONFIG;
    if (rc == OBS_OK)
        rc = reference_openapi(generation);
    generation_destroy(generation);
    return rc == OBS_OK ? EX_OK : EX_SOFTWARE;
}

static int list(obs_arena *arena, const obs_str_list *folders)
{
    obs_str_list names;

    if (folders_list(arena, folders, &names) < 0)
        return EX_OSERR;
    for (size_t i = 0; i < names.count; i++) {
        struct image *image = NULL;
        char error[600];
        const char *path;

        if (folders_find(arena, folders, names.items[i], &path) < 0)
            continue;
        if (image_open(path, &image, error, sizeof(error)) == OBS_OK)
            printf("%-14s %-8s ABI %u.%u  %s\n%14s %s\n", image->plugin->name,
                   image->plugin->version, image->plugin->abi_major, image->plugin->abi_minor,
                   image->plugin->summary, "", path);
        else
            printf("%-14s %s\n", names.items[i].ptr, error);
        image_close(image);
    }
    return EX_OK;
}

/* The folders of the configuration when there is one. */
static int find_folders(const struct arguments *arguments, obs_arena *arena,
                        obs_str_list *ret_folders, struct settings **ret_settings)
{
    if (access(arguments->config, R_OK) == 0) {
        struct settings *settings =
            settings_load(arguments->config, arguments->sets, arguments->n_sets);

        *ret_settings = settings;
        if (settings && settings->plugin_folders.count > 0) {
            *ret_folders = settings->plugin_folders;
            return OBS_OK;
        }
    }
    return folders_default(arena, ret_folders);
}

/* "show NAME [--format F]" into its parts. */
static bool parse_show(const struct arguments *arguments, const char **ret_name,
                       const char **ret_format)
{
    const char *const *words = arguments->words;

    if ((arguments->n_words != 3 && arguments->n_words != 5) || strcmp(words[1], "show") != 0)
        return false;
    *ret_name = words[2];
    *ret_format = "text";
    if (arguments->n_words == 3)
        return true;
    *ret_format = words[4];
    return strcmp(words[3], "--format") == 0 &&
           (strcmp(words[4], "text") == 0 || strcmp(words[4], "markdown") == 0 ||
            strcmp(words[4], "openapi") == 0);
}

static int openapi(const struct arguments *arguments)
{
    struct settings *settings =
        settings_load(arguments->config, arguments->sets, arguments->n_sets);
    int code = settings ? print_all_openapi(settings) : EX_OSERR;

    settings_release(settings);
    return code;
}

int verb_plugins(const struct arguments *arguments)
{
    const char *name = NULL, *format = NULL;
    struct settings *settings = NULL;
    obs_arena *arena;
    obs_str_list folders;
    int code = EX_OSERR;

    if (telemetry_start(/* n_workers= */ 1) < 0)
        return EX_OSERR;
    if (arguments->n_words == 2 && strcmp(arguments->words[1], "openapi") == 0)
        return openapi(arguments);
    if (arguments->n_words > 1 && !parse_show(arguments, &name, &format))
        return verb_usage(arguments);
    arena = obs_arena_create(/* limit_bytes= */ 0);
    if (arena && find_folders(arguments, arena, &folders, &settings) == OBS_OK)
        code = name ? show(arena, &folders, name, format) : list(arena, &folders);
    settings_release(settings);
    obs_arena_destroy(arena);
    return code;
}
