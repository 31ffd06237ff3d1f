// SPDX-License-Identifier: MIT
/* Finishing a tape whose recorder died: what the rings still hold is read exactly once. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "recorder/recorder_parts.h"

static int
inbox_sink(void *context, const struct ring_event *event)
{
    return inbox_take(context, event);
}

/* Takes all that is left. The app may still run: the ring is closed first, so there is an end. */
static int
drain_rest(struct inbox *inbox, struct recover_report *report, struct fault *fault)
{
    ring_close(inbox->ring);
    for (size_t seen = 1; seen > 0;) {
        if (ring_drain(inbox->ring, 8192, inbox_sink, inbox, &seen) != 0)
            return fault_set(fault, FAULT_INTERNAL, "recover: out of memory");
        report->drained += seen;
        inbox->dirty = true;
        if (inbox_flush(inbox, fault) != 0)
            return -1;
        ring_release(inbox->ring);
    }
    return 0;
}

static int
finish(struct inbox *inbox, const char *path, struct recover_report *report, struct fault *fault)
{
    struct tape_writer *tape = inbox->tape;
    struct recorder_report *counts = &report->tape;
    if (!report->ring_gone)
        inbox_tail(inbox, ring_header(inbox->ring)->seq);
    recorder_count(inbox, counts);
    counts->duration_ns = (int64_t)inbox->last_ns;
    /* Losses found at the very end, and the header, in the last transaction. */
    inbox->dirty = !report->ring_gone;
    if ((!report->ring_gone && inbox_flush(inbox, fault) != 0) ||
        recorder_meta_end(inbox, counts, NULL, fault) != 0 ||
        tape_write_meta(tape, "recovered", report->ring_gone ? "without its ring" : "1", fault) != 0)
        return -1;
    inbox->tape = NULL;
    /* Without the ring nobody knows what is missing: finished, but not whole. */
    if (tape_finish(tape, !report->ring_gone, fault) != 0)
        return -1;
    struct stat status;
    if (stat(path, &status) == 0)
        counts->tape_bytes = (uint64_t)status.st_size;
    return 0;
}

static int
restore(struct inbox *inbox, const char *path, struct fault *fault)
{
    struct tape_reader *people = tape_open(path, fault);
    if (people == NULL)
        return -1;
    int result = inbox_restore_people(inbox, people, fault);
    tape_close(people);
    if (result == 0 && inbox->ring != NULL)
        result = inbox_restore(inbox, fault);
    return result;
}

static int
recover_into(struct inbox *inbox, const char *path, struct recover_report *report, struct fault *fault)
{
    struct tape_writer *tape = tape_resume(path, fault);
    if (tape == NULL)
        return -1;
    void *ring_file;
    size_t bytes;
    char name[4096] = "";
    struct fault why = {0};
    int result = tape_read_state(tape, "ring", &ring_file, &bytes, fault);
    if (result != 0) {
        tape_abandon(tape);
        return -1;
    }
    if (ring_file != NULL && bytes < sizeof name)
        memcpy(name, ring_file, bytes);
    free(ring_file);
    struct ring_reader *ring = name[0] != '\0' ? ring_attach(name, &why) : NULL;
    if (ring != NULL && (inbox_open(inbox, ring, tape, &why) != 0 || restore(inbox, path, &why) != 0)) {
        /* The tape itself may still be sound: it is finished without the ring. */
        inbox_close(inbox);
        ring_destroy(ring, false);
        ring = NULL;
    }
    if (ring == NULL) {
        report->ring_gone = true;
        snprintf(report->ring_trouble, sizeof report->ring_trouble, "%s", why.text);
        inbox->tape = tape;
        result = restore(inbox, path, fault);
    } else {
        report->app_alive = ring_tend(ring) > 0;
        result = drain_rest(inbox, report, fault);
    }
    if (result == 0)
        result = finish(inbox, path, report, fault);
    tape_abandon(inbox->tape);
    inbox->tape = NULL;
    inbox_close(inbox);
    if (ring != NULL)
        ring_destroy(ring, result == 0);
    return result;
}

int
recorder_recover(const char *path, struct recover_report *report, struct fault *fault)
{
    struct inbox inbox = {0};
    *report = (struct recover_report){0};
    struct tape_reader *look = tape_settle(path, false, fault) == 0 ? tape_open(path, fault) : NULL;
    if (look == NULL)
        return -1;
    report->was_complete = tape_meta(look, "complete") != NULL;
    tape_close(look);
    return report->was_complete ? tape_settle(path, true, fault) : recover_into(&inbox, path, report, fault);
}
