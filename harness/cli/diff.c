// SPDX-License-Identifier: MIT
/* timtape diff: two tapes side by side, every difference in words. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/select.h"
#include "cli/verb.h"
#include "replay/compare/compare.h"
#include "traces/scenario.h"

struct diff {
    bool json, quiet, calls;
    struct select wanted;
    uint64_t told, by_class[COMPARE_END + 1];
    uint64_t last[2]; /* the pair that was told last: its heading stands */
};

/* ---- words ---------------------------------------------------------------------------------------- */

static void
foreign(const char *text)
{
    out_text(stdout, text, strlen(text), SIZE_MAX);
}

static void
put_event(const struct compare_event *event)
{
    printf("%s %s", event->is_callback ? "callback" : "call", event->name);
    if (event->is_callback && event->cause != NULL)
        printf(" of %s", event->cause);
}

static void
put_where(const struct compare_event *event, const char *tape)
{
    printf("event %" PRIu64 " of %s, thread %u", event->seq, tape, event->thread);
    if (event->thread_name != NULL && event->thread_name[0] != '\0') {
        printf(" (");
        foreign(event->thread_name);
        printf(")");
    }
    if (event->inside != 0)
        printf(", inside event %" PRIu64, event->inside);
}

static void
put_pair(const struct compare_difference *difference)
{
    put_event(&difference->expected);
    printf(" (event %" PRIu64 " of the first tape, %" PRIu64 " of the second)", difference->expected.seq,
           difference->got.seq);
}

static void
put_alone(const struct compare_difference *difference)
{
    bool missing = difference->class == COMPARE_MISSING;
    const struct compare_event *event = missing ? &difference->expected : &difference->got;
    printf("%s ", missing ? "missing" : "extra");
    put_event(event);
    printf(": ");
    put_where(event, missing ? "the first tape" : "the second tape");
    printf(missing ? "; the second tape does not have it" : "; the first tape does not have it");
    if (event->contained > 0)
        printf(", nor what belongs to it (%u event%s)", event->contained, event->contained == 1 ? "" : "s");
    printf("\n");
}

static void
put_value(struct diff *diff, const struct compare_difference *difference)
{
    const struct match_difference *value = difference->value;
    bool heading =
        diff->last[0] != difference->expected.seq || diff->last[1] != difference->got.seq || diff->told == 0;
    diff->last[0] = difference->expected.seq;
    diff->last[1] = difference->got.seq;
    if (heading) {
        printf("different ");
        put_pair(difference);
        printf("\n");
    }
    printf("    %s", value->name);
    if (value->path[0] != '\0') {
        printf(" at ");
        foreign(value->path);
    }
    printf("\n        expected ");
    foreign(value->expected);
    printf("\n        got      ");
    foreign(value->got);
    printf("\n");
    if (value->why[0] != '\0') {
        printf("        ");
        foreign(value->why);
        printf("\n");
    }
}

static void
put_words(struct diff *diff, const struct compare_difference *difference)
{
    switch (difference->class) {
    case COMPARE_MISSING:
    case COMPARE_EXTRA:
        put_alone(difference);
        return;
    case COMPARE_REORDERED:
        printf("reordered ");
        put_pair(difference);
        printf(": on the other side of %s\n",
               difference->other != NULL ? difference->other : "its neighbour");
        return;
    case COMPARE_THREAD:
        printf("on another thread: ");
        put_event(&difference->expected);
        printf(":\n    expected ");
        put_where(&difference->expected, "the first tape");
        printf("\n    got      ");
        put_where(&difference->got, "the second tape");
        printf("\n");
        return;
    case COMPARE_END:
        printf("different end of the app\n    expected ");
        foreign(difference->expected_text);
        printf("\n    got      ");
        foreign(difference->got_text);
        printf("\n");
        return;
    default:
        put_value(diff, difference);
    }
}

/* ---- JSON ----------------------------------------------------------------------------------------- */

static void
json_text(const char *key, const char *text)
{
    printf(",\"%s\":", key);
    if (text == NULL)
        printf("null");
    else
        out_json_string(stdout, text, strlen(text));
}

static void
json_event(const char *key, const struct compare_event *event)
{
    printf(",\"%s\":", key);
    if (event->seq == 0) {
        printf("null");
        return;
    }
    printf("{\"seq\":%" PRIu64 ",\"kind\":\"%s\"", event->seq, event->is_callback ? "callback" : "call");
    json_text("name", event->name);
    json_text("cause", event->cause);
    printf(",\"thread\":%u", event->thread);
    json_text("thread_name", event->thread_name);
    printf("}");
}

static void
put_json(const struct compare_difference *difference)
{
    const struct match_difference *value = difference->value;
    printf("{\"class\":\"%s\"", compare_class_name(difference->class));
    json_event("first", &difference->expected);
    json_event("second", &difference->got);
    if (value != NULL) {
        json_text("param", value->name);
        json_text("path", value->path);
        json_text("expected", value->expected);
        json_text("got", value->got);
        json_text("why", value->why[0] != '\0' ? value->why : NULL);
    }
    if (difference->class == COMPARE_REORDERED)
        json_text("passed", difference->other);
    if (difference->class == COMPARE_END) {
        json_text("expected", difference->expected_text);
        json_text("got", difference->got_text);
    }
    printf("}\n");
}

/* ---- the verb --------------------------------------------------------------------------------------- */

static bool
is_wanted(const struct diff *diff, const struct compare_difference *difference)
{
    const struct compare_event *event =
        difference->expected.seq != 0 ? &difference->expected : &difference->got;
    if (event->seq == 0)
        return true;
    struct tape_event known = {.seq = event->seq, .name = event->name, .thread = event->thread};
    return !(diff->calls && event->is_callback) && select_event(&diff->wanted, &known);
}

static int
report(void *context, const struct compare_difference *difference)
{
    struct diff *diff = context;
    if (!is_wanted(diff, difference))
        return 0;
    if (!diff->quiet && diff->json)
        put_json(difference);
    else if (!diff->quiet)
        put_words(diff, difference);
    diff->told++;
    diff->by_class[difference->class]++;
    return ferror(stdout); /* nobody reads any more (| head) */
}

static void
put_count(const char *before, uint64_t count, const char *one, const char *more)
{
    printf("%s%" PRIu64 " %s", before, count, count == 1 ? one : more);
}

static void
summary_words(const struct diff *diff, const struct compare_summary *summary)
{
    static const struct {
        const char *one, *more;
    } words[] = {{"missing", "missing"},
                 {"extra", "extra"},
                 {"different argument", "different arguments"},
                 {"different payload", "different payloads"},
                 {"different result", "different results"},
                 {"reordered", "reordered"},
                 {"on another thread", "on another thread"},
                 {"different end", "different ends"}};
    const char *comma = ": ";
    if (diff->told == 0)
        printf("the same");
    else
        put_count("", diff->told, "difference", "differences");
    for (unsigned i = 0; i <= COMPARE_END; i++) {
        if (diff->by_class[i] == 0)
            continue;
        put_count(comma, diff->by_class[i], words[i].one, words[i].more);
        comma = ", ";
    }
    put_count(" (", summary->pairs, "pair of events compared", "pairs of events compared");
    if (summary->allowed > 0)
        put_count(", ", summary->allowed, "difference allowed by rules", "differences allowed by rules");
    if (summary->getters > 0)
        put_count(", ", summary->getters, "getter more or less", "getters more or less");
    if (summary->too_late > 0)
        put_count(", ", summary->too_late, "completion that one app did not wait for",
                  "completions that one app did not wait for");
    printf(")\n");
    if (summary->windowed)
        printf("the tapes are so different that parts were aligned piece by piece: nearer pairs may exist\n");
}

static void
summary_json(const struct diff *diff, const struct compare_summary *summary)
{
    printf("{\"same\":%s,\"differences\":%" PRIu64 ",\"pairs\":%" PRIu64 ",\"allowed\":%" PRIu64
           ",\"getters\":%" PRIu64 ",\"too_late\":%" PRIu64 ",\"windowed\":%s}\n",
           diff->told == 0 ? "true" : "false", diff->told, summary->pairs, summary->allowed, summary->getters,
           summary->too_late, summary->windowed ? "true" : "false");
}

static int
open_side(const char *path, struct compare_side *side, struct fault *fault)
{
    char imported[512];
    side->tape = scenario_open(path, NULL, imported, sizeof imported, fault);
    if (side->tape != NULL)
        side->flow = tape_open(imported[0] != '\0' ? imported : path, fault);
    scenario_forget(imported);
    return side->flow != NULL ? 0 : -1;
}

static int
read_mode(const char *text, enum match_mode *mode, struct fault *fault)
{
    static const char *const modes[] = {"normal", "strict", "loose"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(text, modes[i]) == 0) {
            *mode = (enum match_mode)i;
            return 0;
        }
    }
    return verb_usage(fault, "--match %s: one of normal, strict and loose", text);
}

static int
read_options(int argc, char **argv, struct diff *diff, struct compare_options *options, struct fault *fault)
{
    static const struct option table[] = {
        {"json", no_argument, NULL, 'j'},        {"quiet", no_argument, NULL, 'q'},
        {"calls", no_argument, NULL, 'c'},       {"rules", required_argument, NULL, 'r'},
        {"match", required_argument, NULL, 'm'}, {0}};
    int option;
    while ((option = verb_option(argc, argv, table, fault)) != -1) {
        if (option == VERB_BAD)
            return -1;
        diff->json |= option == 'j';
        diff->quiet |= option == 'q';
        diff->calls |= option == 'c';
        if (option == 'r' && rules_read(&options->rules, optarg, fault) != 0)
            return -1;
        if (option == 'm' && read_mode(optarg, &options->mode, fault) != 0)
            return -1;
    }
    if (argc - optind < 2)
        return verb_usage(fault, "which two tapes?");
    for (int i = optind + 2; i < argc; i++) {
        if (select_add(&diff->wanted, argv[i], fault) != 0)
            return -1;
    }
    return 0;
}

static int
diff_run(int argc, char **argv, struct fault *fault)
{
    struct diff diff = {.json = false};
    struct compare_options options = {.report = report, .context = &diff};
    struct compare_summary summary;
    struct compare_side sides[2] = {{NULL, NULL}, {NULL, NULL}};
    int result = read_options(argc, argv, &diff, &options, fault);
    for (unsigned i = 0; i < 2 && result == 0; i++)
        result = open_side(argv[optind + (int)i], &sides[i], fault);
    if (result == 0)
        result = compare_tapes(sides, &options, &summary, fault);
    if (result == 0 && diff.json)
        summary_json(&diff, &summary);
    else if (result == 0 && !diff.quiet)
        summary_words(&diff, &summary);
    for (unsigned i = 0; i < 2; i++) {
        tape_close(sides[i].tape);
        tape_close(sides[i].flow);
    }
    rules_free(options.rules);
    return result != 0 ? -1 : diff.told > 0;
}

const struct verb verb_diff = {
    .name = "diff",
    .usage = "[--rules FILE] [--match MODE] [--calls] [--json] FIRST SECOND [SELECTION ...]",
    .summary = "compare two tapes, event by event",
    .help =
        "Says every way in which the second tape is not the first: calls and callbacks that are missing, "
        "extra,\n"
        "in another order or on another thread, and values that differ, by JSON path. Times, event numbers "
        "and\n"
        "what the API description lets differ (times, randoms, local paths, credentials) do not count; ids "
        "that\n"
        "the SDK made may be others, as long as each one stands for the same one everywhere. Either tape may "
        "be\n"
        "a scenario (NDJSON).\n"
        "\n"
        "  -r, --rules FILE   what else may differ (docs/rules.md); may be given more than once\n"
        "  -m, --match MODE   normal; strict: times, randoms and paths count, too; loose: neither order nor\n"
        "                     thread counts\n"
        "  -c, --calls        only what the app did: calls, not callbacks\n"
        "  -j, --json         one JSON object a line: the differences, and a summary\n"
        "  -q, --quiet        only the exit status\n"
        "\n"
        "SELECTION is that of `timtape show`, by the first tape's numbers and threads: only these are told.\n"
        "\n"
        "  timtape diff yesterday.tape today.tape\n"
        "  timtape diff --calls a.tape b.tape 'TIMMsg*'\n"
        "\n"
        "Exit status: 0 the same; 1 they differ; 64 a mistake in the command line; 65 a tape or a rules file "
        "is\n"
        "bad.\n",
    .anywhere = true,
    .streams = true,
    .run = diff_run,
};
