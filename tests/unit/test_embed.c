// SPDX-License-Identifier: MIT
// link: embed
// timtape/replay.h: a tape's callbacks fed to handlers in this process.
#include "embed_fixture.h"
#include "traces/scenario.h"

static void
on_result(int32_t code, const char *desc, const char *json, const void *user)
{
    note(json, user);
    got.code = code;
    snprintf(got.desc, sizeof got.desc, "%s", desc != NULL ? desc : "(null)");
}

static void
on_list(int32_t code, const char *desc, const char *json, const void *user)
{
    on_result(code, desc, json, user);
    got.times += 100;
}

/* ---- a sample ------------------------------------------------------------------------------------ */

static void
test_chat(void **state)
{
    struct timtape_replay *replay = opened(CHAT);
    int mine = 1, yours = 2;

    (void)state;
    memset(&got, 0, sizeof got);
    assert_string_equal(timtape_replay_meta(replay, "sdk_version"), "8.0.5906");
    assert_null(timtape_replay_meta(replay, "no such key"));
    assert_int_equal(timtape_replay_count(replay, "TIMRecvNewMsgCallback"), 3);
    assert_int_equal(timtape_replay_count(replay, "TIMCommCallback:TIMConvGetConvList"), 1);
    assert_int_equal(timtape_replay_count(replay, "TIMCommCallback:TIMMsgSendMessage"), 2);
    assert_int_equal(timtape_replay_step(replay), 0); /* nothing is bound */
    bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_message, &mine);
    const struct timtape_event *next = timtape_replay_peek(replay);
    assert_non_null(next);
    assert_string_equal(next->name, "TIMRecvNewMsgCallback");
    assert_string_equal(next->function, "TIMAddRecvNewMsgCallback");
    assert_string_equal(next->thread_name, "sdk-logic");
    assert_true(next->is_callback && !next->has_code && next->in == 0 && next->took_ns >= 0);
    assert_int_equal(next->json_bytes, strlen(next->json));
    assert_string_equal(timtape_replay_text(next, "json_msg_array", NULL), next->json);
    assert_null(timtape_replay_text(next, "user_data", NULL));
    char json[4096];
    uint64_t seq = next->seq;
    snprintf(json, sizeof json, "%s", next->json);
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_int_equal(got.times, 1);
    assert_ptr_equal(got.user, &mine);
    assert_string_equal(got.text, json);
    assert_int_equal(timtape_replay_current(replay)->seq, seq);
    assert_int_equal(timtape_replay_skip(replay), 1);
    assert_int_equal(got.times, 1);
    /* A handler for one function's answers goes before the one for all. */
    assert_int_equal(timtape_replay_seek(replay, 0), 0);
    bind(replay, "TIMCommCallback", (timtape_function)on_result, &mine);
    bind(replay, "TIMCommCallback:TIMConvGetConvList", (timtape_function)on_list, &yours);
    got.times = 0;
    int64_t all = timtape_replay_run(replay, 0);
    assert_int_equal(all, timtape_replay_count(replay, "TIMRecvNewMsgCallback") +
                              timtape_replay_count(replay, "TIMCommCallback"));
    assert_int_equal(got.times, all + 100);
    assert_int_equal(timtape_replay_unhandled(replay), timtape_replay_count(replay, NULL) - all);
    assert_int_equal(timtape_replay_step(replay), 0);
    assert_int_equal(timtape_replay_step(replay), 0);
    /* Taken away, and up to an event. */
    assert_int_equal(timtape_replay_seek(replay, 0), 0);
    bind(replay, "TIMCommCallback", NULL, NULL);
    bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_message, &yours);
    got.times = 0;
    assert_int_equal(timtape_replay_run(replay, seq), 2); /* the list, the first message */
    assert_int_equal(got.times, 102);
    assert_ptr_equal(got.user, &yours);
    assert_int_equal(timtape_replay_seek(replay, seq + 1), 0);
    assert_int_equal(timtape_replay_run(replay, 0), 2);
    timtape_replay_close(replay);
}

static void
test_names(void **state)
{
    static const struct {
        const char *name, *says;
    } bad[] = {
        {NULL, "no name"},
        {"", "no callback type of that name"},
        {"TIMRecvNewMsg", "\"TIMRecvNewMsg\": the API has no callback type"},
        {"TIMRecvNewMsgCallback@", "no callback type"},
        {"TIMConvGetConvList", "CALLBACK:FUNCTION"},
        {"TIMCommCallback:", "no function"},
        {"TIMCommCallback:TIMNothing", "\"TIMNothing\": the API has no function"},
        {"TIMCommCallback:TIMRecvNewMsgCallback", "is a callback type"},
        {"TIMCommCallback:TIMSetConvEventCallback", "takes no TIMCommCallback"},
    };
    struct timtape_replay *replay = opened(CHAT);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(timtape_replay_bind(replay, bad[i].name, (timtape_function)on_result, NULL), -1);
        error_says(replay, bad[i].says);
        if (bad[i].name != NULL)
            assert_int_equal(timtape_replay_count(replay, bad[i].name), -1);
    }
    assert_int_equal(timtape_replay_step(replay), 0);
    assert_string_equal(timtape_replay_error(replay), "");
    timtape_replay_close(replay);
    timtape_replay_close(NULL);
}

/* ---- every callback type ------------------------------------------------------------------------- */

static uintptr_t words_given[6];

/* Integers and pointers of any signature come in the same places (x86-64, arm64). */
static void
any(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f)
{
    uintptr_t given[] = {a, b, c, d, e, f};
    const struct timtape_event *event_ = timtape_replay_current(got.replay);
    const struct api_entry *entry = got.user;

    got.times++;
    memcpy(words_given, given, sizeof given);
    assert_string_equal(event_->name, entry->name);
    for (unsigned i = 0; i < entry->nparams; i++) {
        char wanted[32];

        snprintf(wanted, sizeof wanted, "text %u", i);
        if (entry->params[i].type == API_STR)
            assert_string_equal((const char *)given[i], wanted);
    }
}

static struct tape_event
plain_event(const struct api_entry *entry, uint64_t seq, char texts[][32])
{
    struct tape_event e = event(seq, entry->name);

    e.entry = entry;
    e.nargs = entry->nparams;
    for (unsigned i = 0; i < entry->nparams; i++) {
        snprintf(texts[i], 32, "text %u", i);
        switch (entry->params[i].type) {
        case API_STR:
            e.args[i] = words(texts[i]);
            break;
        case API_I32:
            e.args[i] = number(INT32_MIN + (int)i);
            break;
        case API_I64:
            e.args[i] = number(INT64_MIN + (int)i);
            break;
        case API_U32:
            e.args[i] = natural(UINT32_MAX - i);
            break;
        case API_U64:
            e.args[i] = natural(UINT64_MAX - i);
            break;
        case API_BOOL:
            e.args[i] = natural(1);
            break;
        default:
            break;
        }
    }
    return e;
}

static void
check_words(const struct api_entry *entry)
{
    for (unsigned i = 0; i < entry->nparams; i++) {
        switch (entry->params[i].type) {
        case API_I32:
            assert_int_equal((int32_t)words_given[i], INT32_MIN + (int)i);
            break;
        case API_I64:
            assert_true((int64_t)words_given[i] == INT64_MIN + (int)i);
            break;
        case API_U32:
            assert_int_equal((uint32_t)words_given[i], UINT32_MAX - i);
            break;
        case API_U64:
            assert_true((uint64_t)words_given[i] == UINT64_MAX - i);
            break;
        case API_BOOL:
            assert_int_equal((uint8_t)words_given[i], 1);
            break;
        case API_USER:
            assert_true(words_given[i] == (uintptr_t)entry);
            break;
        default:
            break;
        }
    }
}

static void
test_every_type(void **state)
{
    struct tape_writer *tape = create();
    char texts[API_MAX_PARAMS][32];
    unsigned types = 0, older = 0;

    (void)state;
    for (unsigned i = 0; i < API_ENTRIES; i++) {
        if (api_entries[i].kind != API_CALLBACK)
            continue;
        struct tape_event e = plain_event(&api_entries[i], 1 + 2 * types++, texts);
        put(tape, &e);
    }
    finish(tape);
    struct timtape_replay *replay = opened(path);
    got.replay = replay;
    got.times = 0;
    uint64_t seq = 1;
    for (unsigned i = 0; i < API_ENTRIES; i++) {
        const struct api_entry *entry = &api_entries[i];
        char name[128];

        if (entry->kind != API_CALLBACK)
            continue;
        assert_true(entry->nparams <= 6);
        snprintf(name, sizeof name, "%s%s%s", entry->name, entry->newest != entry->id ? "@" : "",
                 entry->newest != entry->id ? entry->until : "");
        older += entry->newest != entry->id;
        if (timtape_replay_count(replay, name) != 1)
            fail_msg("%s: %s", name, timtape_replay_error(replay));
        assert_int_equal(timtape_replay_seek(replay, seq), 0);
        seq += 2;
        bind(replay, name, (timtape_function)any, entry);
        /* The older signature of this name is still without a handler. */
        bool other = strcmp(entry->name, "TIMConvConversationsDeletedFromGroupCallback") == 0 &&
                     entry->newest == entry->id;
        memset(words_given, 0, sizeof words_given);
        got.user = entry;
        assert_int_equal(timtape_replay_step(replay), 1);
        check_words(entry);
        if (other) {
            assert_int_equal(timtape_replay_step(replay), -1);
            error_says(replay, "TIMConvConversationsDeletedFromGroupCallback@6.6");
        } else {
            assert_int_equal(timtape_replay_step(replay), 0);
        }
        bind(replay, name, NULL, NULL);
    }
    assert_int_equal(got.times, types);
    assert_true(types > 50 && older >= 1);
    timtape_replay_close(replay);
}

/* The vendor's page: every callback on it, byte for byte, three of them no JSON. */
static void
test_page(void **state)
{
    char imported[256];
    struct tape_event e;
    struct tape_reader *tape =
        scenario_open("traces/samples/callback-page.ndjson", "corpus", imported, sizeof imported, &fault);

    (void)state;
    assert_non_null(tape);
    struct timtape_replay *replay = opened(imported);
    for (unsigned i = 0; i < API_ENTRIES; i++) {
        if (api_entries[i].kind == API_CALLBACK && api_entries[i].newest == api_entries[i].id)
            bind(replay, api_entries[i].name, (timtape_function)any, NULL);
    }
    int64_t callbacks = timtape_replay_count(replay, NULL), seen = 0;
    assert_true(callbacks >= 42);
    while (tape_next(tape, &e, &fault) == 1) {
        if (!e.is_callback)
            continue;
        const struct timtape_event *next = timtape_replay_peek(replay);
        assert_non_null(next);
        assert_int_equal(next->seq, e.seq);
        assert_string_equal(next->name, e.name);
        if (e.entry->payload >= 0) {
            assert_int_equal(next->json_bytes, e.args[e.entry->payload].bytes);
            assert_memory_equal(next->json, e.args[e.entry->payload].text, next->json_bytes);
        }
        assert_int_equal(timtape_replay_skip(replay), 1);
        seen++;
    }
    assert_int_equal(seen, callbacks);
    timtape_replay_close(replay);
    tape_close(tape);
    scenario_forget(imported);
}

/* ---- values -------------------------------------------------------------------------------------- */

static void
test_values(void **state)
{
    static const char broken[] = "{\"a\":\"\xff\xfe\x80";
    struct tape_writer *tape = create();
    struct tape_event e = event(9, "TIMCommCallback");

    (void)state;
    put_message(tape, 1, NULL_TEXT);
    put_message(tape, 3, words(""));
    put_message(tape, 5, words(broken));
    put_message(tape, 7, words("{\"id\":18446744073709551615}"));
    e.args[0] = number(INT32_MIN);
    e.args[1] = words("desc");
    e.args[2] = NULL_TEXT;
    e.end_seq = 0;
    put(tape, &e);
    finish(tape);
    struct timtape_replay *replay = opened(path);
    bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_message, &got);
    bind(replay, "TIMCommCallback", (timtape_function)on_result, &got);
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_true(got.null);
    assert_null(timtape_replay_current(replay)->json);
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_true(got.empty);
    assert_string_equal(timtape_replay_current(replay)->json, "");
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_string_equal(got.text, broken);
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_string_equal(got.text, "{\"id\":18446744073709551615}");
    const struct timtape_event *next = timtape_replay_peek(replay);
    assert_true(next->has_code && next->code == INT32_MIN && next->took_ns == -1 && next->cause == 0);
    assert_null(next->function);
    int64_t value = 0;
    assert_int_equal(timtape_replay_number(next, "code", &value), 0);
    assert_int_equal(value, INT32_MIN);
    assert_int_equal(timtape_replay_number(next, "desc", &value), -1);
    size_t bytes;
    assert_string_equal(timtape_replay_text(next, "desc", &bytes), "desc");
    assert_int_equal(bytes, 4);
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_true(got.null && got.code == INT32_MIN);
    assert_string_equal(got.desc, "desc");
    timtape_replay_close(replay);
}

/* ---- mocks --------------------------------------------------------------------------------------- */

static const char answer_text[] =
    "{ \"message_elem_array\" : [ {\"text_elem_content\":\"yes!\",\"elem_type\":0.0} ] }";
static const struct timtape_event *sent;
static char buffer[128];

/* A handler that answers, and the mock that it calls. */
static void
on_question(const char *json, const void *user)
{
    note(json, user);
    if (strstr(json, "report?") == NULL)
        return;
    assert_int_equal(timtape_replay_calls_left(got.replay), 1);
    assert_string_equal(timtape_replay_call(got.replay)->name, "TIMMsgSendMessage");
    /* Another text, another person, another function. */
    assert_null(
        timtape_replay_expect(got.replay, "TIMMsgSendMessage", "bob", 1, "{}", buffer, on_result, NULL));
    error_says(got.replay, "json_msg_param");
    assert_null(timtape_replay_expect(got.replay, "TIMMsgSendMessage", "eve", 1, answer_text, buffer,
                                      on_result, NULL));
    error_says(got.replay, "conv_id: the tape has \"bob\", the code passed \"eve\"");
    assert_null(timtape_replay_expect(got.replay, "TIMConvGetConvList", on_list, NULL));
    error_says(got.replay, "TIMConvGetConvList was called where the tape has event");
    assert_null(timtape_replay_expect(got.replay, "TIMNothing"));
    error_says(got.replay, "no function");
    sent =
        timtape_replay_expect(got.replay, "TIMMsgSendMessage", "bob", 1, answer_text, buffer, on_list, &sent);
    if (sent == NULL)
        fail_msg("%s", timtape_replay_error(got.replay));
    assert_int_equal(sent->result, 0);
    assert_string_equal(buffer, "144115225790497300-1551269302-305419896");
    assert_int_equal(timtape_replay_calls_left(got.replay), 0);
    assert_null(timtape_replay_call(got.replay));
    assert_null(timtape_replay_expect(got.replay, "TIMUninit"));
    error_says(got.replay, "no further call in it");
}

static void
test_expect(void **state)
{
    struct timtape_replay *replay = opened(CHAT);

    (void)state;
    got.replay = replay;
    bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_question, NULL);
    /* What the app does before the first callback. */
    assert_non_null(timtape_replay_expect(
        replay, "TIMInit", (uint64_t)1400000001,
        "{\"sdk_config_log_file_path\":\"./\",\"sdk_config_config_file_path\":\"./\"}"));
    assert_string_equal(timtape_replay_call(replay)->name, "TIMAddRecvNewMsgCallback");
    assert_non_null(timtape_replay_expect(replay, "TIMAddRecvNewMsgCallback", on_question, &got));
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_ptr_equal(got.user, &got); /* the user data of the call, not of the name */
    assert_int_equal(timtape_replay_calls_left(replay), 0);
    got.times = 0;
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_non_null(sent);
    /* The answer's own callback: nothing is bound to its name. */
    assert_int_equal(got.times, 1);
    assert_string_equal(timtape_replay_peek(replay)->name, "TIMCommCallback");
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_int_equal(got.times, 102);
    assert_ptr_equal(got.user, &sent);
    /* Left out: said afterwards. */
    assert_int_equal(timtape_replay_seek(replay, 0), 0);
    bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_message, NULL);
    assert_int_equal(timtape_replay_run(replay, timtape_replay_peek(replay)->seq), 1);
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_int_equal(timtape_replay_calls_left(replay), 1);
    timtape_replay_close(replay);
}

/* A function whose parameters changed between versions: the arguments of the tape's version are asked for. */
static void
test_older_call(void **state)
{
    const struct api_entry *entry = api_find_version("TIMConvGetConversationListByFilter", "6.6");
    struct tape_writer *tape = create();
    char texts[API_MAX_PARAMS][32];
    struct tape_event call = plain_event(entry, 1, texts);

    (void)state;
    assert_int_not_equal(entry->id, entry->newest);
    call.is_callback = false;
    call.args[1] = natural(0);
    call.result = number(7);
    put(tape, &call);
    finish(tape);
    struct timtape_replay *replay = opened(path);
    assert_null(timtape_replay_expect(replay, "TIMConvGetConversationListByFilter", "text 0", (uint64_t)0,
                                      (uint32_t)0, on_list, NULL));
    error_says(replay, "TIMConvGetConversationListByFilter@VERSION");
    assert_int_equal(timtape_replay_calls_left(replay), 1);
    const struct timtape_event *made =
        timtape_replay_expect(replay, "TIMConvGetConversationListByFilter@6.6", "text 0", NULL, NULL);
    if (made == NULL)
        fail_msg("%s", timtape_replay_error(replay));
    assert_int_equal(made->result, 7);
    assert_int_equal(timtape_replay_calls_left(replay), 0);
    timtape_replay_close(replay);
}

/* Up to the question, with these rules; what the handler's other answer comes to. */
static const struct timtape_event *
answer_otherwise(struct timtape_replay *replay, const char *lines)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file, "timtape rules 1\n%s\n", lines);
    fclose(file);
    if (timtape_replay_rules(replay, path) != 0)
        fail_msg("%s", timtape_replay_error(replay));
    bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_message, NULL);
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_int_equal(timtape_replay_step(replay), 1);
    return timtape_replay_expect(replay, "TIMMsgSendMessage", "bob", 1,
                                 "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"no!\"}]}",
                                 NULL, on_result, NULL);
}

static void
test_rules(void **state)
{
    struct timtape_replay *replay = opened(CHAT);

    (void)state;
    assert_int_equal(timtape_replay_rules(replay, "/nowhere/x.rules"), -1);
    error_says(replay, "/nowhere/x.rules");
    assert_int_equal(timtape_replay_rules(replay, CHAT), -1);
    error_says(replay, CHAT);
    /* The buffer is not there, so it is the second difference. */
    assert_null(answer_otherwise(replay, "value TIMMsgSendMessage json_msg_param $..text_elem_content any"));
    error_says(replay, "message_id_buffer");
    assert_int_equal(timtape_replay_calls_left(replay), 1);
    timtape_replay_close(replay);
    replay = opened(CHAT);
    assert_null(answer_otherwise(replay, "missing TIMMsgSendMessage"));
    error_says(replay, "text_elem_content");
    assert_int_equal(timtape_replay_calls_left(replay), 0);
    timtape_replay_close(replay);
}

/* A handler bound ahead of a look takes effect also when the look came first. */
static void
test_look_first(void **state)
{
    struct timtape_replay *replay = opened(CHAT);

    (void)state;
    got.times = 0;
    assert_null(timtape_replay_peek(replay));
    assert_string_equal(timtape_replay_error(replay), "");
    bind(replay, "TIMMsgElemUploadProgressCallback", (timtape_function)any, NULL);
    uint64_t late = timtape_replay_peek(replay)->seq;
    bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_message, NULL);
    assert_true(timtape_replay_peek(replay)->seq < late);
    assert_int_equal(timtape_replay_unhandled(replay), 0);
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_int_equal(got.times, 1);
    timtape_replay_close(replay);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chat),
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_every_type, folder_make, folder_remove),
        cmocka_unit_test(test_page),
        cmocka_unit_test_setup_teardown(test_values, folder_make, folder_remove),
        cmocka_unit_test(test_expect),
        cmocka_unit_test(test_look_first),
        cmocka_unit_test_setup_teardown(test_rules, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_older_call, folder_make, folder_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
