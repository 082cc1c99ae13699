/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule is a function of what the file says. The refusals come first: a
 * file that has one is not loaded, whatever else there is to say. */
#include "plugin/lint.h"

#include "plugin/symbols.h"

#include <stdarg.h>
#include <stdio.h>

struct inspection {
    const struct elf_file *file;
    struct lint_report *report;
};

/* Symbol names come from the file: nothing of them may reach a terminal. */
static void make_printable(char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            *text = '?';
    }
}

static bool is_known(const struct lint_report *report, const char *sentence)
{
    for (size_t i = 0; i < report->n_findings; i++) {
        if (strcmp(report->findings[i].sentence, sentence) == 0)
            return true;
    }
    return false;
}

/* Each sentence once, and no more of them than anybody reads. */
OBS_PRINTF(4, 5)
static void find(struct lint_report *report, enum lint_severity severity, const char *rule,
                 const char *format, ...)
{
    struct lint_finding finding = {.rule = rule, .severity = severity};
    va_list args;

    va_start(args, format);
    vsnprintf(finding.sentence, sizeof(finding.sentence), format, args);
    va_end(args);
    make_printable(finding.sentence);
    if (report->n_findings < LINT_MAX_FINDINGS && !is_known(report, finding.sentence))
        report->findings[report->n_findings++] = finding;
}

#define REFUSE(with, rule, ...) find((with)->report, LINT_REFUSE, rule, __VA_ARGS__)
#define WARN(with, rule, ...) find((with)->report, LINT_WARN, rule, __VA_ARGS__)

/* The first reason is enough. */
static void stay(struct lint_report *report, const char *format, const char *symbol)
{
    if (report->stays_because[0])
        return;
    snprintf(report->stays_because, sizeof(report->stays_because), format, symbol);
    make_printable(report->stays_because);
}

/* ---- the note ------------------------------------------------------------------ */

static void check_note(const struct inspection *with)
{
    struct note note = {0};
    int rc = note_read(with->file, &note);

    if (rc == OBS_E_NOT_FOUND)
        REFUSE(with, "note",
               "it carries no note of this server, so it is no plugin or an unfinished one: put "
               "OBS_PLUGIN_NOTE(\"name\", \"version\") beside %s",
               OBS_PLUGIN_SYMBOL);
    else if (rc < 0)
        REFUSE(with, "note", "its note is damaged: it must come from OBS_PLUGIN_NOTE()");
    else
        with->report->note = note;
}

static void check_abi(const struct inspection *with)
{
    const obs_plugin_note *note = &with->report->note.head;

    if (!with->report->note.name[0])
        return; /* there is no note to tell */
    if (note->abi_major != OBS_ABI_MAJOR)
        REFUSE(with, "abi",
               "it was built for ABI %u.%u, this host has %d.%d: build it with the headers of %d.x",
               note->abi_major, note->abi_minor, OBS_ABI_MAJOR, OBS_ABI_MINOR, OBS_ABI_MAJOR);
    else if (note->abi_minor > OBS_ABI_MINOR)
        REFUSE(with, "abi", "it needs ABI %u.%u, this host has %d.%d: a newer observatory runs it",
               note->abi_major, note->abi_minor, OBS_ABI_MAJOR, OBS_ABI_MINOR);
}

/* ---- symbols ------------------------------------------------------------------- */

static void check_exports(const struct inspection *with)
{
    char first[ELF_NAME_BYTES] = "";
    struct elf_symbol symbol;
    bool has_entry = false;
    size_t n_others = 0;

    for (uint64_t i = 0; elf_symbol(with->file, i, &symbol); i++) {
        if (!symbol.is_defined || symbol.bind == STB_LOCAL || symbol_is_of_toolchain(symbol.name))
            continue;
        if (strcmp(symbol.name, OBS_PLUGIN_SYMBOL) == 0)
            has_entry = true;
        else if (n_others++ == 0)
            memcpy(first, symbol.name, sizeof(first));
    }
    if (!has_entry)
        REFUSE(with, "entry", "it does not export %s: define it with OBS_EXPORT",
               OBS_PLUGIN_SYMBOL);
    if (n_others > 0)
        REFUSE(with, "exports",
               "it exports %.100s%s besides %s, which others may bind to by accident: compile it "
               "with -fvisibility=hidden, or link it with a version script",
               first, n_others > 1 ? " and more" : "", OBS_PLUGIN_SYMBOL);
}

static void check_imports(const struct inspection *with)
{
    struct elf_symbol symbol;

    for (uint64_t i = 0; elf_symbol(with->file, i, &symbol); i++) {
        const struct denied_symbol *denied = symbol.is_defined ? NULL : symbol_denied(symbol.name);

        if (!denied)
            continue;
        WARN(with, "import", "it calls %s: %s", denied->name, denied->why);
        if (denied->is_left_behind)
            stay(with->report, "it calls %s", denied->name);
    }
}

static void check_unique(const struct inspection *with)
{
    struct elf_symbol symbol;

    for (uint64_t i = 0; elf_symbol(with->file, i, &symbol); i++) {
        if (!symbol.is_defined || symbol.bind != STB_GNU_UNIQUE)
            continue;
        WARN(with, "unique-symbols",
             "%.100s is unique in the process, so two builds share it and none is ever unmapped: "
             "compile it with -fno-gnu-unique",
             symbol.name);
        stay(with->report, "%.100s is unique in the process", symbol.name);
        return;
    }
}

/* ---- flags and segments ---------------------------------------------------------- */

/* Fuzzers and sanitizers that come with the program keep variables of this
 * kind; such a build does not live for many reloads. */
static bool is_instrumented(const struct elf_file *file)
{
    struct elf_symbol symbol;

    for (uint64_t i = 0; elf_symbol(file, i, &symbol); i++) {
        if (symbol.type == STT_TLS && !symbol.is_defined && symbol_is_of_toolchain(symbol.name))
            return true;
    }
    return false;
}

static void check_static_tls(const struct inspection *with)
{
    if ((with->file->flags & DF_STATIC_TLS) && !is_instrumented(with->file))
        REFUSE(with, "static-tls",
               "its thread-local variables take room that the process has once and a dozen "
               "reloads use up (DF_STATIC_TLS): compile it with -fPIC and without "
               "-ftls-model=initial-exec");
}

static void check_text_relocations(const struct inspection *with)
{
    if (with->file->flags & DF_TEXTREL)
        REFUSE(with, "text-relocations",
               "its code must be written to when it is loaded: compile all of it with -fPIC");
}

/* Without the header glibc assumes the worst. */
static void check_stack(const struct inspection *with)
{
    for (size_t i = 0; i < with->file->n_segments; i++) {
        const Elf64_Phdr *segment = &with->file->segments[i];

        if (segment->p_type == PT_GNU_STACK && !(segment->p_flags & PF_X))
            return;
    }
    REFUSE(with, "executable-stack",
           "it would make the stacks of the server executable: link it with -z noexecstack and "
           "give assembler files a .note.GNU-stack section");
}

static void check_nodelete(const struct inspection *with)
{
    if (!(with->file->flags_1 & DF_1_NODELETE))
        return;
    WARN(with, "nodelete", "it was linked to stay mapped for ever: link it without -z nodelete");
    stay(with->report, "%s", "it was linked with -z nodelete");
}

/* ---- the dynamic section ----------------------------------------------------------- */

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Libraries are called lib…; a plugin is called as its instance is. */
static void check_needed(const struct inspection *with, const char *library)
{
    const char *slash = strrchr(library, '/');
    const char *name = slash ? slash + 1 : library;

    if (begins_with(name, "libuv.") || begins_with(name, "libllhttp."))
        WARN(with, "needed",
             "it is linked with %.100s, which is the host's and no part of the ABI: use worker.h "
             "and request.h",
             name);
    else if (!begins_with(name, "lib") && !begins_with(name, "ld-"))
        WARN(with, "needed",
             "it is linked with %.100s, which looks like another plugin: bind its service instead",
             name);
}

static void check_dynamic(const struct inspection *with)
{
    char text[ELF_NAME_BYTES];
    Elf64_Dyn entry;

    for (uint64_t i = 0; elf_dynamic(with->file, i, &entry); i++) {
        if (entry.d_tag != DT_NEEDED && entry.d_tag != DT_RPATH && entry.d_tag != DT_RUNPATH &&
            entry.d_tag != DT_SONAME)
            continue;
        elf_string(with->file, entry.d_un.d_val, text);
        if (entry.d_tag == DT_NEEDED)
            check_needed(with, text);
        else if (entry.d_tag == DT_SONAME)
            WARN(with, "soname",
                 "it has the SONAME %.100s, by which two builds could be taken for one: link it "
                 "without -soname",
                 text);
        else
            WARN(with, "rpath",
                 "it looks for libraries in %.100s: link it without -rpath, so that they come "
                 "from where the system keeps them",
                 text);
    }
}

/* ---- public ---------------------------------------------------------------------- */

static int first_error(const struct lint_report *report)
{
    if (report->n_findings == 0 || report->findings[0].severity != LINT_REFUSE)
        return OBS_OK;
    return strcmp(report->findings[0].rule, "abi") == 0 ? OBS_E_UNSUPPORTED : OBS_E_INVALID;
}

int lint_file(int fd, uint64_t bytes, struct lint_report *ret_report)
{
    static void (*const checks[])(const struct inspection *) = {
        check_note,  check_abi,      check_exports, check_static_tls, check_text_relocations,
        check_stack, check_nodelete, check_unique,  check_dynamic,    check_imports,
    };
    const char *reason = NULL;
    struct elf_file file;
    const struct inspection inspection = {&file, ret_report};
    int rc = elf_read(fd, bytes, &file, &reason);

    memset(ret_report, 0, sizeof(*ret_report));
    if (rc < 0) {
        REFUSE(&inspection, rc == OBS_E_UNSUPPORTED ? "foreign" : "damaged", "%s", reason);
        return OBS_E_INVALID;
    }
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        checks[i](&inspection);
    return first_error(ret_report);
}

const char *lint_refusal(const struct lint_report *report)
{
    return first_error(report) < 0 ? report->findings[0].sentence : NULL;
}
