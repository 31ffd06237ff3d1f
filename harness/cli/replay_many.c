// SPDX-License-Identifier: MIT
/* timtape replay FOLDER: one app against every tape in it, with one summary. */
#include <stdlib.h>
#include <string.h>

#include "cli/replay_results.h"
#include "cli/verb.h"
#include "replay/batch/many.h"
#include "replay/judge/rules.h"
#include "replay/run/run_tape.h"

/* What is for one tape, before eyes. */
static int
check(const struct replay_line *line, struct fault *fault)
{
    const struct run_options *run = &line->run;
    const struct {
        const char *name;
        bool given;
    } single[] = {
        {"--record", run->record != NULL},
        {"--until", run->until != 0},
        {"--from", run->from != 0},
        {"--step", run->control.step},
        {"--keys", run->control.keys},
        {"--gdb", run->control.gdb != 0},
        {"--mark", run->mark},
        {"--loop", line->loop > 1},
        {"--chaos-runs", line->chaos_runs > 0},
    };
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
        if (single[i].given)
            return verb_usage(fault, "%s is for one tape, and %s is a folder", single[i].name, run->tape);
    }
    return 0;
}

/* Read once beforehand: a mistake in them is one mistake, not one of each tape. */
static int
check_rules(const struct run_options *run, struct fault *fault)
{
    struct rules *rules = NULL;
    int result = 0;
    for (size_t i = 0; run->rules != NULL && run->rules[i] != NULL && result == 0; i++)
        result = rules_read(&rules, run->rules[i], fault);
    rules_free(rules);
    return result;
}

/* ---- the command that replays one of them ------------------------------------------------------------ */

/* getopt takes every beginning of a long option that is not another one's, too. */
static bool
is_long(const char *word, size_t length, const char *name, size_t least)
{
    return length >= least && length <= strlen(name) && strncmp(word, name, length) == 0;
}

/* How many of the words at `word` are about many replays, or about where results go. */
static size_t
not_for_one(const char *word)
{
    size_t length = strcspn(word, "=");
    if (strcmp(word, "-q") == 0 || is_long(word, length, "--quiet", 3) ||
        is_long(word, length, "--status", 5))
        return 1;
    if (strncmp(word, "-j", 2) == 0)
        return word[2] == '\0' ? 2 : 1;
    if (is_long(word, length, "--jobs", 4) || is_long(word, length, "--json", 4) ||
        is_long(word, length, "--junit", 4) || is_long(word, length, "--annotate", 4))
        return word[length] == '=' ? 1 : 2;
    return 0;
}

static void
put_word(FILE *stream, const char *word)
{
    char text[4200];
    judge_quote(word, text, sizeof text);
    fprintf(stream, " %s", text);
}

/* malloc'd; NULL: no memory, and the summary does without it. */
static char *
again(const struct replay_line *line, char *const app[], const char *tape)
{
    char *text = NULL, **words = many_app(app, tape);
    size_t bytes;
    FILE *stream = words != NULL ? open_memstream(&text, &bytes) : NULL;
    if (stream != NULL) {
        fputs("timtape replay", stream);
        for (size_t i = 0; i < line->words_count; i++) {
            size_t skip = not_for_one(line->words[i]);
            if (skip == 0)
                put_word(stream, line->words[i]);
            else
                i += skip - 1;
        }
        put_word(stream, tape);
        fputs(" --", stream);
        for (size_t i = 0; words[i] != NULL; i++)
            put_word(stream, words[i]);
        if (fclose(stream) != 0) {
            free(text);
            text = NULL;
        }
    }
    free(words);
    return text;
}

/* ---- while they run ---------------------------------------------------------------------------------- */

struct watch {
    bool shown;
    size_t count, ended, bad;
};

static void
on_end(void *context, const struct many_case *one)
{
    struct watch *watch = context;
    watch->ended++;
    watch->bad += !many_good(one);
    if (watch->shown)
        fprintf(stderr, "\r\033[K%zu of %zu replayed, %zu not as recorded", watch->ended, watch->count,
                watch->bad);
}

/* ---- at the end ---------------------------------------------------------------------------------------- */

static void
print_summary(const struct report_set *set)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL) {
        say("out of memory");
        return;
    }
    report_set_text(set, stream);
    if (fclose(stream) == 0)
        out_lines(stderr, text);
    free(text);
}

static void
describe(struct report_case *to, const struct many_case *from)
{
    *to = (struct report_case){.tape = from->tape,
                               .verdict = from->verdict,
                               .fault = from->failed ? &from->fault : NULL,
                               .output = from->output,
                               .output_bytes = from->output_bytes,
                               .took_ns = from->took_ns};
}

static int
conclude(const struct replay_line *line, char *const app[], const struct many_case *cases,
         struct report_set *set, struct replay_results *results, bool words, struct fault *fault)
{
    struct report_case *told = calloc(set->count, sizeof *told);
    if (told == NULL)
        return fault_set(fault, FAULT_INTERNAL, "no memory for the summary");
    for (size_t i = 0; i < set->count; i++) {
        describe(&told[i], &cases[i]);
        if (report_status(&told[i]) != 0)
            told[i].again = again(line, app, told[i].tape);
    }
    set->cases = told;
    int status = report_set_status(set);
    /* First: who reads our words may stop reading. */
    if (replay_results_write(line, results, set, fault) != 0)
        status = -1;
    if (words && (!line->quiet || report_set_good(set) < set->count))
        print_summary(set);
    for (size_t i = 0; i < set->count; i++)
        free((char *)told[i].again);
    free(told);
    return status;
}

int
replay_many(struct replay_line *line, char **app, struct fault *fault)
{
    struct many_case *cases;
    struct replay_results results;
    struct fault second;
    char command[1000];
    size_t count;
    int stopped = 0;
    if (check(line, fault) != 0 || check_rules(&line->run, fault) != 0 ||
        many_find(line->run.tape, &cases, &count, fault) != 0)
        return -1;
    if (replay_results_open(line, &results, fault) != 0) {
        many_free(cases, count);
        return -1;
    }
    run_tape_words(app, command, sizeof command);
    struct report_set set = {
        .name = line->run.tape, .app = command, .count = count, .folder = true, .began = time(NULL)};
    struct watch watch = {.shown = out_moves(stderr) && !line->quiet, .count = count};
    struct many_options many = {
        .run = &line->run, .app = app, .jobs = line->jobs, .ended = on_end, .context = &watch};
    uint64_t start = replay_now();
    int result = many_run(&many, cases, count, &stopped, fault);
    set.took_ns = replay_now() - start;
    if (watch.shown)
        fputs("\r\033[K", stderr);
    int status = conclude(line, app, cases, &set, &results, result == 0, result == 0 ? fault : &second);
    many_free(cases, count);
    if (result != 0 || status < 0)
        return -1;
    return stopped != 0 ? 128 + stopped : status;
}
