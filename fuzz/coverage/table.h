// SPDX-License-Identifier: MIT
/* Inside of the room: the table of places, and the counters beside it. */
#ifndef FUZZ_COVERAGE_TABLE_H
#define FUZZ_COVERAGE_TABLE_H

#include "fuzz/coverage/coverage.h"

#define TABLE_NONE UINT32_MAX
#define TABLE_WORDS ((MODEL_VARIATIONS + 63) / 64)
#define TABLE_MOST_PLACES (1u << 20)
#define TABLE_MOST_SLOTS (1u << 25)

/* What a place is in reports, and on disk. Texts belong to the table. */
struct table_row {
    const char *callback, *function; /* "": any */
    const char *param, *path;        /* "": the parameter itself */
    const char *enumeration;         /* names MODEL_ENUM + i, or "" */
    uint64_t possible[TABLE_WORDS];  /* bits: enum model_variation */
    uint32_t first;                  /* counter of the first of them */
    uint32_t count;
};

/* A place, to find the way while collecting. Same numbers as rows. */
struct table_place {
    struct model_type type;
    const char *name; /* of a member; NULL: payload, element, parameter */
    uint32_t parent, element;
    uint32_t child, nchildren; /* members: a run of table.children */
    /* Objects whose keys depend on one of them: its name, its values; bit i + 1 of a child's `in` is set when
     * it is there with value i, bit 0 when with none of them. */
    const char *chooser;
    uint32_t value, nvalues; /* a run of table.values */
};
struct table_child {
    const char *name;
    uint64_t in;
    uint32_t place;
};

/* The first place of one parameter of one target. */
struct table_root {
    uint16_t target, param;
    bool failed; /* of an answer whose code is not 0 */
    uint32_t place;
};

struct coverage {
    struct model_profile profile;
    struct mutate_target *targets;
    size_t ntargets;
    struct table_row *rows;
    struct table_place *places; /* NULL: opened from a file */
    uint32_t nplaces, place_room;
    struct table_child *children;
    uint32_t nchildren, child_room;
    int64_t *values;
    uint32_t nvalues, value_room;
    struct table_root *roots;
    uint32_t nroots, root_room;
    uint32_t slots;

    char *names;     /* the layout as text; rows of a file point into it */
    uint32_t *count; /* one a slot */
    void *mapped;    /* of a file, or NULL */
    size_t mapped_bytes;

    unsigned char *also; /* coverage_also */
    size_t also_count;
    uint32_t *last; /* slots of the last case */
    size_t nlast, last_room;
    uint32_t *seen; /* by slot: the last case that had it */
    uint32_t now;
    unsigned idle;   /* cases since something was new */
    unsigned one_in; /* coverage_sample */
};

int table_make(struct coverage *coverage, struct fault *fault);
/* The counter of a variation, or TABLE_NONE. */
uint32_t table_slot(const struct table_row *row, unsigned variation);
/* Slots of a row in the order of their variations: the i-th's variation. */
unsigned table_variation(const struct table_row *row, uint32_t i);
/* "kTIMElem_Text", "absent"; static. */
const char *table_variation_text(const struct table_row *row, unsigned variation);
/* A growing array: room for one more element. 0, -1: no memory. */
int table_grow(void **items, uint32_t count, uint32_t *room, size_t size);

/* malloc'd text of all rows, and back (rows point into `text`, which is changed). */
char *layout_write(const struct coverage *coverage, size_t *bytes);
int layout_read(struct coverage *coverage, char *text, size_t bytes, const char *file, struct fault *fault);

struct lines_file {
    char *name;
    uint64_t covered, all;
};
struct coverage_lines {
    struct lines_file *files;
    uint32_t count, room;
    uint64_t covered, all;
};

#endif
