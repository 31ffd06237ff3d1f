// SPDX-License-Identifier: MIT
/*
 * User data after its one completion. What the user declares to belong to one completion (timtape_fuzz_users)
 * is handed out as a copy in pages of its own, and nobody may touch these once the completion has returned.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/oracle/inside.h"

/* So many completions back a late use is still known. */
#define KEPT 32

static struct guard {
    char *pages;
    size_t bytes;
    char where[160];
    bool closed;
} guards[KEPT];
static unsigned next;
static struct guard *open_guard;
static struct sigaction before;

static void
on_fault(int number, siginfo_t *info, void *context)
{
    for (unsigned i = 0; i < KEPT; i++) {
        struct guard *guard = &guards[i];
        const char *at = info->si_addr;
        if (guard->closed && at >= guard->pages && at < guard->pages + guard->bytes)
            oracle_violated(
                ORACLE_USER_DATA,
                "%s: its user data is used after the completion has returned; it comes once and the data "
                "is gone with it",
                guard->where);
    }
    if (before.sa_flags & SA_SIGINFO)
        before.sa_sigaction(number, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(number);
    else
        signal(number, SIG_DFL); // happens again at once, and ends the process as it would have
}

/* Late, so that the handlers of the sanitizer and of the engine are those we go back to. */
static void
watch_faults(void)
{
    static bool watched;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    if (!watched)
        sigaction(SIGSEGV, &action, &before);
    watched = true;
}

static bool
one_shot(const struct case_event *event)
{
    return event->function != NULL && event->function->kind == API_ASYNC && !event->function->repeats;
}

void
userdata_before(const struct case_event *event, union api_value *values)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), count, bytes;
    unsigned at = 0;

    while (at < event->callback->nparams && event->callback->params[at].type != API_USER)
        at++;
    if (at == event->callback->nparams || !one_shot(event) || oracle.host->user_bytes == NULL)
        return;
    count = values[at].user != NULL ? oracle.host->user_bytes(values[at].user) : 0;
    if (count == 0)
        return;
    bytes = (count + page - 1) / page * page;
    struct guard *guard = &guards[next++ % KEPT];
    if (guard->pages != NULL)
        munmap(guard->pages, guard->bytes);
    guard->closed = false;
    guard->bytes = bytes;
    guard->pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guard->pages == MAP_FAILED) {
        guard->pages = NULL;
        return;
    }
    watch_faults();
    strncpy(guard->where, oracle_where(event), sizeof guard->where - 1);
    memcpy(guard->pages, values[at].user, count);
    values[at].user = guard->pages;
    open_guard = guard;
}

void
userdata_after(void)
{
    if (open_guard != NULL && mprotect(open_guard->pages, open_guard->bytes, PROT_NONE) == 0)
        open_guard->closed = true;
    open_guard = NULL;
}
