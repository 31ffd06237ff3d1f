// SPDX-License-Identifier: MIT
// Numbers of the exact JSON tree: compared and read from their decimal text, never through a double.
#include <string.h>

#include "traces/jtree.h"
#include "traces/jtree_scan.h"

/* digits x 10^(shift + exponent), without leading and trailing zeros in digits: one form per number. */
struct decimal {
    bool negative;
    const char *first, *last; /* first and last digit that is not zero; a '.' may lie between */
    int64_t shift;
    bool exponent_negative;
    const char *exponent; /* digits without leading zeros */
    size_t exponent_digits;
};

/* Beyond this a difference of exponents cannot be made up for by digits that are in memory. */
#define FAR ((int64_t)1 << 58)

/* false: not a number. A zero has first == NULL. */
static bool
read_decimal(const char *text, struct decimal *d)
{
    *d = (struct decimal){0};
    if (text == NULL || jtree_number_span(text, strlen(text)) != strlen(text) || *text == '\0')
        return false;
    const char *p = text;
    if (*p == '-') {
        d->negative = true;
        p++;
    }
    int64_t seen = 0, at_last = 0; /* digits so far; how many up to and with `last` */
    int64_t whole = -1;            /* digits before the point */
    for (; *p != '\0' && (*p | 32) != 'e'; p++) {
        if (*p == '.') {
            whole = seen;
            continue;
        }
        seen++;
        if (*p != '0') {
            if (d->first == NULL)
                d->first = p;
            d->last = p;
            at_last = seen;
        }
    }
    d->shift = (whole < 0 ? seen : whole) - at_last;
    if (*p != '\0') {
        p++;
        d->exponent_negative = *p == '-';
        if (*p == '-' || *p == '+')
            p++;
        while (*p == '0')
            p++;
        d->exponent = p;
        d->exponent_digits = strlen(p);
    }
    if (d->first == NULL)
        d->negative = false;
    return true;
}

/* a's exponent minus b's, exact, or more than FAR away from 0. */
static int64_t
exponent_difference(const struct decimal *a, const struct decimal *b)
{
    size_t digits = a->exponent_digits > b->exponent_digits ? a->exponent_digits : b->exponent_digits;
    int64_t difference = 0;
    for (size_t i = digits; i > 0; i--) {
        int da = i <= a->exponent_digits ? a->exponent[a->exponent_digits - i] - '0' : 0;
        int db = i <= b->exponent_digits ? b->exponent[b->exponent_digits - i] - '0' : 0;
        difference = difference * 10 + (a->exponent_negative ? -da : da) - (b->exponent_negative ? -db : db);
        /* What is to come adds less than two of the current unit, so there is no way back. */
        if (difference > FAR / 16 || difference < -(FAR / 16))
            return difference > 0 ? FAR + 1 : -FAR - 1;
    }
    return difference;
}

static bool
same_digits(const struct decimal *a, const struct decimal *b)
{
    const char *p = a->first, *q = b->first;
    while (p <= a->last && q <= b->last) {
        if (*p == '.')
            p++;
        if (*q == '.')
            q++;
        if (*p++ != *q++)
            return false;
    }
    return p > a->last && q > b->last;
}

bool
jtree_number_equal(const char *a, const char *b)
{
    struct decimal x, y;
    if (!read_decimal(a, &x) || !read_decimal(b, &y))
        return false;
    if (x.first == NULL || y.first == NULL)
        return x.first == y.first;
    return x.negative == y.negative && exponent_difference(&x, &y) == y.shift - x.shift &&
           same_digits(&x, &y);
}

/* The magnitude of an integer that fits 64 bits. */
static bool
read_integer(const char *text, bool *negative, uint64_t *magnitude)
{
    static const struct decimal zero;
    struct decimal d;
    if (!read_decimal(text, &d))
        return false;
    *negative = d.negative;
    *magnitude = 0;
    if (d.first == NULL)
        return true;
    int64_t scale = exponent_difference(&d, &zero);
    if (scale > FAR || scale < -FAR || scale + d.shift < 0 || scale + d.shift > 20)
        return false;
    scale += d.shift;
    for (const char *p = d.first; p <= d.last; p++)
        if (*p != '.' && (__builtin_mul_overflow(*magnitude, (uint64_t)10, magnitude) ||
                          __builtin_add_overflow(*magnitude, (uint64_t)(*p - '0'), magnitude)))
            return false;
    for (; scale > 0; scale--)
        if (__builtin_mul_overflow(*magnitude, (uint64_t)10, magnitude))
            return false;
    return true;
}

bool
jtree_int64(const cJSON *node, int64_t *value)
{
    bool negative;
    uint64_t magnitude;
    if (!read_integer(jtree_number(node), &negative, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool
jtree_uint64(const cJSON *node, uint64_t *value)
{
    bool negative;
    uint64_t magnitude;
    if (!read_integer(jtree_number(node), &negative, &magnitude) || negative)
        return false;
    *value = magnitude;
    return true;
}
