/* SPDX-License-Identifier: Apache-2.0 */
/* Values with units: no text crashes, what is read is in range, and what is
 * written of it reads back. */
#include "config/units.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_str text = obs_str_n((const char *)data, size);
    char written[UNITS_TEXT_BYTES];
    uint64_t bytes, bytes_back;
    int64_t number, number_back;
    double real;
    int32_t on;

    if (units_size(text, &bytes)) {
        require(bytes < UINT64_C(1) << 53);
        require(units_size(obs_str_of(units_format_size(written, bytes)), &bytes_back));
        require(bytes == bytes_back);
    }
    if (units_duration(text, &number)) {
        require(number >= 0);
        require(units_duration(obs_str_of(units_format_duration(written, number)), &number_back));
        require(number == number_back);
    }
    if (units_rate(text, &real))
        require(isfinite(real) && real >= 0);
    if (units_float(text, &real))
        require(isfinite(real));
    if (units_bool(text, &on))
        require(on == 0 || on == 1);
    (void)units_int(text, &number);
    return 0;
}
