/* SPDX-License-Identifier: Apache-2.0 */
/* From descriptors to what a request meets: routes with their pattern and body
 * limit made final by the instance's options, hooks by phase in the order of
 * the config. Tables are walked by the strides of their plugin. */
#include "plugin/generation.h"

#include "http/route.h"
#include "plugin/descriptor.h"

#include <stdarg.h>
#include <stdio.h>

struct binding {
    struct generation *generation;
    uint64_t max_body_bytes;
    void (*fail)(void *user, const obs_instance *instance, const char *sentence);
    void *user;
    int n_failures;
};

OBS_PRINTF(3, 4)
static void complain(struct binding *binding, const obs_instance *about, const char *format, ...)
{
    char sentence[512];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    binding->fail(binding->user, about, sentence);
    binding->n_failures++;
}

static const void *option_value(const obs_instance *instance, const obs_option *option)
{
    return (const char *)instance->config + option->offset;
}

/* The value of string option `name`, NULL when it is unset or no string. */
static const char *string_option(const obs_instance *instance, obs_str name)
{
    const obs_option *option = descriptor_find_option(instance->plugin, name);

    if (!option || option->type != OBS_OPT_STRING)
        return NULL;
    return *(const char *const *)option_value(instance, option);
}

/* The final pattern: "${prefix}/{name}" with prefix "/hello/" is
 * "/hello/{name}". A prefix of "/" or "" puts the rest at the root. */
static int expand_pattern(struct binding *binding, const obs_instance *instance, const char *path,
                          obs_str *ret_pattern)
{
    const char *end = strncmp(path, "${", 2) == 0 ? strchr(path, '}') : NULL;
    obs_arena *arena = binding->generation->arena;
    obs_str prefix;

    if (!end) {
        *ret_pattern = obs_arena_dup(arena, obs_str_of(path));
        return ret_pattern->ptr ? OBS_OK : OBS_E_NOMEM;
    }
    prefix = obs_str_of(string_option(instance, obs_str_n(path + 2, (size_t)(end - path - 2))));
    while (prefix.len > 0 && prefix.ptr[prefix.len - 1] == '/')
        prefix.len--;
    *ret_pattern = obs_arena_printf(arena, "%.*s%s", OBS_STR_ARG(prefix), end + 1);
    if (!ret_pattern->ptr)
        return OBS_E_NOMEM;
    if (ret_pattern->len == 0)
        *ret_pattern = obs_str_of("/");
    return OBS_OK;
}

static uint64_t body_limit(const struct binding *binding, const obs_instance *instance,
                           const obs_route *route)
{
    if (route->body_limit_option) /* a size option: descriptor_check() */
        return *(const uint64_t *)option_value(
            instance,
            descriptor_find_option(instance->plugin, obs_str_of(route->body_limit_option)));
    return route->body_limit ? route->body_limit : binding->max_body_bytes;
}

static int bind_route(struct binding *binding, obs_instance *instance, const obs_route *route)
{
    struct endpoint endpoint = {.decl = route, .instance = instance};
    char reason[400];
    int rc = expand_pattern(binding, instance, route->path, &endpoint.pattern);

    if (rc < 0)
        return rc;
    endpoint.body_limit = body_limit(binding, instance, route);
    rc = router_add(binding->generation->router, &endpoint, reason, sizeof(reason));
    if (rc == OBS_E_NOMEM)
        return rc;
    if (rc < 0)
        complain(binding, instance, "route %.*s: %s", OBS_STR_ARG(endpoint.pattern), reason);
    return OBS_OK;
}

static int bind_routes(struct binding *binding)
{
    struct generation *generation = binding->generation;
    int rc = OBS_OK;

    generation->router = router_create();
    if (!generation->router)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < generation->n_instances; i++) {
        obs_instance *instance = generation->instances[i];

        for (size_t r = 0; rc == OBS_OK && r < instance->plugin->n_routes; r++)
            rc = bind_route(binding, instance, descriptor_route(instance->plugin, r));
    }
    return rc;
}

/* Collects the hooks of one phase. */
static int bind_phase(struct generation *generation, uint32_t phase)
{
    obs_instance *const *instances = generation->in_config_order;
    struct bound_hook *items;
    size_t room = 0, count = 0;

    for (size_t i = 0; i < generation->n_instances; i++)
        room += instances[i]->plugin->n_hooks;
    items = obs_arena_calloc(generation->arena, room + 1, sizeof(*items));
    if (!items)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < generation->n_instances; i++) {
        for (size_t h = 0; h < instances[i]->plugin->n_hooks; h++) {
            const obs_hook *hook = descriptor_hook(instances[i]->plugin, h);

            if (hook->phase == phase)
                items[count++] = (struct bound_hook){hook->fn, instances[i]};
        }
    }
    generation->hooks[phase] = (struct hook_list){items, count};
    return OBS_OK;
}

int generation_bind(struct generation *generation, uint64_t max_body_bytes,
                    void (*fail)(void *user, const obs_instance *instance, const char *sentence),
                    void *user)
{
    struct binding binding = {generation, max_body_bytes, fail, user, 0};
    int rc = bind_routes(&binding);

    for (uint32_t phase = 0; rc == OBS_OK && phase < OBS_N_PHASES; phase++)
        rc = bind_phase(generation, phase);
    return rc < 0 ? rc : binding.n_failures;
}
