/* SPDX-License-Identifier: Apache-2.0 */
/* Reads with pread(), never by mapping: the file may be as short as it likes.
 * The tables are found as the dynamic loader finds them, through the dynamic
 * section; section headers are not needed to load a file and may be stripped.
 * System V ABI, chapters 4 (object files) and 5 (program loading). */
#include "plugin/elf.h"

#include <unistd.h>

#define MAX_NOTES 64 /* of a segment; a usual one has 2 */

/* The header of the object that this code is in, by which we know our own
 * machine; the linker defines it. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static bool is_inside(uint64_t offset, uint64_t size, uint64_t limit)
{
    return offset <= limit && size <= limit - offset;
}

/* `size` bytes at `offset`; false when the file does not have them. */
static bool read_at(const struct elf_file *file, void *to, size_t size, uint64_t offset)
{
    return is_inside(offset, size, file->bytes) &&
           pread(file->fd, to, size, (off_t)offset) == (ssize_t)size;
}

/* ---- headers ---------------------------------------------------------------- */

/* The reason why this is no shared object of ours, NULL when it is one. */
static const char *judge_kind(const Elf64_Ehdr *h)
{
    if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
        return "it is not a shared object (no ELF header)";
    if (h->e_ident[EI_CLASS] != ELFCLASS64 ||
        h->e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] ||
        h->e_machine != __ehdr_start.e_machine)
        return "it was built for another machine";
    if (h->e_type != ET_DYN)
        return "it is an ELF file but not a shared object";
    return NULL;
}

/* The reason why the rest of the header will not do, NULL when it will. */
static const char *judge_header(const Elf64_Ehdr *h, uint64_t file_bytes)
{
    if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > ELF_MAX_SEGMENTS)
        return "its program headers are damaged";
    if (!is_inside(h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr), file_bytes))
        return "it is cut short (program headers)";
    /* Section headers are not needed to load, but they stand at the end. */
    if (h->e_shoff && !is_inside(h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize, file_bytes))
        return "it is cut short (section headers)";
    return NULL;
}

static const char *judge_segments(const struct elf_file *file)
{
    bool has_load = false, has_dynamic = false;

    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *s = &file->segments[i];

        if (s->p_type != PT_LOAD && s->p_type != PT_DYNAMIC && s->p_type != PT_NOTE)
            continue;
        if (!is_inside(s->p_offset, s->p_filesz, file->bytes))
            return "it is cut short (segments)";
        if (s->p_memsz < s->p_filesz || s->p_vaddr > UINT64_MAX - s->p_memsz)
            return "its segments are damaged";
        has_load |= s->p_type == PT_LOAD;
        has_dynamic |= s->p_type == PT_DYNAMIC;
    }
    return has_load && has_dynamic ? NULL : "it has nothing to load";
}

/* ---- the dynamic section ------------------------------------------------------ */

/* Where the `size` bytes that are loaded at `address` stand in the file. */
static bool find_loaded(const struct elf_file *file, uint64_t address, uint64_t size,
                        uint64_t *ret_offset)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *s = &file->segments[i];

        if (s->p_type != PT_LOAD || address < s->p_vaddr ||
            !is_inside(address - s->p_vaddr, size, s->p_filesz))
            continue;
        *ret_offset = s->p_offset + (address - s->p_vaddr);
        return true;
    }
    return false;
}

/* The addresses that lead to the tables. */
struct addresses {
    uint64_t symbols, strings, strings_bytes, hash, gnu_hash;
};

static void take_entry(struct elf_file *file, const Elf64_Dyn *entry, struct addresses *to)
{
    switch (entry->d_tag) {
    case DT_SYMTAB:
        to->symbols = entry->d_un.d_ptr;
        break;
    case DT_STRTAB:
        to->strings = entry->d_un.d_ptr;
        break;
    case DT_STRSZ:
        to->strings_bytes = entry->d_un.d_val;
        break;
    case DT_HASH:
        to->hash = entry->d_un.d_ptr;
        break;
    case DT_GNU_HASH:
        to->gnu_hash = entry->d_un.d_ptr;
        break;
    case DT_FLAGS:
        file->flags |= entry->d_un.d_val;
        break;
    case DT_TEXTREL: /* how it was said before there was DT_FLAGS */
        file->flags |= DF_TEXTREL;
        break;
    case DT_FLAGS_1:
        file->flags_1 |= entry->d_un.d_val;
        break;
    default:
        break;
    }
}

static bool read_dynamic(struct elf_file *file, struct addresses *to)
{
    const Elf64_Phdr *segment = file->segments;
    Elf64_Dyn entry;

    while (segment->p_type != PT_DYNAMIC)
        segment++;
    file->dynamic.offset = segment->p_offset;
    file->dynamic.count = segment->p_filesz / sizeof(entry);
    for (uint64_t i = 0; elf_dynamic(file, i, &entry); i++) {
        if (entry.d_tag == DT_NULL) {
            file->dynamic.count = i;
            return true;
        }
        take_entry(file, &entry, to);
    }
    return false;
}

/* The length of the symbol table by the older hash table: one chain entry for
 * each symbol. */
static bool count_by_hash(const struct elf_file *file, uint64_t address, uint64_t *ret_count)
{
    uint32_t header[2]; /* buckets, chain entries */
    uint64_t at;

    if (!find_loaded(file, address, sizeof(header), &at) ||
        !read_at(file, header, sizeof(header), at))
        return false;
    *ret_count = header[1];
    return true;
}

/* The same by the GNU hash table: the buckets hold the first symbol of each
 * chain, and the chain that begins last ends, with an odd word, at the last
 * symbol. */
static bool count_by_gnu_hash(const struct elf_file *file, uint64_t address, uint64_t *ret_count)
{
    uint32_t header[4]; /* buckets, first symbol, words of the Bloom filter, shift */
    uint32_t word;
    uint64_t at, chains, last = 0;

    if (!find_loaded(file, address, sizeof(header), &at) ||
        !read_at(file, header, sizeof(header), at))
        return false;
    at += sizeof(header) + (uint64_t)header[2] * sizeof(uint64_t);
    chains = at + (uint64_t)header[0] * sizeof(word);
    for (; at < chains; at += sizeof(word)) {
        if (!read_at(file, &word, sizeof(word), at))
            return false;
        last = word > last ? word : last;
    }
    if (last < header[1]) { /* there is nothing to look up */
        *ret_count = header[1];
        return true;
    }
    do {
        if (!read_at(file, &word, sizeof(word), chains + (last - header[1]) * sizeof(word)))
            return false;
        last++;
    } while (!(word & 1));
    *ret_count = last;
    return true;
}

static const char *find_tables(struct elf_file *file, const struct addresses *from)
{
    struct elf_table *symbols = &file->symbols;
    bool is_counted;

    if (!from->symbols || !from->strings || !(from->hash || from->gnu_hash))
        return "it is damaged (no symbol table)";
    is_counted = from->hash ? count_by_hash(file, from->hash, &symbols->count)
                            : count_by_gnu_hash(file, from->gnu_hash, &symbols->count);
    if (!is_counted)
        return "it is damaged (hash table of its symbols)";
    if (!find_loaded(file, from->symbols, symbols->count * sizeof(Elf64_Sym), &symbols->offset))
        return "it is damaged (symbol table)";
    if (!find_loaded(file, from->strings, from->strings_bytes, &file->strings.offset))
        return "it is damaged (string table)";
    file->strings.count = from->strings_bytes;
    return NULL;
}

/* ---- public ------------------------------------------------------------------- */

int elf_read(int fd, uint64_t bytes, struct elf_file *ret_file, const char **ret_reason)
{
    struct elf_file *file = ret_file;
    struct addresses addresses = {0};
    const char *reason;
    Elf64_Ehdr header;

    *file = (struct elf_file){.fd = fd, .bytes = bytes};
    if (!read_at(file, &header, sizeof(header), 0)) {
        *ret_reason = "it is too short for a shared object";
        return OBS_E_INVALID;
    }
    *ret_reason = judge_kind(&header);
    if (*ret_reason)
        return OBS_E_UNSUPPORTED;
    file->n_segments = header.e_phnum;
    reason = judge_header(&header, bytes);
    if (!reason && !read_at(file, file->segments, file->n_segments * sizeof(file->segments[0]),
                            header.e_phoff))
        reason = "it is cut short (program headers)";
    if (!reason)
        reason = judge_segments(file);
    if (!reason && !read_dynamic(file, &addresses))
        reason = "it is damaged (dynamic section)";
    if (!reason)
        reason = find_tables(file, &addresses);
    *ret_reason = reason;
    return reason ? OBS_E_INVALID : OBS_OK;
}

bool elf_dynamic(const struct elf_file *file, uint64_t index, Elf64_Dyn *ret_entry)
{
    return index < file->dynamic.count &&
           read_at(file, ret_entry, sizeof(*ret_entry),
                   file->dynamic.offset + index * sizeof(*ret_entry));
}

void elf_string(const struct elf_file *file, uint64_t offset, char *text)
{
    uint64_t left = offset < file->strings.count ? file->strings.count - offset : 0;
    size_t size = left < ELF_NAME_BYTES - 1 ? (size_t)left : ELF_NAME_BYTES - 1;

    if (!read_at(file, text, size, file->strings.offset + offset))
        size = 0;
    text[size] = '\0';
}

bool elf_symbol(const struct elf_file *file, uint64_t index, struct elf_symbol *ret_symbol)
{
    Elf64_Sym symbol;

    if (index >= file->symbols.count ||
        !read_at(file, &symbol, sizeof(symbol), file->symbols.offset + index * sizeof(symbol)))
        return false;
    elf_string(file, symbol.st_name, ret_symbol->name);
    ret_symbol->bind = ELF64_ST_BIND(symbol.st_info);
    ret_symbol->type = ELF64_ST_TYPE(symbol.st_info);
    /* names of symbol versions are absolute */
    ret_symbol->is_defined = symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS;
    return true;
}

/* ---- notes -------------------------------------------------------------------- */

/* A note of a segment: where its parts stand in the file. */
struct place {
    Elf64_Nhdr header;
    uint64_t owner, content, next;
};

/* The note at `at` of a segment that ends at `end`. The parts are padded to 4
 * bytes, in a segment aligned to 8 bytes to 8. */
static bool place_note(const struct elf_file *file, const Elf64_Phdr *segment, uint64_t at,
                       struct place *ret_place)
{
    uint64_t end = segment->p_offset + segment->p_filesz;
    uint64_t pad = segment->p_align == 8 ? 7 : 3;
    Elf64_Nhdr *header = &ret_place->header;

    if (!is_inside(at, sizeof(*header), end) || !read_at(file, header, sizeof(*header), at))
        return false;
    ret_place->owner = at + sizeof(*header);
    ret_place->content = at + ((sizeof(*header) + (uint64_t)header->n_namesz + pad) & ~pad);
    ret_place->next = ret_place->content + (((uint64_t)header->n_descsz + pad) & ~pad);
    return true;
}

static bool is_owned_by(const struct elf_file *file, const struct place *note, const char *owner)
{
    char found[64];
    size_t size = strlen(owner) + 1;

    return note->header.n_namesz == size && size <= sizeof(found) &&
           read_at(file, found, size, note->owner) && memcmp(found, owner, size) == 0;
}

/* Looks through one segment. */
static int find_note(const struct elf_file *file, const Elf64_Phdr *segment, const char *owner,
                     uint32_t type, struct place *ret_note)
{
    uint64_t at = segment->p_offset;

    for (int i = 0; i < MAX_NOTES && place_note(file, segment, at, ret_note); i++) {
        if (ret_note->header.n_type == type && is_owned_by(file, ret_note, owner))
            return OBS_OK;
        at = ret_note->next;
    }
    return OBS_E_NOT_FOUND;
}

int elf_note(const struct elf_file *file, const char *owner, uint32_t type, void *content,
             size_t capacity, size_t *ret_size)
{
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        struct place note;
        size_t size;

        if (segment->p_type != PT_NOTE || find_note(file, segment, owner, type, &note) < 0)
            continue;
        size = note.header.n_descsz;
        if (size > capacity ||
            !is_inside(note.content, size, segment->p_offset + segment->p_filesz) ||
            !read_at(file, content, size, note.content))
            return OBS_E_INVALID;
        *ret_size = size;
        return OBS_OK;
    }
    return OBS_E_NOT_FOUND;
}
