/* SPDX-License-Identifier: Apache-2.0 */
/* The server as a whole: its listeners and settings at the start, and how a
 * reload changes them. A change first binds what is new, which can fail; then
 * every worker takes it over, which cannot. */
#include "http/server.h"

#include "http/inherited.h"

#include <stdio.h>
#include <stdlib.h>

struct http_change {
    struct http_server *server;
    struct http_settings settings;
    bool access_log;
    struct listener **added, **removed;
    size_t n_added, n_removed;
};

static struct listener *find(const struct http_server *server, obs_str address)
{
    struct listener *l = server->listeners;

    while (l && !obs_str_is(address, l->configured))
        l = l->next;
    return l;
}

static bool is_listed(const obs_str_list *listen, const struct listener *l)
{
    for (size_t i = 0; i < listen->count; i++)
        if (obs_str_is(listen->items[i], l->configured))
            return true;
    return false;
}

/* ---- start and end -------------------------------------------------------------- */

static void append(struct http_server *server, struct listener *l)
{
    struct listener **at = &server->listeners;

    while (*at)
        at = &(*at)->next;
    *at = l;
}

static int open_all(struct http_server *server, const obs_str_list *listen, char *error,
                    size_t error_size)
{
    int rc = OBS_OK;

    for (size_t i = 0; rc == OBS_OK && i < listen->count; i++) {
        struct listener *l;

        rc = listener_open(listen->items[i], server->settings.backlog, &l, error, error_size);
        if (rc == OBS_OK)
            append(server, l);
    }
    return rc;
}

int http_server_open(const struct http_settings *settings, const obs_str_list *listen,
                     bool access_log, struct http_server **ret_server, char *error,
                     size_t error_size)
{
    struct http_server *server = calloc(1, sizeof(*server));
    int rc = OBS_E_NOMEM;

    snprintf(error, error_size, "out of memory");
    if (!server)
        return rc;
    pthread_mutex_init(&server->lock, /* attributes= */ NULL);
    server->settings = *settings;
    server->access_log = access_log;
    server->unrouted = traffic_create(obs_str_of("none"));
    if (server->unrouted) {
        rc = traffic_register(&server->traffic);
        if (rc < 0)
            snprintf(error, error_size, "http metrics: %s", obs_error(rc)->text);
    }
    if (rc == OBS_OK)
        rc = open_all(server, listen, error, error_size);
    inherited_close();
    if (rc < 0)
        http_server_close(server);
    else
        *ret_server = server;
    return rc;
}

void http_server_stop_listening(struct http_server *server)
{
    struct listener *l;

    pthread_mutex_lock(&server->lock);
    while ((l = server->listeners)) {
        server->listeners = l->next;
        listener_release(l);
    }
    pthread_mutex_unlock(&server->lock);
}

void http_server_close(struct http_server *server)
{
    if (!server)
        return;
    http_server_stop_listening(server);
    pthread_mutex_destroy(&server->lock);
    traffic_destroy(server->unrouted);
    free(server);
}

void http_server_addresses(struct http_server *server, char *text, size_t size)
{
    size_t len = 0;

    text[0] = '\0';
    pthread_mutex_lock(&server->lock);
    for (const struct listener *l = server->listeners; l && len < size; l = l->next)
        len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "", l->address);
    pthread_mutex_unlock(&server->lock);
}

/* ---- change --------------------------------------------------------------------- */

static int bind_added(struct http_change *change, const obs_str_list *listen, char *error,
                      size_t error_size)
{
    int rc = OBS_OK;

    for (size_t i = 0; rc == OBS_OK && i < listen->count; i++) {
        if (find(change->server, listen->items[i]))
            continue;
        rc = listener_open(listen->items[i], change->settings.backlog,
                           &change->added[change->n_added], error, error_size);
        if (rc == OBS_OK)
            change->n_added++;
    }
    return rc;
}

static void note_removed(struct http_change *change, const obs_str_list *listen)
{
    for (struct listener *l = change->server->listeners; l; l = l->next)
        if (!is_listed(listen, l))
            change->removed[change->n_removed++] = l;
}

static size_t count(const struct http_server *server)
{
    size_t n = 0;

    for (const struct listener *l = server->listeners; l; l = l->next)
        n++;
    return n;
}

int http_change_open(struct http_server *server, const struct http_settings *settings,
                     const obs_str_list *listen, bool access_log, struct http_change **ret_change,
                     char *error, size_t error_size)
{
    struct http_change *change = calloc(1, sizeof(*change));
    int rc = OBS_E_NOMEM;

    snprintf(error, error_size, "out of memory");
    if (!change)
        return rc;
    change->server = server;
    change->settings = *settings;
    change->access_log = access_log;
    change->added = calloc(listen->count + 1, sizeof(struct listener *));
    change->removed = calloc(count(server) + 1, sizeof(struct listener *));
    if (change->added && change->removed)
        rc = bind_added(change, listen, error, error_size);
    if (rc < 0) {
        http_change_cancel(change);
        return rc;
    }
    note_removed(change, listen);
    *ret_change = change;
    return OBS_OK;
}

size_t http_change_added(const struct http_change *change)
{
    return change->n_added;
}

size_t http_change_removed(const struct http_change *change)
{
    return change->n_removed;
}

void http_worker_change(obs_worker *worker, const struct http_change *change)
{
    struct http_worker *w = worker->http;

    if (!change || !w)
        return;
    http_worker_configure(w, &change->settings, change->access_log);
    for (size_t i = 0; i < change->n_added; i++)
        if (acceptor_open(w, change->added[i]) < 0)
            obs_log(NULL, OBS_LOG_ERROR, "worker %u cannot accept from %s: out of memory",
                    worker->index, change->added[i]->address);
    for (size_t i = 0; i < change->n_removed; i++)
        acceptor_close(w, change->removed[i]);
}

static void free_change(struct http_change *change)
{
    free(change->added);
    free(change->removed);
    free(change);
}

static void unlist(struct http_server *server, const struct listener *l)
{
    struct listener **at = &server->listeners;

    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
}

void http_change_commit(struct http_change *change)
{
    struct http_server *server;

    if (!change)
        return;
    server = change->server;
    pthread_mutex_lock(&server->lock);
    server->settings = change->settings;
    server->access_log = change->access_log;
    for (size_t i = 0; i < change->n_removed; i++) {
        unlist(server, change->removed[i]);
        listener_refuse(change->removed[i]);
        listener_release(change->removed[i]);
    }
    for (size_t i = 0; i < change->n_added; i++)
        append(server, change->added[i]);
    pthread_mutex_unlock(&server->lock);
    free_change(change);
}

void http_change_cancel(struct http_change *change)
{
    if (!change)
        return;
    for (size_t i = 0; i < change->n_added; i++)
        listener_release(change->added[i]);
    free_change(change);
}
