// SPDX-License-Identifier: MIT
/* A stranger's scenario: imported into a tape that is thrown away. */
#include "fuzz/targets/file_fuzzer.h"
#include "traces/ndjson.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault fault;
    bool complete = false;
    input_file(data, 0); /* names a place that goes away at the end */
    unlink(input_path);
    FILE *stream = fmemopen((void *)(size > 0 ? data : (const uint8_t *)"\n"), size > 0 ? size : 1, "r");
    struct tape_writer *tape = stream != NULL ? tape_create(input_path, false, &fault) : NULL;
    if (tape == NULL)
        abort();
    const struct ndjson_source source = {.stream = stream, .name = "input", .payloads = -1};
    ndjson_import(&source, tape, &complete, &fault);
    tape_discard(tape);
    fclose(stream);
    return 0;
}
