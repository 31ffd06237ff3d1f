// SPDX-License-Identifier: MIT
/*
 * What a process printed before it ended: reports of AddressSanitizer, UndefinedBehaviorSanitizer,
 * LeakSanitizer, ThreadSanitizer, MemorySanitizer (of gcc and clang) and libFuzzer, our oracles, libc.
 * Whatever an app prints gets here, so nothing is believed but the shape.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/finding/inside.h"

const char *
finding_line_end(const char *text, const char *end)
{
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    return newline != NULL ? newline : end;
}

void
finding_copy(char *to, size_t room, const char *from, size_t bytes)
{
    size_t used = bytes < room ? bytes : room - 1;
    for (size_t i = 0; i < used; i++)
        to[i] = (unsigned char)from[i] < ' ' || from[i] == 0x7f ? '?' : from[i];
    to[used] = '\0';
}

const char *
finding_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static const char *
find_in(const char *line, const char *stop, const char *word)
{
    return memmem(line, (size_t)(stop - line), word, strlen(word));
}

/* "PATH:LINE[:COLUMN]" that ends at `stop`: its path's end and line. False: it is none. */
static bool
read_place(const char *text, const char *stop, const char **path_end, unsigned *line)
{
    const char *last = stop;
    unsigned long numbers[2] = {0, 0};
    unsigned count = 0;
    while (count < 2) {
        const char *at = last;
        while (at > text && at[-1] >= '0' && at[-1] <= '9')
            at--;
        if (at == last || at == text || at[-1] != ':' || last - at > 9)
            break;
        char digits[12];
        finding_copy(digits, sizeof digits, at, (size_t)(last - at));
        numbers[count++] = strtoul(digits, NULL, 10);
        last = at - 1;
    }
    if (count == 0 || last == text)
        return false;
    *line = (unsigned)numbers[count - 1];
    *path_end = last;
    return true;
}

/* "(MODULE+0xOFFSET)" that ends at `stop`, behind a build id. */
static bool
read_module(const char *text, const char *stop, const char **open, char *module, size_t room,
            uint64_t *offset)
{
    if (stop > text && stop[-1] == ')') {
        const char *build = find_in(text, stop, " (BuildId:");
        if (build != NULL)
            stop = build;
        while (stop > text && stop[-1] == ' ')
            stop--;
    }
    if (stop == text || stop[-1] != ')')
        return false;
    const char *plus = stop - 1;
    while (plus > text && strchr("0123456789abcdefx", plus[-1]) != NULL)
        plus--;
    if (plus == text || plus[-1] != '+' || stop - plus > 20)
        return false;
    plus--;
    const char *begin = plus;
    while (begin > text && begin[-1] != '(')
        begin--;
    if (begin == text || (size_t)(plus - begin) >= room)
        return false;
    char digits[24];
    finding_copy(digits, sizeof digits, plus + 1, (size_t)(stop - 1 - (plus + 1)));
    memcpy(module, begin, (size_t)(plus - begin));
    module[plus - begin] = '\0';
    *offset = strtoull(digits, NULL, 16);
    *open = begin - 1;
    return true;
}

static void
copy_function(struct finding_frame *frame, const char *from, const char *stop)
{
    while (stop > from && stop[-1] == ' ')
        stop--;
    if (stop - from == 6 && memcmp(from, "<null>", 6) == 0)
        return;
    /* Parameters would make names of one function differ between symbolisers. */
    const char *open = memchr(from, '(', (size_t)(stop - from));
    if (open != NULL && open > from && find_in(from, stop, "(anonymous") == NULL)
        stop = open;
    finding_copy(frame->function, sizeof frame->function, from, (size_t)(stop - from));
}

/* What stands behind the address: "in NAME PATH:LINE:COL", "in NAME (MODULE+OFF)", "(MODULE+OFF)", or, of
 * ThreadSanitizer, the same without "in". */
static unsigned
read_frame(const char *text, const char *stop, struct finding_frame *frames, unsigned room)
{
    char module[512];
    const char *open = stop, *path_end;
    uint64_t offset = 0;

    memset(frames, 0, sizeof *frames);
    while (text < stop && *text == ' ')
        text++;
    bool has_module = read_module(text, stop, &open, module, sizeof module, &offset);
    const char *names_end = has_module ? open : stop;
    while (names_end > text && names_end[-1] == ' ')
        names_end--;
    if (names_end - text > 3 && memcmp(text, "in ", 3) == 0)
        text += 3;
    const char *space = names_end;
    while (space > text && space[-1] != ' ')
        space--;
    bool has_place = space > text && read_place(space, names_end, &path_end, &frames->line);
    if (has_place) {
        finding_copy(frames->file, sizeof frames->file, space, (size_t)(path_end - space));
        copy_function(frames, text, space - 1);
    } else if (has_module && symbol_offset(module, offset, frames, room) > 0 && frames->function[0] != '\0') {
        /* Asked again: the file knows more than a run that did not symbolise. */
        return symbol_offset(module, offset, frames, room);
    } else if (space > text && names_end - space == 6 && memcmp(space, "<null>", 6) == 0) {
        copy_function(frames, text, space - 1);
    } else if (names_end > text) {
        copy_function(frames, text, names_end);
    }
    if (has_module) {
        finding_copy(frames->module, sizeof frames->module, finding_base(module),
                     strlen(finding_base(module)));
        frames->offset = offset;
    }
    return has_module || frames->function[0] != '\0' ? 1 : 0;
}

/* "    #12 0x5581 in f x.c:1": what stands behind the address, or NULL. */
static const char *
frame_line(const char *line, const char *stop)
{
    while (line < stop && *line == ' ')
        line++;
    if (line == stop || *line++ != '#' || line == stop || *line < '0' || *line > '9')
        return NULL;
    while (line < stop && *line >= '0' && *line <= '9')
        line++;
    if (line == stop || *line++ != ' ')
        return NULL;
    if (stop - line > 2 && line[0] == '0' && line[1] == 'x') {
        while (line < stop && *line != ' ')
            line++;
    }
    return line;
}

unsigned
report_frames(const char *text, const char *end, struct finding_frame *frames, unsigned room,
              const char **after)
{
    unsigned used = 0, other_lines = 0;
    while (text < end && other_lines < 12) {
        const char *stop = finding_line_end(text, end);
        const char *rest = frame_line(text, stop);
        if (rest == NULL && (used > 0 || find_in(text, stop, "SUMMARY: ") == text))
            break; /* what comes behind belongs to another report */
        if (rest == NULL)
            other_lines++;
        else if (used < room)
            used += read_frame(rest, stop, frames + used, room - used);
        text = stop < end ? stop + 1 : end;
    }
    if (after != NULL)
        *after = text;
    return used;
}

/* The words of a headline up to where its addresses begin. */
static void
headline(struct report *report, enum finding_kind kind, const char *from, const char *stop)
{
    static const char *const ends[] = {" on address", " on unknown", " 0x",        " (pid", " (malloc",
                                       " which",      ": ",          " in thread", " (",    NULL};
    for (unsigned i = 0; ends[i] != NULL; i++) {
        const char *at = find_in(from, stop, ends[i]);
        if (at != NULL)
            stop = at;
    }
    report->kind = kind;
    if (stop - from > 11 && memcmp(from, "attempting ", 11) == 0)
        from += 11;
    if (stop - from == 4 && memcmp(from, "free", 4) == 0)
        from = "bad-free", stop = from + 8;
    finding_copy(report->what, sizeof report->what, from, (size_t)(stop - from));
}

static bool
is_memory(const char *what)
{
    return strstr(what, "out of memory") != NULL || strstr(what, "out-of-memory") != NULL ||
           strstr(what, "rss limit") != NULL || strncmp(what, "requested allocation size", 25) == 0 ||
           strncmp(what, "allocation-size-too-big", 23) == 0 || strncmp(what, "calloc-overflow", 15) == 0;
}

/* How strong a headline is: a report that ends the run is what the run ended of. */
enum rank { RANK_NONE, RANK_LEAK, RANK_SAYS, RANK_ENDS };

static enum rank
sanitizer_line(const char *line, const char *stop, struct report *report)
{
    static const char *const names[] = {
        "AddressSanitizer: ",           "HWAddressSanitizer: ", "MemorySanitizer: ", "ThreadSanitizer: ",
        "UndefinedBehaviorSanitizer: ", "libFuzzer: ",          "LeakSanitizer: ",   NULL};
    if (find_in(line, stop, "SUMMARY") != NULL)
        return RANK_NONE;
    bool error = find_in(line, stop, "ERROR: ") != NULL || find_in(line, stop, "WARNING: ") != NULL;
    for (unsigned i = 0; names[i] != NULL; i++) {
        const char *at = find_in(line, stop, names[i]);
        if (at == NULL)
            continue;
        at += strlen(names[i]);
        if (!error && find_in(at, stop, "rss limit") == NULL)
            return RANK_NONE;
        if (find_in(at, stop, "detected memory leaks") != NULL) {
            static const char leak[] = "leak";
            headline(report, FINDING_LEAK, leak, leak + sizeof leak - 1);
            return RANK_LEAK;
        }
        headline(report, FINDING_SANITIZER, at, stop);
        if (strcmp(names[i], "ThreadSanitizer: ") == 0)
            report->other = stop;
        if (is_memory(report->what))
            report->kind = FINDING_MEMORY;
        else if (strncmp(report->what, "timeout", 7) == 0)
            report->kind = FINDING_HANG;
        else if (strncmp(report->what, "deadly signal", 13) == 0)
            report->kind = FINDING_CRASH;
        else if (strncmp(report->what, "fuzz target exited", 18) == 0)
            report->kind = FINDING_EXIT;
        report->abort = strncmp(report->what, "ABRT", 4) == 0 || report->kind == FINDING_CRASH;
        return report->other != NULL ? RANK_SAYS : RANK_ENDS;
    }
    return RANK_NONE;
}

static enum rank
undefined_line(const char *line, const char *stop, struct report *report)
{
    const char *at = find_in(line, stop, ": runtime error: "), *path_end;
    if (at == NULL)
        return RANK_NONE;
    report->kind = FINDING_SANITIZER;
    const char *words = at + 17, *words_end = stop;
    /* Values and addresses belong to the input, not to the bug. */
    for (const char *scan = words; scan < stop; scan++) {
        if ((*scan >= '0' && *scan <= '9') || *scan == '\'' || *scan == ':' ||
            (*scan == '-' && scan[-1] == ' ')) {
            words_end = scan;
            break;
        }
    }
    static const char *const ends[] = {" of type", " for type", " for object", NULL};
    for (unsigned i = 0; ends[i] != NULL; i++) {
        const char *cut = find_in(words, words_end, ends[i]);
        words_end = cut != NULL ? cut : words_end;
    }
    while (words_end > words && words_end[-1] == ' ')
        words_end--;
    char text[48];
    finding_copy(text, sizeof text, words, (size_t)(words_end - words));
    snprintf(report->what, sizeof report->what, "undefined: %s", text);
    if (read_place(line, at, &path_end, &report->line))
        finding_copy(report->file, sizeof report->file, line, (size_t)(path_end - line));
    return RANK_SAYS;
}

/* "READ of size 8 at ..." of the lines behind the headline; of a signal, what the access was. */
static void
access_line(const char *line, const char *stop, struct report *report)
{
    char more[40] = "";
    size_t used = strlen(report->what);
    if (strstr(report->what, " READ") != NULL || strstr(report->what, " WRITE") != NULL)
        return;
    if (stop - line > 8 && (memcmp(line, "READ of ", 8) == 0 || memcmp(line, "WRITE of", 8) == 0)) {
        const char *at = find_in(line, stop, " at ");
        const char *size = find_in(line, stop, "size ");
        if (size != NULL && at != NULL && at > size)
            snprintf(more, sizeof more, " %s %.*s", line[0] == 'R' ? "READ" : "WRITE",
                     (int)(at - size - 5 > 12 ? 12 : at - size - 5), size + 5);
    } else if (find_in(line, stop, "caused by a READ") != NULL) {
        snprintf(more, sizeof more, " READ");
    } else if (find_in(line, stop, "caused by a WRITE") != NULL) {
        snprintf(more, sizeof more, " WRITE");
    }
    snprintf(report->what + used, sizeof report->what - used, "%.36s", more);
}

/* "timtape: oracle NAME: CALLBACK[:FUNCTION]SENTENCE" */
static void
oracle_line(const char *line, const char *stop, char *name, size_t room, char *callback, size_t callback_room)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    const char *at = find_in(line, stop, "timtape: oracle ");
    if (at == NULL || name[0] != '\0')
        return;
    at += 16;
    const char *colon = memchr(at, ':', (size_t)(stop - at));
    if (colon == NULL)
        return;
    finding_copy(name, room, at, (size_t)(colon - at));
    const char *from = colon + 1 < stop && colon[1] == ' ' ? colon + 2 : stop, *to = from;
    for (unsigned parts = 0; to < stop && (strchr(letters, *to) != NULL || (*to == ':' && parts++ == 0));
         to++)
        ;
    while (to > from && to[-1] == ':')
        to--;
    if (to - from > 3 && memcmp(from, "TIM", 3) == 0)
        finding_copy(callback, callback_room, from, (size_t)(to - from));
}

static void
exception_line(const char *line, const char *stop, char *what, size_t room)
{
    const char *at = find_in(line, stop, "terminate called after throwing an instance of '");
    const char *close = at != NULL ? memchr(at + 48, '\'', (size_t)(stop - at - 48)) : NULL;
    if (close != NULL) {
        char name[40];
        finding_copy(name, sizeof name, at + 48, (size_t)(close - at - 48));
        snprintf(what, room, "exception %s", name);
    } else if (find_in(line, stop, "Assertion `") != NULL && find_in(line, stop, "' failed") != NULL) {
        snprintf(what, room, "assertion");
    }
}

void
report_read(const char *text, const char *end, struct report *report)
{
    enum rank best = RANK_NONE;
    char oracle[48] = "", callback[sizeof report->callback] = "", why[64] = "";
    const char *oracle_at = NULL;
    unsigned since = 0;

    memset(report, 0, sizeof *report);
    for (const char *line = text; line < end;) {
        const char *stop = finding_line_end(line, end);
        struct report one = {0};
        enum rank rank = sanitizer_line(line, stop, &one);
        if (rank == RANK_NONE)
            rank = undefined_line(line, stop, &one);
        if (rank > best) {
            best = rank;
            one.stack = stop < end ? stop + 1 : end;
            *report = one;
            since = 0;
        } else if (best != RANK_NONE && since++ < 4 && rank == RANK_NONE) {
            access_line(line, stop, report);
            if (find_in(line, stop, "points to the zero page") != NULL && strlen(report->what) < 50)
                strcat(report->what, " null");
        }
        if (oracle[0] == '\0') {
            oracle_line(line, stop, oracle, sizeof oracle, callback, sizeof callback);
            oracle_at = stop;
        }
        exception_line(line, stop, why, sizeof why);
        line = stop < end ? stop + 1 : end;
    }
    if (oracle[0] != '\0' && (best <= RANK_LEAK || report->abort)) {
        report->kind = FINDING_ORACLE;
        report->stack = report->stack != NULL ? report->stack : oracle_at;
        snprintf(report->what, sizeof report->what, "%s", oracle);
        memcpy(report->callback, callback, sizeof report->callback);
    } else if (why[0] != '\0' && (best == RANK_NONE || report->abort)) {
        snprintf(report->what, sizeof report->what, "%s", why);
        if (best != RANK_NONE)
            report->kind = FINDING_CRASH;
    }
}
