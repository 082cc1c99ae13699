/* SPDX-License-Identifier: Apache-2.0 */
/* Substitution, overrides, folders, and how complaints are told. */
#include "fixture.h"

#include "config/config.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *text_at(const obs_conf *node, const char *a, const char *b)
{
    node = obs_conf_get(node, a);
    return obs_conf_str(b ? obs_conf_get(node, b) : node).ptr;
}

static void fills_in_environment_and_files(void **state)
{
    struct fixture *f = *state;

    fixture_write(f, "secret", "hunter2\n", 0600);
    setenv("OBS_TEST_NAME", "value", 1);
    unsetenv("OBS_TEST_NONE");
    assert_int_equal(
        fixture_load(f,
                     "a: x-${OBS_TEST_NAME}-y\nb: ${OBS_TEST_NONE:-fallback}\n"
                     "c: ${file:secret}\nd: $$${OBS_TEST_NAME}$\ne: ${OBS_TEST_NONE:-}\n",
                     NULL, 0),
        OBS_OK);
    assert_string_equal(text_at(f->root, "a", NULL), "x-value-y");
    assert_string_equal(text_at(f->root, "b", NULL), "fallback");
    assert_string_equal(text_at(f->root, "c", NULL), "hunter2");
    assert_string_equal(text_at(f->root, "d", NULL), "$value$");
    assert_int_equal(obs_conf_type(obs_conf_get(f->root, "e")), OBS_CONF_NULL);
}

static void tells_every_substitution_that_fails(void **state)
{
    static const char *const expected[] = {
        ("c.yaml:2:6: p.a: the environment variable OBS_TEST_NONE is not set; expected it, or "
         "${OBS_TEST_NONE:-default}"),
        "/secret: is writable by others than its owner; expected mode 0600 or less",
        "c.yaml:4:6: p.c: ${ without its }; write $$ for a dollar",
        "c.yaml:5:6: p.d: expected ${NAME}, ${NAME:-default} or ${file:PATH}, found \"${}\"",
        "/absent: No such file or directory",
        "c.yaml:7:6: p.f: expected ${NAME}, ${NAME:-default} or ${file:PATH}, found \"${A B}\"",
        "c.yaml:8:7: p.g[0]: ${ inside ${}; expected one without the other",
        "c.yaml:9:6: p.h: the environment variable OBS_TEST_BAD: expected UTF-8 text",
        "c.yaml:10:6: p.i: expected ${NAME}, ${NAME:-default} or ${file:PATH}, found \"${file:}\"",
    };
    struct fixture *f = *state;

    fixture_write(f, "secret", "x", 0666);
    unsetenv("OBS_TEST_NONE");
    setenv("OBS_TEST_BAD", "\xff", 1);
    assert_true(fixture_load(f,
                             "p:\n  a: ${OBS_TEST_NONE}\n  b: ${file:secret}\n  c: ${open\n"
                             "  d: ${}\n  e: ${file:absent}\n  f: ${A B}\n"
                             "  g: ['${X:-${Y}}']\n  h: ${OBS_TEST_BAD}\n  i: ${file:}\n",
                             NULL, 0) < 0);
    assert_int_equal(f->errors.count, sizeof(expected) / sizeof(*expected));
    for (size_t i = 0; i < f->errors.count; i++)
        if (!strstr(fixture_complaint(f, i), expected[i]))
            fail_msg("expected %s, got %s", expected[i], fixture_complaint(f, i));
}

static void a_secret_is_small_text_in_a_file(void **state)
{
    struct fixture *f = *state;
    char large[70000], path[100];

    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    fixture_write(f, "secret", large, 0600);
    assert_int_equal(fixture_load(f, "a: ${file:secret}\n", NULL, 0), OBS_E_TOO_LARGE);
    assert_non_null(strstr(fixture_complaint(f, 0), "is too large; expected at most 65536 bytes"));
    fixture_write(f, "secret", "\xff\xfe", 0600);
    assert_int_equal(fixture_load(f, "a: ${file:secret}\n", NULL, 0), OBS_E_SYNTAX);
    assert_non_null(strstr(fixture_complaint(f, 0), "secret: expected UTF-8 text"));
    fixture_write(f, "secret", "two\n\n", 0600);
    snprintf(path, sizeof(path), "a: ${file:%s/secret}\n", f->folder);
    assert_int_equal(fixture_load(f, path, NULL, 0), OBS_OK);
    assert_string_equal(text_at(f->root, "a", NULL), "two\n"); /* one newline is cut */
}

/* As in a Kubernetes volume, where c.yaml links into a folder of one version. */
static void relative_paths_start_where_the_path_says(void **state)
{
    struct fixture *f = *state;
    char sub[100];

    snprintf(sub, sizeof(sub), "%s/sub", f->folder);
    assert_int_equal(mkdir(sub, 0700), 0);
    fixture_write(f, "sub/real.yaml", "a: ${file:secret}\n", 0644);
    fixture_write(f, "sub/secret", "wrong", 0600);
    fixture_write(f, "secret", "right", 0600);
    assert_int_equal(symlink("sub/real.yaml", f->file), 0);
    conf_errors_init(&f->errors, f->arena);
    assert_int_equal(config_load(f->arena, f->file, NULL, 0, &f->root, &f->errors), OBS_OK);
    assert_string_equal(text_at(f->root, "a", NULL), "right");
    assert_string_equal(config_folder(f->arena, f->file).ptr, f->folder);
    assert_string_equal(config_folder(f->arena, "/c.yaml").ptr, "/");
    assert_string_equal(config_folder(f->arena, "c.yaml").ptr, getcwd(sub, sizeof(sub)));
    assert_string_equal(config_folder(f->arena, NULL).ptr, getcwd(sub, sizeof(sub)));
}

static void the_command_line_overrides(void **state)
{
    static const char *const sets[] = {"listen=127.0.0.1:99", "plugins.hello={}",
                                       "plugins.store-sqlite.path=/x/y.db", "list=[a, b]", "gone="};
    struct fixture *f = *state;
    const obs_conf *plugins;

    assert_int_equal(
        fixture_load(f, "listen: 1.2.3.4:5\nplugins:\n  store-sqlite:\n    path: z\ngone: 1\n",
                     sets, 5),
        OBS_OK);
    plugins = obs_conf_get(f->root, "plugins");
    assert_string_equal(text_at(f->root, "listen", NULL), "127.0.0.1:99");
    assert_int_equal(obs_conf_type(obs_conf_get(plugins, "hello")), OBS_CONF_MAPPING);
    assert_string_equal(text_at(plugins, "store-sqlite", "path"), "/x/y.db");
    assert_int_equal(obs_conf_count(obs_conf_get(f->root, "list")), 2);
    assert_int_equal(obs_conf_type(obs_conf_get(f->root, "gone")), OBS_CONF_NULL);
    assert_int_equal(fixture_load(f, NULL, sets, 2), OBS_OK);
}

static void a_value_is_text_unless_it_looks_like_yaml(void **state)
{
    static const struct {
        const char *set, *text; /* NULL: no scalar */
    } cases[] = {
        {"a=[::1]:8080", "[::1]:8080"},
        {"a=*:8080", "*:8080"},
        {"a=b: c # d", "b: c # d"},
        {"a=${HOME}$$", "${HOME}$$"},
        {"a=  5s ", "5s"},
        {"a=x=y", "x=y"},
        {"a='~'", "~"},
        {"a=\"x\\ty\"", "x\ty"},
        {"a=~", NULL},
        {"a=null", NULL},
        {"a=", NULL},
        {"a={}", NULL},
        {"a=[]", NULL},
        {"a=['[::1]:80', b]", NULL},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const obs_conf *node;
        assert_int_equal(fixture_load(f, NULL, &cases[i].set, 1), OBS_OK);
        node = obs_conf_get(f->root, "a");
        assert_int_equal(obs_conf_type(node) == OBS_CONF_SCALAR, cases[i].text != NULL);
        assert_string_equal(obs_conf_str(node).ptr, cases[i].text ? cases[i].text : "");
        assert_int_equal(obs_conf_line(node), 0);
    }
}

static void an_override_that_cannot_be_says_so_without_its_value(void **state)
{
    static const struct {
        const char *set, *complaint;
    } cases[] = {
        {"novalue", "--set novalue: expected path=value"},
        {"=hunter2", "--set : expected path=value"},
        {"a..b=hunter2", "--set a..b: an empty name in the path"},
        {".a=hunter2", "--set .a: an empty name in the path"},
        {"a.=hunter2", "--set a.: an empty name in the path"},
        {"one.b=hunter2", "--set one.b: \"one\" is a single value; expected a mapping"},
        {"list.b=hunter2", "--set list.b: \"list\" is a list; expected a mapping"},
        {"a=[hunter2", "--set a: "},
        {"a={b: 1, b: 2}", "--set a: the key \"b\" stands here twice"},
        {"a=\xff", "--set a: expected UTF-8 text"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t len = strlen(cases[i].complaint);
        assert_true(fixture_load(f, "one: 1\nlist: [a]\n", &cases[i].set, 1) < 0);
        assert_int_equal(f->errors.count, 1);
        if (strncmp(fixture_complaint(f, 0), cases[i].complaint, len) != 0)
            fail_msg("expected %s, got %s", cases[i].complaint, fixture_complaint(f, 0));
        assert_null(strstr(fixture_complaint(f, 0), "hunter2"));
    }
}

static void complaints_come_in_the_order_of_their_places(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    conf_errors_init(&f->errors, f->arena);
    conf_error_place(&f->errors, "--set x", 0, 0, NULL, "late");
    conf_error_place(&f->errors, "b.yaml", 1, 1, NULL, "other file");
    conf_error_place(&f->errors, "a.yaml", 10, 2, "p.q", "third");
    conf_error_place(&f->errors, "a.yaml", 10, 2, NULL, "fourth");
    conf_error_place(&f->errors, "a.yaml", 9, 30, NULL, "second");
    conf_error_place(&f->errors, "a.yaml", 9, 3, NULL, "first\n\x1b[31m \xff%s", "\xc3\xa9");
    conf_errors_print(&f->errors, to);
    fclose(to);
    assert_string_equal(text, "a.yaml:9:3: first\\x0a\\x1b[31m \\xff\xc3\xa9\n"
                              "a.yaml:9:30: second\na.yaml:10:2: p.q: third\n"
                              "a.yaml:10:2: fourth\nb.yaml:1:1: other file\n--set x: late\n");
    free(text);
}

static void complaints_end_at_fifty(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    conf_errors_init(&f->errors, f->arena);
    for (int i = 0; i < 60; i++)
        conf_error_place(&f->errors, "a.yaml", 1, 1, NULL, "again");
    conf_errors_print(&f->errors, to);
    fclose(to);
    assert_int_equal(f->errors.count, 50);
    assert_non_null(strstr(text, "again\nand 10 more\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(fills_in_environment_and_files),
        WITH(tells_every_substitution_that_fails),
        WITH(a_secret_is_small_text_in_a_file),
        WITH(relative_paths_start_where_the_path_says),
        WITH(the_command_line_overrides),
        WITH(a_value_is_text_unless_it_looks_like_yaml),
        WITH(an_override_that_cannot_be_says_so_without_its_value),
        WITH(complaints_come_in_the_order_of_their_places),
        WITH(complaints_end_at_fifty),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
