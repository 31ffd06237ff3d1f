// SPDX-License-Identifier: MIT
/*
 * A verdict, told: in words, as JSON, as JUnit XML, as annotations of a code host. All are made from the
 * same struct, so that they cannot disagree.
 */
#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include <stdio.h>

#include "replay/judge/verdict.h"

void report_text(const struct verdict *verdict, FILE *stream);
/* One JSON object and a newline. Keys are only ever added. */
void report_json(const struct verdict *verdict, FILE *stream);

#endif
