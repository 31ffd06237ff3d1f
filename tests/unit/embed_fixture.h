// SPDX-License-Identifier: MIT
/* What the tests of timtape/replay.h share: opening, binding, and handlers that note what they were given. */
#ifndef EMBED_FIXTURE_H
#define EMBED_FIXTURE_H

#include "tape_fixture.h"

#include "replay/embed/replay.h"

#define CHAT "traces/samples/chat.ndjson"

static char error[512];

static struct timtape_replay *
opened(const char *name)
{
    struct timtape_replay *replay = timtape_replay_open(name, error, sizeof error);
    if (replay == NULL)
        fail_msg("%s", error);
    return replay;
}

static void
bind(struct timtape_replay *replay, const char *name, timtape_function handler, const void *user)
{
    if (timtape_replay_bind(replay, name, handler, user) != 0)
        fail_msg("%s", timtape_replay_error(replay));
}

static void
error_says(const struct timtape_replay *replay, const char *words_)
{
    if (strstr(timtape_replay_error(replay), words_) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", timtape_replay_error(replay), words_);
}

/* What the handlers of these tests note. */
static struct {
    int times, code;
    bool null, empty;
    char text[4096], desc[64];
    const void *user;
    struct timtape_replay *replay;
} got;

static void
note(const char *json, const void *user)
{
    got.times++;
    got.user = user;
    got.null = json == NULL;
    got.empty = json != NULL && *json == '\0';
    snprintf(got.text, sizeof got.text, "%s", json != NULL ? json : "(null)");
}

static void
on_message(const char *json, const void *user)
{
    note(json, user);
}

static void
put_message(struct tape_writer *tape, uint64_t seq, struct tape_value value)
{
    struct tape_event e = event(seq, "TIMRecvNewMsgCallback");

    e.args[0] = value;
    put(tape, &e);
}

#endif
