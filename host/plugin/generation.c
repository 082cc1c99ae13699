/* SPDX-License-Identifier: Apache-2.0 */
/* A generation as memory: made empty, counted by requests, freed. */
#include "plugin/generation.h"

#include "http/route.h"

#include <pthread.h>
#include <stdlib.h>

static int allocate(struct generation *generation, size_t n_instances)
{
    obs_arena *arena = generation->arena;
    size_t pins_bytes = generation->n_workers * sizeof(struct pin_count);

    generation->instances = obs_arena_calloc(arena, n_instances + 1, sizeof(obs_instance *));
    generation->in_config_order = obs_arena_calloc(arena, n_instances + 1, sizeof(obs_instance *));
    generation->predecessors = obs_arena_calloc(arena, n_instances + 1, sizeof(obs_instance *));
    generation->changes = obs_arena_calloc(arena, n_instances + 1, sizeof(enum change));
    generation->pins = aligned_alloc(_Alignof(struct pin_count), pins_bytes);
    if (!generation->instances || !generation->in_config_order || !generation->predecessors ||
        !generation->changes || !generation->pins)
        return OBS_E_NOMEM;
    memset(generation->pins, 0, pins_bytes);
    return OBS_OK;
}

struct generation *generation_create(uint64_t number, size_t n_instances, uint32_t n_workers)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct generation *generation = arena ? obs_arena_calloc(arena, 1, sizeof(*generation)) : NULL;

    if (!generation) {
        obs_arena_destroy(arena);
        return NULL;
    }
    generation->arena = arena;
    generation->number = number;
    generation->n_workers = n_workers;
    if (allocate(generation, n_instances) == OBS_OK)
        return generation;
    generation_destroy(generation);
    return NULL;
}

obs_instance *generation_find(const struct generation *generation, const char *name)
{
    for (size_t i = 0; generation && i < generation->n_instances; i++)
        if (strcmp(generation->instances[i]->name, name) == 0)
            return generation->instances[i];
    return NULL;
}

uint64_t generation_pins(const struct generation *generation)
{
    uint64_t n = atomic_load(&generation->n_holds);

    for (uint32_t i = 0; i < generation->n_workers; i++)
        n += atomic_load_explicit(&generation->pins[i].n, memory_order_acquire);
    return n;
}

/* Over the counts of all instances while more than one is looked at. */
static pthread_mutex_t sharing = PTHREAD_MUTEX_INITIALIZER;

/* Moves entry `from` of a list to `to`; those between step back. */
static void move(obs_instance **list, size_t from, size_t to)
{
    obs_instance *moved = list[from];

    for (; from > to; from--)
        list[from] = list[from - 1];
    list[to] = moved;
}

size_t generation_own(struct generation *generation)
{
    size_t n = 0;

    pthread_mutex_lock(&sharing);
    for (size_t i = 0; i < generation->n_instances; i++)
        if (generation->instances[i]->n_generations == 1)
            move(generation->instances, i, n++);
    pthread_mutex_unlock(&sharing);
    return n;
}

size_t generation_let_go(struct generation *generation, size_t begin)
{
    size_t kept = begin;

    pthread_mutex_lock(&sharing);
    for (size_t i = begin; i < generation->n_instances; i++)
        if (--generation->instances[i]->n_generations == 0)
            generation->instances[kept++] = generation->instances[i];
    pthread_mutex_unlock(&sharing);
    generation->n_instances = kept;
    generation->retired = true;
    return kept - begin;
}

void generation_destroy(struct generation *generation)
{
    if (!generation)
        return;
    if (!generation->retired)
        (void)generation_let_go(generation, 0);
    router_destroy(generation->router);
    for (size_t i = 0; i < generation->n_instances; i++)
        instance_destroy(generation->instances[i]);
    free(generation->pins);
    obs_arena_destroy(generation->arena); /* the generation itself is in it */
}
