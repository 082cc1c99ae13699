/* SPDX-License-Identifier: Apache-2.0 */
/* What the headers of a shared object say, read without loading it. Nothing of
 * the file is believed: it may be cut short, damaged or something else, and
 * glibc, which maps what the headers promise, would end the process with
 * SIGBUS instead of an error. */
#ifndef HOST_PLUGIN_ELF_H
#define HOST_PLUGIN_ELF_H

#include <elf.h>
#include <observatory/base.h>
#include <stdbool.h>

#define ELF_MAX_SEGMENTS 128 /* a usual shared object has about 10 */
#define ELF_NAME_BYTES 256   /* longer names (C++ has them) are cut to this */

/* `count` entries, or bytes, from `offset` on: all inside the file. */
struct elf_table {
    uint64_t offset;
    uint64_t count;
};

struct elf_file {
    int fd; /* borrowed */
    uint64_t bytes;
    Elf64_Phdr segments[ELF_MAX_SEGMENTS];
    size_t n_segments;
    struct elf_table dynamic; /* up to DT_NULL */
    struct elf_table symbols; /* of the dynamic symbol table, with the empty first */
    struct elf_table strings;
    uint64_t flags;   /* DT_FLAGS: DF_* */
    uint64_t flags_1; /* DT_FLAGS_1: DF_1_* */
};

/* A dynamic symbol. */
struct elf_symbol {
    char name[ELF_NAME_BYTES];
    uint8_t bind; /* STB_* */
    uint8_t type; /* STT_* */
    bool is_defined;
};

/* Reads the headers of the file open at `fd`, `bytes` long. Afterwards every
 * segment that is loaded and every table lies inside the file. On failure
 * `*ret_reason` is a sentence without the file's name, static. Errors:
 * OBS_E_UNSUPPORTED (not a shared object for this machine), OBS_E_INVALID (cut
 * short or damaged). Thread: any, as all below. */
OBS_MUST_CHECK int elf_read(int fd, uint64_t bytes, struct elf_file *ret_file,
                            const char **ret_reason);

/* Entry `index` of the dynamic section; false behind the last. */
bool elf_dynamic(const struct elf_file *file, uint64_t index, Elf64_Dyn *ret_entry);

/* The string at `offset` of the string table into `text`, ELF_NAME_BYTES long;
 * empty when there is none. */
void elf_string(const struct elf_file *file, uint64_t offset, char *text);

/* Symbol `index`; false behind the last. */
bool elf_symbol(const struct elf_file *file, uint64_t index, struct elf_symbol *ret_symbol);

/* The content of the note of `owner` with this type into `content`. Errors:
 * OBS_E_NOT_FOUND, OBS_E_INVALID (longer than `capacity` or its segment). */
OBS_MUST_CHECK int elf_note(const struct elf_file *file, const char *owner, uint32_t type,
                            void *content, size_t capacity, size_t *ret_size);

#endif
