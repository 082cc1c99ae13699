/* SPDX-License-Identifier: Apache-2.0 */
/* The checks go from what every ABI has at the same place (magic, size, ABI)
 * to what only a descriptor of our major has. Each entry of each table is
 * looked at once here, so that nobody has to doubt it later. */
#include "plugin/descriptor.h"

#include <stdarg.h>
#include <stdio.h>

#define MAX_ENTRIES 4096 /* of any table; more is garbage, not a plugin */

/* The least that ABI 1.0 put into each struct. A later minor only appends, so
 * these never change. */
#define LEAST(type, last) (offsetof(type, last) + sizeof(((type *)0)->last))
#define LEAST_PLUGIN LEAST(obs_plugin, import_state)
#define LEAST_NEED LEAST(obs_need, reserved)
#define LEAST_OPTION LEAST(obs_option, help)
#define LEAST_ROUTE LEAST(obs_route, n_params)
#define LEAST_HOOK LEAST(obs_hook, fn)
#define LEAST_COMMAND LEAST(obs_command, run)
#define LEAST_PARAM LEAST(obs_param, help)

/* Where a complaint goes. */
struct complaint {
    char *error;
    size_t error_size;
};

OBS_PRINTF(3, 4)
static int refuse(const struct complaint *to, int rc, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(to->error, to->error_size, format, args);
    va_end(args);
    return rc;
}

bool descriptor_is_name(obs_str name)
{
    if (name.len == 0 || name.len > 64 || name.ptr[0] == '-' || name.ptr[0] == '_')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

int descriptor_is_host_key(obs_str key)
{
    return obs_str_is(key, "module") || obs_str_is(key, "state");
}

/* "obs.store/1": a dotted name, a slash, a number. */
static bool is_service_id(const char *id)
{
    const char *slash = id ? strrchr(id, '/') : NULL;

    if (!slash || slash == id || !slash[1] || strspn(slash + 1, "0123456789") != strlen(slash + 1))
        return false;
    return strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") == (size_t)(slash - id);
}

static int check_header(const obs_plugin *p, size_t available, const struct complaint *to)
{
    if (available < offsetof(obs_plugin, need_size) || p->magic != OBS_PLUGIN_MAGIC)
        return refuse(to, OBS_E_INVALID, "its %s does not begin with the magic number of a plugin",
                      OBS_PLUGIN_SYMBOL);
    if (p->abi_major != OBS_ABI_MAJOR)
        return refuse(to, OBS_E_UNSUPPORTED, "it was built for ABI %u.%u, this host has %d.%d",
                      p->abi_major, p->abi_minor, OBS_ABI_MAJOR, OBS_ABI_MINOR);
    if (p->abi_minor > OBS_ABI_MINOR)
        return refuse(to, OBS_E_UNSUPPORTED,
                      "it needs ABI %u.%u, this host has %d.%d: a newer observatory runs it",
                      p->abi_major, p->abi_minor, OBS_ABI_MAJOR, OBS_ABI_MINOR);
    if (p->size < LEAST_PLUGIN || p->size > available)
        return refuse(to, OBS_E_INVALID, "its descriptor says %u bytes, has %zu and needs %zu",
                      p->size, available, LEAST_PLUGIN);
    return OBS_OK;
}

static int check_table(const struct complaint *to, const char *what, const void *table,
                       size_t count, size_t stride, size_t least)
{
    if (count > MAX_ENTRIES || (count > 0 && !table))
        return refuse(to, OBS_E_INVALID, "its table of %s is damaged (%zu entries)", what, count);
    if (stride < least || stride > 4096)
        return refuse(to, OBS_E_INVALID, "its table of %s has entries of %zu bytes, expected %zu",
                      what, stride, least);
    return OBS_OK;
}

static int check_tables(const obs_plugin *p, const struct complaint *to)
{
    const struct {
        const char *what;
        const void *table;
        size_t count, stride, least;
    } tables[] = {
        {"needs", p->needs, p->n_needs, p->need_size, LEAST_NEED},
        {"provided services", p->provides, p->n_provides, sizeof(char *), sizeof(char *)},
        {"options", p->options, p->n_options, p->option_size, LEAST_OPTION},
        {"routes", p->routes, p->n_routes, p->route_size, LEAST_ROUTE},
        {"route parameters", p, 0, p->param_size, LEAST_PARAM},
        {"hooks", p->hooks, p->n_hooks, p->hook_size, LEAST_HOOK},
        {"commands", p->commands, p->n_commands, p->command_size, LEAST_COMMAND},
    };

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        int rc = check_table(to, tables[i].what, tables[i].table, tables[i].count, tables[i].stride,
                             tables[i].least);

        if (rc < 0)
            return rc;
    }
    return OBS_OK;
}

static int check_names(const obs_plugin *p, const struct complaint *to)
{
    if (!descriptor_is_name(obs_str_of(p->name)))
        return refuse(to, OBS_E_INVALID, "its name \"%.64s\" is not 1-64 of a-z, 0-9, '-' and '_'",
                      p->name ? p->name : "");
    if (!p->version || !p->version[0] || !p->summary || !p->license)
        return refuse(to, OBS_E_INVALID, "it has no version, licence or summary");
    if (!p->create != !p->destroy)
        return refuse(to, OBS_E_INVALID, "it has only one of create and destroy");
    return OBS_OK;
}

static int check_services(const obs_plugin *p, const struct complaint *to)
{
    for (size_t i = 0; i < p->n_needs; i++) {
        const obs_need *need = descriptor_need(p, i);

        if (!is_service_id(need->service))
            return refuse(to, OBS_E_INVALID, "need %zu is no service id such as \"obs.store/1\"",
                          i);
    }
    for (size_t i = 0; i < p->n_provides; i++) {
        if (!is_service_id(p->provides[i]))
            return refuse(to, OBS_E_INVALID,
                          "provided service %zu is no service id such as \"obs.store/1\"", i);
    }
    return OBS_OK;
}

/* Bytes that an option of this type fills; 0: no such type. */
static size_t option_bytes(uint32_t type)
{
    switch (type) {
    case OBS_OPT_BOOL:
    case OBS_OPT_CHOICE:
        return sizeof(int32_t);
    case OBS_OPT_INT:
    case OBS_OPT_FLOAT:
    case OBS_OPT_SIZE:
    case OBS_OPT_DURATION:
    case OBS_OPT_RATE:
        return 8;
    case OBS_OPT_STRING:
    case OBS_OPT_PATH:
    case OBS_OPT_TREE:
        return sizeof(void *);
    case OBS_OPT_LIST:
        return sizeof(obs_str_list);
    default:
        return 0;
    }
}

static int check_options(const obs_plugin *p, const struct complaint *to)
{
    for (size_t i = 0; i < p->n_options; i++) {
        const obs_option *option = descriptor_option(p, i);
        size_t bytes = option_bytes(option->type);

        if (!descriptor_is_name(obs_str_of(option->name)) || !option->help)
            return refuse(to, OBS_E_INVALID, "option %zu has no usable name or no help", i);
        if (descriptor_is_host_key(obs_str_of(option->name)))
            return refuse(to, OBS_E_INVALID, "it has an option \"%s\", a name of the host's",
                          option->name);
        if (bytes == 0 || option->offset > p->config_size ||
            bytes > p->config_size - option->offset)
            return refuse(to, OBS_E_INVALID,
                          "option \"%s\" is of no known type or outside the config struct",
                          option->name);
        if (option->type == OBS_OPT_CHOICE && !option->choices)
            return refuse(to, OBS_E_INVALID, "option \"%s\" has no choices", option->name);
    }
    return OBS_OK;
}

static int check_routes(const obs_plugin *p, const struct complaint *to)
{
    for (size_t i = 0; i < p->n_routes; i++) {
        const obs_route *route = descriptor_route(p, i);
        const obs_option *limit;

        if (!route->path || !route->handler || !route->summary || !route->methods ||
            (route->methods & ~OBS_ANY_METHOD) || route->body > OBS_BODY_STREAM ||
            (route->n_params > 0 && !route->params) || route->n_params > MAX_ENTRIES)
            return refuse(to, OBS_E_INVALID,
                          "route %zu lacks a path, handler, summary or method, or is damaged", i);
        if (!route->body_limit_option)
            continue;
        limit = descriptor_find_option(p, obs_str_of(route->body_limit_option));
        if (!limit || limit->type != OBS_OPT_SIZE)
            return refuse(to, OBS_E_INVALID, "route %s takes its limit from \"%s\", no size option",
                          route->path, route->body_limit_option);
    }
    return OBS_OK;
}

static int check_rest(const obs_plugin *p, const struct complaint *to)
{
    for (size_t i = 0; i < p->n_hooks; i++) {
        const obs_hook *hook = descriptor_hook(p, i);

        if (hook->phase >= OBS_N_PHASES || !hook->fn)
            return refuse(to, OBS_E_INVALID, "hook %zu has no function or no known phase", i);
    }
    for (size_t i = 0; i < p->n_commands; i++) {
        const obs_command *command = descriptor_command(p, i);

        if (!descriptor_is_name(obs_str_of(command->name)) || !command->run || !command->summary)
            return refuse(to, OBS_E_INVALID, "command %zu has no name, summary or function", i);
    }
    return OBS_OK;
}

int descriptor_check(const obs_plugin *plugin, size_t available_bytes, char *error,
                     size_t error_size)
{
    static int (*const checks[])(const obs_plugin *, const struct complaint *) = {
        check_tables, check_names, check_services, check_options, check_routes, check_rest,
    };
    const struct complaint to = {error, error_size};
    int rc = check_header(plugin, available_bytes, &to);

    for (size_t i = 0; rc == OBS_OK && i < sizeof(checks) / sizeof(checks[0]); i++)
        rc = checks[i](plugin, &to);
    return rc;
}

const obs_option *descriptor_find_option(const obs_plugin *plugin, obs_str name)
{
    for (size_t i = 0; i < plugin->n_options; i++) {
        const obs_option *option = descriptor_option(plugin, i);

        if (obs_str_is(name, option->name))
            return option;
    }
    return NULL;
}
