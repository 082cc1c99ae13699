/* SPDX-License-Identifier: Apache-2.0 */
/* YAML text to nodes. */
#include "fixture.h"

#include "config/config.h"

#include <sys/stat.h>

static void keeps_line_and_column_of_every_node(void **state)
{
    struct fixture *f = *state;
    const obs_conf *list;

    assert_int_equal(fixture_load(f, "a: 1\nb:\n  c: [x, 'null', ~]\n  d: \"\"\n", NULL, 0),
                     OBS_OK);
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

static const obs_conf *at(const obs_conf *node, const char *a, const char *b)
{
    node = obs_conf_get(node, a);
    return b ? obs_conf_get(node, b) : node;
}

static void refuses_broken_and_dangerous_yaml(void **state)
{
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        {"a: [1, 2\nb: 3\n", "c.yaml:2:"},
        {"a: 1\na: 2\n", "c.yaml:2:1: the key \"a\" stands here twice, first in line 1"},
        {"a: {b: 1,\n  \"b\": 2}\n",
         "c.yaml:2:3: the key \"b\" stands here twice, first in line 1"},
        {"a: *x\n", "c.yaml:1:4: the alias *x has no anchor &x before it"},
        {"a: &x [1, *x]\n", "c.yaml:1:11: the alias *x stands inside what &x names"},
        {"a: *x\nb: &x 1\n", "c.yaml:1:4: the alias *x has no anchor"},
        {"a: &x {b: 1}\nc:\n  <<: *x\n", "c.yaml:3:3: merge keys (<<) are not supported"},
        {"a: !!int 3\n", "c.yaml:1:4: tags are not supported"},
        {"a: !x [3]\n", "c.yaml:1:4: tags are not supported"},
        {"a: !x {b: 3}\n", "c.yaml:1:4: tags are not supported"},
        {"a: 1\n---\nb: 2\n", "c.yaml:2:1: a second document; expected one"},
        {"- 1\n", "c.yaml:1:1: expected a mapping such as `plugins:`"},
        {"a: \"x\\0y\"\n", "c.yaml:1:4: a NUL character in a value"},
        {"? [a]\n: b\n", "c.yaml:1:3: expected a key that is a single word"},
        {"ok: yes\n\xc3\xa9: \xff\n", "c.yaml:2:4: "},
        {"a: 1\nb: x\x01\n", "c.yaml:2:5: "},
        {"a:\n\tb: 1\n", "c.yaml:2:1: "},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t len = strlen(cases[i].complaint);
        assert_true(fixture_load(f, cases[i].text, NULL, 0) < 0);
        if (strncmp(fixture_complaint(f, 0), cases[i].complaint, len) != 0)
            fail_msg("expected %s, got %s", cases[i].complaint, fixture_complaint(f, 0));
    }
}

static void an_alias_is_a_copy_of_its_own(void **state)
{
    static const char *const sets[] = {"b.list=changed"};
    struct fixture *f = *state;

    assert_int_equal(fixture_load(f,
                                  "a: &shared\n  list: [&one 1, 2]\n  b: {c: d}\nb: *shared\n"
                                  "c: *one\nd: &one again\ne: *one\n",
                                  sets, 1),
                     OBS_OK);
    assert_int_equal(obs_conf_count(at(f->root, "a", "list")), 2);
    assert_string_equal(obs_conf_str(at(f->root, "b", "list")).ptr, "changed");
    assert_string_equal(obs_conf_str(obs_conf_get(at(f->root, "b", "b"), "c")).ptr, "d");
    assert_int_equal(obs_conf_line(obs_conf_get(at(f->root, "b", "b"), "c")), 3);
    assert_string_equal(obs_conf_str(at(f->root, "c", NULL)).ptr, "1");
    assert_string_equal(obs_conf_str(at(f->root, "e", NULL)).ptr, "again");
}

/* Nine lines that would be a billion values. */
static void a_billion_laughs_end_early(void **state)
{
    struct fixture *f = *state;
    char text[1000] = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n";

    for (int i = 1; i < 9; i++)
        sprintf(text + strlen(text), "l%d: &l%d [*l%d, *l%d, *l%d, *l%d, *l%d, *l%d, *l%d, *l%d]\n",
                i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    assert_true(fixture_load(f, text, NULL, 0) < 0);
    assert_non_null(strstr(fixture_complaint(f, 0), "more than a million values"));
}

/* Each level is an alias, so the text itself is nested twice only. */
static void aliases_count_in_depth(void **state)
{
    struct fixture *f = *state;
    char text[4000] = "l0: &l0 [x]\n";

    for (int i = 1; i < 80; i++)
        sprintf(text + strlen(text), "l%d: &l%d [*l%d]\n", i, i, i - 1);
    assert_true(fixture_load(f, text, NULL, 0) < 0);
    assert_non_null(strstr(fixture_complaint(f, 0), "deeper than 64"));
}

static void too_many_anchors_are_refused(void **state)
{
    struct fixture *f = *state;
    char *text = calloc(1, 40000);
    size_t len = 0;

    for (int i = 0; i < 1001; i++)
        len += (size_t)sprintf(text + len, "a%d: &a%d 1\n", i, i);
    assert_true(fixture_load(f, text, NULL, 0) < 0);
    assert_non_null(strstr(fixture_complaint(f, 0), "c.yaml:1001:8: more than a thousand anchors"));
    free(text);
}

static void refuses_what_is_too_deep(void **state)
{
    struct fixture *f = *state;
    char text[300] = "a: ";

    memset(text + 3, '[', 100);
    memset(text + 103, ']', 100);
    assert_true(fixture_load(f, text, NULL, 0) < 0);
    assert_non_null(strstr(fixture_complaint(f, 0), "deeper than 64"));
}

static void a_missing_file_is_named(void **state)
{
    struct fixture *f = *state;

    conf_errors_init(&f->errors, f->arena);
    assert_true(config_load(f->arena, "/no/such.yaml", NULL, 0, &f->root, &f->errors) < 0);
    assert_string_equal(fixture_complaint(f, 0), "/no/such.yaml: No such file or directory");
}

static void what_is_no_file_is_not_waited_for(void **state)
{
    struct fixture *f = *state;
    const obs_conf *root;
    char path[100], error[256] = "";

    snprintf(path, sizeof(path), "%s/fifo", f->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_true(obs_conf_load(f->arena, path, &root, error, sizeof(error)) < 0);
    assert_non_null(strstr(error, "not a regular file"));
    assert_true(obs_conf_load(f->arena, f->folder, &root, error, sizeof(error)) < 0);
    assert_non_null(strstr(error, "not a regular file"));
}

static void null_is_plain_and_text_is_quoted(void **state)
{
    static const char *const nulls[] = {"a:\n", "a: ~\n", "a: null\n", "a: Null\n", "a: NULL\n"};
    static const char *const texts[] = {"a: ''\n", "a: '~'\n", "a: \"null\"\n", "a: nulls\n",
                                        "a: |\n  ~\n"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(nulls) / sizeof(*nulls); i++) {
        assert_int_equal(fixture_load(f, nulls[i], NULL, 0), OBS_OK);
        assert_int_equal(obs_conf_type(at(f->root, "a", NULL)), OBS_CONF_NULL);
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(fixture_load(f, texts[i], NULL, 0), OBS_OK);
        assert_int_equal(obs_conf_type(at(f->root, "a", NULL)), OBS_CONF_SCALAR);
    }
    assert_int_equal(fixture_load(f, "", NULL, 0), OBS_OK);
    assert_int_equal(obs_conf_type(f->root), OBS_CONF_MAPPING);
}

static void a_data_file_is_read_with_its_places(void **state)
{
    struct fixture *f = *state;
    const obs_conf *root;
    char error[256];
    obs_str key;

    fixture_write(f, "c.yaml", "# prices\n- {model: a, input: '${X}'}\n- b\n", 0644);
    assert_int_equal(obs_conf_load(f->arena, f->file, &root, error, sizeof(error)), OBS_OK);
    assert_int_equal(obs_conf_count(root), 2);
    assert_string_equal(obs_conf_str(obs_conf_at(obs_conf_at(root, 0, NULL), 1, &key)).ptr, "${X}");
    assert_true(obs_str_is(key, "input"));
    assert_int_equal(obs_conf_line(obs_conf_at(root, 1, NULL)), 3);
    assert_int_equal(obs_conf_column(obs_conf_at(root, 1, NULL)), 3);
    fixture_write(f, "c.yaml", "a: [\n", 0644);
    assert_int_equal(obs_conf_load(f->arena, f->file, &root, error, sizeof(error)), OBS_E_SYNTAX);
    assert_non_null(strstr(error, "c.yaml:2:1: "));
}

static void a_text_is_read_under_its_name(void **state)
{
    static const char json[] = "{\"a\":{\"b\":[1,\n2.50]}}";
    struct fixture *f = *state;
    const obs_conf *root, *list;
    char name[] = "document", error[256];

    assert_int_equal(obs_conf_parse(f->arena, obs_str_of(json), name, &root, error, sizeof(error)),
                     OBS_OK);
    name[0] = 'x'; /* it was copied */
    list = at(root, "a", "b");
    assert_string_equal(obs_conf_str(obs_conf_at(list, 1, NULL)).ptr, "2.50");
    assert_string_equal(obs_conf_source(list), "document");
    assert_int_equal(obs_conf_line(obs_conf_at(list, 1, NULL)), 2);
    assert_string_equal(obs_conf_source(NULL), "");
    assert_int_equal(
        obs_conf_parse(f->arena, obs_str_of("a: ["), "text", &root, error, sizeof(error)),
        OBS_E_SYNTAX);
    assert_ptr_equal(strstr(error, "text:"), error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_text_is_read_under_its_name),     WITH(keeps_line_and_column_of_every_node),
        WITH(refuses_broken_and_dangerous_yaml), WITH(an_alias_is_a_copy_of_its_own),
        WITH(a_billion_laughs_end_early),        WITH(aliases_count_in_depth),
        WITH(too_many_anchors_are_refused),      WITH(refuses_what_is_too_deep),
        WITH(a_missing_file_is_named),           WITH(what_is_no_file_is_not_waited_for),
        WITH(null_is_plain_and_text_is_quoted),  WITH(a_data_file_is_read_with_its_places),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
