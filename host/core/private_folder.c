/* SPDX-License-Identifier: Apache-2.0 */
/* In a folder that everybody may write to, somebody could have made ours
 * before us; so what is there is looked at, and links are not followed. */
#include "core/private_folder.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int private_folder_default(char *path, size_t size)
{
    int len = snprintf(path, size, "/tmp/observatory-%u", (unsigned)geteuid());

    return len > 0 && (size_t)len < size ? OBS_OK : OBS_E_INVALID;
}

int private_folder_make(const char *path, char *error, size_t error_size)
{
    struct stat st;

    if (mkdir(path, 0700) < 0 && errno != EEXIST) {
        snprintf(error, error_size, "folder %s cannot be made: %s", path, strerror(errno));
        return OBS_E_INVALID;
    }
    if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
        snprintf(error, error_size, "%s is not a folder", path);
        return OBS_E_INVALID;
    }
    if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & (S_IWGRP | S_IWOTH))) {
        snprintf(error, error_size,
                 "folder %s belongs to user %u with mode %04o; expected one of user %u that "
                 "nobody else may write to",
                 path, st.st_uid, st.st_mode & 07777, geteuid());
        return OBS_E_INVALID;
    }
    return OBS_OK;
}
