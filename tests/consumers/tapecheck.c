// SPDX-License-Identifier: MIT
/*
 * Compares a tape with what somebody else saw, by the tape's public views alone:
 *   tapecheck exact TAPE PREFIX    per thread, the notes (note.h) and the tape's callbacks are the same
 *   tapecheck covers TAPE PREFIX   per thread, the notes are the beginning of the tape's callbacks
 *   tapecheck lines TAPE           prints every callback as the apps print it (app.h), in tape order
 * Status 0 and a line of counts, or 1 and what differs.
 */
#include "app.h"

#include <glob.h>
#include <sqlite3.h>

/* The escape {"$bytes":"hex"} of the views, back to bytes; false: ordinary text. */
static bool
unescape(const char *text, int bytes, struct app_text *out)
{
    static const char head[] = "{\"$bytes\":\"";
    int skip = (int)sizeof head - 1;
    if (bytes < skip + 2 || memcmp(text, head, (size_t)skip) != 0 || (bytes - skip) % 2 != 0)
        return false;
    for (int at = skip; at < bytes - 2; at += 2) {
        unsigned value;
        char pair[3] = {text[at], text[at + 1], '\0'}, byte;
        if (strspn(pair, "0123456789abcdefABCDEF") != 2 || sscanf(pair, "%x", &value) != 1)
            return false;
        byte = (char)value;
        app_append(out, &byte, 1);
    }
    return memcmp(text + bytes - 2, "\"}", 2) == 0;
}

static sqlite3_stmt *
prepare(sqlite3 *base, const char *query)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(base, query, -1, &statement, NULL) != SQLITE_OK) {
        printf("%s: %s\n", query, sqlite3_errmsg(base));
        exit(2);
    }
    return statement;
}

/* The notes of one thread, read line by line; *at moves on. */
static bool
next_note(const char **at, char line[160])
{
    size_t length = strcspn(*at, "\n");
    if ((*at)[length] != '\n' || length >= 160)
        return false;
    memcpy(line, *at, length);
    line[length] = '\0';
    *at += length + 1;
    return true;
}

static char *
load(const char *path)
{
    struct app_text text = {0};
    char block[65536];
    size_t count;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NULL;
    while ((count = fread(block, 1, sizeof block, file)) > 0)
        app_append(&text, block, count);
    fclose(file);
    app_append(&text, "", 1);
    return text.text;
}

static int
compare(sqlite3 *base, const char *prefix, bool exact)
{
    glob_t found;
    char pattern[600];
    long files = 0, notes = 0, on_tape = 0;
    int bad = 0;
    snprintf(pattern, sizeof pattern, "%s.*", prefix);
    if (glob(pattern, 0, NULL, &found) != 0) {
        printf("no notes at %s\n", pattern);
        return 1;
    }
    sqlite3_stmt *rows =
        prepare(base, "SELECT callback, json FROM callbacks WHERE thread IN "
                      "(SELECT thread FROM threads WHERE pid = ?1 AND tid = ?2) ORDER BY seq");
    for (size_t i = 0; i < found.gl_pathc; i++, files++) {
        int pid, tid;
        long line_number = 0;
        char wanted[160], got[200];
        const char *tail = found.gl_pathv[i] + strlen(prefix);
        if (sscanf(tail, ".%d.%d", &pid, &tid) != 2)
            continue;
        char *text = load(found.gl_pathv[i]);
        const char *at = text;
        sqlite3_reset(rows);
        sqlite3_bind_int(rows, 1, pid);
        sqlite3_bind_int(rows, 2, tid);
        bool more = true;
        while (sqlite3_step(rows) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(rows, 0);
            const char *json = (const char *)sqlite3_column_text(rows, 1);
            int bytes = sqlite3_column_bytes(rows, 1);
            struct app_text raw = {0};
            on_tape++;
            if (json == NULL)
                snprintf(got, sizeof got, "%s - -", name);
            else if (unescape(json, bytes, &raw))
                snprintf(got, sizeof got, "%s %zu %016llx", name, raw.used,
                         (unsigned long long)note_hash(raw.text, raw.used));
            else
                snprintf(got, sizeof got, "%s %d %016llx", name, bytes,
                         (unsigned long long)note_hash(json, (size_t)bytes));
            more = more && next_note(&at, wanted);
            line_number++;
            /* A text that really is the escape of another one reads like it: accept its own bytes, too. */
            if (more && strcmp(wanted, got) != 0 && raw.text != NULL)
                snprintf(got, sizeof got, "%s %d %016llx", name, bytes,
                         (unsigned long long)note_hash(json, (size_t)bytes));
            free(raw.text);
            if (!more && exact) {
                printf("pid %d tid %d: the tape has more, from callback %ld: %s\n", pid, tid, line_number,
                       got);
                bad++;
                break;
            }
            if (more && strcmp(wanted, got) != 0) {
                printf("pid %d tid %d callback %ld: seen %s, tape has %s\n", pid, tid, line_number, wanted,
                       got);
                bad++;
                break;
            }
            notes += more;
        }
        if (more && bad == 0 && next_note(&at, wanted)) {
            printf("pid %d tid %d: not on the tape: %s (after %ld)\n", pid, tid, wanted, line_number);
            bad++;
        }
        free(text);
    }
    sqlite3_finalize(rows);
    globfree(&found);
    sqlite3_stmt *count = prepare(base, "SELECT count(*), count(DISTINCT seq) FROM callbacks");
    if (sqlite3_step(count) == SQLITE_ROW) {
        long all = sqlite3_column_int64(count, 0), distinct = sqlite3_column_int64(count, 1);
        if (all != distinct || (exact && all != on_tape)) {
            printf("%ld callbacks on the tape, %ld distinct, %ld of noted threads\n", all, distinct, on_tape);
            bad++;
        }
    }
    sqlite3_finalize(count);
    printf("%ld threads, %ld callbacks agree\n", files, notes);
    return bad != 0;
}

static int
lines(sqlite3 *base)
{
    sqlite3_stmt *events = prepare(base, "SELECT seq, callback, args FROM callbacks ORDER BY seq");
    sqlite3_stmt *args = prepare(base, "SELECT type, atom, ?1 -> fullkey FROM json_each(?1) ORDER BY id");
    while (sqlite3_step(events) == SQLITE_ROW) {
        struct app_text line = {0};
        app_append(&line, "back ", 5);
        app_append(&line, (const char *)sqlite3_column_text(events, 1),
                   (size_t)sqlite3_column_bytes(events, 1));
        sqlite3_reset(args);
        sqlite3_bind_value(args, 1, sqlite3_column_value(events, 2));
        while (sqlite3_step(args) == SQLITE_ROW) {
            const char *type = (const char *)sqlite3_column_text(args, 0);
            const char *raw = (const char *)sqlite3_column_text(args, 2);
            app_append(&line, " ", 1);
            if (strcmp(type, "null") == 0) {
                app_quote(&line, NULL);
            } else if (strcmp(type, "text") == 0) {
                app_quote(&line, (const char *)sqlite3_column_text(args, 1));
            } else if (strcmp(type, "object") == 0) {
                struct app_text bytes = {0};
                unescape(raw, sqlite3_column_bytes(args, 2), &bytes);
                app_append(&bytes, "", 1);
                app_quote(&line, bytes.text);
                free(bytes.text);
            } else if (strcmp(type, "true") == 0 || strcmp(type, "false") == 0) {
                app_append(&line, type[0] == 't' ? "1" : "0", 1);
            } else {
                app_append(&line, raw, strlen(raw));
            }
        }
        app_put(&line);
    }
    sqlite3_finalize(events);
    sqlite3_finalize(args);
    return 0;
}

int
main(int argc, char **argv)
{
    sqlite3 *base;
    int rc = 64;
    if (argc < 3 || sqlite3_open_v2(argv[2], &base, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        fprintf(stderr, "usage: tapecheck exact|covers|lines TAPE [PREFIX]\n");
        return rc;
    }
    if (strcmp(argv[1], "lines") == 0)
        rc = lines(base);
    else if (argc > 3)
        rc = compare(base, argv[3], strcmp(argv[1], "exact") == 0);
    sqlite3_close(base);
    return rc;
}
