// SPDX-License-Identifier: MIT
/* The real SDK without a network, linked. See offline.h. */
#include "offline.h"
