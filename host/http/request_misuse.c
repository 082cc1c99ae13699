/* SPDX-License-Identifier: Apache-2.0 */
/* Who did what to which request, in words. */
#include "http/request_misuse.h"

#include "http/request.h"
#include "http/server.h"

#include <stdio.h>

void request_describe(const obs_request *req, char *text, size_t size)
{
    obs_str route = req->endpoint ? req->endpoint->pattern : obs_str_of("no route");

    snprintf(text, size, "%.*s %.*s", OBS_STR_ARG(req->method), OBS_STR_ARG(route));
}

void request_misuse(const obs_request *req, const char *function, const char *what,
                    const char *right)
{
    char request[REQUEST_NOTE_BYTES];

    request_describe(req, request, sizeof(request));
    misuse_abort(&(struct misuse){.plugin = misuse_name(req->running),
                                  .function = function,
                                  .what = what,
                                  .request = request,
                                  .right = right});
}

#ifndef NDEBUG

#define MARK_OPEN 0x6e65706fu /* "open" */
#define MARK_OVER 0x7265766fu /* "over" */

void request_check_open(const obs_request *req, const char *function)
{
    if (req->note.mark != MARK_OPEN)
        misuse_abort(&(struct misuse){
            .plugin = req->note.mark == MARK_OVER ? req->note.plugin : NULL,
            .function = function,
            .what = "on a request that is over",
            .request = req->note.mark == MARK_OVER ? req->note.request : NULL,
            .right = "a request ends with its answer, keep nothing of it beyond",
        });
}

void request_check(const obs_request *req, const char *function)
{
    request_check_open(req, function);
    if (obs_worker_current() != req->worker->worker)
        request_misuse(req, function, "on a thread that is not the request's worker",
                       "obs_post() or the done() of obs_offload() get there");
}

void request_mark_open(obs_request *req)
{
    req->note.mark = MARK_OPEN;
}

void request_mark_over(obs_request *req)
{
    req->note.mark = MARK_OVER;
    snprintf(req->note.plugin, sizeof(req->note.plugin), "%s",
             req->running ? req->running->name : "?");
    request_describe(req, req->note.request, sizeof(req->note.request));
}

#endif
