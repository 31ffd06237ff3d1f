// SPDX-License-Identifier: MIT
/*
 * The edges: what the generated wrappers and trampolines call before and after foreign code. Parameters go
 * straight from the app's memory into the ring, in one pass after their lengths are known.
 */
#include "shim/shim.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "ring/producer.h"
#include "shim/inside.h"

/* Up to here any ring takes a record whole; longer ones have to ask. */
#define SURELY_FITS 3900
/* Room for what is found to mask in one edge; a text beyond that is masked as a whole. Signal stacks are
 * small. */
#define MASKS 3
#define NO_MASK 0xff
#define WHOLE_MASK 0xfe

/* One edge's parameters while they are written. */
struct edge {
    const struct api_entry *entry;
    const union api_value *values;
    uint64_t bytes;                 /* of the body */
    size_t length[API_MAX_PARAMS];  /* of texts, unmasked */
    uint8_t masked[API_MAX_PARAMS]; /* index into mask, or NO_MASK */
    struct mask *mask;              /* only if there are secrets: large, so not always on the stack */
    unsigned masks;
    bool masking; /* `masked` is valid */
};

bool
shim_recording(void)
{
    return ring_producer_attach();
}

static inline void
put32(uint8_t **at, uint32_t value)
{
    memcpy(*at, &value, sizeof value);
    *at += sizeof value;
}

static inline void
put64(uint8_t **at, uint64_t value)
{
    memcpy(*at, &value, sizeof value);
    *at += sizeof value;
}

static inline void
edge_measure(struct edge *edge)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < edge->entry->nparams; i++) {
        switch (edge->entry->params[i].type) {
        case API_STR:
            bytes += sizeof(uint32_t);
            if (edge->values[i].s != NULL)
                bytes += edge->length[i] = strlen(edge->values[i].s);
            break;
        case API_OUT:
            bytes += sizeof(uint32_t);
            break;
        case API_USER:
            break;
        default:
            bytes += sizeof(uint64_t);
        }
    }
    edge->bytes = bytes;
}

static inline void
edge_fill(const struct edge *edge, uint8_t *at)
{
    for (unsigned i = 0; i < edge->entry->nparams; i++) {
        const union api_value *value = &edge->values[i];

        switch (edge->entry->params[i].type) {
        case API_STR:
            if (value->s == NULL) {
                put32(&at, RING_NONE);
            } else if (__builtin_expect(edge->masking, 0) && edge->masked[i] == WHOLE_MASK) {
                put32(&at, sizeof MASK_TEXT - 1);
                memcpy(at, MASK_TEXT, sizeof MASK_TEXT - 1);
                at += sizeof MASK_TEXT - 1;
            } else if (__builtin_expect(edge->masking, 0) && edge->masked[i] != NO_MASK) {
                const struct mask *mask = &edge->mask[edge->masked[i]];
                size_t bytes = mask_bytes(mask, edge->length[i]);

                put32(&at, (uint32_t)bytes);
                mask_write(mask, (char *)at, value->s, edge->length[i]);
                at += bytes;
            } else {
                put32(&at, (uint32_t)edge->length[i]);
                memcpy(at, value->s, edge->length[i]);
                at += edge->length[i];
            }
            break;
        case API_OUT:
            put32(&at, value->out == NULL ? RING_NONE : 0);
            break;
        case API_FN:
            put64(&at, (uintptr_t)value->fn);
            break;
        case API_USER:
            break;
        default:
            put64(&at, value->u);
        }
    }
}

/* Too long for one record, perhaps: in pieces, of which the ring moves the long ones ahead. */
static uint64_t
edge_pieces(struct edge *edge, uint8_t kind, uint8_t flags, uint64_t parent, uint64_t cause)
{
    static const uint32_t empty = 0, none = RING_NONE;
    struct ring_piece pieces[API_MAX_PARAMS];
    unsigned count = 0;

    for (unsigned i = 0; i < edge->entry->nparams; i++) {
        const union api_value *value = &edge->values[i];

        switch (edge->entry->params[i].type) {
        case API_STR:
            /* Secrets in a text of megabytes: not worth finding each. */
            if (edge->masking && edge->masked[i] != NO_MASK)
                pieces[count++] = (struct ring_piece){MASK_TEXT, sizeof MASK_TEXT - 1, true};
            else
                pieces[count++] = (struct ring_piece){value->s, edge->length[i], true};
            break;
        case API_OUT:
            pieces[count++] = (struct ring_piece){value->out == NULL ? &none : &empty, sizeof none, false};
            break;
        case API_USER:
            break;
        default:
            pieces[count++] = (struct ring_piece){value, sizeof value->u, false};
        }
    }
    return ring_put(kind, flags, edge->entry->id, parent, cause, pieces, count);
}

static inline uint64_t
edge_write(struct edge *edge, uint8_t kind, uint8_t flags, uint64_t parent, uint64_t cause)
{
    struct ring_write write;
    uint8_t *body;

    if (__builtin_expect(edge->bytes > SURELY_FITS, 0) && edge->bytes > ring_room())
        return edge_pieces(edge, kind, flags, parent, cause);
    body = ring_begin(&write, edge->bytes);
    if (body == NULL)
        return 0;
    edge_fill(edge, body);
    return ring_commit(&write, kind, flags, edge->entry->id, parent, cause);
}

/* Finds out what to mask; `masks` has room for MASKS. `result`: the payload belongs to a call whose results
 * hold secrets. */
static void
edge_mask(struct edge *edge, struct mask *masks, bool result, bool log)
{
    struct mask spare;

    edge->mask = masks;
    edge->masking = true;
    memset(edge->masked, NO_MASK, sizeof edge->masked);
    for (unsigned i = 0; i < edge->entry->nparams; i++) {
        const struct api_param *param = &edge->entry->params[i];
        const char *text = edge->values[i].s;
        struct mask *mask = edge->masks < MASKS ? &masks[edge->masks] : &spare;
        size_t bytes = edge->length[i];

        if (param->type != API_STR || text == NULL)
            continue;
        mask->count = 0;
        if (param->secret) {
            mask_whole(mask, text, bytes);
            if (bytes > 0)
                secret_remember(text, bytes);
        } else if (param->secret_inside || (result && i == (unsigned)edge->entry->payload)) {
            mask_json(mask, text, bytes);
        } else if (log) {
            mask_known(mask, text, bytes);
        }
        if (mask->count == 0)
            continue;
        if (mask == &spare) {
            edge->bytes = edge->bytes - bytes + sizeof MASK_TEXT - 1;
            edge->masked[i] = WHOLE_MASK;
        } else {
            edge->bytes = edge->bytes - bytes + mask_bytes(mask, bytes);
            edge->masked[i] = (uint8_t)edge->masks++;
        }
    }
}

static __attribute__((noinline)) uint64_t
edge_write_masked(struct edge *edge, uint8_t kind, uint8_t flags, uint64_t parent, uint64_t cause,
                  bool result, bool log)
{
    struct mask masks[MASKS];

    edge_mask(edge, masks, result, log);
    return edge_write(edge, kind, flags, parent, cause);
}

static inline bool
has_secrets(const struct api_entry *entry)
{
    for (unsigned i = 0; i < entry->nparams; i++)
        if (entry->params[i].secret || entry->params[i].secret_inside)
            return true;
    return false;
}

/* Not an initialiser: that would clear the arrays, too. */
static inline void
edge_begin(struct edge *edge, const struct api_entry *entry, const union api_value *values)
{
    edge->entry = entry;
    edge->values = values;
    edge->masks = 0;
    edge->masking = false;
    edge_measure(edge);
}

/* Trampolines and context for the callbacks among `values`, or nothing changed. */
static void
swap_callbacks(struct shim_call *call, const struct api_entry *entry, union api_value *values)
{
    struct shim_context *context = NULL;
    unsigned which = 0;

    for (unsigned i = 0; i < entry->nparams; i++) {
        const struct api_param *param = &entry->params[i];

        if (param->type != API_FN || which == 2)
            continue;
        if (entry->kind == API_UNREGISTER) {
            if (values[i].fn != NULL)
                values[i].fn = listener_remove((uint16_t)param->callback, values[i].fn);
            continue;
        }
        if (values[i].fn != NULL) {
            void (*trampoline)(void) = NULL;

            if (context == NULL)
                context = context_new(entry->id);
            if (context != NULL)
                trampoline =
                    entry->list ? listener_add((uint16_t)param->callback, values[i].fn)
                                : shim_trampoline(shim_signature(api_entries[param->callback].newest), which);
            if (trampoline == NULL) {
                /* The app gets its callbacks straight from the SDK, unrecorded. */
                if (context != NULL)
                    context_retire(context);
                if (ring_producer_session() != NULL)
                    atomic_fetch_add(&ring_producer_session()->unrecorded, 1);
                return;
            }
            context->fn[which] = values[i].fn;
            if (entry->kind == API_ASYNC && !entry->repeats)
                context->wanted |= (uint8_t)(1u << which);
            values[i].fn = trampoline;
        }
        which++;
    }
    if (context == NULL)
        return;
    context->cause = call->seq;
    for (unsigned i = 0; i < entry->nparams; i++)
        if (entry->params[i].type == API_USER) {
            context->user = values[i].user;
            values[i].user = context;
        }
    call->context = context;
}

void
shim_call_enter(struct shim_call *call, uint16_t api, union api_value *values)
{
    const struct api_entry *entry = api_entry(api);
    struct edge edge;
    uint64_t parent;

    exit_watch();
    call->api = api;
    call->context = NULL;
    call->returned = false;
    edge_begin(&edge, entry, values);
    parent = frames_enter(call);
    if (has_secrets(entry))
        call->seq = edge_write_masked(&edge, RING_CALL_ENTER, 0, parent, 0, false, false);
    else
        call->seq = edge_write(&edge, RING_CALL_ENTER, 0, parent, 0);
    call->attach = ring_producer_attachment();
    frames_number(call);
    swap_callbacks(call, entry, values);
}

/* An SDK that answers 0 may still leave the buffer as it was, without an end: what has none in the documented
 * size is no text. */
static size_t
out_length(const char *out, size_t size)
{
    size_t length = out != NULL ? strnlen(out, size) : 0;

    return length < size ? length : 0;
}

static void
leave_write(const struct shim_call *call, const struct api_entry *entry, const union api_value *values,
            union api_value result)
{
    struct ring_piece pieces[1 + API_MAX_PARAMS];
    unsigned count = 0;
    bool text = entry->returns == API_STR || entry->returns == API_OUT;

    if (text)
        pieces[count++] = (struct ring_piece){result.s, result.s != NULL ? strlen(result.s) : 0, true};
    else if (entry->returns != API_VOID)
        pieces[count++] = (struct ring_piece){&result, sizeof result.u, false};
    for (unsigned i = 0; i < entry->nparams; i++) {
        const char *out = values[i].out;

        if (entry->params[i].type == API_OUT)
            pieces[count++] = (struct ring_piece){
                out, call->returned ? out_length(out, entry->params[i].out_bytes) : 0, true};
    }
    ring_put(RING_CALL_LEAVE, call->returned ? 0 : RING_THREW, entry->id, call->seq, 0, pieces, count);
}

void
shim_call_leave(struct shim_call *call, const union api_value *values, union api_value result)
{
    const struct api_entry *entry = api_entry(call->api);
    struct shim_context *context = call->context;
    int saved = errno;

    frames_pop(call);
    /* "any other value means that no callback comes": only then nobody will end this context. */
    if (context != NULL && context->wanted != 0 && call->returned && entry->returns == API_I32 &&
        result.i != 0 && atomic_exchange(&context->fired, context->wanted) == 0)
        context_retire(context);
    /* In a forked copy of this frame there is no such call. */
    if (call->seq != 0 && call->attach == ring_producer_attachment())
        leave_write(call, entry, values, result);
    behind_announce();
    errno = saved;
}

void
shim_back_enter(struct shim_call *call, uint16_t api, const struct shim_context *context, unsigned which,
                const union api_value *values)
{
    const struct api_entry *entry = api_entry(api);
    struct edge edge;
    uint8_t flags = which != 0 ? RING_SECOND : 0;
    bool result = context != NULL && api_entries[context->api].result_secret && entry->payload >= 0;
    bool log = mask_log(entry);
    uint64_t parent, cause = context != NULL ? context->cause : 0;

    call->api = api;
    call->context = (struct shim_context *)(uintptr_t)context;
    call->returned = false;
    call->which = (uint8_t)which;
    edge_begin(&edge, entry, values);
    parent = frames_enter(call);
    if (__builtin_expect(result || log, 0))
        call->seq = edge_write_masked(&edge, RING_BACK_ENTER, flags, parent, cause, result, log);
    else
        call->seq = edge_write(&edge, RING_BACK_ENTER, flags, parent, cause);
    call->attach = ring_producer_attachment();
    frames_number(call);
}

/* A one-shot context is done once every callback it waits for has come. */
static inline void
context_fired(struct shim_context *context, unsigned which)
{
    uint8_t bit = (uint8_t)(1u << which), before;

    if (context == NULL || context->wanted == 0)
        return;
    before = atomic_fetch_or_explicit(&context->fired, bit, memory_order_acq_rel);
    if ((before | bit) == context->wanted && before != context->wanted)
        context_retire(context);
}

void
shim_back_leave(struct shim_call *call)
{
    frames_pop(call);
    if (call->seq != 0 && call->attach == ring_producer_attachment()) {
        struct ring_write write;

        if (ring_begin(&write, 0) != NULL)
            ring_commit(&write, RING_BACK_LEAVE, call->returned ? 0 : RING_THREW, call->api, call->seq, 0);
    }
    context_fired(call->context, call->which);
}
