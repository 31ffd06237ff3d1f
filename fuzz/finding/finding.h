// SPDX-License-Identifier: MIT
/*
 * A finding: an input on which the app or a fuzz target broke, and what is known of it. One folder a finding:
 *
 *   DIR/NAME/finding.json   kind, signature, frames, sentence, command, minimised from how much, how often
 *   DIR/NAME/bug.tape       the smallest tape that does it (timtape replay DIR/NAME/bug.tape -- ./app)
 *   DIR/NAME/input.ndjson   the case that does it, as a fuzz target reads it
 *   DIR/NAME/payload.json   the payload of the callback it died in
 *   DIR/NAME/report.txt     what the sanitizer, or the stack, said
 *   DIR/NAME/test_NAME.c    a CMocka test to keep (timtape/replay.h)
 *   DIR/known.ndjson        what the mutator steps round (mutate_options.known)
 *
 *   run.c        runs a command on an input, within limits, and keeps what it said
 *   outcome.c    how a process ended, told from its wait status and what it printed
 *   report.c     frames out of a sanitizer's report
 *   stack.c      frames of a process that hangs or dies; symbol.c: functions and lines of addresses
 *   signature.c  the first own frame and line; equal signatures are one bug; own.c: whose a frame is
 *   minimise.c   event list, shrink.c JSON trees: smaller, the same signature kept; target.c runs a target
 * for it triage.c     a folder of inputs: groups, minimised, explained, stored; inputs.c finds them explain.c
 * the sentence: which value it takes store.c      the folder above; record.c (finding.json), replay.c (tape
 * and test), known.c: its files; load.c reads them sarif.c junit.c rows.c   reports over findings
 *
 * Threads: ptrace knows threads, so what runs or looks at a process is used by one thread.
 * Everything that is read (reports, inputs, findings of an earlier run) may be hostile.
 */
#ifndef FUZZ_FINDING_H
#define FUZZ_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/fault.h"
#include "fuzz/model/case.h"
#include "fuzz/mutate/mutate.h"

enum finding_kind {
    FINDING_NONE,      /* nothing wrong */
    FINDING_CRASH,     /* a core signal */
    FINDING_SANITIZER, /* a sanitizer's report */
    FINDING_ORACLE,    /* one of fuzz/oracle's */
    FINDING_HANG,
    FINDING_LEAK,
    FINDING_MEMORY, /* out of memory */
    FINDING_EXIT,   /* it ended itself where the tape does not */
    FINDING_DIVERGED,
};
/* "crash", "sanitizer", ...; on disk in finding.json. */
const char *finding_kind_name(enum finding_kind kind);

#define FINDING_FRAMES 32
struct finding_frame {
    char function[96];
    char file[160]; /* as in the debug information, "" unknown */
    unsigned line;  /* 0 unknown */
    char module[64];
    uint64_t offset; /* in the module */
};

/* How one run of one input ended. Give it back with finding_outcome_free. */
struct finding_outcome {
    enum finding_kind kind;
    int status;    /* wait status */
    char what[64]; /* "heap-buffer-overflow READ 8", "SIGSEGV", "timeout" */
    unsigned nframes;
    struct finding_frame frames[FINDING_FRAMES]; /* innermost first */
    unsigned own;        /* index of the first frame that is the app's own; nframes: none is */
    char signature[200]; /* equal for equal bugs: class@function:file:line of the first own frame */
    char through[48];    /* the JSON library it died in, whose caller `own` is; "" none */
    char callback[96]; /* an oracle's: the callback that it speaks of, which stands for a missing own frame */
    char *report;      /* malloc'd text, or NULL */
};
void finding_outcome_free(struct finding_outcome *outcome);
/* "write", "read", "null deref", "abort", "hang", "leak", ...: how bad it looks. */
const char *finding_severity(const struct finding_outcome *outcome);

/* ---- run.c ---- */
struct finding_limits {
    unsigned ms;     /* 0: 5000; a run that takes longer hangs */
    unsigned mbytes; /* 0: 2048; resident for sanitizer builds, address space for others is not limited */
};
/*
 * Runs `argv` (NULL-terminated, found in PATH) with "@@" replaced by the path `input`; without "@@" the path
 * is its last argument, NULL: none is added. Own process group, killed when the limit is over; stdin empty,
 * stdout thrown away. A core signal that no sanitizer reports is run again under ptrace, for its stack.
 * 0: *outcome is filled (kind FINDING_NONE: nothing wrong); -1: it could not be run.
 */
int finding_run(char *const *argv, const char *input, const struct finding_limits *limits,
                struct finding_outcome *outcome, struct fault *fault);
/* Environment for a run of a sanitizer build of which finding_tell is to read the report: what is there
 * stays, ours goes behind it. Call it in the child, or before many runs. */
void finding_environment(const struct finding_limits *limits);
/* argv with the input in its place; free() it (its words belong to argv and `input`). NULL: no memory. */
char **finding_command(char *const *argv, const char *input);

/* ---- outcome.c, signature.c ---- */
/* Tells from the wait status and what it printed. `hung`: we ended it at the limit. Symbolises, finds the
 * first own frame and makes the signature. Frames that are there already (finding_stack) stay when the text
 * has none. -1: no memory. */
int finding_tell(struct finding_outcome *outcome, int status, bool hung, const char *text, size_t bytes);
/* Own frame, `through` and signature from kind, what and frames; for outcomes that were made otherwise. */
void finding_sign(struct finding_outcome *outcome);

/* ---- stack.c ---- */
/*
 * The stack of thread `tid` (main thread: pid) of a living process into outcome->frames. It may be stopped
 * under our ptrace (`stopped`) or running: then it is stopped for the moment. -1: that was not possible
 * (fault says why: no right to, gone).
 */
int finding_stack(pid_t pid, pid_t tid, bool stopped, struct finding_outcome *outcome, struct fault *fault);
/* A process that hangs: several looks at its main thread; frames are those that all have in common. */
int finding_stack_hang(pid_t pid, struct finding_outcome *outcome, struct fault *fault);
/* Runs a command under ptrace until a core signal of any of its threads, takes the stack there and kills it.
 * 1: *outcome has frames, kind and signature; 0: it ended otherwise or lived longer than limits->ms; -1. */
int finding_stack_run(char *const *argv, const struct finding_limits *limits, struct finding_outcome *outcome,
                      struct fault *fault);

/* ---- minimise.c ---- */
/* Is it (still) the same bug? 1; 0: nothing is wrong; 2: another one; or -1 with the fault filled. `c` may be
 * printed in `arena`. */
typedef int finding_test(void *context, struct fuzz_case *c, struct arena *arena, struct fault *fault);
struct finding_effort {
    unsigned runs;                                                /* most runs; 0: 2000 */
    unsigned seconds;                                             /* 0: 60 */
    void (*progress)(void *context, unsigned runs, size_t bytes); /* or NULL */
    void *context;
};
struct finding_small {
    unsigned runs;              /* that it took */
    size_t bytes_was, bytes_is; /* of the text of the case */
    size_t events_was, events_is;
    bool whole; /* nothing more can be taken away; false: the effort was over before */
};
/*
 * Makes `c` smaller in place (its memory: `arena`, which must stay) as long as `test` says 1: callbacks, then
 * members, elements and values of their JSON. `c` itself was tested before. Never leaves the lane. 0; -1:
 * fault (`c` is the smallest so far).
 */
int finding_minimise(struct fuzz_case *c, struct arena *arena, const struct finding_effort *effort,
                     finding_test *test, void *context, struct finding_small *small, struct fault *fault);

/* ---- target.c ---- */
/* A program that takes a file, as a test: does it still do what has `signature`? */
struct finding_target {
    char *const *argv;
    struct finding_limits limits;
    char signature[200];            /* what to look for */
    struct finding_outcome outcome; /* of the last run of which the test said 1 */
    char folder[64], input[80];     /* private: where inputs are written */
};
int finding_target_open(struct finding_target *target, char *const *argv, const struct finding_limits *limits,
                        struct fault *fault);
void finding_target_close(struct finding_target *target);
/* Runs it on these bytes. 0, -1; *outcome is the caller's. */
int finding_target_run(struct finding_target *target, const char *text, size_t bytes,
                       struct finding_outcome *outcome, struct fault *fault);
/* A finding_test; `context` is the target. */
int finding_target_test(void *context, struct fuzz_case *c, struct arena *arena, struct fault *fault);

/* ---- explain.c ---- */
struct finding_cause {
    char sentence[400]; /* "TIMRecvNewMsgCallback: $[0].message_elem_array is an empty array" */
    /* What the mutator steps round; callback "" when nothing certain is known. */
    char callback[96], param[64], path[240], variation[40];
    unsigned
        nothers; /* what else at that place ends in the same bug: [], null and no member are one mistake */
    uint8_t others[32]; /* enum model_variation */
};
/*
 * What is special in a (small) case. With `test`, every special place is made ordinary for a try: those
 * without which the bug is gone are the cause. Without, what departs most from the description is named.
 */
int finding_explain(const struct fuzz_case *c, const struct model_profile *profile, finding_test *test,
                    void *context, struct finding_cause *cause, struct fault *fault);

/* ---- store.c ---- */
struct finding {
    char name[80]; /* "" : made from function and kind */
    struct finding_outcome outcome;
    const struct fuzz_case *c; /* the smallest; NULL: `input` is no case */
    const char *input;         /* then the bytes as they were */
    size_t input_bytes;
    const char *tape; /* a tape that does it (whole app): copied; NULL: made of `c` */
    struct finding_cause cause;
    struct finding_small small;
    unsigned count;       /* inputs that do it */
    const char *first;    /* name of one of them, or NULL */
    char *const *command; /* target or app */
    bool recount;         /* `count` is all that there are, not some more */
    bool app;             /* it is an app that replays, not a target that takes a file */
    char no_replay[160];  /* why `tape` does not do it in a plain replay; "": it does */
};
enum finding_stored { FINDING_NEW = 1, FINDING_BETTER, FINDING_SEEN };
/*
 * Writes the folder below `dir` (made if need be). A finding of the same signature is replaced only by a
 * smaller input (FINDING_BETTER), else its count grows (FINDING_SEEN). finding->name is filled. Files are
 * whole or not there; finding.json is the last. -1: fault.
 */
int finding_store(const char *dir, struct finding *finding, struct fault *fault);

/* A finding as its folder has it. */
struct finding_row {
    char name[80], kind[16], what[64], severity[24], signature[200];
    char function[96], file[160];
    unsigned line, count;
    size_t bytes, events;
    char sentence[400];
    char again[600];     /* the command that does it again */
    char no_replay[160]; /* ... and why it does not; "": it does */
};
/* All findings of a folder by name; *rows is malloc'd. A folder that is none is no fault, but is not counted.
 */
int finding_load(const char *dir, struct finding_row **rows, size_t *count, struct fault *fault);
/* Takes what finding `signature` wrote out of DIR/known.ndjson: it is fixed. */
int finding_fixed(const char *dir, const char *signature, struct fault *fault);

/* ---- triage.c ---- */
struct finding_triage {
    char *const *argv; /* the target */
    struct finding_limits limits;
    struct finding_effort effort; /* of each finding */
    struct model_profile profile;
    const char *from; /* a folder of libFuzzer, of AFL++, of ours, or of any files; or one file */
    const char *out;  /* where findings go */
    /* Called now and then; or NULL. */
    void (*progress)(void *context, const char *what, size_t done, size_t all);
    void *context;
    /* Filled: */
    size_t files, quiet;           /* inputs, and those on which nothing was wrong */
    size_t findings, fresh, fixed; /* of this run; not there before; there before and gone now */
    char fixed_names[512];
    size_t odd; /* of the quiet ones: those that ended with another status than 0 */
    int odd_status;
    char odd_words[200]; /* the first line that one of them said */
};
int finding_triage(struct finding_triage *triage, struct fault *fault);

/* ---- sarif.c, junit.c, rows.c ---- */
int finding_sarif(FILE *stream, const struct finding_row *rows, size_t count);
int finding_junit(FILE *stream, const struct finding_row *rows, size_t count);
int finding_json(FILE *stream, const struct finding_row *rows, size_t count);

#endif
