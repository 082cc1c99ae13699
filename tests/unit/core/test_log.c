/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"
#include "plugin/instance.h"

#include <observatory/json.h>

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char path[] = "/tmp/observatory-log-XXXXXX";
static struct obs_instance plugin = {.name = (char[]){"probe"}};

static int fresh_file(void **unused)
{
    int fd;
    (void)unused;
    strcpy(path + sizeof(path) - 7, "XXXXXX");
    fd = mkstemp(path);
    close(fd);
    return fd < 0;
}

static int remove_file(void **unused)
{
    (void)unused;
    log_close();
    return unlink(path);
}

static void opened(bool json, uint64_t queue_bytes)
{
    char error[200];
    struct log_settings settings = {
        .level = OBS_LOG_INFO, .json = json, .file = path, .queue_bytes = queue_bytes};

    assert_int_equal(log_open(&settings, error, sizeof(error)), OBS_OK);
}

static char *content(void)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 1 << 20);

    assert_true(fread(text, 1, (1 << 20) - 1, f) < 1 << 20);
    fclose(f);
    return text;
}

static void a_line_cannot_forge_another(void **unused)
{
    char *text;
    (void)unused;

    opened(/* json= */ false, 1 << 16);
    obs_log(&plugin, OBS_LOG_WARN, "user said \"%s\"",
            "x\n2026 error host: forged\x1b[31m \xc2\x9b \xff");
    log_close();
    text = content();
    assert_non_null(strstr(
        text,
        "WARN  probe: user said \"x\\x0a2026 error host: forged\\x1b[31m \\x9b \xef\xbf\xbd\""));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}

static void json_lines_are_json(void **unused)
{
    obs_arena *arena = obs_arena_create(0);
    char longish[9000], *text, *line, *rest;
    const obs_json *v;
    size_t n = 0;
    (void)unused;

    opened(/* json= */ true, 1 << 20);
    obs_log(&plugin, OBS_LOG_INFO, "tab\t quote\" back\\ %s", "\xc3");
    for (int c = 1; c < 128; c += 11) { /* what takes one byte, two, six */
        memset(longish, c, sizeof(longish) - 1);
        longish[sizeof(longish) - 1] = '\0';
        obs_log(NULL, OBS_LOG_ERROR, "%s", longish);
        obs_log(NULL, OBS_LOG_ERROR, "x%s", longish);
    }
    log_close();
    text = content();
    for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), n++) {
        assert_int_equal(obs_json_parse(arena, obs_str_of(line), &v, NULL), OBS_OK);
        if (n == 0) {
            assert_int_equal(obs_json_str(obs_json_get(v, "ts")).len, 24);
            assert_true(obs_str_is(obs_json_str(obs_json_get(v, "level")), "info"));
            assert_true(obs_str_is(obs_json_str(obs_json_get(v, "component")), "probe"));
            assert_true(obs_str_is(obs_json_str(obs_json_get(v, "msg")),
                                   "tab\t quote\" back\\ \xef\xbf\xbd"));
        } else {
            obs_str msg = obs_json_str(obs_json_get(v, "msg"));
            assert_memory_equal(msg.ptr + msg.len - 3, "\xe2\x80\xa6", 3); /* cut, and says so */
        }
    }
    assert_int_equal(n, 25);
    obs_arena_destroy(arena);
    free(text);
}

static void a_line_is_for_people(void **unused)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ INFO  probe: 7 spans\n";
    char *text;
    (void)unused;

    opened(/* json= */ false, 1 << 16);
    obs_log(&plugin, OBS_LOG_INFO, "%d spans", 7);
    log_close();
    text = content();
    assert_int_equal(strlen(text), strlen(form));
    for (size_t i = 0; i < 24; i++)
        if (form[i] == 'd')
            assert_in_range(text[i], '0', '9');
        else
            assert_int_equal(text[i], form[i]);
    assert_string_equal(text + 24, form + 24);
    free(text);
}

static void the_level_changes_at_run_time(void **unused)
{
    char *text;
    (void)unused;

    opened(false, 1 << 16);
    obs_log(&plugin, OBS_LOG_DEBUG, "unseen");
    assert_false(obs_log_enabled(&plugin, OBS_LOG_DEBUG));
    log_set_level(OBS_LOG_DEBUG);
    assert_true(obs_log_enabled(&plugin, OBS_LOG_DEBUG));
    obs_log(&plugin, OBS_LOG_DEBUG, "seen");
    log_flush();
    text = content();
    assert_null(strstr(text, "unseen"));
    assert_non_null(strstr(text, "DEBUG probe: seen"));
    free(text);
}

static void a_name_has_a_level_of_its_own(void **unused)
{
    struct obs_instance other = {.name = (char[]){"other"}, .log = log_source("other")};
    struct obs_instance later;
    (void)unused;

    opened(false, 1 << 16);
    assert_int_equal(log_set_level_of("other", OBS_LOG_DEBUG), OBS_OK);
    assert_true(obs_log_enabled(&other, OBS_LOG_DEBUG));
    assert_false(obs_log_enabled(&plugin, OBS_LOG_DEBUG));
    assert_false(obs_log_enabled(NULL, OBS_LOG_DEBUG));
    later = (struct obs_instance){.name = other.name, .log = log_source("other")};
    assert_true(obs_log_enabled(&later, OBS_LOG_DEBUG)); /* as after a reload */
    assert_int_equal(log_set_level_of("other", OBS_LOG_ERROR), OBS_OK);
    assert_false(obs_log_enabled(&other, OBS_LOG_WARN));
    assert_int_equal(log_set_level_of("other", LOG_LEVEL_SHARED), OBS_OK);
    assert_true(obs_log_enabled(&other, OBS_LOG_INFO));
    log_set_level(OBS_LOG_WARN);
    assert_false(obs_log_enabled(&other, OBS_LOG_INFO));
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 2000; i++)
        obs_log(&plugin, OBS_LOG_INFO, "thread %ld line %d", (long)(intptr_t)arg, i);
    return NULL;
}

static void threads_lose_nothing_and_mix_nothing(void **unused)
{
    pthread_t threads[4];
    char *text, *at;
    int lines = 0;
    uint64_t dropped = log_dropped();
    (void)unused;

    opened(false, 8 << 20);
    for (intptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, write_many, (void *)i);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_close();
    text = content();
    for (at = text; (at = strstr(at, " probe: thread ")); at++)
        lines++;
    assert_int_equal(lines, 8000);
    assert_int_equal(log_dropped(), dropped);
    free(text);
}

static void what_does_not_fit_is_counted(void **unused)
{
    char line[3000];
    uint64_t dropped = log_dropped();
    (void)unused;

    memset(line, 'a', sizeof(line));
    opened(false, 4096);
    for (int i = 0; i < 20000; i++)
        log_access(obs_str_n(line, sizeof(line)));
    log_close();
    assert_true(log_dropped() > dropped);
    char *text = content();
    assert_non_null(strstr(text, "log lines were dropped"));
    free(text);
}

static void a_rotated_file_is_opened_anew(void **unused)
{
    char old[sizeof(path) + 4], *text;
    (void)unused;

    opened(false, 1 << 16);
    obs_log(NULL, OBS_LOG_INFO, "before");
    log_flush();
    snprintf(old, sizeof(old), "%s.1", path);
    assert_int_equal(rename(path, old), 0);
    log_reopen();
    obs_log(NULL, OBS_LOG_INFO, "after");
    log_close();
    text = content();
    assert_null(strstr(text, "before"));
    assert_non_null(strstr(text, "after"));
    free(text);
    unlink(old);
}

static void a_change_takes_over_between_two_lines(void **unused)
{
    char other[sizeof(path) + 8], error[200], captured[40] = "";
    struct log_settings settings = {.level = OBS_LOG_WARN, .json = true, .file = other};
    struct log_settings bad = {.file = "/no/such/folder/log"};
    struct log_change *change;
    char *text;
    (void)unused;

    snprintf(other, sizeof(other), "%s.other", path);
    opened(/* json= */ false, 1 << 16);
    assert_true(log_change_open(&bad, &change, error, sizeof(error)) < 0);
    assert_non_null(strstr(error, "/no/such/folder/log"));
    assert_int_equal(log_change_open(&settings, &change, error, sizeof(error)), OBS_OK);
    obs_log(NULL, OBS_LOG_INFO, "before");
    log_change_commit(change);
    obs_log(NULL, OBS_LOG_INFO, "too little");
    log_capture(captured, sizeof(captured));
    obs_log(NULL, OBS_LOG_WARN, "no error");
    obs_log(NULL, OBS_LOG_ERROR, "after");
    obs_log(NULL, OBS_LOG_ERROR, "later");
    log_capture(NULL, 0);
    log_close();
    assert_string_equal(captured, "after");
    text = content();
    assert_non_null(strstr(text, "before"));
    assert_null(strstr(text, "after"));
    free(text);
    assert_int_equal(rename(other, path), 0);
    text = content();
    assert_null(strstr(text, "before"));
    assert_null(strstr(text, "too little"));
    assert_non_null(strstr(text, "\"after\""));
    free(text);
}

static void a_full_disk_is_counted(void **unused)
{
    struct log_settings settings = {
        .level = OBS_LOG_INFO, .file = "/dev/full", .queue_bytes = 1 << 16};
    uint64_t lost = log_dropped();
    char error[200];
    (void)unused;

    assert_int_equal(log_open(&settings, error, sizeof(error)), OBS_OK);
    for (int i = 0; i < 3; i++)
        obs_log(NULL, OBS_LOG_INFO, "line %d", i);
    log_close();
    assert_int_equal(log_dropped(), lost + 3);
}

/* In a child, since its standard output is the pipe. */
static void logs_to_pipe(int out)
{
    struct log_settings settings = {
        .level = OBS_LOG_INFO, .file = "/dev/stdout", .queue_bytes = 8 << 20};
    uint64_t lost = log_dropped(); /* by earlier tests */
    char error[200];

    dup2(out, STDOUT_FILENO);
    if (log_open(&settings, error, sizeof(error)) < 0)
        _exit(1);
    for (int i = 0; i < 20000; i++)
        obs_log(NULL, OBS_LOG_INFO, "line %d that has to wait for a reader", i);
    log_close();
    _exit(log_dropped() != lost);
}

static void a_pipe_that_does_not_block_loses_nothing(void **unused)
{
    char buffer[4096];
    int ends[2], status, lines = 0;
    ssize_t n;
    pid_t child;
    (void)unused;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    child = fork();
    if (child == 0)
        logs_to_pipe(ends[1]);
    close(ends[1]);
    while ((n = read(ends[0], buffer, sizeof(buffer))) > 0)
        for (ssize_t i = 0; i < n; i++)
            lines += buffer[i] == '\n';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(lines, 20000);
}

/* Ends by itself though nobody ever reads; takes the seconds of its patience. */
static void a_reader_that_hangs_does_not_hang_the_end(void **unused)
{
    int ends[2], status;
    pid_t child;
    (void)unused;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        alarm(30);
        logs_to_pipe(ends[1]);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    close(ends[0]);
    close(ends[1]);
}

static void an_unwritable_file_is_a_sentence(void **unused)
{
    char error[200] = "";
    struct log_settings settings = {.file = "/no/such/folder/log", .queue_bytes = 1 << 16};
    (void)unused;

    assert_true(log_open(&settings, error, sizeof(error)) < 0);
    assert_non_null(strstr(error, "/no/such/folder/log"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fresh_file, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_line_cannot_forge_another),
        WITH(json_lines_are_json),
        WITH(a_line_is_for_people),
        WITH(the_level_changes_at_run_time),
        WITH(a_name_has_a_level_of_its_own),
        WITH(threads_lose_nothing_and_mix_nothing),
        WITH(what_does_not_fit_is_counted),
        WITH(a_rotated_file_is_opened_anew),
        WITH(a_change_takes_over_between_two_lines),
        WITH(a_full_disk_is_counted),
        WITH(a_pipe_that_does_not_block_loses_nothing),
        WITH(a_reader_that_hangs_does_not_hang_the_end),
        WITH(an_unwritable_file_is_a_sentence),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
