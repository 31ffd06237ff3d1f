// SPDX-License-Identifier: MIT
/*
 * A test double of the SDK: what the real one cannot be made to do without a
 * server. Written by hand from the facts of the API, without timtape's own description,
 * so that a mistake there does not hide itself here.
 *
 * Ordinary functions behave as the real SDK was seen to. Stress comes on request, through
 * callExperimentalAPI with {"do":"NAME",...}; see stress.c. FAKESDK_LOG=PREFIX makes the
 * double note every callback it delivers (note.h).
 */
#ifndef FAKESDK_FAKE_H
#define FAKESDK_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_API __attribute__((visibility("default")))
#define FAKE_MSG_LISTENERS 64

typedef void fake_comm(int32_t code, const char *desc, const char *json, const void *user);
typedef void fake_text(const char *json, const void *user);
typedef void fake_plain(const void *user);
typedef void fake_conv(int event, const char *json, const void *user);
typedef void fake_status(int status, int32_t code, const char *desc, const void *user);
typedef void fake_log(int level, const char *log, const void *user);
typedef void fake_upload(const char *json, uint32_t index, uint32_t now, uint32_t total, const void *user);
typedef void fake_readers(const char *json, uint64_t next, bool finished, const void *user);
typedef void fake_deleted(const char *group, const char *conversations, uint32_t reason, const void *user);
typedef void fake_deleted_old(const char *group, const char *conversations, const void *user);
typedef void fake_pinned(const char *group, const char *json, bool pinned, const char *by, const void *user);
typedef void fake_counter(const char *group, const char *key, int64_t value, const void *user);

/* One registered listener of any type. */
struct fake_slot {
    void (*fn)(void);
    const void *user;
};

enum fake_listener {
    FAKE_CONV,
    FAKE_STATUS,
    FAKE_KICKED,
    FAKE_EXPIRED,
    FAKE_RECEIPT,
    FAKE_REVOKE,
    FAKE_UPLOAD,
    FAKE_TIPS,
    FAKE_LOG,
    FAKE_UPDATE,
    FAKE_DELETED,
    FAKE_PINNED,
    FAKE_COUNTER,
    FAKE_LISTENERS
};

/* A consistent copy of a slot; safe in signal handlers and from any thread. */
struct fake_slot fake_get(enum fake_listener which);
/* Copies the message listeners, in order of registration; returns how many. */
unsigned fake_messages(struct fake_slot list[FAKE_MSG_LISTENERS]);

/* Deliver one callback: note it, then call. A NULL function is skipped. */
void fake_send_comm(fake_comm *fn, const void *user, int32_t code, const char *desc, const char *json);
void fake_send_message(const char *json); /* to every message listener */
void fake_send_conv(int event, const char *json);
void fake_send_upload(const char *json, uint32_t index, uint32_t now, uint32_t total);
void fake_send_kicked(void);
void fake_send_other(unsigned round); /* every other registered listener once, arguments varied by round */
void fake_note(const char *name, const char *json);

/* Runs `job(data)` on the logic thread, in order. `wait`: returns when it has run. */
void fake_later(void (*job)(void *data), void *data, bool wait);
/* Same for the usual job: a completion. desc and json must be static or outlive it (copied). */
void fake_complete(fake_comm *fn, const void *user, int32_t code, const char *desc, const char *json,
                   bool wait);

/* callExperimentalAPI. */
int fake_stress(const char *request, fake_comm *fn, const void *user);

#endif
