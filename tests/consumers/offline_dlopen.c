// SPDX-License-Identifier: MIT
/* The real SDK without a network, opened by path at run time. See offline.h. */
#define APP_DLOPEN 1
#include "offline.h"
