// SPDX-License-Identifier: MIT
/* What the files of the matcher share; not for others. */
#ifndef REPLAY_MATCH_JSON_H
#define REPLAY_MATCH_JSON_H

#include "replay/judge/match.h"

/* One comparison of two events, at one of their values. */
struct match_walk {
    const struct match_terms *terms;
    const struct tape_event *recorded;
    const struct api_entry *cause;
    const struct api_param
        *param; /* NULL: the result, or a function that is not in this build's description */
    struct match_difference here; /* param and name are filled */
    const char *prefix;           /* path of the array in which elements are paired, or "" */
    bool given;                   /* the SDK gave the value out: payload, out-buffer or result */
    bool learn;                   /* bind what is let through */
    bool reached;                 /* reachable[] is filled */
    bool reachable[API_OBJECTS];  /* objects that can occur in the parameter */
    match_report *report;
    void *context;
    unsigned count;
    bool stopped;
};

/* A value at a place: nodes and their texts; NULL: absent. */
struct match_spot {
    const char *path, *key;
    const cJSON *expected, *got;
    const char *expected_text, *got_text;
    uint8_t changes; /* enum api_volatile */
    bool secret;
};

/* They differ there: may they? If not, it is reported. */
void match_spot(struct match_walk *walk, const struct match_spot *spot);
/* Two texts that are not the same bytes, of which both should be JSON. 1: they were compared; 0: one is not
 * JSON; -1: no memory. */
int match_json(struct match_walk *walk, const struct tape_value *recorded, const struct tape_value *live);
/* Bytes as a quoted text, cut to `room` (>= 16). */
void match_quote(const char *bytes, size_t length, char *text, size_t room);
/* Cut to `room` at a character's start; NULL is "absent". */
void match_copy(char *to, size_t room, const char *from);

/* The parameter by which a listener list knows its members; -1: this is no such function. */
int match_listener_param(const struct api_entry *entry);
/* Do the two tokens stand for each other; is one of them known at all? */
bool match_flow_has(const struct match_flow *flow, uint64_t recorded, uint64_t live);
bool match_flow_knows(const struct match_flow *flow, uint64_t recorded, uint64_t live);

#endif
