// SPDX-License-Identifier: MIT
/*
 * How library code says what went wrong: a sentence for the user, made where the
 * cause is known, carried up unchanged, printed by main only.
 *
 * Convention: a function that can fail returns 0 or -1 (or NULL) and fills the
 * fault it was given; on success the fault is left alone. A fault says what, where
 * (file, event) and, where we know it, what to do next. No trailing newline.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

/* The exit status a verb ends with when this fault reaches main (sysexits where they fit). */
enum fault_kind {
    FAULT_INTERNAL = 70, /* ours */
    FAULT_USAGE = 64,    /* the command line */
    FAULT_DATA = 65,     /* a bad tape, a bad NDJSON line */
    FAULT_CANNOT_RUN = 126,
    FAULT_NOT_FOUND = 127,
};

struct fault {
    enum fault_kind kind;
    char text[1024];
};

/* Fills `fault` (may be NULL) and returns -1, so `return fault_set(...)` reads well. */
int fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Same, appending ": " and strerror(errno) of the moment of the call. */
int fault_errno(struct fault *fault, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
