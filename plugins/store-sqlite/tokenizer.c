/* SPDX-License-Identifier: Apache-2.0 */
/* FTS5 asks for one word after the other. */
#include "tokenizer.h"
#include "words.h"

static int create_tokenizer(void *context, const char **args, int n, Fts5Tokenizer **ret)
{
    static int nothing; /* it has no state */

    (void)context;
    (void)args;
    (void)n;
    *ret = (Fts5Tokenizer *)&nothing;
    return SQLITE_OK;
}

static void delete_tokenizer(Fts5Tokenizer *tokenizer)
{
    (void)tokenizer;
}

static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int len,
                    int (*token)(void *, int, const char *, int, int, int))
{
    struct word word;
    size_t at = 0;
    int rc = SQLITE_OK;

    (void)tokenizer;
    (void)flags;
    while (rc == SQLITE_OK && word_next(obs_str_n(text, (size_t)len), &at, &word))
        rc = token(context, 0, word.text, (int)word.len, (int)word.from, (int)word.to);
    return rc;
}

int tokenizer_add(sqlite3 *db)
{
    static fts5_tokenizer tokenizer = {create_tokenizer, delete_tokenizer, tokenize};
    sqlite3_stmt *stmt = NULL;
    fts5_api *api = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &stmt, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_pointer(stmt, 1, (void *)&api, "fts5_api_ptr", NULL);
    if (rc == SQLITE_OK)
        (void)sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    if (rc == SQLITE_OK && !api)
        rc = SQLITE_ERROR;
    return rc == SQLITE_OK ? api->xCreateTokenizer(api, "observatory", NULL, &tokenizer, NULL) : rc;
}
