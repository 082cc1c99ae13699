/* SPDX-License-Identifier: Apache-2.0 */
/* Providers stand before their users, so when an instance is looked at it is
 * already known which of its providers stay. */
#include "plugin/share.h"

#include "runtime/settings.h"

/* Whether both were configured the same: relative paths start from the folder of
 * the file, so that one counts, too. */
static bool same_options(const obs_instance *a, const obs_instance *b)
{
    if (a->settings == b->settings && a->entry == b->entry)
        return true;
    return a->settings && b->settings && obs_str_eq(a->settings->folder, b->settings->folder) &&
           node_equal(a->entry, b->entry);
}

static enum change compare(const obs_instance *old, const obs_instance *new)
{
    if (!old)
        return CHANGE_ADDED;
    if (old->image != new->image)
        return CHANGE_FILE;
    if (!same_options(old, new))
        return CHANGE_OPTIONS;
    if (strcmp(old->contents, new->contents) != 0)
        return CHANGE_CONTENT;
    for (size_t i = 0; i < new->plugin->n_needs; i++)
        if (old->providers[i] != new->providers[i])
            return CHANGE_PROVIDER;
    return CHANGE_KEPT;
}

static void replace(obs_instance **list, size_t n, const obs_instance *from, obs_instance *to)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == from)
            list[i] = to;
}

/* Puts `old` in the place of the instance at `index`. */
static void share(struct generation *generation, size_t index, obs_instance *old)
{
    obs_instance *likeness = generation->instances[index];
    size_t n = generation->n_instances;

    atomic_fetch_add(&old->n_generations, 1);
    replace(generation->instances, n, likeness, old);
    replace(generation->in_config_order, n, likeness, old);
    for (size_t i = index + 1; i < n; i++) {
        obs_instance *user = generation->instances[i];

        replace(user->providers, user->plugin->n_needs, likeness, old);
    }
    instance_destroy(likeness);
}

void share_instances(struct generation *generation, const struct generation *previous)
{
    for (size_t i = 0; i < generation->n_instances; i++) {
        obs_instance *instance = generation->instances[i];
        obs_instance *old = generation_find(previous, instance->name);

        generation->changes[i] = compare(old, instance);
        if (generation->changes[i] == CHANGE_KEPT)
            share(generation, i, old);
        else
            generation->predecessors[i] = old;
    }
}
