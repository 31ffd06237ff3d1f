// SPDX-License-Identifier: MIT
// What a payload may be: types, checks, variations, made values, relations.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz/model/model.h"
#include "traces/jtree.h"

static struct arena *arena;
static const struct model_profile page = {.page = true}, newest = {0}, oldest = {.version = "4.2.28"},
                                  odd = {.version = "4.8.10"};

static char told[4000];

static int
tell(void *context, const struct model_departure *departure)
{
    size_t used = strlen(told);
    (void)context;
    snprintf(told + used, sizeof told - used, "%s%s %s", used ? ", " : "", model_rule_name(departure->rule),
             departure->path != NULL ? departure->path : "-");
    return 0;
}

static cJSON *
parse(const char *text)
{
    cJSON *tree = jtree_parse(text, strlen(text), NULL, NULL);
    if (tree == NULL)
        fail_msg("no JSON: %s", text);
    return tree;
}

static struct model_type
type_of(const char *object, bool array)
{
    const struct api_object *found = api_find_object(object);
    assert_non_null(found);
    struct model_type type = {.json = array ? API_J_ARRAY : API_J_OBJECT,
                              .items = array ? API_J_OBJECT : API_J_ANY,
                              .object = (int16_t)(found - api_objects),
                              .enumeration = -1,
                              .strings = -1};
    return type;
}

static void
departures(const char *text, struct model_type type, const struct model_profile *profile, const char *want)
{
    told[0] = '\0';
    assert_int_not_equal(model_check(parse(text), type, profile, tell, NULL), -1);
    if (strcmp(told, want) != 0)
        fail_msg("%s: told '%s', wanted '%s'", text, told, want);
}

static void
finds_departures(void **state)
{
    (void)state;
    struct model_type messages = type_of("Message", true);
    departures("[{\"message_seq\":18446744073709551615,\"message_is_read\":true}]", messages, &page, "");
    departures("{}", messages, &page, "type $");
    departures("[1,{\"message_seq\":-1,\"message_sender\":null,\"x y\":1}]", messages, &page,
               "type $[0], range $[1].message_seq, type $[1].message_sender, undeclared $[1][\"x y\"]");
    departures("[{\"message_seq\":1.5,\"message_seq\":1e2}]", messages, &page,
               "range $[0].message_seq, duplicate $[0].message_seq(2)");
    departures("[{\"message_status\":77}]", messages, &page, "enum $[0].message_status");
    departures("[{\"message_offlie_push_config\":{}}]", messages, &page, "");
    departures("[{\"message_offlie_push_config\":{}}]", messages, &newest,
               "version $[0].message_offlie_push_config");
    departures("[{\"message_msg_id\":\"x\"}]", messages, &oldest, "version $[0].message_msg_id");
    departures("[{\"message_platform\":true}]", messages, &page, "");
    departures("[{\"message_platform\":true}]", messages, &newest, "type $[0].message_platform");
    departures("[{\"message_status\":2,\"message_revoker_user_id\":\"x\"}]", messages, &page,
               "variant $[0].message_revoker_user_id");
    departures("[{\"message_status\":6,\"message_revoker_user_id\":\"x\"}]", messages, &page, "");
}

static int
read_case(struct fuzz_case *c, const char *text)
{
    struct fault fault = {0};
    if (case_read(c, arena, text, strlen(text), &fault) != 0)
        fail_msg("%s", fault.text);
    return 0;
}

static void
takes_what_samples_show(void **state)
{
    (void)state;
    struct fuzz_case c;
    read_case(&c, "{\"callback\":\"TIMGroupTipsEventCallback\",\"args\":{\"json_group_tip\":{\"$json\":[{"
                  "\"group_tips_elem_op_user\":7}]}}}");
    told[0] = '\0';
    assert_int_equal(model_check_case(&c, &page, arena, NULL, 0, tell, NULL), 1);
    assert_string_equal(told, "type $[0].group_tips_elem_op_user");
    told[0] = '\0';
    assert_int_equal(model_check_case(&c, &newest, arena, NULL, 0, tell, NULL), 1);
    assert_string_equal(told, "type $");
}

static void
knows_variants_by_version_and_page(void **state)
{
    (void)state;
    struct model_type elem = type_of("Elem", false);
    departures("{\"elem_type\":0,\"text_elem_content\":\"x\"}", elem, &page, "");
    departures("{\"elem_type\":1,\"text_elem_content\":\"x\"}", elem, &page, "variant $.text_elem_content");
    departures("{\"elem_type\":1,\"text_elem_content\":\"x\"}", elem, &odd, "");
    departures("{\"text_elem_content\":\"x\"}", elem, &page, "selector $, variant $.text_elem_content");
    /* The page: 6 is a face or group tips, 9 a video or a report, as the keys say. */
    departures("{\"elem_type\":6,\"face_elem_index\":1}", elem, &page, "");
    departures("{\"elem_type\":6,\"group_tips_elem_group_id\":\"g\"}", elem, &page, "");
    departures("{\"elem_type\":9,\"group_report_elem_group_id\":\"g\"}", elem, &page, "");
    departures("{\"elem_type\":6,\"group_tips_elem_group_id\":\"g\"}", elem, &newest,
               "variant $.group_tips_elem_group_id");
    departures("{\"elem_type\":99}", elem, &page, "enum $.elem_type");
}

static void
gates_cases_but_for_recorded_changes(void **state)
{
    (void)state;
    static const char head[] =
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":";
    static const struct {
        const char *payload, *path, *told;
    } cases[] = {
        {"[{\"message_elem_array\":[{\"elem_type\":1,\"text_elem_content\":\"x\"}]}]",
         "$[0].message_elem_array[0].elem_type", ""},
        {"[{\"message_elem_array\":[{\"elem_type\":1,\"text_elem_content\":\"x\"}]}]", "$[0].message_seq",
         "variant $[0].message_elem_array[0].text_elem_content"},
        {"[{\"message_elem_array\":[{\"text_elem_content\":\"x\"}]}]", "$[0].message_elem_array[0].elem_type",
         ""},
        {"[{\"message_sender\":1,\"message_seq\":\"\"}]", "$[0].message_sender", "type $[0].message_seq"},
        {"[{\"messageSender\":\"\"}]", "$[0].message_sender", ""},
        {"[{\"message_sender\":\"\",\"message_sender\":\"\"}]", "$[0].message_sender", ""},
        {"{}", "$", ""},
        {"[1,2]", "$[1]", "type $[0]"},
        {"[[{\"a\":{}}]]", "$[0]", ""},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        struct fuzz_case c;
        struct model_place place = {0, 0, cases[i].path};
        snprintf(text, sizeof text, "%s%s}}}", head, cases[i].payload);
        read_case(&c, text);
        told[0] = '\0';
        assert_int_not_equal(model_check_case(&c, &page, arena, &place, 1, tell, NULL), -1);
        if (strcmp(told, cases[i].told) != 0)
            fail_msg("%s: told '%s', wanted '%s'", cases[i].payload, told, cases[i].told);
        place.path = NULL;
        assert_int_equal(model_check_case(&c, &page, arena, &place, 1, NULL, NULL), 0);
        assert_true(model_check_case(&c, &page, arena, NULL, 0, NULL, NULL) > 0);
    }
}

static void
gates_scalars_and_answers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"{\"callback\":\"TIMConvEventCallback\",\"args\":{\"conv_event\":3,\"json_conv_array\":\"\"}}", ""},
        {"{\"callback\":\"TIMConvEventCallback\",\"args\":{\"conv_event\":99,\"json_conv_array\":\"\"}}",
         "enum -"},
        {"{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"[1\"}}", "syntax -"},
        {"{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":null}}", "type -"},
        {"{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\",\"args\":{\"code\":0,\"desc\":"
         "\"\","
         "\"json_params\":\"\"}}",
         "type -"},
        {"{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\",\"args\":{\"code\":6013,"
         "\"desc\":\"\","
         "\"json_params\":\"\"}}",
         ""},
        {"{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\",\"args\":{\"code\":0,\"desc\":"
         "\"\","
         "\"json_params\":{\"$json\":[{\"conv_id\":1}]}}}",
         "type $[0].conv_id"},
        {"{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMMsgModifyMessage\",\"args\":{\"code\":6013,"
         "\"desc\":\"\","
         "\"json_params\":{\"$json\":{\"message_seq\":\"\"}}}}",
         "type $.message_seq"},
        {"{\"callback\":\"TIMMsgElemUploadProgressCallback\",\"args\":{\"json_msg\":{\"$json\":{\"message_"
         "elem_array\":["
         "{\"elem_type\":0}]}},\"index\":0,\"cur_size\":1,\"total_size\":2}}",
         ""},
        {"{\"callback\":\"TIMMsgElemUploadProgressCallback\",\"args\":{\"json_msg\":{\"$json\":{\"message_"
         "elem_array\":["
         "{\"elem_type\":0}]}},\"index\":1,\"cur_size\":1,\"total_size\":2}}",
         "relation -"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fuzz_case c;
        read_case(&c, cases[i].text);
        told[0] = '\0';
        assert_int_not_equal(model_check_case(&c, &page, arena, NULL, 0, tell, NULL), -1);
        if (strcmp(told, cases[i].told) != 0)
            fail_msg("%s: told '%s', wanted '%s'", cases[i].text, told, cases[i].told);
    }
}

static void
keeps_and_breaks_relations(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"callback\":\"TIMMsgElemUploadProgressCallback\",\"args\":{\"json_msg\":{\"$json\":{\"message_"
        "elem_array\":[{"
        "\"elem_type\":0},{\"elem_type\":0}]}},\"index\":1,\"cur_size\":1,\"total_size\":2}}",
        "{\"callback\":\"TIMGroupTipsEventCallback\",\"args\":{\"json_group_tip\":{\"$json\":{\"group_tips_"
        "elem_user_"
        "array\":[\"a\"],\"group_tips_elem_changed_user_info_array\":[{}]}}}}",
        "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMMsgSearchLocalMessages\",\"args\":{\"code\":0,"
        "\"desc\":\"\","
        "\"json_params\":{\"$json\":{\"msg_search_result_total_count\":1,\"msg_search_result_item_array\":[{}"
        "]}}}}",
    };
    for (unsigned i = 0; i < 3; i++)
        for (unsigned seed = 0; seed < 50; seed++) {
            struct fuzz_case c;
            struct model_relation list[4];
            struct model_random random = {seed};
            read_case(&c, texts[i]);
            for (unsigned p = 0; p < c.events[0].callback->nparams; p++)
                if (case_is_json(&c.events[0], p))
                    case_parse(&c.events[0].args[p], arena);
            assert_int_equal(model_relations(&c.events[0], &page, list, 4), 1);
            assert_int_equal(list[0].kind, i == 0 ? MODEL_INDEX : i == 1 ? MODEL_PARALLEL : MODEL_COUNT);
            assert_true(model_relation_holds(&c.events[0], &list[0]));
            assert_int_equal(model_relation_break(&c.events[0], &list[0], &random), 0);
            assert_false(model_relation_holds(&c.events[0], &list[0]));
            assert_int_equal(model_check_case(&c, &page, arena, NULL, 0, NULL, NULL), 1);
            assert_int_equal(model_relation_set(&c.events[0], &list[0]), 0);
            assert_true(model_relation_holds(&c.events[0], &list[0]));
        }
    const struct api_object *message = api_find_object("Message");
    assert_string_equal(model_id_kind(api_find_key(message, "message_sender"), NULL), "user");
}

/* Everything that is declared: each key as a place, and each payload. */
static void
each_place(void (*visit)(struct model_type type, const struct model_profile *profile, unsigned seed))
{
    static const struct model_profile *const profiles[] = {&page, &newest, &oldest, &odd};
    for (unsigned p = 0; p < 4; p++)
        for (unsigned o = 0; o < API_OBJECTS; o++)
            for (unsigned k = 0; k < api_objects[o].nkeys; k++) {
                arena_reset(arena);
                visit(model_of_key(&api_objects[o].keys[k]), profiles[p], p * 1000000 + o * 1000 + k);
            }
}

static unsigned checked;

static void
make_variations(struct model_type type, const struct model_profile *profile, unsigned seed)
{
    uint8_t list[MODEL_VARIATIONS];
    struct model_random random = {seed};
    struct model_maker maker = {.random = &random, .profile = *profile};
    unsigned count = model_variations(type, false, profile, list);
    assert_true(count == 0 || list[count - 1] == MODEL_ORDINARY);
    const cJSON *now = count > 0 ? model_make(&maker, type) : NULL;
    for (unsigned i = 0; i < count; i++) {
        maker.budget = 0;
        cJSON *value = model_vary(&maker, type, list[i], i % 2 ? now : NULL);
        assert_non_null(value);
        char *text = jtree_print(value, JTREE_COMPACT, NULL);
        enum model_variation is = model_classify(type, NULL, NULL, value, profile);
        assert_int_equal(jtree_check(text, strlen(text), NULL, NULL), 0);
        if (is != list[i] && list[i] != MODEL_ORDINARY)
            fail_msg("%s: asked for %s, got %s: %s", type.key->name, model_variation_name(list[i]),
                     model_variation_name(is), text);
        int departs = model_check(value, type, profile, NULL, NULL);
        /* Samples of other types count on the page; what a version has no names for is anything. */
        bool loose =
            (profile->page && type.key->also != 0) ||
            (type.enumeration >= 0 && model_enum_has(&api_enums[type.enumeration], 987654321, profile));
        if ((departs == 0) != model_variation_positive(type, list[i]) && !loose)
            fail_msg("%s: %s is %s, but %d departures: %s", type.key->name, model_variation_name(list[i]),
                     departs ? "positive" : "negative", departs, text);
        free(text);
        checked++;
    }
}

static void
makes_what_it_names(void **state)
{
    (void)state;
    checked = 0;
    each_place(make_variations);
    assert_true(checked > 40000);
}

static void
names_are_unique(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MODEL_VARIATIONS; i++) {
        const char *name = model_variation_name(i);
        for (unsigned k = 0; name != NULL && k < i; k++)
            if (model_variation_name(k) != NULL)
                assert_string_not_equal(name, model_variation_name(k));
        assert_int_equal(name != NULL, i <= MODEL_EXTRA_KEY || i >= MODEL_ENUM);
    }
    for (unsigned i = 0; i < API_ENUMS; i++)
        for (unsigned o = 0; o < API_OBJECTS; o++)
            for (unsigned k = 0; k < api_objects[o].nkeys; k++)
                if (api_objects[o].keys[k].enumeration == (int)i)
                    assert_true(api_enums[i].nconstants <= 500);
    assert_null(model_variation_name(MODEL_VARIATIONS));
}

/* What comes from the description alone is as declared, in every version. */
static void
makes_ordinary_payloads(void **state)
{
    (void)state;
    static const struct model_profile *const profiles[] = {&page, &newest, &oldest, &odd};
    size_t bytes = 0, payloads = 0;
    for (unsigned id = 0; id < API_ENTRIES; id++)
        for (unsigned seed = 0; seed < 40; seed++) {
            const struct api_entry *entry = api_entry(id);
            const struct model_profile *profile = profiles[seed % 4];
            const struct api_entry *callback =
                entry->kind == API_CALLBACK ? entry : api_find("TIMCommCallback");
            for (unsigned p = 0; p < callback->nparams; p++) {
                struct model_type type =
                    model_payload(callback, p, entry->kind == API_ASYNC ? entry : NULL, false);
                struct model_random random = {id * 100 + seed};
                struct model_maker maker = {.random = &random, .profile = *profile};
                size_t count;
                arena_reset(arena);
                if (type.json == API_J_ANY)
                    continue;
                cJSON *value = model_make(&maker, type);
                assert_non_null(value);
                char *text = jtree_print(value, JTREE_COMPACT, &count);
                assert_int_equal(jtree_check(text, count, NULL, NULL), 0);
                told[0] = '\0';
                if (model_check(value, type, profile, tell, NULL) != 0)
                    fail_msg("%s %s: %s: %s", callback->name, entry->name, told, text);
                bytes += count;
                payloads++;
                free(text);
            }
        }
    assert_true(payloads > 3000);
    assert_in_range(bytes / payloads, 50, 2000);
}

static void
makes_every_variant(void **state)
{
    (void)state;
    struct model_type elem = type_of("Elem", false);
    const struct api_object *declared = model_object(elem);
    for (unsigned seed = 0; seed < 50; seed++)
        for (unsigned v = 0; v < declared->nvariants; v++) {
            struct model_random random = {seed};
            struct model_maker maker = {.random = &random, .profile = page};
            cJSON *object = parse("{\"text_elem_content\":\"x\",\"elem_type\":0,\"mine\":1}");
            assert_int_equal(model_make_variant(&maker, elem, object, v), 0);
            assert_ptr_equal(model_variant(declared, object, &page),
                             &api_objects[declared->variants[v].object]);
            assert_int_equal(model_check(object, elem, &page, NULL, NULL), 1); /* "mine" */
            assert_int_equal(model_make_variant(&maker, elem, object, declared->nvariants), -1);
        }
}

static void
tells_members_apart(void **state)
{
    (void)state;
    struct model_type message = type_of("Message", false);
    struct model_random random = {3};
    struct model_maker maker = {.random = &random, .profile = page};
    static const struct {
        const char *text, *name;
        enum model_variation want;
    } cases[] = {
        {"{}", "message_seq", MODEL_ABSENT},
        {"{\"Message_seq\":1}", "message_seq", MODEL_NEAR_MISS},
        {"{\"message_se\":1}", "message_seq", MODEL_NEAR_MISS},
        {"{\"message-seq\":1}", "message_seq", MODEL_NEAR_MISS},
        {"{\"message_offlie_push_config\":{}}", "message_offline_push_config", MODEL_RENAMED},
        {"{\"message_seq\":1,\"x\":1,\"message_seq\":1}", "message_seq", MODEL_DUPLICATE},
        {"{\"message_seq\":7}", "message_seq", MODEL_ORDINARY},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *object = parse(cases[i].text);
        struct model_type type = model_member(message, object, cases[i].name, &page);
        assert_non_null(type.key);
        assert_string_equal(model_variation_name(model_classify(type, object, cases[i].name,
                                                                jtree_get(object, cases[i].name), &page)),
                            model_variation_name(cases[i].want));
    }
    for (unsigned i = 0; i < 100; i++) {
        char other[64];
        assert_true(
            model_other_name(&maker, message, NULL, "message_seq", MODEL_NEAR_MISS, other, sizeof other));
        cJSON *object = cJSON_CreateObject();
        cJSON_AddItemToObject(object, other, jtree_new_int64(1));
        struct model_type type = model_member(message, object, "message_seq", &page);
        if (model_classify(type, object, "message_seq", NULL, &page) != MODEL_NEAR_MISS)
            fail_msg("%s is no near miss", other);
    }
}

static void
reads_profiles(void **state)
{
    (void)state;
    struct model_profile profile;
    struct fault fault;
    assert_int_equal(model_profile_parse("page", &profile, &fault), 0);
    assert_true(profile.page && profile.version == NULL);
    assert_int_equal(model_profile_parse("newest", &profile, &fault), 0);
    assert_true(!profile.page && profile.version == NULL);
    assert_int_equal(model_profile_parse("6.6", &profile, &fault), 0);
    assert_string_equal(profile.version, "6.6");
    assert_int_equal(model_profile_parse("pge", &profile, &fault), -1);
    assert_int_equal(fault.kind, FAULT_USAGE);
}

static int
setup(void **state)
{
    (void)state;
    arena = arena_new();
    arena_use(arena);
    return arena == NULL;
}

static int
teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_profiles),
        cmocka_unit_test(finds_departures),
        cmocka_unit_test(knows_variants_by_version_and_page),
        cmocka_unit_test(gates_cases_but_for_recorded_changes),
        cmocka_unit_test(gates_scalars_and_answers),
        cmocka_unit_test(keeps_and_breaks_relations),
        cmocka_unit_test(takes_what_samples_show),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(makes_what_it_names),
        cmocka_unit_test(makes_ordinary_payloads),
        cmocka_unit_test(makes_every_variant),
        cmocka_unit_test(tells_members_apart),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
