/* SPDX-License-Identifier: Apache-2.0 */
/* The wording of misuse.h. */
#include "runtime/misuse.h"

#include "core/log.h"
#include "runtime/blame.h"

#include <stdio.h>
#include <stdlib.h>

bool misuse_on_control(void)
{
    enum callback kind = blame_kind();

    if (kind == CALLBACK_STATE)
        return !obs_worker_current(); /* it is handed over on each worker, too */
    return kind == CALLBACK_NONE || kind == CALLBACK_LIFE;
}

const char *misuse_name(const obs_instance *instance)
{
    return instance ? instance->name : NULL;
}

void misuse_abort(const struct misuse *misuse)
{
    const char *running = misuse_name(blame_instance);
    const char *plugin = misuse->plugin ? misuse->plugin : running;
    const char *request = misuse->request;
    char where[256] = "outside of a callback of the host's", text[1024];

    if (running)
        snprintf(where, sizeof(where), "in the %s of %s", callback_names[blame_kind()], running);
    snprintf(text, sizeof(text), "plugin %s: %s() %s, %s%s%s; %s", plugin ? plugin : "?",
             misuse->function, misuse->what, where, request ? " for " : "", request ? request : "",
             misuse->right);
    log_flush();
    log_at_once(OBS_LOG_ERROR, obs_str_of(text)); /* on the terminal, too */
    abort();
}
