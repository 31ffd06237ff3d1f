// SPDX-License-Identifier: MIT
/* The table of verbs: the one place that knows them all. */
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"

#define VERB(name) extern const struct verb verb_##name
VERB(record);
VERB(replay);
VERB(fuzz);
VERB(show);
VERB(info);
VERB(diff);
VERB(rules);
VERB(verify);
VERB(recover);
VERB(export);
VERB(import);
VERB(triage);
VERB(minimize);
VERB(corpus);
VERB(doctor);
VERB(help);
VERB(version);

static const struct verb *const table[] = {
    &verb_record,   &verb_replay, &verb_fuzz,    &verb_show,   &verb_info,    &verb_diff,
    &verb_rules,    &verb_verify, &verb_recover, &verb_export, &verb_import,  &verb_triage,
    &verb_minimize, &verb_corpus, &verb_doctor,  &verb_help,   &verb_version,
};
#define SLOTS (sizeof table / sizeof table[0])

const struct verb *
verb_at(size_t index)
{
    return index < SLOTS ? table[index] : NULL;
}

const struct verb *
verb_find(const char *name)
{
    const struct verb *verb;
    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++) {
        if (strcmp(verb->name, name) == 0)
            return verb;
    }
    return NULL;
}

/* Edit distance with swaps of neighbours ("recrod" is one step from "record"). */
#define WORD 24
static unsigned
distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    if (la > WORD || lb > WORD)
        return WORD;
    unsigned cost[WORD + 1][WORD + 1];
    for (size_t i = 0; i <= la; i++) {
        for (size_t j = 0; j <= lb; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = (unsigned)(i + j);
                continue;
            }
            unsigned best = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (cost[i - 1][j] + 1 < best)
                best = cost[i - 1][j] + 1;
            if (cost[i][j - 1] + 1 < best)
                best = cost[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                cost[i - 2][j - 2] + 1 < best)
                best = cost[i - 2][j - 2] + 1;
            cost[i][j] = best;
        }
    }
    return cost[la][lb];
}

const char *
verb_nearest(const char *typed)
{
    const char *nearest = NULL;
    unsigned best = (unsigned)strlen(typed) / 3 + 2;
    const struct verb *verb;
    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++) {
        unsigned far = distance(typed, verb->name);
        if (strlen(typed) >= 2 && strncmp(typed, verb->name, strlen(typed)) == 0)
            far = 1;
        if (far < best) {
            best = far;
            nearest = verb->name;
        }
    }
    return nearest;
}
