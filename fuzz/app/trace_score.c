// SPDX-License-Identifier: MIT
/* What is laid out, in the words of a tape's reader; so a score is made of it as of a tape. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/app/trace_lay.h"

static int
row_value(const struct case_value *from, unsigned type, struct tape_value *value)
{
    *value = (struct tape_value){.type = TAPE_ABSENT};
    switch (type) {
    case API_STR:
    case API_OUT:
        if (from->kind == CASE_TREE && from->bytes == NULL)
            return -1;
        value->type = TAPE_NULL;
        if (from->kind == CASE_TEXT || from->kind == CASE_TREE)
            *value = (struct tape_value){
                .type = TAPE_TEXT, .text = from->bytes, .bytes = strnlen(from->bytes, from->count)};
        return 0;
    case API_FN:
    case API_USER:
    case API_VOID:
        return 0;
    case API_I32:
        *value = (struct tape_value){.type = TAPE_INT, .i = (int32_t)from->number};
        break;
    case API_I64:
        *value = (struct tape_value){.type = TAPE_INT, .i = from->number};
        break;
    case API_U32:
        *value = (struct tape_value){.type = TAPE_UINT, .u = (uint32_t)from->number};
        break;
    case API_BOOL:
        *value = (struct tape_value){.type = TAPE_UINT, .u = from->number != 0};
        break;
    default:
        *value = (struct tape_value){.type = TAPE_UINT, .u = (uint64_t)from->number};
        break;
    }
    if (from->kind != CASE_NUMBER)
        value->u = 0;
    return 0;
}

static int
row_callback(const struct trace_lay *lay, const struct lay_row *row, struct tape_event *event,
             struct fault *fault)
{
    const struct trace_step *step = &lay->trace->steps[row->step];
    const struct api_entry *entry = step->event.callback;

    *event = (struct tape_event){
        .name = entry->name, .entry = entry, .is_callback = true, .via = row->via, .nargs = entry->nparams};
    for (unsigned i = 0; i < entry->nparams; i++) {
        if (row_value(&step->event.args[i], entry->params[i].type, &event->args[i]) != 0)
            return fault_set(fault, FAULT_INTERNAL, "%s %s: a payload that was not printed", entry->name,
                             entry->params[i].name);
    }
    return 0;
}

int
lay_event(const struct trace_lay *lay, uint32_t index, struct tape_event *event, struct fault *fault)
{
    const struct lay_row *row = &lay->rows[index];

    if (row->step != TRACE_NONE) {
        if (row_callback(lay, row, event, fault) != 0)
            return -1;
    } else {
        *event = lay->trace->base->events[row->base];
    }
    event->seq = row->seq;
    event->end_seq = row->end_seq;
    event->at_ns = row->at_ns;
    event->took_ns = row->end_seq != 0 ? row->end_ns - row->at_ns : 0;
    event->thread = lay_thread(lay, row->thread).thread;
    event->parent = row->parent == TRACE_NONE ? 0 : lay->rows[row->parent].seq;
    event->parent_is_callback = row->parent != TRACE_NONE && lay->rows[row->parent].step != TRACE_NONE;
    event->cause = row->cause == TRACE_NONE ? 0 : lay->rows[row->cause].seq;
    return 0;
}

struct tape_thread
lay_thread(const struct trace_lay *lay, uint32_t index)
{
    const struct trace_base *base = lay->trace->base;
    struct tape_thread last;

    if (index < base->nthreads)
        return base->threads[index];
    last = base->nthreads > 0 ? base->threads[base->nthreads - 1] : (struct tape_thread){.pid = 1};
    return (struct tape_thread){.thread = last.thread + 1,
                                .pid = base->nthreads > 0 ? base->threads[0].pid : 1,
                                .tid = INT32_MAX,
                                .name = "sdk"};
}

struct tape_process
lay_process(const struct trace_lay *lay, uint32_t index)
{
    struct tape_process process = lay->trace->base->processes[index];

    process.exit_seq = lay->exit_seqs[index];
    return process;
}

/* ---- a score ------------------------------------------------------------------------------------ */

struct reading {
    const struct trace_lay *lay;
    uint32_t process, thread, row;
};

static int
next_process(void *context, struct tape_process *process, struct fault *fault)
{
    struct reading *reading = context;

    (void)fault;
    if (reading->process == reading->lay->trace->base->nprocesses)
        return 0;
    *process = lay_process(reading->lay, reading->process++);
    return 1;
}

static int
next_thread(void *context, struct tape_thread *thread, struct fault *fault)
{
    struct reading *reading = context;

    (void)fault;
    if (reading->thread > reading->lay->trace->base->nthreads)
        return 0;
    *thread = lay_thread(reading->lay, reading->thread++);
    return 1;
}

static int
next_event(void *context, struct tape_event *event, struct fault *fault)
{
    struct reading *reading = context;

    if (reading->row == reading->lay->nrows)
        return 0;
    return lay_event(reading->lay, reading->row++, event, fault) == 0 ? 1 : -1;
}

int
lay_score(const struct trace_lay *lay, const struct score_options *options, struct score_file *file,
          struct fault *fault)
{
    struct reading reading = {.lay = lay};
    struct score_source source = {.process = next_process,
                                  .thread = next_thread,
                                  .event = next_event,
                                  .context = &reading,
                                  .sdk_version = lay->trace->base->sdk_version};

    return score_create_from(file, &source, options, fault);
}
