/* SPDX-License-Identifier: Apache-2.0 */
/* Kahn's algorithm, always taking the first instance of the config that is
 * ready: the order is stable, so that a reader of the config can predict it.
 * A handful of instances; quadratic is fine. */
#include "plugin/order.h"

#include "plugin/descriptor.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

struct order {
    obs_instance **instances;
    size_t n;
    const struct order_choice *choices;
    size_t n_choices;
    void (*fail)(void *user, const obs_instance *instance, const char *sentence);
    void *user;
    size_t n_failures;
};

OBS_PRINTF(3, 4)
static void complain(struct order *order, const obs_instance *about, const char *format, ...)
{
    char sentence[512];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    order->fail(order->user, about, sentence);
    order->n_failures++;
}

static bool provides(const obs_instance *instance, const char *service)
{
    for (size_t i = 0; i < instance->plugin->n_provides; i++) {
        if (strcmp(instance->plugin->provides[i], service) == 0)
            return true;
    }
    return false;
}

static const struct order_choice *find_choice(const struct order *order, const char *service)
{
    for (size_t i = 0; i < order->n_choices; i++) {
        if (obs_str_is(order->choices[i].service, service))
            return &order->choices[i];
    }
    return NULL;
}

/* The provider of `service` for `user`: the chosen one, or the only one. */
static obs_instance *find_provider(struct order *order, const obs_instance *user,
                                   const obs_need *need)
{
    const struct order_choice *choice = find_choice(order, need->service);
    obs_instance *found = NULL;

    for (size_t i = 0; i < order->n; i++) {
        obs_instance *candidate = order->instances[i];

        if (!provides(candidate, need->service) ||
            (choice && !obs_str_is(choice->instance, candidate->name)))
            continue;
        if (found) {
            complain(order, user,
                     "%s needs %s, which both %s and %s provide: choose one with "
                     "services: {%s: %s}",
                     user->name, need->service, found->name, candidate->name, need->service,
                     found->name);
            return found;
        }
        found = candidate;
    }
    if (!found && !choice && !(need->flags & OBS_NEED_OPTIONAL)) /* a choice is complained about */
        complain(order, user, "%s needs %s, which no plugin of this configuration provides",
                 user->name, need->service);
    return found;
}

static void bind_providers(struct order *order)
{
    for (size_t i = 0; i < order->n; i++) {
        obs_instance *user = order->instances[i];

        for (size_t n = 0; n < user->plugin->n_needs; n++)
            user->providers[n] = find_provider(order, user, descriptor_need(user->plugin, n));
    }
}

/* Whether a choice names an instance that there is and that provides it. */
static void check_choices(struct order *order)
{
    for (size_t i = 0; i < order->n_choices; i++) {
        const struct order_choice *choice = &order->choices[i];
        char service[128];
        bool found = false;

        snprintf(service, sizeof(service), "%.*s", OBS_STR_ARG(choice->service));
        for (size_t n = 0; n < order->n; n++)
            found |= obs_str_is(choice->instance, order->instances[n]->name) &&
                     provides(order->instances[n], service);
        if (!found)
            complain(order, NULL, "services.%s: \"%.*s\" is not a plugin here that provides it",
                     service, OBS_STR_ARG(choice->instance));
    }
}

/* Whether all that `instance` needs stands before position `n_placed`. */
static bool is_ready(const struct order *order, const obs_instance *instance, size_t n_placed)
{
    for (size_t i = 0; i < instance->plugin->n_needs; i++) {
        bool placed = !instance->providers[i];

        for (size_t n = 0; n < n_placed && !placed; n++)
            placed = order->instances[n] == instance->providers[i];
        if (!placed)
            return false;
    }
    return true;
}

/* Moves entry `from` to `to`, the ones between step back. */
static void move(obs_instance **list, size_t from, size_t to)
{
    obs_instance *moved = list[from];

    for (; from > to; from--)
        list[from] = list[from - 1];
    list[to] = moved;
}

/* One sentence with a cycle in it: follow unplaced providers until one comes
 * again. */
static void complain_cycle(struct order *order, size_t n_placed)
{
    obs_instance *path[64];
    size_t length = 0, begin = 0;
    obs_instance *at = order->instances[n_placed];
    char text[400] = "";
    bool again = false;

    while (!again && length < 64) {
        path[length++] = at;
        for (size_t i = 0; i < at->plugin->n_needs; i++) {
            if (at->providers[i] && !is_ready(order, at->providers[i], n_placed)) {
                at = at->providers[i];
                break;
            }
        }
        for (begin = 0; begin < length && !again; begin++)
            again = path[begin] == at;
    }
    for (size_t i = begin ? begin - 1 : 0; i < length; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s needs ", path[i]->name);
    complain(order, at, "plugins need each other in a circle: %s%s", text, at->name);
}

size_t order_instances(obs_instance **instances, size_t n, const struct order_choice *choices,
                       size_t n_choices,
                       void (*fail)(void *user, const obs_instance *instance, const char *sentence),
                       void *user)
{
    struct order order = {
        .instances = instances,
        .n = n,
        .choices = choices,
        .n_choices = n_choices,
        .fail = fail,
        .user = user,
    };

    check_choices(&order);
    bind_providers(&order);
    if (order.n_failures)
        return order.n_failures;
    for (size_t placed = 0; placed < n; placed++) {
        size_t next = placed;

        while (next < n && !is_ready(&order, instances[next], placed))
            next++;
        if (next == n) {
            complain_cycle(&order, placed);
            break;
        }
        move(instances, next, placed);
    }
    return order.n_failures;
}
