/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that build a generation: serve, check, and commands of plugins.
 * What is wrong with the configuration is printed at once, before any code of
 * a plugin runs. */
#include "cli/verbs.h"

#include "core/log.h"
#include "http/inherited.h"
#include "plugin/plan.h"
#include "runtime/command.h"
#include "runtime/crash.h"
#include "runtime/server.h"
#include "runtime/settings.h"
#include "runtime/supervised.h"
#include "runtime/supervisor.h"
#include "runtime/telemetry.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

/* What a verb holds; plan_close() takes it half-built. */
struct planned {
    struct settings *settings;
    struct generation *generation;
};

static void plan_close(struct planned *planned)
{
    generation_destroy(planned->generation);
    settings_release(planned->settings);
}

/* Loads the settings and plans the generation, of `only` or of all. Returns an
 * exit code; the reasons have been printed. */
static int plan_open(const struct arguments *arguments, const char *only, struct planned *planned)
{
    struct plan_spec spec = {.number = 1, .only = only};
    struct settings *settings =
        settings_load(arguments->config, arguments->sets, arguments->n_sets);
    int rc = OBS_E_NOMEM;

    crash_install();
    planned->settings = settings;
    if (settings)
        rc = telemetry_start(only ? 1 : (uint32_t)settings->workers);
    if (rc == OBS_OK)
        rc = plan_generation(settings, &spec, &planned->generation);
    if (settings && !settings_are_good(settings))
        return EX_CONFIG;
    if (rc < 0)
        fprintf(stderr, "observatory: %s\n", obs_error(rc)->text);
    return rc < 0 ? EX_OSERR : EX_OK;
}

int verb_serve(const struct arguments *arguments)
{
    bool supervise = arguments->n_words > 1 && strcmp(arguments->words[1], "--supervise") == 0;
    struct planned planned = {0};
    int code;

    if (arguments->n_words > (supervise ? 2 : 1))
        return verb_usage(arguments);
    inherited_open();
    if (supervise)
        return supervisor_run(
            &(struct supervisor_spec){arguments->config, arguments->sets, arguments->n_sets});
    if (supervised_open() < 0) {
        fprintf(stderr, "observatory: the supervisor has gone\n");
        return EX_UNAVAILABLE;
    }
    code = plan_open(arguments, /* only= */ NULL, &planned);
    if (code == EX_OK && settings_open_log(planned.settings) < 0)
        code = EX_OSERR;
    if (code == EX_OK) {
        supervised_report();
        code = server_run(planned.settings, planned.generation, verb_began_ns);
        planned.generation = NULL; /* taken */
    }
    log_close();
    plan_close(&planned);
    return code;
}

int verb_check(const struct arguments *arguments)
{
    struct planned planned = {0};
    int code;

    if (arguments->n_words > 1)
        return verb_usage(arguments);
    code = plan_open(arguments, /* only= */ NULL, &planned);
    if (code == EX_OK)
        printf("%s: ok, %zu plugins\n", arguments->config, planned.generation->n_instances);
    plan_close(&planned);
    return code;
}

/* Whether an instance of this name is configured; when not, says what could
 * have been meant. A configuration that cannot be read knows no instance. */
static bool is_configured(const struct arguments *arguments, const char *name)
{
    struct settings *settings = NULL;
    obs_str_list names = {0};
    bool found = false;

    if (access(arguments->config, R_OK) == 0)
        settings = settings_load(arguments->config, arguments->sets, arguments->n_sets);
    if (settings) {
        size_t n = obs_conf_count(settings->plugins);
        obs_str *items = obs_arena_calloc(settings->arena, n + 1, sizeof(*items));

        for (size_t i = 0; items && i < n; i++) {
            (void)obs_conf_at(settings->plugins, i, &items[i]);
            found |= obs_str_is(items[i], name);
        }
        names = (obs_str_list){items, items ? n : 0};
    }
    if (!found)
        verb_unknown(name, &names);
    settings_release(settings);
    return found;
}

int verb_command(const struct arguments *arguments)
{
    const char *name = arguments->words[0];
    bool has_command = arguments->n_words > 1 && !arguments->help;
    struct planned planned = {0};
    int code;

    if (!is_configured(arguments, name))
        return EX_USAGE;
    code = plan_open(arguments, name, &planned);
    if (code == EX_OK && settings_open_log(planned.settings) < 0)
        code = EX_OSERR;
    if (code == EX_OK)
        code = command_run(&(struct command_spec){
            .settings = planned.settings,
            .generation = planned.generation,
            .command = has_command ? arguments->words[1] : NULL,
            .argc = has_command ? arguments->n_words - 2 : 0,
            .argv = arguments->words + 2,
        });
    log_close();
    plan_close(&planned);
    return code;
}
