// SPDX-License-Identifier: MIT
/* The scenario of the callback page in C, SDK opened at run time. See page.h. */
#define APP_DLOPEN 1
#include "page.h"
