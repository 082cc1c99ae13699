/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON that clients send. */
#ifndef FEEDBACK_BODY_H
#define FEEDBACK_BODY_H

#include <observatory/json.h>
#include <observatory/store.h>

#include <stdbool.h>

/* Texts point into the arena. */
struct body {
    obs_arena *arena;
    int64_t now_ns;
    size_t max_items;
    obs_feedback *items;
    size_t n_items;
    bool list; /* an array was sent */

    /* What was wrong, after an error: the field (NULL: none), a sentence. */
    const char *field;
    obs_str text;
};

/* Reads new feedback: an object or an array of them. Each begins as a copy of
 * `target`, which says what is judged, and gets its id; the project is the caller's.
 * Errors: OBS_E_SYNTAX, OBS_E_INVALID, OBS_E_MISSING, OBS_E_UNKNOWN, OBS_E_RANGE,
 * OBS_E_NOMEM. Thread: any, one at a time. */
OBS_MUST_CHECK int body_read(struct body *body, obs_str json, const obs_feedback *target);

/* Changes `feedback` by the members of an object; null takes one away. What its id
 * may be made of cannot be changed. Errors: as above. */
OBS_MUST_CHECK int body_change(struct body *body, obs_str json, obs_feedback *feedback);

#endif
