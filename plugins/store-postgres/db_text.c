/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL takes nothing but UTF-8, and not U+0000. */
#include "db.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* The length of the character at `p`, 0: PostgreSQL would not take it. */
static size_t character(const char *p, const char *end)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t len;

    if ((unsigned char)*p < 0x80)
        return *p != '\0';
    len = utf8proc_iterate((const utf8proc_uint8_t *)p, end - p, &c);
    return len > 0 ? (size_t)len : 0;
}

static bool is_clean(obs_str text)
{
    const char *p = text.ptr, *end = p + text.len;

    while (p < end) {
        size_t len = character(p, end);

        if (len == 0)
            return false;
        p += len;
    }
    return true;
}

char *db_clean_text(obs_str text, size_t *ret_len, int *ret_rc)
{
    const char *p = text.ptr, *end = p + text.len;
    char *clean, *at;

    *ret_rc = DB_OK;
    if (is_clean(text))
        return NULL;
    clean = at = malloc(3 * text.len + 1);
    if (!clean)
        *ret_rc = DB_NOMEM;
    while (clean && p < end) {
        size_t len = character(p, end);

        memcpy(at, len ? p : replacement, len ? len : 3);
        at += len ? len : 3;
        p += len ? len : 1;
    }
    *ret_len = (size_t)(at - clean);
    return clean;
}
