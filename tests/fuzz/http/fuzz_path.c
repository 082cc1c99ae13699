/* SPDX-License-Identifier: Apache-2.0 */
/* Targets, paths, hosts, queries and content negotiation. A decoded path is
 * checked to be what it promises: from the root, without dot segments. */
#include "core/utf8.h"
#include "http/access.h"
#include "http/encoding.h"
#include "http/path.h"

#include <stdlib.h>

static void check_path(obs_str raw, char *out)
{
    bool slashes;
    size_t len;

    if (path_decode(raw, out, &len, &slashes) < 0)
        return;
    if (len == 0 || len > raw.len || out[0] != '/' || !utf8_valid(obs_str_n(out, len)))
        abort();
    for (size_t i = 0; i < len; i++) {
        size_t end = i + 1;

        if (out[i] != '/')
            continue;
        while (end < len && out[end] != '/')
            end++;
        if ((end - i == 2 && out[i + 1] == '.') ||
            (end - i == 3 && out[i + 1] == '.' && out[i + 2] == '.'))
            abort();
    }
    if (path_is_plain(raw) && (len != raw.len || memcmp(out, raw.ptr, len) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_str text = obs_str_n((const char *)data, size);
    char *out = malloc(size + 1);
    struct target target;
    size_t len;

    if (!out)
        return 0;
    (void)host_valid(text);
    (void)coding_negotiate(text);
    (void)coding_of_content(text);
    (void)content_compressible(text);
    if (access_redact(text, out, size) > size)
        abort();
    if (query_decode(text, out, &len) == 0 && len > size)
        abort();
    if (target_split(text, &target) == 0 && target.path.len > 0 && target.path.ptr[0] == '/')
        check_path(target.path, out);
    free(out);
    return 0;
}
