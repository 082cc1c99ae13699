/* SPDX-License-Identifier: Apache-2.0 */
/* Each process has a folder of its own below the shared one and holds a lock in
 * it. A folder whose lock is free belonged to a process that died: whoever
 * comes next removes it. Copies stay while they are mapped, so that debuggers
 * and crash reports can read them. */
#include "plugin/cache.h"

#include "core/private_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_BYTES 32
#define CHUNK_BYTES 65536
#define LOCK_NAME "lock"
#define FOLDER_PREFIX "plugins-"

static const char *base;      /* configured */
static char folder[PATH_MAX]; /* ours; "" until it is made */
static int lock_fd = -1;

void cache_set_folder(const char *path)
{
    base = path;
}

/* ---- content ----------------------------------------------------------------- */

/* Reads the file from its start, hashing; writes it to `to` unless that is -1. */
static int read_through(int fd, int to, char name[CACHE_NAME_BYTES])
{
    unsigned char chunk[CHUNK_BYTES], hash[HASH_BYTES];
    crypto_generichash_state state;
    off_t offset = 0;
    ssize_t n;

    if (sodium_init() < 0)
        return OBS_E_INVALID;
    crypto_generichash_init(&state, /* key= */ NULL, 0, sizeof(hash));
    while ((n = pread(fd, chunk, sizeof(chunk), offset)) > 0) {
        crypto_generichash_update(&state, chunk, (unsigned long long)n);
        if (to >= 0 && write(to, chunk, (size_t)n) != n)
            return OBS_E_INVALID;
        offset += n;
    }
    crypto_generichash_final(&state, hash, sizeof(hash));
    sodium_bin2hex(name, CACHE_NAME_BYTES, hash, sizeof(hash));
    return n < 0 ? OBS_E_INVALID : OBS_OK;
}

int cache_name(int fd, char name[CACHE_NAME_BYTES])
{
    return read_through(fd, /* to= */ -1, name);
}

/* ---- folder ------------------------------------------------------------------ */

static void remove_folder(const char *path)
{
    char file[PATH_MAX + 256];
    const struct dirent *entry;
    DIR *dir = opendir(path);

    while (dir && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        unlink(file);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

/* Removes the folder of a process that is not there any more. */
static void remove_if_dead(const char *path)
{
    char file[PATH_MAX + 16];
    int fd;

    snprintf(file, sizeof(file), "%s/" LOCK_NAME, path);
    fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return; /* being made right now, or nothing of ours */
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        remove_folder(path);
    close(fd);
}

static void remove_dead(const char *parent)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    DIR *dir = opendir(parent);

    while (dir && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, FOLDER_PREFIX, strlen(FOLDER_PREFIX)) == 0 &&
            snprintf(path, sizeof(path), "%s/%s", parent, entry->d_name) < (int)sizeof(path))
            remove_if_dead(path);
    }
    if (dir)
        closedir(dir);
}

/* Makes and locks the file that says that we live. The folder gets it by
 * renaming, already locked, so that nobody takes us for dead in between. */
static int make_lock(void)
{
    char fresh[PATH_MAX + 16], path[PATH_MAX + 16];
    int fd;

    snprintf(fresh, sizeof(fresh), "%s/" LOCK_NAME ".new", folder);
    snprintf(path, sizeof(path), "%s/" LOCK_NAME, folder);
    fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (write(fd, "\n", 1) == 1 && flock(fd, LOCK_EX | LOCK_NB) == 0 && rename(fresh, path) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Whether code can be mapped from this file system: /run often forbids it. */
static bool can_execute(int fd)
{
    void *page = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

    if (page == MAP_FAILED)
        return false;
    munmap(page, 1);
    return true;
}

static int make_own(const char *parent, char *error, size_t error_size)
{
    if (snprintf(folder, sizeof(folder), "%s/" FOLDER_PREFIX "XXXXXX", parent) >=
            (int)sizeof(folder) ||
        !mkdtemp(folder) || (lock_fd = make_lock()) < 0) {
        snprintf(error, error_size, "no private copy could be made in %s: %s", parent,
                 strerror(errno));
        cache_close();
        return OBS_E_INVALID;
    }
    if (can_execute(lock_fd))
        return OBS_OK;
    snprintf(error, error_size,
             "no code can be run from %s (mounted noexec?); set plugin_cache to a folder on "
             "another file system",
             parent);
    cache_close();
    return OBS_E_INVALID;
}

static int open_folder(char *error, size_t error_size)
{
    char parent[PATH_MAX];
    int rc = OBS_OK;

    if (folder[0])
        return OBS_OK;
    if (base)
        rc = snprintf(parent, sizeof(parent), "%s", base) < (int)sizeof(parent) ? OBS_OK
                                                                                : OBS_E_INVALID;
    else
        rc = private_folder_default(parent, sizeof(parent));
    if (rc < 0) {
        snprintf(error, error_size, "the path of plugin_cache is too long");
        return rc;
    }
    rc = private_folder_make(parent, error, error_size);
    if (rc < 0)
        return rc;
    remove_dead(parent);
    return make_own(parent, error, error_size);
}

/* ---- copies ------------------------------------------------------------------- */

static int copy(int fd, int to, const char *fresh, char name[CACHE_NAME_BYTES], char **ret_path)
{
    char *path;

    if (read_through(fd, to, name) < 0 || fchmod(to, 0500) < 0 ||
        asprintf(&path, "%s/%s.so", folder, name) < 0)
        return OBS_E_INVALID;
    if (rename(fresh, path) < 0) {
        free(path);
        return OBS_E_INVALID;
    }
    *ret_path = path;
    return OBS_OK;
}

int cache_add(int fd, char name[CACHE_NAME_BYTES], char **ret_path, char *error, size_t error_size)
{
    char fresh[PATH_MAX + 16];
    int to, rc = open_folder(error, error_size);

    if (rc < 0)
        return rc;
    snprintf(fresh, sizeof(fresh), "%s/incoming", folder);
    to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    rc = to < 0 ? OBS_E_INVALID : copy(fd, to, fresh, name, ret_path);
    if (rc < 0)
        snprintf(error, error_size, "no private copy could be made in %s: %s", folder,
                 strerror(errno));
    if (to >= 0)
        close(to);
    return rc;
}

void cache_remove(const char *path)
{
    unlink(path);
}

void cache_close(void)
{
    if (folder[0])
        remove_folder(folder);
    folder[0] = '\0';
    if (lock_fd >= 0)
        close(lock_fd);
    lock_fd = -1;
}
