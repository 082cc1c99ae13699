/* SPDX-License-Identifier: Apache-2.0 */
/* The check before dlopen(): whatever it accepts has every loaded byte inside
 * the file. */
#include "plugin/elf.h"

#include <assert.h>
#include <elf.h>
#include <string.h>
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    char error[200] = "";
    int rc;

    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    rc = elf_check(fd, size, error, sizeof(error));
    close(fd);
    assert(rc == OBS_OK || (rc == OBS_E_INVALID && error[0]));
    if (rc == OBS_OK)
        assert_segments_inside(data, size);
    return 0;
}
