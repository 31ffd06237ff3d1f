// SPDX-License-Identifier: MIT
/* How users name the callbacks that a handler is for: "CALLBACK", "CALLBACK@VERSION", "CALLBACK:FUNCTION". */
#ifndef TRACES_CALLBACK_NAME_H
#define TRACES_CALLBACK_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "api/api.h"
#include "base/fault.h"

/* The entry of "NAME" or "NAME@VERSION" of `bytes` bytes: a callback type, or a function. NULL with a fault.
 */
const struct api_entry *callback_name_entry(const char *name, size_t bytes, bool callback,
                                            struct fault *fault);
/* "CALLBACK[@VERSION][:FUNCTION]". *callback is the type with its signature; *function is NULL, or the only
 * function whose calls are meant. 0 or -1. */
int callback_name_parse(const char *name, const struct api_entry **callback,
                        const struct api_entry **function, struct fault *fault);

#endif
