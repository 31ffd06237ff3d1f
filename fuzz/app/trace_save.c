// SPDX-License-Identifier: MIT
/*
 * A trace as a tape that `timtape replay` plays. Its order is one that is wished for, as a saved order of a
 * chaos search is: an app that gets what it never got need not do what it did.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/app/trace_lay.h"

#define SAVE_PATIENCE "500000000" /* ns */

static bool
save_is_ours(const char *key)
{
    return strcmp(key, "complete") == 0 || strcmp(key, "duration_ns") == 0 ||
           strcmp(key, "order_patience_ns") == 0;
}

static int
save_meta(struct tape_writer *writer, const struct trace_lay *lay, const char *const *meta,
          struct fault *fault)
{
    const struct trace_base *base = lay->trace->base;
    int64_t last = 0;
    char number[32];

    for (uint32_t i = 0; i < base->nmeta; i++) {
        if (!save_is_ours(base->keys[i]) &&
            tape_write_meta(writer, base->keys[i], base->values[i], fault) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < lay->nrows; i++) {
        const struct lay_row *row = &lay->rows[i];
        int64_t end = row->end_ns == INT64_MAX ? row->at_ns : row->end_ns;

        last = end > last ? end : last;
    }
    snprintf(number, sizeof number, "%" PRId64, last);
    if (tape_write_meta(writer, "duration_ns", number, fault) != 0 ||
        tape_write_meta(writer, "order_patience_ns", SAVE_PATIENCE, fault) != 0)
        return -1;
    for (; meta != NULL && meta[0] != NULL; meta += 2) {
        if (tape_write_meta(writer, meta[0], meta[1], fault) != 0)
            return -1;
    }
    return 0;
}

static int
save_rows(struct tape_writer *writer, const struct trace_lay *lay, struct fault *fault)
{
    const struct trace_base *base = lay->trace->base;
    struct tape_event event;

    for (uint32_t i = 0; i < lay->nrows; i++) {
        if (lay_event(lay, i, &event, fault) != 0 || tape_write_event(writer, &event, fault) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < base->nthreads + (lay->extra ? 1u : 0u); i++) {
        struct tape_thread thread = lay_thread(lay, i);

        if (tape_write_thread(writer, &thread, fault) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < base->nprocesses; i++) {
        struct tape_process process = lay_process(lay, i);

        if (tape_write_process(writer, &process, fault) != 0)
            return -1;
    }
    return 0;
}

int
trace_save(const struct trace *trace, const char *path, bool replace, const char *const *meta,
           struct fault *fault)
{
    struct trace_lay lay = {0};
    struct tape_writer *writer = NULL;
    int result = lay_trace(&lay, trace, INT64_MIN, fault);

    if (result == 0) {
        writer = tape_create(path, replace, fault);
        result =
            writer == NULL || save_rows(writer, &lay, fault) != 0 || save_meta(writer, &lay, meta, fault) != 0
                ? -1
                : 0;
    }
    if (writer != NULL && result != 0)
        tape_discard(writer);
    else if (writer != NULL)
        result = tape_finish(writer, true, fault);
    lay_free(&lay);
    return result;
}
