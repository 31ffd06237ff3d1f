// SPDX-License-Identifier: MIT
/* `make bench`: runs the selected measurements (BENCH=ring,drain,...; all when unset). */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

static const struct {
    const char *name;
    void (*run)(struct bench *bench);
} parts[] = {
    {"ring", bench_ring},   {"peers", bench_peers},       {"pace", bench_pace},
    {"drain", bench_drain}, {"syscalls", bench_syscalls}, {"replay", bench_replay},
    {"speed", bench_speed}, {"startup", bench_startup},   {"memory", bench_memory},
};
#define PARTS (sizeof parts / sizeof *parts)

static bool
selected(const char *list, const char *name)
{
    size_t length = strlen(name);
    if (list == NULL || *list == '\0' || strcmp(list, "all") == 0)
        return true;
    for (const char *at = list; *at != '\0'; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == length && strncmp(at, name, length) == 0)
            return true;
    return false;
}

static int
check_list(const char *list)
{
    for (const char *at = list; at != NULL && *at != '\0'; at += strcspn(at, ","), at += *at == ',') {
        char name[32];
        bool known = false;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ","), at);
        for (size_t i = 0; i < PARTS; i++)
            known |= strcmp(parts[i].name, name) == 0;
        if (!known && strcmp(name, "all") != 0) {
            fprintf(stderr, "bench: no measurement is called %s; there are:", name);
            for (size_t i = 0; i < PARTS; i++)
                fprintf(stderr, " %s", parts[i].name);
            fprintf(stderr, "\n");
            return -1;
        }
    }
    return 0;
}

static void
first_line(const char *path, const char *key, char *text, size_t bytes)
{
    char line[512];
    FILE *in = fopen(path, "re");
    text[0] = '\0';
    while (in != NULL && fgets(line, sizeof line, in) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            const char *value = strchr(line, ':');
            snprintf(text, bytes, "%.*s", (int)bytes - 1, *key != '\0' && value != NULL ? value + 2 : line);
            text[strcspn(text, "\n")] = '\0';
            break;
        }
    }
    if (in != NULL)
        fclose(in);
}

/* No host name: figures are published. */
static void
describe(struct bench *bench)
{
    char cpu[256], clock[64], load[64];
    struct utsname system_;
    uname(&system_);
    first_line("/proc/cpuinfo", "model name", cpu, sizeof cpu);
    first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", "", clock, sizeof clock);
    first_line("/proc/loadavg", "", load, sizeof load);
    bench->tsc = strcmp(clock, "tsc") == 0;
    printf("machine: %u cores, %s, %s %s, clocksource %s, load %s\n", bench->cores, cpu, system_.sysname,
           system_.release, clock, load);
    if (atof(load) > 0.5 * bench->cores)
        printf("note: the machine is busy; replay and pace figures want it idle\n");
}

int
main(int argc, char **argv)
{
    static struct bench bench;
    char self[BENCH_PATH - 64];
    const char *list = argc > 1 ? argv[1] : getenv("BENCH");
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0 || n >= (ssize_t)sizeof self - 1 || check_list(list) != 0)
        return 64;
    self[n] = '\0';
    *strrchr(self, '/') = '\0'; /* BUILD/bench */
    snprintf(bench.app, sizeof bench.app, "%s/app", self);
    snprintf(bench.sdk, sizeof bench.sdk, "%s/sdk/libImSDK.so", self);
    snprintf(bench.scratch, sizeof bench.scratch, "%s/scratch.%d", self, (int)getpid());
    *strrchr(self, '/') = '\0';
    snprintf(bench.build, sizeof bench.build, "%s", self);
    snprintf(bench.timtape, sizeof bench.timtape, "%s/timtape", self);
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    bench.cores = (unsigned)CPU_COUNT(&set);
    bench.longer = getenv("BENCH_LONG") != NULL && strcmp(getenv("BENCH_LONG"), "1") == 0;
    char command[BENCH_PATH + 32];
    snprintf(command, sizeof command, "mkdir -p '%s'", bench.scratch);
    if (system(command) != 0)
        return 1;
    describe(&bench);
    report_head();
    for (size_t i = 0; i < PARTS; i++)
        if (selected(list, parts[i].name))
            parts[i].run(&bench);
    printf("\n%d bar%s missed, %d failure%s\n", bench.misses, bench.misses == 1 ? "" : "s", bench.failures,
           bench.failures == 1 ? "" : "s");
    snprintf(command, sizeof command, "rm -rf '%s'", bench.scratch);
    if (getenv("BENCH_KEEP") == NULL && system(command) != 0)
        return 1;
    /* A missed bar is a figure, not an error, unless somebody gates on it. */
    bool strict = getenv("BENCH_STRICT") != NULL && strcmp(getenv("BENCH_STRICT"), "1") == 0;
    return bench.failures != 0 || (strict && bench.misses != 0);
}
