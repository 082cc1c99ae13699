/* SPDX-License-Identifier: Apache-2.0 */
/* store-sqlite: obs.store/1 on one SQLite file. */
#include "db.h"
#include "store.h"

#include <observatory/store.h>

#include <stddef.h>

#define AT(member) offsetof(struct sqlite_settings, member)
/* name, type, flags, offset, default, min, max, choices, help */
static const obs_option options[] = {
    {"path", OBS_OPT_PATH, 0, AT(path), "observatory.db", NULL, NULL, NULL,
     "the database file; its folder is made when missing"},
    {"synchronous", OBS_OPT_CHOICE, 0, AT(synchronous), "full", NULL, NULL, "full|normal",
     "full survives a power cut, normal only the end of the process"},
    {"cache_size", OBS_OPT_SIZE, 0, AT(cache_bytes), "64MiB", "1MiB", "64GiB", NULL,
     "page cache of each connection at most; memory is used as needed"},
    {"mmap_size", OBS_OPT_SIZE, 0, AT(mmap_bytes), "1GiB", "0", "64GiB", NULL,
     "part of the file that is read through memory mapping"},
    {"checkpoint_size", OBS_OPT_SIZE, 0, AT(checkpoint_bytes), "64MiB", "64KiB", "16GiB", NULL,
     "size of the write-ahead log at which it is written back"},
    {"busy_timeout", OBS_OPT_DURATION, 0, AT(busy_timeout_ns), "10s", "1ms", "10m", NULL,
     "how long to wait for another process that writes"},
    SETTINGS_OPTIONS("2"),
};

static const obs_command commands[] = {STORE_CATCH_UP};
static const char *const provides[] = {OBS_STORE_ID};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "store-sqlite",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "keeps spans in an embedded SQLite database",
    .provides = provides,
    .n_provides = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .config_size = sizeof(struct sqlite_settings),
    .commands = commands,
    .n_commands = sizeof(commands) / sizeof(*commands),
    .create = store_create,
    .start = store_start,
    .stop = store_stop,
    .destroy = store_destroy,
};
OBS_PLUGIN_NOTE("store-sqlite", OBS_VERSION);
