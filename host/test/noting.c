/* SPDX-License-Identifier: Apache-2.0 */
/* What a test wants to run, noted until it starts. A mistake here is kept, and
 * told by obs_test_start(): a test need not check each line of its set-up. */
#include "test/test.h"

#include "plugin/descriptor.h"
#include "plugin/loader.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS 10000

int test_fail(obs_test *t, int rc, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    free(t->error);
    t->error = n < 0 ? NULL : text;
    return rc;
}

const char *obs_test_error(const obs_test *t)
{
    return t->error ? t->error : "";
}

obs_test *obs_test_new(void)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_test *t = calloc(1, sizeof(*t));

    if (t) {
        t->arena = arena;
        t->left = arena ? obs_buf_new(arena, /* limit_bytes= */ 0) : NULL;
        t->timeout_ms = DEFAULT_TIMEOUT_MS;
        t->log_fd = memfd_create("observatory-test-log", MFD_CLOEXEC);
    }
    if (t && t->left && t->log_fd >= 0)
        return t;
    if (t && t->log_fd >= 0)
        close(t->log_fd);
    free(t);
    obs_arena_destroy(arena);
    return NULL;
}

/* Keeps the first mistake until it is told. */
OBS_PRINTF(3, 4)
static void note_mistake(obs_test *t, int rc, const char *format, ...)
{
    va_list args;

    if (t->mistake.rc < 0)
        return;
    t->mistake.rc = rc;
    va_start(args, format);
    vsnprintf(t->mistake.text, sizeof(t->mistake.text), format, args);
    va_end(args);
}

int test_mistake(obs_test *t)
{
    int rc = t->mistake.rc;

    t->mistake.rc = OBS_OK;
    return rc < 0 ? test_fail(t, rc, "%s", t->mistake.text) : OBS_OK;
}

static void note_no_memory(obs_test *t)
{
    note_mistake(t, OBS_E_NOMEM, "out of memory");
}

/* ---- settings ------------------------------------------------------------- */

/* `set` is in the arena; NULL when that was full. */
static void add_set(obs_test *t, const char *set)
{
    size_t room = t->sets_room ? 2 * t->sets_room : 16;
    const char **more;

    if (t->n_sets == t->sets_room) {
        more = realloc((void *)t->sets, room * sizeof(*more));
        if (!more) {
            note_no_memory(t);
            return;
        }
        t->sets = more;
        t->sets_room = room;
    }
    if (set)
        t->sets[t->n_sets++] = set;
    else
        note_no_memory(t);
}

void obs_test_set(obs_test *t, const char *path_and_value)
{
    add_set(t, obs_arena_dup(t->arena, obs_str_of(path_and_value)).ptr);
}

void obs_test_config(obs_test *t, const char *path)
{
    t->config = obs_arena_dup(t->arena, obs_str_of(path)).ptr;
    if (!t->config)
        note_no_memory(t);
}

void obs_test_timeout(obs_test *t, int64_t timeout_ms)
{
    t->timeout_ms = timeout_ms;
}

const char *const *test_overrides(obs_test *t, size_t *ret_n)
{
    const char **sets = obs_arena_calloc(t->arena, t->n_sets + 1, sizeof(*sets));
    obs_str log = obs_arena_printf(t->arena, "log.file=/proc/self/fd/%d", t->log_fd);

    if (!sets || !log.ptr)
        return NULL;
    for (size_t i = 0; i < t->n_sets; i++)
        sets[i] = t->sets[i];
    sets[t->n_sets] = log.ptr;
    *ret_n = t->n_sets + 1;
    return sets;
}

/* ---- plugins -------------------------------------------------------------- */

static struct plan_link *find_link(const obs_test *t, const char *instance)
{
    struct plan_link *link = t->links;

    while (link && strcmp(link->name, instance) != 0)
        link = link->next;
    return link;
}

/* Makes `image`, which it takes, the one of the link. */
static void set_link(struct plan_link *link, struct image *image)
{
    if (link)
        image_close(link->image);
    if (link)
        link->image = image;
}

/* The link of this name, made when there is none. NULL when out of memory. */
static struct plan_link *need_link(obs_test *t, const char *instance)
{
    struct plan_link *link = find_link(t, instance);

    if (link)
        return link;
    link = obs_arena_calloc(t->arena, 1, sizeof(*link));
    if (!link)
        return NULL;
    link->name = obs_arena_dup(t->arena, obs_str_of(instance)).ptr;
    if (!link->name)
        return NULL;
    link->next = t->links;
    t->links = link;
    return link;
}

void obs_test_plugin(obs_test *t, const char *instance, const char *path)
{
    char folder[PATH_MAX] = "";

    if (path[0] != '/' && !getcwd(folder, sizeof(folder)))
        note_mistake(t, OBS_E_INVALID, "the working directory has no name");
    set_link(find_link(t, instance), /* image= */ NULL);
    add_set(t, obs_arena_printf(t->arena, "plugins.%s.module=%s%s%s", instance, folder,
                                folder[0] ? "/" : "", path)
                   .ptr);
}

void obs_test_link(obs_test *t, const char *instance, const obs_plugin *plugin)
{
    struct plan_link *link;
    struct image *image;
    char reason[400];
    int rc = descriptor_check(plugin, plugin->size, reason, sizeof(reason));

    if (rc < 0) {
        note_mistake(t, rc, "plugin %s refused: %s", instance, reason);
        return;
    }
    link = need_link(t, instance);
    image = image_of(plugin);
    if (!link || !image) {
        image_close(image);
        note_no_memory(t);
        return;
    }
    set_link(link, image);
    /* the key is the host's, so it makes an entry and changes none */
    add_set(t, obs_arena_printf(t->arena, "plugins.%s.module=in the test program", instance).ptr);
}

void obs_test_provide(obs_test *t, const char *id, const void *table, void *provider)
{
    int rc;

    if (t->stage != TEST_NEW) {
        note_mistake(t, OBS_E_INVALID, "obs_test_provide() comes before obs_test_start()");
        return;
    }
    rc = fakes_add(t, id, table, provider);
    if (rc < 0)
        note_mistake(t, rc, "service %s: %s", id,
                     rc == OBS_E_CONFLICT ? "it is provided already" : obs_error(rc)->text);
}

void test_forget_links(obs_test *t)
{
    for (struct plan_link *link = t->links; link; link = link->next)
        set_link(link, /* image= */ NULL);
}
