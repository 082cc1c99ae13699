/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as those of docs/configuration.md. A bar in a text would end its cell. */
#include "cli/reference.h"

#include "config/options.h"
#include "plugin/descriptor.h"

#include <stdio.h>

static void print_cell(const char *text)
{
    for (; text && *text; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
}

static void print_values(const obs_option *option)
{
    if (option->choices)
        for (const char *c = option->choices; *c; c++)
            printf(*c == '|' ? ", " : "%c", *c);
    else if (option->min && option->max)
        printf("%s to %s", option->min, option->max);
    else if (option->min || option->max)
        printf("at %s %s", option->min ? "least" : "most", option->min ? option->min : option->max);
}

static void print_option(const obs_option *option)
{
    printf("| `%s` | ", option->name);
    if (option->def)
        printf("`%s`", option->def);
    else if (option->flags & OBS_OPT_REQUIRED)
        printf("required");
    printf(" | %s | ", options_type_name(option->type));
    print_values(option);
    printf(" | ");
    print_cell(option->help);
    if (option->flags & OBS_OPT_SECRET)
        printf(" (secret)");
    printf(" |\n");
}

static void print_options(const obs_plugin *plugin)
{
    if (plugin->n_options > 0)
        printf("\n### Options\n\n| key | default | type | values | |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < plugin->n_options; i++)
        print_option(descriptor_option(plugin, i));
}

static void print_methods(uint32_t methods)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    const char *before = "";

    for (size_t i = 0; i < 7; i++) {
        if (methods & (1u << i)) {
            printf("%s%s", before, names[i]);
            before = ", ";
        }
    }
}

static void print_param(const obs_param *param)
{
    printf("| | `%s` in the %s, %s | ", param->name, param->in, param->schema);
    print_cell(param->help);
    printf(" |\n");
}

static void print_routes(const obs_plugin *plugin)
{
    if (plugin->n_routes > 0)
        printf("\n### Routes\n\n| | | |\n|---|---|---|\n");
    for (size_t i = 0; i < plugin->n_routes; i++) {
        const obs_route *route = descriptor_route(plugin, i);

        printf("| ");
        print_methods(route->methods);
        printf(" | `%s` | ", route->path);
        print_cell(route->summary);
        printf(" |\n");
        for (size_t k = 0; k < route->n_params; k++)
            print_param(descriptor_param(plugin, route, k));
    }
}

static void print_services(const obs_plugin *plugin)
{
    if (plugin->n_needs + plugin->n_provides > 0)
        printf("\n### Services\n\n");
    for (size_t i = 0; i < plugin->n_needs; i++) {
        const obs_need *need = descriptor_need(plugin, i);

        printf("- needs `%s`%s\n", need->service,
               need->flags & OBS_NEED_OPTIONAL ? ", if there is one" : "");
    }
    for (size_t i = 0; i < plugin->n_provides; i++)
        printf("- provides `%s`\n", plugin->provides[i]);
}

static void print_commands(const obs_plugin *plugin)
{
    if (plugin->n_commands > 0)
        printf("\n### Commands\n\n");
    for (size_t i = 0; i < plugin->n_commands; i++) {
        const obs_command *command = descriptor_command(plugin, i);

        printf("- `observatory %s %s%s%s`: %s\n", plugin->name, command->name,
               command->usage ? " " : "", command->usage ? command->usage : "", command->summary);
    }
}

void reference_markdown(const obs_plugin *plugin)
{
    printf("## %s\n\n", plugin->name);
    print_cell(plugin->summary);
    printf(". Version %s, %s.\n", plugin->version, plugin->license);
    print_options(plugin);
    print_routes(plugin);
    print_services(plugin);
    print_commands(plugin);
}
