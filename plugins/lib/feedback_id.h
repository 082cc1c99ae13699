/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback, whoever it comes from: its identity and its sources. */
#ifndef PLUGINS_LIB_FEEDBACK_ID_H
#define PLUGINS_LIB_FEEDBACK_ID_H

#include <observatory/store.h>

/* obs_feedback.name when nobody said what is judged. */
#define FEEDBACK_DEFAULT_NAME "feedback"

/* Where feedback comes from: id, obs_feedback.source. */
#define FEEDBACK_SOURCES(X)                                                                        \
    X(API, "api")               /* the feedback route, unless the caller names another */          \
    X(EVALUATION, "evaluation") /* an evaluator: gen_ai.evaluation.result, evaluations.N */        \
    X(ANNOTATION, "annotation") /* annotations.N of OpenInference */                               \
    X(LANGFUSE, "langfuse")     /* scores of its SDKs */

#define FEEDBACK_SOURCE_CONSTANT(id, name) FEEDBACK_##id,
enum feedback_source {
    FEEDBACK_SOURCES(FEEDBACK_SOURCE_CONSTANT) FEEDBACK_OTHER, /* a name of the caller's */
    N_FEEDBACK_SOURCES
};
#undef FEEDBACK_SOURCE_CONSTANT

/* obs_feedback.source of all but FEEDBACK_OTHER. */
obs_str feedback_source_name(enum feedback_source source);

/* Empties feedback: zeroes, no value, resolved or not unsaid. */
void feedback_init(obs_feedback *feedback);

/* Longest obs_feedback.id in bytes. */
#define FEEDBACK_MAX_ID_BYTES 256u

/* The id of feedback that came without one, so that what is sent again takes its
 * own place: "fb-" and the first 32 hexadecimal digits of the SHA-256 of
 *     trace id (32 hexadecimal digits, or nothing), span id (16, or nothing),
 *     session id, name, source, author, `key`,
 * each as a netstring ("5:hello,"). `key` is what the sender tells several by that
 * are alike in all of that; usually empty. ptr NULL: out of memory.
 * Thread: [any], one at a time for an arena. */
obs_str feedback_id(obs_arena *arena, const obs_feedback *feedback, obs_str key);

#endif
