/* SPDX-License-Identifier: Apache-2.0 */
/* A host with `migrate: manual` and an older schema runs, so that the command can, but
 * its store is closed. */
#include "migrate.h"
#include "schema.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* --- the start ----------------------------------------------------------------------------- */

static int read_version(const struct settings *settings, int *ret_version, char *error, size_t size)
{
    struct db *db = NULL;
    int rc = db_open(settings, /* read_only= */ true, &db, error, size);

    if (rc == OBS_OK && schema_read(db, ret_version) != DB_OK) {
        snprintf(error, size, "schema: %s", db_message(db));
        rc = OBS_E_STORE;
    }
    db_close(db);
    return rc;
}

int migrate_start(void *self)
{
    const struct settings *settings = store_settings(self);
    obs_instance *instance = store_instance(self);
    char error[400];
    int version = 0, rc;

    if (((const struct postgres_settings *)settings)->migrate == MIGRATE_AUTO)
        return store_start(self);
    rc = read_version(settings, &version, error, sizeof(error));
    if (rc < 0) {
        obs_log(instance, OBS_LOG_ERROR, "%s", error);
        return rc;
    }
    if (version >= schema_version())
        return store_start(self);
    obs_log(instance, OBS_LOG_ERROR,
            "the database has schema version %d and version %d is needed: run `observatory"
            " store-postgres migrate`, then reload",
            version, schema_version());
    obs_health_report(instance, "database", OBS_UNHEALTHY,
                      "schema version %d, %d is needed: run `store-postgres migrate`", version,
                      schema_version());
    return OBS_OK;
}

/* --- the command ------------------------------------------------------------------------------ */

struct wish {
    int to;
    bool dry_run;
};

static bool read_wish(const obs_command_call *call, struct wish *ret)
{
    *ret = (struct wish){.to = schema_version()};
    for (int i = 0; i < obs_command_argc(call); i++) {
        const char *arg = obs_command_arg(call, i);

        if (strcmp(arg, "--dry-run") == 0) {
            ret->dry_run = true;
        } else if (strcmp(arg, "--to") == 0 && i + 1 < obs_command_argc(call)) {
            char *end;

            ret->to = (int)strtol(obs_command_arg(call, ++i), &end, 10);
            if (*end != '\0' || ret->to < 1 || ret->to > schema_version()) {
                fprintf(stderr, "migrate: --to: expected a version from 1 to %d\n",
                        schema_version());
                return false;
            }
        } else {
            fprintf(stderr, "migrate: expected --to VERSION or --dry-run, not %s\n", arg);
            return false;
        }
    }
    return true;
}

static int migrate(struct db *db, const struct wish *wish)
{
    char error[400];
    int version = 0;

    if (schema_read(db, &version) != DB_OK) {
        fprintf(stderr, "migrate: %s\n", db_message(db));
        return EX_UNAVAILABLE;
    }
    printf("schema version %d, wanted %d\n", version, wish->to);
    for (int step = version + 1; wish->dry_run && step <= wish->to; step++)
        printf("-- to version %d\n%s;\n", step, schema_step(step));
    if (wish->dry_run || version >= wish->to)
        return EX_OK;
    if (schema_migrate(db, wish->to, error, sizeof(error)) < 0) {
        fprintf(stderr, "migrate: %s\n", error);
        return EX_UNAVAILABLE;
    }
    printf("schema version %d\n", wish->to);
    return EX_OK;
}

int migrate_command(obs_command_call *call, void *self)
{
    char error[400];
    struct db *db = NULL;
    struct wish wish;
    int rc;

    if (!read_wish(call, &wish))
        return EX_USAGE;
    if (db_open(store_settings(self), /* read_only= */ false, &db, error, sizeof(error)) < 0) {
        fprintf(stderr, "migrate: %s\n", error);
        return EX_UNAVAILABLE;
    }
    rc = migrate(db, &wish);
    db_close(db);
    return rc;
}
