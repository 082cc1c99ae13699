/* SPDX-License-Identifier: Apache-2.0 */
/* Who may run code in this process: whoever can write the file or its folder.
 * So both must belong to root or to us and be closed to everybody else; only
 * then does the path that was checked stand for what dlopen() reads. */
#include "plugin/loader.h"

#include "plugin/descriptor.h"
#include "plugin/lint.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <link.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
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

static int check_folder(const struct refusal *to)
{
    char copy[PATH_MAX];
    struct stat st;

    if (snprintf(copy, sizeof(copy), "%s", to->path) >= (int)sizeof(copy))
        return refuse(to, OBS_E_INVALID, "its path is too long");
    if (stat(dirname(copy), &st) < 0)
        return refuse(to, OBS_E_INVALID, "its folder cannot be examined: %s", strerror(errno));
    if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
        return refuse(to, OBS_E_INVALID, "everybody may write to its folder (mode %04o)",
                      st.st_mode & 07777);
    return OBS_OK;
}

static int check_before_loading(const struct refusal *to, struct lint_report *ret_report)
{
    uint64_t bytes = 0;
    int fd = -1;
    int rc = open_file(to, &fd);

    if (rc < 0)
        return rc;
    rc = check_file(to, fd, &bytes);
    if (rc == OBS_OK)
        rc = check_folder(to);
    if (rc == OBS_OK) {
        rc = lint_file(fd, bytes, ret_report);
        if (rc < 0)
            refuse(to, rc, "%s", lint_refusal(ret_report));
    }
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

static int load(const struct refusal *to, const struct note *note, struct image *image)
{
    char reason[LINT_SENTENCE_BYTES];
    size_t bytes = 0;
    int rc;

    image->handle = dlopen(to->path, RTLD_NOW | RTLD_LOCAL);
    if (!image->handle)
        return refuse(to, OBS_E_INVALID, "%s", dl_reason(to->path));
    image->plugin = find_descriptor(image->handle, &bytes);
    if (!image->plugin)
        return refuse(to, OBS_E_INVALID, "it does not export %s", OBS_PLUGIN_SYMBOL);
    rc = descriptor_check(image->plugin, bytes, reason, sizeof(reason));
    if (rc == OBS_OK)
        rc = note_check(note, image->plugin, reason, sizeof(reason));
    return rc < 0 ? refuse(to, rc, "%s", reason) : OBS_OK;
}

int image_open(const char *path, struct image **ret_image, char *error, size_t error_size)
{
    const struct refusal to = {path, error, error_size};
    struct lint_report report;
    struct image *image = NULL;
    int rc = check_before_loading(&to, &report);

    if (rc < 0)
        return rc;
    image = calloc(1, sizeof(*image));
    if (image)
        image->path = strdup(path);
    rc = image && image->path ? load(&to, &report.note, image)
                              : refuse(&to, OBS_E_NOMEM, "out of memory");
    if (rc < 0) {
        image_close(image);
        return rc;
    }
    *ret_image = image;
    return OBS_OK;
}

void image_close(struct image *image)
{
    if (!image)
        return;
    free(image->path); /* the handle stays open, see struct image */
    free(image);
}
