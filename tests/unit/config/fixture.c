/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "config/config.h"

#include <sys/stat.h>
#include <unistd.h>

int fixture_setup(void **state)
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

int fixture_teardown(void **state)
{
    static const char *const names[] = {"c.yaml", "secret", "fifo", "sub/secret", "sub/real.yaml"};
    struct fixture *f = *state;
    char path[100];

    obs_arena_destroy(f->arena);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(path, sizeof(path), "%s/%s", f->folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/sub", f->folder);
    rmdir(path);
    rmdir(f->folder);
    free(f);
    return 0;
}

void fixture_write(const struct fixture *f, const char *name, const char *text, mode_t mode)
{
    char path[100];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", f->folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

int fixture_load(struct fixture *f, const char *text, const char *const *sets, size_t n_sets)
{
    conf_errors_init(&f->errors, f->arena);
    f->root = NULL;
    if (text)
        fixture_write(f, "c.yaml", text, 0644);
    return config_load(f->arena, text ? f->file : NULL, sets, n_sets, &f->root, &f->errors);
}

const char *fixture_complaint(const struct fixture *f, size_t i)
{
    size_t len = strlen(f->folder);

    if (i >= f->errors.count)
        return "";
    return strncmp(f->errors.items[i].text.ptr, f->folder, len) == 0
               ? f->errors.items[i].text.ptr + len + 1
               : f->errors.items[i].text.ptr;
}
