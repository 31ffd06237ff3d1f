// SPDX-License-Identifier: MIT
/*
 * Longest common subsequences, after Myers (1986): time and memory grow with how different the rows are, not
 * with their product. Rows that are too different are aligned window by window.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/compare/compare_parts.h"

#define DIFFERENCES 512 /* more than these between two whole rows: in windows */
#define WINDOW 1024

/* How far each diagonal came, for each number of differences: what the way back needs. */
struct trace {
    int32_t *reach; /* of all rounds, one behind the other: round d has 2d + 1 */
};

static size_t
round_at(int32_t d)
{
    return (size_t)d * (size_t)d;
}

static void
walk_back(const struct trace *trace, int32_t d, int32_t x, int32_t y, uint32_t *match, uint32_t b0)
{
    while (d >= 0) {
        int32_t k = x - y, before_x = 0, before_y = 0;
        if (d > 0) {
            const int32_t *reach = trace->reach + round_at(d - 1) + (d - 1);
            bool down = k == -d || (k != d && reach[k - 1] < reach[k + 1]);
            before_x = down ? reach[k + 1] : reach[k - 1];
            before_y = before_x - (down ? k + 1 : k - 1);
        }
        while (x > before_x && y > before_y) {
            x--;
            y--;
            match[x] = b0 + (uint32_t)y;
        }
        x = before_x;
        y = before_y;
        d--;
    }
}

/* 1: aligned; 0: more than `most` differences; -1: no memory. match[] is all NONE before. */
static int
align(const uint64_t *a, int32_t n, const uint64_t *b, int32_t m, int32_t most, uint32_t *match, uint32_t b0)
{
    struct trace trace = {NULL};
    size_t room = 0;
    if (most > n + m)
        most = n + m;
    for (int32_t d = 0; d <= most; d++) {
        if (round_at(d + 1) > room) {
            room = round_at(d + 1) * 2;
            int32_t *grown = realloc(trace.reach, room * sizeof *grown);
            if (grown == NULL) {
                free(trace.reach);
                return -1;
            }
            trace.reach = grown;
        }
        int32_t *reach = trace.reach + round_at(d) + d;
        const int32_t *before = d > 0 ? trace.reach + round_at(d - 1) + (d - 1) : NULL;
        for (int32_t k = -d; k <= d; k += 2) {
            int32_t x = 0;
            if (d > 0) {
                bool down = k == -d || (k != d && before[k - 1] < before[k + 1]);
                x = down ? before[k + 1] : before[k - 1] + 1;
            }
            int32_t y = x - k;
            while (x < n && y < m && a[x] == b[y]) {
                x++;
                y++;
            }
            reach[k] = x;
            if (x >= n && y >= m) {
                walk_back(&trace, d, x, y, match, b0);
                free(trace.reach);
                return 1;
            }
        }
    }
    free(trace.reach);
    return 0;
}

/* What is behind the last match of a window is looked at again in the next one. */
static int
in_windows(const uint64_t *a, uint32_t n, const uint64_t *b, uint32_t m, uint32_t b0, uint32_t *match)
{
    uint32_t i = 0, j = 0;
    while (i < n && j < m) {
        uint32_t w = n - i < WINDOW ? n - i : WINDOW, v = m - j < WINDOW ? m - j : WINDOW;
        if (align(a + i, (int32_t)w, b + j, (int32_t)v, (int32_t)(w + v), match + i, b0 + j) < 0)
            return -1;
        if (w == n - i && v == m - j)
            return 0;
        uint32_t last = w;
        while (last > 0 && match[i + last - 1] == COMPARE_NONE)
            last--;
        uint32_t there = last > 0 ? match[i + last - 1] + 1 - b0 - j : 0;
        /* At least half a window at a time: the whole stays linear. */
        bool stuck = last <= w / 2 && there <= v / 2;
        i += stuck ? (w + 1) / 2 : last;
        j += stuck ? (v + 1) / 2 : there;
    }
    return 0;
}

int
compare_align(const uint64_t *a, uint32_t n, const uint64_t *b, uint32_t m, uint32_t *match, bool *windowed)
{
    uint32_t head = 0, tail = 0;
    for (uint32_t i = 0; i < n; i++)
        match[i] = COMPARE_NONE;
    while (head < n && head < m && a[head] == b[head]) {
        match[head] = head;
        head++;
    }
    while (tail < n - head && tail < m - head && a[n - 1 - tail] == b[m - 1 - tail]) {
        match[n - 1 - tail] = m - 1 - tail;
        tail++;
    }
    n -= head + tail;
    m -= head + tail;
    if (n == 0 || m == 0)
        return 0;
    int done = n > INT32_MAX / 4 || m > INT32_MAX / 4
                   ? 0
                   : align(a + head, (int32_t)n, b + head, (int32_t)m, DIFFERENCES, match + head, head);
    if (done != 0)
        return done < 0 ? -1 : 0;
    *windowed = true;
    return in_windows(a + head, n, b + head, m, head, match + head);
}
