/* SPDX-License-Identifier: Apache-2.0 */
/* Times: no text reads past its end or overflows, an error writes nothing, and
 * what is read depends on "now" only where the text says so. */
#include "timeparse.h"

#include <stdlib.h>

#define UNTOUCHED INT64_C(-7777777777)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t parse(const char *text, size_t size, int64_t now_ns, int *ret_error)
{
    int64_t ns = UNTOUCHED;

    *ret_error = time_parse(obs_str_n(text, size), now_ns, &ns);
    if (*ret_error < 0 && ns != UNTOUCHED)
        abort();
    return ns;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    int first, second;
    int64_t a = parse(text, size, INT64_C(1795419537250000000), &first);
    int64_t b = parse(text, size, INT64_C(1695419537250000001), &second);

    if (size >= 3 && memcmp(text, "now", 3) == 0)
        return 0;
    if (first != second || a != b)
        abort();
    return 0;
}
