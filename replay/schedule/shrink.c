// SPDX-License-Identifier: MIT
/* Delta debugging over moves: parts that the failure does not need are left out, down to single ones. */
#include <string.h>

#include "replay/schedule/schedule.h"

/* The moves without those from `begin` to `end`. */
static uint32_t
shrink_without(const struct schedule_move *moves, uint32_t count, uint32_t begin, uint32_t end,
               struct schedule_move *rest)
{
    memcpy(rest, moves, begin * sizeof *rest);
    memcpy(rest + begin, moves + end, (count - end) * sizeof *rest);
    return count - (end - begin);
}

uint32_t
shrink_moves(struct schedule_move *moves, uint32_t count, shrink_test *fails, void *context)
{
    struct schedule_move rest[CHAOS_MOST];
    uint32_t parts = 2;

    while (count > 1 && count <= CHAOS_MOST) {
        uint32_t part, left = count;

        for (part = 0; part < parts && left == count; part++) {
            uint32_t begin = (uint32_t)((uint64_t)count * part / parts),
                     end = (uint32_t)((uint64_t)count * (part + 1) / parts),
                     some = shrink_without(moves, count, begin, end, rest);
            int same = fails(context, rest, some);

            if (same < 0)
                return count;
            if (same > 0)
                left = some;
        }
        if (left < count) {
            memcpy(moves, rest, left * sizeof *rest);
            count = left;
            parts = parts > 2 ? parts - 1 : 2;
            if (parts > count)
                parts = count;
        } else if (parts == count) {
            break;
        } else {
            parts = parts * 2 > count ? count : parts * 2;
        }
    }
    return count;
}
