/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a plugin's descriptor: the check that everything in it can be
 * believed, and the tables by the strides that the plugin was built with. */
#ifndef HOST_PLUGIN_DESCRIPTOR_H
#define HOST_PLUGIN_DESCRIPTOR_H

#include <observatory/plugin.h>
#include <stdbool.h>

/* Checks the descriptor at `plugin`, of which `available_bytes` may be read
 * (the size of the symbol). On failure the reason is in `error`, a sentence
 * without the file's name. Errors: OBS_E_INVALID, OBS_E_UNSUPPORTED (another
 * ABI). Thread: any. */
OBS_MUST_CHECK int descriptor_check(const obs_plugin *plugin, size_t available_bytes, char *error,
                                    size_t error_size);

/* 1-64 of [a-z0-9_-], beginning with a letter or digit: plugins, instances. */
bool descriptor_is_name(obs_str name);

/* Not 0 for a key of an instance's entry in the config that is the host's, and so
 * no name for an option. */
int descriptor_is_host_key(obs_str key);

/* Entry `index` of a table; the index is below the table's length. */
static inline const void *descriptor_at(const void *table, size_t index, uint16_t stride)
{
    return (const char *)table + index * stride;
}

static inline const obs_need *descriptor_need(const obs_plugin *p, size_t index)
{
    return descriptor_at(p->needs, index, p->need_size);
}

static inline const obs_option *descriptor_option(const obs_plugin *p, size_t index)
{
    return descriptor_at(p->options, index, p->option_size);
}

static inline const obs_route *descriptor_route(const obs_plugin *p, size_t index)
{
    return descriptor_at(p->routes, index, p->route_size);
}

static inline const obs_param *descriptor_param(const obs_plugin *p, const obs_route *route,
                                                size_t index)
{
    return descriptor_at(route->params, index, p->param_size);
}

static inline const obs_hook *descriptor_hook(const obs_plugin *p, size_t index)
{
    return descriptor_at(p->hooks, index, p->hook_size);
}

static inline const obs_command *descriptor_command(const obs_plugin *p, size_t index)
{
    return descriptor_at(p->commands, index, p->command_size);
}

/* The option called `name`, NULL when there is none. */
const obs_option *descriptor_find_option(const obs_plugin *plugin, obs_str name);

#endif
