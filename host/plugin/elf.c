/* SPDX-License-Identifier: Apache-2.0 */
/* Reads with pread(), never by mapping: the file may be as short as it likes.
 * System V ABI, chapters 4 (object files) and 5 (program loading). */
#include "plugin/elf.h"

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define MAX_HEADERS 128 /* program headers; a usual shared object has about 10 */

/* The header of the object that this code is in, by which we know our own
 * machine; the linker defines it. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static bool is_inside(uint64_t offset, uint64_t size, uint64_t file_bytes)
{
    return offset <= file_bytes && size <= file_bytes - offset;
}

static bool read_exactly(int fd, void *to, size_t size, uint64_t offset)
{
    return pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

/* The reason why the file header will not do, NULL when it will. */
static const char *judge_header(const Elf64_Ehdr *h, uint64_t file_bytes)
{
    if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
        return "it is not a shared object (no ELF header)";
    if (h->e_ident[EI_CLASS] != ELFCLASS64 ||
        h->e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] ||
        h->e_machine != __ehdr_start.e_machine)
        return "it was built for another machine";
    if (h->e_type != ET_DYN)
        return "it is an ELF file but not a shared object";
    if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > MAX_HEADERS)
        return "its program headers are damaged";
    if (!is_inside(h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr), file_bytes))
        return "it is cut short (program headers)";
    /* Section headers are not needed to load, but they stand at the end. */
    if (h->e_shoff && !is_inside(h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize, file_bytes))
        return "it is cut short (section headers)";
    return NULL;
}

static const char *judge_segments(const Elf64_Phdr *segments, size_t n, uint64_t file_bytes)
{
    bool has_load = false, has_dynamic = false;

    for (size_t i = 0; i < n; i++) {
        const Elf64_Phdr *s = &segments[i];

        if (s->p_type != PT_LOAD && s->p_type != PT_DYNAMIC)
            continue;
        if (!is_inside(s->p_offset, s->p_filesz, file_bytes))
            return "it is cut short (segments)";
        if (s->p_memsz < s->p_filesz)
            return "its segments are damaged";
        has_load |= s->p_type == PT_LOAD;
        has_dynamic |= s->p_type == PT_DYNAMIC;
    }
    return has_load && has_dynamic ? NULL : "it has nothing to load";
}

int elf_check(int fd, uint64_t file_bytes, char *error, size_t error_size)
{
    Elf64_Ehdr header;
    Elf64_Phdr segments[MAX_HEADERS];
    const char *reason;

    if (file_bytes < sizeof(header) || !read_exactly(fd, &header, sizeof(header), 0)) {
        snprintf(error, error_size, "it is too short for a shared object");
        return OBS_E_INVALID;
    }
    reason = judge_header(&header, file_bytes);
    if (!reason &&
        !read_exactly(fd, segments, header.e_phnum * sizeof(segments[0]), header.e_phoff))
        reason = "it is cut short (program headers)";
    if (!reason)
        reason = judge_segments(segments, header.e_phnum, file_bytes);
    if (!reason)
        return OBS_OK;
    snprintf(error, error_size, "%s", reason);
    return OBS_E_INVALID;
}
