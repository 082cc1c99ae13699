/* SPDX-License-Identifier: Apache-2.0 */
/* Questions over the control socket, from a client of the same process; and
 * files that are watched. */
#include "runtime/control.h"
#include "runtime/watch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

struct world {
    uv_loop_t loop;
    char folder[64];
    char path[96];
    struct control *control;
    struct control_call *pending; /* a question to answer later */
    char asked[64];
    int n_changes;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    strcpy(world->folder, "/tmp/observatory-control-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->path, sizeof(world->path), "%s/sock", world->folder);
    uv_loop_init(&world->loop);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    char command[200];

    control_close(world->control);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    assert_int_equal(access(world->path, F_OK), -1);
    snprintf(command, sizeof(command), "rm -rf '%s'", world->folder);
    assert_int_equal(system(command), 0);
    free(world);
    return 0;
}

static void on_question(void *user, const json_t *question, struct control_call *call)
{
    struct world *world = user;
    const char *command = json_string_value(json_object_get(question, "command"));
    json_t *answer;

    snprintf(world->asked, sizeof(world->asked), "%s", command ? command : "");
    if (strcmp(world->asked, "later") == 0) {
        world->pending = call;
        return;
    }
    answer = json_pack("{s:s}", "answer", world->asked);
    control_answer(call, answer);
    json_decref(answer);
}

static void open_control(struct world *world)
{
    char error[300];

    assert_int_equal(control_open(&world->loop, world->path, on_question, world, &world->control,
                                  error, sizeof(error)),
                     OBS_OK);
}

static int connected(const struct world *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", world->path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void turn(struct world *world, int ms)
{
    for (int i = 0; i < ms; i++) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
}

/* Sends `question` and returns all that comes until the end. */
static const char *ask(struct world *world, const char *question)
{
    static char answer[1024];
    size_t len = 0;
    ssize_t n = -1;
    int fd = connected(world);

    assert_int_equal(write(fd, question, strlen(question)), strlen(question));
    for (int i = 0; i < 2000 && n != 0; i++) {
        turn(world, 1);
        n = read(fd, answer + len, sizeof(answer) - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    answer[len] = '\0';
    close(fd);
    return answer;
}

static void a_question_is_answered(void **state)
{
    struct world *world = *state;
    struct stat st;

    open_control(world);
    assert_int_equal(stat(world->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_string_equal(ask(world, "{\"command\": \"hello\"}\n"), "{\"answer\":\"hello\"}");
    assert_non_null(strstr(ask(world, "[1]\n"), "expected one JSON object"));
    assert_non_null(strstr(ask(world, "nonsense\n"), "expected one JSON object"));
}

static void a_client_that_leaves_is_no_trouble(void **state)
{
    struct world *world = *state;
    json_t *answer = json_object();
    int fd;

    open_control(world);
    fd = connected(world);
    assert_int_equal(write(fd, "{\"command\"", 10), 10);
    turn(world, 5);
    close(fd);
    turn(world, 5);
    fd = connected(world);
    assert_int_equal(write(fd, "{\"command\": \"later\"}\n", 21), 21);
    turn(world, 5);
    assert_non_null(world->pending);
    close(fd);
    turn(world, 5);
    control_answer(world->pending, answer);
    json_decref(answer);
    assert_string_equal(ask(world, "{\"command\": \"still there\"}\n"),
                        "{\"answer\":\"still there\"}");
}

/* One has said nothing, one waits for its answer. */
static void the_end_cuts_off_who_is_there(void **state)
{
    struct world *world = *state;
    json_t *answer = json_object();
    int silent, waiting;
    char byte;

    open_control(world);
    silent = connected(world);
    waiting = connected(world);
    assert_int_equal(write(waiting, "{\"command\": \"later\"}\n", 21), 21);
    turn(world, 5);
    assert_non_null(world->pending);
    control_close(world->control);
    world->control = NULL;
    turn(world, 5);
    assert_int_equal(read(silent, &byte, 1), 0);
    assert_int_equal(read(waiting, &byte, 1), 0);
    control_answer(world->pending, answer);
    json_decref(answer);
    close(silent);
    close(waiting);
}

static void what_is_too_long_is_cut_off(void **state)
{
    struct world *world = *state;
    static char filler[8192];
    int fd;

    memset(filler, ' ', sizeof(filler));
    open_control(world);
    fd = connected(world);
    for (int i = 0; i < 16 && send(fd, filler, sizeof(filler), MSG_NOSIGNAL) >= 0; i++)
        turn(world, 2);
    turn(world, 5);
    assert_true(send(fd, filler, 1, MSG_NOSIGNAL) < 0);
    close(fd);
}

static void one_socket_is_for_one_server(void **state)
{
    struct world *world = *state;
    struct control *second = NULL;
    char error[300];

    open_control(world);
    assert_int_equal(
        control_open(&world->loop, world->path, on_question, world, &second, error, sizeof(error)),
        OBS_E_CONFLICT);
    assert_non_null(strstr(error, "another server listens there"));
    assert_int_equal(control_open(&world->loop, "/nowhere/at/all", on_question, world, &second,
                                  error, sizeof(error)),
                     OBS_E_INVALID);
    assert_non_null(strstr(error, "No such file or directory"));
}

static void a_socket_that_was_left_is_replaced(void **state)
{
    struct world *world = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", world->path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    open_control(world);
    assert_string_equal(ask(world, "{\"command\": \"x\"}\n"), "{\"answer\":\"x\"}");
}

/* ---- watch -------------------------------------------------------------------------- */

static void on_changed(void *user)
{
    ((struct world *)user)->n_changes++;
}

static void touch(const struct world *world, const char *name)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", world->folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(name, file);
    fclose(file);
}

static void several_changes_are_told_once(void **state)
{
    struct world *world = *state;
    struct watch *watch;
    char path[128];

    assert_int_equal(watch_open(&world->loop, on_changed, world, &watch), OBS_OK);
    snprintf(path, sizeof(path), "%s/watched", world->folder);
    watch_add(watch, path);
    watch_add(watch, path);
    turn(world, 5);
    touch(world, "other");
    turn(world, 250);
    assert_int_equal(world->n_changes, 0);
    for (int i = 0; i < 5; i++) {
        touch(world, "watched");
        turn(world, 20);
    }
    turn(world, 300);
    assert_int_equal(world->n_changes, 1);
    unlink(path);
    turn(world, 300);
    assert_int_equal(world->n_changes, 2);
    watch_close(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_question_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_that_leaves_is_no_trouble, setup, teardown),
        cmocka_unit_test_setup_teardown(the_end_cuts_off_who_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_too_long_is_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(one_socket_is_for_one_server, setup, teardown),
        cmocka_unit_test_setup_teardown(a_socket_that_was_left_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(several_changes_are_told_once, setup, teardown),
    };

    signal(SIGPIPE, SIG_IGN); /* as signals_open() does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
