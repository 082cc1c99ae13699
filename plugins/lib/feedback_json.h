/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback as the API shows it. */
#ifndef PLUGINS_LIB_FEEDBACK_JSON_H
#define PLUGINS_LIB_FEEDBACK_JSON_H

#include <observatory/json.h>
#include <observatory/store.h>

/* Writes it as an object; what is absent is null, absent metadata {}. */
void feedback_json(obs_jw *jw, const obs_feedback *feedback);

#endif
