/* SPDX-License-Identifier: Apache-2.0 */
/* What only a restart changes: a reload keeps the values that the process began
 * with, and says so where the file has others. */
#include "runtime/settings.h"

#include <stdio.h>

struct fixed {
    void (*note)(void *user, const char *sentence);
    void *user;
};

static void note_fixed(const struct fixed *fixed, const char *path)
{
    char sentence[200];

    snprintf(sentence, sizeof(sentence), "%s: the new value takes effect with the next restart",
             path);
    fixed->note(fixed->user, sentence);
}

static void keep_number(const struct fixed *fixed, const char *path, int64_t *to, int64_t running)
{
    if (*to != running)
        note_fixed(fixed, path);
    *to = running;
}

static int keep_text(const struct fixed *fixed, obs_arena *arena, const char *path, const char **to,
                     const char *running)
{
    if (strcmp(*to ? *to : "", running ? running : "") == 0)
        return OBS_OK;
    note_fixed(fixed, path);
    *to = running ? obs_arena_dup(arena, obs_str_of(running)).ptr : NULL;
    return *to || !running ? OBS_OK : OBS_E_NOMEM;
}

static bool same_list(const obs_str_list *a, const obs_str_list *b)
{
    for (size_t i = 0; a->count == b->count && i < a->count; i++)
        if (!obs_str_eq(a->items[i], b->items[i]))
            return false;
    return a->count == b->count;
}

static int keep_folders(const struct fixed *fixed, struct settings *settings,
                        const obs_str_list *running)
{
    obs_str *items;

    if (same_list(&settings->plugin_folders, running))
        return OBS_OK;
    note_fixed(fixed, "plugin_folders");
    items = obs_arena_calloc(settings->arena, running->count + 1, sizeof(*items));
    for (size_t i = 0; items && i < running->count; i++) {
        items[i] = obs_arena_dup(settings->arena, running->items[i]);
        if (!items[i].ptr)
            items = NULL;
    }
    settings->plugin_folders = (obs_str_list){items, items ? running->count : 0};
    return items ? OBS_OK : OBS_E_NOMEM;
}

int settings_keep_fixed(struct settings *settings, const struct settings *running,
                        void (*note)(void *user, const char *sentence), void *user)
{
    const struct fixed fixed = {note, user};
    int rc;

    keep_number(&fixed, "workers", &settings->workers, running->workers);
    keep_number(&fixed, "runtime.offload_threads", &settings->runtime.offload_threads,
                running->runtime.offload_threads);
    keep_number(&fixed, "runtime.offload_queue", &settings->runtime.offload_queue,
                running->runtime.offload_queue);
    if (settings->log.queue_bytes != running->log.queue_bytes)
        note_fixed(&fixed, "log.queue");
    settings->log.queue_bytes = running->log.queue_bytes;
    rc = keep_folders(&fixed, settings, &running->plugin_folders);
    if (rc == OBS_OK)
        rc = keep_text(&fixed, settings->arena, "plugin_cache", &settings->plugin_cache,
                       running->plugin_cache);
    if (rc == OBS_OK)
        rc = keep_text(&fixed, settings->arena, "control.socket", &settings->control.socket,
                       running->control.socket);
    return rc;
}
