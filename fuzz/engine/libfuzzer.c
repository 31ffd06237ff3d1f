// SPDX-License-Identifier: MIT
/*
 * What libFuzzer, and AFL++'s driver for its targets, call. All in one object: libFuzzer's hooks but for
 * LLVMFuzzerTestOneInput are weak, and the linker takes no archive member for the sake of a weak name.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/engine/explain.h"
#include "fuzz/engine/pass.h"
#include "fuzz/engine/session.h"

#define PUBLIC __attribute__((visibility("default")))

PUBLIC int LLVMFuzzerInitialize(int *argc, char ***argv);
PUBLIC int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
PUBLIC size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
PUBLIC size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                        size_t other_size, uint8_t *out, size_t most, unsigned seed);
/* libFuzzer's; other drivers have none. */
extern size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most) __attribute__((weak));

static struct producer_pass *pass;

/* libFuzzer looks for news in this section, as in the program's own counters. */
enum { NOTHING_DELIVERED, COUNTERS = 64 };
static uint8_t counters[COUNTERS] __attribute__((section("__libfuzzer_extra_counters"), used, aligned(8)));

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    int status = session_begin();

    if (status != 0)
        exit(status);
    if (session.options.list) {
        session_list();
        exit(0);
    }
    if (argc != NULL && argv != NULL)
        pass = pass_share(*argc, *argv);
    return 0;
}

/* AFL++'s driver warms targets up with the first four bytes of its own mark; a handler that breaks on them
 * would keep afl-fuzz from starting at all. */
static bool
is_warm_up(const uint8_t *data, size_t size)
{
    return size == 4 && memcmp(data, "##SI", 4) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Some drivers leave LLVMFuzzerInitialize out. */
    if (!session.ready)
        LLVMFuzzerInitialize(NULL, NULL);
    /* libFuzzer starts from an empty line when there is no corpus, and gives up when that is no news. */
    if (!is_warm_up(data, size) && session_input((const char *)data, size) == INPUT_NOTHING)
        counters[NOTHING_DELIVERED] = 1;
    return 0;
}

/* The next input into `out`; 0: there is none. */
static size_t
next(const struct producer_request *request, uint8_t *out)
{
    char sentences[4096];
    const char *text;

    if (session.producer == NULL)
        session_produce(pass);
    size_t size = producer_next(session.producer, request, &text);
    if (size == 0)
        return 0;
    memcpy(out, text, size);
    if (session.options.explain != NULL) {
        producer_sentences(session.producer, sentences, sizeof sentences);
        explain_note(sentences, text, size);
    }
    return size;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    const struct producer_request request = {
        .parent = (const char *)data, .size = size, .most = most, .seed = seed, .bytes = LLVMFuzzerMutate};

    if (session.options.plain && LLVMFuzzerMutate != NULL)
        return LLVMFuzzerMutate(data, size, most);
    size_t made = next(&request, data);
    return made > 0 ? made : size;
}

size_t
LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size,
                          uint8_t *out, size_t most, unsigned seed)
{
    const struct producer_request request = {.parent = (const char *)data,
                                             .size = size,
                                             .other = (const char *)other,
                                             .other_size = other_size,
                                             .most = most,
                                             .seed = seed};

    /* LLVMFuzzerMutate must not be called in here; 0 lets libFuzzer draw again. */
    return session.options.plain ? 0 : next(&request, out);
}
