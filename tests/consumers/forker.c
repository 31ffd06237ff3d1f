// SPDX-License-Identifier: MIT
/*
 * Forks: forker HOW, where HOW is
 *   fork     the child goes on with the SDK, without exec
 *   exec     the child is this program again (`forker plain`)
 *   killed   one child is killed in the middle, the parent and another child go on
 *   many     eight children, each exec'd
 *   daemon   the child closes every descriptor and goes on
 *   plain    no fork
 */
#include "app.h"

#include <signal.h>
#include <sys/wait.h>

static void
on_message(const char *json, const void *user)
{
    (void)user;
    app_back("TIMRecvNewMsgCallback", "j", json);
}

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)user;
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
}

static void
use_sdk(long count)
{
    char request[96];
    unsigned long before = app_count();
    snprintf(request, sizeof request,
             "{\"do\":\"burst\",\"threads\":1,\"count\":%ld,\"bytes\":300,\"wait\":1}", count);
    callExperimentalAPI(request, on_comm, NULL);
    app_wait(before + (unsigned long)count + 1, 20000);
}

static pid_t
child(const char *how, char **argv)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (strcmp(how, "exec") == 0) {
        execl("/proc/self/exe", argv[0], "plain", (char *)NULL);
        _exit(9);
    }
    if (strcmp(how, "daemon") == 0) {
        setsid();
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
    }
    if (strcmp(how, "endless") == 0)
        for (;;)
            use_sdk(100);
    use_sdk(20);
    _exit(0);
}

int
main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "plain";
    int status, bad = 0;
    TIMAddRecvNewMsgCallback(on_message, NULL);
    use_sdk(10);
    if (strcmp(how, "killed") == 0) {
        pid_t victim = child("endless", argv), other = child("fork", argv);
        app_sleep(100);
        kill(victim, SIGKILL);
        waitpid(victim, &status, 0);
        bad += !WIFSIGNALED(status);
        use_sdk(10);
        waitpid(other, &status, 0);
        bad += status != 0;
    } else if (strcmp(how, "many") == 0) {
        for (int i = 0; i < 8; i++)
            child("exec", argv);
        for (int i = 0; i < 8; i++) {
            wait(&status);
            bad += status != 0;
        }
    } else if (strcmp(how, "plain") != 0) {
        waitpid(child(how, argv), &status, 0);
        bad += status != 0;
    }
    use_sdk(10);
    app_say("pid done, bad %d", bad);
    return bad;
}
