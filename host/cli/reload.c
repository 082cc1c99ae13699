/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory reload`: asks the running server to take over the configuration
 * and the plugins on disk, and prints what changed or why nothing did. */
#include "cli/verbs.h"

#include "cli/control_client.h"
#include "runtime/settings.h"

#include <stdio.h>
#include <sysexits.h>

struct wish {
    const char *plugin;
    bool wait;
    bool dry_run;
};

static bool parse(const struct arguments *arguments, struct wish *wish)
{
    for (int i = 1; i < arguments->n_words; i++) {
        const char *word = arguments->words[i];

        if (strcmp(word, "--wait") == 0)
            wish->wait = true;
        else if (strcmp(word, "--dry-run") == 0)
            wish->dry_run = true;
        else if (strcmp(word, "--plugin") == 0 && i + 1 < arguments->n_words)
            wish->plugin = arguments->words[++i];
        else
            return false;
    }
    return true;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void print_plugin(const json_t *plugin)
{
    static const struct {
        const char *change, *text;
    } texts[] = {
        {"added", "new"},
        {"removed", "removed"},
        {"file", "replaced: its file is another"},
        {"options", "replaced: its options differ"},
        {"content", "replaced: a file that it reads differs"},
        {"provider", "replaced: a plugin that it needs was"},
    };
    const char *change = text_of(plugin, "change");
    const char *before = text_of(plugin, "before");

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(change, texts[i].change) == 0)
            printf("  %-16s %s%s%s  %s\n", text_of(plugin, "instance"), before,
                   before[0] ? " -> " : "", text_of(plugin, "version"), texts[i].text);
    }
}

static void print_plugins(const json_t *report)
{
    const json_t *plugins = json_object_get(report, "plugins");
    const json_t *plugin;
    size_t i, n_kept = 0;

    json_array_foreach(plugins, i, plugin)
    {
        print_plugin(plugin);
        n_kept += strcmp(text_of(plugin, "change"), "kept") == 0;
    }
    printf("  %zu of %zu plugins stay as they are\n", n_kept, json_array_size(plugins));
}

static void print_list(const json_t *report, const char *list, const char *before, FILE *to)
{
    const json_t *items = json_object_get(report, list);
    const json_t *item;
    size_t i;

    json_array_foreach(items, i, item)
    {
        fprintf(to, "%s%s\n", before, json_string_value(item));
    }
}

static void print_times(const json_t *report)
{
    json_t *steps = json_object_get(report, "ms");
    const json_t *drain = json_object_get(report, "drain_ms");
    const json_t *ms;
    const char *step;

    printf("  took %.1f ms", json_number_value(json_object_get(report, "total_ms")));
    json_object_foreach(steps, step, ms)
    {
        printf(", %s %.1f", step, json_number_value(ms));
    }
    printf("\n");
    if (drain)
        printf("  the generation before %s after %.1f ms\n",
               json_is_true(json_object_get(report, "drained")) ? "was gone" : "is stuck",
               json_number_value(drain));
}

static int print_report(const json_t *report)
{
    const char *result = text_of(report, "result");

    if (strcmp(result, "refused") == 0 || result[0] == '\0') {
        fprintf(stderr, "observatory: reload refused, the server goes on as before\n");
        print_list(report, "errors", "  ", stderr);
        return 1;
    }
    if (strcmp(result, "checked") == 0)
        printf("a reload would succeed\n");
    else
        printf("generation %lld is in use\n",
               (long long)json_integer_value(json_object_get(report, "generation")));
    print_plugins(report);
    print_list(report, "notes", "  note: ", stdout);
    print_times(report);
    return EX_OK;
}

static int ask(struct settings *settings, const struct wish *wish)
{
    json_t *question = json_pack("{s:s, s:b, s:b}", "command", "reload", "wait", wish->wait,
                                 "dry_run", wish->dry_run);
    json_t *report = NULL;
    char error[512];
    int code = EX_UNAVAILABLE;

    if (wish->plugin)
        json_object_set_new(question, "plugin", json_string(wish->plugin));
    if (control_ask(settings, question, &report, error, sizeof(error)) == OBS_OK) {
        code = print_report(report);
    } else {
        fprintf(stderr, "observatory: %s\n", error);
        (void)settings_are_good(settings); /* tells mistakes, one of which may hide the socket */
    }
    json_decref(question);
    json_decref(report);
    return code;
}

/* The configuration may be wrong: that is for the server to say, as long as its
 * socket can be found. */
int verb_reload(const struct arguments *arguments)
{
    struct wish wish = {0};
    struct settings *settings;
    int code;

    if (!parse(arguments, &wish))
        return verb_usage(arguments);
    settings = settings_load(arguments->config, arguments->sets, arguments->n_sets);
    if (!settings)
        return EX_OSERR;
    code = ask(settings, &wish);
    settings_release(settings);
    return code;
}
