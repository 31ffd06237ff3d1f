// SPDX-License-Identifier: MIT
/* What the files of this room share. Not for other rooms. */
#ifndef FUZZ_ORACLE_INSIDE_H
#define FUZZ_ORACLE_INSIDE_H

#include <pthread.h>

#include "fuzz/model/model.h"
#include "fuzz/oracle/oracle.h"

enum oracle_name {
    ORACLE_IDS,
    ORACLE_CALLS,
    ORACLE_EXCEPTIONS,
    ORACLE_BLOCK,
    ORACLE_LEAK,
    ORACLE_QUADRATIC,
    ORACLE_USER_DATA,
    ORACLE_CODE,
    ORACLE_SPELLING,
    ORACLES
};

/* The calls of one delivery, to be compared with those of another. */
struct oracle_call {
    uint16_t api;
    const char *texts[API_MAX_PARAMS]; /* NULL also where there is no text */
    uint64_t numbers[API_MAX_PARAMS];
};
struct oracle_trace {
    struct arena *arena;
    struct oracle_call *calls;
    unsigned count, room;
    bool lost; /* too many or no memory: says nothing */
    uint64_t digest;
};

struct oracle_state {
    unsigned chosen; /* bits 1 << enum oracle_name */
    bool ready;
    const struct oracle_host *host;
    pthread_t thread;               /* the one that delivers */
    const struct fuzz_case *input;  /* between oracle_begin and oracle_end */
    const struct case_event *event; /* whose handler is running, or NULL */
    struct arena *scratch;          /* of whatever judges on the delivering thread */
    struct oracle_trace *trace;     /* where calls are noted, or NULL */
    uint64_t cpu;                   /* ns that handlers took in this delivery, while `timed` */
    bool timed;
    /* How a violation ends the run; tests have their own. Does not return in a fuzz target. */
    void (*end)(const char *name, const char *sentence);
};
extern struct oracle_state oracle;

const char *oracle_text(enum oracle_name name);
static inline bool
oracle_on(enum oracle_name name)
{
    return oracle.chosen >> name & 1;
}
/* A list of names into bits; -1 and a fault for a name that is none. */
int oracle_parse(const char *names, unsigned *chosen, struct fault *fault);
void oracle_violated(enum oracle_name name, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "TIMCommCallback:TIMConvGetConvList", of the event whose handler is running (or of the given one). */
const char *oracle_where(const struct case_event *event);

/* ---- the watching oracles ---- */

void ids_begin(void);
void ids_delivered(const struct case_event *event, const union api_value *values);
void ids_call(const struct api_entry *function, const union api_value *values);
void calls_begin(void);
void calls_delivered(const struct case_event *event, const union api_value *values);
void calls_call(const struct api_entry *function, const union api_value *values);
void exceptions_setup(void);
void block_before(void);
void block_after(const struct case_event *event);
void userdata_before(const struct case_event *event, union api_value *values);
void userdata_after(void);

/* ---- those that deliver again ---- */

void leak_begin(void);
void leak_end(const struct fuzz_case *c);
void quadratic_end(const struct fuzz_case *c, struct arena *arena);
void code_end(const struct fuzz_case *c, struct arena *arena, struct oracle_trace *first);
void spelling_end(const struct fuzz_case *c, struct arena *arena, struct oracle_trace *first);

/* Delivers; the calls go to `trace` (NULL: nowhere). */
void again_deliver(struct fuzz_case *c, struct oracle_trace *trace);
/*
 * Delivers `other` and the input itself again. True: the calls (or the digest) of `other` differ from `first`
 * while those of the input are the same again; then `what` says the difference.
 */
bool again_differs(const struct fuzz_case *c, struct fuzz_case *other, const struct oracle_trace *first,
                   char *what, size_t room);

void trace_clear(struct oracle_trace *trace);
void trace_note(struct oracle_trace *trace, const struct api_entry *function, const union api_value *values);
/* True: the same calls; else `what` says where they part ("" allowed: NULL). */
bool trace_same(const struct oracle_trace *a, const struct oracle_trace *b, char *what, size_t room);

/* ---- the schema, as far as oracles ask it ---- */

enum departure_kind { DEPARTS_KIND, DEPARTS_ENUM };
struct departure {
    enum departure_kind kind;
    char path[160];      /* "$.message_elem_array[0].elem_type" */
    const char *key;     /* the innermost declared key, NULL: the payload itself */
    int16_t enumeration; /* DEPARTS_ENUM */
    char text[160];      /* "is a string, declared is uint64" */
};
/* The type of the JSON in a parameter of a callback (`function`: what a completion answers, or NULL) or
 * function. */
struct model_type schema_param(const struct api_entry *entry, unsigned param,
                               const struct api_entry *function);
/* Reports each departure of the JSON in parameter `param` from its declaration until `report` says false
 * (enough). */
void schema_walk(const struct api_entry *entry, unsigned param, const struct api_entry *function,
                 const cJSON *root, bool (*report)(void *context, const struct departure *departure),
                 void *context);

/* ---- the SDK's side ---- */

void sdk_begin(void);
/* Completes what the app has asked for; also what it asks for while it is told. */
void sdk_complete(void);

#endif
