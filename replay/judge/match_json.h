// SPDX-License-Identifier: MIT
/* One JSON argument against another; a part of match.c, not for others. */
#ifndef REPLAY_MATCH_JSON_H
#define REPLAY_MATCH_JSON_H

#include "replay/judge/match.h"

/* Two texts that are not the same bytes. Compared as JSON when both are JSON, else they differ.
 * 0 same, 1 *first filled (path, expected, got, count), -1 no memory. */
int match_json(const struct tape_value *recorded, const struct tape_value *live,
               const struct api_param *param, struct match_difference *first);
/* Bytes as a quoted text, cut to `room` (>= 16). */
void match_quote(const char *bytes, size_t length, char *text, size_t room);

#endif
