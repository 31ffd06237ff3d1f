// SPDX-License-Identifier: MIT
/* The scenario of the callback page in C, SDK linked. See page.h. */
#include "page.h"
