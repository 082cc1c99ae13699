/* SPDX-License-Identifier: Apache-2.0 */
/* OpenAPI 3.1 from what is really routed: prefixes are expanded, plugins of
 * strangers are in it, and errors have the one body of docs/errors.md. */
#include "cli/reference.h"

#include "http/route.h"
#include "plugin/descriptor.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

static const char *const method_names[] = {"get", "head", "post", "put", "patch", "delete"};
#define N_METHODS (sizeof(method_names) / sizeof(method_names[0]))

/* ---- parameters ---------------------------------------------------------------- */

static json_t *schema_of(const char *name)
{
    if (strcmp(name, "list") == 0)
        return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
    if (strcmp(name, "integer") == 0 || strcmp(name, "number") == 0 || strcmp(name, "boolean") == 0)
        return json_pack("{s:s}", "type", name);
    return json_pack("{s:s}", "type", "string"); /* a time has several notations */
}

static json_t *parameter(const char *name, const char *in, const char *schema, const char *help)
{
    json_t *p = json_pack("{s:s, s:s, s:o}", "name", name, "in", in, "schema", schema_of(schema));

    if (help)
        json_object_set_new(p, "description", json_string(help));
    if (strcmp(in, "path") == 0)
        json_object_set_new(p, "required", json_true());
    if (strcmp(schema, "list") == 0)
        json_object_set_new(p, "explode", json_false()); /* separated by commas */
    return p;
}

/* Headers that OpenAPI describes elsewhere must not be parameters. */
static bool is_described_elsewhere(const obs_param *param)
{
    return strcmp(param->in, "header") == 0 && (strcasecmp(param->name, "Content-Type") == 0 ||
                                                strcasecmp(param->name, "Accept") == 0 ||
                                                strcasecmp(param->name, "Authorization") == 0);
}

static json_t *parameters(const struct endpoint *endpoint)
{
    const obs_route *route = endpoint->decl;
    json_t *list = json_array();

    for (size_t i = 0; i < route->n_params; i++) {
        const obs_param *param = descriptor_param(endpoint->instance->plugin, route, i);

        if (!is_described_elsewhere(param))
            json_array_append_new(list,
                                  parameter(param->name, param->in, param->schema, param->help));
    }
    return list;
}

static bool has_parameter(const json_t *list, const char *name)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "name")), name) == 0 &&
            strcmp(json_string_value(json_object_get(item, "in")), "path") == 0)
            return true;
    }
    return false;
}

/* "/a/{rest...}" is "/a/{rest}" in OpenAPI, which has no notation for it. The
 * parameters in it that nobody described are added to `list`. */
static void convert_path(obs_str pattern, json_t *list, char *path, size_t size)
{
    size_t len = 0, at = 0;
    char name[64];

    for (size_t i = 0; i < pattern.len && len + 1 < size; i++) {
        if (pattern.ptr[i] == '.')
            if (i + 3 < pattern.len && memcmp(pattern.ptr + i, "...}", 4) == 0)
                i += 3;
        path[len++] = pattern.ptr[i];
        if (pattern.ptr[i] == '{')
            at = len;
        if (pattern.ptr[i] != '}')
            continue;
        snprintf(name, sizeof(name), "%.*s", (int)(len - 1 - at), path + at);
        if (!has_parameter(list, name))
            json_array_append_new(list, parameter(name, "path", "string", NULL));
    }
    path[len] = '\0';
}

/* ---- operations ---------------------------------------------------------------- */

static json_t *request_body(const struct endpoint *endpoint)
{
    char text[80];

    snprintf(text, sizeof(text), "at most %llu bytes, decoded",
             (unsigned long long)endpoint->body_limit);
    return json_pack("{s:s, s:{s:{}}}", "description", text, "content", "*/*");
}

static json_t *operation(const struct endpoint *endpoint, size_t method, const json_t *list,
                         const char *path)
{
    const obs_route *route = endpoint->decl;
    char id[200];
    json_t *op;
    size_t len;

    len = (size_t)snprintf(id, sizeof(id), "%s_%s", method_names[method], path + 1);
    for (size_t i = 0; i < len && i < sizeof(id) - 1; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", id[i]))
            id[i] = '_';
    op = json_pack("{s:s, s:s, s:[s], s:{s:{s:s}, s:{s:s}}}", "operationId", id, "summary",
                   route->summary, "tags", endpoint->instance->name, "responses", "200",
                   "description", "The answer.", "default", "$ref", "#/components/responses/Error");
    if (json_array_size(list) > 0)
        json_object_set_new(op, "parameters", json_deep_copy(list));
    if (route->body != OBS_BODY_IGNORE && method != 0)
        json_object_set_new(op, "requestBody", request_body(endpoint));
    if (route->permission)
        json_object_set_new(op, "x-permission", json_string(route->permission));
    if (route->limit_class)
        json_object_set_new(op, "x-limit-class", json_string(route->limit_class));
    return op;
}

static void add_endpoint(const struct endpoint *endpoint, void *user)
{
    json_t *paths = user, *list = parameters(endpoint), *item;
    char path[512];

    convert_path(endpoint->pattern, list, path, sizeof(path));
    item = json_object_get(paths, path);
    if (!item) {
        item = json_object();
        json_object_set_new(paths, path, item);
    }
    for (size_t i = 0; i < N_METHODS; i++)
        if (endpoint->decl->methods & (1u << i))
            json_object_set_new(item, method_names[i], operation(endpoint, i, list, path));
    json_decref(list);
}

/* ---- document ------------------------------------------------------------------- */

static json_t *text_schema(void)
{
    return json_pack("{s:s}", "type", "string");
}

/* The body of every error, as docs/errors.md has it. */
static json_t *error_schema(void)
{
    json_t *error =
        json_pack("{s:s, s:[s, s, s, s], s:{s:{s:s}, s:o, s:o, s:o, s:o}}", "type", "object",
                  "required", "code", "error_code", "category", "message", "properties", "code",
                  "type", "integer", "error_code", text_schema(), "category", text_schema(),
                  "message", text_schema(), "field", text_schema());

    return json_pack("{s:s, s:[s], s:{s:o, s:{s:s}}}", "type", "object", "required", "error",
                     "properties", "error", error, "meta", "type", "object");
}

static json_t *tags(const struct generation *generation)
{
    json_t *list = json_array();

    for (size_t i = 0; i < generation->n_instances; i++) {
        const obs_instance *instance = generation->in_config_order[i];

        if (instance->plugin->n_routes > 0)
            json_array_append_new(list, json_pack("{s:s, s:s}", "name", instance->name,
                                                  "description", instance->plugin->summary));
    }
    return list;
}

int reference_openapi(const struct generation *generation)
{
    json_t *paths = json_object();
    json_t *document = json_pack(
        "{s:s, s:{s:s, s:s, s:s, s:{s:s, s:s}}, s:[{s:s}], s:o, s:O, s:{s:{s:o}, s:{s:{s:s, "
        "s:{s:{s:{s:s}}}}}}}",
        "openapi", "3.1.0", "info", "title", "Observatory", "version", OBS_VERSION, "summary",
        "What the loaded plugins serve", "license", "name", "Apache-2.0", "identifier",
        "Apache-2.0", "servers", "url", "/", "tags", tags(generation), "paths", paths, "components",
        "schemas", "Error", error_schema(), "responses", "Error", "description",
        "An error; the codes are in docs/errors.md.", "content", "application/json", "schema",
        "$ref", "#/components/schemas/Error");
    int rc = document ? OBS_OK : OBS_E_NOMEM;

    if (document) {
        router_each(generation->router, add_endpoint, paths);
        json_dumpf(document, stdout, JSON_INDENT(2));
        printf("\n");
    }
    json_decref(paths);
    json_decref(document);
    return rc;
}
