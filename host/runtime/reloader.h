/* SPDX-License-Identifier: Apache-2.0 */
/* Reloads one after the other: who asked, what came of it, which generations
 * are still alive. Everything here is the main thread's. */
#ifndef HOST_RUNTIME_RELOADER_H
#define HOST_RUNTIME_RELOADER_H

#include "plugin/generation.h"
#include "runtime/settings.h"

#include <jansson.h>
#include <uv.h>

struct http_server;
struct reloader;
struct runtime;

/* One wish. Wishes for the same that wait are fulfilled by one reload. */
struct reload_ask {
    const char *source; /* "SIGHUP"; static storage */
    const char *plugin; /* take only this one from disk; NULL: all; copied */
    bool dry_run;       /* check, do not switch */
    bool wait;          /* answer when the generation before is gone, too */
    /* Called once with what is told (borrowed); may be NULL. */
    void (*answer)(void *user, json_t *report);
    void *user;
};

/* Starts with `settings` (a hold is taken) and `generation` in use. Errors:
 * OBS_E_NOMEM. */
OBS_MUST_CHECK int reloader_open(uv_loop_t *loop, struct runtime *runtime, struct http_server *http,
                                 struct settings *settings, struct generation *generation,
                                 struct reloader **ret_reloader);

/* Asks for a reload; never waits. */
void reloader_ask(struct reloader *reloader, const struct reload_ask *ask);

/* What is in force now; borrowed until the loop turns. */
const struct settings *reloader_settings(const struct reloader *reloader);
struct generation *reloader_generation(const struct reloader *reloader);

enum reload_event {
    RELOAD_BEGAN,
    RELOAD_SWITCHED, /* settings and generation are new */
    RELOAD_ENDED,    /* switched or not */
    RELOAD_DRAINED,  /* an old generation is gone, or stuck for good */
};

/* Tells `fn` what happens. */
void reloader_listen(struct reloader *reloader, void (*fn)(void *user, enum reload_event event),
                     void *user);

/* The generations that are alive and how the last reload went, for status. */
json_t *reloader_describe(const struct reloader *reloader);

/* The server ends: what waits is refused, what runs is told to give up. */
void reloader_cancel(struct reloader *reloader);

/* Whether a reload runs. */
bool reloader_is_busy(const struct reloader *reloader);

/* Whether old generations are still there, other than those stuck for good. */
bool reloader_is_draining(const struct reloader *reloader);

/* Whether plugins of an old generation or of a reload that was given up still
 * run, so that nothing that they use may be freed. */
bool reloader_is_stuck(const struct reloader *reloader);

/* Ends it; nothing is busy, draining or stuck. The loop must turn before it is
 * closed. NULL is a no-op. */
void reloader_close(struct reloader *reloader);

#endif
