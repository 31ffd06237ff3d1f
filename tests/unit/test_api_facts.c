// SPDX-License-Identifier: MIT
/* The API tables hold every fact of the facts file that lies beside the source tree, if it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"

#define FACTS "../shared/facts/tim_api.json"

static cJSON *facts;
static const char *newest;

static int
load(void **state)
{
    FILE *in = fopen(FACTS, "r");
    char *text;
    long bytes;

    (void)state;
    if (in == NULL)
        return 0;
    fseek(in, 0, SEEK_END);
    bytes = ftell(in);
    rewind(in);
    text = calloc(1, (size_t)bytes + 1);
    assert_int_equal(fread(text, 1, (size_t)bytes, in), bytes);
    fclose(in);
    facts = cJSON_Parse(text);
    free(text);
    assert_non_null(facts);
    newest = api_sdk.versions[0];
    for (unsigned i = 0; api_sdk.versions[i] != NULL; i++)
        newest = api_sdk.versions[i];
    return 0;
}

static int
unload(void **state)
{
    (void)state;
    cJSON_Delete(facts);
    return 0;
}

#define NEED_FACTS()                                                                                         \
    do {                                                                                                     \
        (void)state;                                                                                         \
        if (facts == NULL) {                                                                                 \
            print_message("no facts at %s\n", FACTS);                                                        \
            skip();                                                                                          \
        }                                                                                                    \
    } while (0)

static const char *
text_of(const cJSON *item, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, name));
}

static bool
has(const cJSON *item, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(item, name) != NULL;
}

/* until is NULL for what the newest version has. */
static void
same_until(const char *until, const char *last)
{
    assert_string_equal(until ? until : newest, last);
}

static unsigned
known_versions(void)
{
    unsigned n = 0;

    while (api_sdk.versions[n] != NULL)
        n++;
    return n;
}

static void
test_versions(void **state)
{
    const cJSON *version;
    unsigned i = 0;

    NEED_FACTS();
    cJSON_ArrayForEach(version, cJSON_GetObjectItem(facts, "versions"))
        assert_string_equal(text_of(version, "id"), api_sdk.versions[i++]);
    assert_null(api_sdk.versions[i]);
}

static enum api_type
type_of(const char *ctype, const char *role)
{
    if (strcmp(role, "user_data") == 0)
        return API_USER;
    if (strncmp(role, "callback:", 9) == 0)
        return API_FN;
    if (strcmp(role, "out-buffer") == 0)
        return API_OUT;
    if (strcmp(ctype, "const char*") == 0)
        return API_STR;
    if (strcmp(ctype, "bool") == 0)
        return API_BOOL;
    if (strcmp(ctype, "uint32_t") == 0)
        return API_U32;
    if (strcmp(ctype, "int64_t") == 0)
        return API_I64;
    if (strcmp(ctype, "uint64_t") == 0)
        return API_U64;
    return API_I32; /* int, int32_t, enums */
}

/* "Message[]", "string[]", "Message" against what the tables say. */
static void
same_schema(const char *schema, int object, bool array)
{
    size_t bytes = strcspn(schema, "[");
    char name[128];

    snprintf(name, sizeof(name), "%.*s", (int)bytes, schema);
    assert_int_equal(array, schema[bytes] == '[');
    if (strcmp(name, "string") == 0 || strcmp(name, "per-function") == 0)
        assert_int_equal(object, -1);
    else
        assert_string_equal(api_objects[object].name, name);
}

static void
same_param(const cJSON *fact, const struct api_param *param)
{
    const char *role = text_of(fact, "role"), *schema = text_of(fact, "json_schema");
    const cJSON *nullable = cJSON_GetObjectItem(fact, "may_be_null");
    const char *of = strncmp(role, "enum:", 5) == 0 ? role + 5 : text_of(fact, "flags_of");

    assert_string_equal(text_of(fact, "name"), param->name);
    assert_int_equal(type_of(text_of(fact, "ctype"), role), param->type);
    assert_int_equal(param->content, strstr(role, "json") != NULL ? API_JSON : API_TEXT);
    if (schema != NULL)
        same_schema(schema, param->object, param->array);
    if (of != NULL)
        assert_string_equal(api_enums[param->enumeration].name, of);
    if (param->type == API_FN)
        assert_string_equal(api_entries[param->callback].name, role + 9);
    if (param->type == API_OUT)
        assert_int_equal(param->out_bytes, cJSON_GetObjectItem(fact, "min_bytes")->valueint);
    assert_int_equal(param->nullable, cJSON_IsTrue(nullable) || has(fact, "may_be_null_or_empty"));
}

/* An older prototype is a string per parameter: "const char* name". */
static void
same_older(const cJSON *fact, const struct api_entry *entry)
{
    const cJSON *older, *text;

    cJSON_ArrayForEach(older, cJSON_GetObjectItem(fact, "older_signatures"))
    {
        const char *change = text_of(older, "change");
        const struct api_entry *was = api_find_version(entry->name, text_of(older, "last"));
        unsigned i = 0;
        if (strcmp(change, "abi") == 0) {
            assert_ptr_not_equal(was, entry);
            assert_string_equal(was->since, text_of(older, "first"));
            assert_string_equal(was->until, text_of(older, "last"));
        } else {
            assert_ptr_equal(was, entry);
        }
        assert_int_equal(was->nparams, cJSON_GetArraySize(cJSON_GetObjectItem(older, "params")));
        cJSON_ArrayForEach(text, cJSON_GetObjectItem(older, "params"))
        {
            const char *name = strrchr(cJSON_GetStringValue(text), ' ') + 1;
            const struct api_param *param = &was->params[i++];
            bool found = strcmp(name, param->name) == 0;
            for (const char *const *old = param->older_names; old != NULL && *old != NULL; old++)
                found = found || strcmp(*old, name) == 0;
            assert_true(found);
        }
    }
}

static void
same_entry(const cJSON *fact, const struct api_entry *entry)
{
    const cJSON *versions = cJSON_GetObjectItem(fact, "versions"), *param;
    const cJSON *last = cJSON_GetArrayItem(versions, cJSON_GetArraySize(versions) - 1);
    const char *since = entry->since;
    unsigned i = 0;

    for (unsigned id = API_FUNCTIONS + API_CALLBACKS; id < API_ENTRIES; id++)
        if (api_entries[id].newest == entry->id)
            since = api_entries[id].since;
    assert_string_equal(since, cJSON_GetArrayItem(versions, 0)->valuestring);
    same_until(entry->until, last->valuestring);
    assert_int_equal(entry->nparams, cJSON_GetArraySize(cJSON_GetObjectItem(fact, "params")));
    cJSON_ArrayForEach(param, cJSON_GetObjectItem(fact, "params")) same_param(param, &entry->params[i++]);
    same_older(fact, entry);
    assert_int_equal(entry->deprecated, has(fact, "deprecated"));
}

static void
test_callbacks(void **state)
{
    const cJSON *fact;
    int n = 0;

    NEED_FACTS();
    cJSON_ArrayForEach(fact, cJSON_GetObjectItem(facts, "callbacks"))
    {
        const struct api_entry *entry = api_find(text_of(fact, "name"));
        assert_non_null(entry);
        assert_int_equal(entry->kind, API_CALLBACK);
        same_entry(fact, entry);
        n++;
    }
    assert_int_equal(n, API_CALLBACKS);
}

static enum api_source
source_of(const char *source)
{
    if (strcmp(source, "reference-page") == 0)
        return API_FROM_PAGE;
    if (strncmp(source, "header", 6) == 0)
        return API_FROM_HEADER;
    if (strcmp(source, "inferred") == 0)
        return API_GUESSED;
    return strcmp(source, "vendor-binding") == 0 ? API_FROM_BINDING : API_UNDOCUMENTED;
}

static void
same_result(const cJSON *fact, const struct api_entry *entry)
{
    const char *schema = text_of(fact, "result_schema"), *error = text_of(fact, "result_on_error");

    assert_int_equal(entry->result_source, source_of(text_of(fact, "result_source")));
    if (schema == NULL)
        assert_int_equal(entry->result_object, -1);
    else if (*schema == '\0')
        assert_int_equal(entry->result_object, API_EMPTY_RESULT);
    else
        same_schema(schema, entry->result_object, entry->result_array);
    assert_int_equal(entry->error_object >= 0, error != NULL);
    if (error != NULL)
        same_schema(error, entry->error_object, entry->error_array);
}

static void
same_function(const cJSON *fact, const struct api_entry *entry)
{
    const char *kind = text_of(fact, "kind"), *returns = text_of(fact, "return");

    same_entry(fact, entry);
    assert_int_equal(entry->kind, strcmp(kind, "async_call") == 0       ? API_ASYNC
                                  : strcmp(kind, "sync_call") == 0      ? API_SYNC
                                  : strcmp(kind, "register_event") == 0 ? API_REGISTER
                                                                        : API_UNREGISTER);
    assert_int_equal(entry->returns, strcmp(returns, "void") == 0 ? API_VOID : type_of(returns, ""));
    if (strncmp(text_of(fact, "return_role"), "enum:", 5) == 0)
        assert_string_equal(api_enums[entry->returns_enum].name, text_of(fact, "return_role") + 5);
    assert_int_equal(entry->repeats, has(fact, "callback_may_repeat"));
    if (entry->kind == API_ASYNC)
        same_result(fact, entry);
}

static void
test_functions(void **state)
{
    const cJSON *fact;
    int n = 0, undeclared = 0;

    NEED_FACTS();
    cJSON_ArrayForEach(fact, cJSON_GetObjectItem(facts, "functions"))
    {
        const char *name = text_of(fact, "name");
        const struct api_entry *entry = api_find(name);
        if (cJSON_IsFalse(cJSON_GetObjectItem(fact, "declared"))) {
            bool listed = false;
            for (const char *const *other = api_sdk.undeclared; *other != NULL; other++)
                listed = listed || strcmp(*other, name) == 0;
            assert_true(listed);
            assert_null(entry);
            undeclared++;
            continue;
        }
        assert_non_null(entry);
        same_function(fact, entry);
        n++;
    }
    assert_int_equal(n, API_FUNCTIONS);
    assert_int_equal(undeclared, 7);
}

/* The number a constant has in one version, or false. */
static bool
number_in(const struct api_enum *e, const char *name, const char *version, int64_t *value)
{
    for (unsigned i = 0; i < e->nconstants; i++)
        if (strcmp(e->constants[i].name, name) == 0 &&
            api_version_compare(version, e->constants[i].since) >= 0 &&
            (e->constants[i].until == NULL || api_version_compare(version, e->constants[i].until) <= 0)) {
            *value = e->constants[i].value;
            return true;
        }
    return false;
}

static void
same_numbers(const struct api_enum *e, const cJSON *values, const char *version, const cJSON *added)
{
    const cJSON *value;

    cJSON_ArrayForEach(value, values)
    {
        const char *since = text_of(added, value->string);
        int64_t wanted = (int64_t)value->valuedouble, got = 0;
        if (since != NULL && api_version_compare(version, since) < 0)
            continue;
        if (e->flags && wanted < 0)
            wanted = (int64_t)(uint32_t)wanted;
        if (!number_in(e, value->string, version, &got))
            fail_msg("%s has no %s in %s", e->name, value->string, version);
        assert_int_equal(got, wanted);
    }
}

static void
test_enums(void **state)
{
    const cJSON *fact, *older, *gone;
    unsigned n = 0;

    NEED_FACTS();
    cJSON_ArrayForEach(fact, cJSON_GetObjectItem(facts, "enums"))
    {
        const struct api_enum *e = api_find_enum(fact->string);
        const cJSON *added = cJSON_GetObjectItem(fact, "added_in");
        assert_non_null(e);
        assert_string_equal(e->since, text_of(fact, "first"));
        same_until(e->until, text_of(fact, "last"));
        assert_int_equal(e->flags, strcmp(text_of(fact, "kind"), "flags") == 0);
        same_numbers(e, cJSON_GetObjectItem(fact, "values"), text_of(fact, "last"), NULL);
        cJSON_ArrayForEach(older, cJSON_GetObjectItem(fact, "value_history"))
            same_numbers(e, cJSON_GetObjectItem(older, "values"), text_of(older, "last"), added);
        cJSON_ArrayForEach(older, added)
        {
            int64_t value;
            if (!number_in(e, older->string, cJSON_GetStringValue(older), &value))
                fail_msg("%s has no %s in %s", e->name, older->string, cJSON_GetStringValue(older));
        }
        cJSON_ArrayForEach(gone, cJSON_GetObjectItem(fact, "removed"))
        {
            int64_t value = 0;
            assert_true(number_in(e, gone->string, text_of(gone, "last"), &value));
            assert_int_equal(value, cJSON_GetObjectItem(gone, "value")->valueint);
            assert_false(number_in(e, gone->string, newest, &value));
        }
        n++;
    }
    assert_int_equal(n + 1, API_ENUMS); /* the error codes */
}

static void
test_errors(void **state)
{
    const cJSON *codes, *value;
    const struct api_enum *e = api_find_enum("TIMErrCode");
    unsigned n = 0;

    NEED_FACTS();
    codes = cJSON_GetObjectItem(facts, "error_codes");
    cJSON_ArrayForEach(value, cJSON_GetObjectItem(codes, "values"))
    {
        const char *since = text_of(cJSON_GetObjectItem(codes, "first_seen_after_oldest"), value->string);
        const char *until = text_of(cJSON_GetObjectItem(codes, "removed_before_newest"), value->string);
        int64_t got = 0;
        if (!number_in(e, value->string, until ? until : newest, &got))
            fail_msg("%s is missing", value->string);
        assert_int_equal(got, value->valueint);
        assert_true(number_in(e, value->string, since ? since : api_sdk.versions[0], &got));
        n++;
    }
    assert_int_equal(n, 378);
    cJSON_ArrayForEach(value, cJSON_GetObjectItem(codes, "renumbered"))
    {
        int64_t got = 0;
        assert_true(number_in(e, value->string, api_sdk.versions[0], &got));
        assert_int_equal(got, cJSON_GetArrayItem(value, 0)->valueint);
    }
}

static void
test_strings(void **state)
{
    const cJSON *group, *value;
    unsigned n = 0;

    NEED_FACTS();
    cJSON_ArrayForEach(group, cJSON_GetObjectItem(facts, "string_constant_groups"))
    {
        const struct api_strings *strings = &api_strings[n++];
        assert_string_equal(strings->name, group->string);
        cJSON_ArrayForEach(value, cJSON_GetObjectItem(group, "values"))
        {
            const char *added = text_of(cJSON_GetObjectItem(group, "added_in"), value->string);
            bool found = false;
            for (unsigned i = 0; i < strings->nconstants; i++)
                if (strcmp(strings->constants[i].name, value->string) == 0) {
                    assert_string_equal(strings->constants[i].value, value->valuestring);
                    assert_string_equal(strings->constants[i].since, added ? added : text_of(group, "first"));
                    found = true;
                }
            assert_true(found);
        }
    }
    assert_int_equal(n, API_STRINGS);
}

static enum api_json
json_of(const char *type)
{
    static const char *const names[] = {"any",    "bool",   "int",    "uint",   "int64",
                                        "uint64", "double", "string", "object", "array"};

    if (type == NULL || strcmp(type, "undeclared") == 0 || strcmp(type, "value") == 0)
        return API_J_ANY;
    if (strcmp(type, "int32") == 0)
        return API_J_INT;
    if (strcmp(type, "uint32") == 0)
        return API_J_UINT;
    for (int i = 0; i < 10; i++)
        if (strcmp(type, names[i]) == 0)
            return (enum api_json)i;
    fail_msg("unknown JSON type %s", type);
    return API_J_ANY;
}

static void
same_values(const struct api_key *key, const char *object, const char *of, const char *strings)
{
    if (object != NULL)
        assert_string_equal(api_objects[key->object].name, object);
    if (of != NULL)
        assert_string_equal(api_enums[key->enumeration].name, of);
    else
        assert_int_equal(key->enumeration, -1);
    if (strings != NULL)
        assert_string_equal(api_strings[key->strings].name, strings);
}

static void
same_key(const cJSON *fact, const struct api_object *object, const struct api_key *key)
{
    const cJSON *items = cJSON_GetObjectItem(fact, "items"), *when, *name;
    const char *access = text_of(fact, "access"), *presence = text_of(fact, "presence");

    assert_string_equal(key->constant, text_of(fact, "constant"));
    assert_string_equal(key->since, text_of(fact, "first"));
    same_until(key->until, text_of(fact, "last"));
    if (has(fact, "renamed_to")) {
        /* Older spellings share the line of the newest one: same type, access, presence. */
        assert_string_equal(key->renamed, text_of(fact, "renamed_to"));
        return;
    }
    assert_null(key->renamed);
    assert_int_equal(key->json, json_of(text_of(fact, "type")));
    if (cJSON_IsObject(items) && has(items, "type") && has(items, "object"))
        same_values(key, NULL, NULL, NULL); /* contradicts itself; kept as `seen` */
    else if (cJSON_IsObject(items))
        same_values(key, text_of(items, "object"), text_of(items, "enum"), NULL);
    else
        same_values(key, text_of(fact, "object"), text_of(fact, "enum"), text_of(fact, "string_enum"));
    if (cJSON_IsObject(items) && has(items, "type"))
        assert_int_equal(key->items, json_of(text_of(items, "type")));
    if (access != NULL) {
        assert_int_equal(key->readable, strcmp(access, "writeonly") != 0);
        assert_int_equal(key->writable, strcmp(access, "readonly") != 0);
    }
    assert_int_equal(key->required, presence != NULL && strcmp(presence, "required") == 0);
    assert_int_equal(key->optional, presence != NULL && strcmp(presence, "optional") == 0);
    assert_int_equal(key->deprecated, has(fact, "deprecated"));
    assert_int_equal(key->unused, cJSON_IsFalse(cJSON_GetObjectItem(fact, "in_so")));
    assert_int_equal(key->when != NULL, has(fact, "when"));
    if (has(fact, "declared_type_suspect"))
        assert_int_not_equal(key->also, 0);
    when = cJSON_GetArrayItem(cJSON_GetObjectItem(fact, "when"), 0);
    if (when != NULL) {
        unsigned i = 0;
        cJSON_ArrayForEach(name, cJSON_GetObjectItem(when, "is"))
            assert_string_equal(key->when[i++], name->valuestring);
        assert_null(key->when[i]);
    }
    (void)object;
}

static void
test_objects(void **state)
{
    const cJSON *fact, *fact_key, *other;
    unsigned n = 0, keys = 0;

    NEED_FACTS();
    cJSON_ArrayForEach(fact, cJSON_GetObjectItem(facts, "json_objects"))
    {
        const struct api_object *object = api_find_object(fact->string);
        assert_non_null(object);
        assert_string_equal(object->name, fact->string);
        assert_string_equal(object->since, text_of(fact, "first"));
        same_until(object->until, text_of(fact, "last"));
        assert_int_equal(object->nkeys, cJSON_GetArraySize(cJSON_GetObjectItem(fact, "keys")));
        cJSON_ArrayForEach(fact_key, cJSON_GetObjectItem(fact, "keys"))
        {
            const struct api_key *key = api_find_key(object, text_of(fact_key, "key"));
            if (key == NULL)
                fail_msg("%s has no key %s", object->name, text_of(fact_key, "key"));
            same_key(fact_key, object, key);
            keys++;
        }
        cJSON_ArrayForEach(other, cJSON_GetObjectItem(fact, "other_spellings"))
            assert_ptr_equal(api_find_object(other->string), object);
        n++;
    }
    assert_int_equal(n, API_OBJECTS);
    print_message("# %u versions, %u functions, %u callbacks, %u enums, %u objects, %u keys\n",
                  known_versions(), API_FUNCTIONS, API_CALLBACKS, API_ENUMS, n, keys);
}

static void
test_variants(void **state)
{
    const cJSON *fact, *variant;
    const struct api_object *elem = api_find_object("Elem");
    unsigned n = 0;

    NEED_FACTS();
    fact = cJSON_GetObjectItem(cJSON_GetObjectItem(facts, "json_objects"), "Elem");
    cJSON_ArrayForEach(variant, cJSON_GetObjectItem(cJSON_GetObjectItem(fact, "discriminator"), "variants"))
    {
        if (text_of(variant, "object") == NULL)
            continue;
        assert_int_equal(elem->variants[n].value, atoi(variant->string));
        assert_string_equal(api_objects[elem->variants[n].object].name, text_of(variant, "object"));
        n++;
    }
    assert_int_equal(n, elem->nvariants);
}

/* The generated header defines the older C names. */
static void
test_macros(void **state)
{
    char path[4096], line[1024], older[256], meaning[256];
    ssize_t bytes = readlink("/proc/self/exe", path, sizeof(path) - 64);
    cJSON *macros;
    FILE *in;

    NEED_FACTS();
    assert_true(bytes > 0);
    path[bytes] = '\0';
    *strrchr(path, '/') = '\0';
    strcpy(strrchr(path, '/'), "/include/timtape/tim.h");
    in = fopen(path, "r");
    if (in == NULL) {
        print_message("no header at %s\n", path);
        skip();
    }
    macros = cJSON_Duplicate(cJSON_GetObjectItem(facts, "constant_macros"), true);
    assert_int_equal(cJSON_GetArraySize(macros), 57);
    while (fgets(line, sizeof(line), in) != NULL)
        if (sscanf(line, "#define %255s %255s", older, meaning) == 2) {
            const char *wanted = text_of(macros, older);
            if (wanted == NULL)
                continue;
            assert_string_equal(meaning, wanted);
            cJSON_DeleteItemFromObjectCaseSensitive(macros, older);
        }
    fclose(in);
    if (macros->child != NULL)
        fail_msg("%s is not defined", macros->child->string);
    cJSON_Delete(macros);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions), cmocka_unit_test(test_callbacks), cmocka_unit_test(test_functions),
        cmocka_unit_test(test_enums),    cmocka_unit_test(test_errors),    cmocka_unit_test(test_strings),
        cmocka_unit_test(test_objects),  cmocka_unit_test(test_variants),  cmocka_unit_test(test_macros),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
