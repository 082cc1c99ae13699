/* SPDX-License-Identifier: Apache-2.0 */
/* One reload: prepare, check, switch. It runs on a thread of its own, because
 * plugins are created and started in it, which may take long or for ever. */
#ifndef HOST_RUNTIME_RELOAD_JOB_H
#define HOST_RUNTIME_RELOAD_JOB_H

#include "plugin/generation.h"
#include "plugin/progress.h"
#include "runtime/runtime.h"
#include "runtime/settings.h"

#include <jansson.h>

struct http_server;
struct plan_link;

/* Who may still say no: the job moves from PREPARING to SWITCHING, whoever waits
 * for it from PREPARING to ABANDONED; only one of the two succeeds. */
enum reload_phase { RELOAD_PREPARING, RELOAD_SWITCHING, RELOAD_ABANDONED };

struct reload_job {
    /* given, and held until it ends */
    struct runtime *runtime;
    struct http_server *http;      /* NULL: its settings and addresses stay */
    struct settings *running;      /* settings in force */
    struct generation *current;    /* generation in use; no other job can replace it meanwhile */
    const char *plugin;            /* take only this one from disk; NULL: all */
    const struct plan_link *links; /* plugins that are in no file; NULL: there are none */
    bool dry_run;
    int64_t deadline_ns; /* monotonic; for waiting until a generation is gone */

    _Atomic uint32_t phase; /* enum reload_phase */
    struct progress progress;

    /* results, valid when it has ended and was not abandoned */
    int result;                    /* OBS_OK: switched, or checked in a dry run */
    struct settings *settings;     /* held; those in force from now on; NULL: as before */
    struct generation *generation; /* in use from now on; NULL: as before */
    json_t *report;                /* what is told, see docs/operations.md */
};

/* Runs it to its end. Thread: its own. */
void reload_job_run(struct reload_job *job);

/* Shows or hides the plugins of a generation in the metrics. */
void reload_announce(const struct generation *generation, bool present);

/* The report of a reload that was refused for `error`. */
json_t *reload_refusal(const char *error);

#endif
