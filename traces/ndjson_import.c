// SPDX-License-Identifier: MIT
// NDJSON -> tape, line by line.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/ndjson_text.h"

#define BATCH 20000 /* rows in one transaction */

struct import {
    struct ndjson_line line;
    struct ndjson_scene *scene;
    struct tape_writer *tape;
    char *version; /* of the SDK, as the header says, or NULL */
    bool complete;
    bool by_hand;   /* not exported: no mark of completeness */
    bool headless;  /* an input of a fuzz target */
    unsigned given; /* bit i: the header gives derived[i] itself */
    unsigned rows;
};

/* What a recorder writes into the header, for texts written by hand. */
static const char *const derived[] = {"format", "started_ns", "duration_ns",
                                      "calls",  "callbacks",  "in_flight"};
#define DERIVED (sizeof derived / sizeof derived[0])

static int
put_pair(struct import *import, const char *key, const struct ndjson_bytes *value, struct fault *fault)
{
    if (strcmp(key, "complete") == 0) {
        import->by_hand = false;
        import->complete = value->data != NULL && strcmp(value->data, "1") == 0;
        return 0; /* written at the very end */
    }
    for (unsigned i = 0; i < DERIVED; i++)
        import->given |= (strcmp(key, derived[i]) == 0 ? 1U : 0U) << i;
    if (strcmp(key, "sdk_version") == 0 && value->data != NULL) {
        free(import->version);
        import->version = strdup(value->data);
    }
    return tape_write_meta(import->tape, key, value->data, fault);
}

/* Nothing is missing from a text written by hand, and it happened at no time. */
static int
put_derived(struct import *import, struct fault *fault)
{
    const struct ndjson_counts *counts = ndjson_scene_counts(import->scene);
    const uint64_t values[DERIVED] = {
        TAPE_VERSION, 0, (uint64_t)counts->duration_ns, counts->calls, counts->callbacks, counts->in_flight};
    int status = 0;
    for (unsigned i = 0; i < DERIVED && status == 0; i++) {
        char text[24];
        snprintf(text, sizeof text, "%" PRIu64, values[i]);
        if ((import->given >> i & 1) == 0)
            status = tape_write_meta(import->tape, derived[i], text, fault);
    }
    return status;
}

static int
take_header(struct import *import, struct fault *fault)
{
    const struct ndjson_line *line = &import->line;
    const cJSON *meta = ndjson_get(line, "meta");
    int64_t version = 0;
    bool given;
    if (ndjson_get(line, "timtape") == NULL)
        return ndjson_fault(line, NULL, NULL, fault,
                            "the first line must be the header: {\"timtape\":%d,\"meta\":{}}", TAPE_VERSION);
    if (ndjson_keys(line, "timtape meta", fault) != 0 ||
        ndjson_integer(line, "timtape", 1, INT32_MAX, false, &version, &given, fault) != 0)
        return -1;
    if (version > TAPE_VERSION)
        return ndjson_fault(line, NULL, "timtape", fault,
                            "format %" PRId64 " is newer than this timtape, which knows %d", version,
                            TAPE_VERSION);
    if (meta != NULL && jtree_kind(meta) != JTREE_OBJECT)
        return ndjson_fault(line, NULL, "meta", fault, "\"meta\" must be an object");
    for (const cJSON *child = meta != NULL ? meta->child : NULL; child != NULL; child = child->next) {
        struct ndjson_bytes key, value = {0};
        if (ndjson_take_key(line, child, &key, fault) != 0)
            return -1;
        int status = ndjson_take_text(line, child, "meta", key.data, &value, fault);
        if (status == 0)
            status = put_pair(import, key.data, &value, fault);
        free(key.data);
        free(value.data);
        if (status != 0)
            return -1;
    }
    return 0;
}

static int
take_process(struct import *import, struct fault *fault)
{
    const struct ndjson_line *line = &import->line;
    static const char *const names[] = {"program", "ended", "sdk", "sdk_version"};
    struct ndjson_bytes texts[4] = {0};
    int64_t pid = 0, parent = 0, exit_seq = 0;
    bool given;
    int status = ndjson_keys(line, "process parent program exit_seq ended sdk sdk_version", fault);
    if (status == 0)
        status = ndjson_integer(line, "process", 0, UINT32_MAX, false, &pid, &given, fault);
    if (status == 0)
        status = ndjson_integer(line, "parent", 0, UINT32_MAX, true, &parent, &given, fault);
    if (status == 0)
        status = ndjson_integer(line, "exit_seq", 0, INT64_MAX, true, &exit_seq, &given, fault);
    for (unsigned i = 0; i < 4 && status == 0; i++)
        status = ndjson_member_text(line, names[i], &texts[i], fault);
    const struct tape_process process = {.pid = (uint32_t)pid,
                                         .parent = (uint32_t)parent,
                                         .program = texts[0].data,
                                         .exit_seq = (uint64_t)exit_seq,
                                         .ended = texts[1].data,
                                         .sdk = texts[2].data,
                                         .sdk_version = texts[3].data};
    if (status == 0)
        status = tape_write_process(import->tape, &process, fault);
    for (unsigned i = 0; i < 4; i++)
        free(texts[i].data);
    return status;
}

static int
take_loss(struct import *import, struct fault *fault)
{
    const struct ndjson_line *line = &import->line;
    int64_t thread = 0, waits = 0, waited = 0, dropped = 0;
    bool given;
    if (ndjson_keys(line, "loss waits waited_ns dropped", fault) != 0 ||
        ndjson_integer(line, "loss", 0, UINT32_MAX, false, &thread, &given, fault) != 0 ||
        ndjson_integer(line, "waits", 0, INT64_MAX, false, &waits, &given, fault) != 0 ||
        ndjson_integer(line, "waited_ns", 0, INT64_MAX, false, &waited, &given, fault) != 0 ||
        ndjson_integer(line, "dropped", 0, INT64_MAX, false, &dropped, &given, fault) != 0)
        return -1;
    const struct tape_loss loss = {.thread = (uint32_t)thread,
                                   .waits = (uint64_t)waits,
                                   .waited_ns = (uint64_t)waited,
                                   .dropped = (uint64_t)dropped};
    return tape_write_loss(import->tape, &loss, fault);
}

static int
take_hole(struct import *import, struct fault *fault)
{
    const struct ndjson_line *line = &import->line;
    const cJSON *pair = ndjson_get(line, "hole");
    int64_t first = 0, last = 0;
    if (ndjson_keys(line, "hole", fault) != 0)
        return -1;
    if (jtree_kind(pair) != JTREE_ARRAY || pair->child == NULL || pair->child->next == NULL ||
        pair->child->next->next != NULL || !jtree_int64(pair->child, &first) ||
        !jtree_int64(pair->child->next, &last) || first < 1 || last < first)
        return ndjson_fault(line, NULL, "hole", fault,
                            "\"hole\" must be [first, last], the numbers that are missing");
    const struct tape_hole hole = {.first = (uint64_t)first, .last = (uint64_t)last};
    return tape_write_hole(import->tape, &hole, fault);
}

static int
take_event(struct import *import, struct fault *fault)
{
    struct ndjson_event event;
    memset(&event, 0, sizeof event);
    int status = ndjson_event_read(&import->line, import->version, &event, fault);
    if (status == 0 && import->headless && event.event.is_callback && event.event.entry != NULL)
        status = ndjson_case_cause(import->scene, &import->line, import->version, event.event.entry, fault);
    if (status == 0)
        status = ndjson_scene_add(import->scene, &import->line, &event, fault);
    ndjson_event_free(&event);
    return status;
}

static int
take_line(struct import *import, struct fault *fault)
{
    const struct ndjson_line *line = &import->line;
    if (++import->rows % BATCH == 0 && tape_commit(import->tape, fault) != 0)
        return -1;
    if (ndjson_get(line, "call") != NULL || ndjson_get(line, "callback") != NULL)
        return take_event(import, fault);
    if (ndjson_get(line, "process") != NULL)
        return take_process(import, fault);
    if (ndjson_get(line, "loss") != NULL)
        return take_loss(import, fault);
    if (ndjson_get(line, "hole") != NULL)
        return take_hole(import, fault);
    if (ndjson_get(line, "thread") != NULL)
        return ndjson_scene_thread(import->scene, line, fault);
    return ndjson_fault(
        line, NULL, NULL, fault,
        ndjson_get(line, "timtape") != NULL
            ? "a second header"
            : "a line must have \"call\", \"callback\", \"thread\", \"process\", \"loss\" or \"hole\"");
}

int
ndjson_import(const struct ndjson_source *source, struct tape_writer *tape, bool *complete,
              struct fault *fault)
{
    struct import import = {.line = {.source = source},
                            .tape = tape,
                            .scene = ndjson_scene_new(tape),
                            .complete = true,
                            .by_hand = true};
    int more;
    if (import.scene == NULL)
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    more = ndjson_line_next(&import.line, fault);
    if (more == 0)
        more =
            fault_set(fault, FAULT_DATA, "%s: no line in it; the first must be the header: {\"timtape\":%d}",
                      source->name, TAPE_VERSION);
    import.headless = more > 0 && ndjson_get(&import.line, "timtape") == NULL &&
                      ndjson_get(&import.line, "callback") != NULL;
    if (more > 0 && (import.headless ? take_line(&import, fault) : take_header(&import, fault)) != 0)
        more = -1;
    while (more > 0 && (more = ndjson_line_next(&import.line, fault)) > 0)
        if (take_line(&import, fault) != 0)
            more = -1;
    if (more == 0)
        more = ndjson_scene_end(import.scene, &import.line, fault);
    if (more == 0 && import.by_hand)
        more = put_derived(&import, fault);
    if (more == 0)
        more = tape_commit(tape, fault);
    *complete = import.complete;
    ndjson_scene_free(import.scene);
    ndjson_line_free(&import.line);
    free(import.version);
    return more;
}
