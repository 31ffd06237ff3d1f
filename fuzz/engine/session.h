// SPDX-License-Identifier: MIT
/* What a fuzz target's process has, whatever engine drives it: options, table, memory. One in a process. */
#ifndef FUZZ_ENGINE_SESSION_H
#define FUZZ_ENGINE_SESSION_H

#include "fuzz/coverage/coverage.h"
#include "fuzz/engine/deliver.h"
#include "fuzz/engine/input.h"
#include "fuzz/engine/options.h"
#include "fuzz/engine/produce.h"

struct session {
    struct engine_options options;
    struct deliver_table table;
    struct arena *arena;       /* of the input that is delivered */
    struct producer *producer; /* NULL: nobody has asked for an input yet */
    struct coverage *coverage; /* NULL: not asked for */
    bool ready;
};
extern struct session session;

/* Reads options and table, calls timtape_fuzz_setup. 0; else the status that the process should end with,
 * said on stderr. Twice: does nothing. */
int session_begin(void);
/* Makes session.producer. Ends the process when that cannot be (a known file that is none, no memory). */
void session_produce(struct producer_pass *pass);
/* Delivers one input. enum input_kind. Ends the process when there is no memory. */
int session_input(const char *data, size_t size);
/* The table, a binding a line. */
void session_list(void);

#endif
