// SPDX-License-Identifier: MIT
/* timtape doctor: what stands between this machine, an app and a recording. */
#include <fcntl.h>
#include <glob.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/verb.h"
#include "cli/way.h"
#include "loader/plan.h"
#include "ring/consumer.h"

/* One finding. */
struct finding {
    const char *what;
    bool good;
    char text[1400];
};

struct findings {
    struct finding list[16];
    unsigned count;
};

static void found(struct findings *findings, const char *what, bool good, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
found(struct findings *findings, const char *what, bool good, const char *format, ...)
{
    va_list arguments;
    if (findings->count == 16)
        return;
    struct finding *finding = &findings->list[findings->count++];
    finding->what = what;
    finding->good = good;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
}

/* ---- the machine ------------------------------------------------------------------------------ */

static bool
look_libraries(struct findings *findings, char *directory, size_t size)
{
    static const char *const files[] = {"audit.so", "preload.so", "libImSDK.so", "standin.so"};
    struct fault fault;
    if (loader_directory(directory, size, &fault) != 0) {
        found(findings, "libraries", false, "%s", fault.text);
        return false;
    }
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[PATH_MAX + 32];
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        if (access(path, R_OK) != 0) {
            found(findings, "libraries", false, "%s is missing; `make` builds it", path);
            return false;
        }
    }
    found(findings, "libraries", true, "%s", directory);
    return true;
}

/* A ring is made and thrown away again: that says all that can go wrong with one. */
static void
look_ring(struct findings *findings)
{
    struct fault fault;
    char size[32];
    struct ring_options options = {0};
    struct ring_reader *ring = ring_create(&options, &fault);
    if (ring == NULL) {
        found(findings, "rings", false, "%s", fault.text);
        return;
    }
    const struct ring_session *session = ring_header(ring);
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", ring_path(ring));
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    found(findings, "rings", true, "in %s, %s for each of the first threads", folder,
          out_size(size, session->slot_bytes));
    found(findings, "clock", true, "%s",
          session->clock == RING_CLOCK_TSC
              ? "time stamp counter (the kernel trusts it)"
              : "clock_gettime: the kernel does not trust the time stamp counter here");
    ring_close(ring);
    ring_destroy(ring, true);
}

/* Rings of recorders that were killed: their tapes want them, but nobody else removes them. */
static void
look_leftovers(struct findings *findings)
{
    static const char pattern[] = "/dev/shm/timtape-[0-9a-f]*";
    glob_t all = {0};
    uint64_t bytes = 0;
    size_t count = 0, last = 0;
    char size[32];
    if (glob(pattern, 0, NULL, &all) != 0)
        all.gl_pathc = 0;
    for (size_t i = 0; i < all.gl_pathc; i++) {
        struct stat status;
        int fd = open(all.gl_pathv[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
            flock(fd, LOCK_EX | LOCK_NB) == 0) {
            bytes += (uint64_t)status.st_blocks * 512;
            count++;
            last = i;
        }
        if (fd >= 0)
            close(fd);
    }
    if (count > 0)
        found(findings, "leftovers", true,
              "%zu ring%s left behind by killed recorders, %s, such as %s: `timtape recover TAPE` uses and "
              "removes the one of a tape; the others may be deleted",
              count, count == 1 ? "" : "s", out_size(size, bytes), all.gl_pathv[last]);
    globfree(&all);
}

static void
look_system(struct findings *findings)
{
    struct utsname host;
    const char *libc = gnu_get_libc_version();
    uname(&host);
    found(findings, "system", true, "%s %s, %s, glibc %s", host.sysname, host.release, host.machine, libc);
    if (getenv("LD_AUDIT") != NULL)
        found(findings, "LD_AUDIT", true, "set to %s; ours is put in front", getenv("LD_AUDIT"));
    if (getenv("LD_PRELOAD") != NULL)
        found(findings, "LD_PRELOAD", true, "set to %s; ours is put in front", getenv("LD_PRELOAD"));
}

/* ---- the app ---------------------------------------------------------------------------------- */

static int
look_app(struct findings *findings, const char *program, enum loader_way wanted, const char *directory,
         struct fault *fault)
{
    struct loader_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return fault_errno(fault, FAULT_INTERNAL, "doctor");
    if (loader_plan(program, wanted, false, directory, plan, fault) != 0) {
        free(plan);
        return -1;
    }
    found(findings, "program", true, "%s", plan->program);
    if (plan->script)
        found(findings, "interpreter", true, "%s (the program is a script)", plan->image);
    if (plan->linked && plan->sdk[0] == '\0')
        found(findings, "SDK", false,
              "linked, but the dynamic linker would not find it; set LD_LIBRARY_PATH to its folder to record "
              "(to "
              "replay it need not exist)");
    found(findings, "way", plan->way != LOADER_IMPOSSIBLE, "%s: %s", loader_way_name(plan->way),
          plan->reason);
    char *rest = NULL;
    for (char *note = strtok_r(plan->notes, "\n", &rest); note != NULL; note = strtok_r(NULL, "\n", &rest))
        found(findings, "note", true, "%s", note);
    free(plan);
    return 0;
}

/* ---- words ------------------------------------------------------------------------------------ */

static int
print(const struct findings *findings, bool json)
{
    bool good = true, colour = out_colour(stdout);
    if (json)
        printf("{\"findings\":[");
    for (unsigned i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];
        good = good && finding->good;
        if (json) {
            printf("%s{\"what\":\"%s\",\"good\":%s,\"text\":", i > 0 ? "," : "", finding->what,
                   finding->good ? "true" : "false");
            out_json_string(stdout, finding->text, strlen(finding->text));
            printf("}");
        } else {
            const char *mark = finding->good ? "ok " : "BAD";
            printf("%s%s%s %-11s ", colour ? (finding->good ? "\033[32m" : "\033[1;31m") : "", mark,
                   colour ? "\033[0m" : "", finding->what);
            out_lines(stdout, finding->text);
            putchar('\n');
        }
    }
    if (json)
        printf("],\"good\":%s}\n", good ? "true" : "false");
    return good ? 0 : 1;
}

static int
doctor_run(int argc, char **argv, struct fault *fault)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"via", required_argument, NULL, 'v'}, {0}};
    struct findings *findings = calloc(1, sizeof *findings);
    static const enum loader_way ways[] = {[RECORDER_VIA_BEST] = LOADER_AUTO,
                                           [RECORDER_VIA_AUDIT] = LOADER_AUDIT,
                                           [RECORDER_VIA_PRELOAD] = LOADER_PRELOAD};
    enum recorder_via via = RECORDER_VIA_BEST;
    char directory[PATH_MAX];
    bool json = false;
    int option, result = -1;
    if (findings == NULL)
        return fault_errno(fault, FAULT_INTERNAL, "doctor");
    while ((option = verb_option(argc, argv, options, fault)) != -1) {
        if (option == VERB_BAD)
            goto done;
        if (option == 'j') {
            json = true;
        } else if (way_via(optarg, &via, fault) != 0) {
            goto done;
        }
    }
    look_system(findings);
    bool libraries = look_libraries(findings, directory, sizeof directory);
    look_ring(findings);
    look_leftovers(findings);
    if (optind < argc && libraries && look_app(findings, argv[optind], ways[via], directory, fault) != 0)
        goto done;
    result = print(findings, json);
done:
    free(findings);
    return result;
}

const struct verb verb_doctor = {
    .name = "doctor",
    .usage = "[--json] [--via WAY] [--] [app]",
    .summary = "say how an app would be recorded, and what stands in the way",
    .help =
        "Looks at this machine and, if one is named, at the app (nothing is started): which of the two ways "
        "to get\n"
        "in front of the SDK is used and why, where the rings go, which clock is taken.\n"
        "\n"
        "The ways: audit is an LD_AUDIT object that gives the app our library instead of the SDK's file,\n"
        "however the app binds it. preload is an LD_PRELOAD library with the SDK's functions and dlsym, for "
        "programs\n"
        "and C libraries that do not get along with the first.\n"
        "\n"
        "  -j, --json      as JSON\n"
        "  -v, --via WAY   as if `record --via WAY` had been asked for\n"
        "\n"
        "Exit status: 0 it should work; 1 something stands in the way; 127 no such program; 126 it cannot be "
        "run.\n",
    .run = doctor_run,
};
