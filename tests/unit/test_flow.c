// SPDX-License-Identifier: MIT
/* Value flow: in a replay (the same payloads), and between two recordings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "replay/judge/flow.h"
#include "replay/judge/match.h"

/* What the SDK gave out on the tape. */
static struct flow_text given[16];
static unsigned givens, told;

static bool
source(void *context, uint64_t before, struct flow_text *text)
{
    (void)context;
    if (told == givens || given[told].seq >= before)
        return false;
    *text = given[told++];
    return true;
}

static struct flow *
flow_of(void)
{
    struct flow *flow = flow_new();
    assert_non_null(flow);
    givens = told = 0;
    flow_from(flow, source, NULL);
    return flow;
}

static void
brought(uint64_t seq, const char *text)
{
    given[givens++] =
        (struct flow_text){.seq = seq, .name = "TIMRecvNewMsgCallback", .text = text, .bytes = strlen(text)};
}

static enum flow_answer
ask(struct flow *flow, const char *key, const char *recorded, const char *live, uint64_t before)
{
    struct flow_pair pair = {key, recorded, live};
    return flow_check(flow, &pair, before, NULL, NULL);
}

static enum flow_answer
bring(struct flow *flow, const char *key, const char *recorded, const char *live, uint64_t seq)
{
    struct flow_pair pair = {key, recorded, live};
    return flow_bring(flow, &pair, "TIMRecvNewMsgCallback", seq, "$[0].x", NULL);
}

static void
ids_are_known_by_their_keys(void **state)
{
    (void)state;
    assert_true(flow_names_id("message_seq"));
    assert_true(flow_names_id("message_unique_id"));
    assert_true(flow_names_id("friend_profile_identifier"));
    assert_true(flow_names_id("message_rand"));
    assert_true(flow_names_id("id"));
    assert_true(flow_names_id("group_id_array"));
    assert_false(flow_names_id("paid"));
    assert_false(flow_names_id("message_elem_array"));
    assert_false(flow_names_id("message_client_time"));
    assert_false(flow_names_id(NULL));
}

static void
replay_knows_what_the_sdk_gave(void **state)
{
    (void)state;
    struct flow *flow = flow_of();
    struct flow_origin expected, got;
    brought(12, "[{\"message_rand\":2130485001, \"message_seq\":41, \"2130485009\" : 1}]");
    brought(15, "[{\"message_rand\":\"2130485002\"}]");
    brought(20, "[{\"message_rand\":777000777}]");
    brought(22, "144115233874815003-1729137599-1");
    assert_int_equal(told, 0); /* nothing is read before it is needed */
    struct flow_pair pair = {"message_rand", "2130485001", "2130485002"};
    assert_int_equal(flow_check(flow, &pair, 18, &expected, &got), FLOW_OTHER);
    assert_int_equal(told, 2); /* ... and nothing that comes later */
    assert_int_equal(expected.seq, 12);
    assert_string_equal(expected.name, "TIMRecvNewMsgCallback");
    assert_int_equal(got.seq, 15);
    /* A value of the app's own, before the SDK echoed it. */
    assert_int_equal(ask(flow, "message_rand", "777000777", "5", 18), FLOW_UNKNOWN);
    assert_int_equal(ask(flow, "message_rand", "777000777", "5", 21), FLOW_OTHER);
    /* As a number or as a text. */
    assert_int_equal(ask(flow, "x", "\"2130485001\"", "\"3\"", 30), FLOW_OTHER);
    assert_int_equal(ask(flow, "x", "\"144115233874815003-1729137599-1\"", "\"y\"", 30), FLOW_OTHER);
    /* Small numbers, short texts and keys are no ids. */
    assert_int_equal(ask(flow, "message_seq", "41", "42", 30), FLOW_UNKNOWN);
    assert_int_equal(ask(flow, "x", "\"2130485009\"", "\"1\"", 30), FLOW_UNKNOWN);
    flow_free(flow);
}

static void
what_was_let_through_is_bound(void **state)
{
    (void)state;
    struct flow *flow = flow_of();
    struct flow_pair pair = {"message_rand", "777000777", "888000888"};
    brought(20, "[{\"message_rand\":777000777}]");
    flow_bind(flow, &pair);
    assert_int_equal(ask(flow, "any_key", "\"777000777\"", "\"888000888\"", 30), FLOW_SAME);
    assert_int_equal(ask(flow, "message_rand", "777000777", "777000777", 30), FLOW_SAME);
    assert_int_equal(ask(flow, "message_rand", "777000777", "999000999", 30), FLOW_OTHER);
    flow_free(flow);
}

static void
two_recordings(void **state)
{
    (void)state;
    struct flow *flow = flow_of();
    struct flow_origin expected, got;
    assert_int_equal(bring(flow, "message_msg_id", "\"id-111111\"", "\"id-999999\"", 12), FLOW_SAME);
    assert_int_equal(bring(flow, "message_msg_id", "\"id-222222\"", "\"id-888888\"", 15), FLOW_SAME);
    assert_int_equal(bring(flow, "message_msg_id", "\"id-111111\"", "\"id-999999\"", 18), FLOW_SAME);
    /* Not an id; an id that stands for another one already, on either side. */
    assert_int_equal(bring(flow, "text_elem_content", "\"hello-111\"", "\"hello-222\"", 18), FLOW_UNKNOWN);
    assert_int_equal(bring(flow, "message_msg_id", "\"id-111111\"", "\"id-888888\"", 18), FLOW_OTHER);
    assert_int_equal(bring(flow, "message_msg_id", "\"id-333333\"", "\"id-999999\"", 18), FLOW_OTHER);

    assert_int_equal(ask(flow, "x", "\"id-111111\"", "\"id-999999\"", 30), FLOW_SAME);
    struct flow_pair pair = {"x", "\"id-111111\"", "\"id-888888\""};
    assert_int_equal(flow_check(flow, &pair, 30, &expected, &got), FLOW_OTHER);
    assert_int_equal(expected.seq, 12);
    assert_int_equal(got.seq, 15);
    assert_string_equal(expected.path, "$[0].x");
    flow_free(flow);
}

/* Sequence numbers are small, and counted anew in every conversation. */
static void
small_ids_count_under_their_keys(void **state)
{
    (void)state;
    struct flow *flow = flow_of();
    assert_int_equal(bring(flow, "message_seq", "41", "57", 12), FLOW_SAME);
    assert_int_equal(bring(flow, "message_seq", "41", "12", 13), FLOW_SAME);
    assert_int_equal(bring(flow, "message_status", "1", "2", 13), FLOW_UNKNOWN);
    assert_int_equal(ask(flow, "message_locator_seq", "41", "57", 30), FLOW_SAME);
    assert_int_equal(ask(flow, "message_locator_seq", "41", "12", 30), FLOW_SAME);
    assert_int_equal(ask(flow, "message_locator_seq", "41", "58", 30), FLOW_OTHER);
    assert_int_equal(ask(flow, "conv_type", "41", "57", 30), FLOW_UNKNOWN);
    assert_int_equal(bring(flow, "conv_id", "\"bob\"", "\"carol\"", 14), FLOW_SAME);
    assert_int_equal(ask(flow, "message_sender_id", "\"bob\"", "\"carol\"", 30), FLOW_SAME);
    assert_int_equal(ask(flow, "text", "\"bob\"", "\"carol\"", 30), FLOW_UNKNOWN);
    assert_int_equal(bring(flow, "message_seq", "0", "7", 15), FLOW_UNKNOWN); /* no number at all */
    flow_free(flow);
}

static void
many_values(void **state)
{
    (void)state;
    struct flow *flow = flow_of();
    char a[32], b[32];
    for (unsigned i = 0; i < 200000; i++) {
        snprintf(a, sizeof a, "%u", 1000000 + i);
        snprintf(b, sizeof b, "%u", 9000000 - i);
        struct flow_pair pair = {"message_rand", a, b};
        flow_bind(flow, &pair);
    }
    for (unsigned i = 0; i < 200000; i += 999) {
        snprintf(a, sizeof a, "%u", 1000000 + i);
        snprintf(b, sizeof b, "%u", 9000000 - i);
        assert_int_equal(ask(flow, "k", a, b, 1), FLOW_SAME);
    }
    flow_free(flow);
}

/* ---- in the matcher ------------------------------------------------------------------------------- */

static struct tape_event
event(uint64_t seq, const char *name, unsigned param, const char *json)
{
    const struct api_entry *entry = api_find(name);
    assert_non_null(entry);
    struct tape_event made = {.seq = seq,
                              .name = entry->name,
                              .entry = entry,
                              .is_callback = entry->kind == API_CALLBACK,
                              .nargs = entry->nparams};
    made.args[param] = (struct tape_value){.type = TAPE_TEXT, .text = json, .bytes = strlen(json)};
    return made;
}

static int
keep(void *context, const struct match_difference *difference)
{
    *(struct match_difference *)context = *difference;
    return 0;
}

/* The planted mistake: the app revokes the wrong message. Its field is a random, so the text alone says
 * nothing. */
static void
a_wrong_id_is_caught_in_a_replay(void **state)
{
    (void)state;
    struct flow *flow = flow_of();
    struct match_terms terms = {.flow = flow};
    struct match_difference first;
    brought(12, "[{\"message_rand\":2130485001}]");
    brought(15, "[{\"message_rand\":2130485002}]");
    struct tape_event right = event(40, "TIMMsgRevoke", 2, "{\"message_rand\":2130485001}");
    struct tape_event wrong = event(0, "TIMMsgRevoke", 2, "{\"message_rand\":2130485002}");
    assert_int_equal(match_call(&right, &wrong, &terms, &first), 1);
    assert_string_equal(first.path, "$.message_rand");
    assert_string_equal(first.why,
                        "expected the id that TIMRecvNewMsgCallback (event 12) brought, got that of "
                        "TIMRecvNewMsgCallback (event 15)");
    assert_int_equal(match_call(&right, &right, &terms, NULL), 0);
    /* Without flow, and for a random of the app's own, it may differ. */
    assert_int_equal(match_call(&right, &wrong, NULL, NULL), 0);
    struct tape_event mine = event(40, "TIMMsgSendMessage", 2, "{\"message_rand\":5550555}");
    struct tape_event other = event(0, "TIMMsgSendMessage", 2, "{\"message_rand\":6660666}");
    assert_int_equal(match_call(&mine, &other, &terms, &first), 0);
    /* Once it was let through, it is recognised, in strict comparisons, too. */
    terms.mode = MATCH_STRICT;
    assert_int_equal(match_call(&mine, &other, &terms, NULL), 1);
    terms.mode = MATCH_NORMAL;
    assert_int_equal(match_learn(&mine, &other, &terms), 0);
    terms.mode = MATCH_STRICT;
    assert_int_equal(match_call(&mine, &other, &terms, NULL), 0);
    flow_free(flow);
}

static void
ids_of_two_recordings_in_the_matcher(void **state)
{
    (void)state;
    struct flow *flow = flow_of();
    struct match_terms terms = {.flow = flow};
    struct match_difference first = {0};
    struct tape_event a = event(12, "TIMRecvNewMsgCallback", 0,
                                "[{\"message_msg_id\":\"a-1234567\",\"message_server_time\":1}]");
    struct tape_event b = event(14, "TIMRecvNewMsgCallback", 0,
                                "[{\"message_msg_id\":\"b-7654321\",\"message_server_time\":2}]");
    assert_int_equal(match_each(&a, &b, NULL, &terms, keep, &first), 0);
    struct tape_event c = event(15, "TIMRecvNewMsgCallback", 0, "[{\"message_msg_id\":\"a-2222222\"}]");
    struct tape_event d = event(17, "TIMRecvNewMsgCallback", 0, "[{\"message_msg_id\":\"b-3333333\"}]");
    assert_int_equal(match_each(&c, &d, NULL, &terms, keep, &first), 0);
    /* Words that differ are no ids. */
    struct tape_event e = event(19, "TIMRecvNewMsgCallback", 0, "[{\"text_elem_content\":\"hello-1234\"}]");
    struct tape_event f = event(20, "TIMRecvNewMsgCallback", 0, "[{\"text_elem_content\":\"hello-5678\"}]");
    assert_int_equal(match_each(&e, &f, NULL, &terms, keep, &first), 1);
    assert_string_equal(first.path, "$[0].text_elem_content");

    struct tape_event find = event(30, "TIMMsgFindMessages", 0, "[\"a-1234567\"]");
    struct tape_event same = event(31, "TIMMsgFindMessages", 0, "[\"b-7654321\"]");
    struct tape_event other = event(31, "TIMMsgFindMessages", 0, "[\"b-3333333\"]");
    assert_int_equal(match_call(&find, &same, &terms, NULL), 0);
    assert_int_equal(match_call(&find, &other, &terms, &first), 1);
    assert_string_equal(
        first.why, "expected the id that TIMRecvNewMsgCallback (event 12, at $[0].message_msg_id) brought, "
                   "got that of TIMRecvNewMsgCallback (event 15, at $[0].message_msg_id)");
    flow_free(flow);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_known_by_their_keys),
        cmocka_unit_test(replay_knows_what_the_sdk_gave),
        cmocka_unit_test(what_was_let_through_is_bound),
        cmocka_unit_test(two_recordings),
        cmocka_unit_test(small_ids_count_under_their_keys),
        cmocka_unit_test(many_values),
        cmocka_unit_test(a_wrong_id_is_caught_in_a_replay),
        cmocka_unit_test(ids_of_two_recordings_in_the_matcher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
