// SPDX-License-Identifier: MIT
/*
 * A verdict, or those of many replays, told: in words, as JSON, as JUnit XML, as annotations of a code host.
 * All are made from the same structs, so that they cannot disagree. None of these functions fails: what the
 * stream could not take is the stream's error. Text of tapes and apps may be any bytes; what is written is
 * valid JSON, XML, UTF-8 all the same.
 */
#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/fault.h"
#include "replay/judge/verdict.h"

/* One replay, or one --loop of them. It owns nothing. */
struct report_case {
    const char *tape;              /* as the user wrote it */
    const struct verdict *verdict; /* NULL: there is none, because of `fault`; or it was not replayed */
    const struct fault *fault;     /* NULL with `verdict` NULL: not replayed */
    const char *output;            /* the last that the app wrote, or NULL when nobody kept it */
    size_t output_bytes;
    const char *again;         /* the command that replays just this one, or NULL */
    uint64_t took_ns;          /* from beginning to end, all runs of a loop */
    unsigned runs, runs_asked; /* of a loop; 0: none */
};

struct report_set {
    const char *name; /* the tape, or the folder */
    const char *app;  /* command line, as a shell reads it */
    const struct report_case *cases;
    size_t count;
    bool folder; /* several tapes, however many there are */
    uint64_t took_ns;
    time_t began;
};

/* ---- one case (report_case.c) ---- */

/* The verdict's class; "bad tape", "not run", "broken" for faults; "not replayed". */
const char *report_class(const struct report_case *one);
/* The exit status of that one alone; 0 when it was not replayed. */
int report_status(const struct report_case *one);
const char *report_sentence(const struct report_case *one);
/* There is no verdict about the app. */
bool report_is_error(const struct report_case *one);

/* ---- many (report_set.c) ---- */

/*
 * The exit status of all: 0 when each is as recorded; else the one of the most serious case: interrupted, our
 * fault (70), the app cannot be run (126, 127), wrong use (64), bad tape (65), crashed (128+N), diverged (1),
 * not consumed (3), late (4).
 */
int report_set_status(const struct report_set *set);
/* How many are as recorded. */
size_t report_set_good(const struct report_set *set);
/* Calls `each` once per class that occurs, most serious first, with how many have it. */
void report_set_classes(const struct report_set *set,
                        void (*each)(void *context, const char *class, size_t count), void *context);

/* ---- told ---- */

void report_text(const struct verdict *verdict, FILE *stream);
/* One line of totals, then each case that is not as recorded: sentence, command, the app's last lines. */
void report_set_text(const struct report_set *set, FILE *stream);
/* One JSON object and a newline. Keys are only ever added. */
void report_json(const struct verdict *verdict, FILE *stream);
/* The same of a case, which may have no verdict; of a folder: one object with "replays", one a line. */
void report_set_json(const struct report_set *set, FILE *stream);
/* <testsuites> as the readers of CI servers take it. */
void report_junit(const struct report_set *set, FILE *stream);
/* A workflow command per case that is not as recorded. */
void report_github(const struct report_set *set, FILE *stream);
/* GitLab's code quality report: a JSON array. */
void report_gitlab(const struct report_set *set, FILE *stream);

#endif
