// SPDX-License-Identifier: MIT
/*
 * Inside fuzz/app: looking into a payload's text without a tree: where its fields and elements are. Changing
 * an id or taking a batch apart is then a splice of text, and every other byte stays as it was recorded.
 */
#ifndef FUZZ_APP_SPAN_H
#define FUZZ_APP_SPAN_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes from..to of a payload. */
struct span {
    size_t from, to;
};

/* One member whose value is a string or a number. */
struct span_field {
    struct span key;   /* without its quotes */
    struct span value; /* strings: without their quotes */
    bool text;
};

/* The fields of a JSON text in order, `most` at most; returns how many. Text that is no JSON has as many as
 * are found before it ends to make sense. */
size_t span_fields(const char *json, size_t bytes, struct span_field *fields, size_t most);
/* The elements of the outermost array; 0 when the text is no array. */
size_t span_elements(const char *json, size_t bytes, struct span *elements, size_t most);

#endif
