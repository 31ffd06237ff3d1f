// SPDX-License-Identifier: MIT
/*
 * Known findings as predicates over cases: what the mutator steps round so that one bug does not eat a run.
 * One a line, as JSON:
 *
 *   {"callback":"TIMRecvNewMsgCallback","param":"json_msg_array","path":"[].message_elem_array","variation":"absent"}
 *
 * path: in the payload, without indexes, as the places of fuzz/coverage: ".key" (the first dot may be left
 * out), "[]"; "" or left out: the parameter itself. Other keys of a line mean nothing here; an empty line and
 * a line that starts with # are skipped. The file is foreign: whatever is wrong with it is a fault that names
 * the line.
 */
#ifndef FUZZ_MUTATE_KNOWN_H
#define FUZZ_MUTATE_KNOWN_H

#include "fuzz/mutate/mutate.h"

#define KNOWN_MOST 256 /* lines that are used */

struct mutate_predicate {
    const struct api_entry *callback;
    unsigned param;
    const char *path;
    enum model_variation variation;
};

struct mutate_known {
    struct mutate_predicate *list;
    size_t count;
};

/* 0 or -1 (known is empty then). A file that is not there is empty: no finding yet. */
int mutate_known_read(struct mutate_known *known, const char *file, struct fault *fault);
void mutate_known_free(struct mutate_known *known);
/* One line, newline included; the length, or 0: it does not fit. `path` may have indexes ("$[0].key"): they
 * are left out. */
size_t mutate_known_line(char *text, size_t room, const struct api_entry *callback, unsigned param,
                         const char *path, enum model_variation variation);
#endif
