/* SPDX-License-Identifier: Apache-2.0 */
/* The test host: runs plugins inside a test program, without a network.
 *
 * What answers is the server itself: loader, options, order of plugins, HTTP
 * parser, router, phases, hooks, hot swap are those of production. Only a
 * connection is a pair of sockets within the process, and the calling thread is
 * the only worker: its loop turns while one of these functions waits, so
 * handlers, timers and posts run inside them, where a debugger and a sanitizer
 * can follow.
 *
 *     obs_test *t = obs_test_new();
 *     obs_test_response *r;
 *
 *     obs_test_link(t, "hello", &obs_plugin_entry);
 *     obs_test_set(t, "plugins.hello.greeting=Servus");
 *     if (obs_test_start(t) < 0)
 *         fail(obs_test_error(t));
 *     r = obs_test_get(t, "/hello/Ada");
 *     check(obs_test_status(r) == 200);
 *     check(obs_str_is(obs_json_str(obs_test_json(r, "/message")), "Servus, Ada!"));
 *     check(obs_test_free(t) == OBS_OK);
 *
 * It goes with any test framework: nothing here prints, fails or ends a test.
 * A test program links libobservatory (pkg-config observatory-test). One test
 * host can run at a time in a process, any number one after the other; metrics
 * and levels of the log are the process's and survive from one to the next.
 *
 * Thread: [test] means the thread that called obs_test_start(), outside of
 * handlers, hooks and all other functions that the host calls. It is both the
 * [control] thread and the only [worker] of the plugins. */
#ifndef OBSERVATORY_TEST_H
#define OBSERVATORY_TEST_H

#include <observatory/plugin.h>

OBS_BEGIN_DECLS

/* A test host.  Since: ABI 1.0. */
typedef struct obs_test obs_test;

/* One request and its answer, as the client sees them. Belongs to its test host
 * and ends with it.  Since: ABI 1.0. */
typedef struct obs_test_response obs_test_response;

/* ---- what to run ---------------------------------------------------------
 * These only note what obs_test_start() is to do, and obs_test_reload() after
 * it. Strings are copied. What is wrong is told by those two. */

/* Makes a test host without plugins and with default settings. NULL when out of
 * memory. End it with obs_test_free().
 * Thread: [test].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK obs_test *obs_test_new(void);

/* Reads the configuration file at `path` first, as `--config` of the server
 * does. Its `listen`, `workers`, `control` and `log.file` are not used.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API void obs_test_config(obs_test *t, const char *path);

/* Sets one value of the configuration, as `--set` of the server does:
 * "plugins.hello.greeting=Servus", "http.max_body=1KiB". The last one counts.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API void obs_test_set(obs_test *t, const char *path_and_value);

/* Adds the plugin of the file at `path` under the name `instance`, or gives that
 * instance another file. Relative paths start from the working directory. Hooks
 * run in the order in which instances were named first.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API void obs_test_plugin(obs_test *t, const char *instance, const char *path);

/* The same with a plugin that is linked into the test program, so that nothing
 * needs to be loaded: `plugin` is its obs_plugin_entry, borrowed until
 * obs_test_free(). Naming it once more before obs_test_reload() says that it was
 * built anew. What concerns the file (note, symbols) is not checked.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API void obs_test_link(obs_test *t, const char *instance, const obs_plugin *plugin);

/* Provides service `id` ("obs.store/1") to the plugins, in the stead of one that
 * they need: `table` and `provider` are as for obs_service_provide() and borrowed
 * until obs_test_free(). Only before obs_test_start().
 * Thread: [test].  Since: ABI 1.0. */
OBS_API void obs_test_provide(obs_test *t, const char *id, const void *table, void *provider);

/* How long functions that wait do so at most; 10 seconds unless it is set.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API void obs_test_timeout(obs_test *t, int64_t timeout_ms);

/* ---- life ---------------------------------------------------------------- */

/* Loads, creates and starts everything. On an error nothing runs, and
 * obs_test_error() says why, for a configuration a line each. Errors:
 * OBS_E_INVALID (configuration, plugin file), OBS_E_BUSY (another test host
 * runs), OBS_E_CONFLICT (it was started before), OBS_E_NOMEM, and those of
 * create(), start() and worker_start().
 * Thread: [test].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_test_start(obs_test *t);

/* Does what `observatory reload` does: reads the configuration and the files
 * again, starts instances whose file, options or providers have changed beside
 * the old ones, hands state over, switches. Requests under way end on the old
 * instances, which are stopped when the last one has. On an error everything is
 * as before, and obs_test_error() says why. Errors: as obs_test_start(),
 * OBS_E_BUSY (too many old instances have requests), OBS_E_CLOSED (it does not
 * run).
 * Thread: [test].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_test_reload(obs_test *t);

/* Shuts down as the server does: requests under way are answered, plugins drain,
 * stop and are destroyed. Afterwards the log, the metrics and the answers can
 * still be read. Errors: OBS_E_INVALID, and obs_test_error() says what an
 * instance left behind in its stop() (timers, threads) or which requests it
 * never answered; OBS_E_TIMEOUT: posts, jobs or threads do not end, and their
 * memory is left alone. Idempotent.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_test_stop(obs_test *t);

/* Stops it, unless that was done, and frees it with all its answers. Returns
 * what obs_test_stop() did; an error goes to stderr, too. NULL is a no-op.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_test_free(obs_test *t);

/* Why the last function failed; "" when none has. Borrowed until the next call.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API const char *obs_test_error(const obs_test *t);

/* ---- requests ------------------------------------------------------------ */

/* Begins a request on a connection of its own and returns before it is
 * answered; it goes on while other functions wait. `target` is sent as it is
 * ("/hello/Ada?x=1"). `headers` are lines "Name: value", with \n between them, or
 * NULL; Host and Content-Length are added where they are missing. With
 * "Transfer-Encoding: chunked" the body goes out as one chunk. NULL and
 * obs_test_error(): out of memory or descriptors, or it does not run.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API obs_test_response *obs_test_send(obs_test *t, const char *method, const char *target,
                                         const char *headers, obs_str body);

/* Waits until the answer is complete. NULL is OBS_E_CLOSED. Errors:
 * OBS_E_TIMEOUT (the request goes on), OBS_E_CLOSED (the connection ended before
 * the answer did).
 * Thread: [test].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_test_wait(obs_test_response *r);

/* obs_test_send() and obs_test_wait() in one; NULL when either fails. What
 * follows takes a NULL, so that the status is all that needs to be checked.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API obs_test_response *obs_test_request(obs_test *t, const char *method, const char *target,
                                            const char *headers, obs_str body);

/* A GET without further headers.  Thread: [test].  Since: ABI 1.0. */
static inline obs_test_response *obs_test_get(obs_test *t, const char *target)
{
    return obs_test_request(t, "GET", target, NULL, obs_str_of(NULL));
}

/* Stops and restarts the client's reading of the answer: a slow client, for
 * whom obs_response_write() returns OBS_PENDING in the end.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API void obs_test_pause(obs_test_response *r);
OBS_API void obs_test_resume(obs_test_response *r);

/* Frees an answer before its test host. One that is not complete is given up:
 * the plugin sees that its client is gone. NULL is a no-op.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API void obs_test_drop(obs_test_response *r);

/* The status; 0 as long as there is none.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API int obs_test_status(const obs_test_response *r);

/* The value of header `name` (any case), fields of the same name joined with
 * ", "; ptr NULL when absent. Borrowed from the answer.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API obs_str obs_test_header(obs_test_response *r, const char *name);

/* The body as far as it is there, without the framing of the transfer. Not
 * decompressed: the client accepts no coding unless a header says so. Borrowed
 * until the loop turns again.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API obs_str obs_test_body(const obs_test_response *r);

/* The value at `pointer` (RFC 6901: "/data/0/name", "" for all) of a complete
 * body that is JSON; NULL when there is none, which all obs_json functions take.
 * Borrowed from the answer.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API const obs_json *obs_test_json(obs_test_response *r, const char *pointer);

/* ---- besides requests ---------------------------------------------------- */

/* Turns the loop for `ms` milliseconds, or until `done(user)` is not 0: how
 * timers, posts and threads of a plugin come to run. The latter is asked after
 * each turn and every few milliseconds. Errors: OBS_E_TIMEOUT, OBS_E_CLOSED (it
 * does not run).
 * Thread: [test].  Since: ABI 1.0. */
OBS_API void obs_test_turn(obs_test *t, int64_t ms);
OBS_API OBS_MUST_CHECK int obs_test_until(obs_test *t, int (*done)(void *user), void *user);

/* Finds a service that a plugin provides, to be called as another plugin would.
 * Errors: OBS_E_NOT_FOUND.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_test_service(obs_test *t, const char *id, obs_service *ret_service);

/* The sum of the series of metric `name` that have all of `labels`, such as
 * "route=/hello/{name},status=200" (NULL: all series): the value of counters and
 * gauges, the count of histograms. NaN when there is none. Counters go on from
 * one test host to the next: compare with the value before.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API double obs_test_metric(obs_test *t, const char *name, const char *labels);

/* All lines of the log so far, those of the access log among them; also after
 * obs_test_stop(). Borrowed until the next call.
 * Thread: [test].  Since: ABI 1.0. */
OBS_API obs_str obs_test_log(obs_test *t);

/* 1 when `text` stands in the log.  Thread: [test].  Since: ABI 1.0. */
OBS_API int obs_test_logged(obs_test *t, const char *text);

OBS_END_DECLS
#endif
