// SPDX-License-Identifier: MIT
#include "replay/judge/flow_table.h"

#include <stdlib.h>

/* The place of the key, or the free one where it would go. */
static struct flow_seen *
place(const struct flow_table *table, uint64_t key)
{
    size_t at = (size_t)(key * 0x9E3779B97F4A7C15u >> 20) & (table->room - 1);
    while (table->seen[at].key != 0 && table->seen[at].key != key)
        at = (at + 1) & (table->room - 1);
    return &table->seen[at];
}

const struct flow_seen *
flow_table_find(const struct flow_table *table, uint64_t key)
{
    if (table->room == 0)
        return NULL;
    const struct flow_seen *seen = place(table, key);
    return seen->key != 0 ? seen : NULL;
}

static int
grow(struct flow_table *table)
{
    struct flow_table larger = {.count = table->count, .room = table->room == 0 ? 256 : table->room * 2};
    larger.seen = calloc(larger.room, sizeof *larger.seen);
    if (larger.seen == NULL)
        return -1;
    for (size_t i = 0; i < table->room; i++) {
        if (table->seen[i].key != 0)
            *place(&larger, table->seen[i].key) = table->seen[i];
    }
    free(table->seen);
    *table = larger;
    return 0;
}

void
flow_table_add(struct flow_table *table, const struct flow_seen *seen, size_t most)
{
    if (table->count >= most || (4 * (table->count + 1) > 3 * table->room && grow(table) != 0))
        return;
    struct flow_seen *to = place(table, seen->key);
    if (to->key != 0)
        return;
    *to = *seen;
    table->count++;
}

void
flow_table_free(struct flow_table *table)
{
    free(table->seen);
    *table = (struct flow_table){0};
}
