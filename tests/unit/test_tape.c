// SPDX-License-Identifier: MIT
/* What is written on a tape is what is read from it, and what the views show. */
#include "tape_fixture.h"

#include <sys/stat.h>

#include "traces/utf8.h"

static void
value_equal(const struct tape_value *a, const struct tape_value *b)
{
    assert_int_equal(a->type, b->type);
    if (a->type == TAPE_TEXT) {
        assert_int_equal(a->bytes, b->bytes);
        assert_memory_equal(a->text, b->text, a->bytes);
        assert_int_equal(b->text[b->bytes], 0);
    } else if (a->type == TAPE_INT || a->type == TAPE_UINT) {
        assert_true(a->u == b->u);
    }
}

static void
event_equal(const struct tape_event *a, const struct tape_event *b)
{
    assert_int_equal(a->seq, b->seq);
    assert_string_equal(a->name, b->name);
    assert_ptr_equal(a->entry, b->entry);
    assert_int_equal(a->is_callback, b->is_callback);
    assert_int_equal(a->thread, b->thread);
    assert_int_equal(a->at_ns, b->at_ns);
    assert_int_equal(a->parent, b->parent);
    assert_int_equal(a->parent_is_callback, b->parent_is_callback);
    assert_int_equal(a->cause, b->cause);
    assert_int_equal(a->via, b->via);
    assert_int_equal(a->threw, b->threw);
    assert_int_equal(a->end_seq, b->end_seq);
    assert_int_equal(a->took_ns, b->took_ns);
    assert_int_equal(a->nargs, b->nargs);
    value_equal(&a->result, &b->result);
    for (unsigned i = 0; i < a->nargs; i++)
        value_equal(&a->args[i], &b->args[i]);
}

/* Values at the edges of every type, for one parameter. */
static struct tape_value
edge_value(const struct api_param *param, unsigned which)
{
    static const int64_t ints[] = {0, -1, INT32_MIN, INT32_MAX};
    static const int64_t longs[] = {0, -1, INT64_MIN, INT64_MAX};
    static const uint64_t naturals[] = {0, (uint64_t)INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    static const char *const strings[] = {"", "{\"a\":1}", "h\xc3\xa4\xf0\x9f\x98\x80", "bad\xff\xfe"};
    switch (param->type) {
    case API_I32:
        return number(ints[which]);
    case API_I64:
        return number(longs[which]);
    case API_U32:
        return natural(which == 3 ? UINT32_MAX : which);
    case API_U64:
        return natural(naturals[which]);
    case API_BOOL:
        return natural(which == 3 ? 255 : which % 2);
    case API_FN:
        return natural(which);
    case API_STR:
    case API_OUT:
        return which == 2 && param->type == API_STR ? NULL_TEXT : words(strings[which]);
    default:
        return NOTHING;
    }
}

/* Every entry of the API, each with four sets of values. */
static void
test_round_trip(void **state)
{
    (void)state;
    struct tape_writer *tape = create();
    struct tape_event *wrote = calloc(API_ENTRIES * 4u, sizeof *wrote);
    unsigned count = 0;
    for (unsigned id = 0; id < API_ENTRIES; id++) {
        for (unsigned which = 0; which < 4; which++, count++) {
            const struct api_entry *entry = &api_entries[id];
            struct tape_event *out = &wrote[count];
            *out = event(2 * count + 10, entry->name);
            out->entry = entry;
            out->is_callback = entry->kind == API_CALLBACK;
            out->nargs = entry->nparams;
            struct api_param result = {.type = entry->returns};
            out->result = edge_value(&result, which);
            if (out->result.type == TAPE_NULL)
                out->result = words("8.0");
            for (unsigned i = 0; i < entry->nparams; i++)
                out->args[i] = edge_value(&entry->params[i], which);
            out->parent = which > 1 ? 3 : 0;
            out->parent_is_callback = which == 3;
            out->cause = out->is_callback ? which : 0;
            out->via = which & 1;
            out->threw = which == 2;
            out->thread = which + 1;
            put(tape, out);
        }
    }
    finish(tape);
    struct tape_reader *reader = reopen();
    struct tape_event got;
    for (unsigned i = 0; i < count; i++) {
        int more = tape_next(reader, &got, &fault);
        if (more != 1)
            fail_msg("%s", fault.text);
        event_equal(&wrote[i], &got);
    }
    assert_int_equal(tape_next(reader, &got, &fault), 0);
    /* From the middle. */
    assert_int_equal(tape_rewind(reader, 2 * 100 + 10, &fault), 0);
    assert_int_equal(tape_next(reader, &got, &fault), 1);
    event_equal(&wrote[100], &got);
    assert_int_equal(tape_check(reader, &fault), 0);
    tape_close(reader);
    /* Whatever was written, every view of it can be read and its JSON is JSON. */
    sql_is("SELECT count(*) FROM callbacks WHERE NOT json_valid(args)", "0");
    sql_is("SELECT count(*) FROM calls WHERE NOT json_valid(args)", "0");
    sql_is("SELECT count(*) FROM callbacks WHERE json_ok AND json_type(json) IS NULL", "0");
    free(wrote);
}

static void
test_contract(void **state)
{
    (void)state;
    finish(create());
    static const char columns[] = "SELECT group_concat(name) FROM pragma_table_info('%s')";
    static const char *const views[][2] = {
        {"callbacks", "seq,time,at_ns,thread,callback,code,json,args,cause,in_call,json_ok"},
        {"calls", "seq,time,at_ns,thread,function,args,result,in_callback"},
        {"threads", "thread,pid,tid,name"},
        {"meta", "key,value"},
        {"in_flight", "seq,time,at_ns,thread,name,kind,args"},
        {"losses", "thread,name,waits,waited_ns,dropped"},
        {"processes", "pid,parent,program,exit_seq,ended,sdk,sdk_version"},
    };
    for (unsigned i = 0; i < sizeof views / sizeof views[0]; i++) {
        char statement[128];
        snprintf(statement, sizeof statement, columns, views[i][0]);
        sql_is(statement, views[i][1]);
    }
    sql_is("PRAGMA application_id", "1414090068");
    sql_is("PRAGMA user_version", "1");
    sql_is("PRAGMA page_size", "16384");
    sql_is("PRAGMA journal_mode", "delete");
    sql_is("SELECT value FROM meta WHERE key = 'complete'", "1");
    sql_is("SELECT count(*) FROM sqlite_schema WHERE name = 'state'", "0");
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    char wal[160];
    snprintf(wal, sizeof wal, "%s-wal", path);
    assert_int_not_equal(access(wal, F_OK), 0);
}

static void
test_views(void **state)
{
    (void)state;
    struct tape_writer *tape = create();
    struct tape_event call = event(1, "TIMMsgSendMessage");
    const struct api_entry *entry = call.entry;
    for (unsigned i = 0; i < entry->nparams; i++) {
        const struct api_param *param = &entry->params[i];
        call.args[i] = param->type == API_I32   ? number(-7)
                       : param->type == API_FN  ? natural(1)
                       : param->type == API_STR ? words("q\"\n")
                       : param->type == API_OUT ? words("id-1")
                                                : NOTHING;
    }
    call.result = number(0);
    call.end_seq = 6;
    put(tape, &call);
    struct tape_event back = event(2, "TIMCommCallback");
    back.args[0] = number(6013);
    back.args[1] = NULL_TEXT;
    back.args[2] = words("[1]");
    back.cause = back.parent = 1;
    put(tape, &back);
    struct tape_event inner = event(4, "TIMGetLoginStatus");
    inner.parent = 2;
    inner.parent_is_callback = true;
    inner.result = number(3);
    put(tape, &inner);
    struct tape_event broken = event(8, "TIMCommCallback");
    broken.args[0] = number(0);
    broken.args[1] = words("");
    broken.args[2] = words("\xff");
    broken.end_seq = 0;
    put(tape, &broken);
    struct tape_event empty = event(10, "TIMCommCallback");
    empty.args[0] = number(0);
    empty.args[1] = words("");
    empty.args[2] = words("");
    put(tape, &empty);
    struct tape_event pending = event(12, "TIMMsgSendMessage");
    memcpy(pending.args, call.args, sizeof pending.args);
    for (unsigned i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type == API_OUT)
            pending.args[i] = NOTHING;
    }
    pending.end_seq = 0;
    put(tape, &pending);
    finish(tape);

    sql_is("SELECT time FROM callbacks WHERE seq = 2", "2026-11-23T19:25:28.311878Z");
    sql_is("SELECT json FROM callbacks WHERE code <> 0", "[1]");
    sql_is("SELECT args FROM callbacks WHERE seq = 2",
           "{\"code\":6013,\"desc\":null,\"json_params\":\"[1]\"}");
    sql_is("SELECT in_call || ' ' || cause || ' ' || json_ok FROM callbacks WHERE seq = 2", "1 1 1");
    sql_is("SELECT json || ' ' || json_ok FROM callbacks WHERE seq = 8", "{\"$bytes\":\"ff\"} 0");
    sql_is("SELECT json_extract(args, '$.json_params.$bytes') FROM callbacks WHERE seq = 8", "ff");
    sql_is("SELECT json_ok FROM callbacks WHERE seq = 10", "0");
    sql_is("SELECT in_callback || ' ' || result FROM calls WHERE seq = 4", "2 3");
    sql_is("SELECT json_extract(args, '$.conv_id') FROM calls WHERE seq = 1", "q\"\n");
    sql_is("SELECT json_extract(args, '$.conv_type') FROM calls WHERE seq = 1", "-7");
    sql_is("SELECT instr(args, 'user_data') + instr(args, '\"cb\"') FROM calls WHERE seq = 1", "0");
    sql_is("SELECT instr(args, 'id-1') > 0 FROM calls WHERE seq = 1", "1");
    sql_is("SELECT instr(args, 'message_id') FROM calls WHERE seq = 12", "0");
    sql_is("SELECT seq || ' ' || kind || ' ' || name FROM in_flight",
           "8 callback TIMCommCallback\n12 call TIMMsgSendMessage");
}

/* An enter edge in one transaction, its leave edge in a later one. */
static void
test_leave(void **state)
{
    (void)state;
    struct tape_writer *tape = create();
    struct tape_event call = event(5, "TIMMsgSendMessage"), leave = {0}, got;
    unsigned out = 0;
    for (unsigned i = 0; i < call.nargs; i++) {
        const struct api_param *param = &call.entry->params[i];
        call.args[i] = param->type == API_I32   ? number(1)
                       : param->type == API_FN  ? natural(1)
                       : param->type == API_STR ? words("x")
                                                : NOTHING;
        if (param->type == API_OUT)
            out = i;
    }
    call.end_seq = 0;
    call.took_ns = 0;
    put(tape, &call);
    assert_int_equal(tape_commit(tape, &fault), 0);
    leave.seq = 5;
    leave.entry = call.entry;
    leave.nargs = call.nargs;
    leave.end_seq = 9;
    leave.took_ns = -1;
    leave.at_ns = call.at_ns + 77;
    leave.result = number(-3);
    leave.args[out] = words("filled");
    assert_int_equal(tape_write_leave(tape, &leave, &fault), 0);
    finish(tape);
    call.end_seq = 9;
    call.took_ns = 77;
    call.result = number(-3);
    call.args[out] = words("filled");
    struct tape_reader *reader = reopen();
    assert_int_equal(tape_next(reader, &got, &fault), 1);
    event_equal(&call, &got);
    tape_close(reader);
}

static void
test_small_tables(void **state)
{
    (void)state;
    struct tape_writer *tape = create();
    struct tape_thread thread = {.thread = 1, .pid = 10, .tid = 11, .name = "main"};
    struct tape_process process = {
        .pid = 10, .parent = 1, .program = "app", .exit_seq = 99, .ended = "exit 3"};
    struct tape_loss loss = {.thread = 1, .waits = 2, .waited_ns = 3, .dropped = 4};
    struct tape_hole hole = {.first = 7, .last = 9};
    assert_int_equal(tape_write_thread(tape, &thread, &fault), 0);
    assert_int_equal(tape_write_process(tape, &process, &fault), 0);
    assert_int_equal(tape_write_loss(tape, &loss, &fault), 0);
    assert_int_equal(tape_write_hole(tape, &hole, &fault), 0);
    assert_int_equal(tape_write_meta(tape, "k", "one", &fault), 0);
    assert_int_equal(tape_write_meta(tape, "k", "two", &fault), 0);
    finish(tape);
    struct tape_reader *reader = reopen();
    memset(&thread, 0, sizeof thread);
    assert_int_equal(tape_next_thread(reader, &thread, &fault), 1);
    assert_int_equal(thread.tid, 11);
    assert_string_equal(thread.name, "main");
    assert_int_equal(tape_next_thread(reader, &thread, &fault), 0);
    assert_int_equal(tape_next_process(reader, &process, &fault), 1);
    assert_int_equal(process.exit_seq, 99);
    assert_string_equal(process.ended, "exit 3");
    assert_null(process.sdk);
    assert_int_equal(tape_next_loss(reader, &loss, &fault), 1);
    assert_int_equal(loss.dropped, 4);
    assert_int_equal(tape_next_hole(reader, &hole, &fault), 1);
    assert_int_equal(hole.last, 9);
    assert_string_equal(tape_meta(reader, "k"), "two");
    assert_null(tape_meta(reader, "none"));
    assert_true(tape_complete(reader));
    const char *key, *value;
    unsigned pairs = 0;
    while (tape_next_meta(reader, &key, &value, &fault) > 0)
        pairs++;
    assert_int_equal(pairs, 3);
    tape_close(reader);
}

/* Killed before the end: everything committed is there, and another writer goes on. */
static void
test_resume(void **state)
{
    (void)state;
    struct tape_writer *tape = create();
    struct tape_event first = event(1, "TIMLogCallback"), second = event(3, "TIMLogCallback"),
                      third = event(5, "TIMCommCallback"), got;
    first.args[0] = second.args[0] = third.args[0] = number(1);
    first.args[1] = second.args[1] = third.args[1] = words("x");
    third.args[2] = words("y");
    put(tape, &first);
    assert_int_equal(tape_write_state(tape, "pos", "abc", 3, &fault), 0);
    assert_int_equal(tape_commit(tape, &fault), 0);
    put(tape, &second);
    /* A living writer keeps others out. */
    assert_null(tape_resume(path, &fault));
    assert_int_equal(fault.kind, FAULT_CANNOT_RUN);
    assert_null(tape_create(path, true, &fault));
    tape_abandon(tape);

    struct tape_reader *reader = reopen();
    assert_false(tape_complete(reader));
    assert_null(tape_meta(reader, "complete"));
    assert_int_equal(tape_next(reader, &got, &fault), 1);
    assert_int_equal(tape_next(reader, &got, &fault), 0);
    tape_close(reader);

    tape = tape_resume(path, &fault);
    assert_non_null(tape);
    void *data;
    size_t bytes;
    assert_int_equal(tape_read_state(tape, "pos", &data, &bytes, &fault), 0);
    assert_int_equal(bytes, 3);
    assert_memory_equal(data, "abc", 3);
    free(data);
    assert_int_equal(tape_read_state(tape, "none", &data, &bytes, &fault), 0);
    assert_null(data);
    put(tape, &second);
    put(tape, &third);
    finish(tape);
    sql_is("SELECT group_concat(seq) FROM callbacks", "1,3,5");
    sql_is("SELECT count(*) FROM api", "2");
    assert_null(tape_resume(path, &fault));
    assert_int_equal(fault.kind, FAULT_DATA);
}

static void
test_create(void **state)
{
    (void)state;
    finish(create());
    assert_null(tape_create(path, false, &fault));
    assert_int_equal(fault.kind, FAULT_USAGE);
    assert_non_null(strstr(fault.text, "--force"));
    assert_null(tape_create("/nonexistent-folder/x.tape", false, &fault));
    assert_int_equal(fault.kind, FAULT_CANNOT_RUN);
    assert_null(tape_create(folder, true, &fault));
    /* What was to be replaced by a tape that came to nothing is there again. */
    tape_discard(create());
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    tape_discard(create());
    assert_int_not_equal(access(path, F_OK), 0);
}

static void
test_utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "plain ascii that is long enough",
                                       "\xc2\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "12345678\xe4\xbd\xa0"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xc3",
                                      "12345678\xe4\xbd",
                                      "\xff",
                                      "abcdefg\xfe"};
    for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(utf8_valid(good[i], strlen(good[i])));
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
    assert_false(utf8_valid("a\0b", 3));
    assert_false(utf8_valid("12345678\0bcdefgh", 16));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_contract),     cmocka_unit_test(test_views),
        cmocka_unit_test(test_leave),      cmocka_unit_test(test_small_tables), cmocka_unit_test(test_resume),
        cmocka_unit_test(test_create),     cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
