// SPDX-License-Identifier: MIT
#include "base/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
fill(struct fault *fault, enum fault_kind kind, const char *format, va_list arguments)
{
    fault->kind = kind;
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
}

int
fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
{
    if (fault != NULL) {
        va_list arguments;
        va_start(arguments, format);
        fill(fault, kind, format, arguments);
        va_end(arguments);
    }
    return -1;
}

int
fault_errno(struct fault *fault, enum fault_kind kind, const char *format, ...)
{
    int number = errno;
    if (fault != NULL) {
        va_list arguments;
        va_start(arguments, format);
        fill(fault, kind, format, arguments);
        va_end(arguments);
        size_t used = strlen(fault->text);
        snprintf(fault->text + used, sizeof fault->text - used, ": %s", strerror(number));
    }
    errno = number;
    return -1;
}
