/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket: operators on this machine talk to the running server. One
 * JSON object a line in, one out, then the connection ends. Only root and the
 * user of the server get an answer. */
#ifndef HOST_RUNTIME_CONTROL_H
#define HOST_RUNTIME_CONTROL_H

#include <jansson.h>
#include <observatory/base.h>
#include <uv.h>

struct control;
struct control_call; /* one question that is to be answered */

/* Listens at `path`. `ask` is called for each question (borrowed) and must see to
 * it that control_answer() is called once, then or later. On failure a sentence
 * is in `error`. Errors: OBS_E_INVALID, OBS_E_NOMEM. Thread: the loop's. */
OBS_MUST_CHECK int
control_open(uv_loop_t *loop, const char *path,
             void (*ask)(void *user, const json_t *question, struct control_call *call), void *user,
             struct control **ret_control, char *error, size_t error_size);

/* Sends `answer` (borrowed). Thread: the loop's. */
void control_answer(struct control_call *call, const json_t *answer);

/* Stops listening, removes the socket and cuts off clients without an answer;
 * their questions must be answered even so. The loop must turn before it is closed. NULL is a
 * no-op. */
void control_close(struct control *control);

#endif
