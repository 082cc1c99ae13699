/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing here recurses: a trace may be as deep as it has spans. */
#include "tree.h"

#include <sodium.h>

/* --- ids --------------------------------------------------------------------------- */

struct index {
    size_t *slots; /* node + 1, 0: free */
    uint64_t mask;
    uint8_t key[crypto_shorthash_KEYBYTES];
};

/* Keyed: clients choose the ids, and must not choose their places too. */
static uint64_t hash(const struct index *index, const uint8_t id[8])
{
    uint8_t bytes[crypto_shorthash_BYTES];
    uint64_t v;

    crypto_shorthash(bytes, id, 8, index->key);
    memcpy(&v, bytes, sizeof(v));
    return v;
}

static size_t lookup(const struct index *index, const struct node *nodes, const uint8_t id[8])
{
    for (uint64_t i = hash(index, id) & index->mask; index->slots[i]; i = (i + 1) & index->mask)
        if (memcmp(nodes[index->slots[i] - 1].id, id, 8) == 0)
            return index->slots[i] - 1;
    return TREE_NONE;
}

static int make_index(obs_arena *arena, const struct node *nodes, size_t n, struct index *ret)
{
    uint64_t size = 16;

    while (size < 2 * n)
        size *= 2;
    *ret = (struct index){.slots = obs_arena_calloc(arena, size, sizeof(size_t)), .mask = size - 1};
    if (!ret->slots)
        return OBS_E_NOMEM;
    crypto_shorthash_keygen(ret->key);
    for (size_t k = 0; k < n; k++) {
        uint64_t i = hash(ret, nodes[k].id) & ret->mask;
        while (ret->slots[i] && memcmp(nodes[ret->slots[i] - 1].id, nodes[k].id, 8) != 0)
            i = (i + 1) & ret->mask;
        if (!ret->slots[i]) /* else the earliest of that id stays */
            ret->slots[i] = k + 1;
    }
    return OBS_OK;
}

/* --- building ------------------------------------------------------------------------ */

static bool is_root(const struct node *node)
{
    static const uint8_t none[8];
    return memcmp(node->parent_id, none, sizeof(none)) == 0;
}

static void link_nodes(struct node *nodes, size_t n, const struct index *index)
{
    for (size_t k = 0; k < n; k++)
        nodes[k].first_child = nodes[k].next_sibling = nodes[k].parent = TREE_NONE;
    for (size_t k = n; k-- > 0;) { /* backwards: each goes to the front of its list */
        size_t parent = is_root(&nodes[k]) ? TREE_NONE : lookup(index, nodes, nodes[k].parent_id);
        if (parent == k)
            parent = TREE_NONE;
        nodes[k].orphan = parent == TREE_NONE && !is_root(&nodes[k]);
        nodes[k].parent = parent;
        if (parent != TREE_NONE) {
            nodes[k].next_sibling = nodes[parent].first_child;
            nodes[parent].first_child = k;
        }
    }
}

/* Walks what is below `root`, parents first, into tree->order. */
static size_t visit(struct tree *tree, size_t root, size_t at)
{
    size_t k = root;

    tree->roots[tree->n_roots++] = root;
    while (k != TREE_NONE) {
        struct node *node = &tree->nodes[k];
        if (!node->seen) {
            node->seen = true;
            tree->order[at++] = k;
            if (node->first_child != TREE_NONE && !tree->nodes[node->first_child].seen) {
                k = node->first_child;
                continue;
            }
        }
        while (k != root && node->next_sibling == TREE_NONE) {
            k = node->parent;
            node = &tree->nodes[k];
        }
        k = k == root ? TREE_NONE : node->next_sibling;
    }
    return at;
}

/* The earliest span of the ring that the way up from `k` leads into (Floyd). */
static size_t first_of_ring(const struct node *nodes, size_t k)
{
    size_t slow = k, fast = k, first;

    do {
        slow = nodes[slow].parent;
        fast = nodes[nodes[fast].parent].parent;
    } while (slow != fast);
    first = slow;
    for (size_t at = nodes[slow].parent; at != slow; at = nodes[at].parent)
        first = at < first ? at : first;
    return first;
}

/* Takes a span out of its parent's list: the ring ends here. */
static void cut(struct tree *tree, size_t k)
{
    size_t *at = &tree->nodes[tree->nodes[k].parent].first_child;

    while (*at != k)
        at = &tree->nodes[*at].next_sibling;
    *at = tree->nodes[k].next_sibling;
    tree->nodes[k].next_sibling = tree->nodes[k].parent = TREE_NONE;
    tree->nodes[k].orphan = true;
}

int tree_build(obs_arena *arena, struct node *nodes, size_t n, struct tree *ret)
{
    struct tree tree = {.nodes = nodes, .n = n};
    struct index index;
    size_t at = 0;
    int rc = make_index(arena, nodes, n, &index);

    tree.order = obs_arena_calloc(arena, n + 1, sizeof(size_t));
    tree.roots = obs_arena_calloc(arena, n + 1, sizeof(size_t));
    if (rc < 0 || !tree.order || !tree.roots)
        return OBS_E_NOMEM;
    link_nodes(nodes, n, &index);
    for (size_t k = 0; k < n; k++)
        if (nodes[k].parent == TREE_NONE)
            at = visit(&tree, k, at);
    for (size_t k = 0; k < n; k++)
        if (!nodes[k].seen) { /* only rings and what hangs on them are left */
            size_t first = first_of_ring(nodes, k);
            cut(&tree, first);
            at = visit(&tree, first, at);
        }
    *ret = tree;
    return OBS_OK;
}

size_t tree_find(const struct tree *tree, const uint8_t id[8])
{
    for (size_t k = 0; k < tree->n; k++)
        if (memcmp(tree->nodes[k].id, id, 8) == 0)
            return k;
    return TREE_NONE;
}

void tree_mark(struct tree *tree, size_t top)
{
    for (size_t i = 0; i < tree->n; i++) { /* parents come before their children */
        struct node *node = &tree->nodes[tree->order[i]];
        node->within = tree->order[i] == top ||
                       (node->parent != TREE_NONE && tree->nodes[node->parent].within);
    }
}

/* --- totals -------------------------------------------------------------------------- */

static void add_name(struct names *names, obs_str name)
{
    for (size_t i = 0; i < names->n; i++)
        if (obs_str_eq(names->items[i], name))
            return;
    if (name.len && names->n < TREE_MAX_NAMES)
        names->items[names->n++] = name;
}

static bool has_tokens(const struct node *node)
{
    return node->prompt_tokens > 0 || node->completion_tokens > 0;
}

static bool calls_have_tokens(const struct tree *tree)
{
    for (size_t k = 0; k < tree->n; k++)
        if (tree->nodes[k].is_call && has_tokens(&tree->nodes[k]))
            return true;
    return false;
}

/* Children come after their parents in the order: backwards, each one is done
 * before its parent is looked at. A zero hides nothing. */
static void add_usage(const struct tree *tree, struct totals *t)
{
    bool calls_only = calls_have_tokens(tree);

    for (size_t i = tree->n; i-- > 0;) {
        struct node *node = &tree->nodes[tree->order[i]];
        struct node *parent = node->parent == TREE_NONE ? NULL : &tree->nodes[node->parent];
        bool counts = node->is_call || !calls_only;
        if (!node->below_cost)
            t->cost = obs_tokens_sum(t->cost, node->cost);
        if (counts && !node->below_tokens) {
            t->prompt_tokens = obs_tokens_sum(t->prompt_tokens, node->prompt_tokens);
            t->completion_tokens = obs_tokens_sum(t->completion_tokens, node->completion_tokens);
        }
        if (parent) {
            parent->below_cost |= node->below_cost || node->cost > 0;
            parent->below_tokens |= node->below_tokens || (counts && has_tokens(node));
        }
    }
}

/* The length of the union of all spans; they are in order of their starts. */
static int64_t critical_path(const struct tree *tree)
{
    int64_t sum = 0, until = INT64_MIN;

    for (size_t k = 0; k < tree->n; k++) {
        const struct node *node = &tree->nodes[k];
        int64_t from = node->start_ns > until ? node->start_ns : until, part;
        if (node->end_ns <= from)
            continue;
        if (__builtin_sub_overflow(node->end_ns, from, &part))
            part = INT64_MAX;
        sum = obs_tokens_sum(sum, part); /* saturates */
        until = node->end_ns;
    }
    return sum;
}

void tree_totals(const struct tree *tree, struct totals *ret)
{
    *ret = (struct totals){.start_ns = INT64_MAX,
                           .end_ns = INT64_MIN,
                           .prompt_tokens = OBS_ABSENT,
                           .completion_tokens = OBS_ABSENT,
                           .cost = OBS_ABSENT};
    for (size_t k = 0; k < tree->n; k++) {
        const struct node *node = &tree->nodes[k];
        ret->start_ns = node->start_ns < ret->start_ns ? node->start_ns : ret->start_ns;
        ret->end_ns = node->end_ns > ret->end_ns ? node->end_ns : ret->end_ns;
        ret->errors += node->status == OBS_STATUS_ERROR;
        add_name(&ret->models, node->model);
        add_name(&ret->providers, node->provider);
        add_name(&ret->services, node->service);
    }
    if (__builtin_sub_overflow(ret->end_ns, ret->start_ns, &ret->duration_ns))
        ret->duration_ns = INT64_MAX;
    add_usage(tree, ret);
    ret->critical_ns = critical_path(tree);
}

/* --- writing -------------------------------------------------------------------------- */

static void put(obs_buf *buf, const char *text)
{
    obs_buf_append(buf, text, strlen(text));
}

/* Opens the object of a span up to its "children":[ . */
static void open_span(const struct node *node, bool truncated, obs_buf *buf)
{
    obs_str so_far = obs_buf_str(buf);

    if (so_far.len && so_far.ptr[so_far.len - 1] != '[')
        put(buf, ",");
    obs_buf_append(buf, node->json.ptr, node->json.len - 1);
    if (node->orphan)
        put(buf, ",\"orphan\":true");
    if (truncated)
        put(buf, ",\"truncated_depth\":true");
    put(buf, ",\"children\":[");
}

/* One root and everything below it. `depth` counts the arrays that are open; below
 * TREE_MAX_DEPTH spans stand beside each other. */
static void write_root(const struct tree *tree, size_t root, obs_buf *buf)
{
    size_t k = root, depth = 0;

    for (;;) {
        const struct node *node = &tree->nodes[k];
        bool flat = depth >= TREE_MAX_DEPTH;
        open_span(node, flat && node->first_child != TREE_NONE, buf);
        if (flat || node->first_child == TREE_NONE)
            put(buf, "]}");
        if (node->first_child != TREE_NONE) {
            depth++;
            k = node->first_child;
            continue;
        }
        while (k != root && tree->nodes[k].next_sibling == TREE_NONE) {
            k = tree->nodes[k].parent;
            if (--depth < TREE_MAX_DEPTH)
                put(buf, "]}");
        }
        if (k == root)
            return;
        k = tree->nodes[k].next_sibling;
    }
}

void tree_write(const struct tree *tree, size_t top, obs_buf *buf)
{
    if (top != TREE_NONE) {
        write_root(tree, top, buf);
        return;
    }
    for (size_t i = 0; i < tree->n_roots; i++)
        write_root(tree, tree->roots[i], buf);
}
