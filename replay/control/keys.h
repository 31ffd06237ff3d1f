// SPDX-License-Identifier: MIT
/*
 * Single keys from the terminal, while the app owns standard input. The terminal is read a key at a
 * time and does not echo; it is as it was again after keys_close, after a signal that ends us, and while
 * we are stopped (Ctrl-Z). One at a time in a process.
 */
#ifndef REPLAY_KEYS_H
#define REPLAY_KEYS_H

#include <stdbool.h>

#include "base/fault.h"

enum key { KEY_NONE, KEY_PAUSE, KEY_NEXT, KEY_QUIT };

/* FAULT_USAGE where there is no terminal, or it is somebody else's (in the background). `option` is who asks.
 */
int keys_open(const char *option, struct fault *fault);
/* The next key that means something; never waits. */
enum key keys_read(void);
/* We were stopped and go on, since the last time this was asked. */
bool keys_continued(void);
/* Safe when not open. */
void keys_close(void);

#endif
