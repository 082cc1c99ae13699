/* SPDX-License-Identifier: Apache-2.0 */
/* The value tables. Comparison ignores case. */
#include "values.h"

#include <strings.h>

struct alias {
    obs_str from;
    const char *to;
};

/* clang-format off */
static const struct alias providers[] = {
    {OBS_STR("openai-chat"), "openai"}, {OBS_STR("open_ai"), "openai"},
    {OBS_STR("anthropic-messages"), "anthropic"}, {OBS_STR("claude"), "anthropic"},
    {OBS_STR("az.ai.openai"), "azure.ai.openai"}, {OBS_STR("azure"), "azure.ai.openai"}, {OBS_STR("azure_openai"), "azure.ai.openai"},
    {OBS_STR("azure-openai"), "azure.ai.openai"}, {OBS_STR("azureopenai"), "azure.ai.openai"}, {OBS_STR("azure.openai"), "azure.ai.openai"},
    {OBS_STR("az.ai.inference"), "azure.ai.inference"}, {OBS_STR("azure_ai_inference"), "azure.ai.inference"},
    {OBS_STR("bedrock"), "aws.bedrock"}, {OBS_STR("aws"), "aws.bedrock"}, {OBS_STR("aws_bedrock"), "aws.bedrock"},
    {OBS_STR("amazon_bedrock"), "aws.bedrock"}, {OBS_STR("amazon-bedrock"), "aws.bedrock"}, {OBS_STR("aws-bedrock"), "aws.bedrock"},
    {OBS_STR("vertex_ai"), "gcp.vertex_ai"}, {OBS_STR("vertexai"), "gcp.vertex_ai"}, {OBS_STR("vertex"), "gcp.vertex_ai"},
    {OBS_STR("google-vertex"), "gcp.vertex_ai"}, {OBS_STR("google.vertex"), "gcp.vertex_ai"},
    {OBS_STR("google.vertex.anthropic"), "gcp.vertex_ai"}, {OBS_STR("vertex.anthropic"), "gcp.vertex_ai"}, {OBS_STR("google_vertex_ai"), "gcp.vertex_ai"},
    {OBS_STR("gcp.vertex.agent"), "gcp.vertex_ai"}, {OBS_STR("google_vertexai"), "gcp.vertex_ai"}, {OBS_STR("vertex_ai_beta"), "gcp.vertex_ai"},
    {OBS_STR("gemini"), "gcp.gemini"}, {OBS_STR("google_genai"), "gcp.gemini"}, {OBS_STR("google_generativeai"), "gcp.gemini"},
    {OBS_STR("google-generative-ai"), "gcp.gemini"}, {OBS_STR("google.generative-ai"), "gcp.gemini"}, {OBS_STR("google_gemini"), "gcp.gemini"},
    {OBS_STR("google"), "gcp.gen_ai"}, {OBS_STR("gcp"), "gcp.gen_ai"},
    {OBS_STR("mistral"), "mistral_ai"}, {OBS_STR("mistralai"), "mistral_ai"}, {OBS_STR("mistral-ai"), "mistral_ai"},
    {OBS_STR("xai"), "x_ai"}, {OBS_STR("x.ai"), "x_ai"}, {OBS_STR("grok"), "x_ai"},
    {OBS_STR("watsonx"), "ibm.watsonx.ai"}, {OBS_STR("ibm"), "ibm.watsonx.ai"}, {OBS_STR("watsonx.ai"), "ibm.watsonx.ai"}, {OBS_STR("ibm_watsonx"), "ibm.watsonx.ai"},
    {OBS_STR("deep_seek"), "deepseek"}, {OBS_STR("perplexity_ai"), "perplexity"}, {OBS_STR("groqcloud"), "groq"},
    /* frameworks, not providers */
    {OBS_STR("langchain"), ""}, {OBS_STR("langgraph"), ""}, {OBS_STR("llamaindex"), ""}, {OBS_STR("llama_index"), ""},
    {OBS_STR("haystack"), ""}, {OBS_STR("crewai"), ""}, {OBS_STR("unknown"), ""}, {OBS_STR("_other"), ""},
};

/* Kinds of call. */
static const char *const provider_suffixes[] = {
    ".chat", ".messages", ".responses", ".completion", ".completions", ".embedding", ".embeddings", ".image", ".speech", ".transcription", ".languagemodel",
};

static const struct alias genai_operations[] = {
    {OBS_STR("chat"), "chat"}, {OBS_STR("generate_content"), "chat"},
    {OBS_STR("text_completion"), "completion"}, {OBS_STR("completion"), "completion"}, {OBS_STR("generate"), "completion"},
    {OBS_STR("embeddings"), "embedding"}, {OBS_STR("embedding"), "embedding"},
    {OBS_STR("retrieval"), "retrieval"}, {OBS_STR("search_memory"), "retrieval"},
    {OBS_STR("execute_tool"), "tool"}, {OBS_STR("tool"), "tool"},
    {OBS_STR("create_agent"), "agent"}, {OBS_STR("invoke_agent"), "agent"}, {OBS_STR("invoke_workflow"), "agent"}, {OBS_STR("agent"), "agent"}, {OBS_STR("agent_step"), "agent"},
    {OBS_STR("rerank"), "rerank"}, {OBS_STR("guardrail"), "guardrail"},
    {OBS_STR("create_memory"), "internal"}, {OBS_STR("update_memory"), "internal"}, {OBS_STR("upsert_memory"), "internal"}, {OBS_STR("delete_memory"), "internal"},
};

static const struct alias openinference_kinds[] = {
    {OBS_STR("LLM"), "chat"}, {OBS_STR("EMBEDDING"), "embedding"}, {OBS_STR("RETRIEVER"), "retrieval"}, {OBS_STR("RERANKER"), "rerank"},
    {OBS_STR("TOOL"), "tool"}, {OBS_STR("AGENT"), "agent"}, {OBS_STR("GUARDRAIL"), "guardrail"},
    {OBS_STR("CHAIN"), "internal"}, {OBS_STR("EVALUATOR"), "internal"}, {OBS_STR("PROMPT"), "internal"},
};

/* The outer span of a call has the usage of all its inner ones. */
static const struct alias vercel_operations[] = {
    {OBS_STR("ai.generateText.doGenerate"), "chat"}, {OBS_STR("ai.streamText.doStream"), "chat"},
    {OBS_STR("ai.generateObject.doGenerate"), "chat"}, {OBS_STR("ai.streamObject.doStream"), "chat"},
    {OBS_STR("ai.embed.doEmbed"), "embedding"}, {OBS_STR("ai.embedMany.doEmbed"), "embedding"}, {OBS_STR("ai.toolCall"), "tool"},
    {OBS_STR("ai.generateText"), "agent"}, {OBS_STR("ai.streamText"), "agent"}, {OBS_STR("ai.generateObject"), "agent"}, {OBS_STR("ai.streamObject"), "agent"},
    {OBS_STR("ai.embed"), "internal"}, {OBS_STR("ai.embedMany"), "internal"},
};

/* "span" and "event" are what it calls all others: they say nothing. */
static const struct alias langfuse_types[] = {
    {OBS_STR("generation"), "chat"}, {OBS_STR("embedding"), "embedding"}, {OBS_STR("agent"), "agent"}, {OBS_STR("tool"), "tool"},
    {OBS_STR("retriever"), "retrieval"}, {OBS_STR("guardrail"), "guardrail"}, {OBS_STR("chain"), "internal"}, {OBS_STR("evaluator"), "internal"},
};

static const struct alias mlflow_types[] = {
    {OBS_STR("LLM"), "chat"}, {OBS_STR("CHAT_MODEL"), "chat"}, {OBS_STR("EMBEDDING"), "embedding"}, {OBS_STR("AGENT"), "agent"}, {OBS_STR("TOOL"), "tool"},
    {OBS_STR("RETRIEVER"), "retrieval"}, {OBS_STR("RERANKER"), "rerank"}, {OBS_STR("GUARDRAIL"), "guardrail"}, {OBS_STR("CHAIN"), "internal"},
    {OBS_STR("PARSER"), "internal"}, {OBS_STR("WORKFLOW"), "agent"}, {OBS_STR("EVALUATOR"), "internal"},
};

static const struct alias genkit_subtypes[] = {
    {OBS_STR("model"), "chat"}, {OBS_STR("background-model"), "chat"}, {OBS_STR("embedder"), "embedding"}, {OBS_STR("tool"), "tool"}, {OBS_STR("tool.v2"), "tool"},
    {OBS_STR("agent"), "agent"}, {OBS_STR("flow"), "agent"}, {OBS_STR("retriever"), "retrieval"}, {OBS_STR("reranker"), "rerank"},
    {OBS_STR("prompt"), "internal"}, {OBS_STR("indexer"), "internal"}, {OBS_STR("evaluator"), "internal"}, {OBS_STR("util"), "internal"},
};

static const struct alias levels[] = {
    {OBS_STR("ERROR"), "ERROR"},
};

static const struct alias traceloop_kinds[] = {
    {OBS_STR("workflow"), "agent"}, {OBS_STR("agent"), "agent"}, {OBS_STR("tool"), "tool"}, {OBS_STR("task"), "internal"},
};

static const struct alias llm_types[] = {
    {OBS_STR("chat"), "chat"}, {OBS_STR("completion"), "completion"}, {OBS_STR("embedding"), "embedding"}, {OBS_STR("rerank"), "rerank"},
};

static const struct alias types[] = {
    {OBS_STR("chat"), "chat"}, {OBS_STR("completion"), "completion"}, {OBS_STR("embedding"), "embedding"}, {OBS_STR("tool"), "tool"}, {OBS_STR("agent"), "agent"},
    {OBS_STR("retrieval"), "retrieval"}, {OBS_STR("rerank"), "rerank"}, {OBS_STR("guardrail"), "guardrail"}, {OBS_STR("internal"), "internal"},
};
/* clang-format on */

static obs_str find(const struct alias *table, size_t n, obs_str value)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].from.len == value.len &&
            strncasecmp(table[i].from.ptr, value.ptr, value.len) == 0)
            return obs_str_of(table[i].to);
    return obs_str_n(NULL, 0);
}

#define FIND(table, value) find((table), sizeof(table) / sizeof((table)[0]), (value))

obs_str operation_of_genai(obs_str value)
{
    return FIND(genai_operations, value);
}

obs_str operation_of_openinference(obs_str value)
{
    return FIND(openinference_kinds, value);
}

obs_str operation_of_vercel(obs_str value)
{
    const char *blank = memchr(value.ptr, ' ', value.len);

    if (blank)
        value.len = (size_t)(blank - value.ptr);
    return FIND(vercel_operations, value);
}

obs_str operation_of_langfuse(obs_str value)
{
    return FIND(langfuse_types, value);
}

obs_str operation_of_traceloop(obs_str value)
{
    return FIND(traceloop_kinds, value);
}

obs_str operation_of_llm_type(obs_str value)
{
    return FIND(llm_types, value);
}

obs_str operation_of_mlflow(obs_str value)
{
    if (value.len > 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = obs_str_n(value.ptr + 1, value.len - 2);
    return FIND(mlflow_types, value);
}

obs_str operation_of_genkit(obs_str value)
{
    return FIND(genkit_subtypes, value);
}

obs_str operation_known(obs_str type)
{
    return FIND(types, type);
}

obs_str level_error(obs_str value)
{
    return FIND(levels, value);
}

/* --- providers ------------------------------------------------------------- */

static obs_str without_suffix(obs_str name)
{
    for (size_t i = 0; i < sizeof(provider_suffixes) / sizeof(provider_suffixes[0]); i++) {
        size_t len = strlen(provider_suffixes[i]);

        if (name.len > len &&
            strncasecmp(name.ptr + name.len - len, provider_suffixes[i], len) == 0)
            return obs_str_n(name.ptr, name.len - len);
    }
    return name;
}

obs_str provider_canonical(obs_arena *arena, obs_str name)
{
    obs_str canonical = FIND(providers, name);
    size_t upper = 0;

    if (!canonical.ptr) {
        name = without_suffix(name);
        canonical = FIND(providers, name);
    }
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
