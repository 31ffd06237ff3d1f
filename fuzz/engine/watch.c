// SPDX-License-Identifier: MIT
#include "fuzz/engine/watch.h"

#include <stdlib.h>

#include "fuzz/oracle/oracle.h"

#pragma weak timtape_fuzz_reset
#pragma weak timtape_fuzz_digest
#pragma weak timtape_fuzz_users

static struct {
    const struct deliver_table *table;
    struct arena *arena;
    int taken; /* by the latest delivery */
} watch;

static size_t
user_bytes(const void *user_data)
{
    for (const struct timtape_fuzz_user *user = timtape_fuzz_users; user->user_data != NULL; user++)
        if (user->user_data == user_data)
            return user->bytes;
    return 0;
}

static void
deliver(void *context, struct fuzz_case *c)
{
    static const struct deliver_hooks hooks = {oracle_before, oracle_after, oracle_settle};

    (void)context;
    if (timtape_fuzz_reset != NULL)
        timtape_fuzz_reset();
    watch.taken = deliver_case(watch.table, c, watch.arena, &hooks);
}

int
watch_setup(const struct deliver_table *table, struct arena *arena, struct fault *fault)
{
    static struct oracle_host host = {.deliver = deliver};

    watch.table = table;
    watch.arena = arena;
    host.resets = timtape_fuzz_reset != NULL;
    host.digest = timtape_fuzz_digest;
    host.user_bytes = timtape_fuzz_users != NULL ? user_bytes : NULL;
    return oracle_setup(getenv("TIMTAPE_FUZZ_ORACLES"), &host, fault);
}

int
watch_deliver(struct fuzz_case *c)
{
    int taken;

    oracle_begin(c);
    deliver(NULL, c);
    taken = watch.taken;
    oracle_end(c, watch.arena);
    return taken;
}
