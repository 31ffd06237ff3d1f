// SPDX-License-Identifier: MIT
/* timtape minimize: one input that breaks a target, as small as it gets. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/finding_options.h"
#include "cli/place.h"
#include "cli/verb.h"
#include "traces/ndjson.h"

struct minimize_line {
    struct finding_options options;
    const char *file, *out;
    char *const *target;
    bool force;
};

static int
minimize_options(int argc, char **argv, struct minimize_line *line, struct fault *fault)
{
    static const struct option table[] = {
        {"output", required_argument, NULL, 'o'}, {"force", no_argument, NULL, 'f'}, FINDING_OPTIONS, {0}};
    int option;
    if (argc > 1 && argv[1][0] != '-') {
        line->file = argv[1];
        optind = 2;
    }
    while ((option = verb_option(argc, argv, table, fault)) != -1) {
        if (option == VERB_BAD || finding_option(option, optarg, &line->options, fault) < 0)
            return -1;
        if (option == 'o')
            line->out = optarg;
        else if (option == 'f')
            line->force = true;
    }
    if (line->file == NULL && optind < argc && strcmp(argv[optind - 1], "--") != 0)
        line->file = argv[optind++];
    if (line->file == NULL)
        return verb_usage(fault, "which input?");
    if (line->out == NULL)
        return verb_usage(fault, "where should the small input go? -o OUT");
    line->target = finding_words(argc, argv, optind, fault);
    return line->target != NULL ? 0 : -1;
}

/* A tape as text; other files as they are. */
static char *
minimize_read(const char *path, size_t *bytes, struct fault *fault)
{
    struct fault why;
    char *text = NULL;
    struct tape_reader *tape = tape_open(path, &why);
    if (tape != NULL) {
        FILE *out = open_memstream(&text, bytes);
        int result = out != NULL ? ndjson_export(tape, out, fault) : -1;
        tape_close(tape);
        if (out != NULL && fclose(out) == 0 && result == 0)
            return text;
        free(text);
        return NULL;
    }
    FILE *file = fopen(path, "re"), *out = open_memstream(&text, bytes);
    int byte;
    if (file == NULL || out == NULL)
        fault_errno(fault, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN, "%s", path);
    for (size_t count = 0;
         file != NULL && out != NULL && (byte = getc(file)) != EOF && count < (size_t)64 << 20; count++)
        putc(byte, out);
    if (out != NULL)
        fclose(out);
    if (file != NULL)
        fclose(file);
    else
        free(text);
    return file != NULL ? text : NULL;
}

static int
minimize_write(const struct minimize_line *line, const struct fuzz_case *c, struct arena *arena,
               struct fault *fault)
{
    size_t room = (size_t)16 << 20;
    char *text = malloc(room);
    size_t bytes = text != NULL ? case_write(c, arena, text, room) : 0;
    int result = bytes > 0 ? 0 : fault_set(fault, FAULT_INTERNAL, "the input cannot be written");
    const char *name = result == 0 ? place_begin(line->out, line->force, fault) : NULL;
    FILE *file = name != NULL ? fopen(name, "we") : NULL;
    if (name != NULL && file == NULL)
        fault_errno(fault, FAULT_CANNOT_RUN, "%s", line->out);
    bool whole = file != NULL && fwrite(text, 1, bytes, file) == bytes;
    if (file != NULL && (fclose(file) != 0 || !whole)) {
        whole = false;
        fault_errno(fault, FAULT_CANNOT_RUN, "%s", line->out);
    }
    if (name != NULL && place_end(whole, fault) != 0)
        whole = false;
    free(text);
    return whole ? 0 : -1;
}

static void
minimize_progress(void *context, unsigned runs, size_t bytes)
{
    char text[80];
    (void)context;
    if (!out_moves(stderr))
        return;
    snprintf(text, sizeof text, "%zu B after %u runs", bytes, runs);
    out_line(text);
}

static int
minimize_case(const struct minimize_line *line, struct finding_target *target, struct fuzz_case *c,
              struct arena *arena, struct fault *fault)
{
    struct finding_effort effort = line->options.effort;
    const struct model_profile profile = {.page = true};
    struct finding_small small;
    struct finding_cause cause;
    effort.progress = minimize_progress;
    int result = finding_minimise(c, arena, &effort, finding_target_test, target, &small, fault);
    if (out_moves(stderr))
        out_line(NULL);
    if (result == 0)
        result = finding_explain(c, &profile, finding_target_test, target, &cause, fault);
    if (result == 0)
        result = minimize_write(line, c, arena, fault);
    if (result != 0)
        return -1;
    say("%s", target->signature);
    say("%zu callback%s in %zu B became %zu in %zu B after %u runs%s", small.events_was,
        small.events_was == 1 ? "" : "s", small.bytes_was, small.events_is, small.bytes_is, small.runs,
        small.whole ? "; nothing more can be left out"
                    : "; --runs or --time ended it, there may be more to leave out");
    out_lines(stdout, cause.sentence);
    putchar('\n');
    return 0;
}

static int
minimize_with(const struct minimize_line *line, struct finding_target *target, const char *text, size_t bytes,
              struct fault *fault)
{
    struct arena *arena = arena_new(), *scratch = arena_new();
    struct finding_outcome *first = calloc(1, sizeof *first);
    struct fuzz_case c = {0};
    struct fault why;
    int result = arena != NULL && scratch != NULL && first != NULL
                     ? 0
                     : fault_set(fault, FAULT_INTERNAL, "out of memory");
    if (result == 0 && (case_read(&c, arena, text, bytes, &why) != 0 || c.count == 0))
        result = fault_set(fault, FAULT_DATA, "%s: no list of callbacks%s%s", line->file,
                           c.count == 0 ? "" : ": ", c.count == 0 ? "" : why.text);
    /* Not the file, but what is read of it: that is what becomes smaller. */
    char *written = result == 0 ? malloc((size_t)16 << 20) : NULL;
    size_t count = written != NULL ? case_write(&c, scratch, written, (size_t)16 << 20) : 0;
    if (result == 0)
        result = finding_target_run(target, written, count, first, fault);
    if (result == 0 && first->kind == FINDING_NONE)
        result = fault_set(fault, FAULT_USAGE,
                           "%s: the target does nothing wrong with it, within these limits", line->file);
    if (result == 0) {
        snprintf(target->signature, sizeof target->signature, "%s", first->signature);
        result = minimize_case(line, target, &c, arena, fault);
    }
    free(written);
    if (first != NULL)
        finding_outcome_free(first);
    free(first);
    if (scratch != NULL)
        arena_free(scratch);
    if (arena != NULL)
        arena_free(arena);
    return result;
}

static int
minimize_run(int argc, char **argv, struct fault *fault)
{
    struct minimize_line line = {0};
    struct finding_target target;
    size_t bytes = 0;
    if (minimize_options(argc, argv, &line, fault) != 0)
        return -1;
    char *text = minimize_read(line.file, &bytes, fault);
    if (text == NULL)
        return -1;
    int result = finding_target_open(&target, line.target, &line.options.limits, fault);
    if (result == 0) {
        result = minimize_with(&line, &target, text, bytes, fault);
        finding_target_close(&target);
    }
    free(text);
    return result;
}

const struct verb verb_minimize = {
    .name = "minimize",
    .usage = "FILE|TAPE -o OUT [options] -- target [args]",
    .summary = "make an input that breaks a fuzz target as small as it gets",
    .help = "Leaves callbacks, members, elements and characters out of the input, and makes values plain, as "
            "long as the\n"
            "target dies of the same bug (kind, function and line of the first own frame). FILE is an input "
            "of a target, or\n"
            "a tape, whose callbacks are one. The target is a program that takes a file: a libFuzzer, AFL++ "
            "or plain\n"
            "build; it gets the path as its last argument, or in the place of @@. Findings in whole apps are "
            "made smaller\n"
            "by `timtape fuzz` itself.\n\n"
            "Prints what it takes, in a sentence.\n\n"
            "  -o, --output OUT       where the small input goes\n"
            "  -f, --force            replace OUT\n"
            "      --timeout SECONDS  a run that takes longer hangs (default 5; decimals allowed)\n"
            "      --memory MIB       a run that takes more is out of memory (default 2048)\n"
            "      --runs N           most runs (default 2000)\n"
            "      --time SECONDS     most time (default 60)\n",
    .run = minimize_run,
};
