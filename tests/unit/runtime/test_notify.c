/* SPDX-License-Identifier: Apache-2.0 */
/* sd_notify against real datagram sockets. */
#include "runtime/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

/* A manager's socket; `name` is a path or "@abstract". */
static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    memcpy(address.sun_path, name, strlen(name));
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    return fd;
}

static void assert_receives(int fd, const char *expected)
{
    char text[256];
    ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

    assert_true(n >= 0);
    text[n] = '\0';
    assert_string_equal(text, expected);
}

static void check_socket(const char *name)
{
    struct notify *notify = NULL;
    int fd = listen_at(name);

    setenv("NOTIFY_SOCKET", name, 1);
    assert_int_equal(notify_open(&notify), OBS_OK);
    notify_send(notify, "READY=1\nSTATUS=listening on %s", "127.0.0.1:1");
    assert_receives(fd, "READY=1\nSTATUS=listening on 127.0.0.1:1");
    notify_send(notify, "STOPPING=1");
    assert_receives(fd, "STOPPING=1");
    notify_close(notify);
    close(fd);
}

static void messages_reach_a_socket_with_a_path(void **state)
{
    char folder[] = "/tmp/notify-XXXXXX";
    char name[64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(name, sizeof(name), "%s/socket", folder);
    check_socket(name);
    unlink(name);
    rmdir(folder);
}

static void messages_reach_an_abstract_socket(void **state)
{
    char name[64];

    (void)state;
    snprintf(name, sizeof(name), "@observatory-test-%d", (int)getpid());
    check_socket(name);
}

static void nobody_listening_is_fine(void **state)
{
    struct notify *notify = NULL;

    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(notify_open(&notify), OBS_OK);
    notify_send(notify, "READY=1");
    assert_int_equal(notify_watchdog_ms(notify), 0);
    notify_close(notify);
}

static void an_address_that_is_none_is_refused(void **state)
{
    struct notify *notify = NULL;
    char longer[200];

    (void)state;
    setenv("NOTIFY_SOCKET", "relative/path", 1);
    assert_int_equal(notify_open(&notify), OBS_E_INVALID);
    memset(longer, 'a', sizeof(longer));
    longer[0] = '/';
    longer[sizeof(longer) - 1] = '\0';
    setenv("NOTIFY_SOCKET", longer, 1);
    assert_int_equal(notify_open(&notify), OBS_E_INVALID);
    assert_null(notify);
}

static void the_watchdog_is_fed_twice_as_often_as_it_asks_and_only_for_us(void **state)
{
    struct notify *notify = NULL;
    char pid[16];

    (void)state;
    setenv("NOTIFY_SOCKET", "@observatory-test-nobody", 1);
    setenv("WATCHDOG_USEC", "3000000", 1);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_open(&notify), OBS_OK);
    assert_int_equal(notify_watchdog_ms(notify), 1500);
    notify_close(notify);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(notify_open(&notify), OBS_OK);
    assert_int_equal(notify_watchdog_ms(notify), 0);
    notify_close(notify);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_reach_a_socket_with_a_path),
        cmocka_unit_test(messages_reach_an_abstract_socket),
        cmocka_unit_test(nobody_listening_is_fine),
        cmocka_unit_test(an_address_that_is_none_is_refused),
        cmocka_unit_test(the_watchdog_is_fed_twice_as_often_as_it_asks_and_only_for_us),
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
