// SPDX-License-Identifier: MIT
/* Totals of many replays, and which of them is the most serious. */
#include <string.h>

#include "replay/report/report.h"

/* The more serious, the higher; 0: nothing is wrong. */
static unsigned
seriousness(const struct report_case *one)
{
    if (one->verdict != NULL && one->verdict->class == VERDICT_INTERRUPTED)
        return 10;
    if (one->verdict == NULL && one->fault == NULL)
        return 1; /* it has no status of its own */
    int status = report_status(one);
    switch (status) {
    case 0:
        return 0;
    case FAULT_INTERNAL:
        return 9;
    case FAULT_CANNOT_RUN:
    case FAULT_NOT_FOUND:
        return 8;
    case FAULT_USAGE:
        return 7;
    case FAULT_DATA:
        return 6;
    case 1:
        return 4;
    case 3:
        return 3;
    case 4:
        return 2;
    default:
        return 5; /* 128+N */
    }
}

int
report_set_status(const struct report_set *set)
{
    unsigned worst = 0;
    int status = 0;
    for (size_t i = 0; i < set->count; i++) {
        unsigned how = seriousness(&set->cases[i]);
        if (how > worst) {
            worst = how;
            status = report_status(&set->cases[i]);
        }
    }
    return status;
}

size_t
report_set_good(const struct report_set *set)
{
    size_t good = 0;
    for (size_t i = 0; i < set->count; i++)
        good += set->cases[i].verdict != NULL && set->cases[i].verdict->class == VERDICT_AS_RECORDED;
    return good;
}

#define CLASSES_MOST 32

void
report_set_classes(const struct report_set *set, void (*each)(void *context, const char *class, size_t count),
                   void *context)
{
    struct {
        const char *name;
        unsigned how;
        size_t count;
    } found[CLASSES_MOST];
    size_t classes = 0;
    for (size_t i = 0; i < set->count; i++) {
        const char *name = report_class(&set->cases[i]);
        unsigned how = seriousness(&set->cases[i]);
        size_t at = 0;
        while (at < classes && strcmp(found[at].name, name) != 0)
            at++;
        if (at < classes) {
            found[at].count++;
            continue;
        }
        if (classes == CLASSES_MOST)
            continue;
        /* Kept in order: classes of the same weight by name, so that the order never depends on the cases'.
         */
        for (at = classes++; at > 0 && (found[at - 1].how < how ||
                                        (found[at - 1].how == how && strcmp(found[at - 1].name, name) > 0));
             at--)
            found[at] = found[at - 1];
        found[at].name = name;
        found[at].how = how;
        found[at].count = 1;
    }
    for (size_t at = 0; at < classes; at++)
        each(context, found[at].name, found[at].count);
}
