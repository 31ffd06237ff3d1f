// SPDX-License-Identifier: MIT
/* Schema coverage: places, what a case delivers, the file that processes share, hostile files, reports. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fuzz/coverage/table.h"

static struct arena *arena;
static char folder[] = "/tmp/timtape-coverage.XXXXXX";

static struct coverage *
make(const char *file, struct fault *fault)
{
    struct mutate_target targets[] = {{api_find("TIMRecvNewMsgCallback"), NULL},
                                      {api_find("TIMCommCallback"), api_find("TIMConvGetConvList")},
                                      {api_find("TIMMsgElemUploadProgressCallback"), NULL}};
    struct model_profile profile;
    assert_int_equal(model_profile_parse("page", &profile, fault), 0);
    return coverage_new(targets, 3, &profile, file, fault);
}

static unsigned
note(struct coverage *coverage, const char *text)
{
    struct fuzz_case c = {0};
    struct fault fault = {0};
    arena_reset(arena);
    if (case_read(&c, arena, text, strlen(text), &fault) != 0)
        fail_msg("%s", fault.text);
    unsigned news = coverage_note(coverage, &c, arena);
    arena_use(NULL);
    return news;
}

/* How often that variation was delivered at that place; -1: no such place or variation. */
static long
count_at(const struct coverage *coverage, const char *callback, const char *param, const char *path,
         enum model_variation variation)
{
    for (uint32_t i = 0; i < coverage->nplaces; i++) {
        const struct table_row *row = &coverage->rows[i];
        if (strcmp(row->callback, callback) != 0 || strcmp(row->param, param) != 0 ||
            strcmp(row->path, path) != 0)
            continue;
        uint32_t slot = table_slot(row, variation);
        return slot == TABLE_NONE ? -1 : (long)coverage->count[slot];
    }
    return -1;
}

#define MESSAGE(inner)                                                                                       \
    "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":[" inner "]}}}\n"
#define AT(path, variation) count_at(coverage, "TIMRecvNewMsgCallback", "json_msg_array", path, variation)

static void
notes_what_a_case_delivers(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct coverage *coverage = make(NULL, &fault);
    assert_non_null(coverage);
    uint64_t covered, all;
    coverage_count(coverage, &covered, &all);
    assert_int_equal(covered, 0);
    assert_true(all > 1000);

    const char *text = MESSAGE("{\"message_seq\":\"1\",\"message_elem_array\":[{\"elem_type\":0,"
                               "\"text_elem_content\":null},{\"elem_type\":1}]}");
    unsigned news = note(coverage, text);
    coverage_count(coverage, &covered, &all);
    assert_int_equal(news, covered);
    assert_int_equal(note(coverage, text), 0);
    assert_int_equal(AT("[].message_seq", MODEL_WRONG_STRING), 2);
    assert_int_equal(AT("[].message_seq", MODEL_ABSENT), 0);
    assert_int_equal(AT("[].message_elem_array[].text_elem_content", MODEL_NULL), 2);
    /* Absent counts only where the key could be: in a text element, not in the image. */
    assert_int_equal(AT("[].message_elem_array[].text_elem_content", MODEL_ABSENT), 0);
    assert_int_equal(AT("[].message_elem_array[].image_elem_level", MODEL_ABSENT), 2);
    assert_int_equal(AT("[].message_elem_array[].elem_type", MODEL_ENUM), 2);
    assert_int_equal(AT("[].message_cloud_custom_str", MODEL_ABSENT), 2);
    assert_true(note(coverage, MESSAGE("{\"message_seq\":1,\"message_seq\":2}")) > 0);
    assert_int_equal(AT("[].message_seq", MODEL_DUPLICATE), 1);
    coverage_free(coverage);
}

static void
scalars_are_places(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct coverage *coverage = make(NULL, &fault);
    assert_non_null(coverage);
    note(coverage, "{\"callback\":\"TIMMsgElemUploadProgressCallback\",\"args\":{\"json_msg\":{\"$json\":{}},"
                   "\"index\":4294967295,\"cur_size\":0,\"total_size\":0}}\n");
    assert_int_equal(count_at(coverage, "TIMMsgElemUploadProgressCallback", "index", "", MODEL_UINT32_MAX),
                     1);
    assert_int_equal(count_at(coverage, "TIMMsgElemUploadProgressCallback", "cur_size", "", MODEL_ZERO), 1);
    note(coverage, "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\",\"args\":{\"code\":0,"
                   "\"desc\":null,\"json_params\":{\"$json\":[]}}}\n");
    assert_int_equal(count_at(coverage, "TIMCommCallback", "desc", "", MODEL_NULL), 1);
    assert_int_equal(count_at(coverage, "TIMCommCallback", "json_params", "", MODEL_EMPTY_ARRAY), 1);
    /* The answer to another call is none of ours. */
    assert_int_equal(note(coverage,
                          "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMLogin\",\"args\":{\"code\":1,"
                          "\"desc\":\"x\",\"json_params\":\"\"}}\n"),
                     0);
    coverage_free(coverage);
}

static void
extra_counters(void **state)
{
    (void)state;
    struct fault fault = {0};
    unsigned char counters[97] = {0};
    struct coverage *coverage = make(NULL, &fault);
    size_t count, set = 0;
    coverage_also(coverage, counters, sizeof counters);
    note(coverage, MESSAGE("{\"message_seq\":1}"));
    const uint32_t *last = coverage_last(coverage, &count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(counters[last[i] % sizeof counters], 1);
    for (size_t i = 1; i < count; i++)
        assert_true(last[i - 1] < last[i]);
    for (size_t i = 0; i < sizeof counters; i++)
        set += counters[i];
    assert_true(set > 0 && set <= count);
    coverage_free(coverage);
}

static void
sampling_begins_when_nothing_is_new(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct coverage *coverage = make(NULL, &fault);
    char text[256];
    coverage_sample(coverage, 8);
    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, MESSAGE("{\"message_seq\":%d}"), 5000 + i);
        note(coverage, text);
    }
    long seen = AT("[].message_seq", MODEL_ORDINARY);
    assert_true(seen > 4096 && seen < 4096 + 16000 / 4);
    coverage_free(coverage);
}

static char *
path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void
processes_share_a_file(void **state)
{
    (void)state;
    struct fault fault = {0};
    const char *file = path_of("shared");
    static const char *const texts[] = {MESSAGE("{\"message_seq\":null}"), MESSAGE("{\"message_seq\":true}"),
                                        MESSAGE("{\"message_seq\":{}}"), MESSAGE("{\"message_seq\":[]}")};
    for (unsigned i = 0; i < 4; i++) {
        if (fork() == 0) {
            struct coverage *coverage = make(file, &fault);
            _exit(coverage == NULL || note(coverage, texts[i]) == 0);
        }
    }
    for (int status, i = 0; i < 4; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct coverage *coverage = coverage_open(file, &fault);
    assert_non_null(coverage);
    assert_true(coverage_is(file));
    assert_int_equal(AT("[].message_seq", MODEL_NULL), 1);
    assert_int_equal(AT("[].message_seq", MODEL_WRONG_BOOL), 1);
    assert_int_equal(AT("[].message_seq", MODEL_WRONG_OBJECT), 1);
    assert_int_equal(AT("[].message_seq", MODEL_WRONG_ARRAY), 1);
    coverage_free(coverage);

    struct mutate_target other = {api_find("TIMConvEventCallback"), NULL};
    struct model_profile profile = {0};
    assert_null(coverage_new(&other, 1, &profile, file, &fault));
    assert_int_equal(fault.kind, FAULT_DATA);
    coverage = make(file, &fault);
    assert_non_null(coverage);
    assert_int_equal(AT("[].message_seq", MODEL_NULL), 1);
    coverage_free(coverage);
}

/* Every damage is refused, or read as what it says; nothing else happens (run with ASan). */
static void
hostile_files(void **state)
{
    (void)state;
    struct fault fault = {0};
    char *file = strdup(path_of("hostile")), whole[512 * 1024];
    coverage_free(make(file, &fault));
    FILE *in = fopen(file, "r");
    size_t bytes = fread(whole, 1, sizeof whole, in);
    fclose(in);
    assert_true(bytes > 1000 && bytes < sizeof whole);
    unsigned refused = 0, tries = 0;
    for (size_t at = 0; at < 4000; at += at < 80 ? 1 : 97) {
        char was = whole[at];
        whole[at] = (char)(was ^ 0xff);
        FILE *out = fopen(file, "w");
        fwrite(whole, 1, at % 3 == 0 ? bytes - at : bytes, out);
        fclose(out);
        whole[at] = was;
        struct coverage *coverage = coverage_open(file, &fault);
        refused += coverage == NULL;
        tries++;
        coverage_free(coverage);
    }
    assert_true(refused > tries / 2);
    assert_null(coverage_open(folder, &fault));
    assert_null(coverage_open(path_of("none"), &fault));
    assert_int_equal(fault.kind, FAULT_NOT_FOUND);
    free(file);
}

static char *
report(const struct coverage *coverage, const struct coverage_report *what,
       void (*write)(const struct coverage *, const struct coverage_report *, FILE *))
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    write(coverage, what, out);
    fclose(out);
    return text;
}

static void
reports(void **state)
{
    (void)state;
    struct fault fault = {0};
    FILE *out = fopen(path_of("lcov.info"), "w");
    fputs("TN:\nSF:/src/<a>.c\nDA:1,3\nDA:2,0\nend_of_record\nSF:b.c\nLF:10\nLH:4\nend_of_record\n", out);
    fclose(out);
    struct coverage_lines *lines = coverage_lines_read(path_of("lcov.info"), &fault);
    assert_non_null(lines);
    assert_int_equal(lines->covered, 5);
    assert_int_equal(lines->all, 12);
    struct coverage *coverage = make(NULL, &fault);
    note(coverage, MESSAGE("{\"message_seq\":null}"));
    struct coverage_report what = {.title = "</title><script>", .lines = lines, .missing = true};
    char *text = report(coverage, &what, coverage_text);
    assert_non_null(strstr(text, "json_msg_array [].message_seq\n      missing: "));
    assert_non_null(strstr(text, "lines: 5 of 12"));
    free(text);
    text = report(coverage, &what, coverage_json);
    cJSON *tree = cJSON_Parse(text);
    assert_non_null(tree);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(tree, "callbacks")), 3);
    cJSON_Delete(tree);
    free(text);
    text = report(coverage, &what, coverage_html);
    assert_null(strstr(text, "</title><script>"));
    assert_null(strstr(text, "<a>"));
    free(text);
    coverage_free(coverage);
    coverage_lines_free(lines);

    out = fopen(path_of("llvm.json"), "w");
    fputs("{\"data\":[{\"files\":[{\"filename\":\"a.c\",\"summary\":{\"lines\":{\"count\":9,\"covered\":3}}}]"
          "}],"
          "\"type\":\"llvm.coverage.json.export\",\"version\":\"2.0.1\"}",
          out);
    fclose(out);
    lines = coverage_lines_read(path_of("llvm.json"), &fault);
    assert_non_null(lines);
    assert_int_equal(lines->covered, 3);
    coverage_lines_free(lines);
    out = fopen(path_of("bad.json"), "w");
    fputs("{\"data\":[{\"files\":{}}]", out);
    fclose(out);
    assert_null(coverage_lines_read(path_of("bad.json"), &fault));
    assert_int_equal(fault.kind, FAULT_DATA);
}

static int
begin(void **state)
{
    (void)state;
    arena = arena_new();
    return arena == NULL || mkdtemp(folder) == NULL;
}

static int
end(void **state)
{
    (void)state;
    char command[256];
    arena_free(arena);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_what_a_case_delivers),
        cmocka_unit_test(scalars_are_places),
        cmocka_unit_test(extra_counters),
        cmocka_unit_test(sampling_begins_when_nothing_is_new),
        cmocka_unit_test(processes_share_a_file),
        cmocka_unit_test(hostile_files),
        cmocka_unit_test(reports),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
