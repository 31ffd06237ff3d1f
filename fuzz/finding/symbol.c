// SPDX-License-Identifier: MIT
/* Functions and lines of addresses, by libdwfl; inlined functions are frames of their own. */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/finding/inside.h"

#define MODULES 24

/* Minimising asks for the same few modules thousands of times, and opening one takes longer than a run. */
static struct kept {
    char path[512];
    struct stat status;
    Dwfl *dwfl;
    Dwfl_Module *module;
    GElf_Addr bias;
} kept[MODULES];
static unsigned next_kept;

static void
name_part(const char *part, char *to, size_t room)
{
    size_t used = strlen(to);
    if (part != NULL && used < room)
        snprintf(to + used, room - used, "%s%s", used > 0 ? "::" : "", part);
}

/* With its classes and namespaces, which are around the declaration. */
static void
function_name(Dwarf_Die *die, char *to, size_t room)
{
    Dwarf_Die origin = *die, target, *scopes = NULL;
    Dwarf_Attribute attribute;

    to[0] = '\0';
    for (unsigned i = 0; i < 4; i++) {
        if (dwarf_attr(&origin, DW_AT_abstract_origin, &attribute) == NULL &&
            dwarf_attr(&origin, DW_AT_specification, &attribute) == NULL)
            break;
        if (dwarf_formref_die(&attribute, &target) == NULL)
            break;
        origin = target;
    }
    int count = dwarf_getscopes_die(&origin, &scopes);
    for (int i = count - 1; i > 0; i--) {
        int tag = dwarf_tag(&scopes[i]);
        if (tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type)
            name_part(dwarf_diename(&scopes[i]), to, room);
    }
    free(scopes);
    name_part(dwarf_diename(die), to, room);
}

static void
set_place(struct finding_frame *frame, const char *file, int line)
{
    finding_copy(frame->file, sizeof frame->file, file, file != NULL ? strlen(file) : 0);
    frame->line = line > 0 ? (unsigned)line : 0;
}

/* Where an inlined function was called: a place in the function around it. */
static void
call_place(Dwarf_Die *inlined, Dwarf_Die *unit, struct finding_frame *frame)
{
    Dwarf_Attribute attribute;
    Dwarf_Word line = 0, index = 0;
    Dwarf_Files *files;
    size_t nfiles;

    dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line);
    dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &index);
    const char *file = dwarf_getsrcfiles(unit, &files, &nfiles) == 0 && index < nfiles
                           ? dwarf_filesrc(files, index, NULL, NULL)
                           : NULL;
    set_place(frame, file, (int)line);
}

static unsigned
inlined_frames(Dwarf_Die *unit, Dwarf_Addr address, struct finding_frame *frames, unsigned room)
{
    Dwarf_Die *at = NULL, *around = NULL;
    unsigned used = 0;
    int count = dwarf_getscopes(unit, address, &at);
    if (count > 0)
        count = dwarf_getscopes_die(&at[0], &around);
    Dwarf_Die *last = NULL;
    for (int i = 0; i < count && used < room; i++) {
        int tag = dwarf_tag(&around[i]);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
            continue;
        if (used > 0) {
            frames[used] = frames[0];
            call_place(last, unit, &frames[used]);
        }
        function_name(&around[i], frames[used].function, sizeof frames[used].function);
        used++;
        last = &around[i];
        if (tag == DW_TAG_subprogram)
            break;
    }
    free(at);
    free(around);
    return used;
}

/* The compilation unit of an address. clang writes no .debug_aranges, which libdwfl's own search goes by. */
static Dwarf_Die *
find_unit(Dwfl_Module *module, Dwarf_Addr address, Dwarf_Addr *bias)
{
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, bias);
    /* It also gives the unit before, when that of the address has no .debug_aranges and others have. */
    if (unit != NULL && dwarf_haspc(unit, address - *bias) == 1)
        return unit;
    unit = NULL;
    while ((unit = dwfl_module_nextcu(module, unit, bias)) != NULL) {
        if (dwarf_haspc(unit, address - *bias) == 1)
            return unit;
    }
    return NULL;
}

unsigned
symbol_address(struct Dwfl_Module *module, uint64_t address, struct finding_frame *frames, unsigned room)
{
    const char *path = NULL;
    Dwarf_Addr low = 0, bias = 0;
    GElf_Addr elf_bias = 0;
    int line = 0;

    memset(frames, 0, sizeof *frames);
    frames->offset = address;
    if (module == NULL)
        return 1;
    const char *name = dwfl_module_info(module, NULL, &low, NULL, NULL, NULL, &path, NULL);
    name = path != NULL ? path : name != NULL ? name : "";
    finding_copy(frames->module, sizeof frames->module, finding_base(name), strlen(finding_base(name)));
    frames->offset = dwfl_module_getelf(module, &elf_bias) != NULL ? address - elf_bias : address - low;
    Dwarf_Die *unit = find_unit(module, address, &bias);
    Dwarf_Line *source = unit != NULL ? dwarf_getsrc_die(unit, address - bias) : NULL;
    if (source != NULL && dwarf_lineno(source, &line) == 0)
        set_place(frames, dwarf_linesrc(source, NULL, NULL), line);
    unsigned used = unit != NULL ? inlined_frames(unit, address - bias, frames, room) : 0;
    if (used > 0 && frames->function[0] != '\0')
        return used;
    const char *symbol = dwfl_module_addrname(module, address);
    if (symbol != NULL)
        finding_copy(frames->function, sizeof frames->function, symbol, strlen(symbol));
    return used > 0 ? used : 1;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static const struct kept *
keep(const char *path)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo,
                                             .section_address = dwfl_offline_section_address};
    struct stat status;
    if (strlen(path) >= sizeof kept->path || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return NULL;
    for (unsigned i = 0; i < MODULES; i++) {
        if (strcmp(kept[i].path, path) == 0 && same_file(&kept[i].status, &status))
            return &kept[i];
    }
    struct kept *one = &kept[next_kept++ % MODULES];
    if (one->dwfl != NULL)
        dwfl_end(one->dwfl);
    memset(one, 0, sizeof *one);
    one->dwfl = dwfl_begin(&callbacks);
    if (one->dwfl != NULL) {
        dwfl_report_begin(one->dwfl);
        one->module = dwfl_report_offline(one->dwfl, "", path, -1);
        dwfl_report_end(one->dwfl, NULL, NULL);
    }
    if (one->module == NULL || dwfl_module_getelf(one->module, &one->bias) == NULL)
        one->module = NULL;
    one->status = status;
    memcpy(one->path, path, strlen(path) + 1);
    return one;
}

unsigned
symbol_offset(const char *module, uint64_t offset, struct finding_frame *frames, unsigned room)
{
    const struct kept *one = keep(module);
    unsigned used = 1;

    memset(frames, 0, sizeof *frames);
    if (one != NULL && one->module != NULL)
        used = symbol_address(one->module, offset + one->bias, frames, room);
    for (unsigned i = 0; i < used; i++) {
        finding_copy(frames[i].module, sizeof frames[i].module, finding_base(module),
                     strlen(finding_base(module)));
        frames[i].offset = offset;
    }
    return used;
}
