// SPDX-License-Identifier: MIT
/* What makes a finding last: a tape that any app replays, and a test that feeds it to the handler. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/finding/inside.h"
#include "traces/ndjson.h"
#include "traces/tape.h"

#define LINE_MOST ((size_t)16 << 20)

/* The function that registers a callback, or NULL. */
static const struct api_entry *
registration(const struct api_entry *callback)
{
    for (unsigned i = 0; i < API_ENTRIES; i++) {
        const struct api_entry *entry = api_entry(i);
        if (entry->kind != API_REGISTER || entry->newest != entry->id)
            continue;
        for (unsigned p = 0; p < entry->nparams; p++) {
            const struct api_entry *takes =
                entry->params[p].callback >= 0 ? api_entry((unsigned)entry->params[p].callback) : NULL;
            if (takes != NULL && strcmp(takes->name, callback->name) == 0)
                return entry;
        }
    }
    return NULL;
}

/* The calls first, so that an app that makes them all before it waits gets everything. */
static void
put_calls(FILE *out, const struct fuzz_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct api_entry *cause =
            c->events[i].function != NULL ? c->events[i].function : registration(c->events[i].callback);
        bool again = cause == NULL;
        for (size_t j = 0; j < i && !again && cause != NULL && cause->kind == API_REGISTER; j++)
            again = c->events[j].callback == c->events[i].callback && c->events[j].function == NULL;
        if (!again && c->events[i].function == NULL)
            fprintf(out, "{\"call\":\"%s\"}\n", cause->name);
    }
}

static int
put_events(FILE *out, const struct fuzz_case *c)
{
    struct arena *arena = arena_new();
    char *line = malloc(LINE_MOST);
    int result = arena != NULL && line != NULL ? 0 : -1;
    for (size_t i = 0; result == 0 && i < c->count; i++) {
        struct fuzz_case one = {.events = c->events + i, .count = 1, .room = 1};
        size_t bytes = case_write(&one, arena, line, LINE_MOST);
        if (c->events[i].function != NULL)
            fprintf(out, "{\"call\":\"%s\"}\n", c->events[i].function->name);
        if (bytes == 0)
            result = -1;
        else
            fwrite(line, 1, bytes, out);
    }
    free(line);
    if (arena != NULL)
        arena_free(arena);
    arena_use(NULL);
    return result;
}

static char *
scenario(const struct fuzz_case *c, size_t *bytes)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);
    if (out == NULL)
        return NULL;
    fputs("{\"timtape\":1}\n", out);
    put_calls(out, c);
    int result = put_events(out, c);
    if (fclose(out) == 0 && result == 0)
        return text;
    free(text);
    return NULL;
}

/* The folder is known by its descriptor only; SQLite wants a name. */
static int
import_tape(int folder, char *text, size_t bytes, struct fault *fault)
{
    char path[80];
    bool complete = false;
    snprintf(path, sizeof path, "/proc/self/fd/%d/.bug.tape.%d", folder, (int)getpid());
    unlink(path);
    struct ndjson_source source = {
        .stream = fmemopen(text, bytes, "r"), .name = "the finding", .payloads = -1};
    struct tape_writer *tape = source.stream != NULL ? tape_create(path, false, fault) : NULL;
    int result = tape != NULL ? ndjson_import(&source, tape, &complete, fault) : -1;
    if (tape != NULL && result != 0)
        tape_discard(tape);
    else if (tape != NULL)
        result = tape_finish(tape, complete, fault);
    if (source.stream != NULL)
        fclose(source.stream);
    char *name = strrchr(path, '/') + 1;
    if (result == 0 && renameat(folder, name, folder, "bug.tape") != 0)
        result = fault_errno(fault, FAULT_CANNOT_RUN, "cannot write bug.tape");
    return result;
}

static int
copy_tape(int folder, const char *tape, struct fault *fault)
{
    size_t bytes;
    char *text = finding_read(AT_FDCWD, tape, (size_t)1 << 30, &bytes, fault);
    int result = text != NULL ? finding_write(folder, "bug.tape", text, bytes, fault) : -1;
    free(text);
    return result;
}

int
replay_tape(int folder, const struct finding *finding, struct fault *fault)
{
    struct fault why;
    size_t bytes;
    if (finding->tape != NULL)
        return copy_tape(folder, finding->tape, fault) == 0 ? 1 : -1;
    if (finding->c == NULL)
        return 0;
    char *text = scenario(finding->c, &bytes);
    int result = text != NULL && import_tape(folder, text, bytes, &why) == 0;
    free(text);
    return result;
}

static void
put_bindings(FILE *out, const struct fuzz_case *c, const char *format)
{
    for (size_t i = 0; i < c->count; i++) {
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again = again || c->events[j].callback == c->events[i].callback;
        if (!again)
            fprintf(out, format, c->events[i].callback->name, c->events[i].callback->name);
    }
}

static const char head[] = "#include <setjmp.h>\n#include <stdarg.h>\n#include <stddef.h>\n#include "
                           "<stdint.h>\n#include <unistd.h>\n\n"
                           "#include <cmocka.h>\n#include <timtape/replay.h>\n\n"
                           "#ifndef BUG_TAPE\n#define BUG_TAPE \"bug.tape\"\n#endif\n";

static const char tail[] = "    while ((step = timtape_replay_step(replay)) == 1)\n"
                           "        ;\n"
                           "    if (step != 0)\n"
                           "        fail_msg(\"%%s\", timtape_replay_error(replay));\n"
                           "    alarm(0);\n"
                           "    timtape_replay_close(replay);\n"
                           "}\n\n"
                           "int\n"
                           "main(void)\n"
                           "{\n"
                           "    const struct CMUnitTest tests[] = {cmocka_unit_test(test_%s)};\n"
                           "    return cmocka_run_group_tests_name(\"%s\", tests, NULL, NULL);\n"
                           "}\n";

/* Words of inputs and reports, into a comment. */
static void
put_comment(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (text[0] == '*' && text[1] == '/')
            fputs("* ", out);
        else
            putc(*text == '\\' && text[1] == '\0' ? ' ' : *text, out);
    }
    putc('\n', out);
}

char *
replay_test(const struct finding *finding, size_t *bytes)
{
    const char *name = finding->name;
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);
    if (out == NULL)
        return NULL;
    fprintf(out, "/*\n * Keeps a bug away: ");
    put_comment(out, finding->outcome.signature);
    fprintf(out, " * ");
    put_comment(out, finding->cause.sentence);
    fprintf(
        out,
        " *\n * Build it with your handler, name that with -D, and run it where the tape is (or "
        "-DBUG_TAPE='\"...\"'):\n"
        " *   cc -g -fsanitize=address,undefined -fno-sanitize-recover=undefined test_%s.c handler.c \\\n",
        name);
    put_bindings(out, finding->c, " *      -DON_%.0s%s=your_function \\\n");
    fprintf(out, " *      $(pkg-config --cflags --libs timtape-replay) -lcmocka\n */\n%s", head);
    put_bindings(out, finding->c, "#ifndef ON_%1$s\n#define ON_%1$s on_%1$s /* your handler */\n#endif\n");
    put_bindings(out, finding->c, "void ON_%.0s%s(void); /* cast to its true type by the library */\n");
    fprintf(
        out,
        "\nstatic void\ntest_%s(void **state)\n{\n    char error[512];\n    int step;\n    (void)state;\n\n"
        "    alarm(20); /* it ends, too */\n"
        "    struct timtape_replay *replay = timtape_replay_open(BUG_TAPE, error, sizeof error);\n"
        "    if (replay == NULL)\n        fail_msg(\"%%s\", error);\n",
        name);
    put_bindings(
        out, finding->c,
        "    assert_int_equal(timtape_replay_bind(replay, \"%s\", (timtape_function)ON_%s, NULL), 0);\n");
    fprintf(out, tail, name, name);
    return fclose(out) == 0 ? text : NULL;
}
