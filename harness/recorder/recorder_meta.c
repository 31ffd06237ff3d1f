// SPDX-License-Identifier: MIT
/* The tape's header, and the accounts that go into it. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "recorder/command.h"
#include "recorder/recorder_parts.h"

static int put(struct tape_writer *tape, struct fault *fault, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int
put(struct tape_writer *tape, struct fault *fault, const char *key, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return tape_write_meta(tape, key, text, fault);
}

static int
put_number(struct tape_writer *tape, struct fault *fault, const char *key, uint64_t number)
{
    return put(tape, fault, key, "%" PRIu64, number);
}

int
recorder_meta_begin(struct recorder *recorder, struct fault *fault)
{
    struct tape_writer *tape = recorder->inbox.tape;
    const struct ring_session *session = ring_header(recorder->ring);
    struct utsname host;
    char when[32];
    time_t seconds = (time_t)(session->start_wall / 1000000000u);
    struct tm parts;
    if (tape == NULL)
        return 0;
    gmtime_r(&seconds, &parts);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &parts);
    uname(&host);
    const char *path = ring_path(recorder->ring);
    if (put(tape, fault, "tool", "timtape %s", TIMTAPE_VERSION) != 0 ||
        put(tape, fault, "format", "%d", TAPE_VERSION) != 0 ||
        put(tape, fault, "started", "%s.%06uZ", when, (unsigned)(session->start_wall / 1000 % 1000000)) !=
            0 ||
        put_number(tape, fault, "started_ns", session->start_wall) != 0 ||
        put(tape, fault, "clock", "%s", session->clock == RING_CLOCK_TSC ? "tsc" : "monotonic") != 0 ||
        put(tape, fault, "host", "%s", host.nodename) != 0 ||
        put(tape, fault, "kernel", "%s %s", host.sysname, host.release) != 0 ||
        put(tape, fault, "arch", "%s", host.machine) != 0 ||
        put(tape, fault, "on_full", "%s", session->on_full == RING_DROP ? "drop" : "wait") != 0 ||
        put(tape, fault, "redaction", "secrets of the API description are masked in the app's process") !=
            0 ||
        tape_write_state(tape, "ring", path, strlen(path), fault) != 0)
        return -1;
    return 0;
}

void
recorder_count(struct inbox *inbox, struct recorder_report *report)
{
    for (uint32_t i = 0; i < inbox->used_slots; i++)
        inbox_losses(inbox, i);
    const struct ring_session *session = inbox->ring != NULL ? ring_header(inbox->ring) : NULL;
    report->calls = inbox->calls;
    report->callbacks = inbox->callbacks;
    report->edges = inbox->edges;
    report->threads = inbox->nthreads;
    report->processes = inbox->nprocesses;
    report->in_flight = inbox->open.used;
    report->sdk_seen = inbox->sdk_seen;
    report->missing = inbox_missing(inbox);
    report->dropped = session != NULL ? session->unrecorded : 0;
    for (uint32_t i = 0; i < inbox->nthreads; i++) {
        report->waits += inbox->threads[i].loss.waits;
        report->waited_ns += inbox->threads[i].loss.waited_ns;
        report->dropped += inbox->threads[i].loss.dropped;
    }
}

int
recorder_write_losses(struct inbox *inbox, struct fault *fault)
{
    for (uint32_t i = 0; i < inbox->nholes; i++) {
        if (tape_write_hole(inbox->tape, &inbox->holes[i], fault) != 0)
            return -1;
    }
    return 0;
}

static int
put_end(struct tape_writer *tape, const struct recorder_report *report, struct fault *fault)
{
    char words[48];
    if (!report->ended)
        return put(tape, fault, "ended", "unknown");
    if (put(tape, fault, "ended", "%s", inbox_status_words(words, report->status)) != 0)
        return -1;
    if (WIFSIGNALED(report->status))
        return put(tape, fault, "exit_signal", "%d", WTERMSIG(report->status));
    return put(tape, fault, "exit_code", "%d", WEXITSTATUS(report->status));
}

int
recorder_meta_end(struct inbox *inbox, const struct recorder_report *report, char *const argv[],
                  struct fault *fault)
{
    struct tape_writer *tape = inbox->tape;
    if (argv != NULL) {
        char *words = command_words(argv, inbox->masks, inbox->nmasks);
        int result = words != NULL ? tape_write_meta(tape, "command", words, fault) : 0;
        free(words);
        if (result != 0)
            return -1;
    }
    if ((report->overslept_ns > 0 && put_number(tape, fault, "overslept_ns", report->overslept_ns) != 0) ||
        put_end(tape, report, fault) != 0 ||
        put_number(tape, fault, "duration_ns", (uint64_t)report->duration_ns) != 0 ||
        put_number(tape, fault, "calls", report->calls) != 0 ||
        put_number(tape, fault, "callbacks", report->callbacks) != 0 ||
        put_number(tape, fault, "in_flight", report->in_flight) != 0 ||
        put_number(tape, fault, "lost_dropped", report->dropped) != 0 ||
        put_number(tape, fault, "lost_missing", report->missing) != 0 ||
        put_number(tape, fault, "lost_damaged", inbox->damaged) != 0 ||
        put_number(tape, fault, "waits", report->waits) != 0 ||
        put_number(tape, fault, "waited_ns", report->waited_ns) != 0)
        return -1;
    return recorder_write_losses(inbox, fault);
}
