/* SPDX-License-Identifier: Apache-2.0 */
/* The second half of docs/dialects.md is the mapping table, printed.
 *   dialects_page FILE          says whether it still is
 *   dialects_page --write FILE  prints it anew */
#include "fixture_encode.h"
#include "map_table.h"

#include <stdio.h>
#include <stdlib.h>

static const char marker[] = "<!-- From here on printed from the mapping table. -->\n";

/* --- printing -------------------------------------------------------------- */

static const char *goes_to(const struct map_row *row)
{
    static const char *const others[] = {
        [TO_PARAMETER - N_MAP_TARGETS] = "`model_parameters.%s`",
        [TO_PARAMETERS - N_MAP_TARGETS] = "`model_parameters`",
        [TO_INPUT_PART - N_MAP_TARGETS] = "`input_messages`",
        [TO_OUTPUT_PART - N_MAP_TARGETS] = "`output_messages`",
        [TO_DOCUMENT_PART - N_MAP_TARGETS] = "`output_text`",
        [TO_FEEDBACK_PART - N_MAP_TARGETS] = "feedback, source `%s`",
        [TO_MEMBERS - N_MAP_TARGETS] = "its members, below",
        [TO_ATTRIBUTE - N_MAP_TARGETS] = "`attributes.%s` too",
    };
    static char text[128];

    if (row->target < N_MAP_TARGETS)
        snprintf(text, sizeof(text), "`%s`", map_target_names[row->target]);
    else if (row->target == TO_ATTRIBUTE && (!row->name || strcmp(row->name, row->key) == 0))
        return "";
    else
        snprintf(text, sizeof(text), others[row->target - N_MAP_TARGETS], row->name);
    return text;
}

static void print_row(struct bytes *out, const struct map_row *row)
{
    const char *to = goes_to(row);

    bytes_printf(out, "| `%s` | %s | %s | ", row->key, *to ? to : "stays an attribute",
                 map_transform_names[row->transform]);
    if (*to && row->priority)
        bytes_printf(out, "%u", row->priority);
    bytes_printf(out, " |\n");
}

static void print_dialect(struct bytes *out, unsigned dialect)
{
    bytes_printf(out, "\n### %s\n\n| attribute | goes to | read as | rank |\n|---|---|---|---|\n",
                 map_dialect_names[dialect]);
    for (size_t i = 0; i < map_n_rows; i++)
        if (map_rows[i].dialect == dialect)
            print_row(out, &map_rows[i]);
}

static void print_events(struct bytes *out)
{
    static const char *const uses[] = {
        [EVENT_EXCEPTION] = "`error_type`, `error_message` of a span that failed",
        [EVENT_FIRST_CHUNK] = "`ttft_ms`, by its time",
        [EVENT_CONTENT] = "its attributes are read like the span's",
        [EVENT_INPUT] = "`input_messages`, a message of role %s",
        [EVENT_OUTPUT] = "`output_messages`",
        [EVENT_EVALUATION] = "feedback: name, value, label, comment",
    };

    bytes_printf(out, "\n### Span events\n\n| event | dialect | goes to |\n|---|---|---|\n");
    for (size_t i = 0; i < map_n_event_rows; i++) {
        const struct map_event_row *row = &map_event_rows[i];

        bytes_printf(out, "| `%s` | %s | ", row->name, map_dialect_names[row->dialect]);
        bytes_printf(out, uses[row->use], row->role);
        bytes_printf(out, " |\n");
    }
}

/* --- comparing ------------------------------------------------------------- */

static struct bytes read_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    struct bytes text = {0};
    char piece[4096];
    size_t n;

    if (!in) {
        perror(path);
        exit(2);
    }
    while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
        bytes_add(&text, piece, n);
    fclose(in);
    bytes_add(&text, "", 1);
    return text;
}

static int write_file(const char *path, const char *head, size_t head_len, const struct bytes *tail)
{
    FILE *out = fopen(path, "wb");

    if (!out || fwrite(head, 1, head_len, out) != head_len ||
        fwrite(tail->data, 1, tail->len, out) != tail->len || fclose(out) != 0) {
        perror(path);
        return 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    bool write = argc == 3 && strcmp(argv[1], "--write") == 0;
    const char *path = argv[argc - 1], *at;
    struct bytes page, table = {0};
    int rc = 0;

    if (argc != 2 + write) {
        fprintf(stderr, "usage: dialects_page [--write] FILE\n");
        return 2;
    }
    page = read_file(path);
    at = strstr(page.data, marker);
    if (!at) {
        fprintf(stderr, "%s: no line %s", path, marker);
        return 2;
    }
    at += sizeof(marker) - 1;
    for (unsigned d = 0; d < N_MAP_DIALECTS; d++)
        print_dialect(&table, d);
    print_events(&table);
    if (write) {
        rc = write_file(path, page.data, (size_t)(at - page.data), &table);
    } else if (strlen(at) != table.len || memcmp(at, table.data, table.len) != 0) {
        fprintf(stderr, "%s is not the mapping table any more; print it with %s --write\n", path,
                argv[0]);
        rc = 1;
    }
    bytes_finish(&page);
    bytes_finish(&table);
    return rc;
}
