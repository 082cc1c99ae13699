// SPDX-License-Identifier: Apache-2.0
// An object that is destroyed with the thread that touched it, by code in this
// file: glibc keeps the file mapped for it.
#include <cstdint>

namespace
{
struct farewell {
    ~farewell();
    volatile uint32_t n_touched;
};

farewell::~farewell()
{
    n_touched = 0;
}
} // namespace

extern "C" int resident_touch();

int resident_touch()
{
    thread_local farewell own{0};

    own.n_touched = own.n_touched + 1;
    return static_cast<int>(own.n_touched);
}
