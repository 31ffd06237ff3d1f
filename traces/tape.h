// SPDX-License-Identifier: MIT
/*
 * The tape: one SQLite file, every event of one run. FORMAT.md is the contract with
 * readers outside this project; this header is the only way in for code inside it.
 *
 * An event is a call or a callback: its enter edge (seq, at_ns, arguments) and its leave
 * edge (end_seq, took_ns, result, out-buffers). A leave edge that never came is 0.
 *
 * Threads: one handle, one thread at a time. Strings handed out by a reader live until
 * the next step or close of that reader.
 */
#ifndef TRACES_TAPE_H
#define TRACES_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"
#include "base/fault.h"

#define TAPE_APPLICATION_ID 0x54494D54 /* "TIMT" */
#define TAPE_VERSION 1

enum tape_type { TAPE_ABSENT, TAPE_NULL, TAPE_INT, TAPE_UINT, TAPE_TEXT };

/* One argument or result. TAPE_TEXT: any bytes but NUL, `bytes` of them, NUL-terminated in memory.
 * TAPE_ABSENT: nothing to store (user data, an out-buffer before return, API_VOID). */
struct tape_value {
    enum tape_type type;
    union {
        int64_t i;
        uint64_t u;
        const char *text;
    };
    size_t bytes;
};

struct tape_event {
    uint64_t seq;
    const char *name;              /* function or callback type */
    const struct api_entry *entry; /* signature it was recorded with; NULL if this build does not know it */
    bool is_callback;
    uint32_t thread;
    int64_t at_ns;
    uint64_t parent; /* event it is nested in on the same thread, or 0 */
    bool parent_is_callback;
    uint64_t cause;   /* callbacks: call or registration, or 0 when unknown */
    uint8_t via;      /* callbacks: 1 = the second callback parameter of the cause */
    bool threw;       /* left by an exception or thread exit */
    uint64_t end_seq; /* 0: in flight when the recording ended */
    int64_t took_ns;
    struct tape_value result;
    unsigned nargs;
    struct tape_value args[API_MAX_PARAMS]; /* by parameter position; API_FN as TAPE_UINT token (0 = NULL),
                                               API_USER TAPE_ABSENT */
};

struct tape_thread {
    uint32_t thread; /* from 1, over all processes */
    uint32_t pid, tid;
    const char *name;
};

/* One process of the run. */
struct tape_process {
    uint32_t pid;
    uint32_t parent;         /* pid of the process that made it, or 0 when unknown */
    const char *program;     /* base name of its executable, or NULL */
    uint64_t exit_seq;       /* number of the moment it began to exit (exit handlers), or 0: never seen */
    const char *ended;       /* "exit 3", "signal 11 (SIGSEGV)", or NULL: unknown */
    const char *sdk;         /* base name of the library behind the shim, or NULL */
    const char *sdk_version; /* what its TIMGetSDKVersion said, or NULL */
};

/* What a thread could not hand over at once, or at all. */
struct tape_loss {
    uint32_t thread;
    uint64_t waits, waited_ns; /* the ring was full and the thread waited */
    uint64_t dropped;          /* edges thrown away because it was full */
};

/* Sequence numbers first..last were given out but never arrived (their writer died in between). */
struct tape_hole {
    uint64_t first, last;
};

/* ---- writing (one writer; the file is made 0600, WAL, synchronous off, no index) ---- */
struct tape_writer;

/* Creates PATH; FAULT_CANNOT_RUN-class errors name path and cause. An existing file is an
 * error unless `replace`. */
struct tape_writer *tape_create(const char *path, bool replace, struct fault *fault);
/* What a recorder killed at the very end left to SQLite: rolls back the change it was in, and with `fold`
 * makes one file of a complete tape and its WAL. Other files are left alone, and are no fault. */
int tape_settle(const char *path, bool fold, struct fault *fault);
/* Opens an unfinished tape to go on with it (recover). */
struct tape_writer *tape_resume(const char *path, struct fault *fault);
/* Everything until tape_commit is one transaction, begun by the first write. */
int tape_write_event(struct tape_writer *tape, const struct tape_event *event, struct fault *fault);
/* The leave edge of an event that was written without one: seq, end_seq, threw, result, out-buffers
 * in args. took_ns < 0: at_ns is the moment of the leave edge, and the difference is stored. */
int tape_write_leave(struct tape_writer *tape, const struct tape_event *event, struct fault *fault);
int tape_write_thread(struct tape_writer *tape, const struct tape_thread *thread, struct fault *fault);
/* Replaces what was written for the same pid. */
int tape_write_process(struct tape_writer *tape, const struct tape_process *process, struct fault *fault);
/* Replaces what was written for the same thread. */
int tape_write_loss(struct tape_writer *tape, const struct tape_loss *loss, struct fault *fault);
int tape_write_hole(struct tape_writer *tape, const struct tape_hole *hole, struct fault *fault);
/* meta is text by key; a second write replaces the first. */
int tape_write_meta(struct tape_writer *tape, const char *key, const char *value, struct fault *fault);
/* Recorder state that must be durable together with the events (ring tails, open strings). NULL data deletes.
 */
int tape_write_state(struct tape_writer *tape, const char *key, const void *data, size_t bytes,
                     struct fault *fault);
/* *data is malloc'd, caller frees; NULL when absent. */
int tape_read_state(struct tape_writer *tape, const char *key, void **data, size_t *bytes,
                    struct fault *fault);
int tape_commit(struct tape_writer *tape, struct fault *fault);
/* Finalises: drops recorder state, sets the completeness mark (meta `complete`), one file, no WAL. Frees. */
int tape_finish(struct tape_writer *tape, bool complete, struct fault *fault);
/* Closes without finishing (the tape stays recoverable). Frees. */
void tape_abandon(struct tape_writer *tape);
/* Closes and deletes the file: nothing was recorded. Frees. */
void tape_discard(struct tape_writer *tape);
/* Throws away what was written since the last commit (after a fault, before trying something smaller). */
void tape_rollback(struct tape_writer *tape);

/* ---- reading (read-only, untrusted schema, checked first) ---- */
struct tape_reader;

/* Refuses what is not a tape, is newer than us, or is damaged, with FAULT_DATA. An unfinished
 * tape opens (meta `complete` is absent then). */
struct tape_reader *tape_open(const char *path, struct fault *fault);
void tape_close(struct tape_reader *tape);
/* 1: *event filled; 0: no more; -1: fault. In seq order from `first` (0 = all). */
int tape_rewind(struct tape_reader *tape, uint64_t first, struct fault *fault);
int tape_next(struct tape_reader *tape, struct tape_event *event, struct fault *fault);
int tape_next_thread(struct tape_reader *tape, struct tape_thread *thread, struct fault *fault);
/* Next key/value in key order; strings live until the next call. */
int tape_next_meta(struct tape_reader *tape, const char **key, const char **value, struct fault *fault);
/* Value of a key or NULL; lives until close. */
const char *tape_meta(struct tape_reader *tape, const char *key);
int tape_next_process(struct tape_reader *tape, struct tape_process *process, struct fault *fault);
int tape_next_loss(struct tape_reader *tape, struct tape_loss *loss, struct fault *fault);
int tape_next_hole(struct tape_reader *tape, struct tape_hole *hole, struct fault *fault);
/* True when the recording was finished (completeness mark). */
bool tape_complete(struct tape_reader *tape);
/* How often each function or callback type was seen, in order of first use. */
struct tape_count {
    const char *name;
    bool is_callback;
    uint64_t events, in_flight;
};
int tape_next_count(struct tape_reader *tape, struct tape_count *count, struct fault *fault);
/* Looks at every page and row (seconds for a large tape): FAULT_DATA says what is wrong. */
int tape_check(struct tape_reader *tape, struct fault *fault);

#endif
