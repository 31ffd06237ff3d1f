// SPDX-License-Identifier: MIT
/*
 * Score, last step: the file in shared memory. And what is done to a score from outside while it is
 * played: answering questions, skipping, holding back, ending.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "replay/score/score_clock.h"
#include "replay/score/score_draft.h"
#include "replay/score/score_edge.h"

#define SCORE_STALL_NS 10000000000u
#define SCORE_GRACE_NS 300000000u
#define SCORE_YOUNG 60 /* seconds */

struct part {
    uint64_t *at; /* offset in the header to fill */
    const void *from;
    uint64_t bytes;
};

static uint64_t
score_room(uint64_t *end, uint64_t bytes)
{
    uint64_t at = (*end + 127) & ~(uint64_t)127;

    *end = at + bytes;
    return at;
}

/* Where the file goes: memory if it fits there with room to spare, else a temporary folder. */
static const char *
score_directory(const struct score_options *options, uint64_t bytes)
{
    struct statvfs fs;
    const char *temporary;

    if (options->directory != NULL)
        return options->directory;
    if (statvfs("/dev/shm", &fs) == 0 && access("/dev/shm", W_OK | X_OK) == 0 &&
        (uint64_t)fs.f_bavail * fs.f_frsize / 4 * 3 > bytes)
        return "/dev/shm";
    temporary = getenv("TMPDIR");
    return temporary != NULL && temporary[0] == '/' ? temporary : "/tmp";
}

/* Removes what replays that were killed have left there: nobody holds its lock. */
static void
score_sweep(const char *directory)
{
    static const char name[] = "timtape-score-";
    struct dirent *entry;
    struct stat status;
    time_t now = time(NULL);
    DIR *all = opendir(directory);

    while (all != NULL && (entry = readdir(all)) != NULL) {
        if (strncmp(entry->d_name, name, sizeof name - 1) != 0)
            continue;
        int fd = openat(dirfd(all), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        /* A young one may belong to somebody who has not come to lock it yet. */
        if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
            status.st_mtime < now - SCORE_YOUNG && flock(fd, LOCK_EX | LOCK_NB) == 0)
            unlinkat(dirfd(all), entry->d_name, 0);
        if (fd >= 0)
            close(fd);
    }
    if (all != NULL)
        closedir(all);
}

static int
score_map(struct score_file *file, const struct score_options *options, uint64_t bytes, struct fault *fault)
{
    const char *directory = score_directory(options, bytes);
    int fd, problem;
    void *map;

    /* Fuzzing makes a thousand scores a second: once for each fork server will do. */
    if (!options->free || options->fork != 0)
        score_sweep(directory);
    if ((size_t)snprintf(file->path, sizeof file->path, "%s/timtape-score-XXXXXX", directory) >=
        sizeof file->path) {
        file->path[0] = '\0';
        return fault_set(fault, FAULT_CANNOT_RUN, "%s: the path is too long for the score; set TMPDIR",
                         directory);
    }
    fd = mkostemp(file->path, O_CLOEXEC); /* 0600 */
    if (fd < 0) {
        fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot create the score", directory);
        file->path[0] = '\0';
        return -1;
    }
    file->lock = fd;
    (void)flock(fd, LOCK_EX | LOCK_NB);
    /* Allocated now, so that a full file system is this error and not a SIGBUS in the app. */
    problem = posix_fallocate(fd, 0, (off_t)bytes);
    if (problem != 0) {
        errno = problem;
        fault_errno(fault, FAULT_CANNOT_RUN, "%s: no room for the score (%llu bytes); set TMPDIR", directory,
                    (unsigned long long)bytes);
        return -1;
    }
    map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot map the score", file->path);
    file->score = map;
    file->bytes = bytes;
    return 0;
}

static void
score_firsts(struct score *score)
{
    uint32_t *first = (uint32_t *)((char *)score + score->first_at);
    uint32_t i;

    memset(first, 0xff, API_ENTRIES * sizeof *first);
    for (i = score->events; i-- > 0;) {
        if (score_event(score, i)->api < API_ENTRIES)
            first[score_event(score, i)->api] = i;
    }
}

/* Texts are counted from where they will stand. */
static void
score_relocate(struct score_draft *draft, uint64_t texts_at)
{
    uint32_t i;

    for (i = 0; i < draft->nvalues; i++) {
        if (draft->values[i].bytes != UINT32_MAX)
            draft->values[i].bits += texts_at;
    }
}

static uint64_t
score_patience(const struct score_options *options)
{
    if (options->free)
        return options->patience_ns != 0 ? options->patience_ns : SCORE_PATIENCE_NS;
    switch (options->order) {
    case SCORE_CAUSAL:
        return 0;
    case SCORE_CHAOS:
        return options->patience_ns != 0 ? options->patience_ns : SCORE_PATIENCE_NS;
    default:
        return UINT64_MAX;
    }
}

static uint64_t
score_read(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
score_clock_set(struct score_clock *clock, int64_t wall_ns, uint64_t overslept_ns)
{
    uint64_t now = score_now();

    atomic_store(&clock->now, now);
    atomic_store(&clock->wall_ns,
                 (wall_ns > 0 ? wall_ns : (int64_t)score_read(CLOCK_REALTIME)) - (int64_t)now);
    /* The recorder had the usual slack; a stranger's tape must not stop the clock. */
    if (overslept_ns > SCORE_SLACK_NS + SCORE_WAKE_MOST_NS)
        overslept_ns = SCORE_SLACK_NS + SCORE_WAKE_MOST_NS;
    clock->wake_ns = overslept_ns > SCORE_SLACK_NS ? overslept_ns - SCORE_SLACK_NS : SCORE_WAKE_NS;
    atomic_store(&clock->boot_ns, (int64_t)(score_read(CLOCK_BOOTTIME) - now));
}

static int
score_write(struct score_file *file, struct score_draft *draft, const struct score_options *options,
            const char *version, struct fault *fault)
{
    long page = sysconf(_SC_PAGESIZE);
    struct score head = {.magic = SCORE_MAGIC,
                         .layout = SCORE_LAYOUT,
                         .entries = API_ENTRIES,
                         .processes = draft->nprocesses,
                         .threads = draft->nthreads,
                         .events = draft->nevents,
                         .edges = draft->nedges,
                         .max = options->speed <= 0,
                         .strict = options->strict,
                         .stall_ns = options->stall_ns != 0 ? options->stall_ns : SCORE_STALL_NS,
                         .from = draft->from,
                         .free = options->free,
                         .fork = options->fork == 0 ? SCORE_NONE : score_draft_find(draft, options->fork),
                         .patience_ns = score_patience(options),
                         .grace_ns = options->grace_ns != 0 ? options->grace_ns : SCORE_GRACE_NS};
    size_t version_bytes = version == NULL ? 0 : strlen(version) + 1, i;
    const struct part parts[] = {
        {&head.processes_at, draft->processes, (uint64_t)draft->nprocesses * sizeof *draft->processes},
        {&head.threads_at, draft->threads, (uint64_t)draft->nthreads * sizeof *draft->threads},
        {&head.events_at, draft->events, (uint64_t)draft->nevents * sizeof *draft->events},
        {&head.values_at, draft->values, (uint64_t)draft->nvalues * sizeof *draft->values},
        {&head.edges_at, draft->edges, (uint64_t)draft->nedges * sizeof *draft->edges},
        {&head.first_at, NULL, API_ENTRIES * sizeof(uint32_t)},
        {&head.first_before_at, draft->first_before,
         draft->first_before == NULL ? 0 : ((uint64_t)draft->nedges + 1) * sizeof(uint32_t)},
        {&head.before_at, draft->before, (uint64_t)draft->nbefore * sizeof *draft->before},
        {&head.texts_at, draft->texts, draft->text_bytes},
        {&head.sdk_version, version, version_bytes},
    };
    uint64_t end = sizeof head;
    struct score *score;

    for (i = 0; i < sizeof parts / sizeof parts[0]; i++)
        *parts[i].at = score_room(&end, parts[i].bytes);
    if (version_bytes == 0)
        head.sdk_version = 0;
    if (draft->first_before == NULL)
        head.first_before_at = head.before_at = 0;
    head.fixed = end = (end + (uint64_t)page - 1) / (uint64_t)page * (uint64_t)page;
    score_room(&end, sizeof(struct score_live));
    head.processes_live_at =
        score_room(&end, (uint64_t)draft->nprocesses * sizeof(struct score_process_live));
    head.threads_live_at = score_room(&end, (uint64_t)draft->nthreads * sizeof(struct score_thread_live));
    head.events_live_at = score_room(&end, (uint64_t)draft->nevents * sizeof(struct score_event_live));
    head.edges_live_at = score_room(&end, (uint64_t)draft->nedges * sizeof(uint32_t));
    if (head.patience_ns != UINT64_MAX)
        head.times_live_at = score_room(&end, (uint64_t)draft->nedges * sizeof(int64_t));
    if (options->virtual_time)
        head.clock_at = score_room(&end, sizeof(struct score_clock));
    head.bytes = end;
    score_relocate(draft, head.texts_at);
    if (score_map(file, options, head.bytes, fault) != 0)
        return -1;
    score = file->score;
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].from != NULL && parts[i].bytes > 0)
            memcpy((char *)score + *parts[i].at, parts[i].from, parts[i].bytes);
    }
    *score = head;
    score_firsts(score);
    atomic_store(&score_live(score)->gate, SCORE_NONE);
    for (i = 0; i < draft->nedges; i++) {
        if (!draft->edges[i].counted)
            atomic_store_explicit(score_edge_live(score, (uint32_t)i), SCORE_EDGE_DONE, memory_order_relaxed);
    }
    if (options->virtual_time)
        score_clock_set(score_clock(score), options->wall_ns, options->overslept_ns);
    score_advance(score, score_play_now(score));
    return 0;
}

/* The version of the recorded SDK: what it said of itself, or what the tape's header says. */
static const char *
score_version(const struct score_draft *draft, const struct score_source *source)
{
    return draft->sdk_version != 0 ? draft->texts + draft->sdk_version - 1 : source->sdk_version;
}

/* Off the record calls stay what they are. */
static void
score_count_getters(struct score_draft *draft)
{
    for (uint32_t i = 0; i < draft->nevents; i++) {
        if ((draft->events[i].flags & SCORE_IGNORED) == 0)
            draft->events[i].flags &= (uint8_t)~SCORE_GETTER;
    }
}

int
score_create_from(struct score_file *file, const struct score_source *source,
                  const struct score_options *options, struct fault *fault)
{
    struct score_draft draft = {0};
    int result = -1;

    *file = (struct score_file){0};
    if (score_load(&draft, source, fault) == 0 && score_shape(&draft, fault) == 0 &&
        score_plan(&draft, options, fault) == 0) {
        if (options->strict)
            score_count_getters(&draft);
        result = score_write(file, &draft, options, score_version(&draft, source), fault);
    }
    if (result == 0) {
        file->schedule = draft.schedule;
        file->moves = draft.moves;
        file->nmoves = draft.nmoves;
        draft.schedule = NULL;
        draft.moves = NULL;
    }
    if (result != 0)
        score_destroy(file);
    score_draft_free(&draft);
    return result;
}

void
score_destroy(struct score_file *file)
{
    if (file->score != NULL)
        munmap(file->score, file->bytes);
    if (file->path[0] != '\0') {
        unlink(file->path);
        close(file->lock);
    }
    schedule_free(file->schedule);
    free(file->moves);
    *file = (struct score_file){0};
}

uint64_t
score_play_now(const struct score *score)
{
    return score->clock_at == 0 ? score_now() : atomic_load(&score_clock(score)->now);
}

void
score_begin(struct score *score)
{
    uint64_t now = score_play_now(score);

    atomic_store(&score_live(score)->progress_ns, now);
    atomic_store(&score_live(score)->start_ns, now);
}

uint32_t
score_find(const struct score *score, uint64_t seq)
{
    uint32_t low = 0, high = score->events;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (score_event(score, middle)->seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < score->events && score_event(score, low)->seq == seq ? low : SCORE_NONE;
}

int64_t
score_due(const struct score *score, uint32_t edge)
{
    return score->max || edge >= score->edges ? 0 : score_when(score, edge);
}

void
score_answer(struct score *score, struct score_mail *mail, enum score_mail_answer answer, uint32_t event,
             uint64_t result)
{
    (void)score;
    mail->answer = (uint32_t)answer;
    mail->event = event;
    mail->result = result;
    atomic_store(&mail->state, SCORE_MAIL_ANSWERED);
    score_futex_wake(&mail->state);
}

void
score_wait_bell(struct score *score, uint32_t seen, uint64_t timeout_ns)
{
    score_futex_wait(&score_live(score)->bell, seen, score_now() + timeout_ns);
}

void
score_tend(struct score *score)
{
    struct score_live *live = score_live(score);
    unsigned i;

    for (i = 0; i < SCORE_MAILS; i++) {
        struct score_mail *mail = &live->mail[i];
        uint32_t state = atomic_load(&mail->state);
        uint64_t owner = atomic_load(&mail->owner);

        /* FILLING takes no time; who dies there is rare and costs one slot of many. */
        if ((state == SCORE_MAIL_ASKED || state == SCORE_MAIL_ANSWERED) && owner != 0 &&
            syscall(SYS_tgkill, (pid_t)(owner >> 32), (pid_t)(owner & UINT32_MAX), 0) != 0 && errno == ESRCH)
            atomic_compare_exchange_strong(&mail->state, &state, SCORE_MAIL_FREE);
    }
}

bool
score_skip(struct score *score, uint32_t event)
{
    bool taken = event < score->events && score_take_out(score, event, SCORE_SKIPPED);

    score_advance(score, score_play_now(score));
    return taken;
}

void
score_waive(struct score *score, uint32_t event)
{
    if (event >= score->events)
        return;
    score_let_go(score, event);
    score_advance(score, score_play_now(score));
}

/* Edges of what was begun and will not be ended are let go, too: its process is dead. */
void
score_skip_process(struct score *score, uint32_t process)
{
    uint32_t i;

    for (i = 0; i < score->events; i++) {
        const struct score_event *event = score_event(score, i);
        uint32_t state = SCORE_FREE;

        if (score_thread(score, event->thread)->process != process)
            continue;
        atomic_compare_exchange_strong(&score_event_live(score, i)->state, &state, SCORE_SKIPPED);
        score_done(score, event->enter);
        if (event->leave != SCORE_NONE)
            score_done(score, event->leave);
    }
    score_advance(score, score_play_now(score));
}

/* Wakes whoever may sleep because of one of the flags. */
static void
score_rouse(struct score *score)
{
    struct score_live *live = score_live(score);
    uint32_t at = atomic_load(&live->cursor);
    unsigned i;

    score_futex_wake(&live->gate);
    if (at < score->edges)
        score_edge_wake(score, at, SCORE_EDGE_SLEEPER | SCORE_EDGE_TIMER);
    for (i = 0; i < SCORE_MAILS; i++) {
        if (atomic_load(&live->mail[i].state) == SCORE_MAIL_ASKED)
            score_futex_wake(&live->mail[i].state);
    }
}

void
score_gate(struct score *score, uint32_t edge, int64_t paused_ns)
{
    if (paused_ns > 0)
        atomic_fetch_add(&score_live(score)->slip, paused_ns);
    atomic_store(&score_live(score)->gate, edge);
    score_rouse(score);
}

void
score_abort(struct score *score)
{
    atomic_store(&score_live(score)->abort, 1);
    score_rouse(score);
}

void
score_finish(struct score *score)
{
    atomic_store(&score_live(score)->finished, 1);
    score_rouse(score);
}
