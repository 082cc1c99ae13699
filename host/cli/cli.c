/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the verb and runs it. A word that is no verb is the name of a plugin
 * instance with commands of its own, so the host needs to know none of them. */
#include "cli/cli.h"

#include "cli/verbs.h"
#include "core/suggest.h"
#include "plugin/cache.h"

#include <observatory/host.h>
#include <observatory/worker.h>
#include <stdio.h>
#include <sysexits.h>

struct verb {
    const char *name;
    const char *usage;
    const char *summary;
    int (*run)(const struct arguments *arguments);
};

static const struct verb verbs[] = {
    {"serve", "serve [--supervise]", "run the server in the foreground until SIGTERM or SIGINT",
     verb_serve},
    {"check", "check", "check the configuration and the plugins without starting", verb_check},
    {"plugins", "plugins [show NAME [--format F] | openapi]",
     "list the plugins found, or describe them", verb_plugins},
    {"reload", "reload [--plugin NAME] [--wait] [--dry-run]",
     "have the running server take over configuration and plugins", verb_reload},
    {"new-plugin", "new-plugin NAME [--lang c|cpp] [--folder DIR]",
     "write a plugin of your own to begin with", verb_new_plugin},
    {"lint", "lint [--strict] FILE…", "check plugin files without loading them", verb_lint},
    {"status", "status", "ask the running server whether it is healthy", verb_status},
    {"version", "version", "print version, ABI and build", verb_version},
    {"help", "help [VERB]", "print this, or about one verb", verb_help},
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char *const details[N_VERBS] = {
    "Binds the addresses of `listen`, starts every plugin below `plugins:` and logs\n"
    "\"ready\" when requests are answered. TERM and INT end it within\n"
    "`shutdown_timeout`, a second one at once; HUP reloads, USR1 reopens the log files,\n"
    "USR2 switches debug lines on and off. With --supervise a small process keeps the\n"
    "addresses open, starts the server again after a crash and passes signals on.\n",
    "Prints every mistake with file, line and column. Nothing is bound, opened or\n"
    "started.\n",
    "Reads the plugin folders. `show NAME` prints the options with their defaults,\n"
    "routes, hooks, services and commands of one plugin; F is text, markdown or\n"
    "openapi. `openapi` prints an OpenAPI 3.1 document of all routes that the\n"
    "configuration has.\n",
    "Nothing is dropped: requests end on the plugins that they began on. Plugins whose\n"
    "file, options and providers are the same stay as they are. --plugin takes only\n"
    "this one from disk. --wait returns when the plugins before are gone, too.\n"
    "--dry-run only checks. Exit code 0: done, 1: refused, and the server goes on as\n"
    "before, 69: no server was reached.\n",
    "Makes the folder DIR/NAME with a plugin that builds by meson against the installed\n"
    "SDK, a test that runs it without a network, and a configuration to try it with.\n",
    "Prints what the server would refuse and what is unwise, with the rule and what\n"
    "to do, then a summary of each file. Exit code 0: nothing is refused, 1: a file\n"
    "is refused or, with --strict, has warnings, 66: a file cannot be read.\n",
    "Exit code 0: healthy or degraded, 1: unhealthy, 69: nobody answers.\n",
    "",
    "",
};

int64_t verb_began_ns;

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < N_VERBS; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

static void print_help(FILE *to)
{
    fprintf(to, "usage: observatory [OPTION…] VERB [ARG…]\n"
                "       observatory [OPTION…] PLUGIN COMMAND [ARG…]\n\n");
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(to, "  %-22s %s\n", verbs[i].usage, verbs[i].summary);
    fprintf(to, "\n"
                "  --config FILE          configuration (OBSERVATORY_CONFIG, else\n"
                "                         /etc/observatory/observatory.yaml)\n"
                "  --set PATH=VALUE       overrides one value of it, such as\n"
                "                         listen=127.0.0.1:8080; repeatable\n"
                "  -h, --help             about a verb\n"
                "\n"
                "`observatory plugins show NAME` lists the commands of a plugin.\n");
}

int verb_help(const struct arguments *arguments)
{
    const struct verb *verb = NULL;

    if (arguments->n_words > 1) {
        verb = find_verb(arguments->words[1]);
        if (!verb || arguments->n_words > 2)
            return verb_usage(arguments);
    }
    if (!verb) {
        print_help(stdout);
        return EX_OK;
    }
    printf("usage: observatory [--config FILE] [--set PATH=VALUE]… %s\n\n%s\n%s", verb->usage,
           verb->summary, details[verb - verbs]);
    return EX_OK;
}

int verb_version(const struct arguments *arguments)
{
    obs_host_info info = {.size = sizeof(info)};

    if (arguments->n_words > 1)
        return verb_usage(arguments);
    obs_host_describe(&info);
    printf("observatory %s (ABI %d.%d; %s)\n", info.version, OBS_ABI_MAJOR, OBS_ABI_MINOR,
           info.build);
    return EX_OK;
}

int verb_usage(const struct arguments *arguments)
{
    const char *name = arguments->words[0];
    const struct verb *verb = find_verb(name);

    if (arguments->n_words > 1)
        fprintf(stderr, "observatory: %s does not take \"%s\"\n", name,
                arguments->words[arguments->n_words - 1]);
    else
        fprintf(stderr, "observatory: %s needs an argument\n", name);
    fprintf(stderr, "usage: observatory %s\n", verb ? verb->usage : "VERB");
    return EX_USAGE;
}

void verb_unknown(const char *name, const obs_str_list *instances)
{
    struct suggest suggest;

    suggest_init(&suggest, obs_str_of(name));
    for (size_t i = 0; i < N_VERBS; i++)
        suggest_offer(&suggest, obs_str_of(verbs[i].name));
    for (size_t i = 0; instances && i < instances->count; i++)
        suggest_offer(&suggest, instances->items[i]);
    fprintf(stderr, "observatory: there is no verb and no configured plugin \"%s\"", name);
    if (suggest.best.ptr)
        fprintf(stderr, "; did you mean \"%.*s\"?", OBS_STR_ARG(suggest.best));
    fprintf(stderr, "\nSee `observatory help`.\n");
}

/* Everything before the first word that is an option is misspelt: those of a
 * plugin's command come after its name. */
static int dispatch(const struct arguments *arguments)
{
    const struct arguments help = {.words = (const char *const[]){"help", arguments->words[0]},
                                   .n_words = 2};
    const struct verb *verb;

    if (arguments->version)
        return verb_version(&(struct arguments){.n_words = 1});
    if (arguments->n_words == 0) {
        print_help(arguments->help ? stdout : stderr);
        return arguments->help ? EX_OK : EX_USAGE;
    }
    if (arguments->words[0][0] == '-') {
        fprintf(stderr, "observatory: unknown option %s\nSee `observatory help`.\n",
                arguments->words[0]);
        return EX_USAGE;
    }
    verb = find_verb(arguments->words[0]);
    if (!verb)
        return verb_command(arguments);
    return arguments->help ? verb_help(&help) : verb->run(arguments);
}

int observatory_main(int argc, char **argv)
{
    struct arguments arguments;
    char error[256];
    int code;

    verb_began_ns = obs_clock_mono_ns();
    if (arguments_parse(argc, argv, &arguments, error, sizeof(error)) < 0) {
        fprintf(stderr, "observatory: %s\nSee `observatory help`.\n", error);
        return EX_USAGE;
    }
    code = dispatch(&arguments);
    arguments_finish(&arguments);
#ifndef __SANITIZE_ADDRESS__ /* whose report at exit reads the copies; the next process removes    \
                                them */
    cache_close();
#endif
    return code;
}
