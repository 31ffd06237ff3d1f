// SPDX-License-Identifier: MIT
/* Inside of `timtape corpus`: the cases that its inputs hold. */
#ifndef CLI_CORPUS_H
#define CLI_CORPUS_H

#include "cli/verb.h"
#include "fuzz/coverage/coverage.h"

struct corpus_case {
    char *text; /* the text of one file, canonical */
    size_t bytes;
    uint64_t hash;
};

struct corpus {
    struct corpus_case *cases;
    size_t count, room;
    bool whole;          /* a tape is one file */
    size_t twice;        /* cases that were there already */
    size_t foreign;      /* files of folders that hold no case */
    char example[600];   /* one of them, and why */
    size_t unknown;      /* callbacks that this build does not know */
    const char *covered; /* a coverage file among the inputs, or NULL */
    struct arena *arena;
};

/* A tape, a scenario, a case, a payload below the name of its callback, a folder of those. 0, or -1 with the
 * fault filled. */
int corpus_add(struct corpus *corpus, const char *path, struct fault *fault);
void corpus_free(struct corpus *corpus);
/* Sorted by content, each once. */
void corpus_sort(struct corpus *corpus);
/* Files of DIR named by content; `already`: how many were there. Nothing is replaced. */
int corpus_write(const struct corpus *corpus, const char *folder, size_t *written, size_t *already,
                 struct fault *fault);

/* Schema coverage of all cases, for the callbacks that are in them. NULL with the fault filled. */
struct coverage *corpus_cover(struct corpus *corpus, const struct model_profile *profile,
                              struct fault *fault);
/* Keeps a small set that delivers what all deliver. */
int corpus_prune(struct corpus *corpus, const struct model_profile *profile, struct fault *fault);

#endif
