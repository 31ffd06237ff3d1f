// SPDX-License-Identifier: MIT
// The text form of a tape: exact both ways, forgiving to people, safe from strangers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "traces/ndjson.h"

static char folder[] = "/tmp/timtape-ndjson-XXXXXX";
static struct fault fault;

static const char *
path(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *text = paths[next++ % 4];
    snprintf(text, sizeof paths[0], "%s/%s", folder, name);
    return text;
}

static int
setup(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int
teardown(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* Text -> tape `name`. 0 or -1 with `fault`. */
static int
import(const char *text, size_t bytes, const char *name)
{
    FILE *stream = bytes > 0 ? fmemopen((void *)(uintptr_t)text, bytes, "r") : fopen("/dev/null", "r");
    struct ndjson_source source = {.stream = stream, .name = "it", .payloads = -1};
    struct tape_writer *tape = tape_create(path(name), true, &fault);
    bool complete;
    assert_non_null(stream);
    assert_non_null(tape);
    int status = ndjson_import(&source, tape, &complete, &fault);
    fclose(stream);
    if (status != 0)
        tape_discard(tape);
    else
        status = tape_finish(tape, complete, &fault);
    return status;
}

static char *export(const char *name, size_t *bytes)
{
    char *text = NULL;
    struct tape_reader *tape = tape_open(path(name), &fault);
    if (tape == NULL)
        fail_msg("%s", fault.text);
    FILE *out = open_memstream(&text, bytes);
    if (ndjson_export(tape, out, &fault) != 0)
        fail_msg("%s", fault.text);
    fclose(out);
    tape_close(tape);
    return text;
}

static struct tape_value
text_value(const char *text)
{
    return (struct tape_value){.type = TAPE_TEXT, .text = text, .bytes = strlen(text)};
}

static void
write_event(struct tape_writer *tape, struct tape_event event)
{
    event.name = event.entry->name;
    event.nargs = event.entry->nparams;
    event.is_callback = event.entry->kind == API_CALLBACK;
    if (tape_write_event(tape, &event, &fault) != 0)
        fail_msg("%s", fault.text);
}

/* A tape with everything that can be on one. */
static void
write_odd_tape(const char *name, bool finish)
{
    struct tape_writer *tape = tape_create(path(name), true, &fault);
    assert_non_null(tape);
    assert_int_equal(tape_write_meta(tape, "host", "b\xffx", &fault), 0);
    assert_int_equal(tape_write_meta(tape, "k\xfe", "v", &fault), 0);
    assert_int_equal(tape_write_meta(tape, "$bytes:zz", "not hex", &fault), 0);
    assert_int_equal(tape_write_meta(tape, "empty", "", &fault), 0);
    assert_int_equal(tape_write_meta(tape, "none", NULL, &fault), 0);
    assert_int_equal(tape_write_meta(tape, "quote\"\n", "\x01\x7f\\", &fault), 0);
    tape_write_process(tape, &(struct tape_process){.pid = 7}, &fault);
    tape_write_process(tape,
                       &(struct tape_process){.pid = 8,
                                              .parent = 7,
                                              .program = "a\xc3",
                                              .exit_seq = 99,
                                              .ended = "signal 11 (SIGSEGV)",
                                              .sdk = "libImSDK.so",
                                              .sdk_version = "8.0.5903"},
                       &fault);
    tape_write_thread(tape, &(struct tape_thread){1, 7, 7, "main"}, &fault);
    tape_write_thread(tape, &(struct tape_thread){2, 8, 4294967295U, "\xe4\xbd\xa0"}, &fault);
    tape_write_thread(tape, &(struct tape_thread){3, 8, 9, NULL}, &fault);
    tape_write_thread(tape, &(struct tape_thread){4, 8, 10, "\xf0\x28"}, &fault);
    tape_write_loss(tape, &(struct tape_loss){2, 1, 123456789012345, 3}, &fault);
    tape_write_hole(tape, &(struct tape_hole){30, 31}, &fault);
    write_event(tape,
                (struct tape_event){.seq = 1,
                                    .entry = api_find("TIMInit"),
                                    .thread = 1,
                                    .at_ns = -5,
                                    .end_seq = 40,
                                    .took_ns = 7,
                                    .result = {.type = TAPE_INT, .i = -2147483647 - 1},
                                    .args = {{.type = TAPE_UINT, .u = UINT64_MAX}, text_value("\xff\x01{")}});
    write_event(tape, (struct tape_event){.seq = 2,
                                          .entry = api_find("TIMGetLoginUserID"),
                                          .thread = 1,
                                          .parent = 1,
                                          .at_ns = 3,
                                          .end_seq = 6,
                                          .result = {.type = TAPE_INT, .i = 0},
                                          .args = {text_value("")}});
    write_event(tape, (struct tape_event){.seq = 3,
                                          .entry = api_find("TIMGetLoginUserID"),
                                          .thread = 2,
                                          .at_ns = 3,
                                          .args = {{.type = TAPE_ABSENT}}});
    write_event(tape, (struct tape_event){.seq = 4,
                                          .entry = api_find("TIMGetLoginUserID"),
                                          .thread = 2,
                                          .at_ns = 3,
                                          .end_seq = 5,
                                          .args = {{.type = TAPE_NULL}},
                                          .result = {.type = TAPE_INT, .i = 5}});
    write_event(tape, (struct tape_event){.seq = 7,
                                          .entry = api_find("TIMCommCallback"),
                                          .thread = 77,
                                          .parent = 1,
                                          .cause = 1,
                                          .via = 1,
                                          .threw = true,
                                          .at_ns = INT64_MAX,
                                          .end_seq = 8,
                                          .took_ns = INT64_MAX,
                                          .args = {{.type = TAPE_INT, .i = -1},
                                                   {.type = TAPE_NULL},
                                                   text_value("{\"a\":\"\xe4\xbd\xa0\",}")}});
    write_event(tape,
                (struct tape_event){.seq = 9,
                                    .entry = api_find("TIMCommCallback"),
                                    .thread = 2,
                                    .parent = 7,
                                    .parent_is_callback = true,
                                    .at_ns = 0,
                                    .args = {{.type = TAPE_INT, .i = 0}, text_value("\t"), text_value("")}});
    for (unsigned i = 0; i < API_ENTRIES; i++) {
        /* Every signature, also the older ones, with the edges of every type. */
        const struct api_entry *entry = api_entry(i);
        struct tape_event event = {.seq = 100 + 2 * i, .entry = entry, .thread = 1, .at_ns = i};
        event.end_seq = i % 3 == 0 ? 0 : event.seq + 1;
        for (unsigned p = 0; p < entry->nparams; p++) {
            struct tape_value *value = &event.args[p];
            int type = entry->params[p].type;
            if (type == API_STR || (type == API_OUT && i % 2 == 0))
                *value = text_value(p % 2 != 0 ? "x" : "[1.0, \"\\u0041\"]");
            else if (type == API_I32 || type == API_I64)
                *value = (struct tape_value){.type = TAPE_INT, .i = type == API_I32 ? INT32_MIN : INT64_MIN};
            else if (type != API_USER && type != API_OUT)
                *value = (struct tape_value){.type = TAPE_UINT,
                                             .u = type == API_U64   ? (uint64_t)INT64_MAX + i % 2
                                                  : type == API_FN  ? i % 5
                                                  : type == API_U32 ? UINT32_MAX
                                                                    : i % 4};
        }
        if (event.end_seq != 0 && entry->returns != API_VOID) {
            bool is_signed = entry->returns == API_I32 || entry->returns == API_I64;
            event.result = entry->returns == API_STR
                               ? text_value("8.0.5903")
                               : (struct tape_value){.type = is_signed ? TAPE_INT : TAPE_UINT, .u = i};
        }
        write_event(tape, event);
    }
    if (finish)
        assert_int_equal(tape_finish(tape, true, &fault), 0);
    else
        assert_int_equal(tape_commit(tape, &fault), 0), tape_abandon(tape);
}

static void
same_texts(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void
same_values(const struct tape_value *a, const struct tape_value *b)
{
    assert_int_equal(a->type, b->type);
    if (a->type == TAPE_TEXT) {
        assert_int_equal(a->bytes, b->bytes);
        assert_memory_equal(a->text, b->text, a->bytes);
    } else if (a->type == TAPE_INT || a->type == TAPE_UINT) {
        assert_true(a->u == b->u);
    }
}

static void
same_tapes(const char *left, const char *right)
{
    struct tape_reader *x = tape_open(path(left), &fault), *y = tape_open(path(right), &fault);
    struct tape_event a, b;
    struct tape_thread t, u;
    struct tape_process p, q;
    struct tape_loss l, m;
    struct tape_hole h, g;
    const char *k1, *v1, *k2, *v2;
    int more;
    assert_non_null(x);
    assert_non_null(y);
    while (more = tape_next_meta(x, &k1, &v1, &fault),
           assert_int_equal(tape_next_meta(y, &k2, &v2, &fault), more), more) {
        same_texts(k1, k2);
        same_texts(v1, v2);
    }
    while (more = tape_next_thread(x, &t, &fault), assert_int_equal(tape_next_thread(y, &u, &fault), more),
           more) {
        assert_true(t.thread == u.thread && t.pid == u.pid && t.tid == u.tid);
        same_texts(t.name, u.name);
    }
    while (more = tape_next_process(x, &p, &fault), assert_int_equal(tape_next_process(y, &q, &fault), more),
           more) {
        assert_true(p.pid == q.pid && p.parent == q.parent && p.exit_seq == q.exit_seq);
        same_texts(p.program, q.program);
        same_texts(p.ended, q.ended);
        same_texts(p.sdk, q.sdk);
        same_texts(p.sdk_version, q.sdk_version);
    }
    while (more = tape_next_loss(x, &l, &fault), assert_int_equal(tape_next_loss(y, &m, &fault), more), more)
        assert_true(l.thread == m.thread && l.waits == m.waits && l.waited_ns == m.waited_ns &&
                    l.dropped == m.dropped);
    while (more = tape_next_hole(x, &h, &fault), assert_int_equal(tape_next_hole(y, &g, &fault), more), more)
        assert_true(h.first == g.first && h.last == g.last);
    while (more = tape_next(x, &a, &fault), assert_int_equal(tape_next(y, &b, &fault), more), more) {
        assert_true(more > 0);
        assert_true(a.seq == b.seq && a.entry == b.entry && a.thread == b.thread && a.at_ns == b.at_ns &&
                    a.parent == b.parent && a.parent_is_callback == b.parent_is_callback &&
                    a.cause == b.cause && a.via == b.via && a.threw == b.threw && a.end_seq == b.end_seq &&
                    a.took_ns == b.took_ns);
        same_values(&a.result, &b.result);
        assert_int_equal(a.nargs, b.nargs);
        for (unsigned i = 0; i < a.nargs; i++)
            same_values(&a.args[i], &b.args[i]);
    }
    tape_close(x);
    tape_close(y);
}

static void
round_trip_is_exact(void **state)
{
    (void)state;
    size_t bytes, again;
    write_odd_tape("odd.tape", true);
    char *text = export("odd.tape", &bytes);
    if (import(text, bytes, "back.tape") != 0)
        fail_msg("%s", fault.text);
    same_tapes("odd.tape", "back.tape");
    char *second = export("back.tape", &again);
    assert_int_equal(bytes, again);
    assert_memory_equal(text, second, bytes);
    assert_non_null(strstr(text, "\"host\":{\"$bytes\":\"62ff78\"}"));
    assert_non_null(strstr(text, "\"$bytes:6bfe\":\"v\""));
    assert_non_null(
        strstr(text, "\"sdk_app_id\":18446744073709551615,\"json_sdk_config\":{\"$bytes\":\"ff017b\"}"));
    free(text);
    free(second);
}

static void
unfinished_tapes_come_back_as_incomplete(void **state)
{
    (void)state;
    size_t bytes, again;
    write_odd_tape("open.tape", false);
    char *text = export("open.tape", &bytes);
    assert_non_null(strstr(text, "\"complete\":\"0\""));
    assert_int_equal(import(text, bytes, "closed.tape"), 0);
    char *second = export("closed.tape", &again);
    assert_string_equal(text, second);
    free(text);
    free(second);
}

#define HEAD "{\"timtape\":1}\n"
#define REG "{\"call\":\"TIMAddRecvNewMsgCallback\"}\n"

static void
people_may_leave_things_out(void **state)
{
    (void)state;
    static const char text[] =
        "\xef\xbb\xbf# a scenario\n\n"
        "  {\"timtape\" : 1, \"meta\" : {\"sdk_version\":\"4.4.900\"}}\r\n"
        "{\"call\":\"TIMInit\",\"args\":{\"sdk_app_id\":1e3,\"json_sdk_config\":{\"$json\":{ \"a\" : 1.50 "
        "}}}}\n"
        "{\"call\":\"TIMSetLogCallback\",\"after_ms\":1.5}\n"
        "{\"call\":\"TIMSetConfig\",\"args\":{\"json_config\":null}}\n"
        "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMSetConfig\",\"in\":\"TIMSetConfig\",\"after_ms\":2,"
        "\"args\":{\"code\":0,\"desc\":\"\",\"json_params\":{\"$bytes\":\"FF\"}}}\n"
        "{\"callback\":\"TIMLogCallback\",\"during\":\"TIMSetConfig\",\"after_ms\":3,\"args\":{\"level\":"
        "\"kTIMLog_Info\",\"log\":\"x\"}}\n"
        "{\"call\":\"TIMLogin\",\"label\":\"in\",\"args\":{\"user_id\":\"u\",\"user_sig\":\"s\"}}\n"
        "{\"callback\":\"TIMCommCallback\",\"cause\":\"in\",\"args\":{\"code\":0,\"desc\":null,\"json_"
        "params\":\"\"}}";
    static const char wanted[] =
        "{\"timtape\":1,\"meta\":{\"callbacks\":\"3\",\"calls\":\"4\",\"complete\":\"1\",\"duration_ns\":"
        "\"6500000\","
        "\"format\":\"1\",\"in_flight\":\"0\",\"sdk_version\":\"4.4.900\",\"started_ns\":\"0\"}}\n"
        "{\"thread\":1,\"pid\":1,\"tid\":1,\"name\":\"main\"}\n"
        "{\"thread\":2,\"pid\":1,\"tid\":2,\"name\":\"sdk\"}\n"
        "{\"seq\":1,\"call\":\"TIMInit\",\"thread\":1,\"at_ns\":0,\"args\":{\"sdk_app_id\":1000,\"json_sdk_"
        "config\":"
        "\"{\\\"a\\\":1.50}\"},\"result\":0,\"end_seq\":2,\"took_ns\":0}\n"
        "{\"seq\":3,\"call\":\"TIMSetLogCallback\",\"thread\":1,\"at_ns\":1500000,\"args\":{\"cb\":1},\"end_"
        "seq\":4,"
        "\"took_ns\":0}\n"
        "{\"seq\":5,\"call\":\"TIMSetConfig\",\"thread\":1,\"at_ns\":1500000,\"args\":{\"json_config\":null,"
        "\"cb\":1},"
        "\"result\":0,\"end_seq\":10,\"took_ns\":5000000}\n"
        "{\"seq\":6,\"callback\":\"TIMCommCallback\",\"thread\":1,\"at_ns\":3500000,\"cause\":5,\"in_call\":"
        "5,\"args\":"
        "{\"code\":0,\"desc\":\"\",\"json_params\":{\"$bytes\":\"ff\"}},\"end_seq\":7,\"took_ns\":0}\n"
        "{\"seq\":8,\"callback\":\"TIMLogCallback\",\"thread\":2,\"at_ns\":6500000,\"cause\":3,\"args\":{"
        "\"level\":3,"
        "\"log\":\"x\"},\"end_seq\":9,\"took_ns\":0}\n"
        "{\"seq\":11,\"call\":\"TIMLogin\",\"thread\":1,\"at_ns\":6500000,\"args\":{\"user_id\":\"u\",\"user_"
        "sig\":"
        "\"s\",\"cb\":1},\"result\":0,\"end_seq\":12,\"took_ns\":0}\n"
        "{\"seq\":13,\"callback\":\"TIMCommCallback\",\"thread\":2,\"at_ns\":6500000,\"cause\":11,\"args\":{"
        "\"code\":0,"
        "\"desc\":null,\"json_params\":\"\"},\"end_seq\":14,\"took_ns\":0}\n";
    size_t bytes;
    if (import(text, sizeof text - 1, "hand.tape") != 0)
        fail_msg("%s", fault.text);
    char *out = export("hand.tape", &bytes);
    assert_string_equal(out, wanted);
    free(out);
}

static const struct {
    const char *text, *place, *words;
} mistakes[] = {
    {"", "it: ", "no line"},
    {"# nothing\n", "it: ", "no line"},
    {"{\"call\":\"TIMInit\"}\n", "it:1:1: ", "header"},
    {"{\"timtape\":2}\n", "it:1:2: ", "newer"},
    {"{\"timtape\":1,\"x\":1}\n", "it:1:14: ", "no \"x\""},
    {"{\"timtape\":1,\"meta\":[]}\n", "it:1:14: ", "object"},
    {"{\"timtape\":1,\"meta\":{\"a\":1}}\n", "it:1:22: ", "string"},
    {HEAD "{\"call\":}\n", "it:2:9: ", "value"},
    {HEAD "[1]\n", "it:2:1: ", "object"},
    {HEAD "\n\n{\"call\":\"TIMNope\"}\n", "it:4:2: ", "no function \"TIMNope\""},
    {HEAD "{\"call\":\"TIMCommCallback\"}\n", "it:2:2: ", "callback type"},
    {HEAD "{\"callback\":\"TIMInit\"}\n", "it:2:2: ", "function"},
    {HEAD "{\"call\":\"TIMInit\",\"call\":\"TIMInit\"}\n", "it:2:", "twice"},
    {HEAD "{\"call\":\"TIMInit\",\"callback\":\"TIMInit\"}\n", "it:2:19: ", "not both"},
    {HEAD "{\"call\":\"TIMInit\"}\n", "it:2:1: ", "needs the argument \"sdk_app_id\""},
    {HEAD "{\"call\":\"TIMInit\",\"args\":{\"sdk_app_id\":-1}}\n", "it:2:27: ", "from 0"},
    {HEAD "{\"call\":\"TIMInit\",\"args\":{\"sdk_app_id\":1.5}}\n", "it:2:27: ", "whole number"},
    {HEAD "{\"call\":\"TIMInit\",\"args\":{\"\xe4\xbd\xa0\":1}}\n", "it:2:27: ", "no parameter"},
    {HEAD "{\"call\":\"TIMInit\",\"args\":{\"sdk_app_id\":1,\"json_sdk_config\":7}}\n", "it:2:42: ", "$json"},
    {HEAD "{\"call\":\"TIMInit\",\"args\":{\"sdk_app_id\":1,\"json_sdk_config\":\"\\u0000\"}}\n",
     "it:2:42: ", "C string"},
    {HEAD "{\"call\":\"TIMInit\",\"args\":{\"sdk_app_id\":1,\"json_sdk_config\":{\"$bytes\":\"4\"}}}\n",
     "it:2:42: ", "hex"},
    {HEAD "{\"call\":\"TIMInit\",\"args\":{\"sdk_app_id\":1,\"json_sdk_config\":{\"$bytes\":\"00\"}}}\n",
     "it:2:42: ", "hex"},
    {HEAD "{\"call\":\"TIMInit\",\"args\":{\"sdk_app_id\":1,\"json_sdk_config\":{\"$file\":\"x\"}}}\n",
     "it:2:42: ", "--payloads"},
    {HEAD "{\"call\":\"TIMUninit\",\"result\":3000000000}\n", "it:2:21: ", "whole number"},
    {HEAD "{\"call\":\"TIMUninit\",\"end_seq\":null,\"result\":0}\n", "it:2:36: ", "never ended"},
    {HEAD REG "{\"callback\":\"TIMRecvNewMsgCallback\",\"result\":0,\"args\":{\"json_msg_array\":\"\"}}\n",
     "it:3:37: ", "returns nothing"},
    {HEAD "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"\"}}\n",
     "it:2:2: ", "not registered"},
    {HEAD REG REG "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"\"}}\n",
     "it:4:2: ", "several"},
    {HEAD REG "{\"callback\":\"TIMRecvNewMsgCallback\",\"cause\":\"x\",\"args\":{\"json_msg_array\":\"\"}}\n",
     "it:3:37: ", "labelled"},
    {HEAD REG "{\"callback\":\"TIMRecvNewMsgCallback\",\"cause\":3,\"args\":{\"json_msg_array\":\"\"}}\n",
     "it:3:37: ", "before"},
    {HEAD "{\"call\":\"TIMUninit\",\"thread\":\"x\"}\n", "it:2:21: ", "no thread"},
    {HEAD "{\"thread\":1,\"name\":\"x\"}\n{\"thread\":2,\"name\":\"x\"}\n{\"call\":\"TIMUninit\",\"thread\":"
          "\"x\"}\n",
     "it:4:21: ", "several"},
    {HEAD "{\"thread\":0}\n", "it:2:2: ", "from 1"},
    {HEAD "{\"call\":\"TIMUninit\",\"in\":\"TIMInit\"}\n", "it:2:21: ", "line above"},
    {HEAD "{\"call\":\"TIMUninit\",\"in\":1,\"in_call\":1}\n", "it:2:28: ", "both"},
    {HEAD "{\"call\":\"TIMUninit\",\"in_call\":5}\n", "it:2:21: ", "later"},
    {HEAD "{\"call\":\"TIMUninit\"}\n{\"call\":\"TIMUninit\",\"in\":\"TIMUninit\",\"thread\":7}\n",
     "it:3:38: ", "during"},
    {HEAD "{\"seq\":2,\"call\":\"TIMUninit\",\"end_seq\":2}\n", "it:2:29: ", "end after"},
    {HEAD "{\"seq\":5,\"call\":\"TIMUninit\",\"end_seq\":6}\n{\"seq\":4,\"call\":\"TIMUninit\"}\n",
     "it:3:2: ", "in order"},
    {HEAD "{\"call\":\"TIMUninit\"}\n{\"seq\":2,\"call\":\"TIMUninit\"}\n", "it:3:2: ", "taken"},
    {HEAD "{\"call\":\"TIMUninit\",\"at_ns\":1,\"after_ms\":1}\n", "it:2:31: ", "both"},
    {HEAD "{\"call\":\"TIMUninit\",\"after_ms\":-1}\n", "it:2:21: ", "milliseconds"},
    {HEAD "{\"call\":\"TIMUninit\",\"after_ms\":0.0000001}\n", "it:2:21: ", "milliseconds"},
    {HEAD "{\"call\":\"TIMUninit\",\"label\":\"a\"}\n{\"call\":\"TIMUninit\",\"label\":\"a\"}\n",
     "it:3:21: ", "already"},
    {HEAD "{\"seq\":1,\"call\":\"TIMUninit\",\"end_seq\":3}\n{\"seq\":3,\"call\":\"TIMUninit\"}\n",
     "it:3:2: ", "twice"},
    {HEAD
     "{\"seq\":1,\"call\":\"TIMUninit\",\"end_seq\":3}\n{\"seq\":2,\"call\":\"TIMUninit\",\"end_seq\":3}\n"
     "{\"seq\":4,\"call\":\"TIMUninit\"}\n",
     "it:4:2: ", "twice"},
    {HEAD
     "{\"seq\":1,\"call\":\"TIMUninit\",\"end_seq\":3}\n{\"seq\":2,\"call\":\"TIMUninit\",\"end_seq\":3}\n",
     "it:4:1: ", "twice"},
    {HEAD "{\"hole\":[2,1]}\n", "it:2:2: ", "missing"},
    {HEAD "{\"hello\":1}\n", "it:2:1: ", "must have"},
    {HEAD HEAD, "it:2:1: ", "second header"},
    {HEAD "{\"call\":\"TIMUninit\",\"threw\":1}\n", "it:2:21: ", "true or false"},
    {HEAD REG "{\"callback\":\"TIMConvEventCallback\",\"cause\":1,\"args\":{\"conv_event\":\"kNope\",\"json_"
              "conv_array\":\"\"}}\n",
     "it:3:54: ", "no constant"},
};

static void
mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        fault = (struct fault){.text = ""};
        if (import(mistakes[i].text, strlen(mistakes[i].text), "bad.tape") == 0)
            fail_msg("mistake %zu was accepted:\n%s", i, mistakes[i].text);
        if (strncmp(fault.text, mistakes[i].place, strlen(mistakes[i].place)) != 0 ||
            strstr(fault.text, mistakes[i].words) == NULL || fault.kind != FAULT_DATA)
            fail_msg("mistake %zu: %s\n%s", i, fault.text, mistakes[i].text);
        assert_int_equal(access(path("bad.tape"), F_OK), -1);
    }
}

static void
strangers_cannot_break_it(void **state)
{
    (void)state;
    size_t bytes;
    uint64_t seed = 88172645463325252U;
    write_odd_tape("odd.tape", true);
    char *text = export("odd.tape", &bytes), *broken = malloc(bytes);
    unsigned accepted = 0, refused = 0;
    for (int round = 0; round < 400; round++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        size_t length = 8000;
        while (text[length - 1] != '\n')
            length--;
        memcpy(broken, text, length);
        for (unsigned i = 0; i < 1 + seed % 4; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            static const char bytes_of[] = "\0\n\"{}[],:0123456789e-\\#\xff$aZ";
            broken[seed % length] = bytes_of[(seed >> 32) % (sizeof bytes_of - 1)];
        }
        if (import(broken, length, "fuzz.tape") == 0) {
            struct tape_reader *tape = tape_open(path("fuzz.tape"), &fault);
            assert_non_null(tape);
            if (tape_check(tape, &fault) != 0)
                fail_msg("imported, but: %s", fault.text);
            tape_close(tape);
            accepted++;
        } else {
            refused++;
            assert_int_equal(fault.kind, FAULT_DATA);
        }
    }
    assert_true(refused > 0 && accepted > 0);
    print_message("# %u accepted, %u refused\n", accepted, refused);
    /* Deep, wide. */
    size_t deep = 100000;
    char *nested = malloc(deep + 64);
    size_t used = (size_t)sprintf(nested, HEAD "{\"call\":");
    memset(nested + used, '[', deep);
    assert_int_equal(import(nested, used + deep, "deep.tape"), -1);
    assert_non_null(strstr(fault.text, "nested deeper"));
    free(nested);
    free(broken);
    free(text);
}

static void
test_inputs_of_fuzz_targets(void **state)
{
    (void)state;
    static const char text[] =
        "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMMsgSendMessage\",\"args\":{\"code\":0,\"desc\":"
        "\"\",\"json_"
        "params\":\"\"}}\n"
        "{\"callback\":\"TIMConvEventCallback\",\"args\":{\"conv_event\":3,\"json_conv_array\":\"\"}}\n"
        "{\"callback\":\"TIMCommCallback\",\"args\":{\"code\":0,\"desc\":\"\",\"json_params\":\"\"}}\n";
    size_t bytes;
    if (import(text, sizeof text - 1, "case.tape") != 0)
        fail_msg("%s", fault.text);
    char *out = export("case.tape", &bytes);
    assert_non_null(strstr(out, "\"call\":\"TIMMsgSendMessage\""));
    assert_non_null(strstr(out, "{\"conv_id\":\"\",\"conv_type\":0,\"json_msg_param\":\"\""));
    assert_non_null(strstr(out, "\"call\":\"TIMSetConvEventCallback\""));
    assert_non_null(strstr(out, "\"cause\":null"));
    free(out);
    /* Only where the first line is a callback: a scenario without its header stays a mistake. */
    assert_int_equal(import("{\"call\":\"TIMInit\"}\n", 18, "bad.tape"), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_is_exact),
        cmocka_unit_test(unfinished_tapes_come_back_as_incomplete),
        cmocka_unit_test(people_may_leave_things_out),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(strangers_cannot_break_it),
        cmocka_unit_test(test_inputs_of_fuzz_targets),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
