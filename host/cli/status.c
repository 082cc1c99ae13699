/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory status`: asks the running server how it is, and prints what
 * /health says for a reader. */
#include "cli/verbs.h"

#include "cli/http_get.h"
#include "runtime/settings.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <sysexits.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void print_plugins(const json_t *health)
{
    const json_t *plugins = json_object_get(health, "plugins");
    const json_t *plugin;
    size_t i;

    json_array_foreach(plugins, i, plugin)
    {
        printf("%-12s %s %s: %s\n", i == 0 ? "plugins" : "", text_of(plugin, "name"),
               text_of(plugin, "version"), text_of(plugin, "state"));
    }
}

static void print_uptime(const json_t *health)
{
    double uptime_s = json_number_value(json_object_get(health, "uptime_s"));
    int64_t s = (int64_t)uptime_s;

    printf("%-12s %" PRId64 "d %02d:%02d:%02d\n", "up", s / 86400, (int)(s / 3600 % 24),
           (int)(s / 60 % 60), (int)(s % 60));
}

/* The status line, then every other text of the answer under its own name. */
static void print_health(const json_t *health, const char *address)
{
    const json_t *value;
    const char *key;

    printf("%-12s %s\n", "status", text_of(health, "status"));
    printf("%-12s %s\n", "listening", address);
    print_uptime(health);
    json_object_foreach((json_t *)health, key, value)
    {
        if (json_is_string(value) && strcmp(key, "status") != 0 && strcmp(key, "timestamp") != 0)
            printf("%-12s %s\n", key, json_string_value(value));
    }
    print_plugins(health);
}

/* A server that answers but has no /health is no healthy one. */
static int judge(const char *address, int status, obs_str body)
{
    json_t *health = json_loadb(body.ptr, body.len, /* flags= */ 0, /* error= */ NULL);
    int code = 1;

    if (json_is_object(health) && json_object_get(health, "status")) {
        print_health(health, address);
        code = status == 200 ? EX_OK : 1;
    } else {
        fprintf(stderr, "observatory: %s answers /health with %d; is the plugin health loaded?\n",
                address, status);
    }
    json_decref(health);
    return code;
}

int verb_status(const struct arguments *arguments)
{
    struct settings *settings;
    obs_str body = OBS_STR("");
    char error[512];
    const char *address;
    int status = 0;
    int code = EX_CONFIG;

    if (arguments->n_words > 1)
        return verb_usage(arguments);
    settings = settings_load(arguments->config, arguments->sets, arguments->n_sets);
    if (!settings)
        return EX_OSERR;
    if (!settings_are_good(settings))
        goto out;
    address = obs_arena_dup(settings->arena, settings->listen.items[0]).ptr;
    if (http_get(settings->arena, address, "/health", &status, &body, error, sizeof(error)) < 0) {
        fprintf(stderr, "observatory: %s\n", error);
        code = EX_UNAVAILABLE;
    } else {
        code = judge(address, status, body);
    }

out:
    settings_destroy(settings);
    return code;
}
