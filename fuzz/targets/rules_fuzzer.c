// SPDX-License-Identifier: MIT
/* A stranger's rules file. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rules *rules = NULL;
    struct fault fault;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    rules_parse(&rules, "input", text, size, &fault);
    rules_free(rules);
    free(text);
    return 0;
}
