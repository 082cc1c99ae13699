/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes whose value is an object, as JSON text or structured: its members
 * are offered like attributes of their own. */
#ifndef INGEST_MEMBERS_H
#define INGEST_MEMBERS_H

#include "draft.h"

/* TO_MEMBERS: offers every member that has a row "key#member", nested ones as
 * "key#a.b"; the value itself to the row "key#" when there was none of them. Of
 * JSON that is cut off, what comes before counts. */
void members_offer(struct draft *draft, struct json_out *out, const struct map_index *index,
                   const struct slot *whole, uint32_t where);

/* TO_PARAMETERS: offers every member as a parameter of its name. */
void members_offer_parameters(struct draft *draft, struct json_out *out, const struct slot *whole);

#endif
