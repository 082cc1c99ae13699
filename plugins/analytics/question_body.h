/* SPDX-License-Identifier: Apache-2.0 */
/* A question as JSON. */
#ifndef ANALYTICS_QUESTION_BODY_H
#define ANALYTICS_QUESTION_BODY_H

#include "question.h"

/* Reads the body of a POST. Errors: those of the members with wrong_field and
 * wrong_text, OBS_E_SYNTAX, OBS_E_NOMEM. */
OBS_MUST_CHECK int question_body_read(struct question *question, obs_str body);

/* What both ways of asking need; errors likewise. */
OBS_MUST_CHECK int question_take(struct question *question, obs_str name, obs_str value);
OBS_MUST_CHECK int question_group_by(struct question *question, obs_str list);
OBS_MUST_CHECK int question_metric(struct question *question, obs_str name, obs_str aggregation,
                                   obs_str alias);

#endif
