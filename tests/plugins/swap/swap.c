/* SPDX-License-Identifier: Apache-2.0 */
/* Life cycle and state of swap. SWAP_LETTER and SWAP_VERSION tell the builds
 * apart; SWAP_STATE is the layout of the state that the build writes: in the
 * first a count is text, in the second it is a number. */
#include "swap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SWAP_ALIVE 0x70617773u
#define SECOND_NS INT64_C(1000000000)

void swap_check(const struct swap *swap)
{
    if (atomic_load_explicit(&swap->alive, memory_order_relaxed) == SWAP_ALIVE)
        return;
    fputs("swap: a callback after destroy()\n", stderr);
    abort();
}

/* ---- what the options ask for -------------------------------------------------- */

static void note(const struct swap *swap, const char *call)
{
    char line[120];
    int len, fd;

    if (!swap->config->journal)
        return;
    len = snprintf(line, sizeof(line), "%s " SWAP_VERSION " %s\n",
                   obs_instance_name(swap->instance), call);
    fd = open(swap->config->journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, (size_t)len) != len)
        abort();
    close(fd);
}

static void block(const struct swap *swap, const char *call)
{
    struct timespec left = {.tv_sec = swap->config->block_for_ns / SECOND_NS,
                            .tv_nsec = swap->config->block_for_ns % SECOND_NS};

    if (!swap->config->block || strcmp(swap->config->block, call) != 0)
        return;
    while (nanosleep(&left, &left) < 0)
        ;
}

static int pass(const struct swap *swap, const char *call)
{
    note(swap, call);
    block(swap, call);
    if (!swap->config->fail || strcmp(swap->config->fail, call) != 0)
        return OBS_OK;
    obs_log(swap->instance, OBS_LOG_ERROR, "told to fail in %s", call);
    return OBS_E_UPSTREAM;
}

/* ---- life ------------------------------------------------------------------------ */

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct swap *swap = calloc(1, sizeof(*swap));
    int rc;

    if (!swap)
        return OBS_E_NOMEM;
    atomic_store(&swap->alive, SWAP_ALIVE);
    swap->config = config;
    swap->instance = instance;
    rc = pass(swap, "create");
    if (rc < 0)
        free(swap);
    else
        *ret_self = swap;
    return rc;
}

static int start(void *self)
{
    struct swap *swap = self;
    int rc = pass(swap, "start");

    return rc < 0 ? rc : background_start(swap);
}

static int worker_start(void *self, obs_worker *worker, void **ret_context)
{
    struct swap *swap = self;
    struct swap_worker *context = &swap->workers[obs_worker_index(worker)];
    int rc = pass(swap, "worker_start");

#if defined(SWAP_RESIDENT)
    resident_touch();
#endif
    context->swap = swap;
    atomic_store(&context->worker, worker);
    *ret_context = context;
    return rc < 0 ? rc : background_start_worker(context);
}

static void drain(void *self)
{
    (void)pass(self, "drain");
}

static void worker_stop(void *self, obs_worker *worker, void *context)
{
    (void)worker;
    (void)pass(self, "worker_stop");
    background_stop_worker(context);
}

static void stop(void *self)
{
    (void)pass(self, "stop");
    background_stop(self);
}

static void destroy(void *self)
{
    struct swap *swap = self;

    (void)pass(swap, "destroy");
    atomic_store(&swap->alive, 0);
    free(swap);
}

/* ---- state ------------------------------------------------------------------------- */

#if SWAP_STATE > 0

static void write_count(obs_buf *state, uint64_t count)
{
#if SWAP_STATE == 1
    obs_buf_printf(state, "%llu", (unsigned long long)count);
#else
    obs_buf_append(state, &count, sizeof(count));
#endif
}

static int read_count(uint32_t version, obs_str state, uint64_t *ret_count)
{
    char text[24];

    if (version == 1 && state.len < sizeof(text)) {
        memcpy(text, state.ptr, state.len);
        text[state.len] = '\0';
        *ret_count = strtoull(text, NULL, 10);
        return OBS_OK;
    }
    if (version != 2 || state.len != sizeof(*ret_count))
        return OBS_E_INVALID;
    memcpy(ret_count, state.ptr, sizeof(*ret_count));
    return OBS_OK;
}

static int export_state(void *self, obs_worker *worker, void *context, obs_buf *state)
{
    const struct swap *swap = self;
    const struct swap_worker *own = context;

    write_count(state, worker ? atomic_load(&own->n_requests) : swap->n_swaps + 1u);
    return obs_buf_error(state);
}

static int import_state(void *self, obs_worker *worker, void *context, uint32_t version,
                        obs_str state)
{
    struct swap *swap = self;
    struct swap_worker *own = context;
    uint64_t count;
    int rc = read_count(version, state, &count);

    if (rc < 0)
        return rc;
    if (worker)
        atomic_store(&own->n_requests, count);
    else
        swap->n_swaps = (uint32_t)count;
    return OBS_OK;
}

#endif

/* ---- descriptor -------------------------------------------------------------------- */

static const obs_option options[] = {
    {"journal", OBS_OPT_PATH, 0, offsetof(struct swap_config, journal), .help = "a file"},
    {"word", OBS_OPT_STRING, 0, offsetof(struct swap_config, word), .help = "is shown"},
    {"content", OBS_OPT_PATH, OBS_OPT_CONTENT, offsetof(struct swap_config, content),
     .help = "a file whose content counts"},
    {"fail", OBS_OPT_STRING, 0, offsetof(struct swap_config, fail), .help = "a call that fails"},
    {"block", OBS_OPT_STRING, 0, offsetof(struct swap_config, block), .help = "a call that blocks"},
    {"block_for", OBS_OPT_DURATION, 0, offsetof(struct swap_config, block_for_ns), .def = "1s",
     .min = "0s", .max = "1h", .help = "for how long"},
    {"leave", OBS_OPT_STRING, 0, offsetof(struct swap_config, leave), .help = "timer or thread"},
    {"background", OBS_OPT_BOOL, 0, offsetof(struct swap_config, background), .def = "false",
     .help = "timers, posts, jobs and a thread"},
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .flags = OBS_PLUGIN_UNLOADABLE,
    .name = "swap",
    .version = SWAP_VERSION,
    .license = "Apache-2.0",
    .summary = "is exchanged while it is used",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct swap_config),
    .routes = swap_routes,
    .n_routes = SWAP_N_ROUTES,
    .hooks = swap_hooks,
    .n_hooks = SWAP_N_HOOKS,
    .create = create,
    .start = start,
    .worker_start = worker_start,
    .drain = drain,
    .worker_stop = worker_stop,
    .stop = stop,
    .destroy = destroy,
#if SWAP_STATE > 0
    .state_version = SWAP_STATE,
    .state_oldest = 1,
    .export_state = export_state,
    .import_state = import_state,
#endif
};
OBS_PLUGIN_NOTE("swap", SWAP_VERSION);
