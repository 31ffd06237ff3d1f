// SPDX-License-Identifier: MIT
// Text -> case, in one scan over each line; payloads are checked and copied as they stand, no trees are made.
#include <string.h>

#include "fuzz/model/case_line.h"
#include "fuzz/model/case_names.h"

struct reader {
    struct case_line line;
    struct case_names names;
    struct fuzz_case *c;
};

/* What one line says, before it is known what kind of line it is. */
struct said {
    const struct api_entry *callback, *call;
    const char *since;            /* NULL: the newest signature */
    const struct api_entry *made; /* the signature that `event` was filled for */
    struct case_event event;
    struct jtree_scan args; /* right behind the '{' of "args" */
    bool has_args, other;   /* other: a header line and the like */
    const char *names[2];   /* seq, label: texts that this line can be called by */
    size_t name_bytes[2];
    const struct api_entry *cause;
};

enum word { W_CALL, W_CALLBACK, W_SINCE, W_CAUSE, W_ARGS, W_SEQ, W_LABEL, W_META, W_OTHER_LINE, W_PASS };
static const struct {
    const char *key;
    enum word word;
} words[] = {
    {"callback", W_CALLBACK},
    {"cause", W_CAUSE},
    {"args", W_ARGS},
    {"since", W_SINCE},
    {"seq", W_SEQ},
    {"call", W_CALL},
    {"label", W_LABEL},
    {"thread", W_PASS},
    {"at_ns", W_PASS},
    {"after_ms", W_PASS},
    {"via", W_PASS},
    {"in", W_PASS},
    {"in_call", W_PASS},
    {"in_callback", W_PASS},
    {"during", W_PASS},
    {"result", W_PASS},
    {"threw", W_PASS},
    {"end_seq", W_PASS},
    {"took_ns", W_PASS},
    {"timtape", W_OTHER_LINE},
    {"process", W_OTHER_LINE},
    {"loss", W_OTHER_LINE},
    {"hole", W_OTHER_LINE},
    {"meta", W_META},
};

static int
take_entry(struct case_line *line, bool callback, const struct api_entry **entry)
{
    const char *name;
    size_t bytes;
    if (line->token.kind != JTREE_T_STRING)
        return case_fault(line, "here must be a name in double quotes");
    if (case_string(line, &name, &bytes) != 0)
        return -1;
    *entry = api_find(name);
    if (*entry == NULL || ((*entry)->kind == API_CALLBACK) != callback)
        return case_fault(line, "the API has no %s \"%.80s\"", callback ? "callback type" : "function", name);
    return 0;
}

/* Answers of calls are told apart by their call; a listener's type says all. */
static int
take_cause(struct reader *reader, struct said *said)
{
    struct case_line *line = &reader->line;
    const char *text;
    size_t bytes;
    const struct api_entry *function;
    if (line->token.kind == JTREE_T_NUMBER) {
        function = case_names_find(&reader->names, line->scan.bytes + line->token.start,
                                   line->token.end - line->token.start);
    } else if (line->token.kind == JTREE_T_STRING) {
        if (case_string(line, &text, &bytes) != 0)
            return -1;
        function = case_names_find(&reader->names, text, bytes);
        if (function == NULL)
            function = api_find(text);
        if (function == NULL || function->kind == API_CALLBACK)
            return case_fault(line, "the API has no function \"%.80s\", and nothing above is labelled so",
                              text);
    } else if (line->token.kind == JTREE_T_NULL) {
        function = NULL;
    } else {
        return case_fault(line, "a cause is a function's name, a label, a number or null");
    }
    said->cause = function != NULL && function->kind == API_ASYNC ? function : NULL;
    return 0;
}

static bool
is_called(const struct case_line *line, const struct api_param *param)
{
    if (case_is(line, param->name))
        return true;
    for (const char *const *older = param->older_names; older != NULL && *older != NULL; older++)
        if (case_is(line, *older))
            return true;
    return false;
}

/* From behind the '{' to its '}'. */
static int
take_args(struct case_line *line, struct said *said)
{
    const struct api_entry *entry = said->callback;
    unsigned next = 0, given = 0;
    memset(&said->event, 0, sizeof said->event);
    said->made = entry;
    if (case_next(line) != 0)
        return -1;
    while (line->token.kind != JTREE_T_CLOSE_OBJECT) {
        unsigned tried = 0;
        if (line->token.kind == JTREE_T_COMMA && case_next(line) != 0)
            return -1;
        /* Programs write them in order. */
        while (tried < entry->nparams && !is_called(line, &entry->params[next])) {
            next = (next + 1) % entry->nparams;
            tried++;
        }
        if (tried == entry->nparams)
            return case_fault(line, "%s has no such parameter", entry->name);
        if ((given >> next & 1) != 0)
            return case_fault(line, "%s is given twice", entry->params[next].name);
        given |= 1u << next;
        if (case_next(line) != 0 || case_next(line) != 0 ||
            case_argument(line, &entry->params[next], &said->event.args[next]) != 0 || case_next(line) != 0)
            return -1;
        next = (next + 1) % entry->nparams;
    }
    return 0;
}

static enum word
find_word(const struct case_line *line)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (case_is(line, words[i].key))
            return words[i].word;
    return W_OTHER_LINE;
}

/* meta of a header: only the SDK's version matters. */
static int
take_meta(struct case_line *line)
{
    const char *version;
    size_t bytes;
    if (line->token.kind != JTREE_T_OPEN_OBJECT)
        return case_skip(line);
    do {
        if (case_next(line) != 0)
            return -1;
        bool wanted = line->token.kind == JTREE_T_KEY && case_is(line, "sdk_version");
        if (line->token.kind != JTREE_T_KEY)
            continue;
        if (case_next(line) != 0 || case_next(line) != 0)
            return -1;
        if (wanted && line->token.kind == JTREE_T_STRING) {
            if (case_string(line, &version, &bytes) != 0)
                return -1;
            line->version = version;
        }
        if (case_skip(line) != 0)
            return -1;
    } while (line->scan.depth > 1);
    return 0;
}

static int
take_name(struct case_line *line, struct said *said, unsigned which)
{
    if (line->token.kind == JTREE_T_STRING)
        return case_string(line, &said->names[which], &said->name_bytes[which]);
    said->names[which] = line->scan.bytes + line->token.start;
    said->name_bytes[which] = line->token.end - line->token.start;
    return case_skip(line);
}

static int
take_member(struct reader *reader, struct said *said)
{
    struct case_line *line = &reader->line;
    enum word word = find_word(line);
    size_t bytes;
    if (case_next(line) != 0 || case_next(line) != 0)
        return -1;
    switch (word) {
    case W_CALL:
        return take_entry(line, false, &said->call);
    case W_CALLBACK:
        return take_entry(line, true, &said->callback);
    case W_SINCE:
        if (line->token.kind != JTREE_T_STRING)
            return case_fault(line, "\"since\" is a version in double quotes");
        return case_string(line, &said->since, &bytes);
    case W_CAUSE:
        return take_cause(reader, said);
    case W_ARGS:
        if (line->token.kind != JTREE_T_OPEN_OBJECT)
            return case_fault(line, "\"args\" must be an object of arguments by name");
        said->has_args = true;
        said->args = line->scan;
        if (said->callback != NULL && said->since == NULL)
            return take_args(line, said);
        return case_skip(line);
    case W_SEQ:
        return take_name(line, said, 0);
    case W_LABEL:
        return take_name(line, said, 1);
    case W_META:
        return take_meta(line);
    case W_OTHER_LINE:
        said->other = true;
        /* fall through */
    default:
        return case_skip(line);
    }
}

/* The arguments that came before it was known whose they are. */
static int
take_late(struct case_line *line, struct said *said)
{
    if (said->since != NULL)
        said->callback = api_find_version(said->callback->name, said->since);
    if (said->made == said->callback)
        return 0;
    if (!said->has_args) {
        memset(&said->event, 0, sizeof said->event);
        return 0;
    }
    line->scan = said->args;
    return take_args(line, said);
}

static int
add_callback(struct reader *reader, struct said *said)
{
    struct case_line *line = &reader->line;
    if (take_late(line, said) != 0)
        return -1;
    const struct api_entry *entry = said->callback;
    for (unsigned i = 0; i < entry->nparams; i++)
        if (said->event.args[i].kind == CASE_ABSENT && entry->params[i].type != API_USER &&
            entry->params[i].type != API_FN)
            return case_fault(line, "%s needs the argument \"%s\"", entry->name, entry->params[i].name);
    said->event.callback = entry;
    said->event.function = said->cause;
    if (case_add(reader->c, line->arena, &said->event) != 0)
        return case_fault(line, "out of memory");
    return 0;
}

static int
take_line(struct reader *reader, const char *text, size_t bytes)
{
    static const struct jtree_options options = {.max_depth = JTREE_DEPTH + CASE_AROUND};
    struct case_line *line = &reader->line;
    struct said said;
    memset(&said, 0, offsetof(struct said, event));
    memset(&said.has_args, 0, sizeof said - offsetof(struct said, has_args));
    jtree_scan_start(&line->scan, text, bytes, &options, &line->error);
    if (case_next(line) != 0)
        return -1;
    if (line->token.kind != JTREE_T_OPEN_OBJECT)
        return case_fault(line, "a line of a case is an object {...}");
    if (case_next(line) != 0)
        return -1;
    while (line->token.kind != JTREE_T_CLOSE_OBJECT)
        if ((line->token.kind == JTREE_T_COMMA && case_next(line) != 0) || take_member(reader, &said) != 0 ||
            case_next(line) != 0)
            return -1;
    if (case_next(line) != 0)
        return -1;
    if ((said.callback != NULL || said.call != NULL) && said.other)
        return case_fault(line, "the line has a key that no event has");
    if (said.callback != NULL && said.call != NULL)
        return case_fault(line, "an event is a \"call\" or a \"callback\", not both");
    if (said.callback != NULL)
        return add_callback(reader, &said);
    if (said.call == NULL && !said.other)
        return case_fault(line, "the line has neither \"callback\" nor \"call\"");
    for (unsigned i = 0; i < 2; i++)
        if (said.call != NULL && said.names[i] != NULL &&
            case_names_add(&reader->names, line->arena, said.names[i], said.name_bytes[i], said.call) != 0)
            return case_fault(line, "out of memory");
    return 0;
}

static bool
says_nothing(const char *text, size_t bytes)
{
    size_t i = 0;
    while (i < bytes && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r'))
        i++;
    return i == bytes || text[i] == '#';
}

int
case_read(struct fuzz_case *c, struct arena *arena, const char *text, size_t bytes, struct fault *fault)
{
    struct reader reader;
    const char *end = text + bytes;
    memset(&reader.names, 0, sizeof reader.names);
    reader.line.arena = arena;
    reader.line.number = 0;
    reader.line.version = NULL;
    reader.line.fault = fault;
    reader.c = c;
    *c = (struct fuzz_case){0};
    if (bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3; /* some editors put a byte order mark there */
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop != NULL ? stop : end) - text);
        reader.line.number++;
        if (!says_nothing(text, length) && take_line(&reader, text, length) != 0)
            return -1;
        text = stop != NULL ? stop + 1 : end;
    }
    return 0;
}
