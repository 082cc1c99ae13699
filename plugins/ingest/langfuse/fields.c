/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of Langfuse's bodies, to be read beside its API reference. What is not
 * here is passed over, as Langfuse does. */
#include "event.h"

#define AT(name) offsetof(struct langfuse_event, name)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* clang-format off */
static const struct langfuse_field trace[] = {
    {"id",          "langfuse.trace.id",          KIND_ID,       0, AT(trace)},
    {"timestamp",   NULL,                         KIND_TIME,     0, AT(start_ns)},
    {"name",        "langfuse.trace.name",        KIND_TEXT,     1, AT(name)},
    {"userId",      "langfuse.user.id",           KIND_TEXT,     1, 0},
    {"sessionId",   "langfuse.session.id",        KIND_TEXT,     1, 0},
    {"environment", "langfuse.environment",       KIND_TEXT,     1, 0},
    {"release",     "langfuse.release",           KIND_TEXT,     1, 0},
    {"tags",        "langfuse.trace.tags",        KIND_TEXTS,    1, 0},
    {"version",     "langfuse.version",           KIND_TEXT,     0, 0},
    {"public",      "langfuse.trace.public",      KIND_TRUTH,    0, 0},
    {"externalId",  "langfuse.trace.external_id", KIND_TEXT,     0, 0},
    {"metadata",    "langfuse.trace.metadata",    KIND_METADATA, 0, 0},
    {"input",       "langfuse.trace.input",       KIND_ANY,      0, 0},
    {"output",      "langfuse.trace.output",      KIND_ANY,      0, 0},
};

/* Of rows with the same attribute the last one that came counts. The two rows
 * without a name are what the one above them says besides: a usage that is not in
 * tokens, and costs. */
static const struct langfuse_field observation[] = {
    {"traceId",     "langfuse.trace.id",                 KIND_ID,       0, AT(trace)},
    {"id",          "langfuse.observation.id",           KIND_ID,       0, AT(id)},
    {"parentObservationId", NULL,                        KIND_ID,       0, AT(parent)},
    {"type",        NULL,                                KIND_TYPE,     0, 0},
    {"name",        NULL,                                KIND_TEXT,     0, AT(name)},
    {"startTime",   NULL,                                KIND_TIME,     0, AT(start_ns)},
    {"endTime",     NULL,                                KIND_TIME,     0, AT(end_ns)},
    {"completionStartTime", "langfuse.observation.completion_start_time", KIND_TIME, 0, 0},
    {"environment", "langfuse.environment",              KIND_TEXT,     0, 0},
    {"version",     "langfuse.version",                  KIND_TEXT,     0, 0},
    {"level",       "langfuse.observation.level",        KIND_LEVEL,    0, 0},
    {"statusMessage", "langfuse.observation.status_message", KIND_TEXT, 0, 0},
    {"model",       "langfuse.observation.model.name",   KIND_TEXT,     0, 0},
    {"modelParameters", "langfuse.observation.model.parameters", KIND_OBJECT, 0, 0},
    {"promptName",  "langfuse.observation.prompt.name",  KIND_TEXT,     0, 0},
    {"promptVersion", "langfuse.observation.prompt.version", KIND_WHOLE, 0, 0},
    {"usage",       "langfuse.observation.usage_details", KIND_USAGE,   0, 0},
    {NULL,          "langfuse.observation.usage",        KIND_USAGE,    0, 0},
    {NULL,          "langfuse.observation.cost_details", KIND_USAGE,    0, 0},
    {"usageDetails", "langfuse.observation.usage_details", KIND_COUNTS, 0, 0},
    {"costDetails", "langfuse.observation.cost_details", KIND_AMOUNTS,  0, 0},
    {"metadata",    "langfuse.observation.metadata",     KIND_METADATA, 0, 0},
    {"input",       "langfuse.observation.input",        KIND_ANY,      0, 0},
    {"output",      "langfuse.observation.output",       KIND_ANY,      0, 0},
};

/* Of a score there are no attributes: the names are what score.c asks for. */
static const struct langfuse_field score[] = {
    {"id",            NULL,            KIND_ID,   0, AT(id)},
    {"traceId",       NULL,            KIND_ID,   0, AT(trace)},
    {"observationId", NULL,            KIND_ID,   0, AT(parent)},
    {"sessionId",     "session",       KIND_TEXT, 0, 0},
    {"name",          NULL,            KIND_TEXT, 0, AT(name)},
    {"value",         "value",         KIND_ANY,  0, 0},
    {"dataType",      "type",          KIND_TEXT, 0, 0},
    {"comment",       "comment",       KIND_TEXT, 0, 0},
    {"metadata",      "metadata",      KIND_ANY,  0, 0},
    {"source",        "langfuse.score.source",    KIND_TEXT, 0, 0},
    {"configId",      "langfuse.score.config.id", KIND_TEXT, 0, 0},
    {"queueId",       "langfuse.score.queue.id",  KIND_TEXT, 0, 0},
    {"environment",   "langfuse.environment",     KIND_TEXT, 0, 0},
};
/* clang-format on */

_Static_assert(COUNT(trace) <= LANGFUSE_MAX_FIELDS && COUNT(observation) <= LANGFUSE_MAX_FIELDS,
               "a body's fields have their values in an event");

const struct langfuse_fields langfuse_fields[N_LANGFUSE_BODIES] = {
    [BODY_TRACE] = {trace, COUNT(trace)},
    [BODY_OBSERVATION] = {observation, COUNT(observation)},
    [BODY_SCORE] = {score, COUNT(score)},
};
