/* SPDX-License-Identifier: Apache-2.0 */
/* The check before dlopen(): what it accepts has every loaded byte inside the
 * file, and what it says can be printed. */
#include "plugin/lint.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_segments_inside(const uint8_t *data, size_t size)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;

    memcpy(&header, data, sizeof(header));
    for (size_t i = 0; i < header.e_phnum; i++) {
        assert(header.e_phoff + (i + 1) * sizeof(segment) <= size);
        memcpy(&segment, data + header.e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_type != PT_LOAD)
            continue;
        assert(segment.p_offset <= size && segment.p_filesz <= size - segment.p_offset);
    }
}

static void assert_printable(const char *text)
{
    assert(text[0]);
    for (; *text; text++)
        assert(*text >= ' ' && *text <= '~');
}

static void assert_report(const struct lint_report *report)
{
    assert(report->n_findings <= LINT_MAX_FINDINGS);
    for (size_t i = 0; i < report->n_findings; i++) {
        assert(report->findings[i].rule);
        assert_printable(report->findings[i].sentence);
    }
    if (report->note.head.abi_major) {
        assert_printable(report->note.name);
        assert_printable(report->note.version);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct lint_report report;
    int rc;

    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    rc = lint_file(fd, size, &report);
    close(fd);
    assert_report(&report);
    assert((rc == OBS_OK) == (lint_refusal(&report) == NULL));
    if (rc == OBS_OK)
        assert_segments_inside(data, size);
    return 0;
}
