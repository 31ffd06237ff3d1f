// SPDX-License-Identifier: MIT
/*
 * The user's table of handlers, and a case handed to them.
 *
 * Everything a handler gets lives only while it runs, each text in a piece of memory of exactly its size:
 * AddressSanitizer sees who reads past the end and who keeps a pointer. Handlers run on the calling thread.
 */
#ifndef FUZZ_ENGINE_DELIVER_H
#define FUZZ_ENGINE_DELIVER_H

#include "fuzz/engine/fuzz.h"
#include "fuzz/model/case.h"
#include "fuzz/mutate/mutate.h"

struct deliver_table {
    const struct timtape_fuzz_binding *bindings; /* the user's */
    struct mutate_target *targets;               /* what each of them means, same order */
    size_t count;
};

/* What looks on (fuzz/oracle): just before and just after a handler, while its texts live. `values` are what
 * it is called with; user data may be replaced. Each may be NULL. */
struct deliver_hooks {
    void (*before)(const struct case_event *event, union api_value *values);
    void (*after)(const struct case_event *event);
    void (*settle)(void); /* after that, when the texts are gone */
};

/* Reads the table; -1: a name means nothing, a handler is NULL, the table is empty, no memory. */
int deliver_table_read(struct deliver_table *table, const struct timtape_fuzz_binding *bindings,
                       struct fault *fault);
/* The binding that takes an event: of its function's own, else of the callback; NULL: none. */
const struct timtape_fuzz_binding *deliver_binding(const struct deliver_table *table,
                                                   const struct case_event *event);
/* All events in order; those that no handler takes are passed over. How many were taken, or -1: no memory. */
int deliver_case(const struct deliver_table *table, struct fuzz_case *c, struct arena *arena,
                 const struct deliver_hooks *hooks);

#endif
