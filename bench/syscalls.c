// SPDX-License-Identifier: MIT
/* System calls on the SDK's thread: counted by strace between two marks, the ring not full. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static void
count_between_marks(const char *path, long *calls, bool *marked)
{
    char line[4096], tid[32] = "";
    FILE *in = fopen(path, "re");
    *calls = 0;
    *marked = false;
    while (in != NULL && fgets(line, sizeof line, in) != NULL) {
        size_t n = strcspn(line, " ");
        if (strstr(line, "getppid(") != NULL && strstr(line, "resumed") == NULL) {
            if (tid[0] != '\0' && strncmp(line, tid, n) == 0 && tid[n] == '\0') {
                *marked = true;
                break;
            }
            snprintf(tid, sizeof tid, "%.*s", (int)(n < 31 ? n : 31), line);
        } else if (tid[0] != '\0' && strncmp(line, tid, n) == 0 && tid[n] == '\0' &&
                   strstr(line, "resumed") == NULL) {
            ++*calls;
        }
    }
    if (in != NULL)
        fclose(in);
}

void
bench_syscalls(struct bench *bench)
{
    long calls[2];
    bool marked = false;
    char trace[BENCH_PATH], prefix[BENCH_PATH + 64], arguments[64];
    report_section("system calls on the SDK's thread");
    if (system("strace -o /dev/null true >/dev/null 2>&1") != 0) {
        report_skip("system calls per callback", "strace is not installed or may not trace here");
        return;
    }
    run_scratch(bench, trace, "strace.out");
    snprintf(prefix, sizeof prefix, "strace -f -o %s", trace);
    setenv("BENCH_MARKED", "1", 1);
    for (int i = 0; i < 2;
         i++) { /* what the first callback of a thread needs (its ring) is no cost per callback */
        snprintf(arguments, sizeof arguments, "flat 600 1 %d", i == 0 ? 10 : 5010);
        struct run run = {.way = RUN_SESSION, .live = true, .prefix = prefix, .arguments = arguments};
        if (run_app(bench, &run) != 0)
            break;
        count_between_marks(trace, &calls[i], &marked);
        if (!marked) {
            report_failure(bench, "strace did not show the marks");
            break;
        }
    }
    unsetenv("BENCH_MARKED");
    if (!marked)
        return;
    double per = (double)(calls[1] - calls[0]) / 5000;
    report(bench, &(struct figure){.name = "per callback",
                                   .value = per,
                                   .unit = "calls",
                                   .beside = "first callback",
                                   .beside_value = (double)calls[0],
                                   .judged = per,
                                   .sense = BAR_MOST,
                                   .bar = 0,
                                   .bar_text = "0"});
}
