// SPDX-License-Identifier: MIT
/*
 * A case: one input of a fuzz target, or the callbacks of a trace while they are mutated. Callbacks in the
 * order in which they are delivered, each with its scalars and its payload, as values and as text.
 *
 * As text a case is NDJSON as `timtape import` reads it and FORMAT/NDJSON.md documents it, one callback a
 * line:
 *
 *   {"callback":"TIMRecvNewMsgCallback","args":{"json_msg_array":{"$json":[{"message_seq":1}]}}}
 *   {"callback":"TIMCommCallback","cause":"TIMConvGetConvList","args":{"code":0,"desc":"","json_params":{"$json":[]}}}
 *
 * A payload that is one strict JSON document and equals its own compact print is written as {"$json": ...},
 * so its bytes stand in the line; other text as a string, as export does ("..."), bytes that are not UTF-8 as
 * {"$bytes":"hex"}, NULL as null. All spellings are read. Lines of export (seq, thread, at_ns ...; headers,
 * calls) are read, too: calls only give causes their names. So any exported tape is a case, and a case can be
 * imported as a tape.
 */
#ifndef FUZZ_MODEL_CASE_H
#define FUZZ_MODEL_CASE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"
#include "base/fault.h"
#include "fuzz/model/arena.h"

#define CASE_MAX_EVENTS 64 /* of one input; traces (fuzz/app) have no such limit */

enum case_kind {
    CASE_ABSENT, /* user data, callback pointers */
    CASE_NUMBER, /* .number, as the parameter's type says (unsigned 64 bit keep their bits) */
    CASE_NULL,   /* a string that is NULL */
    CASE_TEXT,   /* .bytes: exactly what crosses; valid JSON or not */
    CASE_TREE,   /* .tree: JSON; what crosses is its compact print */
};

struct case_value {
    enum case_kind kind;
    int64_t number;
    const char *bytes; /* `count` of them, NUL-terminated besides; CASE_TREE: NULL until printed */
    size_t count;
    cJSON *tree;
};

struct case_event {
    const struct api_entry *callback;       /* with its signature */
    const struct api_entry *function;       /* the call it answers (the "cause" of the text), or NULL */
    struct case_value args[API_MAX_PARAMS]; /* by position */
};

/* Which lane a case is in: the wall between the two is that a syntax case is never the parent of a valid one.
 */
enum case_lane { CASE_VALID, CASE_SYNTAX };

struct fuzz_case {
    struct case_event *events;
    size_t count, room;
};

/*
 * Reads a case; everything it points to is in `arena`. Payloads become CASE_TEXT; case_parse makes trees of
 * them when they are looked into. An empty text is a case without callbacks. -1: not a case (FAULT_DATA says
 * where and why) or no memory.
 */
int case_read(struct fuzz_case *c, struct arena *arena, const char *text, size_t bytes, struct fault *fault);
/* CASE_TEXT -> CASE_TREE (jtree's, in the arena) where the text is one strict JSON document. False: it stays
 * as it is. The caller knows whether it is a payload (case_is_json): a message's text "1" is JSON, too. White
 * space between the tokens is gone then. */
bool case_parse(struct case_value *value, struct arena *arena);
/* Is parameter `param` declared to carry JSON? An answer of which nobody knows what it holds is not. */
bool case_is_json(const struct case_event *event, unsigned param);
/* What crosses: fills bytes and count of a CASE_TREE anew. -1: no memory. */
int case_print(struct case_value *value, struct arena *arena);
/* Writes the text form, final newline included; not NUL-terminated. A text ends at its first NUL, as it does
 * for a callback. Whatever is in the case, case_read gives it back as it crosses. Returns the length, or 0:
 * more than `room` (or no callback, or no memory). */
size_t case_write(const struct fuzz_case *c, struct arena *arena, char *text, size_t room);
/* A valid-lane case: every payload that is declared as JSON is one strict JSON document (or empty, or NULL),
 * every other text is UTF-8. */
enum case_lane case_lane(const struct fuzz_case *c, struct arena *arena);
int case_add(struct fuzz_case *c, struct arena *arena, const struct case_event *event);
/* Deep copy into another arena. */
int case_copy(struct fuzz_case *to, const struct fuzz_case *from, struct arena *arena);

#endif
