// SPDX-License-Identifier: MIT
/* The app's output and our live line on one terminal: neither is written into the other. Any thread. */
#ifndef REPLAY_SCREEN_H
#define REPLAY_SCREEN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct screen {
    void (*line)(const char *text); /* control_options.line, or NULL */
    pthread_mutex_t lock;
    bool shown;  /* our line is there */
    bool inside; /* the app is inside a line of its own: ours waits */
};

void screen_init(struct screen *screen, void (*line)(const char *text));
/* The live line; NULL takes it away. */
void screen_show(struct screen *screen, const char *text);
/* The app's bytes, all of them. False: nobody takes them any more. */
bool screen_write(struct screen *screen, int file, const char *bytes, size_t count);

#endif
