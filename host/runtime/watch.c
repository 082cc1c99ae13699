/* SPDX-License-Identifier: Apache-2.0 */
/* Folders are watched, not files: editors and linkers put a new file in the
 * place of the old one. They also write in pieces, so nothing is said before
 * the folder has been quiet for a moment. */
#include "runtime/watch.h"

#include <observatory/log.h>
#include <stdio.h>
#include <stdlib.h>

#define QUIET_MS 150

struct watched_file {
    struct watched_file *next;
    char name[];
};

struct folder {
    struct folder *next;
    struct watch *watch;
    uv_fs_event_t event;
    struct watched_file *files;
    char path[];
};

struct watch {
    uv_loop_t *loop;
    uv_timer_t quiet;
    struct folder *folders;
    void (*changed)(void *user);
    void *user;
};

static void on_quiet(uv_timer_t *timer)
{
    struct watch *watch = timer->data;

    watch->changed(watch->user);
}

static struct watched_file *find_file(const struct folder *folder, const char *name)
{
    struct watched_file *file = folder->files;

    while (file && strcmp(file->name, name) != 0)
        file = file->next;
    return file;
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    struct folder *folder = event->data;

    (void)events;
    if (status >= 0 && name && find_file(folder, name))
        uv_timer_start(&folder->watch->quiet, on_quiet, QUIET_MS, /* repeat= */ 0);
}

int watch_open(uv_loop_t *loop, void (*changed)(void *user), void *user, struct watch **ret_watch)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return OBS_E_NOMEM;
    watch->loop = loop;
    watch->changed = changed;
    watch->user = user;
    uv_timer_init(loop, &watch->quiet);
    watch->quiet.data = watch;
    *ret_watch = watch;
    return OBS_OK;
}

static struct folder *add_folder(struct watch *watch, const char *path, size_t len)
{
    struct folder *folder = calloc(1, sizeof(*folder) + len + 1);
    int rc;

    if (!folder)
        return NULL;
    memcpy(folder->path, path, len);
    folder->watch = watch;
    uv_fs_event_init(watch->loop, &folder->event);
    folder->event.data = folder;
    folder->next = watch->folders;
    watch->folders = folder;
    rc = uv_fs_event_start(&folder->event, on_event, folder->path, /* flags= */ 0);
    if (rc < 0)
        obs_log(NULL, OBS_LOG_WARN, "changes in %s will not be noticed: %s", folder->path,
                uv_strerror(rc));
    return folder;
}

static struct folder *find_folder(struct watch *watch, const char *path, size_t len)
{
    struct folder *folder = watch->folders;

    while (folder && !(strlen(folder->path) == len && memcmp(folder->path, path, len) == 0))
        folder = folder->next;
    return folder ? folder : add_folder(watch, path, len);
}

void watch_add(struct watch *watch, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    struct folder *folder =
        slash ? find_folder(watch, path, (size_t)(slash - path)) : find_folder(watch, ".", 1);
    struct watched_file *file;

    if (!folder || find_file(folder, name))
        return;
    file = calloc(1, sizeof(*file) + strlen(name) + 1);
    if (!file)
        return;
    memcpy(file->name, name, strlen(name));
    file->next = folder->files;
    folder->files = file;
}

static void on_folder_closed(uv_handle_t *handle)
{
    struct folder *folder = handle->data;
    struct watched_file *file;

    while ((file = folder->files)) {
        folder->files = file->next;
        free(file);
    }
    free(folder);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void watch_close(struct watch *watch)
{
    if (!watch)
        return;
    for (struct folder *folder = watch->folders; folder; folder = folder->next)
        uv_close((uv_handle_t *)&folder->event, on_folder_closed);
    uv_close((uv_handle_t *)&watch->quiet, on_closed);
}
