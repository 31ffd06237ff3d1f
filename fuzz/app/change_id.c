// SPDX-License-Identifier: MIT
/*
 * Identities. Which keys hold ids is told by their names, as the API spells them: what ends in msg_id names a
 * message, in conv_id a conversation, in group_id a group; users have several names. In a chat with one user
 * the conversation has the user's id, so the two kinds may stand for each other.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz/app/change_parts.h"

#define WHO 160

static bool
id_ends(const char *key, size_t bytes, const char *end)
{
    size_t length = strlen(end);

    return bytes >= length && memcmp(key + bytes - length, end, length) == 0;
}

enum change_id_kind
change_id_kind(const char *key, size_t bytes)
{
    static const char *const users[] = {"user_id", "identifier",   "_sender",
                                        "userid",  "_handle_user", "_from_id"};

    if (id_ends(key, bytes, "msg_id"))
        return ID_MESSAGE;
    if (id_ends(key, bytes, "conv_id"))
        return ID_CONVERSATION;
    if (id_ends(key, bytes, "group_id"))
        return ID_GROUP;
    for (unsigned i = 0; i < sizeof users / sizeof users[0]; i++) {
        if (id_ends(key, bytes, users[i]))
            return ID_USER;
    }
    return id_ends(key, bytes, "_id") ? ID_OTHER : ID_NONE;
}

static void
id_note(struct changer *changer, enum change_id_kind kind, const char *text, size_t bytes, uint32_t of)
{
    if (bytes == 0 || changer->nids == CHANGE_IDS)
        return;
    for (unsigned i = 0; i < changer->nids; i++) {
        if (changer->ids[i].kind == kind && changer->ids[i].bytes == bytes &&
            memcmp(changer->ids[i].text, text, bytes) == 0)
            return;
    }
    changer->ids[changer->nids++] = (struct change_id){kind, text, bytes, of};
}

static void
id_scan(struct changer *changer, const struct tape_event *event, uint32_t of)
{
    for (unsigned i = 0; i < event->nargs; i++) {
        const struct tape_value *value = &event->args[i];
        const struct api_param *param = &event->entry->params[i];
        size_t count;

        if (value->type != TAPE_TEXT)
            continue;
        if (param->content != API_JSON) {
            enum change_id_kind kind = change_id_kind(param->name, strlen(param->name));

            if (kind != ID_NONE && value->bytes < 128 && strpbrk(value->text, "\"\\") == NULL)
                id_note(changer, kind, value->text, value->bytes, of);
            continue;
        }
        count = span_fields(value->text, value->bytes, changer->fields, CHANGE_FIELDS);
        for (size_t j = 0; j < count; j++) {
            const struct span_field *field = &changer->fields[j];
            enum change_id_kind kind =
                change_id_kind(value->text + field->key.from, field->key.to - field->key.from);

            if (kind != ID_NONE && field->text && field->value.to - field->value.from < 128)
                id_note(changer, kind, value->text + field->value.from, field->value.to - field->value.from,
                        of);
        }
    }
}

void
change_ids_find(struct changer *changer)
{
    for (uint32_t i = 0; i < changer->base->nevents; i++) {
        if (changer->base->events[i].entry != NULL)
            id_scan(changer, &changer->base->events[i], i);
    }
}

static bool
id_like(enum change_id_kind a, enum change_id_kind b)
{
    return a == b || (a == ID_CONVERSATION && (b == ID_GROUP || b == ID_USER)) ||
           (b == ID_CONVERSATION && (a == ID_GROUP || a == ID_USER));
}

/* An id of such a kind that is not this one: one that was seen, or (once in eight) one that nobody has. */
static bool
id_other(struct change_work *work, enum change_id_kind kind, const char * not, size_t bytes,
         struct change_id *found)
{
    const struct changer *changer = work->changer;
    unsigned count = 0;

    if (random_once_in(&work->random, 8)) {
        char *fresh = arena_take(work->arena, 40);

        if (fresh == NULL)
            return false;
        snprintf(fresh, 40, "fresh-%08x", (unsigned)random_below(&work->random, UINT32_MAX));
        *found = (struct change_id){kind, fresh, strlen(fresh), TRACE_NONE};
        return true;
    }
    /* Every one with the same chance, in one walk. */
    for (unsigned i = 0; i < changer->nids; i++) {
        const struct change_id *id = &changer->ids[i];

        if (!id_like(kind, id->kind) || (id->bytes == bytes && memcmp(id->text, not, bytes) == 0))
            continue;
        if (random_once_in(&work->random, ++count))
            *found = *id;
    }
    return count > 0;
}

/* One of the ids in a payload; false: it has none. */
static bool
id_pick(struct change_work *work, const struct case_value *value, struct span_field *picked,
        enum change_id_kind *kind)
{
    size_t count = span_fields(value->bytes, value->count, work->changer->fields, CHANGE_FIELDS);
    unsigned seen = 0;

    for (size_t i = 0; i < count; i++) {
        const struct span_field *field = &work->changer->fields[i];
        enum change_id_kind is =
            change_id_kind(value->bytes + field->key.from, field->key.to - field->key.from);

        if (is == ID_NONE || !field->text || !random_once_in(&work->random, ++seen))
            continue;
        *picked = *field;
        *kind = is;
    }
    return seen > 0;
}

int
change_id(struct change_work *work)
{
    struct trace_step *step = &work->trace->steps[work->at];
    struct case_value *value = change_payload(step);
    struct span_field field;
    struct change_id other;
    enum change_id_kind kind;
    char who[WHO];

    if (value == NULL || !id_pick(work, value, &field, &kind) ||
        !id_other(work, kind, value->bytes + field.value.from, field.value.to - field.value.from, &other))
        return 0;
    change_say(work, CHANGE_ID, "%s: %.*s is \"%.*s\" (was \"%.*s\")",
               change_who(work->changer, step, who, sizeof who), (int)(field.key.to - field.key.from),
               value->bytes + field.key.from, (int)other.bytes, other.text,
               (int)(field.value.to - field.value.from), value->bytes + field.value.from);
    return change_splice(value, work->arena, field.value, other.text, other.bytes);
}

/* All places of a payload that hold this id. */
static int
id_replace(struct change_work *work, struct case_value *value, enum change_id_kind kind, const char *was,
           size_t bytes, const struct change_id *now)
{
    bool found = true;

    for (unsigned rounds = 0; found && rounds < CHANGE_FIELDS; rounds++) {
        size_t count = span_fields(value->bytes, value->count, work->changer->fields, CHANGE_FIELDS);

        found = false;
        for (size_t i = 0; i < count && !found; i++) {
            struct span_field *field = &work->changer->fields[i];

            if (!field->text || field->value.to - field->value.from != bytes ||
                memcmp(value->bytes + field->value.from, was, bytes) != 0 ||
                !id_like(kind,
                         change_id_kind(value->bytes + field->key.from, field->key.to - field->key.from)))
                continue;
            found = true;
            if (change_splice(value, work->arena, field->value, now->text, now->bytes) < 0)
                return -1;
        }
    }
    return 1;
}

int
change_rename(struct change_work *work)
{
    struct trace_step *step = &work->trace->steps[work->at];
    struct case_value *value = change_payload(step);
    struct span_field field;
    struct change_id other;
    enum change_id_kind kind;
    const char *was;
    size_t bytes;

    if (value == NULL || !id_pick(work, value, &field, &kind))
        return 0;
    was = value->bytes + field.value.from;
    bytes = field.value.to - field.value.from;
    if (bytes == 0 || !id_other(work, kind, was, bytes, &other))
        return 0;
    /* From here on or everywhere: what came before may have been of another one. */
    bool all = random_once_in(&work->random, 2);
    change_say(work, CHANGE_RENAME, "\"%.*s\" is \"%.*s\" %s callback %u", (int)bytes, was, (int)other.bytes,
               other.text, all ? "everywhere, as in" : "from here on:",
               step->of < work->changer->base->nevents ? (unsigned)work->changer->base->events[step->of].seq
                                                       : 0);
    for (uint32_t i = all ? 0 : work->at; i < work->trace->nsteps; i++) {
        struct case_value *payload = change_payload(&work->trace->steps[i]);

        if (payload != NULL && id_replace(work, payload, kind, was, bytes, &other) < 0)
            return -1;
    }
    return 1;
}

bool
change_related(struct changer *changer, const struct trace_step *a, const struct trace_step *b)
{
    struct case_value *first = change_payload((struct trace_step *)a),
                      *second = change_payload((struct trace_step *)b);
    size_t count;

    if (a->cause == b->cause)
        return true;
    count = first == NULL || second == NULL
                ? 0
                : span_fields(first->bytes, first->count, changer->fields, CHANGE_FIELDS);
    for (size_t i = 0; i < count; i++) {
        const struct span_field *field = &changer->fields[i];
        size_t bytes = field->value.to - field->value.from;

        if (field->text && bytes > 0 &&
            change_id_kind(first->bytes + field->key.from, field->key.to - field->key.from) != ID_NONE &&
            memmem(second->bytes, second->count, first->bytes + field->value.from, bytes) != NULL)
            return true;
    }
    return false;
}
