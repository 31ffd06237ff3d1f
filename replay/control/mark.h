// SPDX-License-Identifier: MIT
/*
 * The app's output on its way through us: with --mark each line begins with the event that it follows,
 * "[12] text"; with a live line on the terminal the two are kept apart.
 *
 * The app writes to terminals of our own (raw, so bytes are not changed), one for standard output and one for
 * standard error: it flushes at line ends, as it would for a person. A thread of ours reads them; the event
 * is the last one that has happened when it comes to read, which is some tens of microseconds after the
 * app wrote, and more on a busy machine. What the app writes faster than that carries the later number.
 */
#ifndef REPLAY_MARK_H
#define REPLAY_MARK_H

#include "base/fault.h"
#include "replay/control/screen.h"
#include "replay/score/score.h"

#define MARK_STREAMS 2 /* standard output, standard error */

struct mark;

/* `to`: where each stream goes; `marks`: with numbers. NULL: the fault says why. */
struct mark *mark_open(const struct score *score, struct screen *screen, const int to[MARK_STREAMS],
                       bool marks, struct fault *fault);
/* What the app gets for each stream. */
void mark_files(const struct mark *mark, int files[MARK_STREAMS]);
/* The app has them: begins to read. */
int mark_start(struct mark *mark, struct fault *fault);
/* The app is gone: passes on what it left and ends. Safe on NULL. */
void mark_close(struct mark *mark);

#endif
