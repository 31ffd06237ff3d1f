// SPDX-License-Identifier: MIT
/*
 * A client for the fuzzer's player: it does what the text of a message says. Registers, logs in, and stays
 * until it is ended. `fragile thread` has a thread of its own before it logs in, `fragile poll` looks every
 * few milliseconds whether there is something to do, `fragile ask` calls once more than fragile.ndjson has
 * it.
 */
#include "app.h"

#include <signal.h>
#include <string.h>
#include <sys/shm.h>

static unsigned char *map; /* as AFL++'s run time would have it */
static volatile int spin, later;

static void
on_login(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)desc;
    (void)json;
    app_say("%s: %d", (const char *)user, code);
    fflush(stdout);
}

static void
have_child(void)
{
    pid_t child = fork();

    while (child == 0)
        pause();
    app_say("child %d of %d of %d", (int)child, (int)getpid(), (int)getppid());
    fflush(stdout);
}

static void
on_messages(const char *json, const void *user)
{
    char id[128] = "";

    (void)user;
    app_say("got %s", json == NULL ? "(null)" : json);
    fflush(stdout);
    if (json == NULL)
        return;
    if (map != NULL)
        map[strlen(json) % 64]++;
    if (strstr(json, "\"die\"") != NULL)
        raise(SIGSEGV);
    if (strstr(json, "\"later\"") != NULL)
        later = 1;
    if (strstr(json, "\"leave\"") != NULL)
        exit(7);
    if (strstr(json, "\"hang\"") != NULL)
        app_sleep(100000);
    while (strstr(json, "\"spin\"") != NULL && spin == 0)
        ;
    if (strstr(json, "\"child\"") != NULL)
        have_child();
    if (strstr(json, "\"send\"") != NULL)
        TIMMsgSendMessage("bob", kTIMConv_C2C, "{}", id, on_login, "sent");
}

static void *
idle(void *data)
{
    while (spin == 0)
        pause();
    return data;
}

int
main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "", *shared = getenv("__AFL_SHM_ID");
    pthread_t thread;

    if (shared != NULL)
        map = shmat(atoi(shared), NULL, 0);
    if (strcmp(word, "thread") == 0)
        pthread_create(&thread, NULL, idle, NULL);
    if (TIMInit(1400000001, "{}") != 0)
        return 1;
    TIMAddRecvNewMsgCallback(on_messages, NULL);
    TIMLogin("alice", "secret", on_login, "login");
    if (strcmp(word, "ask") == 0)
        TIMConvGetConvList(on_login, "list");
    while (!later) {
        if (strcmp(word, "poll") == 0)
            app_sleep(8);
        else
            pause();
    }
    raise(SIGSEGV);
    return 0;
}
