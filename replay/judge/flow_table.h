// SPDX-License-Identifier: MIT
/* Values by hash, with where they were first seen; a part of flow.c, not for others. */
#ifndef REPLAY_FLOW_TABLE_H
#define REPLAY_FLOW_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct flow_seen {
    uint64_t key; /* hash of the value; 0: a free place */
    uint64_t seq;
    const char *name; /* NULL: made by the app */
    const char *path; /* NULL: unknown */
};

/* Open addressing; zero-initialise. */
struct flow_table {
    struct flow_seen *seen;
    size_t count, room;
};

const struct flow_seen *flow_table_find(const struct flow_table *table, uint64_t key);
/* The first one stays. Silently nothing beyond `most` values or without memory. */
void flow_table_add(struct flow_table *table, const struct flow_seen *seen, size_t most);
void flow_table_free(struct flow_table *table);

#endif
