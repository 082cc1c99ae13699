/* SPDX-License-Identifier: Apache-2.0 */
/* The same generation as the server's, cut down to what the command needs, on
 * a loop that turns only while the command waits. */
#include "runtime/command.h"

#include "runtime/settings.h"
#include "core/log.h"
#include "plugin/descriptor.h"
#include "plugin/generation.h"
#include "plugin/progress.h"
#include "runtime/blame.h"
#include "runtime/runtime.h"
#include "runtime/signals.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

/* The opaque obs_command_call of the SDK; on the stack of command_run(). */
struct obs_command_call {
    const struct command_spec *spec;
    struct runtime *runtime;
    bool interrupted; /* not told yet */
};

int obs_command_argc(const obs_command_call *call)
{
    return call->spec->argc;
}

const char *obs_command_arg(const obs_command_call *call, int index)
{
    return index >= 0 && index < call->spec->argc ? call->spec->argv[index] : NULL;
}

int obs_command_wait(obs_command_call *call, const int *done)
{
    while (!*done && !call->interrupted)
        uv_run(&call->runtime->workers[0]->loop, UV_RUN_ONCE);
    if (*done)
        return OBS_OK;
    call->interrupted = false;
    return OBS_E_CLOSED;
}

static void on_signal(int signal_number, void *user)
{
    obs_command_call *call = user;

    if (signal_number == SIGINT || signal_number == SIGTERM)
        call->interrupted = true;
}

/* The commands of a plugin, for somebody who named none or a wrong one. */
static void list_commands(const obs_plugin *plugin, const char *instance)
{
    for (size_t i = 0; i < plugin->n_commands; i++) {
        const obs_command *command = descriptor_command(plugin, i);

        fprintf(stderr, "  observatory %s %s %s\n      %s\n", instance, command->name,
                command->usage ? command->usage : "", command->summary);
    }
}

static const obs_command *find_command(const obs_instance *instance, const char *name)
{
    const obs_plugin *plugin = instance->plugin;

    for (size_t i = 0; name && i < plugin->n_commands; i++) {
        const obs_command *command = descriptor_command(plugin, i);

        if (strcmp(command->name, name) == 0)
            return command;
    }
    if (plugin->n_commands == 0)
        fprintf(stderr, "observatory: %s has no commands\n", instance->name);
    else if (name)
        fprintf(stderr, "observatory: %s has no command \"%s\"; it has:\n", instance->name, name);
    else
        fprintf(stderr, "observatory: %s needs a command:\n", instance->name);
    list_commands(plugin, instance->name);
    return NULL;
}

static int run_started(obs_command_call *call, const obs_command *command)
{
    struct generation *generation = call->spec->generation;
    obs_instance *instance = generation->instances[generation->n_instances - 1];
    struct progress progress = PROGRESS_INIT;
    int code;

    if (generation_start(generation, call->runtime, &progress) < 0) {
        fprintf(stderr, "observatory: %s\n", progress.error);
        return EX_SOFTWARE;
    }
    runtime_publish(call->runtime, generation, /* change= */ NULL);
    blame_set(instance, CALLBACK_COMMAND);
    code = command->run(call, instance->self);
    blame_clear();
    generation_succeed(generation, /* successor= */ NULL);
    generation_drain(generation);
    return code;
}

int command_run(const struct command_spec *spec)
{
    const struct settings *settings = spec->settings;
    struct generation *generation = spec->generation;
    struct runtime_spec runtime_spec = settings_runtime(settings);
    obs_command_call call = {.spec = spec};
    struct signals *signals = NULL;
    const obs_command *command;
    int code = EX_OSERR;

    command = find_command(generation->instances[generation->n_instances - 1], spec->command);
    if (!command)
        return EX_USAGE;
    runtime_spec.n_workers = 1;
    runtime_spec.inline_worker = true;
    if (runtime_create(&runtime_spec, &call.runtime) < 0)
        return EX_OSERR;
    if (signals_open(&call.runtime->workers[0]->loop, on_signal, &call, &signals) == OBS_OK)
        code = run_started(&call, command);
    if (generation_retire(generation, call.runtime,
                          obs_clock_mono_ns() + settings->shutdown_timeout_ns) < 0) {
        log_close();
        _exit(EX_SOFTWARE);
    }
    signals_close(signals);
    runtime_destroy(call.runtime);
    return code;
}
