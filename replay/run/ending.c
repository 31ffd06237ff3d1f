// SPDX-License-Identifier: MIT
#include "replay/run/ending.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define KILL_AFTER_NS 2000000000ull /* between asking the app to end and making it */
#define GIVE_UP_NS 5000000000ull    /* ... and until it is given up as unkillable */

bool
ending_pass(struct ending *ending, struct recorder *recorder, int signal, uint64_t now_ns)
{
    if (ending->since == 0) {
        ending->since = now_ns;
        ending->signal = signal;
        ending->behind = recorder_ended(recorder, NULL);
        ending->reached = recorder_signal(recorder, signal);
    } else if (now_ns > ending->since + KILL_AFTER_NS && !ending->killed) {
        ending->killed = true;
        recorder_signal(recorder, SIGKILL);
    }
    return now_ns < ending->since + GIVE_UP_NS;
}

bool
ending_ours(const struct ending *ending)
{
    return ending->since != 0 && !ending->behind;
}

void
ending_notes(const struct ending *ending, int status, struct verdict *verdict)
{
    char wait[32];
    const char *who = ending->behind ? "a process that the app left behind" : "the app";
    verdict_duration(KILL_AFTER_NS, wait, sizeof wait);
    if (ending->killed)
        verdict_note(verdict, "%s did not end within %s of signal %d (SIG%s) and was killed", who, wait,
                     ending->signal, sigabbrev_np(ending->signal));
    else if (ending_ours(ending) && WIFSIGNALED(status) && judge_is_crash(WTERMSIG(status)))
        verdict_note(verdict, "the app died of signal %d (SIG%s) while it was being ended", WTERMSIG(status),
                     sigabbrev_np(WTERMSIG(status)));
    else if (ending->reached > 0 && ending->behind)
        verdict_note(verdict,
                     "processes that the app left behind were ended: nothing more of them is on the tape");
}
