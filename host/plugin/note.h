/* SPDX-License-Identifier: Apache-2.0 */
/* The note that OBS_PLUGIN_NOTE() puts into a plugin's file: which ABI it
 * needs, its name and its version, readable before any of its code can run. */
#ifndef HOST_PLUGIN_NOTE_H
#define HOST_PLUGIN_NOTE_H

#include "plugin/elf.h"

#include <observatory/plugin.h>

#define NOTE_TEXT_BYTES 65 /* of name and version, with the NUL */

/* Name and version are printable ASCII and not empty. */
struct note {
    obs_plugin_note head;
    char name[NOTE_TEXT_BYTES];
    char version[NOTE_TEXT_BYTES];
};

/* Reads the note of `file`. Errors: OBS_E_NOT_FOUND, OBS_E_INVALID (damaged).
 * Thread: any. */
OBS_MUST_CHECK int note_read(const struct elf_file *file, struct note *ret_note);

/* Compares the note with the descriptor, which descriptor_check() took. On a
 * difference `error` has a sentence without the file's name. Errors:
 * OBS_E_INVALID. Thread: any. */
OBS_MUST_CHECK int note_check(const struct note *note, const obs_plugin *plugin, char *error,
                              size_t error_size);

#endif
