// SPDX-License-Identifier: MIT
#include "fuzz/engine/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/engine/read_file.h"
#include "fuzz/engine/runner_play.h"
#include "fuzz/engine/session.h"

static const char usage[] =
    "usage: %s [OPTION] FILE|FOLDER...\n"
    "Delivers each input to its handlers: a regression test over a corpus and past findings.\n"
    "  --here        in this process (for a debugger); default: in a child, started again when it dies\n"
    "  --timeout N   seconds that one input may take (default 60; 0: any time)\n"
    "  --list        prints the bindings\n"
    "  --print FILE  prints an input as a case: one callback a line\n"
    "  --seed        prints an ordinary case, to begin a corpus with\n"
    "Last line: \"N inputs, N not cases\"; status 1 when an input failed.\n";

static int
fail(const struct fault *fault)
{
    fprintf(stderr, "timtape-fuzz: %s\n", fault->text);
    return fault->kind;
}

static int
print_case(struct fuzz_case *c)
{
    struct fault fault;
    size_t room = 1 << 16, size = 0;
    char *text = NULL;

    while (size == 0 && room <= (size_t)1 << 30) {
        free(text);
        text = malloc(room *= 4);
        size = text != NULL ? case_write(c, session.arena, text, room) : 0;
    }
    if (size > 0)
        fwrite(text, 1, size, stdout);
    free(text);
    if (size > 0)
        return 0;
    fault_set(&fault, FAULT_INTERNAL, "out of memory");
    return fail(&fault);
}

static int
print_file(const char *path)
{
    const struct deliver_table *table = &session.table;
    struct fault fault = {.kind = FAULT_INTERNAL, .text = "out of memory"};
    struct fuzz_case c;
    size_t size;
    char *data = read_file(path, &size, &fault);
    int kind, status;

    if (data == NULL)
        return fail(&fault);
    kind = input_read(&c, session.arena, table->targets, table->count, data, size, &fault);
    if (kind == INPUT_RAW)
        fprintf(stderr, "timtape-fuzz: not a case, so a payload: %s\n", fault.text);
    status = kind < 0 ? fail(&fault) : kind == INPUT_NOTHING ? 0 : print_case(&c);
    free(data);
    return status;
}

static int
play_files(char **paths, bool here, unsigned timeout)
{
    struct runner_files files = {0};
    struct runner_counts counts;
    struct fault fault;
    int status;

    for (; *paths != NULL; paths++) {
        if (runner_files_add(&files, *paths, &fault) != 0) {
            runner_files_free(&files);
            return fail(&fault);
        }
    }
    status = runner_play(&files, here, timeout, &counts);
    if (status == 0) {
        printf("%zu inputs, %zu not cases", counts.inputs, counts.not_cases);
        if (counts.failed > 0)
            printf(", %zu failed", counts.failed);
        putchar('\n');
        status = counts.failed > 0;
    }
    runner_files_free(&files);
    return status;
}

/* Under afl-fuzz with the wrong main: fuzzing would go on, at a tenth of the speed or without feedback. */
static int
wrong_main(void)
{
    fprintf(stderr, "timtape-fuzz: this is the plain runner, and afl-fuzz needs AFL++'s driver: build with\n"
                    "  afl-clang-fast -fsanitize=fuzzer FILE.c $(pkg-config --cflags --libs timtape-fuzz)\n"
                    "in this order.\n");
    return FAULT_USAGE;
}

static int
print_seed(void)
{
    const char *text;

    session_produce(NULL);
    size_t size = producer_make(session.producer, session.options.seed, &text);
    if (size == 0)
        return fail(&(struct fault){FAULT_INTERNAL, "no case could be made of the bindings"});
    fwrite(text, 1, size, stdout);
    return 0;
}

/* --list, --print FILE, --seed: 1 and *status; 0: another option. */
static int
look(char **argv, int *status)
{
    bool list = strcmp(argv[0], "--list") == 0, seed = strcmp(argv[0], "--seed") == 0;
    bool print = strcmp(argv[0], "--print") == 0 && argv[1] != NULL;

    if (!list && !seed && !print)
        return 0;
    session.options.list = true;
    *status = session_begin();
    if (*status == 0 && list)
        session_list();
    else if (*status == 0)
        *status = seed ? print_seed() : print_file(argv[1]);
    return 1;
}

int
timtape_fuzz_main(int argc, char **argv)
{
    const char *list = getenv("TIMTAPE_FUZZ_LIST");
    const char *program = argc > 0 ? argv[0] : "runner";
    char *list_only[] = {"--list", NULL};
    unsigned timeout = 60;
    const char *here_too = getenv("TIMTAPE_FUZZ_HERE");
    bool here = here_too != NULL && strcmp(here_too, "1") == 0;
    int status;

    if (getenv("__AFL_SHM_ID") != NULL)
        return wrong_main();
    if (list != NULL && strcmp(list, "1") == 0)
        argv = list_only;
    else
        argv++;
    for (; *argv != NULL && argv[0][0] == '-' && argv[0][1] != '\0'; argv++) {
        char *end;

        if (look(argv, &status))
            return status;
        if (strcmp(*argv, "--here") == 0) {
            here = true;
        } else if (strcmp(*argv, "--timeout") == 0 && argv[1] != NULL) {
            timeout = (unsigned)strtoul(*++argv, &end, 10);
        } else if (strcmp(*argv, "--help") == 0) {
            printf(usage, program);
            return 0;
        } else {
            break;
        }
    }
    if (*argv == NULL || argv[0][0] == '-') {
        fprintf(stderr, usage, program);
        return FAULT_USAGE;
    }
    return play_files(argv, here, timeout);
}
