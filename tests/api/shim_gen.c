// SPDX-License-Identifier: MIT
/*
 * Every generated wrapper and trampoline, called: arguments arrive bit for bit on both sides, the
 * edges see them, and an exception or the end of the thread does not skip the leave edge.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "shim/shim.h"
#include "tests/api/generic.h"

void throw_it(void);
bool caught(void (*fn)(void *), void *arg);

static bool recording, present = true;
static enum { RETURNS, THROWS, EXITS } behaves;
static uint16_t signature; /* the older one to take, or none */
static uint16_t entered, entered_which;
static unsigned enters, leaves;
static bool left_returned;
static union api_value given[API_MAX_PARAMS], left_result, left_values[API_MAX_PARAMS];
static struct shim_context context;
static const uintptr_t answer = 0xfedcba9876543210u;

static void
behave(void)
{
    if (behaves == THROWS)
        throw_it();
    if (behaves == EXITS)
        pthread_exit(NULL);
}

/* Stands for the SDK's function. */
static uintptr_t
behind(REGS)
{
    SEE();
    behave();
    return answer;
}

/* Stands for the app's callback. */
static uintptr_t
app(REGS)
{
    SEE();
    behave();
    return 0;
}

bool
shim_recording(void)
{
    return recording;
}

void (*shim_behind(uint16_t function))(void)
{
    CHECK(function < API_FUNCTIONS);
    return present ? (void (*)(void))behind : NULL;
}

uint16_t
shim_signature(uint16_t newest)
{
    return signature && api_entry(signature)->newest == newest ? signature : newest;
}

static void
trampoline_0(void)
{
}

static void
trampoline_1(void)
{
    checks++;
}

static union api_value
swapped(const struct api_entry *entry, unsigned i, union api_value value)
{
    if (entry->params[i].type == API_FN)
        value.fn = value.fn == app_of[0] ? trampoline_0 : trampoline_1;
    if (entry->params[i].type == API_USER)
        value.user = &context;
    return value;
}

void
shim_call_enter(struct shim_call *call, uint16_t api, union api_value *values)
{
    const struct api_entry *entry = api_entry(api);

    enters++;
    entered = api;
    call->api = api;
    for (unsigned i = 0; i < entry->nparams; i++) {
        given[i] = values[i];
        values[i] = swapped(entry, i, values[i]);
    }
}

void
shim_call_leave(struct shim_call *call, const union api_value *values, union api_value result)
{
    leaves++;
    left_returned = call->returned;
    left_result = result;
    memcpy(left_values, values, api_entry(call->api)->nparams * sizeof(*values));
}

void
shim_back_enter(struct shim_call *call, uint16_t api, const struct shim_context *with, unsigned which,
                const union api_value *values)
{
    CHECK(with == &context);
    enters++;
    entered = call->api = api;
    entered_which = (uint16_t)which;
    memcpy(given, values, api_entry(api)->nparams * sizeof(*values));
}

void
shim_back_leave(struct shim_call *call)
{
    leaves++;
    left_returned = call->returned;
}

struct attempt {
    void (*fn)(void);
    uintptr_t regs[API_MAX_PARAMS], result;
};

static void
attempt(void *arg)
{
    struct attempt *a = arg;

    a->result = generic_call(a->fn, a->regs);
}

static void *
attempt_thread(void *arg)
{
    attempt(arg);
    return NULL;
}

/* Does it, and says whether the edges were balanced. */
static void
run(struct attempt *a)
{
    pthread_t thread;

    enters = leaves = 0;
    if (behaves == EXITS) {
        pthread_create(&thread, NULL, attempt_thread, a);
        pthread_join(thread, NULL);
    } else {
        CHECK(caught(attempt, a) == (behaves == THROWS));
    }
}

static uintptr_t
result_bits(const struct api_entry *entry, uintptr_t result)
{
    return entry->returns == API_VOID ? 0 : result & mask_of(entry->returns);
}

static void
check_call(const struct api_entry *entry, void (*fn)(void))
{
    struct attempt a = {.fn = fn};
    union api_value want[API_MAX_PARAMS];
    unsigned callbacks = 0;
    bool through = recording || entry->kind == API_UNREGISTER;

    subject = entry->name;
    for (unsigned i = 0; i < API_MAX_PARAMS; i++)
        a.regs[i] = 0xdead0000u + i;
    for (unsigned i = 0; i < entry->nparams; i++)
        a.regs[i] = make_value(&entry->params[i], i, &callbacks, &want[i]);
    memset(seen, 0, sizeof(seen));
    run(&a);
    CHECK(enters == through && leaves == through);
    for (unsigned i = 0; present && i < entry->nparams; i++) {
        uintptr_t mask = mask_of(entry->params[i].type);
        uintptr_t got = through ? (uintptr_t)swapped(entry, i, want[i]).u : a.regs[i];
        CHECK((seen[i] & mask) == (got & mask));
    }
    for (unsigned i = 0; through && i < entry->nparams; i++) {
        CHECK(given[i].u == want[i].u);
        if (entry->params[i].type == API_OUT)
            CHECK(left_values[i].out == (present && behaves == RETURNS ? want[i].out : NULL));
    }
    if (through) {
        CHECK(entered == entry->id);
        CHECK(left_returned == (behaves == RETURNS));
    }
    if (behaves != RETURNS) {
        CHECK(left_result.u == 0);
        return;
    }
    if (present) {
        CHECK(result_bits(entry, a.result) == result_bits(entry, answer));
        if (through && entry->returns == API_I32)
            CHECK(left_result.i == (int32_t)answer);
        else if (through && entry->returns != API_VOID)
            CHECK(left_result.u == answer);
    } else if (entry->returns != API_VOID) {
        int32_t missing = entry->returns_enum == API_ENUM_TIMResult ? api_sdk.missing : 0;
        CHECK(result_bits(entry, a.result) == ((uintptr_t)(intptr_t)missing & mask_of(entry->returns)));
    }
}

static void
check_calls(const char *what)
{
    for (unsigned id = 0; id < API_ENTRIES; id++) {
        const struct api_entry *entry = api_entry(id);
        void (*fn)(void) = NULL;
        if (entry->kind == API_CALLBACK)
            continue;
        subject = entry->name;
        *(void **)&fn = dlsym(RTLD_DEFAULT, entry->name);
        CHECK(fn != NULL);
        signature = entry->newest != entry->id ? entry->id : 0;
        check_call(entry, fn);
    }
    signature = 0;
    passed(what);
}

static void
check_trampoline(const struct api_entry *entry, void (*fn)(void), unsigned which)
{
    struct attempt a = {.fn = fn};
    union api_value want[API_MAX_PARAMS];
    unsigned callbacks = 0;

    subject = entry->name;
    context.fn[0] = context.fn[1] = NULL;
    context.fn[which] = (void (*)(void))app;
    context.user = &checks;
    for (unsigned i = 0; i < entry->nparams; i++) {
        a.regs[i] = make_value(&entry->params[i], i, &callbacks, &want[i]);
        if (entry->params[i].type == API_USER)
            a.regs[i] = (uintptr_t)&context;
    }
    run(&a);
    CHECK(enters == 1 && leaves == 1 && entered == entry->id && entered_which == which);
    CHECK(left_returned == (behaves == RETURNS));
    for (unsigned i = 0; i < entry->nparams; i++) {
        uintptr_t mask = mask_of(entry->params[i].type);
        if (entry->params[i].type == API_USER) {
            CHECK(seen[i] == (uintptr_t)&checks);
        } else {
            CHECK(given[i].u == want[i].u);
            CHECK((seen[i] & mask) == (a.regs[i] & mask));
        }
    }
}

static void
check_trampolines(const char *what)
{
    unsigned seconds = 0;

    for (unsigned id = 0; id < API_ENTRIES; id++) {
        const struct api_entry *entry = api_entry(id);
        if (entry->kind != API_CALLBACK) {
            CHECK(shim_trampoline((uint16_t)id, 0) == NULL);
            continue;
        }
        for (unsigned which = 0; which < 2; which++) {
            void (*fn)(void) = shim_trampoline((uint16_t)id, which);
            CHECK(fn != NULL || which == 1);
            if (fn == NULL)
                continue;
            seconds += which;
            check_trampoline(entry, fn, which);
        }
    }
    CHECK(seconds == 1); /* TIMCommCallback of TIMMsgSendNewMsgEx */
    CHECK(shim_trampoline(API_ENTRIES, 0) == NULL && shim_trampoline(API_CB_TIMCommCallback, 2) == NULL);
    passed(what);
}

static void
check_listeners(void)
{
    uint16_t id = API_CB_TIMRecvNewMsgCallback;

    for (unsigned slot = 0; slot < SHIM_LISTENERS; slot++) {
        void (*fn)(void) = shim_listener_trampoline(id, slot);
        CHECK(fn != NULL);
        for (unsigned other = 0; other < slot; other++)
            CHECK(fn != shim_listener_trampoline(id, other));
        check_trampoline(api_entry(id), fn, 0);
    }
    CHECK(shim_listener_trampoline(id, SHIM_LISTENERS) == NULL);
    CHECK(shim_listener_trampoline(API_CB_TIMCommCallback, 0) == NULL);
    passed("every listener's trampoline differs and works");
}

int
main(void)
{
    check_calls("not recording: every function gets the app's own arguments");
    present = false;
    check_calls("not recording: a function the library lacks answers that it is not there");
    recording = true;
    check_calls("recording: the same, with both edges");
    present = true;
    check_calls("recording: every function, every signature");
    behaves = THROWS;
    check_calls("recording: an exception leaves every function with both edges");
    behaves = EXITS;
    check_calls("recording: so does the end of the thread");
    behaves = RETURNS;
    check_trampolines("every callback type, every signature");
    check_listeners();
    behaves = THROWS;
    check_trampolines("an exception leaves every callback with both edges");
    behaves = EXITS;
    check_trampolines("so does the end of the thread");
    printf("1..%u\n", tests);
    return 0;
}
