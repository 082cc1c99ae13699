/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "http/access.h"
#include "plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static char error[256];

static struct http_server *open_on(const char *a, const char *b)
{
    struct http_settings settings = fixture_settings();
    obs_str items[2] = {obs_str_of(a), obs_str_of(b)};
    obs_str_list listen = {items, b ? 2 : 1};
    struct http_server *server = NULL;

    if (http_server_open(&settings, &listen, false, &server, error, sizeof(error)) < 0)
        return NULL;
    return server;
}

static void binds_any_free_port_and_says_which(void **state)
{
    struct http_server *server = open_on("127.0.0.1:0", ":0");
    char addresses[128];

    (void)state;
    assert_non_null(server);
    http_server_addresses(server, addresses, sizeof(addresses));
    assert_memory_equal(addresses, "127.0.0.1:", 10);
    assert_true(atoi(addresses + 10) > 0);
    assert_non_null(strstr(addresses, ", "));
    http_server_close(server);
}

static void says_what_is_wrong_in_a_sentence(void **state)
{
    static const char *const bad[][2] = {
        {"127.0.0.1", "expected host:port"},        {"127.0.0.1:http", "expected host:port"},
        {"::1:80", "expected host:port"},           {"127.0.0.1:65536", "expected host:port"},
        {"192.0.2.1:0", "no interface of this"},    {"unix:", "the path is empty"},
        {"unix:/nowhere/at/all/s", "No such file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct http_server *server = open_on(bad[i][0], NULL);

        if (server || !strstr(error, bad[i][1]) || !strstr(error, bad[i][0]))
            print_error("%s: %s\n", bad[i][0], error);
        assert_null(server);
        assert_non_null(strstr(error, bad[i][1]));
        assert_memory_equal(error, "listen ", 7);
    }
}

static void leaves_nothing_bound_when_one_of_several_fails(void **state)
{
    struct http_server *server = open_on("127.0.0.1:0", NULL), *again;
    char address[64];

    (void)state;
    http_server_addresses(server, address, sizeof(address));
    assert_null(open_on("127.0.0.1:0", address));
    assert_non_null(strstr(error, "address in use"));
    http_server_close(server);
    assert_null(open_on(address, "127.0.0.1:x"));
    again = open_on(address, NULL);
    assert_non_null(again);
    http_server_close(again);
}

static void replaces_a_stale_socket_but_no_living_one(void **state)
{
    char dir[] = "/tmp/obs-http-XXXXXX", address[128], bound[128];
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct http_server *server;
    struct stat st;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", dir);
    snprintf(address, sizeof(address), "unix:%s/s", dir);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    close(fd);
    server = open_on(address, NULL);
    assert_non_null(server);
    http_server_addresses(server, bound, sizeof(bound));
    assert_string_equal(bound, address);
    assert_int_equal(stat(un.sun_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_null(open_on(address, NULL));
    assert_non_null(strstr(error, "address in use"));
    http_server_close(server);
    assert_int_equal(stat(un.sun_path, &st), -1);
    rmdir(dir);
}

static void hides_secrets_in_the_access_log(void **state)
{
    static const char *const cases[][2] = {
        {"/a", "/a"},
        {"/a?x=1&token=abc&y", "/a?x=1&token=***&y"},
        {"/a?ACCESS_token=abc", "/a?ACCESS_token=***"},
        {"/a?api%5fkey=abc&key=d&keys=e", "/a?api%5fkey=***&key=***&keys=e"},
        {"/a?token", "/a?token"},
        {"/token=a?", "/token=a?"},
    };
    char out[128];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = access_redact(obs_str_of(cases[i][0]), out, sizeof(out) - 1);

        out[len] = 0;
        assert_string_equal(out, cases[i][1]);
    }
    assert_int_equal(access_redact(obs_str_of("/abc?token=def"), out, 10), 10);
}

/* ---- changes -------------------------------------------------------------------- */

static int connected(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
        assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
        return fd;
    }
    close(fd);
    return -1;
}

static void change_to(struct fixture *f, const char *address, int expected)
{
    obs_str item = obs_str_of(address);
    const obs_str_list listen = {&item, 1};
    struct http_settings changed = fixture_settings();
    struct http_change *change = NULL;

    changed.idle_timeout_ns = 50000000;
    assert_int_equal(
        http_change_open(f->server, &changed, &listen, false, &change, error, sizeof(error)),
        expected);
    http_worker_change(&f->worker, change);
    http_change_commit(change);
}

static int port_of(struct fixture *f)
{
    char addresses[128];

    http_server_addresses(f->server, addresses, sizeof(addresses));
    assert_null(strchr(addresses, ','));
    return atoi(strrchr(addresses, ':') + 1);
}

/* A client in the queue of an address that goes is served; afterwards nobody
 * listens there, and somebody does at the new one. */
static void an_address_comes_and_another_goes(void **state)
{
    struct http_settings before = fixture_settings();
    struct fixture *f = fixture_open(&before, plugin_routes, n_plugin_routes, NULL);
    int waiting = connected(f->port), port;
    struct client late = {.f = f, .fd = waiting, .bytes = calloc(1, 4096), .cap = 4096};

    (void)state;
    assert_true(waiting >= 0);
    change_to(f, "*:0", OBS_OK);
    port = port_of(f);
    assert_int_not_equal(port, f->port);
    assert_int_equal(connected(f->port), -1);
    client_text(&late, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    client_await_text(&late, "404 Not Found");
    client_drain(&late); /* the new idle timeout holds for it, too */
    client_close(&late);
    f->port = (uint16_t)port;
    late = client_open(f);
    client_text(&late, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    client_await_text(&late, "404 Not Found");
    client_close(&late);
    fixture_close(f);
}

static void a_change_that_cannot_be_bound_changes_nothing(void **state)
{
    struct http_settings before = fixture_settings();
    struct fixture *f = fixture_open(&before, plugin_routes, n_plugin_routes, NULL);
    struct client client;

    (void)state;
    change_to(f, "192.0.2.1:0", OBS_E_INVALID);
    assert_non_null(strstr(error, "no interface of this machine"));
    assert_int_equal(port_of(f), f->port);
    client = client_open(f);
    client_text(&client, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    client_await_text(&client, "404 Not Found");
    client_close(&client);
    fixture_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_comes_and_another_goes),
        cmocka_unit_test(a_change_that_cannot_be_bound_changes_nothing),
        cmocka_unit_test(binds_any_free_port_and_says_which),
        cmocka_unit_test(says_what_is_wrong_in_a_sentence),
        cmocka_unit_test(leaves_nothing_bound_when_one_of_several_fails),
        cmocka_unit_test(replaces_a_stale_socket_but_no_living_one),
        cmocka_unit_test(hides_secrets_in_the_access_log),
    };
    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
