/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the dynamic loader can be trusted with a file. glibc maps what the
 * headers promise: a file cut short ends the process with SIGBUS instead of an
 * error, so the headers are read first. */
#ifndef HOST_PLUGIN_ELF_H
#define HOST_PLUGIN_ELF_H

#include <observatory/base.h>

/* Checks the shared object open at `fd`, `file_bytes` long: 64 bits, our
 * machine and byte order, a dynamic object, every header and segment inside
 * the file. On failure `error` has the reason without the file's name. Errors:
 * OBS_E_INVALID. Thread: any. */
OBS_MUST_CHECK int elf_check(int fd, uint64_t file_bytes, char *error, size_t error_size);

#endif
