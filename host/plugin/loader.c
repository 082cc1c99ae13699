/* SPDX-License-Identifier: Apache-2.0 */
/* Who may run code in this process: whoever can write the file or its folder.
 * So both must belong to root or to us and be closed to everybody else. From
 * then on only the descriptor of the opened file counts, not its path: it is
 * what is copied, and what is loaded is the copy. */
#include "plugin/loader.h"

#include "plugin/cache.h"
#include "plugin/descriptor.h"
#include "plugin/lint.h"
#include "runtime/crash.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct refusal {
    const char *path;
    char *error;
    size_t error_size;
};

OBS_PRINTF(3, 4)
static int refuse(const struct refusal *to, int rc, const char *format, ...)
{
    char reason[LINT_SENTENCE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    snprintf(to->error, to->error_size, "plugin file %s refused: %s", to->path, reason);
    return rc;
}

/* Symbolic links are refused: their target is not what the folder's owner put
 * there. O_NONBLOCK keeps a FIFO from holding us. */
static int open_file(const struct refusal *to, int *ret_fd)
{
    int fd = open(to->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd >= 0) {
        *ret_fd = fd;
        return OBS_OK;
    }
    if (errno == ENOENT || errno == ENOTDIR)
        return refuse(to, OBS_E_NOT_FOUND, "there is no such file");
    if (errno == ELOOP)
        return refuse(to, OBS_E_INVALID, "it is a symbolic link");
    return refuse(to, OBS_E_INVALID, "it cannot be opened: %s", strerror(errno));
}

/* Whether only the owner is in the group of a file of ours: distributions that
 * give each user such a group build with umask 002. */
static bool is_private_group(const struct stat *st)
{
    const struct passwd *user;
    const struct group *group;

    if (st->st_uid == 0 || st->st_uid != geteuid())
        return false;
    user = getpwuid(st->st_uid);
    if (!user || user->pw_gid != st->st_gid)
        return false;
    group = getgrgid(st->st_gid);
    return group && strcmp(group->gr_name, user->pw_name) == 0 && !group->gr_mem[0];
}

static int check_file(const struct refusal *to, int fd, uint64_t *ret_bytes)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return refuse(to, OBS_E_INVALID, "it cannot be examined: %s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return refuse(to, OBS_E_INVALID, "it is not a regular file");
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return refuse(to, OBS_E_INVALID, "it belongs to user %u, expected root or user %u",
                      st.st_uid, geteuid());
    if ((st.st_mode & S_IWOTH) || ((st.st_mode & S_IWGRP) && !is_private_group(&st)))
        return refuse(to, OBS_E_INVALID, "%s may write to it (mode %03o): chmod go-w",
                      st.st_mode & S_IWOTH ? "everybody" : "its group", st.st_mode & 0777);
    *ret_bytes = (uint64_t)st.st_size;
    return OBS_OK;
}

/* Whoever can write to any folder above can put another file in its place. */
static int check_folders(const struct refusal *to)
{
    char copy[PATH_MAX];
    const char *folder = copy;
    struct stat st;

    if (snprintf(copy, sizeof(copy), "%s", to->path) >= (int)sizeof(copy))
        return refuse(to, OBS_E_INVALID, "its path is too long");
    do {
        folder = dirname(copy);
        if (stat(folder, &st) < 0)
            return refuse(to, OBS_E_INVALID, "its folder %s cannot be examined: %s", folder,
                          strerror(errno));
        if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
            return refuse(to, OBS_E_INVALID, "everybody may write to its folder %s (mode %04o)",
                          folder, st.st_mode & 07777);
        if (folder != copy)
            break; /* "." or "/", of dirname()'s own */
    } while (strcmp(folder, "/") != 0);
    return OBS_OK;
}

/* Opens the file when it may be loaded. */
static int open_checked(const struct refusal *to, int *ret_fd)
{
    uint64_t bytes = 0;
    int fd = -1;
    int rc = open_file(to, &fd);

    if (rc < 0)
        return rc;
    rc = check_file(to, fd, &bytes);
    if (rc == OBS_OK)
        rc = check_folders(to);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    *ret_fd = fd;
    return OBS_OK;
}

/* Judges the copy, which nobody can change any more. */
static int check_copy(const char *copy, struct lint_report *ret_report, char *reason, size_t size)
{
    struct stat st;
    int fd = open(copy, O_RDONLY | O_CLOEXEC);
    int rc = OBS_E_INVALID;

    if (fd < 0 || fstat(fd, &st) < 0) {
        snprintf(reason, size, "its private copy cannot be read: %s", strerror(errno));
    } else {
        rc = lint_file(fd, (uint64_t)st.st_size, ret_report);
        if (rc < 0)
            snprintf(reason, size, "%s", lint_refusal(ret_report));
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The descriptor, and how many bytes of it exist. */
static const obs_plugin *find_descriptor(void *handle, size_t *ret_bytes)
{
    const void *entry = dlsym(handle, OBS_PLUGIN_SYMBOL);
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;

    if (!entry || !dladdr1(entry, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
        return NULL;
    *ret_bytes = symbol->st_size;
    return entry;
}

/* What dlopen() complains about, without the path that we say ourselves. */
static const char *dl_reason(const char *path)
{
    const char *reason = dlerror();
    size_t len = strlen(path);

    if (!reason)
        return "it cannot be loaded";
    return strncmp(reason, path, len) == 0 && reason[len] == ':' ? reason + len + 2 : reason;
}

static int map(const struct note *note, struct image *image, char *reason, size_t size)
{
    size_t bytes = 0;
    int rc;

    image->handle = dlopen(image->copy, RTLD_NOW | RTLD_LOCAL);
    if (!image->handle) {
        snprintf(reason, size, "%s", dl_reason(image->copy));
        return OBS_E_INVALID;
    }
    image->plugin = find_descriptor(image->handle, &bytes);
    if (!image->plugin) {
        snprintf(reason, size, "it does not export %s", OBS_PLUGIN_SYMBOL);
        return OBS_E_INVALID;
    }
    rc = descriptor_check(image->plugin, bytes, reason, size);
    if (rc < 0)
        return rc;
    crash_name_object(image->plugin, image->plugin->name, image->path);
    return note_check(note, image->plugin, reason, size);
}

/* ---- the images of this process ---------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over what is below */
static struct image *images;
static bool may_unload = true;

/* Without the lock, which is held while a file is mapped: a constructor in it
 * may never return, and the main thread asks. */
static _Atomic size_t n_in_use, n_idle;

static struct image *find_image(const char *name)
{
    struct image *image = images;

    while (image && strcmp(image->name, name) != 0)
        image = image->next;
    return image;
}

static void free_image(struct image *image)
{
    free(image->path);
    free(image->name);
    free(image->copy);
    free(image->reason);
    free(image);
}

/* Unmaps the file and removes the copy; false when it is mapped even so, which
 * a library of its may have brought about. */
static bool unmap(const struct image *image)
{
    void *still;

    if (!image->handle)
        return true;
    dlclose(image->handle);
    still = dlopen(image->copy, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (!still)
        return true;
    dlclose(still);
    return false;
}

static void remove_image(struct image *image)
{
    struct image **at = &images;

    while (*at != image)
        at = &(*at)->next;
    *at = image->next;
    cache_remove(image->copy);
    free_image(image);
}

/* Fills a new image from the file. */
static int fill_image(const struct refusal *to, int fd, struct image *image, char *reason,
                      size_t size)
{
    char name[CACHE_NAME_BYTES];
    struct lint_report report;
    int rc = cache_add(fd, name, &image->copy, reason, size);

    if (rc < 0)
        return rc;
    image->path = strdup(to->path);
    image->name = strdup(name);
    if (!image->path || !image->name) {
        snprintf(reason, size, "out of memory");
        return OBS_E_NOMEM;
    }
    rc = check_copy(image->copy, &report, reason, size);
    if (rc == OBS_OK)
        rc = map(&report.note, image, reason, size);
    image->can_unload =
        rc == OBS_OK && !report.stays_because[0] && (image->plugin->flags & OBS_PLUGIN_UNLOADABLE);
    return rc;
}

/* A file that is refused after code of its ran cannot always be unmapped: then
 * it is kept with the reason, which holds for the same content again. */
static void give_up(struct image *image, int rc, const char *reason)
{
    if (unmap(image)) {
        if (image->copy)
            cache_remove(image->copy);
        free_image(image);
        return;
    }
    image->refused = rc;
    image->reason = strdup(reason);
    image->next = images;
    images = image;
    n_idle++;
}

static int add_image(const struct refusal *to, int fd, struct image **ret_image)
{
    struct image *image = calloc(1, sizeof(*image));
    char reason[400] = "out of memory";
    int rc = image ? fill_image(to, fd, image, reason, sizeof(reason)) : OBS_E_NOMEM;

    if (rc < 0) {
        if (image)
            give_up(image, rc, reason);
        return refuse(to, rc, "%s", reason);
    }
    image->next = images;
    images = image;
    n_idle++; /* until it is taken */
    *ret_image = image;
    return OBS_OK;
}

/* The image of the opened file. */
static int take_image(const struct refusal *to, int fd, struct image **ret_image)
{
    char name[CACHE_NAME_BYTES];
    struct image *image;

    if (cache_name(fd, name) < 0)
        return refuse(to, OBS_E_INVALID, "it cannot be read: %s", strerror(errno));
    image = find_image(name);
    if (!image) {
        int rc = add_image(to, fd, &image);

        if (rc < 0)
            return rc;
    }
    if (image->refused)
        return refuse(to, image->refused, "%s", image->reason ? image->reason : "out of memory");
    if (image->n_refs++ == 0) {
        n_idle--;
        n_in_use++;
    }
    *ret_image = image;
    return OBS_OK;
}

int image_open(const char *path, struct image **ret_image, char *error, size_t error_size)
{
    const struct refusal to = {path, error, error_size};
    int fd = -1;
    int rc = open_checked(&to, &fd);

    if (rc < 0)
        return rc;
    pthread_mutex_lock(&lock);
    rc = take_image(&to, fd, ret_image);
    pthread_mutex_unlock(&lock);
    close(fd);
    return rc;
}

struct image *image_of(const obs_plugin *plugin)
{
    struct image *image = calloc(1, sizeof(*image));

    if (!image)
        return NULL;
    image->plugin = plugin;
    image->n_refs = 1;
    return image;
}

struct image *image_keep(struct image *image)
{
    pthread_mutex_lock(&lock);
    image->n_refs++;
    pthread_mutex_unlock(&lock);
    return image;
}

/* Nobody uses the image any more. */
static void unuse(struct image *image)
{
    if (!image->name) {
        free_image(image);
        return;
    }
    n_in_use--;
    if (may_unload && image->can_unload && unmap(image))
        remove_image(image);
    else
        n_idle++;
}

void image_close(struct image *image)
{
    if (!image)
        return;
    pthread_mutex_lock(&lock);
    if (--image->n_refs == 0)
        unuse(image);
    pthread_mutex_unlock(&lock);
}

void image_allow_unloading(bool allowed)
{
    pthread_mutex_lock(&lock);
    may_unload = allowed;
    pthread_mutex_unlock(&lock);
}

struct image_count image_count(void)
{
    return (struct image_count){.in_use = n_in_use, .idle = n_idle};
}
