/* SPDX-License-Identifier: Apache-2.0 */
/* store-postgres: obs.store/1 on a PostgreSQL server. */
#include "db.h"
#include "migrate.h"
#include "store.h"

#include <observatory/store.h>

#include <stddef.h>

#define AT(member) offsetof(struct postgres_settings, member)
/* name, type, flags, offset, default, min, max, choices, help */
static const obs_option options[] = {
    {"url", OBS_OPT_STRING, OBS_OPT_REQUIRED | OBS_OPT_SECRET, AT(url), NULL, NULL, NULL, NULL,
     "the database: postgresql://user:password@host/name, or key=value words of libpq"},
    {"schema", OBS_OPT_STRING, 0, AT(schema), "public", NULL, NULL, NULL,
     "the schema that has the tables; made when missing"},
    {"connect_timeout", OBS_OPT_DURATION, 0, AT(connect_timeout_ns), "10s", "1s", "10m", NULL,
     "how long a connection may take, and how long the start waits for the server"},
    {"write_timeout", OBS_OPT_DURATION, 0, AT(write_timeout_ns), "30s", "1s", "1h", NULL,
     "how long a transaction that writes may take, its wait for other hosts included"},
    {"durable", OBS_OPT_BOOL, 0, AT(durable), "true", NULL, NULL, NULL,
     "false: synchronous_commit=off, faster, and a crash of the server loses its last moment"},
    {"migrate", OBS_OPT_CHOICE, 0, AT(migrate), "auto", NULL, NULL, "auto|manual",
     "auto: an older schema is brought up to date at start; manual: by `store-postgres migrate`"},
    SETTINGS_OPTIONS("4"),
};

static const obs_command commands[] = {
    STORE_CATCH_UP,
    {
        .name = "migrate",
        .usage = "[--to VERSION] [--dry-run]",
        .summary = "brings the database's schema up to date; --dry-run prints what would be done",
        .run = migrate_command,
    },
};

static const char *const provides[] = {OBS_STORE_ID};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "store-postgres",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "keeps spans in a PostgreSQL database",
    .provides = provides,
    .n_provides = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .config_size = sizeof(struct postgres_settings),
    .commands = commands,
    .n_commands = sizeof(commands) / sizeof(*commands),
    .create = store_create,
    .start = migrate_start,
    .stop = store_stop,
    .destroy = store_destroy,
};
OBS_PLUGIN_NOTE("store-postgres", OBS_VERSION);
