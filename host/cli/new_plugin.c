/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory new-plugin NAME`: writes a folder that builds, is tested and can
 * be loaded. The files are those of the SDK's templates with the name filled in. */
#include "cli/verbs.h"

#include "plugin/descriptor.h"
#include "plugin/folders.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define PLACEHOLDER "@NAME@"

struct order {
    const char *name;
    const char *lang;   /* "c" */
    const char *folder; /* to make the plugin's own folder in; "": the current one */
    char from[PATH_MAX], to[PATH_MAX];
};

static int fail(int code, const char *what, const char *path)
{
    fprintf(stderr, "observatory: %s %s: %s\n", what, path, strerror(errno));
    return code;
}

/* Writes `text` with every placeholder replaced. */
static void write_filled(FILE *to, const char *text, const char *name)
{
    const char *at;

    while ((at = strstr(text, PLACEHOLDER)) != NULL) {
        fwrite(text, 1, (size_t)(at - text), to);
        fputs(name, to);
        text = at + strlen(PLACEHOLDER);
    }
    fputs(text, to);
}

/* The whole file as text, to be freed; NULL with errno. */
static char *read_text(const char *path)
{
    FILE *from = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    ssize_t len = from ? getdelim(&text, &size, '\0', from) : -1;

    if (from)
        fclose(from);
    if (len >= 0)
        return text;
    free(text);
    return NULL;
}

static int write_file(const struct order *order, const char *name)
{
    char from[PATH_MAX + 300], to[PATH_MAX + 300];
    char *text;
    FILE *out;

    snprintf(from, sizeof(from), "%s/%s", order->from, name);
    text = read_text(from);
    if (!text)
        return fail(EX_SOFTWARE, "cannot read the template", from);
    if (strncmp(name, PLACEHOLDER, strlen(PLACEHOLDER)) == 0)
        snprintf(to, sizeof(to), "%s/%s%s", order->to, order->name, name + strlen(PLACEHOLDER));
    else
        snprintf(to, sizeof(to), "%s/%s", order->to, name);
    out = fopen(to, "wxe");
    if (out)
        write_filled(out, text, order->name);
    free(text);
    if (!out || fclose(out) != 0)
        return fail(EX_CANTCREAT, "cannot write", to);
    return EX_OK;
}

static int write_all(const struct order *order)
{
    const struct dirent *entry;
    DIR *dir = opendir(order->from);
    int code = dir ? EX_OK : fail(EX_SOFTWARE, "no template in", order->from);

    while (code == EX_OK && (entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            code = write_file(order, entry->d_name);
    if (dir)
        closedir(dir);
    return code;
}

static void print_next_steps(const struct order *order)
{
    printf("%s is there. Next:\n\n"
           "  cd %s\n"
           "  meson setup build && meson compile -C build && meson test -C build\n"
           "  observatory --config %s.yaml serve\n\n"
           "README.md has the rest.\n",
           order->to, order->to, order->name);
}

static int make(struct order *order)
{
    char templates[PATH_MAX];
    int code;

    if (folders_template(templates, sizeof(templates)) < 0 ||
        snprintf(order->from, sizeof(order->from), "%s/%s", templates, order->lang) >=
            (int)sizeof(order->from) ||
        snprintf(order->to, sizeof(order->to), "%s%s%s", order->folder, order->folder[0] ? "/" : "",
                 order->name) >= (int)sizeof(order->to)) {
        fprintf(stderr, "observatory: the path is too long\n");
        return EX_USAGE;
    }
    if (access(order->from, R_OK) < 0)
        return fail(EX_UNAVAILABLE, "there is no template in", order->from);
    if (mkdir(order->to, 0777) < 0)
        return fail(EX_CANTCREAT, "cannot make the folder", order->to);
    code = write_all(order);
    if (code == EX_OK)
        print_next_steps(order);
    return code;
}

int verb_new_plugin(const struct arguments *arguments)
{
    struct order order = {.lang = "c", .folder = ""};

    for (int i = 1; i < arguments->n_words; i++) {
        const char *word = arguments->words[i];
        bool has_value = i + 1 < arguments->n_words;

        if (strcmp(word, "--lang") == 0 && has_value)
            order.lang = arguments->words[++i];
        else if (strcmp(word, "--folder") == 0 && has_value)
            order.folder = arguments->words[++i];
        else if (word[0] != '-' && !order.name)
            order.name = word;
        else
            return verb_usage(&(struct arguments){.words = arguments->words, .n_words = i + 1});
    }
    if (!order.name)
        return verb_usage(&(struct arguments){.words = arguments->words, .n_words = 1});
    if (!descriptor_is_name(obs_str_of(order.name))) {
        fprintf(stderr,
                "observatory: \"%s\" is no name for a plugin: expected 1-64 of a-z, 0-9, "
                "'-' and '_'\n",
                order.name);
        return EX_USAGE;
    }
    if (strcmp(order.lang, "c") != 0 && strcmp(order.lang, "cpp") != 0) {
        fprintf(stderr, "observatory: --lang %s: expected c or cpp\n", order.lang);
        return EX_USAGE;
    }
    return make(&order);
}
