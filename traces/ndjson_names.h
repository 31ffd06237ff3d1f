// SPDX-License-Identifier: MIT
// Names in a hand-written text: a label or a thread's name -> what it stands for. Private to NDJSON import.
#ifndef TRACES_NDJSON_NAMES_H
#define TRACES_NDJSON_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ndjson_name {
    char *name;      /* NULL: a free place */
    uint64_t number; /* event number, or thread number */
    uint32_t thread;
    bool is_callback;
    bool twice; /* stands for more than one */
};
struct ndjson_names {
    struct ndjson_name *places;
    size_t used, room; /* room: a power of two */
};

/* The entry of that name, or NULL. */
struct ndjson_name *ndjson_names_find(const struct ndjson_names *names, const char *name);
/* The entry of that name, made if need be (number 0 then); NULL: no memory. Valid until the next one is made.
 */
struct ndjson_name *ndjson_names_make(struct ndjson_names *names, const char *name);
void ndjson_names_free(struct ndjson_names *names);

#endif
