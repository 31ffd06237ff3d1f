// SPDX-License-Identifier: MIT
// The exhaustive pass, known findings, and making cases smaller.
#include <unistd.h>

#include "fuzz/mutate/mutate_known.h"
#include "mutate_fixture.h"

/* ---- the exhaustive pass ---- */

/* Paths without indexes that were given as `variation`, sorted into a set by hash. */
struct given {
    uint64_t seen[1 << 16];
};

static bool
note(struct given *given, const char *path, unsigned variation)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ variation;
    for (const char *p = path; *p != '\0'; p++)
        if (!(*p >= '0' && *p <= '9' &&
              (p[-1] == '[' || (p[-1] >= '0' && p[-1] <= '9' && strchr("[]", p[-2]) != NULL))))
            hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    hash |= 1;
    size_t at = hash % (sizeof given->seen / sizeof *given->seen);
    while (given->seen[at] != 0 && given->seen[at] != hash)
        at = (at + 1) % (sizeof given->seen / sizeof *given->seen);
    bool is_new = given->seen[at] == 0;
    given->seen[at] = hash;
    return is_new;
}

static bool
has(struct given *given, const char *path, unsigned variation)
{
    return !note(given, path, variation);
}

static void
test_every_variation_of_every_key_of_a_message(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct given *given = calloc(1, sizeof *given);
    (void)state;
    rig_target(rig, "TIMRecvNewMsgCallback", NULL);
    rig_start(rig);
    uint64_t cases = 0, all = mutator_boundaries(rig->mutator);
    while (mutator_next_boundary(rig->mutator, &rig->c, rig->arena, &rig->done) == 1) {
        assert_true(rig->done.count >= 1);
        const struct mutation *mutation = &rig->done.list[rig->done.count - 1];
        if (mutation->path != NULL)
            note(given, mutation->path, mutation->variation);
        assert_int_equal(case_lane(&rig->c, rig->arena), CASE_VALID);
        cases++;
        rig_clear(rig);
    }
    print_message("%lu of %lu\n", (unsigned long)cases, (unsigned long)all);
    assert_true(cases > 1000 && cases <= all && cases >= all * 95 / 100);
    struct model_type message = {.json = API_J_OBJECT, .items = API_J_ANY, .enumeration = -1, .strings = -1};
    message.object = (int16_t)(api_find_object("Message") - api_objects);
    unsigned keys = 0;
    const struct api_key *key;
    for (unsigned i = 0; (key = model_key(message, NULL, i, &rig->options.profile)) != NULL; i++, keys++) {
        uint8_t list[MODEL_VARIATIONS];
        char path[256];
        snprintf(path, sizeof path, "$[].%s", key->name);
        unsigned count = model_variations(model_of_key(key), true, &rig->options.profile, list);
        for (unsigned k = 0; k < count; k++)
            if (list[k] != MODEL_ORDINARY && list[k] != MODEL_RENAMED && list[k] != MODEL_NEAR_MISS &&
                !has(given, path, list[k]))
                fail_msg("%s was never %s", path, model_variation_name(list[k]));
    }
    assert_true(keys > 40);
    /* Deep ones: what only one kind of element has, below an array. */
    assert_true(has(
        given, "$[].message_elem_array[].group_tips_elem_changed_user_info_array[].user_profile_nick_name",
        MODEL_ABSENT));
    assert_true(has(given, "$[].message_elem_array", MODEL_EMPTY_ARRAY));
    free(given);
    rig_free(rig);
}

/* All callbacks are served soon, the whole is thousands. */
static void
test_callbacks_take_turns(void **state)
{
    struct rig *rig = rig_new();
    unsigned seen[4] = {0};
    (void)state;
    rig_start(rig);
    assert_in_range(mutator_boundaries(rig->mutator), 2000, 300000);
    for (unsigned i = 0; i < 80; i++) {
        assert_int_equal(mutator_next_boundary(rig->mutator, &rig->c, rig->arena, &rig->done), 1);
        for (unsigned t = 0; t < 4; t++)
            seen[t] += rig->c.events[0].callback == rig->targets[t].callback;
        rig_clear(rig);
    }
    for (unsigned t = 0; t < 4; t++)
        assert_true(seen[t] >= 4);
    rig_free(rig);
}

static void
test_pairs_of_code_and_payload(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    bool null = false, empty = false;
    (void)state;
    rig_target(rig, "TIMCommCallback", "TIMConvGetConvList");
    rig_start(rig);
    for (unsigned i = 0; i < 3000 && !(null && empty); i++) {
        if (mutator_next_boundary(rig->mutator, &rig->c, rig->arena, &rig->done) != 1)
            break;
        const struct case_event *event = &rig->c.events[0];
        if (event->args[0].number != 0) {
            null = null || event->args[2].kind == CASE_NULL;
            empty = empty || (event->args[2].kind == CASE_TEXT && event->args[2].count == 0);
        }
        rig_clear(rig);
    }
    assert_true(null && empty);
    rig_free(rig);
}

/* ---- known findings ---- */

static unsigned
count_absent(const char *known)
{
    struct rig *rig = calloc(1, sizeof *rig);
    unsigned absent = 0;
    rig_target(rig, "TIMRecvNewMsgCallback", NULL);
    rig->options.known = known;
    rig->options.one_event = true;
    rig_start(rig);
    for (uint64_t i = 0; i < 20000; i++) {
        rig_read(rig, "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":[{"
                      "\"message_elem_array\":"
                      "[{\"elem_type\":0,\"text_elem_content\":\"a\"}],\"message_seq\":1}]}}}\n");
        mutator_step(rig->mutator, &rig->c, rig->arena, i, &rig->done);
        const struct case_value *value = &rig->c.events[0].args[0];
        const cJSON *message =
            value->kind == CASE_TREE && jtree_kind(value->tree) == JTREE_ARRAY ? value->tree->child : NULL;
        for (; message != NULL; message = message->next)
            if (jtree_kind(message) == JTREE_OBJECT && jtree_get(message, "message_elem_array") == NULL) {
                absent++;
                break;
            }
    }
    rig_free(rig);
    return absent;
}

static void
test_known_findings_are_stepped_round(void **state)
{
    char file[] = "/tmp/timtape-known-XXXXXX", line[512];
    int fd = mkstemp(file);
    (void)state;
    assert_true(fd >= 0);
    size_t length = mutate_known_line(line, sizeof line, api_find("TIMRecvNewMsgCallback"), 0,
                                      "$[0].message_elem_array", MODEL_ABSENT);
    assert_string_equal(
        line, "{\"callback\":\"TIMRecvNewMsgCallback\",\"param\":\"json_msg_array\",\"path\":\"[].message_"
              "elem_array\",\"variation\":\"absent\"}\n");
    assert_true(write(fd, "# a comment\n\n", 13) == 13 && write(fd, line, length) == (ssize_t)length);
    close(fd);
    unsigned without = count_absent(NULL), with = count_absent(file);
    print_message("absent %u, known %u\n", without, with);
    assert_true(without > 200);
    assert_in_range(with, without * 3 / 100, without * 20 / 100);
    unlink(file);
}

static void
test_known_file_is_foreign(void **state)
{
    static const char *const bad[] = {
        "{\n",
        "[]\n",
        "{\"callback\":\"NoSuch\",\"param\":\"a\",\"variation\":\"absent\"}\n",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"param\":\"nope\",\"variation\":\"absent\"}\n",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"param\":\"json_msg_array\",\"variation\":\"odd\"}\n",
        "{\"callback\":7}\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char file[] = "/tmp/timtape-known-XXXXXX";
        int fd = mkstemp(file);
        struct mutate_known known;
        struct fault fault = {0};
        assert_true(fd >= 0 && write(fd, bad[i], strlen(bad[i])) == (ssize_t)strlen(bad[i]));
        close(fd);
        assert_int_equal(mutate_known_read(&known, file, &fault), -1);
        assert_non_null(strstr(fault.text, ":1: "));
        assert_int_equal(known.count, 0);
        unlink(file);
    }
    struct mutate_known none;
    assert_int_equal(mutate_known_read(&none, "/tmp/timtape-there-is-no-such-file", NULL), 0);
    assert_int_equal(none.count, 0);
}

/* ---- smaller ---- */

/* Takes the first candidate that keeps the "bug" until there is none. */
static unsigned
minimise(struct rig *rig, const char *text, bool (*bug)(const struct fuzz_case *), char *result, size_t room)
{
    char now[8192];
    unsigned runs = 0;
    snprintf(now, sizeof now, "%s", text);
    for (bool better = true; better;) {
        better = false;
        for (uint64_t n = 0; !better; n++) {
            struct fuzz_case smaller = {0};
            char print[8192];
            rig_read(rig, now);
            enum case_lane lane = case_lane(&rig->c, rig->arena);
            if (mutator_smaller(rig->mutator, &rig->c, n, &smaller, rig->arena) != 1)
                break;
            runs++;
            assert_true(runs < 5000);
            assert_int_equal(case_lane(&smaller, rig->arena), lane);
            size_t length = case_write(&smaller, rig->arena, print, sizeof print - 1);
            print[length] = '\0';
            assert_true(length < strlen(now));
            assert_null(strstr(print, "\"\":"));
            if (bug(&smaller)) {
                strcpy(now, print);
                better = true;
            }
        }
    }
    snprintf(result, room, "%s", now);
    return runs;
}

static struct arena *looking;

/* An element of type 5 that has a user array with something in it. */
static bool
has_bug(const struct fuzz_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        struct case_value value = c->events[i].args[0];
        const cJSON *at =
            case_parse(&value, looking)
                ? jtree_at(value.tree, "$[0].message_elem_array[0].group_tips_elem_user_array[0]")
                : NULL;
        if (c->events[i].callback == api_find("TIMRecvNewMsgCallback") && at != NULL)
            return true;
    }
    return false;
}

static void
test_smaller_finds_the_core(void **state)
{
    struct rig *rig = rig_new();
    char text[8192], result[8192];
    (void)state;
    rig_start(rig);
    looking = rig->arena;
    snprintf(text, sizeof text, "%s%s%s%s", rig_seeds[1], rig_seeds[2],
             "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":[{\"message_"
             "conv_id\":\"user1\","
             "\"message_elem_array\":[{\"elem_type\":5,\"group_tips_elem_user_array\":[\"a long "
             "name\",\"b\",\"c\"],"
             "\"group_tips_elem_time\":1700000000}],\"message_seq\":1234567}]}}}\n",
             rig_seeds[0]);
    unsigned runs = minimise(rig, text, has_bug, result, sizeof result);
    print_message("%zu -> %zu bytes in %u runs: %s", strlen(text), strlen(result), runs, result);
    assert_true(strlen(result) <= 150);
    assert_non_null(strstr(result, "group_tips_elem_user_array"));
    rig_free(rig);
}

static bool
keeps_comma(const struct fuzz_case *c)
{
    return c->count == 1 && c->events[0].args[0].kind == CASE_TEXT &&
           strstr(c->events[0].args[0].bytes, ",]") != NULL;
}

static void
test_smaller_stays_in_the_syntax_lane(void **state)
{
    struct rig *rig = rig_new();
    char result[8192];
    (void)state;
    rig_start(rig);
    minimise(rig,
             "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"[{\\\"message_seq\\\":"
             "12345},]\"}}\n",
             keeps_comma, result, sizeof result);
    assert_string_equal(result,
                        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\",]\"}}\n");
    rig_free(rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_variation_of_every_key_of_a_message),
        cmocka_unit_test(test_callbacks_take_turns),
        cmocka_unit_test(test_pairs_of_code_and_payload),
        cmocka_unit_test(test_known_findings_are_stepped_round),
        cmocka_unit_test(test_known_file_is_foreign),
        cmocka_unit_test(test_smaller_finds_the_core),
        cmocka_unit_test(test_smaller_stays_in_the_syntax_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
