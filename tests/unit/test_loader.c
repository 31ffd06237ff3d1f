// SPDX-License-Identifier: MIT
/* Which way into a program, told from its file; and the environment that takes it. */
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "loader/elf.h"
#include "loader/plan.h"

static char directory[] = "/tmp/timtape-loader-XXXXXX";
static struct loader_plan plan;
static struct fault fault;

static const char *
in(const char *name)
{
    static char path[4][PATH_MAX];
    static int turn;
    char *result = path[turn++ % 4];

    snprintf(result, PATH_MAX, "%s/%s", directory, name);
    return result;
}

static const char *
make(const char *name, const void *data, size_t bytes, mode_t mode)
{
    const char *path = in(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, bytes), bytes);
    fchmod(fd, mode);
    close(fd);
    return path;
}

static int
decide(const char *program, enum loader_way wanted)
{
    memset(&fault, 0, sizeof fault);
    return loader_plan(program, wanted, false, "/usr/lib/timtape", &plan, &fault);
}

/* A file that consists of an ELF header only: no segments, so nothing dynamic. */
static Elf64_Ehdr
header_only(void)
{
    Elf64_Ehdr header = {.e_type = ET_EXEC, .e_version = EV_CURRENT, .e_ehsize = sizeof(Elf64_Ehdr)};
    struct loader_elf *own = malloc(sizeof *own);

    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    assert_int_equal(loader_elf_read("/proc/self/exe", own), 1);
    header.e_machine = (Elf64_Half)own->machine;
    free(own);
    return header;
}

static void
ordinary_programs_are_audited(void **state)
{
    (void)state;
    assert_int_equal(decide("sh", LOADER_AUTO), 0);
    assert_int_equal(plan.way, LOADER_AUDIT);
    assert_true(plan.program[0] == '/');
    assert_string_equal(plan.program, plan.image);
    assert_false(plan.linked);
    assert_false(plan.script);
    assert_int_equal(decide("/bin/sh", LOADER_PRELOAD), 0);
    assert_int_equal(plan.way, LOADER_PRELOAD);
    assert_non_null(strstr(plan.reason, "asked for"));
}

static void
what_cannot_run(void **state)
{
    (void)state;
    assert_int_equal(decide("no-such-program-anywhere", LOADER_AUTO), -1);
    assert_int_equal(fault.kind, FAULT_NOT_FOUND);
    assert_int_equal(decide("/no/such/file", LOADER_AUTO), -1);
    assert_int_equal(fault.kind, FAULT_NOT_FOUND);
    assert_int_equal(decide("", LOADER_AUTO), -1);
    assert_int_equal(fault.kind, FAULT_NOT_FOUND);
    assert_int_equal(decide("/tmp", LOADER_AUTO), -1);
    assert_int_equal(fault.kind, FAULT_CANNOT_RUN);
    assert_int_equal(decide(make("plain", "text", 4, 0644), LOADER_AUTO), -1);
    assert_int_equal(fault.kind, FAULT_CANNOT_RUN);
    assert_int_equal(decide(make("orphan", "#!/no/such/interpreter\n", 23, 0755), LOADER_AUTO), -1);
    assert_int_equal(fault.kind, FAULT_NOT_FOUND);
}

static void
the_path_is_searched_as_execvp_does(void **state)
{
    char *before = strdup(getenv("PATH")), path[2 * PATH_MAX];

    (void)state;
    mkdir(in("one"), 0755);
    mkdir(in("two"), 0755);
    make("one/tool", "x", 1, 0644);
    make("two/tool", "#!/bin/sh\n", 10, 0755);
    snprintf(path, sizeof path, "%s:%s", in("one"), in("two"));
    setenv("PATH", path, 1);
    assert_int_equal(decide("tool", LOADER_AUTO), 0);
    assert_string_equal(plan.program, in("two/tool"));
    setenv("PATH", in("one"), 1);
    assert_int_equal(decide("tool", LOADER_AUTO), -1);
    assert_int_equal(fault.kind, FAULT_CANNOT_RUN);
    setenv("PATH", before, 1);
    free(before);
}

static void
scripts_are_followed(void **state)
{
    char text[PATH_MAX + 16];

    (void)state;
    assert_int_equal(decide(make("script", "#! /bin/sh -e\n", 14, 0755), LOADER_AUTO), 0);
    assert_true(plan.script);
    assert_string_equal(plan.image, "/bin/sh");
    assert_int_equal(plan.way, LOADER_AUDIT);
    assert_int_equal(decide(make("by-env", "#!/usr/bin/env -S A=1 sh\n", 25, 0755), LOADER_AUTO), 0);
    assert_non_null(strstr(plan.image, "/sh"));
    assert_int_equal(decide(make("bare", "echo no magic\n", 14, 0755), LOADER_AUTO), 0);
    assert_string_equal(plan.image, "/bin/sh");
    int bytes = snprintf(text, sizeof text, "#!%s\n", in("loop"));
    assert_int_equal(decide(make("loop", text, (size_t)bytes, 0755), LOADER_AUTO), -1);
    assert_int_equal(fault.kind, FAULT_CANNOT_RUN);
}

static void
what_no_way_reaches(void **state)
{
    Elf64_Ehdr header = header_only();

    (void)state;
    assert_int_equal(decide(make("static", &header, sizeof header, 0755), LOADER_AUTO), 0);
    assert_int_equal(plan.way, LOADER_IMPOSSIBLE);
    assert_non_null(strstr(plan.reason, "statically"));
    header.e_machine = EM_S390;
    assert_int_equal(decide(make("foreign", &header, sizeof header, 0755), LOADER_AUTO), 0);
    assert_non_null(strstr(plan.reason, "another processor"));
    header.e_ident[EI_CLASS] = ELFCLASS32;
    assert_int_equal(decide(make("small", &header, sizeof header, 0755), LOADER_AUTO), 0);
    assert_non_null(strstr(plan.reason, "32-bit"));

    struct {
        Elf64_Ehdr header;
        Elf64_Phdr segment;
        char interpreter[32];
    } musl = {.header = header_only(), .interpreter = "/lib/ld-musl-x86_64.so.1"};
    musl.header.e_phoff = sizeof musl.header;
    musl.header.e_phentsize = sizeof musl.segment;
    musl.header.e_phnum = 1;
    musl.segment.p_type = PT_INTERP;
    musl.segment.p_offset = sizeof musl.header + sizeof musl.segment;
    musl.segment.p_filesz = sizeof musl.interpreter;
    assert_int_equal(decide(make("musl", &musl, sizeof musl, 0755), LOADER_AUTO), 0);
    assert_int_equal(plan.way, LOADER_IMPOSSIBLE);
    assert_non_null(strstr(plan.reason, "musl"));

    if (getuid() == 0) {
        strcpy(musl.interpreter, "/lib64/ld-linux-x86-64.so.2");
        make("setuid", &musl, sizeof musl, 0755);
        assert_int_equal(chown(in("setuid"), 12345, 12345), 0);
        chmod(in("setuid"), 04755);
        assert_int_equal(decide(in("setuid"), LOADER_AUTO), 0);
        assert_int_equal(plan.way, LOADER_IMPOSSIBLE);
        assert_non_null(strstr(plan.reason, "setuid"));
    }
}

static void
damaged_files_are_survived(void **state)
{
    struct loader_elf *elf = malloc(sizeof *elf);
    int fd = open("/bin/sh", O_RDONLY);
    static uint8_t image[200000];
    ssize_t bytes = read(fd, image, sizeof image);
    uint32_t random = 1;

    (void)state;
    close(fd);
    assert_true(bytes > 1000);
    for (int round = 0; round < 400; round++) {
        static uint8_t copy[sizeof image];
        size_t length = (size_t)bytes;

        memcpy(copy, image, length);
        for (int flips = 0; flips < 30; flips++) {
            random = random * 1103515245u + 12345u;
            copy[16 + (random >> 12) % (flips < 20 ? 1000 : length - 16)] = (uint8_t)(random >> 24);
        }
        if (round % 4 == 0)
            length = (random >> 8) % length;
        assert_true(loader_elf_read(make("damaged", copy, length, 0755), elf) >= 0);
    }
    free(elf);
}

static const char *
value_of(char **environment, const char *name)
{
    size_t bytes = strlen(name);
    const char *found = NULL;

    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, bytes) == 0 && (*environment)[bytes] == '=') {
            assert_null(found); /* once */
            found = *environment + bytes + 1;
        }
    return found;
}

static void
environments(void **state)
{
    char *base[] = {"A=1",
                    "LD_AUDIT=/other.so",
                    "LD_PRELOAD=/mine.so",
                    "TIMTAPE_SCORE=/old",
                    "LD_LIBRARY_PATH=/l",
                    "ASAN_OPTIONS=x=1",
                    "LD_AUDITOR=no",
                    NULL};
    struct loader_settings settings = {.directory = "/lib/timtape", .session = "/dev/shm/s"};
    char **environment;

    (void)state;
    memset(&plan, 0, sizeof plan);
    plan.way = LOADER_AUDIT;
    environment = loader_environment(&plan, &settings, base, &fault);
    assert_string_equal(value_of(environment, "A"), "1");
    assert_string_equal(value_of(environment, "LD_AUDIT"), "/lib/timtape/audit.so:/other.so");
    assert_string_equal(value_of(environment, "LD_PRELOAD"), "/mine.so");
    assert_string_equal(value_of(environment, "LD_LIBRARY_PATH"), "/l");
    assert_string_equal(value_of(environment, "TIMTAPE_SESSION"), "/dev/shm/s");
    assert_string_equal(value_of(environment, "TIMTAPE_LIB"), "/lib/timtape");
    assert_null(value_of(environment, "TIMTAPE_SCORE"));
    loader_environment_free(environment);

    plan.way = LOADER_PRELOAD;
    plan.asan_shared = true;
    settings.score = "/dev/shm/score";
    settings.sdk = "libOther.so";
    environment = loader_environment(&plan, &settings, base, &fault);
    assert_string_equal(value_of(environment, "LD_AUDIT"), "/other.so");
    assert_string_equal(value_of(environment, "LD_PRELOAD"), "/lib/timtape/preload.so:/mine.so");
    assert_string_equal(value_of(environment, "LD_LIBRARY_PATH"), "/lib/timtape/replay:/l");
    assert_string_equal(value_of(environment, "ASAN_OPTIONS"), "x=1:verify_asan_link_order=0");
    assert_string_equal(value_of(environment, "TIMTAPE_SCORE"), "/dev/shm/score");
    assert_string_equal(value_of(environment, "TIMTAPE_SDK"), "libOther.so");
    loader_environment_free(environment);

    settings.clock = true;
    environment = loader_environment(&plan, &settings, base, &fault);
    assert_string_equal(value_of(environment, "LD_PRELOAD"),
                        "/lib/timtape/clock.so:/lib/timtape/preload.so:/mine.so");
    loader_environment_free(environment);
    plan.way = LOADER_AUDIT;
    environment = loader_environment(&plan, &settings, base, &fault);
    assert_string_equal(value_of(environment, "LD_AUDIT"), "/lib/timtape/audit.so:/other.so");
    assert_string_equal(value_of(environment, "LD_PRELOAD"), "/lib/timtape/clock.so:/mine.so");
    assert_string_equal(value_of(environment, "ASAN_OPTIONS"), "x=1:verify_asan_link_order=0");
    loader_environment_free(environment);
    settings.directory = "/lib/tim tape";
    assert_null(loader_environment(&plan, &settings, base, &fault));
    assert_non_null(strstr(fault.text, "/lib/tim tape"));
    settings.directory = "/lib/timtape";
    settings.clock = false;

    plan.way = LOADER_IMPOSSIBLE;
    environment = loader_environment(&plan, &settings, base, &fault);
    assert_string_equal(value_of(environment, "LD_AUDIT"), "/other.so");
    assert_string_equal(value_of(environment, "LD_PRELOAD"), "/mine.so");
    loader_environment_free(environment);
}

static void
ways_have_names(void **state)
{
    enum loader_way way;

    (void)state;
    assert_true(loader_way_parse("preload", &way));
    assert_int_equal(way, LOADER_PRELOAD);
    assert_true(loader_way_parse("auto", &way));
    assert_int_equal(way, LOADER_AUTO);
    assert_false(loader_way_parse("none", &way));
    assert_false(loader_way_parse("magic", &way));
    assert_int_equal(loader_plan("sh", LOADER_AUTO, false, "/a:b", &plan, &fault), -1);
    assert_int_equal(fault.kind, FAULT_CANNOT_RUN);
}

static int
begin(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL;
}

static int
end(void **state)
{
    char command[PATH_MAX];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_programs_are_audited),
        cmocka_unit_test(what_cannot_run),
        cmocka_unit_test(the_path_is_searched_as_execvp_does),
        cmocka_unit_test(scripts_are_followed),
        cmocka_unit_test(what_no_way_reaches),
        cmocka_unit_test(damaged_files_are_survived),
        cmocka_unit_test(environments),
        cmocka_unit_test(ways_have_names),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
