/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory status`: asks the running server how it is. What /health says is
 * judged; what only operators may know comes over the control socket. */
#include "cli/verbs.h"

#include "cli/control_client.h"
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

/* "3 d 4 h", "12.3 s": two places are enough. */
static void print_age(double s)
{
    if (s < 60)
        printf("%.1f s", s);
    else if (s < 3600)
        printf("%d min %d s", (int)s / 60, (int)s % 60);
    else if (s < 86400)
        printf("%d h %d min", (int)s / 3600, (int)s / 60 % 60);
    else
        printf("%d d %d h", (int)(s / 86400), (int)(s / 3600) % 24);
}

static void print_plugins(const json_t *status)
{
    const json_t *plugins = json_object_get(status, "plugins");
    const json_t *plugin;
    size_t i;

    json_array_foreach(plugins, i, plugin)
    {
        printf("%-12s %s %s: %s", i == 0 ? "plugins" : "", text_of(plugin, "instance"),
               text_of(plugin, "version"), text_of(plugin, "state"));
        printf(", for ");
        print_age(json_number_value(json_object_get(plugin, "age_s")));
        printf(", %.12s, %s\n", text_of(plugin, "content"), text_of(plugin, "file"));
    }
}

static void print_generations(const json_t *status)
{
    const json_t *generations = json_object_get(status, "generations");
    const json_t *generation;
    size_t i;

    json_array_foreach(generations, i, generation)
    {
        const json_t *replaced_s = json_object_get(generation, "replaced_s");

        printf("%-12s %lld %s, %lld requests", i == 0 ? "generations" : "",
               (long long)json_integer_value(json_object_get(generation, "number")),
               text_of(generation, "state"),
               (long long)json_integer_value(json_object_get(generation, "requests")));
        if (replaced_s) {
            printf(", replaced ");
            print_age(json_number_value(replaced_s));
            printf(" ago");
        }
        printf("\n");
    }
}

static void print_last_reload(const json_t *status)
{
    const json_t *reload = json_object_get(status, "last_reload");
    const json_t *error = json_array_get(json_object_get(reload, "errors"), 0);

    if (!json_is_object(reload))
        return;
    printf("%-12s %s by %s%s%s\n", "last reload", text_of(reload, "result"),
           text_of(reload, "source"), error ? ": " : "", error ? json_string_value(error) : "");
}

static void print_operations(const json_t *status)
{
    printf("%-12s %lld\n", "pid", (long long)json_integer_value(json_object_get(status, "pid")));
    print_generations(status);
    print_last_reload(status);
    print_plugins(status);
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

/* What the server says over its control socket; NULL when it cannot be reached,
 * which makes the answer only shorter. */
static json_t *ask_operations(const struct settings *settings, char *error, size_t error_size)
{
    json_t *question = json_pack("{s:s}", "command", "status");
    json_t *status = NULL;

    if (control_ask(settings, question, &status, error, error_size) < 0)
        status = NULL;
    json_decref(question);
    return status;
}

/* Where to ask: as configured, or, when the file has become wrong since the
 * server started, where the server says that it listens. */
static const char *find_address(struct settings *settings, const json_t *operations)
{
    obs_str all = obs_str_of(text_of(operations, "listening"));
    const char *comma = memchr(all.ptr, ',', all.len);

    if (settings->errors.count == 0)
        return obs_arena_dup(settings->arena, settings->listen.items[0]).ptr;
    fprintf(stderr, "observatory: the configuration has become wrong since the server started; "
                    "`observatory check` tells how\n");
    return obs_arena_dup(settings->arena,
                         comma ? obs_str_n(all.ptr, (size_t)(comma - all.ptr)) : all)
        .ptr;
}

static int show(struct settings *settings)
{
    char error[512], unreachable[512];
    json_t *operations = ask_operations(settings, unreachable, sizeof(unreachable));
    obs_str body = OBS_STR("");
    const char *address;
    int status = 0, code;

    if (!operations && !settings_are_good(settings))
        return EX_CONFIG;
    address = find_address(settings, operations);
    if (http_get(settings->arena, address, "/health", &status, &body, error, sizeof(error)) < 0) {
        fprintf(stderr, "observatory: %s\n", error);
        code = EX_UNAVAILABLE;
    } else {
        code = judge(address, status, body);
        if (operations)
            print_operations(operations);
        else
            fprintf(stderr, "observatory: %s\n", unreachable);
    }
    json_decref(operations);
    return code;
}

int verb_status(const struct arguments *arguments)
{
    struct settings *settings;
    int code;

    if (arguments->n_words > 1)
        return verb_usage(arguments);
    settings = settings_load(arguments->config, arguments->sets, arguments->n_sets);
    if (!settings)
        return EX_OSERR;
    code = show(settings);
    settings_release(settings);
    return code;
}
