/* SPDX-License-Identifier: Apache-2.0 */
/* Private copies: named by content, independent of the file they came from, in
 * a folder that does not outlive its process for long. */
#include "plugin/cache.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/observatory-cache-XXXXXX");
    assert_non_null(mkdtemp(folder));
    cache_set_folder(folder);
    return 0;
}

static int teardown(void **state)
{
    char command[300];

    (void)state;
    cache_close();
    snprintf(command, sizeof(command), "chmod -R u+w '%s' && rm -rf '%s'", folder, folder);
    return system(command);
}

static int file_with(const char *text)
{
    char path[160];
    int fd;

    snprintf(path, sizeof(path), "%s/source", folder);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static void a_copy_stays_when_its_file_changes(void **state)
{
    char name[CACHE_NAME_BYTES], same[CACHE_NAME_BYTES], other[CACHE_NAME_BYTES], error[300];
    char *copy = NULL, text[16] = "";
    int fd = file_with("one"), copied;
    struct stat st;

    (void)state;
    assert_int_equal(cache_name(fd, same), 0);
    assert_int_equal(cache_add(fd, name, &copy, error, sizeof(error)), 0);
    assert_string_equal(name, same);
    assert_int_equal(pwrite(fd, "two", 3, 0), 3);
    assert_int_equal(cache_name(fd, other), 0);
    assert_string_not_equal(name, other);
    copied = open(copy, O_RDONLY);
    assert_int_equal(read(copied, text, sizeof(text)), 3);
    assert_string_equal(text, "one");
    assert_int_equal(fstat(copied, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0500);
    close(copied);
    cache_remove(copy);
    assert_int_equal(access(copy, F_OK), -1);
    free(copy);
    close(fd);
}

/* Copies something and dies without tidying up. */
static void die_with_a_copy(void)
{
    char name[CACHE_NAME_BYTES], error[300], *copy;

    _exit(cache_add(file_with("x"), name, &copy, error, sizeof(error)) < 0);
}

static int count_folders(void)
{
    char command[300];
    int n = -1;
    FILE *out;

    snprintf(command, sizeof(command), "ls -d '%s'/plugins-* 2>/dev/null | wc -l", folder);
    out = popen(command, "r");
    assert_int_equal(fscanf(out, "%d", &n), 1);
    pclose(out);
    return n;
}

static void copies_of_the_dead_are_removed(void **state)
{
    char name[CACHE_NAME_BYTES], error[300], *copy;
    int status, fd;
    pid_t child = fork();

    (void)state;
    if (child == 0)
        die_with_a_copy();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(count_folders(), 1);
    fd = file_with("y");
    assert_int_equal(cache_add(fd, name, &copy, error, sizeof(error)), 0);
    assert_int_equal(count_folders(), 1); /* ours */
    child = fork();
    if (child == 0)
        die_with_a_copy();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(access(copy, F_OK), 0); /* the living are left alone */
    free(copy);
    close(fd);
    cache_close();
    assert_int_equal(count_folders(), 0);
}

static void a_folder_of_everybody_is_refused(void **state)
{
    char name[CACHE_NAME_BYTES], error[300] = "", *copy;
    int fd = file_with("z");

    (void)state;
    assert_int_equal(chmod(folder, 0777), 0);
    assert_true(cache_add(fd, name, &copy, error, sizeof(error)) < 0);
    assert_non_null(strstr(error, "nobody else may write to"));
    assert_int_equal(chmod(folder, 0700), 0);
    cache_set_folder("/nowhere/at/all");
    assert_true(cache_add(fd, name, &copy, error, sizeof(error)) < 0);
    assert_non_null(strstr(error, "folder /nowhere/at/all cannot be made"));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_stays_when_its_file_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(copies_of_the_dead_are_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_folder_of_everybody_is_refused, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
