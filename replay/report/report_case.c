// SPDX-License-Identifier: MIT
/* What is to be said about one replay, whether it came to a verdict or not. */
#include "replay/report/report.h"

const char *
report_class(const struct report_case *one)
{
    if (one->verdict != NULL)
        return verdict_class_name(one->verdict->class);
    if (one->fault == NULL)
        return "not replayed";
    switch (one->fault->kind) {
    case FAULT_DATA:
        return "bad tape";
    case FAULT_INTERNAL:
        return verdict_class_name(VERDICT_BROKEN);
    default:
        return "not run";
    }
}

int
report_status(const struct report_case *one)
{
    if (one->verdict != NULL)
        return verdict_status(one->verdict);
    return one->fault != NULL ? (int)one->fault->kind : 0;
}

const char *
report_sentence(const struct report_case *one)
{
    if (one->verdict != NULL)
        return one->verdict->sentence;
    return one->fault != NULL ? one->fault->text : "not replayed: the replays were ended before";
}

bool
report_is_error(const struct report_case *one)
{
    if (one->verdict != NULL)
        return one->verdict->class == VERDICT_BROKEN || one->verdict->class == VERDICT_INTERRUPTED;
    return one->fault != NULL;
}
