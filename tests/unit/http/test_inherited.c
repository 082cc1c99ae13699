/* SPDX-License-Identifier: Apache-2.0 */
/* Which inherited socket stands for which address of the configuration. */
#include "http/inherited.h"
#include "http/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A socket that listens on a free port of 127.0.0.1. */
static int listening(uint16_t *ret_port)
{
    struct sockaddr_in in4 = loopback(0);
    socklen_t len = sizeof(in4);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&in4, sizeof(in4)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in4, &len), 0);
    *ret_port = ntohs(in4.sin_port);
    return fd;
}

/* Gives the process `fds`, which are closed here, as if it had begun with them. */
static void hand_over(const int *fds, int n, const char *names, pid_t pid)
{
    int high[8];
    char text[32];

    for (int i = 0; i < n; i++) {
        high[i] = fcntl(fds[i], F_DUPFD, 100);
        close(fds[i]);
    }
    for (int i = 0; i < n; i++) {
        dup2(high[i], INHERITED_FIRST_FD + i);
        close(high[i]);
    }
    snprintf(text, sizeof(text), "%d", n);
    setenv("LISTEN_FDS", text, 1);
    snprintf(text, sizeof(text), "%d", (int)pid);
    setenv("LISTEN_PID", text, 1);
    if (names)
        setenv("LISTEN_FDNAMES", names, 1);
    else
        unsetenv("LISTEN_FDNAMES");
    inherited_open();
}

static int take_port(const char *configured, uint16_t port)
{
    const struct sockaddr_in in4 = loopback(port);

    return inherited_take(obs_str_of(configured), (const struct sockaddr *)&in4);
}

static void finds_a_socket_by_its_bound_address(void **state)
{
    uint16_t first, second;
    const int fds[] = {listening(&first), listening(&second)};

    (void)state;
    hand_over(fds, 2, NULL, getpid());
    assert_int_equal(take_port("127.0.0.1:1", 1), -1);
    assert_int_equal(take_port("localhost:x", second), 4);
    assert_int_equal(take_port("localhost:x", second), -1); /* it is taken */
    assert_int_equal(take_port("localhost:x", first), 3);
    close(3);
    close(4);
    inherited_close();
}

static void a_name_finds_what_no_address_could(void **state)
{
    uint16_t port;
    const int fds[] = {listening(&port), listening(&port), listening(&port)};

    (void)state;
    hand_over(fds, 3, "web:127.0.0.1;0:127.0.0.1;0", getpid());
    assert_int_equal(take_port("127.0.0.1:0", 0), 4);
    assert_int_equal(take_port("127.0.0.1:0", 0), 5);
    assert_int_equal(take_port("127.0.0.1:0", 0), -1);
    close(4);
    close(5);
    inherited_close();
}

static void a_socket_file_is_found_by_its_path(void **state)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX}, other = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    snprintf(un.sun_path, sizeof(un.sun_path), "/tmp/obs-inherited-%d", (int)getpid());
    snprintf(other.sun_path, sizeof(other.sun_path), "/tmp/obs-inherited-%dx", (int)getpid());
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    unlink(un.sun_path);
    hand_over(&fd, 1, "any", getpid());
    assert_int_equal(inherited_take(obs_str_of("unix:x"), (struct sockaddr *)&other), -1);
    assert_int_equal(inherited_take(obs_str_of("unix:x"), (struct sockaddr *)&un), 3);
    close(3);
    inherited_close();
}

static void a_datagram_socket_is_not_taken(void **state)
{
    struct sockaddr_in in4 = loopback(0);
    socklen_t len = sizeof(in4);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&in4, sizeof(in4)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in4, &len), 0);
    hand_over(&fd, 1, NULL, getpid());
    assert_int_equal(take_port("127.0.0.1:x", ntohs(in4.sin_port)), -1);
    inherited_close();
    assert_int_equal(fcntl(3, F_GETFD), -1);
}

static void what_nobody_took_is_closed(void **state)
{
    uint16_t port;
    const int fd = listening(&port);

    (void)state;
    hand_over(&fd, 1, NULL, getpid());
    assert_true(fcntl(3, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(3, F_GETFL) & O_NONBLOCK);
    inherited_close();
    assert_int_equal(fcntl(3, F_GETFD), -1);
    assert_int_equal(take_port("127.0.0.1:x", port), -1);
}

static void sockets_for_another_process_are_left_alone(void **state)
{
    uint16_t port;
    const int fd = listening(&port);

    (void)state;
    hand_over(&fd, 1, NULL, getpid() + 1);
    assert_null(getenv("LISTEN_FDS"));
    assert_null(getenv("LISTEN_PID"));
    assert_int_equal(take_port("127.0.0.1:x", port), -1);
    inherited_close();
    assert_true(fcntl(3, F_GETFD) >= 0);
    close(3);
}

static void a_listener_takes_it_over_and_leaves_its_path(void **state)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), client;
    char address[160], error[256];
    struct listener *l;

    (void)state;
    snprintf(un.sun_path, sizeof(un.sun_path), "/tmp/obs-inherited-%d", (int)getpid());
    snprintf(address, sizeof(address), "unix:%s", un.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    assert_int_equal(listen(fd, 8), 0);
    client = fcntl(fd, F_DUPFD, 50); /* as whoever opened it still has it */
    hand_over(&fd, 1, NULL, getpid());
    assert_int_equal(listener_open(obs_str_of(address), 8, &l, error, sizeof(error)), OBS_OK);
    assert_int_equal(l->fd, 3);
    assert_true(l->is_unix);
    assert_string_equal(l->address, address);
    listener_refuse(l);
    listener_release(l);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), -1);
    assert_int_equal(access(un.sun_path, F_OK), 0);
    unlink(un.sun_path);
    close(fd);
    close(client);
    inherited_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_socket_by_its_bound_address),
        cmocka_unit_test(a_name_finds_what_no_address_could),
        cmocka_unit_test(a_socket_file_is_found_by_its_path),
        cmocka_unit_test(a_datagram_socket_is_not_taken),
        cmocka_unit_test(what_nobody_took_is_closed),
        cmocka_unit_test(sockets_for_another_process_are_left_alone),
        cmocka_unit_test(a_listener_takes_it_over_and_leaves_its_path),
    };
    return cmocka_run_group_tests_name("inherited", tests, NULL, NULL);
}
