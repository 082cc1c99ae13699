/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/note.h"

#include <stdio.h>

/* The string at the beginning of `from`, which is `size` bytes long; its size
 * with the NUL, 0 when it is empty, too long, not printable or has no end. */
static size_t take_text(const char *from, size_t size, char *ret_text)
{
    size_t len = strnlen(from, size);

    if (len == 0 || len == size || len >= NOTE_TEXT_BYTES)
        return 0;
    for (size_t i = 0; i < len; i++) {
        if (from[i] < ' ' || from[i] > '~')
            return 0;
    }
    memcpy(ret_text, from, len + 1);
    return len + 1;
}

int note_read(const struct elf_file *file, struct note *ret_note)
{
    char content[sizeof(obs_plugin_note) + 2 * NOTE_TEXT_BYTES];
    size_t size = 0;
    size_t at = sizeof(obs_plugin_note);
    size_t taken;
    int rc = elf_note(file, OBS_NOTE_OWNER, OBS_NOTE_PLUGIN, content, sizeof(content), &size);

    if (rc < 0)
        return rc;
    if (size < at)
        return OBS_E_INVALID;
    memcpy(&ret_note->head, content, sizeof(ret_note->head));
    taken = take_text(content + at, size - at, ret_note->name);
    if (!taken)
        return OBS_E_INVALID;
    at += taken;
    return take_text(content + at, size - at, ret_note->version) ? OBS_OK : OBS_E_INVALID;
}

int note_check(const struct note *note, const obs_plugin *plugin, char *error, size_t error_size)
{
    const obs_plugin_note *head = &note->head;

    if (head->abi_major == plugin->abi_major && head->abi_minor == plugin->abi_minor &&
        head->descriptor_bytes == plugin->size && strcmp(note->name, plugin->name) == 0 &&
        strcmp(note->version, plugin->version) == 0)
        return OBS_OK;
    snprintf(error, error_size,
             "its note says %s %s (ABI %u.%u, %u bytes), its descriptor %.64s %.64s (ABI %u.%u, %u "
             "bytes): give OBS_PLUGIN_NOTE() the same",
             note->name, note->version, head->abi_major, head->abi_minor, head->descriptor_bytes,
             plugin->name, plugin->version, plugin->abi_major, plugin->abi_minor, plugin->size);
    return OBS_E_INVALID;
}
