// SPDX-License-Identifier: MIT
/* Listeners, the logic thread, and the one place where callbacks leave the test double. */
#include "fakesdk/fake.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fakesdk/note.h"

/* Slots are written seldom and read from signal handlers: two words, a version around them. */
struct cell {
    _Atomic unsigned version;
    void (*_Atomic fn)(void);
    const void *_Atomic user;
};

static struct cell slots[FAKE_LISTENERS];
static struct cell messages[FAKE_MSG_LISTENERS];
static _Atomic unsigned message_count;
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;

struct job {
    struct job *next;
    void (*run)(void *data);
    void *data;
    bool *done;
};
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_work = PTHREAD_COND_INITIALIZER, queue_done = PTHREAD_COND_INITIALIZER;
static struct job *queue_first, **queue_last = &queue_first;
static pid_t queue_owner;

static void
cell_set(struct cell *cell, void (*fn)(void), const void *user)
{
    cell->version++;
    cell->fn = fn;
    cell->user = user;
    cell->version++;
}

static struct fake_slot
cell_get(struct cell *cell)
{
    struct fake_slot slot;
    unsigned before;
    do {
        before = cell->version;
        slot.fn = cell->fn;
        slot.user = cell->user;
    } while (before != cell->version || (before & 1) != 0);
    return slot;
}

struct fake_slot
fake_get(enum fake_listener which)
{
    return cell_get(&slots[which]);
}

unsigned
fake_messages(struct fake_slot list[FAKE_MSG_LISTENERS])
{
    unsigned count = message_count;
    for (unsigned i = 0; i < count; i++)
        list[i] = cell_get(&messages[i]);
    return count;
}

void fake_set(enum fake_listener which, void (*fn)(void), const void *user);
void fake_add_message(void (*fn)(void), const void *user);
void fake_remove_message(void (*fn)(void));

void
fake_set(enum fake_listener which, void (*fn)(void), const void *user)
{
    pthread_mutex_lock(&registry);
    cell_set(&slots[which], fn, user);
    pthread_mutex_unlock(&registry);
}

void
fake_add_message(void (*fn)(void), const void *user)
{
    pthread_mutex_lock(&registry);
    if (fn != NULL && message_count < FAKE_MSG_LISTENERS) {
        cell_set(&messages[message_count], fn, user);
        message_count++;
    }
    pthread_mutex_unlock(&registry);
}

/* The first registration of that pointer goes; a second one of the same pointer stays. */
void
fake_remove_message(void (*fn)(void))
{
    pthread_mutex_lock(&registry);
    unsigned count = message_count;
    for (unsigned i = 0; i < count; i++) {
        if (messages[i].fn != fn)
            continue;
        for (unsigned k = i + 1; k < count; k++)
            cell_set(&messages[k - 1], messages[k].fn, messages[k].user);
        message_count = count - 1;
        break;
    }
    pthread_mutex_unlock(&registry);
}

void
fake_note(const char *name, const char *json)
{
    static const char *prefix;
    static bool asked;
    if (!asked) {
        prefix = getenv("FAKESDK_LOG");
        asked = true;
    }
    note_add(prefix, name, json);
}

void
fake_send_comm(fake_comm *fn, const void *user, int32_t code, const char *desc, const char *json)
{
    if (fn == NULL)
        return;
    fake_note("TIMCommCallback", json);
    fn(code, desc, json, user);
}

/* Called through the list as it was: a listener may remove itself or another meanwhile. */
void
fake_send_message(const char *json)
{
    struct fake_slot list[FAKE_MSG_LISTENERS];
    unsigned count = fake_messages(list);
    for (unsigned i = 0; i < count; i++) {
        fake_note("TIMRecvNewMsgCallback", json);
        ((fake_text *)list[i].fn)(json, list[i].user);
    }
}

void
fake_send_conv(int event, const char *json)
{
    struct fake_slot slot = fake_get(FAKE_CONV);
    if (slot.fn == NULL)
        return;
    fake_note("TIMConvEventCallback", json);
    ((fake_conv *)slot.fn)(event, json, slot.user);
}

void
fake_send_upload(const char *json, uint32_t index, uint32_t now, uint32_t total)
{
    struct fake_slot slot = fake_get(FAKE_UPLOAD);
    if (slot.fn == NULL)
        return;
    fake_note("TIMMsgElemUploadProgressCallback", json);
    ((fake_upload *)slot.fn)(json, index, now, total, slot.user);
}

void
fake_send_kicked(void)
{
    struct fake_slot slot = fake_get(FAKE_KICKED);
    if (slot.fn == NULL)
        return;
    fake_note("TIMKickedOfflineCallback", NULL);
    ((fake_plain *)slot.fn)(slot.user);
}

static void
send_text(enum fake_listener which, const char *name, const char *json)
{
    struct fake_slot slot = fake_get(which);
    if (slot.fn == NULL)
        return;
    fake_note(name, json);
    ((fake_text *)slot.fn)(json, slot.user);
}

void
fake_send_other(unsigned round)
{
    struct fake_slot slot;
    fake_send_kicked();
    fake_send_conv((int)(round % 5), round % 3 == 0 ? "" : "[{\"conv_id\":\"user2\",\"conv_type\":1}]");
    send_text(FAKE_RECEIPT, "TIMMsgReadedReceiptCallback", "[{\"msg_receipt_conv_id\":\"user2\"}]");
    send_text(FAKE_REVOKE, "TIMMsgRevokeCallback", "[{\"message_locator_seq\":18446744073709551615}]");
    send_text(FAKE_TIPS, "TIMGroupTipsEventCallback", "{\"group_tips_elem_time\":0}");
    send_text(FAKE_UPDATE, "TIMMsgUpdateCallback", "[]");
    fake_send_upload("{\"message_elem_array\":[]}", 4294967295u - round, round, 1000);
    if ((slot = fake_get(FAKE_STATUS)).fn != NULL) {
        fake_note("TIMNetworkStatusListenerCallback", NULL);
        ((fake_status *)slot.fn)((int)(round % 4), -(int32_t)round, "no route", slot.user);
    }
    if ((slot = fake_get(FAKE_EXPIRED)).fn != NULL) {
        fake_note("TIMUserSigExpiredCallback", NULL);
        ((fake_plain *)slot.fn)(slot.user);
    }
    if ((slot = fake_get(FAKE_LOG)).fn != NULL) {
        fake_note("TIMLogCallback", NULL);
        ((fake_log *)slot.fn)(3, "a line of log\n", slot.user);
    }
    if ((slot = fake_get(FAKE_DELETED)).fn != NULL) {
        fake_note("TIMConvConversationsDeletedFromGroupCallback", "[\"c2c_user2\"]");
#ifdef FAKE_OLD
        ((fake_deleted_old *)slot.fn)("friends", "[\"c2c_user2\"]", slot.user);
#else
        ((fake_deleted *)slot.fn)("friends", "[\"c2c_user2\"]", 2, slot.user);
#endif
    }
    if ((slot = fake_get(FAKE_PINNED)).fn != NULL) {
        fake_note("TIMMsgGroupPinnedMessageChangedCallback", "{\"message_seq\":7}");
        ((fake_pinned *)slot.fn)("g1", "{\"message_seq\":7}", round % 2 == 0, NULL, slot.user);
    }
    if ((slot = fake_get(FAKE_COUNTER)).fn != NULL) {
        fake_note("TIMGroupCounterChangedCallback", NULL);
        ((fake_counter *)slot.fn)("g1", "likes", INT64_MIN + round, slot.user);
    }
}

static void *
logic(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&queue_lock);
    for (;;) {
        while (queue_first == NULL)
            pthread_cond_wait(&queue_work, &queue_lock);
        struct job *job = queue_first;
        if ((queue_first = job->next) == NULL)
            queue_last = &queue_first;
        pthread_mutex_unlock(&queue_lock);
        job->run(job->data);
        pthread_mutex_lock(&queue_lock);
        if (job->done != NULL) {
            *job->done = true;
            pthread_cond_broadcast(&queue_done);
        }
        free(job);
    }
    return NULL;
}

void
fake_later(void (*run)(void *data), void *data, bool wait)
{
    bool done = false;
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return;
    job->run = run;
    job->data = data;
    job->done = wait ? &done : NULL;
    pthread_mutex_lock(&queue_lock);
    if (queue_owner != getpid()) {
        pthread_t thread;
        queue_owner = getpid();
        pthread_create(&thread, NULL, logic, NULL);
        pthread_detach(thread);
    }
    *queue_last = job;
    queue_last = &job->next;
    pthread_cond_signal(&queue_work);
    while (wait && !done)
        pthread_cond_wait(&queue_done, &queue_lock);
    pthread_mutex_unlock(&queue_lock);
}

struct completion {
    fake_comm *fn;
    const void *user;
    int32_t code;
    char *desc, *json;
};

static void
complete(void *data)
{
    struct completion *it = data;
    fake_send_comm(it->fn, it->user, it->code, it->desc, it->json);
    free(it->desc);
    free(it->json);
    free(it);
}

void
fake_complete(fake_comm *fn, const void *user, int32_t code, const char *desc, const char *json, bool wait)
{
    struct completion *it = calloc(1, sizeof *it);
    if (it == NULL)
        return;
    it->fn = fn;
    it->user = user;
    it->code = code;
    it->desc = desc == NULL ? NULL : strdup(desc);
    it->json = json == NULL ? NULL : strdup(json);
    fake_later(complete, it, wait);
}
