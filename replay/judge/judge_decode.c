// SPDX-License-Identifier: MIT
/* The arguments of a live call, taken from the body of its record. */
#include "replay/judge/judge_decode.h"

#include <stdlib.h>
#include <string.h>

#include "ring/ring.h"

/* What is left of a body while it is taken apart. Bodies come from the app's process: nothing in
 * them is believed. */
struct cursor {
    const uint8_t *at, *end;     /* packed parameters */
    const uint8_t *chunk, *stop; /* texts that were moved ahead: from the end of the parameters */
};

static bool
take_bytes(struct cursor *cursor, void *to, size_t bytes)
{
    if ((size_t)(cursor->end - cursor->at) < bytes)
        return false;
    memcpy(to, cursor->at, bytes);
    cursor->at += bytes;
    return true;
}

static bool
take_text(struct cursor *cursor, struct tape_value *value, char **texts)
{
    uint32_t length;
    uint64_t total;
    const uint8_t **from = &cursor->at;
    const uint8_t *end = cursor->end;
    if (!take_bytes(cursor, &length, sizeof length))
        return false;
    if (length == RING_NONE) {
        value->type = TAPE_NULL;
        return true;
    }
    total = length;
    if (length == RING_CHUNKED) {
        if (!take_bytes(cursor, &total, sizeof total))
            return false;
        from = &cursor->chunk;
        end = cursor->stop;
    }
    if ((uint64_t)(end - *from) < total)
        return false;
    memcpy(*texts, *from, total);
    (*texts)[total] = '\0';
    *from += total;
    value->type = TAPE_TEXT;
    value->text = *texts;
    value->bytes = total;
    *texts += total + 1;
    return true;
}

static bool
take_value(struct cursor *cursor, const struct api_param *param, struct tape_value *value, char **texts)
{
    uint32_t length;
    switch (param->type) {
    case API_I32:
    case API_I64:
        value->type = TAPE_INT;
        return take_bytes(cursor, &value->u, 8);
    case API_U32:
    case API_U64:
    case API_BOOL:
    case API_FN:
        value->type = TAPE_UINT;
        return take_bytes(cursor, &value->u, 8);
    case API_STR:
        return take_text(cursor, value, texts);
    case API_OUT:
        if (!take_bytes(cursor, &length, sizeof length))
            return false;
        value->type = length == RING_NONE ? TAPE_NULL : TAPE_ABSENT;
        return true;
    default:
        value->type = TAPE_ABSENT;
        return true;
    }
}

/* Bytes that the packed parameters of a body take, so that the chunks behind them are found. */
static size_t
packed_bytes(const struct api_entry *entry, const uint8_t *body, size_t bytes)
{
    size_t at = 0;
    for (unsigned i = 0; i < entry->nparams; i++) {
        uint32_t length;
        switch (entry->params[i].type) {
        case API_USER:
        case API_VOID:
            continue;
        case API_STR:
        case API_OUT:
            if (bytes - at < sizeof length)
                return bytes;
            memcpy(&length, body + at, sizeof length);
            at += sizeof length;
            if (length == RING_CHUNKED)
                length = 8;
            if (length == RING_NONE)
                length = 0;
            if (bytes - at < length)
                return bytes;
            at += length;
            continue;
        default:
            if (bytes - at < 8)
                return bytes;
            at += 8;
        }
    }
    return at;
}

bool
judge_decode(struct judge_body body, struct judge_texts *kept, struct tape_event *call)
{
    const struct api_entry *entry = api_entry(body.api);
    if (entry == NULL || body.at == NULL)
        return false;
    size_t need = body.bytes + API_MAX_PARAMS;
    if (need > kept->room) {
        char *texts = realloc(kept->texts, need);
        if (texts == NULL)
            return false;
        kept->texts = texts;
        kept->room = need;
    }
    /* A body is padded to eight bytes, and the chunks were put behind the padding. */
    size_t packed = packed_bytes(entry, body.at, body.bytes);
    size_t padded = (packed + 7) & ~(size_t)7;
    if (padded > body.bytes)
        padded = body.bytes;
    struct cursor cursor = {
        .at = body.at, .end = body.at + packed, .chunk = body.at + padded, .stop = body.at + body.bytes};
    char *texts = kept->texts;
    *call =
        (struct tape_event){.seq = body.seq, .name = entry->name, .entry = entry, .nargs = entry->nparams};
    for (unsigned i = 0; i < entry->nparams && i < API_MAX_PARAMS; i++) {
        if (!take_value(&cursor, &entry->params[i], &call->args[i], &texts))
            return false;
    }
    return true;
}
