/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file and overrides, separated by NULs, all the way into a
 * struct: no input crashes, and no refusal is without a complaint of one line. */
#include "config/config.h"
#include "config/options.h"

#include <sys/mman.h>
#include <unistd.h>

#define MAX_SETS 16
#define ARENA_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    int32_t on, pick;
    int64_t number, wait_ns;
    double ratio, per_s;
    uint64_t bytes;
    const char *name, *path;
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
    {"name", OBS_OPT_STRING, OBS_OPT_REQUIRED, AT(name), NULL, NULL, NULL, NULL, "a text"},
    {"path", OBS_OPT_PATH, OBS_OPT_SECRET, AT(path), "x.db", NULL, NULL, NULL, "a path"},
    {"list", OBS_OPT_LIST, 0, AT(list), "a,b", NULL, NULL, NULL, "a list"},
    {"tree", OBS_OPT_TREE, 0, AT(tree), NULL, NULL, NULL, NULL, "a tree"},
};

static void require(int condition)
{
    if (!condition)
        __builtin_trap();
}

static void check_complaints(const struct conf_errors *errors, int rc)
{
    require(rc == OBS_OK || rc == OBS_E_NOMEM || errors->count > 0);
    for (size_t i = 0; i < errors->count; i++) {
        obs_str text = errors->items[i].text;
        require(text.len > 0 && !memchr(text.ptr, '\n', text.len));
    }
}

static void bind_and_check(obs_arena *arena, const obs_conf *root, struct conf_errors *errors)
{
    struct target target = {0};
    struct options_spec spec = {
        .arena = arena,
        .map = root,
        .path = "plugins.fuzz",
        .folder = obs_str_of("/folder"),
        .options = table,
        .n = sizeof(table) / sizeof(*table),
        .stride = sizeof(*table),
    };
    int rc = options_bind(&spec, &target, errors);

    check_complaints(errors, rc);
    if (rc < 0)
        return;
    require(target.number >= 1 && target.number <= 10 && target.pick >= 0 && target.pick <= 2);
    require(target.ratio >= 0 && target.ratio <= 1 && target.path[0] == '/');
    require(target.name && (target.list.items || target.list.count == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_arena *arena;
    const char *sets[MAX_SETS], *file_end;
    char path[64], *text;
    struct conf_errors errors;
    const obs_conf *root;
    size_t n_sets = 0;
    int fd, rc;

    if (memmem(data, size, "file:", 5))
        return 0; /* would open whatever path the fuzzer comes up with */
    arena = obs_arena_create(ARENA_BYTES);
    text = (char *)obs_arena_dup(arena, obs_str_n((const char *)data, size)).ptr;
    file_end = text + strlen(text);
    for (const char *p = file_end + 1; p < text + size && n_sets < MAX_SETS; p += strlen(p) + 1)
        sets[n_sets++] = p;
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, text, (size_t)(file_end - text)) == file_end - text);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    conf_errors_init(&errors, arena);
    rc = config_load(arena, path, sets, n_sets, &root, &errors);
    check_complaints(&errors, rc);
    if (rc == OBS_OK)
        bind_and_check(arena, root, &errors);
    close(fd);
    obs_arena_destroy(arena);
    return 0;
}
