/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"
#include "config/options.h"
#include "config/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
    char folder[64];
    char file[80];
    obs_arena *arena;
    struct conf_errors errors;
    const obs_conf *root;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    strcpy(f->folder, "/tmp/observatory-config-XXXXXX");
    f->arena = obs_arena_create(0);
    *state = f;
    if (!mkdtemp(f->folder))
        return 1;
    snprintf(f->file, sizeof(f->file), "%s/c.yaml", f->folder);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[100];

    obs_arena_destroy(f->arena);
    unlink(f->file);
    snprintf(path, sizeof(path), "%s/secret", f->folder);
    unlink(path);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

static int load(struct fixture *f, const char *text, const char *const *sets, size_t n_sets)
{
    conf_errors_init(&f->errors, f->arena);
    f->root = NULL;
    if (text)
        write_file(f->file, text, 0644);
    return config_load(f->arena, text ? f->file : NULL, sets, n_sets, &f->root, &f->errors);
}

/* The text of complaint `i` without the folder that it begins with. */
static const char *complaint(struct fixture *f, size_t i)
{
    size_t len = strlen(f->folder) + 1;

    if (i >= f->errors.count)
        return "";
    return strncmp(f->errors.items[i].text.ptr, f->folder, len - 1) == 0
               ? f->errors.items[i].text.ptr + len
               : f->errors.items[i].text.ptr;
}

static const char *text_at(const obs_conf *node, const char *a, const char *b)
{
    node = obs_conf_get(node, a);
    return obs_conf_str(b ? obs_conf_get(node, b) : node).ptr;
}

static void keeps_line_and_column_of_every_node(void **state)
{
    struct fixture *f = *state;
    const obs_conf *list;

    assert_int_equal(load(f, "a: 1\nb:\n  c: [x, 'null', ~]\n  d: \"\"\n", NULL, 0), OBS_OK);
    list = obs_conf_get(obs_conf_get(f->root, "b"), "c");
    assert_int_equal(obs_conf_type(list), OBS_CONF_SEQUENCE);
    assert_int_equal(obs_conf_line(list), 3);
    assert_int_equal(obs_conf_column(list), 6);
    assert_int_equal(obs_conf_count(list), 3);
    assert_int_equal(obs_conf_type(obs_conf_at(list, 1, NULL)), OBS_CONF_SCALAR);
    assert_int_equal(obs_conf_type(obs_conf_at(list, 2, NULL)), OBS_CONF_NULL);
    assert_int_equal(obs_conf_type(obs_conf_get(obs_conf_get(f->root, "b"), "d")), OBS_CONF_SCALAR);
    assert_null(obs_conf_at(list, 3, NULL));
    assert_null(obs_conf_get(list, "x"));
}

static void refuses_broken_and_dangerous_yaml(void **state)
{
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        {"a: [1, 2\nb: 3\n", "c.yaml:2:"},
        {"a: 1\na: 2\n", "c.yaml:2:1: the key \"a\" stands here twice, first in line 1"},
        {"a: &x 1\nb: *x\n", "c.yaml:1:4: anchors and tags are not supported"},
        {"a: *x\n", "c.yaml:1:4: aliases are not supported"},
        {"a: !!int 3\n", "c.yaml:1:4: anchors and tags are not supported"},
        {"a: 1\n---\nb: 2\n", "c.yaml:2:1: a second document; expected one"},
        {"- 1\n", "c.yaml:1:1: expected a mapping such as `plugins:`"},
        {"a: \"x\\0y\"\n", "c.yaml:1:4: a NUL character in a value"},
        {"? [a]\n: b\n", "c.yaml:1:3: expected a key that is a single word"},
        {"a: \xff\n", "c.yaml"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_true(load(f, cases[i].text, NULL, 0) < 0);
        assert_memory_equal(complaint(f, 0), cases[i].complaint, strlen(cases[i].complaint));
    }
}

static void refuses_what_is_too_deep(void **state)
{
    struct fixture *f = *state;
    char text[300] = "a: ";

    memset(text + 3, '[', 100);
    memset(text + 103, ']', 100);
    assert_true(load(f, text, NULL, 0) < 0);
    assert_non_null(strstr(complaint(f, 0), "deeper than 64"));
}

static void a_missing_file_is_named(void **state)
{
    struct fixture *f = *state;

    conf_errors_init(&f->errors, f->arena);
    assert_true(config_load(f->arena, "/no/such.yaml", NULL, 0, &f->root, &f->errors) < 0);
    assert_string_equal(complaint(f, 0), "/no/such.yaml: No such file or directory");
}

static void fills_in_environment_and_files(void **state)
{
    struct fixture *f = *state;
    char secret[100];

    snprintf(secret, sizeof(secret), "%s/secret", f->folder);
    write_file(secret, "hunter2\n", 0600);
    setenv("OBS_TEST_NAME", "value", 1);
    unsetenv("OBS_TEST_NONE");
    assert_int_equal(load(f,
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
    struct fixture *f = *state;
    char secret[100];

    snprintf(secret, sizeof(secret), "%s/secret", f->folder);
    write_file(secret, "x", 0666);
    unsetenv("OBS_TEST_NONE");
    assert_true(load(f,
                     "p:\n  a: ${OBS_TEST_NONE}\n  b: ${file:secret}\n  c: ${open\n  d: ${}\n"
                     "  e: ${file:absent}\n",
                     NULL, 0) < 0);
    assert_int_equal(f->errors.count, 5);
    assert_string_equal(complaint(f, 0),
                        "c.yaml:2:6: p.a: the environment variable OBS_TEST_NONE is not set; "
                        "expected it, or ${OBS_TEST_NONE:-default}");
    assert_non_null(strstr(complaint(f, 1), "writable by others"));
    assert_non_null(strstr(complaint(f, 2), "c.yaml:4:6: p.c: ${ without its }"));
    assert_non_null(strstr(complaint(f, 3), "empty"));
    assert_non_null(strstr(complaint(f, 4), "No such file"));
}

static void the_command_line_overrides(void **state)
{
    static const char *const sets[] = {"listen=127.0.0.1:99", "plugins.hello={}",
                                       "plugins.store-sqlite.path=/x/y.db", "list=[a, b]", "gone="};
    struct fixture *f = *state;
    const obs_conf *plugins;

    assert_int_equal(
        load(f, "listen: 1.2.3.4:5\nplugins:\n  store-sqlite:\n    path: z\ngone: 1\n", sets, 5),
        OBS_OK);
    plugins = obs_conf_get(f->root, "plugins");
    assert_string_equal(text_at(f->root, "listen", NULL), "127.0.0.1:99");
    assert_int_equal(obs_conf_type(obs_conf_get(plugins, "hello")), OBS_CONF_MAPPING);
    assert_string_equal(text_at(plugins, "store-sqlite", "path"), "/x/y.db");
    assert_int_equal(obs_conf_count(obs_conf_get(f->root, "list")), 2);
    assert_int_equal(obs_conf_type(obs_conf_get(f->root, "gone")), OBS_CONF_NULL);
    assert_int_equal(load(f, NULL, sets, 2), OBS_OK);
    for (size_t i = 0; i < 4; i++) {
        static const char *const bad[] = {"novalue", "=x", "a..b=1", "a=[1"};
        assert_true(load(f, NULL, &bad[i], 1) < 0);
        assert_int_equal(f->errors.count, 1);
        assert_non_null(strstr(complaint(f, 0), "--set"));
    }
}

/* --- options ------------------------------------------------------------------ */

struct target {
    int32_t on, pick;
    int64_t number, wait_ns;
    double ratio, per_s;
    uint64_t bytes;
    const char *name, *path, *password;
    obs_str_list list;
    const obs_conf *tree;
};

#define AT(member) offsetof(struct target, member)
static const obs_option table[] = {
    {"on", OBS_OPT_BOOL, 0, AT(on), "on", NULL, NULL, NULL, "a switch"},
    {"pick", OBS_OPT_CHOICE, 0, AT(pick), "full", NULL, NULL, "full|normal|off", "a choice"},
    {"number", OBS_OPT_INT, 0, AT(number), "5", "1", "10", NULL, "a number"},
    {"wait", OBS_OPT_DURATION, 0, AT(wait_ns), "5s", "1ms", "1h", NULL, "a time"},
    {"ratio", OBS_OPT_FLOAT, 0, AT(ratio), "0.5", "0", "1", NULL, "a ratio"},
    {"rate", OBS_OPT_RATE, 0, AT(per_s), "60/m", NULL, NULL, NULL, "a rate"},
    {"max_body", OBS_OPT_SIZE, 0, AT(bytes), "16MiB", "1KiB", "1GiB", NULL, "a size"},
    {"name", OBS_OPT_STRING, 0, AT(name), NULL, NULL, NULL, NULL, "a text"},
    {"path", OBS_OPT_PATH, 0, AT(path), "data/x.db", NULL, NULL, NULL, "a path"},
    {"password", OBS_OPT_CHOICE, OBS_OPT_SECRET, AT(pick), NULL, NULL, NULL, "a|b", "a secret"},
    {"list", OBS_OPT_LIST, 0, AT(list), "a,b", NULL, NULL, NULL, "a list"},
    {"tree", OBS_OPT_TREE, 0, AT(tree), NULL, NULL, NULL, NULL, "a tree"},
};
#define N_TABLE (sizeof(table) / sizeof(*table))

static int bind(struct fixture *f, const char *text, struct target *target)
{
    struct options_spec spec = {
        .arena = f->arena,
        .path = "plugins.p",
        .folder = obs_str_of("/etc/obs"),
        .options = table,
        .n = N_TABLE,
        .stride = sizeof(*table),
    };

    assert_int_equal(load(f, text, NULL, 0), OBS_OK);
    spec.map = f->root;
    *target = (struct target){0};
    return options_bind(&spec, target, &f->errors);
}

static void defaults_fill_what_is_absent(void **state)
{
    struct target t;

    assert_int_equal(bind(*state, "{}\n", &t), OBS_OK);
    assert_int_equal(t.on, 1);
    assert_int_equal(t.pick, 0);
    assert_int_equal(t.number, 5);
    assert_int_equal(t.wait_ns, 5000000000);
    assert_true(t.ratio == 0.5 && t.per_s == 1.0);
    assert_int_equal(t.bytes, 16 << 20);
    assert_null(t.name);
    assert_string_equal(t.path, "/etc/obs/data/x.db");
    assert_int_equal(t.list.count, 2);
    assert_true(obs_str_is(t.list.items[1], "b"));
    assert_null(t.tree);
}

static void given_values_win(void **state)
{
    struct target t;

    assert_int_equal(bind(*state,
                          "on: no\npick: normal\nnumber: 10\nwait: 1m30s\nratio: 1\nrate: 7/s\n"
                          "max_body: 2KiB\nname: '12'\npath: /abs\nlist: one\ntree: {a: b}\n",
                          &t),
                     OBS_OK);
    assert_int_equal(t.on, 0);
    assert_int_equal(t.pick, 1);
    assert_int_equal(t.number, 10);
    assert_int_equal(t.wait_ns, 90000000000);
    assert_int_equal(t.bytes, 2048);
    assert_string_equal(t.name, "12");
    assert_string_equal(t.path, "/abs");
    assert_int_equal(t.list.count, 1);
    assert_string_equal(obs_conf_str(obs_conf_get(t.tree, "a")).ptr, "b");
}

static void every_mistake_is_told_with_its_place(void **state)
{
    struct fixture *f = *state;
    struct target t;
    static const char *const expected[] = {
        "c.yaml:10:1: plugins.p.maxbody: unknown option; did you mean \"max_body\"?",
        "c.yaml:1:5: plugins.p.on: expected on or off, found \"maybe\"",
        "c.yaml:2:7: plugins.p.pick: expected one of full|normal|off, found \"half\"",
        "c.yaml:3:9: plugins.p.number: expected a whole number of at most 10, found \"11\"",
        "c.yaml:4:7: plugins.p.wait: expected a duration such as 5s of at least 1ms, found \"1us\"",
        "c.yaml:5:8: plugins.p.ratio: expected a number, found \"1,5\"",
        "c.yaml:6:11: plugins.p.max_body: expected a size such as 16MiB, found \"lots\"",
        "c.yaml:7:7: plugins.p.name: expected a text, found a list",
        "c.yaml:8:11: plugins.p.password: expected one of a|b",
        "c.yaml:9:7: plugins.p.tree: expected a mapping, found \"x\"",
    };

    assert_int_equal(bind(f,
                          "on: maybe\npick: half\nnumber: 11\nwait: 1us\nratio: 1,5\n"
                          "max_body: lots\nname: [a]\npassword: hunter2\ntree: x\nmaxbody: 1\n",
                          &t),
                     OBS_E_INVALID);
    assert_int_equal(f->errors.count, sizeof(expected) / sizeof(*expected));
    for (size_t i = 0; i < f->errors.count; i++)
        assert_string_equal(complaint(f, i), expected[i]);
}

static void a_required_option_is_missed(void **state)
{
    static const obs_option required[] = {
        {"key", OBS_OPT_STRING, OBS_OPT_REQUIRED, 0, NULL, NULL, NULL, NULL, "the key to use"}};
    struct fixture *f = *state;
    const char *target = NULL;
    struct options_spec spec = {.arena = f->arena,
                                .path = "plugins.q",
                                .options = required,
                                .n = 1,
                                .stride = sizeof(*required)};

    assert_int_equal(load(f, "{}\n", NULL, 0), OBS_OK);
    assert_int_equal(options_bind(&spec, &target, &f->errors), OBS_E_INVALID);
    assert_non_null(strstr(complaint(f, 0), "plugins.q.key: is required: the key to use"));
}

/* --- units -------------------------------------------------------------------- */

static void reads_units(void **state)
{
    uint64_t bytes;
    int64_t n;
    double d;
    (void)state;

    assert_true(units_size(obs_str_of("1.5KiB"), &bytes) && bytes == 1536);
    assert_true(units_size(obs_str_of("10MB"), &bytes) && bytes == 10000000);
    assert_true(units_size(obs_str_of("0"), &bytes) && bytes == 0);
    assert_true(units_size(obs_str_of("2 gib"), &bytes) && bytes == UINT64_C(2) << 30);
    assert_true(units_duration(obs_str_of("1h30m"), &n) && n == INT64_C(5400) * 1000000000);
    assert_true(units_duration(obs_str_of("250us"), &n) && n == 250000);
    assert_true(units_duration(obs_str_of("0"), &n) && n == 0);
    assert_true(units_duration(obs_str_of("1.5s"), &n) && n == 1500000000);
    assert_true(units_rate(obs_str_of("36/h"), &d) && d == 0.01);
    assert_true(units_int(obs_str_of("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_true(units_float(obs_str_of("-1e3"), &d) && d == -1000);
}

static void refuses_what_is_no_value(void **state)
{
    static const char *const sizes[] = {"", "lots", "-1", "5XB", "1e30", "16 M B", "0x10", "inf"};
    static const char *const durations[] = {"",    "5",     "s",          "-5s",
                                            "5 s", "1h-3m", "300000000d", "5sm"};
    static const char *const ints[] = {"", "1.0", " 1", "1 ", "9223372036854775808", "0x1", "one"};
    uint64_t bytes;
    int64_t n;
    double d;
    int32_t b;
    (void)state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        assert_false(units_size(obs_str_of(sizes[i]), &bytes));
    for (size_t i = 0; i < sizeof(durations) / sizeof(*durations); i++)
        assert_false(units_duration(obs_str_of(durations[i]), &n));
    for (size_t i = 0; i < sizeof(ints) / sizeof(*ints); i++)
        assert_false(units_int(obs_str_of(ints[i]), &n));
    assert_false(units_rate(obs_str_of("5/x"), &d));
    assert_false(units_float(obs_str_of("nan"), &d));
    assert_false(units_bool(obs_str_of("2"), &b));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(keeps_line_and_column_of_every_node),
        WITH(refuses_broken_and_dangerous_yaml),
        WITH(refuses_what_is_too_deep),
        WITH(a_missing_file_is_named),
        WITH(fills_in_environment_and_files),
        WITH(tells_every_substitution_that_fails),
        WITH(the_command_line_overrides),
        WITH(defaults_fill_what_is_absent),
        WITH(given_values_win),
        WITH(every_mistake_is_told_with_its_place),
        WITH(a_required_option_is_missed),
        WITH(reads_units),
        WITH(refuses_what_is_no_value),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
