/* SPDX-License-Identifier: Apache-2.0 */
/* Option tables against a configuration. */
#include "fixture.h"

#include "config/options.h"

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

    assert_int_equal(fixture_load(f, text, NULL, 0), OBS_OK);
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
        assert_string_equal(fixture_complaint(f, i), expected[i]);
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

    assert_int_equal(fixture_load(f, "{}\n", NULL, 0), OBS_OK);
    assert_int_equal(options_bind(&spec, &target, &f->errors), OBS_E_INVALID);
    assert_non_null(strstr(fixture_complaint(f, 0), "plugins.q.key: is required: the key to use"));
}

static void a_secret_is_never_shown(void **state)
{
    struct fixture *f = *state;
    struct target t;

    setenv("OBS_TEST_SECRET", "hunter2", 1);
    fixture_write(f, "secret", "hunter2", 0600);
    assert_int_equal(bind(f,
                          "password: hunter2\nmax_body: ${file:secret}\n"
                          "pick: ${OBS_TEST_SECRET}\n",
                          &t),
                     OBS_E_INVALID);
    assert_int_equal(f->errors.count, 3);
    for (size_t i = 0; i < f->errors.count; i++)
        assert_null(strstr(fixture_complaint(f, i), "hunter2"));
    assert_string_equal(fixture_complaint(f, 1), "c.yaml:2:11: plugins.p.max_body: expected a size "
                                                 "such as 16MiB, found what ${} gave");
}

static void a_long_value_is_cut_in_the_complaint(void **state)
{
    struct fixture *f = *state;
    struct target t;
    char text[3000] = "max_body: '";

    for (size_t i = 0; i < 500; i++)
        strcat(text, "\xc3\xa9");
    strcat(text, "'\n");
    assert_int_equal(bind(f, text, &t), OBS_E_INVALID);
    assert_true(strlen(fixture_complaint(f, 0)) < 200);
    assert_non_null(strstr(fixture_complaint(f, 0), "\xc3\xa9\xe2\x80\xa6\""));
}

static void a_place_on_the_command_line_is_told(void **state)
{
    static const char *const sets[] = {"number=0", "numbr=1", "tree=[a, b]", "list=[a, {}]"};
    static const char *const expected[] = {
        "--set numbr: plugins.p.numbr: unknown option; did you mean \"number\"?",
        "--set number: plugins.p.number: expected a whole number of at least 1, found \"0\"",
        "--set list: plugins.p.list: expected a list such as [a, b]; an item of it is no text",
    };
    struct fixture *f = *state;
    struct target t = {0};
    struct options_spec spec = {.arena = f->arena,
                                .path = "plugins.p",
                                .options = table,
                                .n = N_TABLE,
                                .stride = sizeof(*table)};

    assert_int_equal(fixture_load(f, NULL, sets, 4), OBS_OK);
    spec.map = f->root;
    assert_int_equal(options_bind(&spec, &t, &f->errors), OBS_E_INVALID);
    assert_int_equal(f->errors.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(fixture_complaint(f, i), expected[i]);
    assert_int_equal(obs_conf_count(t.tree), 2);
}

static void lists_may_be_empty(void **state)
{
    static const obs_option lists[] = {
        {"none", OBS_OPT_LIST, 0, 0, "", NULL, NULL, NULL, "a list"},
        {"some", OBS_OPT_LIST, 0, sizeof(obs_str_list), "a, b,c", NULL, NULL, NULL, "a list"}};
    struct fixture *f = *state;
    obs_str_list target[2];
    struct options_spec spec = {
        .arena = f->arena, .path = "", .options = lists, .n = 2, .stride = sizeof(*lists)};

    conf_errors_init(&f->errors, f->arena);
    assert_int_equal(options_bind(&spec, target, &f->errors), OBS_OK);
    assert_null(target[0].items);
    assert_int_equal(target[0].count, 0);
    assert_int_equal(target[1].count, 3);
    assert_true(obs_str_is(target[1].items[1], "b"));
    assert_int_equal(fixture_load(f, "some: []\n", NULL, 0), OBS_OK);
    spec.map = f->root;
    assert_int_equal(options_bind(&spec, target, &f->errors), OBS_OK);
    assert_null(target[1].items);
}

/* A plugin's mistake is told like an operator's: the host goes on. */
static void a_wrong_table_is_a_complaint_not_a_crash(void **state)
{
    static const obs_option wrong[] = {
        {"def", OBS_OPT_SIZE, 0, 0, "much", NULL, NULL, NULL, "a size"},
        {"min", OBS_OPT_INT, 0, 0, "1", "one", NULL, NULL, "a number"},
        {"max", OBS_OPT_INT, 0, 0, "1", NULL, "ten", NULL, "a number"},
        {"far", OBS_OPT_FLOAT, 0, 0, "11", NULL, "9", NULL, "a ratio"},
        {"choice", OBS_OPT_CHOICE, 0, 0, "a", NULL, NULL, NULL, "a choice"},
        {"type", 99, 0, 0, NULL, NULL, NULL, NULL, "what?"},
        {"zero", 0, 0, 0, NULL, NULL, NULL, NULL, NULL},
    };
    static const char *const expected[] = {
        "x.def: the default of this option, \"much\", is not valid: expected a size such as 16MiB",
        "x.min: the option's own least value, \"one\", is not valid",
        "x.max: the option's own greatest value, \"ten\", is not valid",
        "x.far: the default of this option, \"11\", is not valid: expected a number of at most 9",
        "x.choice: the option's own list of choices, \"\", is not valid",
        "x.type: an option of type 99, which this host does not know",
        "x.zero: an option of type 0, which this host does not know",
    };
    struct fixture *f = *state;
    int64_t target;
    struct options_spec spec = {
        .arena = f->arena, .path = "x", .options = wrong, .n = 7, .stride = sizeof(*wrong)};

    conf_errors_init(&f->errors, f->arena);
    assert_int_equal(options_bind(&spec, &target, &f->errors), OBS_E_INVALID);
    assert_int_equal(f->errors.count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(fixture_complaint(f, i), expected[i]);
}

static void options_that_are_no_mapping_are_refused(void **state)
{
    struct fixture *f = *state;
    struct target t;
    struct options_spec spec = {.arena = f->arena,
                                .path = "plugins.p",
                                .options = table,
                                .n = N_TABLE,
                                .stride = sizeof(*table)};

    assert_int_equal(fixture_load(f, "p: 5\nq: [a]\n", NULL, 0), OBS_OK);
    spec.map = obs_conf_get(f->root, "p");
    assert_int_equal(options_bind(&spec, &t, &f->errors), OBS_E_INVALID);
    spec.map = obs_conf_get(f->root, "q");
    assert_int_equal(options_bind(&spec, &t, &f->errors), OBS_E_INVALID);
    assert_string_equal(fixture_complaint(f, 0),
                        "c.yaml:1:4: plugins.p: expected options as a mapping");
    assert_string_equal(fixture_complaint(f, 1),
                        "c.yaml:2:4: plugins.p: expected options as a mapping");
}

/* A later minor may append members to obs_option: elements are `stride` apart. */
static void a_table_of_larger_elements_is_read(void **state)
{
    static const struct {
        obs_option option;
        uint64_t later[3];
    } wide[] = {
        {{"a", OBS_OPT_INT, 0, 0, "7", NULL, NULL, NULL, "first"}, {1, 2, 3}},
        {{"b", OBS_OPT_INT, 0, 8, "9", NULL, NULL, NULL, "second"}, {4, 5, 6}},
    };
    struct fixture *f = *state;
    int64_t target[2] = {0};
    struct options_spec spec = {
        .arena = f->arena, .path = "", .options = &wide[0].option, .n = 2, .stride = sizeof(*wide)};

    conf_errors_init(&f->errors, f->arena);
    assert_int_equal(options_bind(&spec, target, &f->errors), OBS_OK);
    assert_int_equal(target[0], 7);
    assert_int_equal(target[1], 9);
}

static int is_module(obs_str key)
{
    return obs_str_is(key, "module");
}

static void keys_of_the_host_are_passed_over(void **state)
{
    struct fixture *f = *state;
    struct target t;
    struct options_spec spec = {.arena = f->arena,
                                .path = "p",
                                .options = table,
                                .n = N_TABLE,
                                .stride = sizeof(*table),
                                .known = is_module};

    assert_int_equal(fixture_load(f, "module: /x.so\nmodul: 1\n", NULL, 0), OBS_OK);
    spec.map = f->root;
    assert_int_equal(options_bind(&spec, &t, &f->errors), OBS_E_INVALID);
    assert_int_equal(f->errors.count, 1);
    assert_string_equal(fixture_complaint(f, 0), "c.yaml:2:1: p.modul: unknown option");
}

static void the_table_prints_itself(void **state)
{
    static const obs_option some[] = {
        {"size", OBS_OPT_SIZE, 0, 0, "1MiB", "1", "1GiB", NULL, "bytes kept"},
        {"mode", OBS_OPT_CHOICE, 0, 0, "a", NULL, NULL, "a|b", "which way"},
        {"key", OBS_OPT_STRING, OBS_OPT_SECRET | OBS_OPT_REQUIRED, 0, NULL, NULL, NULL, NULL,
         "why"},
        {"hush", OBS_OPT_STRING, OBS_OPT_SECRET, 0, "hunter2", NULL, NULL, NULL, "quiet"},
        {"n", OBS_OPT_INT, 0, 0, NULL, "1", NULL, NULL, "how many"},
    };
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    (void)state;

    options_print(to, some, 5, sizeof(*some));
    fclose(to);
    assert_string_equal(text,
                        "  size                     size      default 1MiB (1 to 1GiB)\n"
                        "      bytes kept\n"
                        "  mode                     a|b       default a\n      which way\n"
                        "  key                      text      required, secret\n      why\n"
                        "  hush                     text      secret\n      quiet\n"
                        "  n                        number    (at least 1)\n      how many\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(defaults_fill_what_is_absent),
        WITH(given_values_win),
        WITH(every_mistake_is_told_with_its_place),
        WITH(a_required_option_is_missed),
        WITH(a_secret_is_never_shown),
        WITH(a_long_value_is_cut_in_the_complaint),
        WITH(a_place_on_the_command_line_is_told),
        WITH(lists_may_be_empty),
        WITH(a_wrong_table_is_a_complaint_not_a_crash),
        WITH(options_that_are_no_mapping_are_refused),
        WITH(a_table_of_larger_elements_is_read),
        WITH(keys_of_the_host_are_passed_over),
        WITH(the_table_prints_itself),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
