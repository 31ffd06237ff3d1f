// SPDX-License-Identifier: MIT
/* A mutator with its arena, and seeds as a fuzzer would have them. */
#ifndef TESTS_UNIT_MUTATE_FIXTURE_H
#define TESTS_UNIT_MUTATE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz/mutate/mutate.h"
#include "fuzz/mutate/operation.h"
#include "traces/jtree.h"

struct rig {
    struct mutate_options options;
    struct mutate_target targets[8];
    struct mutator *mutator;
    struct arena *arena;
    struct fuzz_case c;
    struct mutation_list done;
    char text[1 << 16];
    size_t length;
};

static inline void
rig_target(struct rig *rig, const char *callback, const char *function)
{
    rig->targets[rig->options.ntargets++] =
        (struct mutate_target){api_find(callback), function != NULL ? api_find(function) : NULL};
}

static inline void
rig_start(struct rig *rig)
{
    struct fault fault = {0};
    rig->options.profile.page = true;
    rig->options.targets = rig->targets;
    rig->mutator = mutator_new(&rig->options, &fault);
    if (rig->mutator == NULL)
        fail_msg("%s", fault.text);
    rig->arena = arena_new();
    assert_non_null(rig->arena);
}

/* The usual ones: a list of messages, an answer, an enum with a list, an index with a message. */
static inline struct rig *
rig_new(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig_target(rig, "TIMRecvNewMsgCallback", NULL);
    rig_target(rig, "TIMCommCallback", "TIMConvGetConvList");
    rig_target(rig, "TIMConvEventCallback", NULL);
    rig_target(rig, "TIMMsgElemUploadProgressCallback", NULL);
    return rig;
}

static inline void
rig_free(struct rig *rig)
{
    mutator_free(rig->mutator);
    arena_free(rig->arena);
    free(rig);
}

static inline void
rig_clear(struct rig *rig)
{
    arena_reset(rig->arena);
    rig->c = (struct fuzz_case){0};
}

static inline void
rig_read(struct rig *rig, const char *text)
{
    struct fault fault = {0};
    rig_clear(rig);
    if (case_read(&rig->c, rig->arena, text, strlen(text), &fault) != 0)
        fail_msg("%s", fault.text);
}

static inline const char *
rig_write(struct rig *rig)
{
    rig->length = case_write(&rig->c, rig->arena, rig->text, sizeof rig->text - 1);
    assert_true(rig->length > 0);
    rig->text[rig->length] = '\0';
    return rig->text;
}

static const char *const rig_seeds[] = {
    "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":[{\"message_elem_"
    "array\":[{\"elem_"
    "type\":0,\"text_elem_content\":\"hello\"}],\"message_conv_id\":\"user1\",\"message_offline_push_"
    "config\":{},\"message_conv_type\":1,"
    "\"message_seq\":7,"
    "\"message_unique_id\":144115233874815003},{\"message_elem_array\":[],\"message_conv_id\":\"user2\"}]}}}"
    "\n",
    "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\",\"args\":{\"code\":0,\"desc\":\"\","
    "\"json_params\":"
    "{\"$json\":[{\"conv_id\":\"user1\",\"conv_type\":1,\"conv_unread_num\":3}]}}}\n",
    "{\"callback\":\"TIMConvEventCallback\",\"args\":{\"conv_event\":0,\"json_conv_array\":{\"$json\":[{"
    "\"conv_id\":"
    "\"user1\",\"conv_type\":1}]}}}\n"
    "{\"callback\":\"TIMMsgElemUploadProgressCallback\",\"args\":{\"json_msg\":{\"$json\":{\"message_elem_"
    "array\":[{"
    "\"elem_type\":4,\"file_elem_file_size\":9}],\"message_seq\":7}},\"index\":0,\"cur_size\":1,\"total_"
    "size\":9}}\n",
};
#define RIG_SEEDS (sizeof rig_seeds / sizeof *rig_seeds)

#endif
