/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin broke its contract: one line that says which plugin called what, what
 * was wrong and what is right, then abort(), so that a debugger or a core file
 * shows the call. What could hand one client's data to another, or write where
 * nothing is the plugin's, is found in every build; what takes more to find out,
 * such as a call on the wrong thread, in debug builds alone. */
#ifndef HOST_RUNTIME_MISUSE_H
#define HOST_RUNTIME_MISUSE_H

#include <observatory/worker.h>
#include <stdbool.h>

struct misuse {
    const char *plugin;   /* instance's name; NULL: the one whose code runs on this thread */
    const char *function; /* of the SDK, without parentheses */
    const char *what;     /* was done: "on a request that was already answered" */
    const char *request;  /* "GET /hello/{name}"; NULL: it was not about one */
    const char *right;    /* half a sentence: what to do instead */
};

/* plugin hello: obs_respond() on a request that was already answered, in the
 * handler of hello for GET /hello/{name}; answer each request exactly once */
_Noreturn void misuse_abort(const struct misuse *misuse);

/* Aborts in debug builds unless `ok`; what follows are fields of a struct misuse. */
#ifdef NDEBUG
#define MISUSE_UNLESS(ok, ...) ((void)sizeof(ok))
#else
#define MISUSE_UNLESS(ok, ...)                                                                     \
    do {                                                                                           \
        if (!(ok))                                                                                 \
            misuse_abort(&(struct misuse){__VA_ARGS__});                                           \
    } while (0)
#endif

/* The functions that the SDK tags [control]: no callback of the plugin's runs on
 * this thread but a life-cycle function. */
#define MISUSE_UNLESS_CONTROL(instance)                                                            \
    MISUSE_UNLESS(misuse_on_control(), .function = __func__, .plugin = misuse_name(instance),      \
                  .what = "outside of a life-cycle function",                                      \
                  .right = "call it in create(), start() or stop()")

/* And those that it tags [worker], which belong to no request. */
#define MISUSE_UNLESS_WORKER(instance, instead)                                                    \
    MISUSE_UNLESS(obs_worker_current(), .function = __func__, .plugin = misuse_name(instance),     \
                  .what = "on a thread that is no worker", .right = (instead))

bool misuse_on_control(void);

/* The instance's name; NULL for NULL. */
const char *misuse_name(const obs_instance *instance);

#endif
