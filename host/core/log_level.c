/* SPDX-License-Identifier: Apache-2.0 */
/* Levels. Sources are found by name under a lock when an instance is made, and
 * never move or go: an instance keeps a pointer to its own. A level of its own
 * is kept as level + 1, 0 says that there is none. */
#include "core/log_level.h"
#include "plugin/instance.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define MAX_SOURCES 1024

struct log_source {
    struct log_source *next;
    _Atomic uint32_t own; /* level + 1; 0: the level for all */
    char name[];
};

static _Atomic uint32_t shared_level = OBS_LOG_INFO;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the list */
static struct log_source *sources;
static unsigned n_sources;

static struct log_source *add_source(const char *name)
{
    size_t len = strlen(name);
    struct log_source *source =
        n_sources < MAX_SOURCES ? calloc(1, sizeof(*source) + len + 1) : NULL;

    if (!source)
        return NULL;
    memcpy(source->name, name, len + 1);
    source->next = sources;
    sources = source;
    n_sources++;
    return source;
}

struct log_source *log_source(const char *name)
{
    struct log_source *source;

    pthread_mutex_lock(&lock);
    for (source = sources; source && strcmp(source->name, name) != 0;)
        source = source->next;
    if (!source)
        source = add_source(name);
    pthread_mutex_unlock(&lock);
    return source;
}

const char *log_source_name(const struct log_source *source)
{
    return source->name;
}

static uint32_t clamped(uint32_t level)
{
    return level > OBS_LOG_DEBUG ? OBS_LOG_DEBUG : level;
}

void log_set_level(uint32_t level)
{
    atomic_store_explicit(&shared_level, clamped(level), memory_order_relaxed);
}

uint32_t log_level(void)
{
    return atomic_load_explicit(&shared_level, memory_order_relaxed);
}

int log_set_level_of(const char *name, uint32_t level)
{
    struct log_source *source = log_source(name);

    if (!source)
        return OBS_E_NOMEM;
    atomic_store_explicit(&source->own, level == LOG_LEVEL_SHARED ? 0 : clamped(level) + 1,
                          memory_order_relaxed);
    return OBS_OK;
}

void log_share_levels(void)
{
    pthread_mutex_lock(&lock);
    for (struct log_source *source = sources; source; source = source->next)
        atomic_store_explicit(&source->own, 0, memory_order_relaxed);
    pthread_mutex_unlock(&lock);
}

int obs_log_enabled(const obs_instance *instance, uint32_t level)
{
    uint32_t own = 0;

    if (instance && instance->log)
        own = atomic_load_explicit(&instance->log->own, memory_order_relaxed);
    return level <= (own ? own - 1 : log_level());
}
