// SPDX-License-Identifier: MIT
/* Whose code a frame is. A bug belongs to the first frame of the app itself: not to what it was handed on to.
 */
#include <string.h>

#include "fuzz/finding/inside.h"

static bool
starts_with_any(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strncmp(text, *words, strlen(*words)) == 0)
            return true;
    }
    return false;
}

static bool
is_any(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

static bool
has_any(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strstr(text, *words) != NULL)
            return true;
    }
    return false;
}

static const char *const system_modules[] = {
    "libc.so", "libc-2",  "ld-linux",    "ld-2",       "ld-musl",  "libm.so", "libm-2",   "libpthread",
    "libdl",   "librt.",  "libstdc++",   "libc++",     "libgcc_s", "libasan", "libubsan", "libtsan",
    "liblsan", "libmsan", "libclang_rt", "linux-vdso", "[vdso]",   NULL};
/* Names as debug information and as the linker has them: runtimes are linked statically, without the former.
 */
static const char *const system_functions[] = {"__asan",
                                               "__ubsan",
                                               "__lsan",
                                               "__tsan",
                                               "__msan",
                                               "__hwasan",
                                               "__sanitizer",
                                               "__interceptor_",
                                               "___interceptor_",
                                               "__interception",
                                               "fuzzer::",
                                               "__afl",
                                               "std::",
                                               "__gnu_cxx::",
                                               "__cxa_",
                                               "__cxxabiv1",
                                               "operator new",
                                               "operator delete",
                                               "__libc_",
                                               "__GI_",
                                               "__assert",
                                               "__pthread_kill",
                                               "__gxx_",
                                               "_Unwind_",
                                               "__stack_chk",
                                               "__fortify",
                                               "__chk_fail",
                                               "_ZN6fuzzer",
                                               "_ZNSt",
                                               "_ZSt",
                                               "_ZNKSt",
                                               "_ZN11__sanitizer",
                                               "_ZN6__asan",
                                               "_ZN7__ubsan",
                                               "_ZN6__lsan",
                                               "_ZN6__tsan",
                                               "_ZN6__msan",
                                               "_ZN9__gnu_cxx",
                                               "_ZN10__cxxabiv1",
                                               "_Znw",
                                               "_Zna",
                                               "_Zdl",
                                               "_Zda",
                                               NULL};
static const char *const libc_functions[] = {"abort",
                                             "raise",
                                             "gsignal",
                                             "_start",
                                             "start_thread",
                                             "clone",
                                             "clone3",
                                             "malloc",
                                             "calloc",
                                             "realloc",
                                             "free",
                                             "strdup",
                                             "strndup",
                                             "strlen",
                                             "strnlen",
                                             "strcpy",
                                             "strncpy",
                                             "strcat",
                                             "strncat",
                                             "strcmp",
                                             "strncmp",
                                             "strcasecmp",
                                             "strncasecmp",
                                             "strchr",
                                             "strrchr",
                                             "strstr",
                                             "strcasestr",
                                             "strtok",
                                             "strtok_r",
                                             "strtol",
                                             "strtoul",
                                             "strtoll",
                                             "strtoull",
                                             "strtod",
                                             "strtof",
                                             "strspn",
                                             "strcspn",
                                             "strpbrk",
                                             "stpcpy",
                                             "memcpy",
                                             "memmove",
                                             "memset",
                                             "memcmp",
                                             "memchr",
                                             "memrchr",
                                             "mempcpy",
                                             "memmem",
                                             "atoi",
                                             "atol",
                                             "atoll",
                                             "atof",
                                             "printf",
                                             "fprintf",
                                             "sprintf",
                                             "snprintf",
                                             "vprintf",
                                             "vfprintf",
                                             "vsprintf",
                                             "vsnprintf",
                                             "puts",
                                             "fputs",
                                             "fwrite",
                                             "fread",
                                             "write",
                                             "read",
                                             "sscanf",
                                             "localtime",
                                             "localtime_r",
                                             "gmtime",
                                             "gmtime_r",
                                             "strftime",
                                             "qsort",
                                             "bsearch",
                                             "nanosleep",
                                             "usleep",
                                             "sleep",
                                             "pthread_kill",
                                             "pthread_mutex_lock",
                                             "pthread_cond_wait",
                                             "exit",
                                             "_exit",
                                             NULL};
static const char *const system_files[] = {"/sysdeps/",       "/compiler-rt/", "/libsanitizer/",
                                           "/libstdc++-v3/",  "/include/c++/", "/libgcc/",
                                           "/csu/libc-start", "/nptl/",        NULL};

static const char *const delivery_files[] = {"fuzz/engine/",   "fuzz/oracle/",      "replay/standin/",
                                             "replay/embed/",  "harness/shim/",     "gen/invoke_gen.c",
                                             "gen/shim_gen.c", "gen/standin_gen.c", NULL};
static const char *const delivery_functions[] = {"timtape_", "standin_", NULL};
static const char *const delivery_modules[] = {"libImSDK.so", "standin.so", "libtimtape", "audit.so", NULL};

static const char *const json_c_files[] = {"json_object.c", "json_tokener.c", "arraylist.c",    "linkhash.c",
                                           "printbuf.c",    "json_util.c",    "json_pointer.c", NULL};
static const char *const jansson_files[] = {"load.c",      "value.c",     "dump.c",    "pack_unpack.c",
                                            "hashtable.c", "strbuffer.c", "strconv.c", "utf.c",
                                            "memory.c",    "error.c",     NULL};
static const char *const jansson_functions[] = {"json_", "jsonp_",  "hashtable_", "strbuffer_", "parse_",
                                                "lex_",  "stream_", "utf8_",      NULL};

const char *
own_library(const struct finding_frame *frame)
{
    const char *base = finding_base(frame->file);
    if (strncmp(frame->module, "libcjson", 8) == 0 || strncmp(frame->function, "cJSON_", 6) == 0 ||
        strncmp(base, "cJSON", 5) == 0)
        return "cJSON";
    if (strncmp(frame->module, "libjsoncpp", 10) == 0 || strncmp(frame->function, "Json::", 6) == 0 ||
        strncmp(frame->function, "_ZN4Json", 8) == 0 || strncmp(frame->function, "_ZNK4Json", 9) == 0 ||
        strstr(frame->file, "/include/jsoncpp/") != NULL)
        return "jsoncpp";
    if (strncmp(frame->module, "libjansson", 10) == 0 ||
        (is_any(base, jansson_files) && strstr(frame->file, "jansson") != NULL &&
         starts_with_any(frame->function, jansson_functions)))
        return "jansson";
    if (strncmp(frame->module, "libjson-c", 9) == 0 ||
        (is_any(base, json_c_files) && strstr(frame->file, "json-c") != NULL))
        return "json-c";
    return NULL;
}

/* The part of a folded path ("x/../y") does not matter: these are looked for anywhere in it. */
enum own
own_frame(const struct finding_frame *frame)
{
    if (own_library(frame) != NULL)
        return OWN_JSON;
    if (has_any(frame->file, delivery_files) || starts_with_any(frame->function, delivery_functions) ||
        starts_with_any(frame->module, delivery_modules))
        return OWN_DELIVERY;
    if (starts_with_any(frame->module, system_modules) ||
        starts_with_any(frame->function, system_functions) || is_any(frame->function, libc_functions) ||
        has_any(frame->file, system_files) || strncmp(frame->file, "/usr/include/", 13) == 0)
        return OWN_SYSTEM;
    return OWN_APP;
}
