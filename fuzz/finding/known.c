// SPDX-License-Identifier: MIT
/* known.ndjson: what the mutator steps round, one line a variation of a finding (fuzz/mutate/mutate_known.h
 * reads it). */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "fuzz/finding/inside.h"
#include "traces/jtree.h"

#define KNOWN_BYTES ((size_t)4 << 20)

static bool
line_is_of(const char *line, size_t bytes, const char *signature)
{
    arena_use(NULL);
    cJSON *tree = jtree_parse(line, bytes, NULL, NULL);
    struct jtree_text text = {0};
    const cJSON *node =
        tree != NULL && jtree_kind(tree) == JTREE_OBJECT ? jtree_get(tree, "signature") : NULL;
    bool same = node != NULL && jtree_kind(node) == JTREE_STRING && jtree_text(node, &text) == 0 &&
                strcmp(text.data, signature) == 0;
    jtree_text_free(&text);
    cJSON_Delete(tree);
    return same;
}

static void
put_member(FILE *out, const char *key, const char *text)
{
    fprintf(out, ",\"%s\":", key);
    escape_json(out, text, strlen(text));
}

static void
put_line(FILE *out, const struct finding *finding, const char *variation)
{
    const struct finding_cause *cause = &finding->cause;
    fputs("{\"callback\":", out);
    escape_json(out, cause->callback, strlen(cause->callback));
    put_member(out, "param", cause->param);
    put_member(out, "path", cause->path);
    put_member(out, "variation", variation);
    put_member(out, "finding", finding->name);
    put_member(out, "signature", finding->outcome.signature);
    fputs("}\n", out);
}

static void
put_lines(FILE *out, const struct finding *finding)
{
    const struct finding_cause *cause = &finding->cause;
    if (cause->callback[0] == '\0')
        return;
    put_line(out, finding, cause->variation);
    for (unsigned i = 0; i < cause->nothers; i++)
        put_line(out, finding, model_variation_name(cause->others[i]));
}

int
known_change(int dir, const char *signature, const struct finding *finding, struct fault *fault)
{
    struct fault none;
    size_t bytes = 0, left = 0;
    char *was = finding_read(dir, "known.ndjson", KNOWN_BYTES, &bytes, &none), *text = NULL;
    if (was == NULL && none.kind != FAULT_NOT_FOUND)
        return fault_set(fault, none.kind, "%s", none.text);
    FILE *out = open_memstream(&text, &left);
    for (const char *line = was; out != NULL && line != NULL && line < was + bytes;) {
        const char *stop = finding_line_end(line, was + bytes);
        if (stop > line && !line_is_of(line, (size_t)(stop - line), signature)) {
            fwrite(line, 1, (size_t)(stop - line), out);
            putc('\n', out);
        }
        line = stop < was + bytes ? stop + 1 : stop;
    }
    if (out != NULL && finding != NULL)
        put_lines(out, finding);
    int result = out != NULL && fclose(out) == 0 ? 0 : fault_set(fault, FAULT_INTERNAL, "out of memory");
    if (result == 0 && (left > 0 || was != NULL) &&
        (was == NULL || left != bytes || memcmp(was, text, left) != 0))
        result = finding_write(dir, "known.ndjson", text, left, fault);
    free(was);
    free(text);
    return result;
}

int
finding_fixed(const char *dir, const char *signature, struct fault *fault)
{
    int folder = finding_folder(AT_FDCWD, dir, false, fault);
    int result = folder >= 0 ? known_change(folder, signature, NULL, fault) : -1;
    if (folder >= 0)
        close(folder);
    return result;
}
