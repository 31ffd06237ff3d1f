// SPDX-License-Identifier: MIT
/* One view of a parsed document for parsers_fuzzer.c, whichever library parsed it. */
#ifndef FUZZ_TARGETS_PARSERS_H
#define FUZZ_TARGETS_PARSERS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum parsed_kind { PARSED_NULL, PARSED_FLAG, PARSED_NUMBER, PARSED_TEXT, PARSED_LIST, PARSED_OBJECT };

/* A value; `json` is the library's own. */
struct parsed {
    enum parsed_kind kind;
    const void *json;
    bool flag;
    double number;
    const char *text; /* `bytes` of it, the library's */
    size_t bytes;     /* of a text; elements of a list */
};

struct parser {
    const char *name;
    /* What parsed->json of the root was made of, for `release`; NULL: refused. */
    void *(*parse)(const char *text, size_t bytes, struct parsed *root);
    void (*release)(void *document);
    /* False: the object has no such key. */
    bool (*member)(const struct parsed *object, const char *key, struct parsed *value);
    void (*item)(const struct parsed *list, size_t index, struct parsed *value);
};

extern const struct parser parser_cjson, parser_jansson, parser_json_c, parser_jsoncpp;

#ifdef __cplusplus
}
#endif

#endif
