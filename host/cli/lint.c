/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory lint`: what the server would say about plugin files, for their
 * authors. Reads them only, so that files of strangers may be looked at. */
#include "plugin/lint.h"

#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define EX_REFUSED 1

static void print_findings(const char *path, const struct lint_report *report)
{
    for (size_t i = 0; i < report->n_findings; i++) {
        const struct lint_finding *finding = &report->findings[i];

        printf("%s: %s %s: %s\n", path, finding->severity == LINT_REFUSE ? "refuse" : "warn",
               finding->rule, finding->sentence);
    }
}

static void print_summary(const char *path, const struct lint_report *report, bool is_refused)
{
    const struct note *note = &report->note;

    printf("%s: ", path);
    if (note->name[0])
        printf("%s %s, ABI %u.%u: ", note->name, note->version, note->head.abi_major,
               note->head.abi_minor);
    if (is_refused)
        printf("refused\n");
    else if (report->stays_because[0])
        printf("stays mapped, because %s\n", report->stays_because);
    else
        printf("can be unmapped\n");
}

static int judge(const char *path, int fd, uint64_t bytes, bool is_strict)
{
    struct lint_report report;
    bool is_refused = lint_file(fd, bytes, &report) < 0;

    print_findings(path, &report);
    print_summary(path, &report, is_refused);
    return is_refused || (is_strict && report.n_findings > 0) ? EX_REFUSED : EX_OK;
}

/* O_NONBLOCK keeps a FIFO from holding us. */
static int lint(const char *path, bool is_strict)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    int code;

    if (fd < 0 || fstat(fd, &st) < 0) {
        fprintf(stderr, "observatory: %s cannot be read: %s\n", path, strerror(errno));
        code = EX_NOINPUT;
    } else if (!S_ISREG(st.st_mode)) {
        fprintf(stderr, "observatory: %s is not a regular file\n", path);
        code = EX_NOINPUT;
    } else {
        code = judge(path, fd, (uint64_t)st.st_size, is_strict);
    }
    if (fd >= 0)
        close(fd);
    return code;
}

int verb_lint(const struct arguments *arguments)
{
    const char *const *words = arguments->words;
    bool is_strict = false;
    int n_files = 0;
    int worst = EX_OK;

    for (int i = 1; i < arguments->n_words; i++) {
        if (strcmp(words[i], "--strict") == 0)
            is_strict = true;
        else if (words[i][0] == '-')
            return verb_usage(&(struct arguments){.words = words, .n_words = i + 1});
        else
            n_files++;
    }
    if (n_files == 0)
        return verb_usage(&(struct arguments){.words = words, .n_words = 1});
    for (int i = 1; i < arguments->n_words; i++) {
        int code = words[i][0] == '-' ? EX_OK : lint(words[i], is_strict);

        worst = code > worst ? code : worst;
    }
    return worst;
}
