// SPDX-License-Identifier: MIT
/* The API tables make sense, and are found by name, version and spelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/api.h"

static void
test_ids(void **state)
{
    (void)state;
    for (unsigned id = 0; id < API_ENTRIES; id++) {
        const struct api_entry *entry = api_entry(id);
        assert_int_equal(entry->id, id);
        assert_non_null(entry->name);
        assert_int_equal(id >= API_FUNCTIONS,
                         id < API_FUNCTIONS + API_CALLBACKS ? entry->kind == API_CALLBACK : true);
        if (id < API_FUNCTIONS + API_CALLBACKS)
            assert_int_equal(entry->newest, id);
        else
            assert_true(entry->newest < API_FUNCTIONS + API_CALLBACKS);
        assert_string_equal(entry->name, api_entry(entry->newest)->name);
        assert_true(entry->nparams <= API_MAX_PARAMS);
        assert_non_null(entry->since);
    }
    assert_null(api_entry(API_ENTRIES));
    assert_null(api_entry(UINT16_MAX));
}

static void
test_find(void **state)
{
    (void)state;
    for (unsigned id = 0; id < API_FUNCTIONS + API_CALLBACKS; id++)
        assert_ptr_equal(api_find(api_entries[id].name), &api_entries[id]);
    assert_null(api_find(""));
    assert_null(api_find("TIMInitt"));
    assert_null(api_find("A"));
    assert_null(api_find("zzz"));
    assert_null(api_find("TIMGetVersion")); /* exported, declared nowhere, not wrapped */
}

static int
count_type(const struct api_entry *entry, enum api_type type)
{
    int n = 0;

    for (unsigned i = 0; i < entry->nparams; i++)
        n += entry->params[i].type == type;
    return n;
}

static void
test_params(void **state)
{
    (void)state;
    for (unsigned id = 0; id < API_ENTRIES; id++) {
        const struct api_entry *entry = &api_entries[id];
        for (unsigned i = 0; i < entry->nparams; i++) {
            const struct api_param *p = &entry->params[i];
            assert_true(p->type > API_VOID && p->type <= API_USER);
            assert_int_equal(p->type == API_FN, p->callback >= 0);
            assert_int_equal(p->type == API_OUT, p->out_bytes != 0);
            if (p->callback >= 0)
                assert_int_equal(api_entry((unsigned)p->callback)->kind, API_CALLBACK);
            if (p->content == API_JSON)
                assert_int_equal(p->type, API_STR);
            if (p->secret || p->secret_inside)
                assert_int_equal(p->type, API_STR);
            assert_true(p->object < API_OBJECTS && p->enumeration < API_ENUMS);
        }
        if (entry->kind == API_CALLBACK) {
            assert_int_equal(count_type(entry, API_USER), 1);
            assert_int_equal(count_type(entry, API_FN), 0);
            assert_int_equal(entry->returns, API_VOID);
        } else {
            assert_true(count_type(entry, API_FN) <= 2);
            assert_int_equal(entry->code, -1);
            assert_int_equal(entry->payload, -1);
        }
        if (entry->kind == API_ASYNC || entry->kind == API_REGISTER)
            assert_int_equal(count_type(entry, API_USER), 1);
        if (entry->kind == API_ASYNC)
            assert_true(count_type(entry, API_FN) >= 1);
    }
}

static void
test_positions(void **state)
{
    const struct api_entry *comm = api_find("TIMCommCallback");
    const struct api_entry *conv = api_find("TIMConvEventCallback");
    const struct api_entry *net = api_find("TIMNetworkStatusListenerCallback");

    (void)state;
    assert_int_equal(comm->id, API_CB_TIMCommCallback);
    assert_int_equal(comm->code, 0);
    assert_int_equal(comm->payload, 2);
    assert_int_equal(comm->params[2].object, -1);
    assert_int_equal(conv->code, -1);
    assert_int_equal(conv->payload, 1);
    assert_int_equal(conv->params[1].object, API_OBJECT_ConvInfo);
    assert_true(conv->params[1].array);
    assert_int_equal(conv->params[0].enumeration, API_ENUM_TIMConvEvent);
    assert_int_equal(net->code, 1);
    assert_int_equal(net->payload, -1);
    assert_int_equal(api_find("TIMKickedOfflineCallback")->payload, -1);
    for (unsigned id = API_FUNCTIONS; id < API_ENTRIES; id++) {
        const struct api_entry *entry = &api_entries[id];
        if (entry->code >= 0)
            assert_int_equal(entry->params[entry->code].type, API_I32);
        if (entry->kind == API_CALLBACK && entry->payload >= 0)
            assert_int_equal(entry->params[entry->payload].content, API_JSON);
    }
}

static void
test_versions(void **state)
{
    const char *filter = "TIMConvGetConversationListByFilter";
    const char *deleted = "TIMConvConversationsDeletedFromGroupCallback";

    (void)state;
    assert_int_equal(api_find(filter)->nparams, 5);
    assert_int_equal(api_find_version(filter, NULL)->nparams, 5);
    assert_int_equal(api_find_version(filter, "6.6")->id, API_TIMConvGetConversationListByFilter__6_6);
    assert_int_equal(api_find_version(filter, "6.6.2957")->nparams, 3);
    assert_int_equal(api_find_version(filter, "6.5")->nparams, 3);
    assert_int_equal(api_find_version(filter, "6.7")->nparams, 5);
    assert_int_equal(api_find_version(filter, "8.0.5903")->nparams, 5);
    assert_int_equal(api_find_version(filter, "8.0.5906")->nparams, 5);
    assert_int_equal(api_find_version(filter, "9")->nparams, 5);
    assert_int_equal(api_find_version(deleted, "6.6.2957")->nparams, 3);
    assert_int_equal(api_find_version(deleted, "6.6.2957")->newest,
                     API_CB_TIMConvConversationsDeletedFromGroupCallback);
    assert_int_equal(api_find_version(deleted, "8.0")->nparams, 4);
    assert_int_equal(api_find_version("TIMInit", "4.2.0")->id, API_TIMInit);
    assert_null(api_find_version("TIMNot", "4.2.0"));
    assert_int_equal(API_ENTRIES - API_FUNCTIONS - API_CALLBACKS, 2);
}

static void
test_version_compare(void **state)
{
    (void)state;
    assert_true(api_version_compare("4.2.0", "4.2.0") == 0);
    assert_true(api_version_compare("4.2", "4.2.0") == 0);
    assert_true(api_version_compare("4.10.0", "4.9.9") > 0);
    assert_true(api_version_compare("5.8", "6.1.2155") < 0);
    assert_true(api_version_compare("8.0.5906", "8.0.5903") > 0);
    assert_true(api_version_compare("8.0.5906-beta", "8.0.5906") == 0);
    assert_true(api_version_compare("8.0.5906 (abc)", "8.0.5907") < 0);
    assert_true(api_version_compare("", "0") == 0);
    assert_true(api_version_compare("6.", "6") == 0);
    assert_true(api_version_within("6.6.2957", "5.8", "6.6"));
    assert_false(api_version_within("6.7", "5.8", "6.6"));
    assert_false(api_version_within("5.7", "5.8", NULL));
    assert_true(api_version_within("5.7", NULL, NULL));
    for (unsigned i = 1; api_sdk.versions[i] != NULL; i++)
        assert_true(api_version_compare(api_sdk.versions[i - 1], api_sdk.versions[i]) < 0);
}

static void
test_keys(void **state)
{
    const struct api_object *detail = api_find_object("GroupDetailInfo");
    const struct api_key *old = api_find_key(detail, "group_detial_info_owener_identifier");
    const struct api_key *now = api_find_key(detail, "group_detail_info_owner_identifier");

    (void)state;
    assert_string_equal(old->renamed, "group_detail_info_owner_identifier");
    assert_string_equal(old->until, "6.6");
    assert_string_equal(old->since, "4.2.0");
    assert_null(now->renamed);
    assert_string_equal(now->since, "8.0.5906");
    assert_null(now->until);
    assert_null(api_find_key(detail, "group_detail_info"));
    assert_null(api_find_key(detail, ""));
    assert_ptr_equal(api_find_object("ReqeustParam"), api_find_object("RequestParam"));
    assert_null(api_find_object("Nothing"));
    for (unsigned i = 0; i < API_OBJECTS; i++) {
        assert_ptr_equal(api_find_object(api_objects[i].name), &api_objects[i]);
        for (unsigned k = 0; k < api_objects[i].nkeys; k++) {
            const struct api_key *key = &api_objects[i].keys[k];
            assert_ptr_equal(api_find_key(&api_objects[i], key->name), key);
            assert_true(key->object < API_OBJECTS && key->enumeration < API_ENUMS &&
                        key->strings < API_STRINGS);
            if (key->renamed != NULL)
                assert_non_null(api_find_key(&api_objects[i], key->renamed));
            if (key->when_key != NULL)
                assert_non_null(api_find_key(&api_objects[i], key->when_key));
        }
    }
}

static void
test_union(void **state)
{
    const struct api_object *elem = api_find_object("Elem");

    (void)state;
    assert_string_equal(elem->selector, "elem_type");
    assert_int_equal(elem->nvariants, 13);
    assert_int_equal(elem->variants[0].value, 0);
    assert_int_equal(elem->variants[0].object, API_OBJECT_TextElem);
    assert_string_equal(api_find_key(elem, "text_elem_content")->constant, "kTIMTextElemContent");
}

static void
test_enums(void **state)
{
    const struct api_enum *role = api_find_enum("TIMGroupMemberRole");
    const struct api_enum *elem = api_find_enum("TIMElemType");
    const struct api_enum *modify = api_find_enum("TIMGroupModifyInfoFlag");

    (void)state;
    for (unsigned i = 0; i < API_ENUMS; i++)
        assert_ptr_equal(api_find_enum(api_enums[i].name), &api_enums[i]);
    assert_null(api_find_enum("TIMNothing"));
    assert_string_equal(api_find_constant(role, 400, NULL)->name, "kTIMMemberRole_Owner");
    assert_string_equal(api_find_constant(role, 2, "4.2.0")->name, "kTIMMemberRole_SuperAdmin");
    assert_string_equal(api_find_constant(role, 2, "5.0.6")->name, "kTIMMemberRole_Admin");
    assert_null(api_find_constant(role, 2, NULL));
    assert_string_equal(api_find_constant(elem, 6, NULL)->name, "kTIMElem_Face");
    assert_string_equal(api_find_constant(elem, 6, "4.8.10")->name, "kTIMElem_GroupTips");
    assert_string_equal(api_find_constant(elem, 6, "4.7.2")->name, "kTIMElem_Face");
    assert_string_equal(api_find_constant(elem, -1, NULL)->name, "kTIMElem_Invalid");
    assert_true(modify->flags);
    assert_string_equal(api_find_constant(modify, INT64_C(0x80000000), NULL)->name,
                        "kTIMGroupModifyInfoFlag_Owner");
}

static void
test_secrets(void **state)
{
    const struct api_entry *login = api_find("TIMLogin");
    const struct api_key *password =
        api_find_key(api_find_object("Socks5ProxyInfo"), "socks5_proxy_info_password");

    (void)state;
    assert_false(login->params[0].secret);
    assert_true(login->params[1].secret);
    assert_string_equal(login->params[1].name, "user_sig");
    assert_true(password->secret);
    assert_true(api_find("TIMSetConfig")->params[0].secret_inside);
    assert_true(api_find("TIMSetConfig")->result_secret);
    assert_true(api_find("callExperimentalAPI")->params[0].secret_inside);
    assert_true(api_find("TIMMsgSetOfflinePushToken")->params[0].secret_inside);
    assert_false(api_find("TIMMsgSendMessage")->params[2].secret_inside);
    /* Everything called a password is one. */
    for (unsigned i = 0; i < API_OBJECTS; i++)
        for (unsigned k = 0; k < api_objects[i].nkeys; k++)
            if (strstr(api_objects[i].keys[k].name, "password") != NULL)
                assert_true(api_objects[i].keys[k].secret && api_objects[i].secret);
}

static void
test_marks(void **state)
{
    const struct api_object *message = api_find_object("Message");
    unsigned getters = 0, lists = 0, outs = 0, opens = 0, closes = 0;

    (void)state;
    for (unsigned id = 0; id < API_FUNCTIONS; id++) {
        getters += api_entries[id].getter;
        lists += api_entries[id].list;
        opens += api_entries[id].opens;
        closes += api_entries[id].closes;
        outs += (unsigned)count_type(&api_entries[id], API_OUT);
    }
    assert_int_equal(getters, 4);
    assert_int_equal(lists, 2);
    assert_int_equal(opens, 2);
    assert_int_equal(closes, 2);
    assert_int_equal(outs, 4);
    assert_int_equal(api_find_key(message, "message_client_time")->changes, API_TIME);
    assert_int_equal(api_find_key(message, "message_rand")->changes, API_RANDOM);
    assert_int_equal(api_find("TIMMsgDownloadElemToPath")->params[1].changes, API_PATH);
    assert_int_equal(
        api_find_key(api_find_object("SM4GCMCallbackParam"), "sm4_gcm_callback_param_encrypt")->changes,
        API_RANDOM);
    assert_true(api_find("TIMMsgDownloadElemToPath")->repeats);
    assert_int_equal(api_find("TIMLogin")->result_object, API_EMPTY_RESULT);
    assert_int_equal(api_find("TIMConvGetConvList")->result_object, API_OBJECT_ConvInfo);
    assert_true(api_find("TIMConvGetConvList")->result_array);
    assert_int_equal(api_find("TIMConvGetConvList")->result_source, API_FROM_PAGE);
    assert_string_equal(api_find("TIMSetRecvNewMsgCallback")->until, "4.3.118");
    assert_false(api_find("TIMSetRecvNewMsgCallback")->list);
    assert_int_equal(count_type(api_find("TIMMsgSendNewMsgEx"), API_FN), 2);
    assert_int_equal(api_sdk.version_function, API_TIMGetSDKVersion);
    assert_int_equal(api_sdk.missing, -4);
    assert_string_equal(api_sdk.library, "libImSDK.so");
}

static void
test_relations(void **state)
{
    (void)state;
    const struct api_entry *progress = api_find("TIMMsgElemUploadProgressCallback");
    const struct api_key *count = api_find_key(api_find_object("FriendGroupInfo"), "friend_group_info_count");
    const struct api_enum *elem = api_find_enum("TIMElemType");
    assert_string_equal(progress->params[1].indexes, "message_elem_array");
    assert_null(progress->params[2].indexes);
    assert_string_equal(count->counts, "friend_group_info_identifier_array");
    assert_string_equal(api_find_key(api_find_object("Message"), "message_sender")->id, "user");
    assert_string_equal(api_find("TIMMsgCancelSend")->params[0].id, "conversation");
    /* What the callback page shows, and no header has. */
    for (unsigned i = 0; i < elem->nconstants; i++)
        if (elem->constants[i].sampled)
            assert_true((elem->constants[i].value == 5 && elem->constants[i].seen == 6) ||
                        (elem->constants[i].value == 8 && elem->constants[i].seen == 9));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),      cmocka_unit_test(test_find),
        cmocka_unit_test(test_params),   cmocka_unit_test(test_positions),
        cmocka_unit_test(test_versions), cmocka_unit_test(test_version_compare),
        cmocka_unit_test(test_keys),     cmocka_unit_test(test_union),
        cmocka_unit_test(test_enums),    cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_marks),    cmocka_unit_test(test_relations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
