// SPDX-License-Identifier: MIT
/* What the files of this room share. */
#ifndef FUZZ_FINDING_INSIDE_H
#define FUZZ_FINDING_INSIDE_H

#include "fuzz/finding/finding.h"

/* Set for what is run: the regression runner delivers in the process that we watch, not in a child of it. */
#define FINDING_HERE "TIMTAPE_FUZZ_HERE"

/* ---- symbol.c: one thread at a time; modules are kept open ---- */
struct Dwfl_Module;
/* Frames of an address of an ELF file, those that were inlined there first. How many, at least 1 (room > 0):
 * what is not known is empty. */
unsigned symbol_offset(const char *module, uint64_t offset, struct finding_frame *frames, unsigned room);
/* Frames of an address in a module of a Dwfl of the caller's; NULL: in none. */
unsigned symbol_address(struct Dwfl_Module *module, uint64_t address, struct finding_frame *frames,
                        unsigned room);

/* ---- own.c ---- */
enum own { OWN_APP, OWN_JSON, OWN_SYSTEM, OWN_DELIVERY };
enum own own_frame(const struct finding_frame *frame);
/* The JSON library of a frame that is OWN_JSON, for people. */
const char *own_library(const struct finding_frame *frame);

/* ---- report.c ---- */
/* The frames of the first stack in a text; how many. `end`: where that stack ends, or NULL. */
unsigned report_frames(const char *text, const char *end, struct finding_frame *frames, unsigned room,
                       const char **after);
/* What a text says about how its process ended. */
struct report {
    enum finding_kind kind; /* FINDING_NONE: nothing */
    char what[64];
    const char *stack; /* where to look for the stack */
    const char *other; /* where to look for the other stack of a data race, or NULL */
    char file[160];    /* place that the headline names, or "" */
    unsigned line;
    bool abort;        /* it only says that a signal came, of abort() */
    char callback[96]; /* that an oracle's sentence begins with, or "" */
};
void report_read(const char *text, const char *end, struct report *report);

/* ---- small things ---- */
/* The end of the line at `text`. */
const char *finding_line_end(const char *text, const char *end);
/* A bounded copy of `bytes` bytes; control characters become '?'. */
void finding_copy(char *to, size_t room, const char *from, size_t bytes);
const char *finding_base(const char *path);

/* ---- shrink.c ---- */
struct shrink {
    struct fuzz_case *c;
    struct arena *arena, *scratch;
    finding_test *test;
    void *context;
    struct fault *fault;
    const struct finding_effort *effort;
    uint64_t end_ms;
    unsigned runs;
    size_t bytes; /* of the smallest */
    bool over;    /* no runs or time are left, or fault */
    bool failed;
    enum case_lane lane;
};
/* Is `c` as it is now the same bug, and no larger? */
bool shrink_try(struct shrink *shrink);
/* Makes one value smaller; true: it did. */
bool shrink_value(struct shrink *shrink, struct case_value *value, const struct case_event *event,
                  unsigned param);

/* ---- inputs.c ---- */
struct inputs {
    char **paths;
    size_t count;
};
int inputs_find(const char *from, struct inputs *inputs, struct fault *fault);
void inputs_free(struct inputs *inputs);

/* ---- files.c ---- */
/* Writes a file as a whole or not at all, in the folder `folder`. */
int finding_write(int folder, const char *name, const char *text, size_t bytes, struct fault *fault);
/* A file of at most `most` bytes into malloc'd memory, NUL-terminated; NULL: fault. */
char *finding_read(int folder, const char *name, size_t most, size_t *bytes, struct fault *fault);
/* The folder `name` in `parent` (AT_FDCWD), made if need be; or -1. */
int finding_folder(int parent, const char *name, bool make, struct fault *fault);

/* ---- record.c, replay.c, known.c, load.c: malloc'd texts; NULL: no memory ---- */
char *record_json(const char *dir, const struct finding *finding, const char *input, size_t *bytes);
char *replay_test(const struct finding *finding, size_t *bytes);
/* Writes bug.tape into `folder`. 1: done; 0: the case cannot be a tape; -1: fault. */
int replay_tape(int folder, const struct finding *finding, struct fault *fault);
/* DIR/known.ndjson without the lines of `signature`, and with that of `finding` if not NULL. */
int known_change(int dir, const char *signature, const struct finding *finding, struct fault *fault);
/* One finding.json. -1: it is none. */
int load_row(int folder, struct finding_row *row);

#endif
