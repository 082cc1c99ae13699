/* SPDX-License-Identifier: Apache-2.0 */
/* Filters as clients write them in JSON, to the tree that stores take:
 *
 *     {"operator": "AND" | "OR" | "NOT", "filters": [FILTER, …]}
 *     {"field": "model", "operator": "eq", "value": "gpt-4o"}
 *
 * A field is one of the span's, "tags", "attributes.KEY", "resource_attributes.KEY",
 * "model_parameters.KEY" or "feedback.NAME". */
#ifndef PLUGINS_LIB_FILTER_JSON_H
#define PLUGINS_LIB_FILTER_JSON_H

#include <observatory/json.h>
#include <observatory/store.h>

/* The longest regular expression, in bytes. */
#define FILTER_MAX_REGEX_BYTES 1024u

/* What a tree may look like, and what a complaint is told in. */
struct filter_reader {
    obs_arena *arena;
    int64_t now_ns;                /* of relative times */
    uint32_t depth, nodes, values; /* limits */

    /* The field of the span that an attribute of this name is read into, -1: none.
     * Then either may match, and where a comparison is negative only the field
     * counts. NULL: attributes are only attributes. */
    int (*alias)(obs_str key);

    /* After an error: where in the tree, "filter.filters[1].value", and a sentence. */
    obs_str wrong_field, wrong_text;
};

/* Reads `json`, which stands at `path` of the body. The tree is in the reader's
 * arena; texts are borrowed from `json`. Errors: OBS_E_INVALID, OBS_E_UNKNOWN,
 * OBS_E_MISSING, OBS_E_COMPLEX with wrong_field and wrong_text; OBS_E_NOMEM. */
OBS_MUST_CHECK int filter_json_read(struct filter_reader *reader, const char *path,
                                    const obs_json *json, const obs_filter **ret_filter);

#endif
