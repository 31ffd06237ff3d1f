// SPDX-License-Identifier: MIT
#include "cli/select.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"

/* A number at `*at`, moved behind it; false: there is none. */
static bool
number(const char **at, uint64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)**at))
        return false;
    errno = 0;
    *value = strtoull(*at, &end, 10);
    *at = end;
    return errno == 0;
}

static int
add_range(struct select *select, const char *word, struct fault *fault)
{
    const char *at = word;
    uint64_t first = 0, last = UINT64_MAX;
    bool lower = number(&at, &first);
    if (*at == '-') {
        at++;
        if (*at != '\0' && !number(&at, &last))
            return fault_set(fault, FAULT_USAGE, "'%s' is no range of event numbers", word);
    } else {
        last = first;
    }
    if (*at != '\0' || (!lower && last == UINT64_MAX) || last < first)
        return fault_set(fault, FAULT_USAGE, "'%s' is no range of event numbers", word);
    select->ranges[select->nranges].first = first;
    select->ranges[select->nranges++].last = last;
    return 0;
}

/* Nothing of that name can be on a tape: a slip, most likely, that would show as "nothing there". */
static bool
names_nothing(const char *word)
{
    for (unsigned id = 0; id < API_ENTRIES; id++) {
        if (fnmatch(word, api_entries[id].name, 0) == 0)
            return false;
    }
    return true;
}

int
select_add(struct select *select, const char *word, struct fault *fault)
{
    if (select->nranges + select->nthreads + select->nnames == SELECT_WORDS)
        return fault_set(fault, FAULT_USAGE, "too many words in one selection");
    if (isdigit((unsigned char)word[0]) || word[0] == '-')
        return add_range(select, word, fault);
    if (word[0] == '@') {
        const char *at = word + 1;
        uint64_t thread;
        if (!number(&at, &thread) || *at != '\0' || thread > UINT32_MAX)
            return fault_set(fault, FAULT_USAGE,
                             "'%s' is no thread: @3 is the third one (see `timtape info`)", word);
        select->threads[select->nthreads++] = (uint32_t)thread;
        return 0;
    }
    if (names_nothing(word))
        return fault_set(
            fault, FAULT_USAGE,
            "'%s' selects nothing: no function or callback has such a name (a selection is 12, 10-40, "
            "@2 or 'TIMConv*')",
            word);
    select->names[select->nnames++] = word;
    return 0;
}

bool
select_event(const struct select *select, const struct tape_event *event)
{
    bool hit = select->nranges == 0;
    for (unsigned i = 0; i < select->nranges && !hit; i++)
        hit = event->seq >= select->ranges[i].first && event->seq <= select->ranges[i].last;
    if (!hit)
        return false;
    hit = select->nthreads == 0;
    for (unsigned i = 0; i < select->nthreads && !hit; i++)
        hit = event->thread == select->threads[i];
    if (!hit)
        return false;
    hit = select->nnames == 0;
    for (unsigned i = 0; i < select->nnames && !hit; i++)
        hit = fnmatch(select->names[i], event->name, 0) == 0;
    return hit;
}

uint64_t
select_first(const struct select *select)
{
    uint64_t first = select->nranges > 0 ? UINT64_MAX : 0;
    for (unsigned i = 0; i < select->nranges; i++) {
        if (select->ranges[i].first < first)
            first = select->ranges[i].first;
    }
    return first;
}
