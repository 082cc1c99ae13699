/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement on a plugin's file from reading it alone: what the loader
 * refuses before any code of the plugin can run, and what `observatory lint`
 * tells its author besides. */
#ifndef HOST_PLUGIN_LINT_H
#define HOST_PLUGIN_LINT_H

#include "plugin/note.h"

#define LINT_MAX_FINDINGS 48
#define LINT_SENTENCE_BYTES 400

enum lint_severity { LINT_WARN, LINT_REFUSE };

struct lint_finding {
    const char *rule; /* stable, for scripts: "static-tls" */
    enum lint_severity severity;
    char sentence[LINT_SENTENCE_BYTES]; /* without the file's name; printable ASCII */
};

struct lint_report {
    struct lint_finding findings[LINT_MAX_FINDINGS]; /* refusals first */
    size_t n_findings;
    struct note note; /* all zero when the file has none */
    /* Why the code must stay mapped for the life of the process; empty when the
     * file may be unmapped after the last instance has ended. */
    char stays_because[LINT_SENTENCE_BYTES];
};

/* Judges the file open at `fd`, `bytes` long. Returns OBS_OK when there is
 * nothing to refuse, else the error of the first refusal: OBS_E_UNSUPPORTED
 * (another ABI), OBS_E_INVALID (the rest). Thread: any. */
OBS_MUST_CHECK int lint_file(int fd, uint64_t bytes, struct lint_report *ret_report);

/* The first refusal as a sentence; NULL when there is none. */
const char *lint_refusal(const struct lint_report *report);

#endif
