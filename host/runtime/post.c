/* SPDX-License-Identifier: Apache-2.0 */
/* A post is one allocation of the caller's and a few instructions under a
 * mutex; the loop takes the whole list at once. Only the first post of a batch
 * wakes the loop. A post made while a batch runs waits for the next turn, so
 * that a chain of posts cannot starve the sockets. */
#include "runtime/post.h"

#include "plugin/instance.h"
#include "plugin/ledger.h"
#include "runtime/blame.h"
#include "runtime/worker.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct post_queue {
    pthread_mutex_t lock; /* over first and last */
    struct post *first;
    struct post **last;
    uv_async_t wake;
};

/* What obs_post() queues. */
struct plugin_post {
    struct post post;
    obs_instance *instance;
    void (*fn)(void *arg);
    void *arg;
};

static struct post *take_all(struct post_queue *queue)
{
    struct post *first;

    pthread_mutex_lock(&queue->lock);
    first = queue->first;
    queue->first = NULL;
    queue->last = &queue->first;
    pthread_mutex_unlock(&queue->lock);
    return first;
}

static void run_batch(struct post *post)
{
    while (post) {
        struct post *next = post->next; /* run() frees the post */

        post->run(post);
        post = next;
    }
}

static void on_wake(uv_async_t *wake)
{
    struct post_queue *queue = wake->data;

    run_batch(take_all(queue));
}

static void on_closed(uv_handle_t *handle)
{
    struct post_queue *queue = handle->data;

    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

static void run_plugin_post(struct post *post)
{
    struct plugin_post copy = *(struct plugin_post *)post;
    struct blame outer;

    free(post);
    outer = blame_enter(copy.instance, CALLBACK_POST);
    copy.fn(copy.arg);
    blame_leave(outer);
    ledger_leave(copy.instance->ledger);
}

int post_queue_open(uv_loop_t *loop, struct post_queue **ret_queue)
{
    struct post_queue *queue = calloc(1, sizeof(*queue));

    if (!queue)
        return OBS_E_NOMEM;
    if (uv_async_init(loop, &queue->wake, on_wake) < 0) {
        free(queue);
        return OBS_E_NOMEM;
    }
    pthread_mutex_init(&queue->lock, /* attributes= */ NULL);
    queue->last = &queue->first;
    queue->wake.data = queue;
    *ret_queue = queue;
    return OBS_OK;
}

void post_queue_push(struct post_queue *queue, struct post *post)
{
    int was_empty;

    post->next = NULL;
    pthread_mutex_lock(&queue->lock);
    was_empty = queue->first == NULL;
    *queue->last = post;
    queue->last = &post->next;
    pthread_mutex_unlock(&queue->lock);
    if (was_empty)
        uv_async_send(&queue->wake);
}

void post_queue_close(struct post_queue *queue)
{
    struct post *left;

    if (!queue)
        return;
    while ((left = take_all(queue)) != NULL)
        run_batch(left);
    uv_close((uv_handle_t *)&queue->wake, on_closed);
}

int obs_post(obs_instance *instance, obs_worker *worker, void (*fn)(void *arg), void *arg)
{
    struct plugin_post *post;

    assert(instance && worker && fn);
    post = malloc(sizeof(*post));
    if (!post)
        return OBS_E_NOMEM;
    *post = (struct plugin_post){
        .post = {.run = run_plugin_post}, .instance = instance, .fn = fn, .arg = arg};
    ledger_enter(instance->ledger);
    post_queue_push(worker->posts, &post->post);
    return OBS_OK;
}
