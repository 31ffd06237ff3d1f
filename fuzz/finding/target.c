// SPDX-License-Identifier: MIT
/* A program that takes a file, as the test of minimising. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/finding/inside.h"

#define CASE_MOST ((size_t)16 << 20)

int
finding_target_open(struct finding_target *target, char *const *argv, const struct finding_limits *limits,
                    struct fault *fault)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    memset(target, 0, sizeof *target);
    target->argv = argv;
    target->limits = *limits;
    snprintf(target->folder, sizeof target->folder, "%s/timtape-finding.XXXXXX", base);
    if (mkdtemp(target->folder) == NULL)
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot make a folder in %s", base);
    snprintf(target->input, sizeof target->input, "%s/input", target->folder);
    return 0;
}

void
finding_target_close(struct finding_target *target)
{
    finding_outcome_free(&target->outcome);
    unlink(target->input);
    rmdir(target->folder);
}

/* Nobody else reads it meanwhile: in place. */
static int
write_input(const struct finding_target *target, const char *text, size_t bytes, struct fault *fault)
{
    FILE *file = fopen(target->input, "we");
    if (file == NULL)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s", target->input);
    bool whole = fwrite(text, 1, bytes, file) == bytes;
    if (fclose(file) != 0 || !whole)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s", target->input);
    return 0;
}

int
finding_target_run(struct finding_target *target, const char *text, size_t bytes,
                   struct finding_outcome *outcome, struct fault *fault)
{
    return write_input(target, text, bytes, fault) == 0
               ? finding_run(target->argv, target->input, &target->limits, outcome, fault)
               : -1;
}

int
finding_target_test(void *context, struct fuzz_case *c, struct arena *arena, struct fault *fault)
{
    struct finding_target *target = context;
    struct finding_outcome *outcome = calloc(1, sizeof *outcome);
    char *text = malloc(CASE_MOST);
    size_t bytes = text != NULL ? case_write(c, arena, text, CASE_MOST) : 0;
    int result = outcome == NULL || text == NULL ? fault_set(fault, FAULT_INTERNAL, "out of memory") : 0;

    if (result == 0 && bytes > 0)
        result = finding_target_run(target, text, bytes, outcome, fault);
    if (result == 0 && bytes > 0 && strcmp(outcome->signature, target->signature) == 0) {
        finding_outcome_free(&target->outcome);
        target->outcome = *outcome;
        result = 1;
    } else if (outcome != NULL) {
        result = result == 0 && outcome->kind != FINDING_NONE ? 2 : result;
        finding_outcome_free(outcome);
    }
    free(outcome);
    free(text);
    return result;
}
