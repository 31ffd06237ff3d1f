// SPDX-License-Identifier: MIT
/* What the files of the rules share; not for others. */
#ifndef REPLAY_RULES_PARTS_H
#define REPLAY_RULES_PARTS_H

#include <regex.h>

#include "replay/judge/rules.h"

enum rule_kind {
    RULE_ANY,       /* another value, of whatever kind */
    RULE_SAME_KIND, /* another value of the same kind */
    RULE_WITHIN,    /* a number not farther away than `number` */
    RULE_TIME,      /* a moment not farther away than `span_ns` */
    RULE_MATCHES,   /* texts that match `regex` */
    RULE_OPTIONAL,  /* there or not */
    RULE_ORDER,     /* an array in any order */
    RULE_REPEAT,
    RULE_MISSING,
    RULE_SWAP,
};

enum rules_step_kind { RULES_KEY, RULES_INDEX, RULES_ANY_KEY, RULES_ANY_INDEX };

struct rules_step {
    uint8_t kind; /* enum rules_step_kind */
    bool deep;    /* at any depth below the step before it */
    char *text;   /* as jtree_path writes it: ".key", "[3]"; NULL for the two that match any */
};

struct rules_path {
    struct rules_step step[RULES_STEPS];
    unsigned count;
};

struct rule {
    enum rule_kind kind;
    char *function; /* "*", a name, or a beginning and "*" */
    char *other;    /* swap: the second one */
    char *param;    /* name, "result" or "*" */
    struct rules_path path;
    long double number;
    int64_t span_ns;
    regex_t regex;
    bool compiled;
    uint64_t used;
    char where[160]; /* "file:line" */
};

struct rules {
    struct rule *rule;
    unsigned count, room;
    uint64_t used;
    bool orders; /* there is a rule about the order of an array */
    int64_t recorded_ns, live_ns;
};

/* A problem in a text: column from 0. */
struct rules_problem {
    size_t column;
    char text[240];
};

/* Reads the path in text[0..length). -1: *problem says what is wrong and where. */
int rules_path_read(struct rules_path *path, const char *text, size_t length, struct rules_problem *problem);
void rules_path_free(struct rules_path *path);

enum rules_reach { RULES_ELSEWHERE, RULES_ABOVE, RULES_HERE };
/* Does the pattern name the place at `at` (as jtree_diff writes it, or ""), or something that it is in? */
enum rules_reach rules_path_reach(const struct rules_path *path, const char *at);

/* Is `name` what a rule calls `pattern`? */
bool rules_name_is(const char *pattern, const char *name);

#endif
