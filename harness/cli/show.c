// SPDX-License-Identifier: MIT
/* timtape show: the events of a tape, one a line. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/select.h"
#include "cli/verb.h"
#include "recorder/map.h"
#include "traces/tape.h"

struct list {
    bool colour;
    int width;        /* columns, 0: no limit */
    struct map depth; /* nesting of events that others may lie in */
};

static const char *
parameter(const struct tape_event *event, unsigned index, char *buffer)
{
    if (event->entry != NULL && index < event->entry->nparams)
        return event->entry->params[index].name;
    snprintf(buffer, 24, "argument%u", index + 1);
    return buffer;
}

static bool
hidden(const struct tape_event *event, unsigned index)
{
    return event->args[index].type == TAPE_ABSENT ||
           (event->entry != NULL && event->entry->params[index].type == API_FN);
}

/* ---- one line for people ---------------------------------------------------------------------- */

static void
put_value(FILE *out, const struct tape_value *value, size_t most)
{
    switch (value->type) {
    case TAPE_NULL:
        fputs("NULL", out);
        break;
    case TAPE_INT:
        fprintf(out, "%" PRId64, value->i);
        break;
    case TAPE_UINT:
        fprintf(out, "%" PRIu64, value->u);
        break;
    case TAPE_TEXT:
        fputc('"', out);
        out_text(out, value->text, value->bytes, most);
        fputc('"', out);
        break;
    default:
        break;
    }
}

/* Everything behind the name into one string, then cut to the line. */
static void
line_tail(struct list *list, const struct tape_event *event, size_t used)
{
    char *text = NULL, name[16], span[32];
    size_t bytes = 0, most = list->width > 0 ? (size_t)list->width : SIZE_MAX;
    FILE *out = open_memstream(&text, &bytes);
    if (out == NULL)
        return;
    bool first = true;
    fputc('(', out);
    for (unsigned i = 0; i < event->nargs; i++) {
        if (hidden(event, i))
            continue;
        fprintf(out, "%s%s=", first ? "" : ", ", parameter(event, i, name));
        put_value(out, &event->args[i], most);
        first = false;
    }
    fputc(')', out);
    fclose(out);

    char tail[160] = "";
    FILE *end = fmemopen(tail, sizeof tail, "w");
    if (end != NULL && event->end_seq == 0) {
        fputs(" in flight", end);
    } else if (end != NULL) {
        if (event->result.type != TAPE_ABSENT) {
            fputs(" = ", end);
            put_value(end, &event->result, 40);
        }
        fprintf(end, "%s %s", event->threw ? " threw" : "", out_span(span, event->took_ns));
    }
    if (end != NULL)
        fclose(end);
    size_t room = most > used + strlen(tail) ? most - used - strlen(tail) : 0;
    if (bytes > room) {
        size_t keep = room > 3 ? room - 3 : 0;
        while (keep > 0 && ((unsigned char)text[keep] & 0xC0) == 0x80)
            keep--;
        fwrite(text, 1, keep, stdout);
        fputs("...", stdout);
    } else {
        fwrite(text, 1, bytes, stdout);
    }
    printf("%s%s%s\n", list->colour ? (event->end_seq == 0 ? "\033[1;31m" : "\033[2m") : "", tail,
           list->colour ? "\033[0m" : "");
    free(text);
}

static int
line(struct list *list, const struct tape_event *event)
{
    const uint64_t *outer = event->parent != 0 ? map_get(&list->depth, event->parent) : NULL;
    uint64_t depth = outer != NULL ? *outer + 1 : 0;
    if (map_put(&list->depth, event->seq, depth) != 0)
        return -1;
    int used =
        printf("%7" PRIu64 " %4" PRId64 ".%06" PRId64 " @%-3u %*s", event->seq, event->at_ns / 1000000000,
               event->at_ns / 1000 % 1000000, event->thread, (int)(depth > 20 ? 40 : 2 * depth), "");
    const char *paint = !list->colour ? "" : event->is_callback ? "\033[36m" : "\033[1m";
    printf("%s%s %s%s", paint, event->is_callback ? "<-" : "->", event->name, list->colour ? "\033[0m" : "");
    used += 3 + (int)strlen(event->name);
    if (event->cause != 0)
        used += printf(" #%" PRIu64, event->cause);
    line_tail(list, event, used > 0 ? (size_t)used : 0);
    return 0;
}

/* ---- one line for programs -------------------------------------------------------------------- */

static void
json_value(const struct tape_value *value)
{
    switch (value->type) {
    case TAPE_INT:
        printf("%" PRId64, value->i);
        break;
    case TAPE_UINT:
        printf("%" PRIu64, value->u);
        break;
    case TAPE_TEXT:
        out_json_string(stdout, value->text, value->bytes);
        break;
    default:
        printf("null");
        break;
    }
}

static void
json_optional(const char *key, uint64_t number)
{
    if (number != 0)
        printf(",\"%s\":%" PRIu64, key, number);
}

static void
json_line(const struct tape_event *event)
{
    char name[24];
    const char *comma = "";
    printf("{\"seq\":%" PRIu64 ",\"at_ns\":%" PRId64 ",\"thread\":%u,\"%s\":\"%s\"", event->seq, event->at_ns,
           event->thread, event->is_callback ? "callback" : "function", event->name);
    json_optional(event->parent_is_callback ? "in_callback" : "in_call", event->parent);
    json_optional("cause", event->cause);
    printf(",\"args\":{");
    for (unsigned i = 0; i < event->nargs; i++) {
        if (hidden(event, i))
            continue;
        printf("%s\"%s\":", comma, parameter(event, i, name));
        if (event->entry != NULL && event->entry->params[i].type == API_BOOL && event->args[i].u <= 1)
            printf("%s", event->args[i].u != 0 ? "true" : "false");
        else
            json_value(&event->args[i]);
        comma = ",";
    }
    printf("}");
    if (event->end_seq != 0) {
        printf(",\"end_seq\":%" PRIu64 ",\"took_ns\":%" PRId64, event->end_seq, event->took_ns);
        if (event->result.type != TAPE_ABSENT) {
            printf(",\"result\":");
            json_value(&event->result);
        }
        if (event->threw)
            printf(",\"threw\":true");
    }
    printf("}\n");
}

/* ---- the verb --------------------------------------------------------------------------------- */

static int
show(struct tape_reader *tape, const struct select *wanted, struct list *list, bool json, struct fault *fault)
{
    struct tape_event event;
    int more;
    if (tape_rewind(tape, select_first(wanted), fault) != 0)
        return -1;
    while ((more = tape_next(tape, &event, fault)) > 0) {
        if (!select_event(wanted, &event))
            continue;
        if (json)
            json_line(&event);
        else if (line(list, &event) != 0)
            return fault_set(fault, FAULT_INTERNAL, "out of memory");
        if (ferror(stdout))
            return 0; /* nobody reads any more (| head) */
    }
    return more;
}

static bool
read_width(const char *text, int *width)
{
    char *end;
    errno = 0;
    long columns = strtol(text, &end, 10);
    *width = (int)columns;
    return errno == 0 && end != text && *end == '\0' && columns >= 0 && columns <= INT_MAX;
}

static int
show_run(int argc, char **argv, struct fault *fault)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"width", required_argument, NULL, 'w'}, {0}};
    struct select wanted = {.nranges = 0};
    struct list list = {.colour = out_colour(stdout), .width = out_width(stdout, 0)};
    bool json = false;
    int option;
    while ((option = verb_option(argc, argv, options, fault)) != -1) {
        if (option == VERB_BAD)
            return -1;
        if (option == 'j')
            json = true;
        else if (!read_width(optarg, &list.width))
            return verb_usage(fault, "--width %s: not a number of columns", optarg);
    }
    if (optind >= argc)
        return verb_usage(fault, "which tape?");
    for (int i = optind + 1; i < argc; i++) {
        if (select_add(&wanted, argv[i], fault) != 0)
            return -1;
    }
    struct tape_reader *tape = tape_open(argv[optind], fault);
    if (tape == NULL)
        return -1;
    int result = show(tape, &wanted, &list, json, fault);
    map_free(&list.depth);
    tape_close(tape);
    return result;
}

const struct verb verb_show = {
    .name = "show",
    .usage = "[--json] [--width N] TAPE [SELECTION ...]",
    .summary = "list the events of a tape",
    .help = "One line per event: number, seconds since the start, thread, what lies inside what, -> for a "
            "call and\n"
            "<- for a callback (with #CAUSE, the call or registration that it answers), arguments, result, "
            "duration.\n"
            "\n"
            "SELECTION is any of: 12 (an event), 10-40 (from to), @2 (a thread), 'TIMConv*' (names). Of "
            "several words of\n"
            "one kind one must match; of each kind given one must.\n"
            "\n"
            "  -j, --json      one JSON object a line, nothing shortened\n"
            "  -w, --width N   columns to shorten lines to (0: never; the terminal's width by default)\n"
            "\n"
            "Exit status: 0; 64 a mistake in the command line; 65 not a tape, or damaged.\n",
    .anywhere = true,
    .streams = true,
    .run = show_run,
};
