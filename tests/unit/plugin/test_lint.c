/* SPDX-License-Identifier: Apache-2.0 */
/* What lint finds in plugins with one defect each, and in files that are
 * damaged in every place. FIXTURES is the folder with the defects of
 * fixtures/lint. */
#include "plugin/lint.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- files -------------------------------------------------------------------- */

struct content {
    char *data;
    size_t size;
};

static struct content read_fixture(const char *name)
{
    struct content content;
    char path[4096];
    struct stat st;
    int fd;

    snprintf(path, sizeof(path), "%s/%s.so", getenv("FIXTURES"), name);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    content.size = (size_t)st.st_size;
    content.data = malloc(content.size);
    assert_int_equal(read(fd, content.data, content.size), content.size);
    close(fd);
    return content;
}

static int lint_content(struct content content, struct lint_report *report)
{
    int fd = memfd_create("lint", MFD_CLOEXEC);
    int rc;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.data, content.size), content.size);
    rc = lint_file(fd, content.size, report);
    close(fd);
    return rc;
}

static int lint_fixture(const char *name, struct lint_report *report)
{
    struct content content = read_fixture(name);
    int rc = lint_content(content, report);

    free(content.data);
    return rc;
}

/* "refuse abi, warn rpath" */
static const char *summary(const struct lint_report *report)
{
    static char text[1024];
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < report->n_findings; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s", i ? ", " : "",
                                report->findings[i].severity == LINT_REFUSE ? "refuse" : "warn",
                                report->findings[i].rule);
    return text;
}

static bool says(const struct lint_report *report, const char *words)
{
    for (size_t i = 0; i < report->n_findings; i++) {
        if (strstr(report->findings[i].sentence, words))
            return true;
    }
    return false;
}

/* ---- defects --------------------------------------------------------------------- */

static void a_flawless_plugin_is_known_by_its_note(void **state)
{
    static const char *const flawless[] = {"flawless", "hash", "toolchain"};
    struct lint_report report;

    (void)state;
    for (size_t i = 0; i < sizeof(flawless) / sizeof(flawless[0]); i++) {
        assert_int_equal(lint_fixture(flawless[i], &report), OBS_OK);
        assert_string_equal(summary(&report), "");
        assert_null(lint_refusal(&report));
        assert_string_equal(report.note.name, "defect");
        assert_string_equal(report.note.version, "1.0.0");
        assert_int_equal(report.note.head.abi_major, OBS_ABI_MAJOR);
        assert_int_equal(report.note.head.abi_minor, OBS_ABI_MINOR);
        assert_int_equal(report.note.head.descriptor_bytes, sizeof(obs_plugin));
        assert_string_equal(report.stays_because, "");
    }
    assert_int_equal(lint_fixture("objects", &report), OBS_OK);
    assert_string_equal(summary(&report), "");
    assert_string_equal(report.note.name, "objects");
}

static void each_defect_is_found_and_nothing_else(void **state)
{
    static const struct {
        const char *fixture, *summary, *words;
        int rc;
    } defects[] = {
        {"no-note", "refuse note", "carries no note", OBS_E_INVALID},
        {"long-note", "refuse note", "its note is damaged", OBS_E_INVALID},
        {"major", "refuse abi", "built for ABI 2.0, this host has 1.", OBS_E_UNSUPPORTED},
        {"minor", "refuse abi", "needs ABI 1.7, this host has 1.", OBS_E_UNSUPPORTED},
        {"exports", "refuse exports", " and more besides obs_plugin_entry", OBS_E_INVALID},
        {"static-tls", "refuse static-tls", "DF_STATIC_TLS", OBS_E_INVALID},
        {"text-relocations", "refuse text-relocations", "-fPIC", OBS_E_INVALID},
        {"stack", "refuse executable-stack", "noexecstack", OBS_E_INVALID},
        {"nodelete", "warn nodelete", "-z nodelete", OBS_OK},
        {"rpath", "warn rpath", "libraries in /nowhere", OBS_OK},
        {"soname", "warn soname", "SONAME libdefect.so.1", OBS_OK},
        {"library", "warn needed", "linked with libuv.so", OBS_OK},
        {"plugin", "warn needed", "other.so, which looks like another plugin", OBS_OK},
        {"process", "warn import, warn import, warn import", "it calls setenv: ", OBS_OK},
        {"thread", "warn import", "use obs_thread_start()", OBS_OK},
        {"key", "warn import", "pthread_key_create", OBS_OK},
        {"signal", "warn import", "it calls sigaction: ", OBS_OK},
        {"atexit", "warn import", "atexit()", OBS_OK},
        {"loop", "warn import, warn import, warn import", "it calls uv_*: ", OBS_OK},
        {"thread-local", "warn import", "thread-local objects", OBS_OK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++) {
        struct lint_report report;
        int rc = lint_fixture(defects[i].fixture, &report);

        if (strcmp(summary(&report), defects[i].summary) != 0 || !says(&report, defects[i].words))
            fail_msg("%s: found \"%s\", \"%s\"", defects[i].fixture, summary(&report),
                     report.findings[0].sentence);
        assert_int_equal(rc, defects[i].rc);
        assert_int_equal(!lint_refusal(&report), rc == OBS_OK);
    }
}

static void a_file_that_is_no_shared_object_is_foreign(void **state)
{
    struct content content = read_fixture("flawless");
    struct lint_report report;

    (void)state;
    ((Elf64_Ehdr *)content.data)->e_machine ^= 1;
    assert_int_equal(lint_content(content, &report), OBS_E_INVALID);
    assert_string_equal(summary(&report), "refuse foreign");
    memset(content.data, 'x', content.size);
    assert_int_equal(lint_content(content, &report), OBS_E_INVALID);
    assert_string_equal(summary(&report), "refuse foreign");
    free(content.data);
}

/* Only g++ makes such symbols. */
static void a_unique_symbol_is_found(void **state)
{
    struct lint_report report;

    (void)state;
    if (strcmp(getenv("CXX_COMPILER"), "gcc") != 0)
        skip();
    assert_int_equal(lint_fixture("unique", &report), OBS_E_INVALID);
    assert_string_equal(summary(&report), "refuse exports, warn unique-symbols");
    assert_non_null(strstr(report.stays_because, "count"));
}

static void what_leaves_code_behind_stays_mapped(void **state)
{
    static const char *const staying[] = {"nodelete", "thread", "key", "signal", "thread-local"};
    static const char *const going[] = {"process", "atexit", "rpath", "soname", "loop"};
    struct lint_report report;

    (void)state;
    for (size_t i = 0; i < sizeof(staying) / sizeof(staying[0]); i++) {
        assert_int_equal(lint_fixture(staying[i], &report), OBS_OK);
        assert_string_not_equal(report.stays_because, "");
    }
    for (size_t i = 0; i < sizeof(going) / sizeof(going[0]); i++) {
        assert_int_equal(lint_fixture(going[i], &report), OBS_OK);
        assert_string_equal(report.stays_because, "");
    }
}

/* ---- damage -------------------------------------------------------------------------- */

static void a_file_cut_short_anywhere_is_damaged(void **state)
{
    struct content content = read_fixture("flawless");
    struct content cut = content;
    struct lint_report report;

    (void)state;
    for (cut.size = 0; cut.size < content.size; cut.size += 61) {
        assert_int_equal(lint_content(cut, &report), OBS_E_INVALID);
        assert_string_equal(summary(&report), "refuse damaged");
        assert_non_null(strstr(lint_refusal(&report), "short"));
    }
    free(content.data);
}

/* The section headers, which strip may take away, are not asked. */
static void a_file_without_section_headers_is_judged_alike(void **state)
{
    struct content content = read_fixture("exports");
    Elf64_Ehdr *header = (Elf64_Ehdr *)content.data;
    struct lint_report report;

    (void)state;
    content.size = header->e_shoff;
    header->e_shoff = header->e_shnum = header->e_shstrndx = 0;
    assert_int_equal(lint_content(content, &report), OBS_E_INVALID);
    assert_string_equal(summary(&report), "refuse exports");
    assert_string_equal(report.note.name, "defect");
    free(content.data);
}

static void assert_sound(const struct lint_report *report, int rc)
{
    assert_int_equal(rc == OBS_OK, lint_refusal(report) == NULL);
    for (size_t i = 0; i < report->n_findings; i++) {
        const char *sentence = report->findings[i].sentence;

        assert_true(sentence[0]);
        for (; *sentence; sentence++)
            assert_in_range(*sentence, ' ', '~');
    }
}

static void any_byte_may_be_anything(void **state)
{
    static const char wrong[] = {'\0', '\x1b', '\x7f', '\xff'};
    struct content content = read_fixture("exports");
    struct lint_report report;

    (void)state;
    for (size_t at = 0; at < content.size; at++) {
        char right = content.data[at];

        if (at > 64 && !right && at % 16 != 0)
            continue; /* most of the file is padding */
        for (size_t i = 0; i < sizeof(wrong); i++) {
            content.data[at] = wrong[i];
            assert_sound(&report, lint_content(content, &report));
        }
        content.data[at] = right;
    }
    free(content.data);
}

static void names_of_the_file_are_shown_without_control_characters(void **state)
{
    struct content content = read_fixture("exports");
    struct lint_report report;
    char *name;

    (void)state;
    while ((name = memmem(content.data, content.size, "another_name", 12)) != NULL)
        memcpy(name, "\x1b[31m\xff\n", 7);
    while ((name = memmem(content.data, content.size, "_end_of_all", 11)) != NULL)
        memcpy(name, "\x1b[31m\xff\n", 7);
    assert_int_equal(lint_content(content, &report), OBS_E_INVALID);
    assert_non_null(strstr(lint_refusal(&report), "it exports ?[31m??"));
    free(content.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flawless_plugin_is_known_by_its_note),
        cmocka_unit_test(each_defect_is_found_and_nothing_else),
        cmocka_unit_test(a_file_that_is_no_shared_object_is_foreign),
        cmocka_unit_test(a_unique_symbol_is_found),
        cmocka_unit_test(what_leaves_code_behind_stays_mapped),
        cmocka_unit_test(a_file_cut_short_anywhere_is_damaged),
        cmocka_unit_test(a_file_without_section_headers_is_judged_alike),
        cmocka_unit_test(any_byte_may_be_anything),
        cmocka_unit_test(names_of_the_file_are_shown_without_control_characters),
    };
    return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
