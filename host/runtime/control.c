/* SPDX-License-Identifier: Apache-2.0 */
/* A call lives from the connection to its close callback; while it is being
 * answered by others it stays even when the client has gone. */
#include "runtime/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
#define MAX_CALLS 64
#define MAX_QUESTION_BYTES 65536

struct control {
    uv_pipe_t pipe;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    void (*ask)(void *user, const json_t *question, struct control_call *call);
    void *user;
    struct control_call *calls; /* a list */
    size_t n_calls;
    bool closed;
};

struct control_call {
    uv_pipe_t pipe;
    uv_write_t write;
    struct control *control;
    struct control_call *next, **at; /* in the list: `*at` is this one */
    char *text;                      /* the question so far, then the answer */
    size_t len;
    bool asked; /* somebody owes an answer */
    bool answered;
    bool closed;
};

/* ---- calls -------------------------------------------------------------------- */

static void free_if_over(struct control *control)
{
    if (control->closed && control->n_calls == 0)
        free(control);
}

static void on_call_closed(uv_handle_t *handle)
{
    struct control_call *call = handle->data;
    struct control *control = call->control;

    call->closed = true;
    if (call->asked)
        return; /* freed with its answer */
    *call->at = call->next;
    if (call->next)
        call->next->at = call->at;
    free(call->text);
    free(call);
    control->n_calls--;
    free_if_over(control);
}

static void close_call(struct control_call *call)
{
    if (!uv_is_closing((uv_handle_t *)&call->pipe))
        uv_close((uv_handle_t *)&call->pipe, on_call_closed);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status; /* the client has it or does not want it */
    close_call(write->data);
}

void control_answer(struct control_call *call, const json_t *answer)
{
    uv_buf_t buf;

    call->asked = false;
    call->answered = true;
    if (call->closed) {
        on_call_closed((uv_handle_t *)&call->pipe);
        return;
    }
    free(call->text);
    call->text = json_dumps(answer, JSON_COMPACT);
    if (!call->text || uv_is_closing((uv_handle_t *)&call->pipe)) {
        close_call(call);
        return;
    }
    buf = uv_buf_init(call->text, (unsigned)strlen(call->text));
    call->write.data = call;
    if (uv_write(&call->write, (uv_stream_t *)&call->pipe, &buf, 1, on_written) < 0)
        close_call(call);
}

static void answer_error(struct control_call *call, const char *error)
{
    json_t *answer = json_pack("{s:s, s:[s]}", "result", "refused", "errors", error);

    control_answer(call, answer);
    json_decref(answer);
}

static void take_question(struct control_call *call)
{
    json_error_t error;
    json_t *question = json_loadb(call->text, call->len, /* flags= */ 0, &error);

    call->asked = true;
    if (json_is_object(question))
        call->control->ask(call->control->user, question, call);
    else
        answer_error(call, "expected one JSON object on one line");
    json_decref(question);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct control_call *call = handle->data;

    (void)suggested;
    *buf = uv_buf_init(call->text + call->len, (unsigned)(MAX_QUESTION_BYTES - call->len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct control_call *call = stream->data;

    (void)buf;
    if (n < 0) {
        close_call(call);
        return;
    }
    if (call->asked)
        return; /* one question a connection */
    call->len += (size_t)n;
    if (memchr(call->text, '\n', call->len)) {
        uv_read_stop(stream);
        take_question(call);
    } else if (call->len == MAX_QUESTION_BYTES) {
        close_call(call);
    }
}

/* ---- connections --------------------------------------------------------------- */

static bool is_trusted(const uv_pipe_t *pipe)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    int fd;

    if (uv_fileno((const uv_handle_t *)pipe, &fd) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return false;
    return peer.uid == 0 || peer.uid == geteuid();
}

static void on_connection(uv_stream_t *server, int status)
{
    struct control *control = server->data;
    struct control_call *call;

    if (status < 0)
        return;
    call = calloc(1, sizeof(*call));
    if (!call)
        return;
    call->control = control;
    call->at = &control->calls;
    call->next = control->calls;
    if (call->next)
        call->next->at = &call->next;
    control->calls = call;
    call->text = malloc(MAX_QUESTION_BYTES);
    uv_pipe_init(server->loop, &call->pipe, /* ipc= */ 0);
    call->pipe.data = call;
    control->n_calls++;
    if (uv_accept(server, (uv_stream_t *)&call->pipe) < 0 || !call->text ||
        control->n_calls > MAX_CALLS || !is_trusted(&call->pipe) ||
        uv_read_start((uv_stream_t *)&call->pipe, on_room, on_read) < 0)
        close_call(call);
}

/* ---- listening ------------------------------------------------------------------ */

/* True when another server answers there. A socket file that nobody listens at
 * is left from one that was killed, and goes. */
static bool is_taken(const struct sockaddr_un *address)
{
    struct stat st;
    bool taken;
    int fd;

    if (lstat(address->sun_path, &st) < 0)
        return false;
    if (!S_ISSOCK(st.st_mode))
        return true;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    taken = fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    if (fd >= 0)
        close(fd);
    if (!taken)
        unlink(address->sun_path);
    return taken;
}

/* A bound socket that only we can connect to from its first moment on; -1 with
 * errno. */
static int bind_private(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask;
    int rc;

    if (fd < 0)
        return -1;
    mask = umask(0177);
    rc = bind(fd, (const struct sockaddr *)address, sizeof(*address));
    umask(mask);
    if (rc == 0)
        return fd;
    close(fd);
    return -1;
}

static int listen_at(struct control *control, uv_loop_t *loop, int fd)
{
    int rc = uv_pipe_init(loop, &control->pipe, /* ipc= */ 0);

    control->pipe.data = control;
    if (rc == 0)
        rc = uv_pipe_open(&control->pipe, fd);
    if (rc < 0)
        close(fd);
    return rc < 0 ? rc : uv_listen((uv_stream_t *)&control->pipe, BACKLOG, on_connection);
}

int control_open(uv_loop_t *loop, const char *path,
                 void (*ask)(void *user, const json_t *question, struct control_call *call),
                 void *user, struct control **ret_control, char *error, size_t error_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct control *control;
    int fd, rc;

    if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
        (int)sizeof(address.sun_path)) {
        snprintf(error, error_size, "control.socket %s: longer than %zu bytes", path,
                 sizeof(address.sun_path) - 1);
        return OBS_E_INVALID;
    }
    if (is_taken(&address)) {
        snprintf(error, error_size,
                 "control.socket %s: another server listens there; give each its own", path);
        return OBS_E_CONFLICT;
    }
    fd = bind_private(&address);
    if (fd < 0) {
        snprintf(error, error_size, "control.socket %s: %s", path, strerror(errno));
        return OBS_E_INVALID;
    }
    control = calloc(1, sizeof(*control));
    if (!control) {
        close(fd);
        unlink(path);
        snprintf(error, error_size, "out of memory");
        return OBS_E_NOMEM;
    }
    memcpy(control->path, address.sun_path, sizeof(control->path));
    control->ask = ask;
    control->user = user;
    *ret_control = control;
    rc = listen_at(control, loop, fd);
    if (rc == 0)
        return OBS_OK;
    snprintf(error, error_size, "control.socket %s: %s", path, uv_strerror(rc));
    control_close(control);
    *ret_control = NULL;
    return OBS_E_INVALID;
}

static void on_closed(uv_handle_t *handle)
{
    struct control *control = handle->data;

    control->closed = true;
    free_if_over(control);
}

void control_close(struct control *control)
{
    if (!control)
        return;
    for (struct control_call *call = control->calls; call; call = call->next)
        if (!call->answered) /* what was answered closes when it is out */
            close_call(call);
    unlink(control->path);
    uv_close((uv_handle_t *)&control->pipe, on_closed);
}
