// SPDX-License-Identifier: MIT
/*
 * The library behind the shim: the real SDK while recording, the stand-in while replaying. Under audit it is
 * our one needed library; under preload it is whatever comes next, or what the app's dlsym found.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring/producer.h"
#include "shim/inside.h"

static _Atomic(void (*)(void)) behind[API_ENTRIES];
static _Atomic uint16_t signature[API_ENTRIES]; /* id + 1; 0: not asked yet */
static void *_Atomic handle;
static const char *_Atomic version;
static _Atomic int announced;

static bool
is_function(const struct api_entry *entry)
{
    return entry->kind != API_CALLBACK && entry->newest == entry->id;
}

static void *
find_symbol(void *where, const char *name)
{
    return loader_dlsym != NULL ? loader_dlsym(where, name) : dlsym(where, name);
}

static void (*look_up(void *where, const char *name))(void)
{
    void *found = find_symbol(where, name);
    void (*function)(void);

    memcpy(&function, &found, sizeof function); /* what POSIX wants and ISO C forbids to cast */
    return function;
}

static void
prepare_thread(void)
{
    (void)ring_room();
}

static unsigned
fill(void *where)
{
    ring_prepare **prepare = find_symbol(where, RING_PREPARE);
    unsigned found = 0;

    if (prepare != NULL)
        *prepare = prepare_thread;

    for (unsigned id = 0; id < API_ENTRIES; id++)
        if (is_function(&api_entries[id])) {
            void (*function)(void) = look_up(where, api_entries[id].name);

            if (function != NULL) {
                behind[id] = function;
                found++;
            }
        }
    return found;
}

void
behind_found(void *where)
{
    void *expected = NULL;

    if (atomic_compare_exchange_strong(&handle, &expected, where))
        fill(where);
}

/* Preload: linked against the SDK, or a library of the app that was dlopen'ed is. */
static void
find_preloaded(void)
{
    void *where;

    if (fill(RTLD_NEXT) > 0) {
        handle = RTLD_NEXT;
        return;
    }
    where = dlopen(api_sdk.library, RTLD_NOLOAD | RTLD_LAZY);
    if (where != NULL)
        behind_found(where);
}

void (*shim_behind(uint16_t function))(void)
{
    uint16_t id = api_entries[function].newest;
    void (*found)(void) = atomic_load_explicit(&behind[id], memory_order_acquire);

    if (__builtin_expect(found == NULL, 0) && handle == NULL && loader_dlsym != NULL) {
        int saved = errno;

        find_preloaded();
        errno = saved;
        found = behind[id];
    }
    return found;
}

const char *
behind_version(void)
{
    const char *text = version;

    if (text == NULL && api_sdk.version_function >= 0) {
        void (*function)(void) = shim_behind((uint16_t)api_sdk.version_function);

        /* The only call that we make ourselves. */
        if (function != NULL)
            version = text = ((const char *(*)(void))function)();
    }
    return text;
}

uint16_t
shim_signature(uint16_t newest)
{
    uint16_t known = atomic_load_explicit(&signature[newest], memory_order_relaxed);

    if (known == 0) {
        const struct api_entry *entry = api_find_version(api_entries[newest].name, behind_version());

        known = (uint16_t)((entry != NULL ? entry->id : newest) + 1);
        atomic_store_explicit(&signature[newest], known, memory_order_relaxed);
    }
    return (uint16_t)(known - 1);
}

static void
announce_sdk(void)
{
    Dl_info info = {0};
    struct ring_piece pieces[2] = {{NULL, 0, true}, {NULL, 0, true}};
    const char *text = behind_version();

    for (unsigned id = 0; id < API_ENTRIES && info.dli_fname == NULL; id++) {
        void (*function)(void) = behind[id];
        void *address;

        memcpy(&address, &function, sizeof address);
        if (function != NULL && dladdr(address, &info) == 0)
            info.dli_fname = NULL;
    }
    if (info.dli_fname != NULL)
        pieces[0] = (struct ring_piece){info.dli_fname, strlen(info.dli_fname), true};
    if (text != NULL)
        pieces[1] = (struct ring_piece){text, strlen(text), true};
    ring_put(RING_SDK, 0, 0, 0, 0, pieces, 2);
}

static void
announce_absent(void)
{
    uint16_t absent[API_ENTRIES];
    unsigned count = 0;

    for (unsigned id = 0; id < API_ENTRIES; id++)
        if (is_function(&api_entries[id]) && behind[id] == NULL)
            absent[count++] = (uint16_t)id;
    if (count == 0)
        return;
    struct ring_piece piece = {absent, count * sizeof *absent, false};
    ring_put(RING_ABSENT, 0, 0, 0, count * sizeof *absent, &piece, 1);
}

void
behind_announce(void)
{
    if (__builtin_expect(announced != 0, 1) || atomic_exchange(&announced, 1) != 0)
        return;
    announce_sdk();
    announce_absent();
}

/* ---- functions that the library behind lacks ---------------------------------------------------- */

/* Our own dynamic section. glibc relocates its addresses in place when loading, musl does not. */
static uintptr_t
dynamic_address(const struct link_map *map, ElfW(Sxword) tag)
{
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return entry->d_un.d_ptr < map->l_addr ? entry->d_un.d_ptr + map->l_addr : entry->d_un.d_ptr;
    return 0;
}

/* How many dynamic symbols there are; only the hash table knows: the end of the chain that starts last. */
static uint32_t
symbols_count(uintptr_t gnu_hash)
{
    const uint32_t *table = (const uint32_t *)gnu_hash;
    uint32_t buckets = table[0], offset = table[1], last = 0;
    const uint32_t *bucket = (const uint32_t *)((const ElfW(Addr) *)(table + 4) + table[2]);
    const uint32_t *chain = bucket + buckets;

    for (uint32_t i = 0; i < buckets; i++)
        last = bucket[i] > last ? bucket[i] : last;
    if (last < offset)
        return offset;
    while ((chain[last - offset] & 1) == 0)
        last++;
    return last + 1;
}

static bool
is_absent(const ElfW(Sym) * symbol, const char *name)
{
    const struct api_entry *entry;

    if (symbol->st_shndx == SHN_UNDEF || (symbol->st_info & 0xf) != STT_FUNC)
        return false;
    entry = api_find(name);
    return entry != NULL && is_function(entry) && behind[entry->id] == NULL;
}

/*
 * An app that probes with dlsym must not find what its SDK does not have: makes our symbols for that
 * undefined ones. Best effort; nothing was bound to them that would not have failed without us.
 */
static void
hide_absent(void)
{
    Dl_info info;
    struct link_map *map = NULL;
    long page = sysconf(_SC_PAGESIZE);

    if (dladdr1((void *)&announced, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 || map == NULL || page <= 0)
        return;

    uintptr_t hash = dynamic_address(map, DT_GNU_HASH), table = dynamic_address(map, DT_SYMTAB);
    const char *strings = (const char *)dynamic_address(map, DT_STRTAB);
    ElfW(Sym) *symbol = (ElfW(Sym) *)table;
    if (hash == 0 || table == 0 || strings == NULL)
        return;
    uint32_t count = symbols_count(hash);
    uintptr_t start = table & ~((uintptr_t)page - 1);
    size_t span = (uintptr_t)(symbol + count) - start;
    if (mprotect((void *)start, span, PROT_READ | PROT_WRITE) != 0)
        return;
    for (uint32_t i = 1; i < count; i++)
        if (is_absent(&symbol[i], strings + symbol[i].st_name)) {
            symbol[i].st_shndx = SHN_UNDEF;
            symbol[i].st_value = 0;
        }
    mprotect((void *)start, span, PROT_READ);
}

__attribute__((constructor)) static void
behind_begin(void)
{
    unsigned found = 0;

    ring_producer_attach();
    if (loader_dlsym != NULL) {
        found = fill(RTLD_NEXT);
        if (found > 0)
            handle = RTLD_NEXT;
    } else {
        void *library = dlopen("libtimtape-behind.so", RTLD_NOLOAD | RTLD_LAZY);

        if (library != NULL)
            found = fill(library);
        handle = library;
    }
    if (found > 0)
        hide_absent();
}
