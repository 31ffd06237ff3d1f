// SPDX-License-Identifier: MIT
#include "fuzz/engine/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz/engine/explain.h"
#include "fuzz/engine/watch.h"

#pragma weak timtape_fuzz_setup

struct session session;

static int
say(const struct fault *fault)
{
    fprintf(stderr, "timtape-fuzz: %s\n", fault->text);
    return fault->kind;
}

int
session_begin(void)
{
    struct fault fault = {.kind = FAULT_INTERNAL};

    if (session.ready)
        return 0;
    if (engine_options_read(&session.options, &fault) != 0 ||
        deliver_table_read(&session.table, timtape_fuzz_bindings, &fault) != 0)
        return say(&fault);
    session.arena = arena_new();
    if (session.arena == NULL) {
        fault_set(&fault, FAULT_INTERNAL, "out of memory");
        return say(&fault);
    }
    if (watch_setup(&session.table, session.arena, &fault) != 0)
        return say(&fault);
    if (session.options.coverage != NULL && !session.options.list) {
        session.coverage = coverage_new(session.table.targets, session.table.count, &session.options.profile,
                                        session.options.coverage, &fault);
        if (session.coverage == NULL)
            return say(&fault);
    }
    session.ready = true;
    /* Who only asks for the table shall not have to wait for a client to start. */
    if (session.options.list || timtape_fuzz_setup == NULL)
        return 0;
    return timtape_fuzz_setup();
}

static void
no_memory(void)
{
    fprintf(stderr, "timtape-fuzz: out of memory\n");
    abort();
}

void
session_produce(struct producer_pass *pass)
{
    struct fault fault;

    if (session.options.explain != NULL && explain_open(session.options.explain, &fault) != 0)
        exit(say(&fault));
    session.producer =
        producer_new(&session.options, session.table.targets, session.table.count, pass, &fault);
    if (session.producer == NULL)
        exit(say(&fault));
}

int
session_input(const char *data, size_t size)
{
    const struct deliver_table *table = &session.table;
    struct fault fault;
    struct fuzz_case c;

    arena_reset(session.arena);
    int kind = input_read(&c, session.arena, table->targets, table->count, data, size, &fault);
    if (kind > INPUT_NOTHING && session.coverage != NULL)
        coverage_note(session.coverage, &c, session.arena);
    if (kind < 0 || (kind != INPUT_NOTHING && watch_deliver(&c) < 0))
        no_memory();
    return kind;
}

void
session_list(void)
{
    for (size_t i = 0; i < session.table.count; i++)
        puts(session.table.bindings[i].name);
    fflush(stdout);
}
