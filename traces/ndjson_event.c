// SPDX-License-Identifier: MIT
// One event line -> struct tape_event, as far as it does not depend on other lines.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/ndjson_text.h"

static const char keys[] =
    "seq call callback since label thread at_ns after_ms cause via in in_call in_callback "
    "during args result threw end_seq took_ns";

void
ndjson_event_free(struct ndjson_event *event)
{
    for (unsigned i = 0; i < API_MAX_PARAMS + 1; i++)
        free(event->texts[i]);
    free(event->label);
    memset(event, 0, sizeof *event);
}

/* Where a value stands, for faults, and what it is to become. */
struct want {
    const struct ndjson_line *line;
    const char *outer, *key;
    int type, enumeration;
    const char *version;
    char **text;
    struct fault *fault;
};
#define REFUSE(want, ...) ndjson_fault((want)->line, (want)->outer, (want)->key, (want)->fault, __VA_ARGS__)

/* The number behind an enum constant's name in that SDK version. */
static int
take_constant(const struct want *want, const cJSON *node, int64_t *number)
{
    struct jtree_text name;
    if (want->enumeration < 0)
        return REFUSE(want, "\"%s\" must be a number", want->key);
    if (jtree_text(node, &name) != 0)
        return REFUSE(want, "out of memory");
    const struct api_enum *list = &api_enums[want->enumeration];
    bool found = false;
    for (unsigned i = 0; i < list->nconstants && !found; i++) {
        const struct api_constant *constant = &list->constants[i];
        const char *version = want->version;
        if (strcmp(constant->name, name.data) != 0)
            continue;
        found = version == NULL
                    ? constant->until == NULL
                    : (constant->since == NULL || api_version_compare(version, constant->since) >= 0) &&
                          (constant->until == NULL || api_version_compare(version, constant->until) <= 0);
        *number = constant->value;
    }
    int status = 0;
    if (!found)
        status = REFUSE(want, "%s has no constant \"%.80s\"%s%s", list->name, name.data,
                        want->version != NULL ? " in SDK version " : "",
                        want->version != NULL ? want->version : "");
    jtree_text_free(&name);
    return status;
}

static int
take_signed(const struct want *want, const cJSON *node, struct tape_value *value)
{
    int64_t low = want->type == API_I32 ? INT32_MIN : INT64_MIN;
    int64_t high = want->type == API_I32 ? INT32_MAX : INT64_MAX;
    value->type = TAPE_INT;
    if (jtree_kind(node) == JTREE_STRING)
        return take_constant(want, node, &value->i);
    if (!jtree_int64(node, &value->i) || value->i < low || value->i > high)
        return REFUSE(want, "\"%s\" must be a whole number from %" PRId64 " to %" PRId64, want->key, low,
                      high);
    return 0;
}

static int
take_unsigned(const struct want *want, const cJSON *node, struct tape_value *value)
{
    static const uint64_t most[] = {
        [API_U32] = UINT32_MAX, [API_U64] = UINT64_MAX, [API_BOOL] = UINT8_MAX, [API_FN] = INT64_MAX};
    enum jtree_kind kind = jtree_kind(node);
    value->type = TAPE_UINT;
    value->u = 0;
    if (kind == JTREE_NULL && want->type == API_FN)
        return 0;
    if (kind == JTREE_BOOL && want->type == API_BOOL) {
        value->u = (node->type & 0xFF) == cJSON_True;
        return 0;
    }
    if (kind == JTREE_STRING) {
        int64_t number = 0;
        if (take_constant(want, node, &number) != 0)
            return -1;
        value->u = want->type == API_U32 ? (uint32_t)number : (uint64_t)number;
        return 0;
    }
    if (!jtree_uint64(node, &value->u) || value->u > most[want->type])
        return REFUSE(want, "\"%s\" must be a whole number from 0 to %" PRIu64, want->key, most[want->type]);
    return 0;
}

static int
take_value(const struct want *want, const cJSON *node, struct tape_value *value)
{
    struct ndjson_bytes text;
    switch (want->type) {
    case API_I32:
    case API_I64:
        return take_signed(want, node, value);
    case API_U32:
    case API_U64:
    case API_BOOL:
    case API_FN:
        return take_unsigned(want, node, value);
    case API_STR:
    case API_OUT:
        if (ndjson_take_text(want->line, node, want->outer, want->key, &text, want->fault) != 0)
            return -1;
        *want->text = text.data;
        value->type = text.data != NULL ? TAPE_TEXT : TAPE_NULL;
        value->text = text.data;
        value->bytes = text.bytes;
        return 0;
    default:
        return REFUSE(want, "\"%s\" is the app's user data, which no tape holds", want->key);
    }
}

static bool
is_called(const struct api_param *param, const char *name)
{
    if (strcmp(param->name, name) == 0)
        return true;
    for (const char *const *older = param->older_names; older != NULL && *older != NULL; older++)
        if (strcmp(*older, name) == 0)
            return true;
    return false;
}

/* "a, b, c": the names of the parameters that a line can give. */
static void
list_names(const struct api_entry *entry, char *text, size_t room)
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < entry->nparams && used < room; i++)
        if (entry->params[i].type != API_USER)
            used += (size_t)snprintf(text + used, room - used, "%s%s", used > 0 ? ", " : "",
                                     entry->params[i].name);
}

static int
take_argument(const struct ndjson_line *line, const cJSON *member, const char *version,
              struct ndjson_event *event, struct fault *fault)
{
    const struct api_entry *entry = event->event.entry;
    const char *name = member->string;
    unsigned i = 0;
    while (i < entry->nparams && !is_called(&entry->params[i], name))
        i++;
    if (i == entry->nparams) {
        char names[400];
        list_names(entry, names, sizeof names);
        return ndjson_fault(line, "args", name, fault, "%s has no parameter \"%.60s\"; it has: %s",
                            entry->name, name, names[0] != '\0' ? names : "none");
    }
    if (event->event.args[i].type != TAPE_ABSENT)
        return ndjson_fault(line, "args", name, fault, "\"%.60s\" is given twice", name);
    const struct want want = {.line = line,
                              .outer = "args",
                              .key = name,
                              .type = entry->params[i].type,
                              .enumeration = entry->params[i].enumeration,
                              .version = version,
                              .text = &event->texts[i],
                              .fault = fault};
    return take_value(&want, member, &event->event.args[i]);
}

static int
take_arguments(const struct ndjson_line *line, const char *version, struct ndjson_event *event,
               struct fault *fault)
{
    const struct api_entry *entry = event->event.entry;
    const cJSON *args = ndjson_get(line, "args");
    event->event.nargs = entry->nparams;
    if (args != NULL && jtree_kind(args) != JTREE_OBJECT)
        return ndjson_fault(line, NULL, "args", fault, "\"args\" must be an object of arguments by name");
    for (const cJSON *child = args != NULL ? args->child : NULL; child != NULL; child = child->next)
        if (take_argument(line, child, version, event, fault) != 0)
            return -1;
    for (unsigned i = 0; i < entry->nparams; i++) {
        struct tape_value *value = &event->event.args[i];
        int type = entry->params[i].type;
        if (value->type != TAPE_ABSENT || type == API_USER || type == API_OUT)
            continue;
        if (type != API_FN)
            return ndjson_fault(line, NULL, args != NULL ? "args" : NULL, fault,
                                "%s needs the argument \"%s\"", entry->name, entry->params[i].name);
        value->type = TAPE_UINT; /* some callback */
        value->u = 1;
    }
    return 0;
}

static int
take_entry(const struct ndjson_line *line, struct ndjson_event *event, struct fault *fault)
{
    bool callback = ndjson_get(line, "callback") != NULL;
    const char *key = callback ? "callback" : "call";
    struct ndjson_bytes name = {0}, since = {0};
    if (callback && ndjson_get(line, "call") != NULL)
        return ndjson_fault(line, NULL, "callback", fault,
                            "an event is a \"call\" or a \"callback\", not both");
    if (ndjson_member_text(line, key, &name, fault) != 0)
        return -1;
    int status = ndjson_member_text(line, "since", &since, fault);
    const struct api_entry *entry = NULL;
    if (status == 0 && name.data != NULL)
        entry = since.data != NULL ? api_find_version(name.data, since.data) : api_find(name.data);
    if (status == 0 && entry == NULL)
        status = ndjson_fault(line, NULL, key, fault, "the API has no %s \"%.80s\"%s%.20s",
                              callback ? "callback type" : "function", name.data != NULL ? name.data : "",
                              since.data != NULL ? " in version " : "", since.data != NULL ? since.data : "");
    else if (status == 0 && (entry->kind == API_CALLBACK) != callback)
        status = ndjson_fault(line, NULL, key, fault, "%s is a %s", entry->name,
                              callback ? "function: write \"call\"" : "callback type: write \"callback\"");
    event->event.entry = entry;
    event->event.name = entry != NULL ? entry->name : NULL;
    event->event.is_callback = callback;
    free(name.data);
    free(since.data);
    return status;
}

static int
take_result(const struct ndjson_line *line, const char *version, struct ndjson_event *event,
            struct fault *fault)
{
    const struct api_entry *entry = event->event.entry;
    struct tape_value *result = &event->event.result;
    const cJSON *node = ndjson_get(line, "result"), *end = ndjson_get(line, "end_seq");
    bool in_flight = end != NULL && jtree_kind(end) == JTREE_NULL;
    if (node != NULL && (entry->returns == API_VOID || in_flight))
        return ndjson_fault(line, NULL, "result", fault,
                            in_flight ? "an event that never ended (\"end_seq\": null) has no result"
                                      : "%s returns nothing",
                            entry->name);
    if (entry->returns == API_VOID || in_flight)
        return 0;
    const struct want want = {.line = line,
                              .key = "result",
                              .type = entry->returns,
                              .enumeration = -1,
                              .version = version,
                              .text = &event->texts[API_MAX_PARAMS],
                              .fault = fault};
    if (node != NULL)
        return take_value(&want, node, result);
    if (entry->returns == API_STR)
        result->type = TAPE_NULL;
    else
        result->type = entry->returns == API_I32 || entry->returns == API_I64 ? TAPE_INT : TAPE_UINT;
    return 0;
}

static int
take_flag(const struct ndjson_line *line, const char *key, bool *value, struct fault *fault)
{
    const cJSON *node = ndjson_get(line, key);
    if (node == NULL)
        return 0;
    if (jtree_kind(node) != JTREE_BOOL)
        return ndjson_fault(line, NULL, key, fault, "\"%s\" must be true or false", key);
    *value = (node->type & 0xFF) == cJSON_True;
    return 0;
}

int
ndjson_event_read(const struct ndjson_line *line, const char *version, struct ndjson_event *event,
                  struct fault *fault)
{
    struct ndjson_bytes label;
    int64_t via = 0;
    bool given;
    if (ndjson_keys(line, keys, fault) != 0 || take_entry(line, event, fault) != 0 ||
        take_arguments(line, version, event, fault) != 0 || take_result(line, version, event, fault) != 0 ||
        take_flag(line, "threw", &event->event.threw, fault) != 0 ||
        ndjson_integer(line, "via", 0, 1, false, &via, &given, fault) != 0 ||
        ndjson_member_text(line, "label", &label, fault) != 0)
        return -1;
    event->event.via = (uint8_t)via;
    event->label = label.data;
    return 0;
}
