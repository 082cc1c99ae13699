/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader takes and what it refuses, always with a sentence that names
 * the file. FIXTURES is the folder with the variants of fixtures/variant.c. */
#include "plugin/loader.h"

#include <errno.h>
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/observatory-loader-XXXXXX";

static const char *fixture(const char *name)
{
    static char path[4096];

    snprintf(path, sizeof(path), "%s/%s.so", getenv("FIXTURES"), name);
    return path;
}

static const char *here(const char *name)
{
    static char path[4096];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

/* The content of the good plugin, to be freed. */
static char *read_good(size_t *ret_size)
{
    FILE *file = fopen(fixture("good"), "rb");
    char *data;
    long size;

    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    data = malloc((size_t)size);
    assert_int_equal(fread(data, 1, (size_t)size, file), size);
    fclose(file);
    *ret_size = (size_t)size;
    return data;
}

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
    chmod(path, 0644);
}

static void assert_refused_as(const char *path, int expected, const char *why)
{
    struct image *image = NULL;
    char error[600] = "";
    int rc = image_open(path, &image, error, sizeof(error));

    assert_null(image);
    if (!strstr(error, path) || !strstr(error, why))
        fail_msg("%s: expected \"%s\" in \"%s\"", path, why, error);
    assert_int_equal(rc, expected);
}

static void assert_refused(const char *path, const char *why)
{
    assert_refused_as(path, OBS_E_INVALID, why);
}

static void a_good_plugin_is_loaded(void **state)
{
    struct image *image = NULL;
    char error[600];

    (void)state;
    assert_int_equal(image_open(fixture("good"), &image, error, sizeof(error)), OBS_OK);
    assert_string_equal(image->plugin->name, "good");
    assert_string_equal(image->plugin->version, "1.2.3");
    image_close(image);
    image_close(NULL);
}

static void wrong_descriptors_are_refused(void **state)
{
    (void)state;
    assert_refused(fixture("magic"), "magic number");
    assert_refused_as(fixture("major"), OBS_E_UNSUPPORTED, "built for ABI 2.0");
    assert_refused_as(fixture("minor"), OBS_E_UNSUPPORTED, "needs ABI 1.1");
    assert_refused(fixture("symbol"), "does not export obs_plugin_entry");
    assert_refused(fixture("short"), "descriptor says");
    assert_refused(fixture("stride"), "table of routes has entries of");
    assert_refused(fixture("name"), "\"Not A Name\"");
    assert_refused(fixture("option"), "option \"limit\"");
    assert_refused(fixture("key"), "option \"state\", a name of the host's");
    assert_refused(fixture("need"), "no service id");
    assert_refused(fixture("route"), "route 0 lacks");
    assert_refused(fixture("undefined"), "obs_function_of_a_later_abi");
    assert_refused(fixture("note"), "its note says good 1.2.4");
}

static void what_is_no_shared_object_is_refused(void **state)
{
    (void)state;
    assert_refused_as(here("absent.so"), OBS_E_NOT_FOUND, "no such file");
    write_file(here("empty.so"), "", 0);
    assert_refused(here("empty.so"), "too short");
    write_file(here("text.so"),
               "a text that is longer than the header of an ELF file, which has 64 bytes", 72);
    assert_refused(here("text.so"), "no ELF header");
    mkdir(here("folder.so"), 0755);
    assert_refused(here("folder.so"), "not a regular file");
    mkfifo(here("pipe.so"), 0644);
    assert_refused(here("pipe.so"), "not a regular file");
}

/* glibc would end the process with SIGBUS on most of these. */
static void a_file_cut_short_anywhere_is_refused(void **state)
{
    size_t size;
    char *data = read_good(&size);

    (void)state;
    for (size_t cut = 0; cut < size; cut += 199) {
        write_file(here("cut.so"), data, cut);
        assert_refused(here("cut.so"), "short");
    }
    write_file(here("cut.so"), data, size - 1);
    assert_refused(here("cut.so"), "short");
    free(data);
}

static void foreign_and_damaged_headers_are_refused(void **state)
{
    size_t size;
    char *data = read_good(&size);
    Elf64_Ehdr *header = (Elf64_Ehdr *)data;
    const Elf64_Ehdr good = *header;
    Elf64_Phdr *segments = (Elf64_Phdr *)(data + header->e_phoff);

    (void)state;
    header->e_machine = good.e_machine == EM_AARCH64 ? EM_X86_64 : EM_AARCH64;
    write_file(here("foreign.so"), data, size);
    assert_refused(here("foreign.so"), "another machine");
    *header = good;
    header->e_ident[EI_CLASS] = ELFCLASS32;
    write_file(here("foreign.so"), data, size);
    assert_refused(here("foreign.so"), "another machine");
    *header = good;
    header->e_type = ET_REL;
    write_file(here("foreign.so"), data, size);
    assert_refused(here("foreign.so"), "not a shared object");
    *header = good;
    header->e_phoff = UINT64_MAX - 8; /* the end of the table wraps around */
    write_file(here("foreign.so"), data, size);
    assert_refused(here("foreign.so"), "cut short");
    *header = good;
    header->e_phnum = 0;
    write_file(here("foreign.so"), data, size);
    assert_refused(here("foreign.so"), "damaged");
    *header = good;
    segments[0].p_type = PT_LOAD;
    segments[0].p_filesz = UINT64_MAX;
    write_file(here("foreign.so"), data, size);
    assert_refused(here("foreign.so"), "cut short");
    segments[0].p_offset = UINT64_MAX - 100; /* offset and size wrap around together */
    segments[0].p_filesz = segments[0].p_memsz = 200;
    write_file(here("foreign.so"), data, size);
    assert_refused(here("foreign.so"), "cut short");
    free(data);
}

static void what_others_may_write_is_refused(void **state)
{
    size_t size;
    char *data = read_good(&size);

    (void)state;
    write_file(here("open.so"), data, size);
    chmod(here("open.so"), 0646);
    assert_refused(here("open.so"), "everybody may write");
    if (geteuid() == 0) { /* a user may have a group of his own */
        chmod(here("open.so"), 0664);
        assert_refused(here("open.so"), "its group may write");
    }
    chmod(here("open.so"), 0644);
    assert_int_equal(mkdir(here("deeper"), 0755), 0);
    write_file(here("deeper/nested.so"), data, size);
    chmod(folder, 0777);
    assert_refused(here("open.so"), "its folder");
    assert_refused(here("deeper/nested.so"), folder); /* one above counts, too */
    chmod(folder, 0700);
    unlink(here("deeper/nested.so"));
    rmdir(here("deeper"));
    if (geteuid() == 0) { /* only root can give a file away */
        assert_int_equal(chown(here("open.so"), 12345, (gid_t)-1), 0);
        assert_refused(here("open.so"), "belongs to user 12345");
    }
    free(data);
}

static void a_sticky_folder_is_fine_and_a_symbolic_link_is_not(void **state)
{
    struct image *image = NULL;
    char error[600];
    size_t size;
    char *data = read_good(&size);

    (void)state;
    write_file(here("good.so"), data, size);
    chmod(folder, 01777);
    assert_int_equal(image_open(here("good.so"), &image, error, sizeof(error)), OBS_OK);
    image_close(image);
    chmod(folder, 0700);
    assert_int_equal(symlink("good.so", here("link.so")), 0);
    assert_refused(here("link.so"), "symbolic link");
    free(data);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_plugin_is_loaded),
        cmocka_unit_test(wrong_descriptors_are_refused),
        cmocka_unit_test(what_is_no_shared_object_is_refused),
        cmocka_unit_test(a_file_cut_short_anywhere_is_refused),
        cmocka_unit_test(foreign_and_damaged_headers_are_refused),
        cmocka_unit_test(what_others_may_write_is_refused),
        cmocka_unit_test(a_sticky_folder_is_fine_and_a_symbolic_link_is_not),
    };
    return cmocka_run_group_tests_name("loader", tests, make_folder, remove_folder);
}
