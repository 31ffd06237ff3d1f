// SPDX-License-Identifier: MIT
/* A stranger's coverage file, and what is written about it; a stranger's line coverage. */
#include "fuzz/coverage/coverage.h"
#include "fuzz/targets/file_fuzzer.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *sink;
    struct fault fault;
    const char *path = input_file(data, size);
    if (sink == NULL)
        sink = fopen("/dev/null", "w");
    struct coverage *coverage = coverage_open(path, &fault);
    struct coverage_lines *lines = coverage_lines_read(path, &fault);
    struct coverage_report report = {.title = "x", .lines = lines, .missing = true};
    if (coverage == NULL && lines != NULL) {
        struct model_profile profile = {0};
        coverage = coverage_new(NULL, 0, &profile, NULL, &fault);
    }
    if (coverage != NULL) {
        coverage_text(coverage, &report, sink);
        coverage_json(coverage, &report, sink);
        coverage_html(coverage, &report, sink);
    }
    coverage_free(coverage);
    coverage_lines_free(lines);
    return 0;
}
