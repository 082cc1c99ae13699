/* SPDX-License-Identifier: Apache-2.0 */
/* Looked for seldom, and soon again while there is more. */
#include "chores.h"
#include "backfill.h"
#include "retention.h"
#include "usage.h"

#include <observatory/worker.h>

#define MS_NS INT64_C(1000000)
#define AT_ONCE 500
#define TEXTS_AT_ONCE 200
#define EVERY_NS (10000 * MS_NS)
#define TEXT_EVERY_NS (500 * MS_NS)
#define AGAIN_NS (10 * MS_NS)
#define REST_NS (1000 * MS_NS)

static int expire_fragments(struct writing *w, struct chores *chores, bool *ret_more)
{
    int64_t before_ns = obs_clock_wall_ns() - chores->settings->keep_fragments_ns;
    int removed = 0, rc = DB_OK;

    if (w->fragments.any)
        rc = fragments_expire(&w->fragments, before_ns, AT_ONCE, &removed);
    *ret_more = removed == AT_ONCE;
    return rc;
}

static int expire_notes(struct writing *w, struct chores *chores, bool *ret_more)
{
    int rc = usage_expire(&w->statements, obs_clock_wall_ns() - chores->settings->keep_fragments_ns,
                          AT_ONCE);

    *ret_more = rc == DB_OK && db_changes(w->db) == AT_ONCE;
    return rc;
}

static int backfill(struct writing *w, struct chores *chores, bool *ret_more)
{
    (void)chores;
    return backfill_some(w, AT_ONCE, ret_more);
}

/* While others write it waits, unless too many texts do. */
static int index_text(struct writing *w, struct chores *chores, bool *ret_more)
{
    int rc;

    *ret_more = false;
    if (chores->settings->text_index == TEXT_INDEX_NONE)
        return DB_OK;
    rc = text_lag(&w->text, &chores->unindexed);
    if (rc != DB_OK || chores->unindexed == 0)
        return rc;
    *ret_more = true;
    if (chores->busy && chores->unindexed < chores->settings->text_lag)
        return DB_OK;
    return text_index_some(&w->text, TEXTS_AT_ONCE, ret_more);
}

static int old_content(struct writing *w, struct chores *chores, bool *ret_more)
{
    return retention_content(w, chores->settings, ret_more);
}

static int old_spans(struct writing *w, struct chores *chores, bool *ret_more)
{
    return retention_spans(w, chores->settings, ret_more);
}

static int old_cells(struct writing *w, struct chores *chores, bool *ret_more)
{
    return retention_cells(w, chores->settings, ret_more);
}

static const struct chore {
    int (*some)(struct writing *writing, struct chores *chores, bool *ret_more);
    int64_t every_ns;
    int64_t again_ns;
    bool shows; /* what it does changes answers */
} list[] = {{backfill, EVERY_NS, 0, false},
            {index_text, TEXT_EVERY_NS, MS_NS, false},
            {expire_fragments, EVERY_NS, AGAIN_NS, false},
            {expire_notes, EVERY_NS, AGAIN_NS, false},
            {old_content, EVERY_NS, AGAIN_NS, true},
            {old_spans, EVERY_NS, AGAIN_NS, true},
            {old_cells, EVERY_NS, AGAIN_NS, true}};

#define N_CHORES (sizeof(list) / sizeof(*list))
_Static_assert(N_CHORES <= CHORES_MAX, "room for all of them");

void chores_init(struct chores *chores, const struct settings *settings, struct changes *changes)
{
    *chores = (struct chores){.settings = settings, .changes = changes};
}

int64_t chores_due_ns(const struct chores *chores)
{
    int64_t due_ns = chores->due_ns[0];

    for (size_t i = 1; i < N_CHORES; i++)
        due_ns = chores->due_ns[i] < due_ns ? chores->due_ns[i] : due_ns;
    return due_ns;
}

static int run_one(struct chores *chores, const struct chore *chore, struct writing *w,
                   bool *ret_more)
{
    int64_t rows = db_total_changes(w->db);
    int rc = db_begin(w->db, /* writes= */ true);

    *ret_more = false;
    if (rc == DB_OK)
        rc = fragments_look(&w->fragments);
    if (rc == DB_OK)
        rc = rollups_begin(&w->rollups);
    if (rc == DB_OK)
        rc = text_begin(&w->text);
    if (rc == DB_OK)
        rc = chore->some(w, chores, ret_more);
    if (rc == DB_OK)
        rc = rollups_write(&w->rollups);
    if (rc == DB_OK)
        rc = db_commit(w->db);
    if (chore->shows && db_total_changes(w->db) != rows)
        changes_all(chores->changes);
    if (rc != DB_OK) {
        fragments_forget(&w->fragments);
        db_rollback(w->db);
    }
    return rc;
}

int chores_run(struct chores *chores, struct writing *writing, bool busy)
{
    int worst = DB_OK;

    chores->busy = busy;
    for (size_t i = 0; i < N_CHORES; i++) {
        bool more;
        int rc;

        if (obs_clock_mono_ns() < chores->due_ns[i])
            continue;
        rc = run_one(chores, &list[i], writing, &more);
        chores->due_ns[i] = obs_clock_mono_ns() + (rc != DB_OK ? REST_NS
                                                   : more      ? list[i].again_ns
                                                               : list[i].every_ns);
        worst = rc != DB_OK ? rc : worst;
    }
    return worst;
}
