// SPDX-License-Identifier: MIT
/*
 * The planted consumer as one binds it to a byte fuzzer: up to eight callbacks an input, split at line feeds
 * that follow another. Of each, the first byte says which callback, the next nine bytes are its numbers, the
 * rest is the payload.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bench/fuzz/canary.h"
#include "bench/fuzz/planted.h"

#define HEAD 10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
deliver(const uint8_t *data, size_t size)
{
    uint32_t a, b;
    char *json = malloc(size - HEAD + 1);

    if (json == NULL)
        return;
    memcpy(&a, data + 1, sizeof a);
    memcpy(&b, data + 5, sizeof b);
    memcpy(json, data + HEAD, size - HEAD);
    json[size - HEAD] = '\0';
    switch (data[0] % 11) {
    case 0:
        on_messages(json, NULL);
        break;
    case 1:
        on_progress(json, data[9], a, b, NULL);
        break;
    case 2:
        on_conversations(data[9], json, NULL);
        break;
    case 3:
        on_tips(json, NULL);
        break;
    case 4:
        on_revoked(json, NULL);
        break;
    case 5:
        on_receipts(json, NULL);
        break;
    case 6:
        on_updated(json, NULL);
        break;
    case 7:
        on_network(data[9], (int32_t)a, json, NULL);
        break;
    case 8:
        on_conversation_list((int32_t)a, "", json, NULL);
        break;
    case 9:
        on_members((int32_t)a, "", json, NULL);
        break;
    default:
        on_sent((int32_t)a, "", json, NULL);
        break;
    }
    free(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    planted_reset();
    canary_execution();
    for (unsigned i = 0; i < 8 && size > HEAD; i++) {
        const uint8_t *end = memmem(data + HEAD, size - HEAD, "\n\n", 2);
        size_t count = end == NULL ? size : (size_t)(end - data);

        deliver(data, count);
        if (end == NULL)
            break;
        data += count + 2;
        size -= count + 2;
    }
    return 0;
}
