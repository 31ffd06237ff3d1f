// SPDX-License-Identifier: MIT
/*
 * A verb of the command: `timtape NAME ...`. One file per verb, one constant descriptor, one
 * line in the table in verbs.c. main.c finds the verb, runs it, prints its fault and exits.
 *
 * stdout is data, stderr is words. A verb never prints its own fault: it fills it and
 * returns -1.
 */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"

struct verb {
    const char *name;
    const char *usage;   /* what follows the name: "[-o FILE] [--] app [args]" */
    const char *summary; /* one line, lower case, no full stop */
    const char *help;    /* the long text: paragraphs and options, ends with a newline */
    bool anywhere;       /* options may also follow operands (verbs that start no app) */
    bool streams;        /* writes its data while it reads: progress would run through it on a terminal */
    /* argv[0] is the verb's name. Returns the exit status, or -1 with the fault filled (its kind
     * is the exit status then). */
    int (*run)(int argc, char **argv, struct fault *fault);
};

/* The table, in the order `help` shows it: the verb at `index`, or NULL behind the last. */
const struct verb *verb_at(size_t index);
const struct verb *verb_find(const char *name);
/* The name of the verb nearest to what was typed, or NULL when none is near. */
const char *verb_nearest(const char *typed);

/*
 * getopt_long for verbs. `options` ends with a zero entry; an option whose val is a printable
 * character has that character as its short form, too. Stops at the first word that is no option
 * (an app's own options are not ours; verbs with `anywhere` read on), or behind "--"; then optind is
 * the first operand. Returns val; -1 at the end; VERB_BAD
 * with the fault filled. --help prints the verb's help and ends the process.
 */
#define VERB_BAD (-2)
int verb_option(int argc, char **argv, const struct option *options, struct fault *fault);
/* For verbs whose one option is --json and that take one tape, or none (`tape` NULL): 0, or -1 with the fault
 * filled. *tape points into argv. */
int verb_reads(int argc, char **argv, bool *json, const char **tape, struct fault *fault);
/* The one tape a verb was given, behind its options; NULL with the fault filled. */
const char *verb_tape(int argc, char **argv, struct fault *fault);
/* A usage fault that names the verb's usage line; returns -1. */
int verb_usage(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A time above 0 with its unit ("500ms", "2m"); without one it is `plain` ns each (0: it needs one). False:
 * it is none. */
bool verb_span(const char *text, double plain, uint64_t *ns);
/* A whole number; `what` says which ones in the usage fault ("a number from 1 to 64"). */
int verb_number(const char *option, const char *what, const char *text, uint64_t least, uint64_t most,
                uint64_t *number, struct fault *fault);
/* The verb that is running. */
const struct verb *verb_current(void);

/* A line of words on stderr: "timtape: ...". Nothing when --quiet was given to the verb. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_quiet(bool quiet);

/* True when `stream` should get colours: a terminal, no NO_COLOR, TERM is not dumb. */
bool out_colour(FILE *stream);
/* True when `stream` is a terminal on which a line can be written over. */
bool out_moves(FILE *stream);
/* A progress_display: one line on stderr, written over. */
void out_progress(const char *what, uint64_t done);
/* A line on stderr that the next one is written over, cut to the terminal; NULL takes it away. */
void out_line(const char *text);
/* Width of the terminal behind `stream`, or `otherwise` (also when it is none). */
int out_width(FILE *stream, int otherwise);
/* Foreign text for people: control characters, which could steer a terminal, and bytes that are not UTF-8 are
 * made visible; cut to `most` columns (bytes count as columns). */
void out_text(FILE *stream, const char *text, size_t bytes, size_t most);
/* The same for words of our own with foreign ones in them: lines stay lines. */
void out_lines(FILE *stream, const char *text);
/* A JSON string with quotes; bytes that are not UTF-8 become {"$bytes":"hex"}. */
void out_json_string(FILE *stream, const char *text, size_t bytes);
/* "600 B", "12.3 MiB" and "850 us", "12.4 s" into `buffer` (>= 32 bytes); return it. */
const char *out_size(char *buffer, uint64_t bytes);
const char *out_span(char *buffer, int64_t ns);

#endif
