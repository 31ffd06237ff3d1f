// SPDX-License-Identifier: MIT
/*
 * The pieces NDJSON import is made of: reading lines, faults with a position, JSON -> values, and the
 * scene (who is who). Private to traces/ndjson*.c.
 */
#ifndef TRACES_NDJSON_TEXT_H
#define TRACES_NDJSON_TEXT_H

#include "traces/jtree.h"
#include "traces/ndjson.h"

#define NDJSON_BYTES "$bytes"
#define NDJSON_KEY_BYTES "$bytes:"

/* ---- lines (ndjson_line.c) ---- */

struct ndjson_line {
    const struct ndjson_source *source;
    uint64_t number;
    char *text; /* without the newline; not NUL-terminated */
    size_t bytes, room;
    cJSON *root; /* its tree, owned here; an object */
};

/* 1: the next line that says something is in text and root; 0: the end; -1: fault. */
int ndjson_line_next(struct ndjson_line *line, struct fault *fault);
void ndjson_line_free(struct ndjson_line *line);
/* A fault at a member of the line (or of its member `outer`), or at the line's start if key is NULL. Returns
 * -1. */
int ndjson_fault(const struct ndjson_line *line, const char *outer, const char *key, struct fault *fault,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The value of a key; absent: NULL. */
const cJSON *ndjson_get(const struct ndjson_line *line, const char *key);
/* An integer member in [low, high]; *given says whether it was there (if not, *value stays). `null` counts as
 * 0 where `optional`. */
int ndjson_integer(const struct ndjson_line *line, const char *key, int64_t low, int64_t high, bool optional,
                   int64_t *value, bool *given, struct fault *fault);
/* Every member must be one of `known` (space separated), and none twice. */
int ndjson_keys(const struct ndjson_line *line, const char *known, struct fault *fault);

/* ---- texts (ndjson_text.c) ---- */

/* Bytes without NUL, NUL-terminated, malloc'd; NULL data with 0 returned: JSON null. */
struct ndjson_bytes {
    char *data;
    size_t bytes;
};
/* A string, null, {"$bytes":hex}, {"$json":value} or {"$file":path}. outer/key say where for faults. */
int ndjson_take_text(const struct ndjson_line *line, const cJSON *node, const char *outer, const char *key,
                     struct ndjson_bytes *text, struct fault *fault);
/* Same for a top-level member that may be missing (NULL data). */
int ndjson_member_text(const struct ndjson_line *line, const char *key, struct ndjson_bytes *text,
                       struct fault *fault);
/* Undoes the prefix of a key that is not UTF-8. */
int ndjson_take_key(const struct ndjson_line *line, const cJSON *member, struct ndjson_bytes *key,
                    struct fault *fault);

/* ---- events (ndjson_event.c) ---- */

/* An event with the texts it owns. */
struct ndjson_event {
    struct tape_event event;
    char *texts[API_MAX_PARAMS + 1];
    bool open; /* its leave edge is still to be numbered */
    bool took; /* took_ns was given */
    char *label;
};
void ndjson_event_free(struct ndjson_event *event);
/* name, entry, args, result, threw, via: all that does not depend on other lines. `version`: of enum names.
 */
int ndjson_event_read(const struct ndjson_line *line, const char *version, struct ndjson_event *event,
                      struct fault *fault);

/* ---- the scene (ndjson_scene.c): threads, labels, numbers, open events ---- */

struct ndjson_scene;
struct ndjson_scene *ndjson_scene_new(struct tape_writer *tape);
void ndjson_scene_free(struct ndjson_scene *scene);
int ndjson_scene_thread(struct ndjson_scene *scene, const struct ndjson_line *line, struct fault *fault);
/* Places the event that ndjson_event_read filled: numbers, time, thread, cause, nesting; writes it now or
 * when it is left. Takes what it owns over and empties it. */
int ndjson_scene_add(struct ndjson_scene *scene, const struct ndjson_line *line, struct ndjson_event *event,
                     struct fault *fault);
/* Was this function called above? */
bool ndjson_scene_called(const struct ndjson_scene *scene, const struct api_entry *function);
/* Leaves what is still open. */
int ndjson_scene_end(struct ndjson_scene *scene, const struct ndjson_line *line, struct fault *fault);
/* What the header of a recording would say about it. */
struct ndjson_counts {
    uint64_t calls, callbacks, in_flight;
    int64_t duration_ns;
};
const struct ndjson_counts *ndjson_scene_counts(const struct ndjson_scene *scene);

/* ---- inputs of fuzz targets (ndjson_case.c) ---- */

/* Adds the call that brings `callback`, the event of the line, if there is none above. */
int ndjson_case_cause(struct ndjson_scene *scene, const struct ndjson_line *line, const char *version,
                      const struct api_entry *callback, struct fault *fault);

#endif
