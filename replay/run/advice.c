// SPDX-License-Identifier: MIT
#include "replay/run/advice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
put_word(FILE *stream, const char *option, const char *value)
{
    char text[4200];
    judge_quote(value, text, sizeof text);
    fprintf(stream, "%s %s ", option, text);
}

/* The longest unit that says it exactly. */
static void
put_span(FILE *stream, const char *option, uint64_t ns)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (ns % units[i].ns == 0) {
            fprintf(stream, "%s %" PRIu64 "%s ", option, ns / units[i].ns, units[i].name);
            return;
        }
    }
}

static void
put_time_and_order(FILE *stream, const struct run_options *options)
{
    if (options->speed <= 0)
        fputs("--speed max ", stream);
    else if (options->speed != 1)
        fprintf(stream, "--speed %.9g ", options->speed);
    if (options->max_gap_ns != 0)
        put_span(stream, "--max-gap", (uint64_t)options->max_gap_ns);
    if (options->stall_ns != 0)
        put_span(stream, "--stall-timeout", options->stall_ns);
    if (options->from != 0)
        fprintf(stream, "--from %" PRIu64 " ", options->from);
    if (options->chaos)
        fprintf(stream, "--chaos %" PRIu64 " ", options->chaos_seed);
    else if (options->order != RUN_ORDER_TAPE)
        fprintf(stream, "--order %s ", options->order == RUN_ORDER_CAUSAL ? "causal" : "strict");
}

static void
put_judging(FILE *stream, const struct run_options *options)
{
    if (options->match != MATCH_NORMAL)
        fprintf(stream, "--match %s ", options->match == MATCH_STRICT ? "strict" : "loose");
    for (size_t i = 0; options->rules != NULL && options->rules[i] != NULL; i++)
        put_word(stream, "--rules", options->rules[i]);
    if (options->unmatched == JUDGE_UNMATCHED_DEFAULT)
        fputs("--unmatched default ", stream);
    else if (options->unmatched == JUDGE_UNMATCHED_CODE)
        fprintf(stream, "--unmatched code:%" PRId32 " ", options->unmatched_code);
}

void
advice_options(const struct run_options *options, char *text, size_t room)
{
    static const char *const ways[] = {
        [RECORDER_VIA_BEST] = NULL, [RECORDER_VIA_AUDIT] = "audit", [RECORDER_VIA_PRELOAD] = "preload"};
    FILE *stream = fmemopen(text, room, "w");
    *text = '\0';
    if (stream == NULL)
        return;
    put_time_and_order(stream, options);
    put_judging(stream, options);
    if (options->at_end != RUN_END_WAIT)
        fprintf(stream, "--at-end %s ", options->at_end == RUN_END_TERM ? "term" : "kill");
    if (options->payloads != NULL)
        put_word(stream, "--payloads", options->payloads);
    if (ways[options->via] != NULL)
        put_word(stream, "--via", ways[options->via]);
    if (options->sdk != NULL)
        put_word(stream, "--sdk", options->sdk);
    if (fclose(stream) != 0)
        *text = '\0';
}

void
advice_complete(const struct run_options *options, struct verdict *verdict)
{
    static const char command[] = "timtape replay ";
    char words[sizeof verdict->next], next[sizeof verdict->next];
    size_t used = 0;
    const char *from = verdict->next, *at;
    advice_options(options, words, sizeof words);
    for (; (at = strstr(from, command)) != NULL; from = at + sizeof command - 1) {
        size_t length = (size_t)(at - from) + sizeof command - 1;
        if (used + length + strlen(words) + strlen(at) >= sizeof next)
            return;
        memcpy(next + used, from, length);
        strcpy(next + used + length, words);
        used += length + strlen(words);
    }
    snprintf(next + used, sizeof next - used, "%s", from);
    memcpy(verdict->next, next, sizeof next);
}
