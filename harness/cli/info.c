// SPDX-License-Identifier: MIT
/* timtape info: what is on a tape, without its events. */
#include <inttypes.h>
#include <string.h>

#include "cli/verb.h"
#include "traces/tape.h"
#include "traces/utf8.h"

/* ---- words ------------------------------------------------------------------------------------ */

/* What a tape says is foreign; NULL: nothing. */
static void
words_text(const char *before, const char *text)
{
    if (text == NULL)
        return;
    fputs(before, stdout);
    out_text(stdout, text, strlen(text), SIZE_MAX);
}

static int
words_counts(struct tape_reader *tape, struct fault *fault)
{
    struct tape_count count;
    int more;
    printf("\nEvents\n");
    while ((more = tape_next_count(tape, &count, fault)) > 0) {
        printf("  %10" PRIu64 "  %-8s  %s", count.events, count.is_callback ? "callback" : "call",
               count.name);
        if (count.in_flight > 0)
            printf("  (%" PRIu64 " in flight)", count.in_flight);
        putchar('\n');
    }
    return more;
}

static int
words_people(struct tape_reader *tape, struct fault *fault)
{
    struct tape_process process;
    struct tape_thread thread;
    int more;
    printf("\nProcesses\n");
    while ((more = tape_next_process(tape, &process, fault)) > 0) {
        printf("  %10u", process.pid);
        words_text("  ", process.program != NULL ? process.program : "?");
        words_text(", ", process.sdk);
        words_text(" ", process.sdk_version);
        words_text("  ", process.ended != NULL ? process.ended : "end unknown");
        putchar('\n');
    }
    printf("\nThreads\n");
    while (more == 0 && (more = tape_next_thread(tape, &thread, fault)) > 0) {
        printf("  %10u  pid %u, tid %u", thread.thread, thread.pid, thread.tid);
        words_text("  ", thread.name != NULL ? thread.name : "");
        putchar('\n');
        more = 0;
    }
    return more;
}

static int
words_losses(struct tape_reader *tape, struct fault *fault)
{
    struct tape_loss loss;
    struct tape_hole hole;
    bool any = false;
    char span[32];
    int more;
    while ((more = tape_next_loss(tape, &loss, fault)) > 0) {
        printf("%s  thread %u: %" PRIu64 " dropped, waited %" PRIu64 " times, %s in all\n",
               any ? "" : "\nLosses and waits\n", loss.thread, loss.dropped, loss.waits,
               out_span(span, (int64_t)loss.waited_ns));
        any = true;
    }
    while (more == 0 && (more = tape_next_hole(tape, &hole, fault)) > 0) {
        printf("%s  numbers %" PRIu64 " to %" PRIu64 " never arrived\n", any ? "" : "\nLosses and waits\n",
               hole.first, hole.last);
        any = true;
        more = 0;
    }
    return more;
}

static int
info_words(struct tape_reader *tape, const char *path, struct fault *fault)
{
    const char *key, *value;
    int more;
    out_text(stdout, path, strlen(path), SIZE_MAX);
    printf("\n\n");
    while ((more = tape_next_meta(tape, &key, &value, fault)) > 0) {
        /* The list of functions that an old SDK lacks is long. */
        bool all = value == NULL || strlen(value) <= 200;
        words_text("  ", key);
        printf("%*s", strlen(key) < 15 ? (int)(15 - strlen(key)) : 1, "");
        if (value != NULL)
            out_text(stdout, value, all ? strlen(value) : 120, SIZE_MAX);
        printf("%s\n", all ? "" : " ... (--json: all)");
    }
    if (more == 0 && tape_meta(tape, "complete") == NULL)
        printf("  %-14s %s\n", "complete", "no: unfinished");
    if (more != 0 || words_counts(tape, fault) != 0 || words_people(tape, fault) != 0)
        return -1;
    return words_losses(tape, fault);
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void
json_text(const char *key, const char *text)
{
    printf("\"%s\":", key);
    if (text == NULL)
        printf("null");
    else
        out_json_string(stdout, text, strlen(text));
}

/* A key cannot be an object: bytes are written as in NDJSON. */
static void
json_key(const char *key)
{
    if (utf8_valid(key, strlen(key))) {
        out_json_string(stdout, key, strlen(key));
        return;
    }
    printf("\"$bytes:");
    for (; *key != '\0'; key++)
        printf("%02x", (unsigned char)*key);
    putchar('"');
}

static int
json_people(struct tape_reader *tape, struct fault *fault)
{
    struct tape_process process;
    struct tape_thread thread;
    const char *comma = "";
    int more;
    printf(",\"processes\":[");
    while ((more = tape_next_process(tape, &process, fault)) > 0) {
        printf("%s{\"pid\":%u,\"parent\":%u,\"exit_seq\":%" PRIu64 ",", comma, process.pid, process.parent,
               process.exit_seq);
        json_text("program", process.program);
        putchar(',');
        json_text("ended", process.ended);
        putchar(',');
        json_text("sdk", process.sdk);
        putchar(',');
        json_text("sdk_version", process.sdk_version);
        putchar('}');
        comma = ",";
    }
    printf("],\"threads\":[");
    comma = "";
    while (more == 0 && (more = tape_next_thread(tape, &thread, fault)) > 0) {
        printf("%s{\"thread\":%u,\"pid\":%u,\"tid\":%u,", comma, thread.thread, thread.pid, thread.tid);
        json_text("name", thread.name);
        putchar('}');
        comma = ",";
        more = 0;
    }
    printf("]");
    return more;
}

static int
json_losses(struct tape_reader *tape, struct fault *fault)
{
    struct tape_loss loss;
    struct tape_hole hole;
    const char *comma = "";
    int more;
    printf(",\"losses\":[");
    while ((more = tape_next_loss(tape, &loss, fault)) > 0) {
        printf("%s{\"thread\":%u,\"waits\":%" PRIu64 ",\"waited_ns\":%" PRIu64 ",\"dropped\":%" PRIu64 "}",
               comma, loss.thread, loss.waits, loss.waited_ns, loss.dropped);
        comma = ",";
    }
    printf("],\"missing\":[");
    comma = "";
    while (more == 0 && (more = tape_next_hole(tape, &hole, fault)) > 0) {
        printf("%s[%" PRIu64 ",%" PRIu64 "]", comma, hole.first, hole.last);
        comma = ",";
        more = 0;
    }
    printf("]");
    return more;
}

static int
info_json(struct tape_reader *tape, const char *path, struct fault *fault)
{
    struct tape_count count;
    const char *key, *value, *comma = "";
    int more;
    putchar('{');
    json_text("tape", path);
    printf(",\"complete\":%s,\"meta\":{", tape_complete(tape) ? "true" : "false");
    while ((more = tape_next_meta(tape, &key, &value, fault)) > 0) {
        fputs(comma, stdout);
        json_key(key);
        putchar(':');
        if (value == NULL)
            printf("null");
        else
            out_json_string(stdout, value, strlen(value));
        comma = ",";
    }
    printf("},\"events\":[");
    comma = "";
    while (more == 0 && (more = tape_next_count(tape, &count, fault)) > 0) {
        printf("%s{", comma);
        json_text("name", count.name);
        printf(",\"kind\":\"%s\",\"events\":%" PRIu64 ",\"in_flight\":%" PRIu64 "}",
               count.is_callback ? "callback" : "call", count.events, count.in_flight);
        comma = ",";
        more = 0;
    }
    printf("]");
    if (more != 0 || json_people(tape, fault) != 0 || json_losses(tape, fault) != 0)
        return -1;
    printf("}\n");
    return 0;
}

static int
info_run(int argc, char **argv, struct fault *fault)
{
    const char *path;
    bool json;
    if (verb_reads(argc, argv, &json, &path, fault) != 0)
        return -1;
    struct tape_reader *tape = tape_open(path, fault);
    if (tape == NULL)
        return -1;
    int result = json ? info_json(tape, path, fault) : info_words(tape, path, fault);
    tape_close(tape);
    return result;
}

const struct verb verb_info = {
    .name = "info",
    .usage = "[--json] TAPE",
    .summary = "say what is on a tape: how it was made, how often what, how it ended",
    .help = "Prints the tape's header, how often each function and callback occurs, processes, threads, what "
            "was in\n"
            "flight when the recording ended, and what was lost.\n"
            "\n"
            "  --json   as one JSON object\n"
            "\n"
            "Exit status: 0; 65 not a tape, or damaged.\n",
    .anywhere = true,
    .run = info_run,
};
