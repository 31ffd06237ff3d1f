// SPDX-License-Identifier: MIT
/* One input delivered under the eyes of the oracles (fuzz/oracle): what the engine lends them. */
#ifndef FUZZ_ENGINE_WATCH_H
#define FUZZ_ENGINE_WATCH_H

#include "fuzz/engine/deliver.h"

/* TIMTAPE_FUZZ_ORACLES. The table and the arena must live on. -1: an unknown name, no memory. */
int watch_setup(const struct deliver_table *table, struct arena *arena, struct fault *fault);
/* timtape_fuzz_reset, then all events; and what the oracles want delivered besides. How many events were
 * taken, or -1: no memory. */
int watch_deliver(struct fuzz_case *c);

#endif
