/* SPDX-License-Identifier: Apache-2.0 */
/* The value tables. Comparison ignores case. */
#include "values.h"

#include <strings.h>

struct alias {
    const char *from;
    const char *to;
};

/* clang-format off */
static const struct alias providers[] = {
    {"openai.responses", "openai"}, {"openai.chat", "openai"}, {"openai.completion", "openai"},
    {"openai-chat", "openai"}, {"open_ai", "openai"},
    {"anthropic.messages", "anthropic"}, {"anthropic-messages", "anthropic"}, {"claude", "anthropic"},
    {"az.ai.openai", "azure.ai.openai"}, {"azure", "azure.ai.openai"}, {"azure_openai", "azure.ai.openai"},
    {"azure-openai", "azure.ai.openai"}, {"azureopenai", "azure.ai.openai"}, {"azure.openai", "azure.ai.openai"},
    {"az.ai.inference", "azure.ai.inference"}, {"azure_ai_inference", "azure.ai.inference"},
    {"bedrock", "aws.bedrock"}, {"aws", "aws.bedrock"}, {"aws_bedrock", "aws.bedrock"},
    {"amazon_bedrock", "aws.bedrock"}, {"amazon-bedrock", "aws.bedrock"}, {"aws-bedrock", "aws.bedrock"},
    {"vertex_ai", "gcp.vertex_ai"}, {"vertexai", "gcp.vertex_ai"}, {"vertex", "gcp.vertex_ai"},
    {"google_vertexai", "gcp.vertex_ai"}, {"google-vertex", "gcp.vertex_ai"}, {"google.vertex", "gcp.vertex_ai"},
    {"gemini", "gcp.gemini"}, {"google_genai", "gcp.gemini"}, {"google_generativeai", "gcp.gemini"},
    {"google-generative-ai", "gcp.gemini"}, {"google.generative-ai", "gcp.gemini"}, {"google_gemini", "gcp.gemini"},
    {"google", "gcp.gen_ai"}, {"gcp", "gcp.gen_ai"},
    {"mistral", "mistral_ai"}, {"mistralai", "mistral_ai"}, {"mistral-ai", "mistral_ai"},
    {"xai", "x_ai"}, {"x.ai", "x_ai"}, {"grok", "x_ai"},
    {"watsonx", "ibm.watsonx.ai"}, {"ibm", "ibm.watsonx.ai"}, {"watsonx.ai", "ibm.watsonx.ai"}, {"ibm_watsonx", "ibm.watsonx.ai"},
    {"cohere.chat", "cohere"}, {"deep_seek", "deepseek"}, {"perplexity_ai", "perplexity"}, {"groqcloud", "groq"},
};

static const struct alias genai_operations[] = {
    {"chat", "chat"}, {"generate_content", "chat"},
    {"text_completion", "completion"}, {"completion", "completion"}, {"generate", "completion"},
    {"embeddings", "embedding"}, {"embedding", "embedding"},
    {"retrieval", "retrieval"}, {"search_memory", "retrieval"},
    {"execute_tool", "tool"}, {"tool", "tool"},
    {"create_agent", "agent"}, {"invoke_agent", "agent"}, {"invoke_workflow", "agent"}, {"agent", "agent"},
    {"rerank", "rerank"}, {"guardrail", "guardrail"},
    {"create_memory", "internal"}, {"update_memory", "internal"}, {"upsert_memory", "internal"}, {"delete_memory", "internal"},
};

static const struct alias openinference_kinds[] = {
    {"LLM", "chat"}, {"EMBEDDING", "embedding"}, {"RETRIEVER", "retrieval"}, {"RERANKER", "rerank"},
    {"TOOL", "tool"}, {"AGENT", "agent"}, {"GUARDRAIL", "guardrail"},
    {"CHAIN", "internal"}, {"EVALUATOR", "internal"}, {"PROMPT", "internal"},
};

static const struct alias traceloop_kinds[] = {
    {"workflow", "agent"}, {"agent", "agent"}, {"tool", "tool"}, {"task", "internal"},
};

static const struct alias llm_types[] = {
    {"chat", "chat"}, {"completion", "completion"}, {"embedding", "embedding"}, {"rerank", "rerank"},
};

static const struct alias types[] = {
    {"chat", "chat"}, {"completion", "completion"}, {"embedding", "embedding"}, {"tool", "tool"}, {"agent", "agent"},
    {"retrieval", "retrieval"}, {"rerank", "rerank"}, {"guardrail", "guardrail"}, {"internal", "internal"},
};
/* clang-format on */

static obs_str find(const struct alias *table, size_t n, obs_str value)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(table[i].from) == value.len &&
            strncasecmp(table[i].from, value.ptr, value.len) == 0)
            return obs_str_of(table[i].to);
    return obs_str_n(NULL, 0);
}

#define FIND(table, value) find((table), sizeof(table) / sizeof((table)[0]), (value))

obs_str operation_of_genai(obs_str value) { return FIND(genai_operations, value); }
obs_str operation_of_openinference(obs_str value) { return FIND(openinference_kinds, value); }
obs_str operation_of_traceloop(obs_str value) { return FIND(traceloop_kinds, value); }
obs_str operation_of_llm_type(obs_str value) { return FIND(llm_types, value); }
obs_str operation_known(obs_str type) { return FIND(types, type); }

obs_str provider_canonical(obs_arena *arena, obs_str name)
{
    obs_str canonical = FIND(providers, name);
    size_t upper = 0;

    if (canonical.ptr)
        return canonical;
    while (upper < name.len && !(name.ptr[upper] >= 'A' && name.ptr[upper] <= 'Z'))
        upper++;
    if (upper == name.len)
        return name;
    name = obs_arena_dup(arena, name);
    for (char *p = (char *)(uintptr_t)name.ptr; p && p < name.ptr + name.len; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p |= 32;
    return name;
}
