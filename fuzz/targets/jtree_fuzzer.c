// SPDX-License-Identifier: MIT
/* The exact JSON tree: what is parsed prints as it was, its compact print is equal to it, and the check
 * agrees. */
#include <stdlib.h>
#include <string.h>

#include "traces/jtree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
print_and_compare(const cJSON *tree, const char *text, size_t size)
{
    size_t bytes;
    char *exact = jtree_print(tree, JTREE_EXACT, &bytes);
    if (exact == NULL || bytes != size || memcmp(exact, text, size) != 0)
        abort();
    free(exact);
    char *compact = jtree_print(tree, JTREE_COMPACT, &bytes);
    cJSON *again = compact != NULL ? jtree_parse(compact, bytes, NULL, NULL) : NULL;
    if (again == NULL || jtree_equal(tree, again) != 1)
        abort();
    cJSON_Delete(again);
    free(compact);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jtree_options options = {.keep_layout = true};
    struct jtree_error error;
    char *text = malloc(size > 0 ? size : 1); /* its exact size: reads past the end are seen */
    memcpy(text, data, size);
    cJSON *tree = jtree_parse(text, size, &options, &error);
    if ((tree != NULL) != (jtree_check(text, size, &options, NULL) == 0))
        abort();
    if (tree != NULL)
        print_and_compare(tree, text, size);
    cJSON_Delete(tree);
    free(text);
    return 0;
}
