/* SPDX-License-Identifier: Apache-2.0 */
/* test.word/1: the service between giver and taker. */
#ifndef TESTS_PLUGINS_WORD_H
#define TESTS_PLUGINS_WORD_H

#include <observatory/observatory.h>

#define WORD_SERVICE "test.word/1"

struct word_service {
    uint32_t size;
    uint32_t reserved;
    obs_str (*word)(void *provider); /* static storage of the provider */
};

#endif
