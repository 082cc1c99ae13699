/* SPDX-License-Identifier: Apache-2.0 */
/* Names that dialects use for the same thing: providers and operations. */
#ifndef INGEST_VALUES_H
#define INGEST_VALUES_H

#include <observatory/memory.h>

/* The provider's canonical name (OpenTelemetry's where it has one): an alias
 * from the table, else `name` in lower case without the kind of call that the
 * Vercel AI SDK puts behind it ("groq.chat"). Empty for names of frameworks,
 * which provide nothing, and when out of memory. */
obs_str provider_canonical(obs_arena *arena, obs_str name);

/* operation_type for the value of gen_ai.operation.name,
 * openinference.span.kind, ai.operationId (what follows a blank is the caller's),
 * langfuse.observation.type, traceloop.span.kind, llm.request.type,
 * mlflow.spanType (maybe in quotes) or genkit:metadata:subtype; empty when the
 * value says nothing. Static storage. */
obs_str operation_of_genai(obs_str value);
obs_str operation_of_openinference(obs_str value);
obs_str operation_of_vercel(obs_str value);
obs_str operation_of_langfuse(obs_str value);
obs_str operation_of_traceloop(obs_str value);
obs_str operation_of_llm_type(obs_str value);
obs_str operation_of_mlflow(obs_str value);
obs_str operation_of_genkit(obs_str value);

/* "ERROR" when a level says that the span failed, else empty. */
obs_str level_error(obs_str value);

/* `type` when it is one of the API's operation types, else empty. */
obs_str operation_known(obs_str type);

#endif
