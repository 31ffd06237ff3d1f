// SPDX-License-Identifier: MIT
/* What the inputs of `timtape corpus` hold: tapes, scenarios, cases, bare payloads, folders of those. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/progress.h"
#include "cli/corpus.h"
#include "traces/scenario.h"

#define MOST_BYTES ((off_t)64 << 20) /* of one file that is text */
#define DEEPEST 16

static uint64_t
hash_of(const char *text, size_t bytes)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    return hash;
}

static int
no_memory(struct fault *fault)
{
    return fault_set(fault, FAULT_INTERNAL, "no memory for the corpus");
}

/* The canonical text of a case, as one file. */
static int
add_case(struct corpus *corpus, const struct fuzz_case *c, struct fault *fault)
{
    if (corpus->count == corpus->room) {
        size_t room = corpus->room > 0 ? corpus->room * 2 : 256;
        struct corpus_case *grown = realloc(corpus->cases, room * sizeof *grown);
        if (grown == NULL)
            return no_memory(fault);
        corpus->cases = grown;
        corpus->room = room;
    }
    size_t room = 4096;
    for (size_t i = 0; i < c->count; i++) {
        room += 1024;
        for (unsigned k = 0; k < c->events[i].callback->nparams; k++)
            room += c->events[i].args[k].count * 6;
    }
    char *text = malloc(room);
    size_t bytes = text != NULL ? case_write(c, corpus->arena, text, room) : 0;
    char *fit = bytes > 0 ? realloc(text, bytes) : NULL;
    if (fit == NULL) {
        free(text);
        return no_memory(fault);
    }
    corpus->cases[corpus->count++] =
        (struct corpus_case){.text = fit, .bytes = bytes, .hash = hash_of(fit, bytes)};
    return 0;
}

/* ---- tapes ---- */

struct calls {
    uint64_t *seq;
    const struct api_entry **entry;
    size_t count, room;
};

static int
note_call(struct calls *calls, const struct tape_event *event, struct fault *fault)
{
    if (event->entry == NULL || event->entry->kind != API_ASYNC)
        return 0;
    if (calls->count == calls->room) {
        size_t room = calls->room > 0 ? calls->room * 2 : 256;
        uint64_t *seq = realloc(calls->seq, room * sizeof *seq);
        if (seq != NULL)
            calls->seq = seq;
        const struct api_entry **entry = realloc(calls->entry, room * sizeof *entry);
        if (entry != NULL)
            calls->entry = entry;
        if (seq == NULL || entry == NULL)
            return no_memory(fault);
        calls->room = room;
    }
    calls->seq[calls->count] = event->seq;
    calls->entry[calls->count++] = event->entry;
    return 0;
}

/* Calls come in the order of their numbers. */
static const struct api_entry *
call_of(const struct calls *calls, uint64_t seq)
{
    size_t low = 0, high = calls->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (calls->seq[middle] == seq)
            return calls->entry[middle];
        if (calls->seq[middle] < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void
take_value(struct case_value *value, const struct tape_value *from, struct arena *arena)
{
    *value = (struct case_value){.kind = CASE_ABSENT};
    if (from->type == TAPE_NULL)
        value->kind = CASE_NULL;
    if (from->type == TAPE_INT || from->type == TAPE_UINT) {
        value->kind = CASE_NUMBER;
        value->number = from->type == TAPE_INT ? from->i : (int64_t)from->u;
    }
    if (from->type == TAPE_TEXT) {
        value->kind = CASE_TEXT;
        value->bytes = arena_text(arena, from->text, from->bytes);
        value->count = value->bytes != NULL ? from->bytes : 0;
    }
}

static int
take_event(struct corpus *corpus, struct fuzz_case *c, const struct calls *calls,
           const struct tape_event *event, struct fault *fault)
{
    struct case_event made = {.callback = event->entry};
    if (event->entry == NULL) {
        corpus->unknown++;
        return 0;
    }
    made.function = event->cause != 0 ? call_of(calls, event->cause) : NULL;
    for (unsigned i = 0; i < event->entry->nparams && i < event->nargs; i++) {
        uint8_t type = event->entry->params[i].type;
        if (type != API_FN && type != API_USER)
            take_value(&made.args[i], &event->args[i], corpus->arena);
    }
    if (case_add(c, corpus->arena, &made) != 0)
        return no_memory(fault);
    if (corpus->whole && c->count < CASE_MAX_EVENTS)
        return 0;
    int result = add_case(corpus, c, fault);
    *c = (struct fuzz_case){0};
    arena_reset(corpus->arena);
    return result;
}

static int
add_tape(struct corpus *corpus, struct tape_reader *tape, struct fault *fault)
{
    struct calls calls = {0};
    struct tape_event event;
    struct fuzz_case c = {0};
    int more, result = 0;
    arena_reset(corpus->arena);
    while (result == 0 && (more = tape_next(tape, &event, fault)) != 0) {
        if (more < 0)
            result = -1;
        else if (event.is_callback)
            result = take_event(corpus, &c, &calls, &event, fault);
        else
            result = note_call(&calls, &event, fault);
        progress_tick("events read", event.seq);
    }
    if (result == 0 && c.count > 0)
        result = add_case(corpus, &c, fault);
    free(calls.seq);
    free(calls.entry);
    return result;
}

/* ---- texts ---- */

static char *
read_text(const char *path, size_t *bytes, struct fault *fault)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = NULL;
    *bytes = 0;
    if (fd < 0 || fstat(fd, &status) != 0)
        fault_errno(fault, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN, "%s", path);
    else if (!S_ISREG(status.st_mode))
        fault_set(fault, FAULT_DATA, "%s: neither a file nor a folder", path);
    else if (status.st_size > MOST_BYTES)
        fault_set(fault, FAULT_DATA, "%s: no tape, and too large for a case", path);
    else if ((text = malloc((size_t)status.st_size + 1)) == NULL)
        no_memory(fault);
    while (text != NULL && *bytes < (size_t)status.st_size) {
        ssize_t got = read(fd, text + *bytes, (size_t)status.st_size - *bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        *bytes += (size_t)got;
    }
    if (text != NULL)
        text[*bytes] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

/* The word of a path that ends before `end`; moves `end` to its beginning. */
static void
word_before(const char *path, size_t *end, char *word, size_t room)
{
    size_t last = *end;
    while (last > 0 && path[last - 1] == '/')
        last--;
    size_t first = last;
    while (first > 0 && path[first - 1] != '/')
        first--;
    snprintf(word, room, "%.*s", (int)(last - first), path + first);
    *end = first;
}

/* .../TIMRecvNewMsgCallback/x.json, .../TIMCommCallback/TIMConvGetConvList/x.json: one payload. False: it is
 * not there. */
static bool
payload_case(struct corpus *corpus, const char *path, const char *text, size_t bytes, struct fuzz_case *c)
{
    char word[256];
    size_t end = strlen(path);
    struct case_event event = {0};
    word_before(path, &end, word, sizeof word);
    word_before(path, &end, word, sizeof word);
    event.callback = api_find(word);
    if (event.callback != NULL && event.callback->kind != API_CALLBACK) {
        event.function = event.callback;
        word_before(path, &end, word, sizeof word);
        event.callback = api_find(word);
    }
    if (event.callback == NULL || event.callback->kind != API_CALLBACK)
        return false;
    unsigned params = event.callback->nparams;
    for (unsigned i = 0; i < params; i++) {
        uint8_t type = event.callback->params[i].type;
        struct case_value *value = &event.args[i];
        if (type == API_USER || type == API_FN)
            continue;
        *value = (struct case_value){.kind = type == API_STR ? CASE_TEXT : CASE_NUMBER, .bytes = ""};
        /* The payload, or where there is none, the last text. */
        bool last = type == API_STR && event.callback->payload < 0;
        for (unsigned k = i + 1; last && k < params; k++)
            last = event.callback->params[k].type != API_STR;
        if ((int)i == event.callback->payload || last) {
            value->bytes = arena_text(corpus->arena, text, bytes);
            value->count = bytes;
        }
    }
    return case_add(c, corpus->arena, &event) == 0;
}

static bool
begins_as_scenario(const char *text)
{
    while (*text == '#' || *text == '\n' || *text == '\r' || *text == ' ') {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return strncmp(text, "{\"timtape\"", 10) == 0;
}

static int
add_scenario(struct corpus *corpus, const char *path, struct fault *fault)
{
    char imported[512] = "";
    struct tape_reader *tape = scenario_open(path, NULL, imported, sizeof imported, fault);
    int result = tape != NULL ? add_tape(corpus, tape, fault) : -1;
    tape_close(tape);
    scenario_forget(imported);
    return result;
}

static int
add_text(struct corpus *corpus, const char *path, struct fault *fault)
{
    size_t bytes;
    char *text = read_text(path, &bytes, fault);
    struct fuzz_case c = {0};
    struct fault why;
    int result;
    if (text == NULL)
        return -1;
    arena_reset(corpus->arena);
    if (begins_as_scenario(text)) {
        result = add_scenario(corpus, path, fault);
    } else if (bytes > 0 && case_read(&c, corpus->arena, text, bytes, &why) == 0 && c.count > 0) {
        result = add_case(corpus, &c, fault);
    } else {
        c = (struct fuzz_case){0};
        if (payload_case(corpus, path, text, bytes, &c))
            result = add_case(corpus, &c, fault);
        else if (bytes == 0)
            result = fault_set(fault, FAULT_DATA, "%s: empty", path);
        else
            result = fault_set(fault, FAULT_DATA, "%s: neither a tape nor a case: %s", path, why.text);
    }
    free(text);
    return result;
}

/* ---- files and folders ---- */

static bool
is_database(const char *path)
{
    char magic[16] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd >= 0 ? read(fd, magic, sizeof magic) : -1;
    if (fd >= 0)
        close(fd);
    return got == 16 && memcmp(magic, "SQLite format 3", 16) == 0;
}

static int
add_file(struct corpus *corpus, const char *path, struct fault *fault)
{
    if (coverage_is(path)) {
        if (corpus->covered != NULL)
            return fault_set(fault, FAULT_USAGE, "one coverage file at a time: %s or %s?", corpus->covered,
                             path);
        corpus->covered = path;
        return 0;
    }
    if (!is_database(path))
        return add_text(corpus, path, fault);
    struct tape_reader *tape = tape_open(path, fault);
    int result = tape != NULL ? add_tape(corpus, tape, fault) : -1;
    tape_close(tape);
    return result;
}

static int add_folder(struct corpus *corpus, const char *path, unsigned depth, struct fault *fault);

/* One name of a folder. What is no case there is counted, not refused: folders hold a README, too. */
static int
add_inner(struct corpus *corpus, const char *path, unsigned depth, struct fault *fault)
{
    struct stat status;
    struct fault why = {.kind = FAULT_DATA};
    if (lstat(path, &status) != 0 || (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)))
        return 0;
    if (S_ISDIR(status.st_mode))
        return depth < DEEPEST ? add_folder(corpus, path, depth + 1, fault) : 0;
    if (coverage_is(path) || add_file(corpus, path, &why) == 0)
        return 0;
    if (why.kind != FAULT_DATA) {
        *fault = why;
        return -1;
    }
    if (corpus->foreign++ == 0)
        snprintf(corpus->example, sizeof corpus->example, "%.*s", (int)sizeof corpus->example - 1, why.text);
    return 0;
}

static int
visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int
add_folder(struct corpus *corpus, const char *path, unsigned depth, struct fault *fault)
{
    struct dirent **names;
    int count = scandir(path, &names, visible, by_name);
    int result = 0;
    if (count < 0)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s", path);
    for (int i = 0; i < count; i++) {
        char *inner = NULL;
        if (result == 0 && asprintf(&inner, "%s/%s", path, names[i]->d_name) < 0) {
            inner = NULL;
            result = no_memory(fault);
        }
        if (result == 0)
            result = add_inner(corpus, inner, depth, fault);
        free(inner);
        free(names[i]);
    }
    free(names);
    return result;
}

int
corpus_add(struct corpus *corpus, const char *path, struct fault *fault)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return fault_errno(fault, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN, "%s", path);
    return S_ISDIR(status.st_mode) ? add_folder(corpus, path, 0, fault) : add_file(corpus, path, fault);
}

static int
by_content(const void *a, const void *b)
{
    const struct corpus_case *left = a, *right = b;
    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? -1 : 1;
    return memcmp(left->text, right->text, left->bytes);
}

void
corpus_sort(struct corpus *corpus)
{
    size_t kept = 0;
    if (corpus->count > 0)
        qsort(corpus->cases, corpus->count, sizeof *corpus->cases, by_content);
    for (size_t i = 0; i < corpus->count; i++) {
        if (kept > 0 && by_content(&corpus->cases[kept - 1], &corpus->cases[i]) == 0) {
            free(corpus->cases[i].text);
            corpus->twice++;
        } else {
            corpus->cases[kept++] = corpus->cases[i];
        }
    }
    corpus->count = kept;
}

void
corpus_free(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        free(corpus->cases[i].text);
    free(corpus->cases);
    arena_free(corpus->arena);
}
