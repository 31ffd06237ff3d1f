// SPDX-License-Identifier: MIT
/* The recorded command line: as one would type it in a shell, without its secrets. */
#ifndef RECORDER_COMMAND_H
#define RECORDER_COMMAND_H

#include "recorder/inbox.h"

#define COMMAND_MASK "***"

/* Masks what the app passed to the SDK as a secret (`masks`), values of options with telling
 * names (--user-sig=..., --password ...) and words that look like a UserSig. malloc'd, NULL without memory.
 */
char *command_words(char *const argv[], const struct inbox_mask *masks, uint32_t nmasks);

#endif
