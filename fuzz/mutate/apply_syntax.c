// SPDX-License-Identifier: MIT
// The syntax lane: bytes of one payload that are no longer one strict JSON document, or only just.
#include <string.h>

#include "fuzz/mutate/work.h"

#define ROOM 4096

/* Inserted or put in place of everything; lengths are counted, NUL may be inside. */
#define PIECE(text)                                                                                          \
    {                                                                                                        \
        text, sizeof(text) - 1                                                                               \
    }
static const struct piece {
    const char *bytes;
    size_t count;
} inserted[] =
    {
        PIECE(","),
        PIECE("..."),
        PIECE("0xffffffff"),
        PIECE("\xef\xbb\xbf"),
        PIECE("\\ud800"),
        PIECE("\"\\udc00\""),
        PIECE("\xff"),
        PIECE("\xc3"),
        PIECE("\xed\xa0\x80"),
        PIECE("\xf4\x90\x80\x80"),
        PIECE("\0"),
        PIECE("1e99999"),
        PIECE("-"),
        PIECE("01"),
        PIECE("1."),
        PIECE(".5"),
        PIECE("+1"),
        PIECE("NaN"),
        PIECE("Infinity"),
        PIECE("\\u0000"),
        PIECE("\\x41"),
        PIECE("/* c */"),
        PIECE("// c\n"),
        PIECE("'a'"),
        PIECE("{"),
        PIECE("}"),
        PIECE("["),
        PIECE("]"),
        PIECE("\""),
        PIECE("\\"),
        PIECE("\n"),
        PIECE("\x1f"),
        PIECE("tru"),
        PIECE("nul"),
        PIECE(":"),
        PIECE("\\u12"),
        PIECE("{\"a\"}"),
        PIECE("[1 2]"),
        PIECE("99999999999999999999999999999999999"),
        PIECE("\xe6\xb6"),
        PIECE("undefined"),
        PIECE("\"a\":1"),
},
  documents[] = {
      PIECE(""),
      PIECE(" "),
      PIECE("null"),
      PIECE("hello"),
      PIECE("144115233874815003-1700000000-1"),
      PIECE("{"),
      PIECE("["),
      PIECE("\""),
      PIECE("\xef\xbb\xbf[]"),
      PIECE("<html></html>"),
      PIECE("[]garbage"),
      PIECE("{}{}"),
      PIECE("\0[]"),
      PIECE("%s%n"),
      PIECE("[1,]"),
      PIECE("{\"a\":1,}"),
      PIECE("{'a':1}"),
      PIECE("[0x1]"),
      PIECE("\xff\xfe[\0]\0"),
};

struct buffer {
    char bytes[ROOM];
    size_t count;
};

static void
insert(struct buffer *buffer, size_t at, const char *bytes, size_t count)
{
    if (buffer->count + count > ROOM)
        return;
    memmove(buffer->bytes + at + count, buffer->bytes + at, buffer->count - at);
    memcpy(buffer->bytes + at, bytes, count);
    buffer->count += count;
}

static void
erase(struct buffer *buffer, size_t at, size_t count)
{
    count = count < buffer->count - at ? count : buffer->count - at;
    memmove(buffer->bytes + at, buffer->bytes + at + count, buffer->count - at - count);
    buffer->count -= count;
}

static void
nest(struct work *work, struct buffer *buffer)
{
    static const size_t depths[] = {32, 128, 512, 1001, 1500};
    size_t depth = depths[work_below(work, sizeof depths / sizeof *depths)];
    bool closed = random_once_in(&work->random, 2);
    memset(buffer->bytes, '[', depth);
    buffer->count = depth;
    if (closed) {
        memset(buffer->bytes + depth, ']', depth);
        buffer->count *= 2;
    }
}

static void
havoc(struct work *work, struct buffer *buffer)
{
    size_t at = work_below(work, buffer->count + 1);
    const struct piece *piece;
    if (buffer->count == 0 || random_once_in(&work->random, 12)) {
        piece = &documents[work_below(work, sizeof documents / sizeof *documents)];
        memcpy(buffer->bytes, piece->bytes, piece->count);
        buffer->count = piece->count;
        return;
    }
    switch (work_below(work, 8)) {
    case 0:
        buffer->count = at; /* cut off */
        break;
    case 1:
        erase(buffer, at < buffer->count ? at : 0, 1 + work_below(work, 8));
        break;
    case 2:
        buffer->bytes[at < buffer->count ? at : 0] = (char)work_below(work, 256);
        break;
    case 3:
        buffer->bytes[at < buffer->count ? at : 0] ^= (char)(1 << work_below(work, 8));
        break;
    case 4:
        if (random_once_in(&work->random, 4))
            nest(work, buffer);
        break;
    case 5: { /* before a closing bracket: the comma of the documentation's samples */
        size_t close = buffer->count;
        while (close > 0 && buffer->bytes[close - 1] != '}' && buffer->bytes[close - 1] != ']')
            close--;
        insert(buffer, close > 0 ? close - 1 : 0, ",", 1);
        break;
    }
    default:
        piece = &inserted[work_below(work, sizeof inserted / sizeof *inserted)];
        insert(buffer, at, piece->bytes, piece->count);
        break;
    }
}

static int
change(struct work *work, struct spot *spot)
{
    struct case_value *value = &work->c->events[spot->event].args[spot->param];
    struct buffer buffer = {.count = 0};
    if (value->kind == CASE_TREE && case_print(value, work->arena) != 0) {
        work->no_memory = true;
        return 0;
    }
    if (value->kind != CASE_NULL) {
        buffer.count = value->count < ROOM ? value->count : ROOM;
        memcpy(buffer.bytes, value->bytes, buffer.count);
    }
    for (uint64_t times = 1 + work_below(work, 3); times > 0; times--)
        havoc(work, &buffer);
    if (value->kind != CASE_NULL && buffer.count == value->count &&
        memcmp(buffer.bytes, value->bytes, buffer.count) == 0)
        return 0;
    const char *was = work_show_value(work, &work->c->events[spot->event], spot->param);
    char *bytes = arena_text(work->arena, buffer.bytes, buffer.count);
    if (bytes == NULL) {
        work->no_memory = true;
        return 0;
    }
    *value = (struct case_value){.kind = CASE_TEXT, .bytes = bytes, .count = buffer.count};
    work_record(work, spot, OP_SYNTAX, false, NULL, was,
                work_show_value(work, &work->c->events[spot->event], spot->param));
    work->done->lane = CASE_SYNTAX;
    return 1;
}

int
apply_syntax(struct work *work)
{
    struct spot chosen = {.scalar = true};
    uint64_t seen = 0;
    for (size_t i = 0; i < work->c->count; i++) {
        const struct case_event *event = &work->c->events[i];
        for (unsigned p = 0; p < event->callback->nparams; p++)
            if (event->callback->params[p].type == API_STR &&
                event->callback->params[p].content == API_JSON && work_below(work, ++seen) == 0) {
                chosen.event = i;
                chosen.param = p;
            }
    }
    return seen > 0 ? change(work, &chosen) : 0;
}
