/* SPDX-License-Identifier: Apache-2.0 */
/* The one feedback of an id. */
#ifndef FEEDBACK_FIND_H
#define FEEDBACK_FIND_H

#include "feedback.h"

struct find {
    obs_request *req;
    obs_arena *arena;
    obs_feedback found; /* its texts are in `arena` */
    unsigned n;
    int error;
    void (*done)(struct find *find); /* on the worker, when there is exactly one */
};

/* Looks for the id that the path names. Set `req`, `arena` and `done`. Returns what a
 * handler returns: OBS_PENDING, or the error. When there is none, or several projects
 * have it, that is the answer. */
int find_start(struct find *find, const struct feedback *feedback, const obs_scope *scope);

#endif
