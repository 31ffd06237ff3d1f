// SPDX-License-Identifier: MIT
/*
 * What the small test apps share: printing a callback as one line, noting it
 * (fakesdk/note.h), counting and waiting. An app that defines APP_DLOPEN before including this finds the
 * SDK with dlopen (file: $APP_SDK) and dlsym instead of linking it.
 *
 * A line is `back NAME VALUE...`: numbers as they are, NULL as null, text in quotes with
 * every byte that is not printable ASCII, a quote or a backslash as \xHH.
 */
#ifndef CONSUMERS_APP_H
#define CONSUMERS_APP_H

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <timtape/tim.h>

#include "fakesdk/note.h"

#ifdef APP_DLOPEN
static inline void *
app_symbol(const char *name)
{
    static void *sdk;
    if (sdk == NULL) {
        const char *path = getenv("APP_SDK");
        sdk = dlopen(path == NULL ? "libImSDK.so" : path, RTLD_NOW | RTLD_LOCAL);
        if (sdk == NULL) {
            fprintf(stderr, "app: %s\n", dlerror());
            exit(9);
        }
    }
    void *symbol = dlsym(sdk, name);
    if (symbol == NULL) {
        fprintf(stderr, "app: no %s\n", name);
        exit(9);
    }
    return symbol;
}
#define SDK(name) ((__typeof__(&name))app_symbol(#name))
#else
#define SDK(name) (name)
#endif

struct app_text {
    char *text;
    size_t used, room;
};

static pthread_mutex_t app_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t app_changed = PTHREAD_COND_INITIALIZER;
static unsigned long app_seen; /* callbacks so far, under app_lock */

static inline void
app_append(struct app_text *text, const char *bytes, size_t count)
{
    if (text->used + count + 1 > text->room) {
        text->room = (text->used + count + 1) * 2;
        text->text = realloc(text->text, text->room);
        if (text->text == NULL)
            abort();
    }
    memcpy(text->text + text->used, bytes, count);
    text->used += count;
}

static inline void
app_quote(struct app_text *text, const char *value)
{
    if (value == NULL) {
        app_append(text, "null", 4);
        return;
    }
    app_append(text, "\"", 1);
    for (const char *at = value; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\') {
            char hex[5];
            snprintf(hex, sizeof hex, "\\x%02x", byte);
            app_append(text, hex, 4);
        } else {
            app_append(text, at, 1);
        }
    }
    app_append(text, "\"", 1);
}

static inline void
app_put(struct app_text *text)
{
    app_append(text, "\n", 1);
    size_t done = 0;
    pthread_mutex_lock(&app_lock);
    while (done < text->used) {
        ssize_t count = write(1, text->text + done, text->used - done);
        if (count <= 0)
            break;
        done += (size_t)count;
    }
    pthread_mutex_unlock(&app_lock);
    free(text->text);
}

/*
 * Reports one callback. `format`, one letter per argument: i number (int64_t), u number
 * (uint64_t), s text, j the payload (text). The note comes first: it stands for "the app was entered".
 */
static inline void
app_back(const char *name, const char *format, ...)
{
    static const char *prefix;
    static int quiet = -1;
    va_list values;
    if (quiet < 0) {
        prefix = getenv("APP_LOG");
        quiet = getenv("APP_QUIET") != NULL;
    }
    const char *payload = NULL;
    va_start(values, format);
    for (const char *at = format; *at != '\0'; at++) {
        if (*at == 'i' || *at == 'u')
            (void)va_arg(values, uint64_t);
        else if (*at == 's')
            (void)va_arg(values, const char *);
        else
            payload = va_arg(values, const char *);
    }
    va_end(values);
    note_add(prefix, name, payload);
    if (!quiet) {
        struct app_text text = {0};
        app_append(&text, "back ", 5);
        app_append(&text, name, strlen(name));
        va_start(values, format);
        for (const char *at = format; *at != '\0'; at++) {
            char number[32];
            app_append(&text, " ", 1);
            if (*at == 'i') {
                int length = snprintf(number, sizeof number, "%lld", (long long)va_arg(values, int64_t));
                app_append(&text, number, (size_t)length);
            } else if (*at == 'u') {
                int length =
                    snprintf(number, sizeof number, "%llu", (unsigned long long)va_arg(values, uint64_t));
                app_append(&text, number, (size_t)length);
            } else {
                app_quote(&text, va_arg(values, const char *));
            }
        }
        va_end(values);
        app_put(&text);
    }
    pthread_mutex_lock(&app_lock);
    app_seen++;
    pthread_cond_broadcast(&app_changed);
    pthread_mutex_unlock(&app_lock);
}

/* A line of the app's own. */
static inline __attribute__((format(printf, 1, 2))) void
app_say(const char *format, ...)
{
    struct app_text text = {0};
    char line[1024];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    app_append(&text, line, strlen(line));
    app_put(&text);
}

/* Waits until the app has had `count` callbacks; false after `ms`. */
static inline bool
app_wait(unsigned long count, long ms)
{
    struct timespec end;
    int rc = 0;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += ms % 1000 * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&app_lock);
    while (app_seen < count && rc == 0)
        rc = pthread_cond_timedwait(&app_changed, &app_lock, &end);
    bool reached = app_seen >= count;
    pthread_mutex_unlock(&app_lock);
    return reached;
}

static inline unsigned long
app_count(void)
{
    pthread_mutex_lock(&app_lock);
    unsigned long count = app_seen;
    pthread_mutex_unlock(&app_lock);
    return count;
}

static inline void
app_sleep(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    /* An SDK may use signals of its own: sleep the whole time. */
    while (nanosleep(&time, &time) != 0)
        ;
}

#endif
