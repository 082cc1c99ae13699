/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"
#include "plugin/instance.h"

#include <observatory/json.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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
    obs_log(&plugin, OBS_LOG_WARN, "user said \"%s\"", "x\n2026 error host: forged\x1b[31m \xff");
    log_close();
    text = content();
    assert_non_null(
        strstr(text, "warn  probe: user said \"x\\x0a2026 error host: forged\\x1b[31m"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}

static void json_lines_are_json(void **unused)
{
    char *text, *line, *rest;
    obs_arena *arena = obs_arena_create(0);
    const obs_json *v;
    char longish[9000];
    (void)unused;

    memset(longish, '"', sizeof(longish) - 1);
    longish[sizeof(longish) - 1] = '\0';
    opened(/* json= */ true, 1 << 16);
    obs_log(&plugin, OBS_LOG_INFO, "tab\t quote\" back\\ %s", "\xc3");
    obs_log(NULL, OBS_LOG_ERROR, "%s", longish);
    log_close();
    text = content();
    for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        assert_int_equal(obs_json_parse(arena, obs_str_of(line), &v, NULL), OBS_OK);
    obs_arena_destroy(arena);
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
    assert_non_null(strstr(text, "debug probe: seen"));
    free(text);
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
        WITH(a_line_cannot_forge_another),      WITH(json_lines_are_json),
        WITH(the_level_changes_at_run_time),    WITH(threads_lose_nothing_and_mix_nothing),
        WITH(what_does_not_fit_is_counted),     WITH(a_rotated_file_is_opened_anew),
        WITH(an_unwritable_file_is_a_sentence),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
