// SPDX-License-Identifier: MIT
#include "replay/control/console.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "replay/control/keys.h"
#include "replay/control/status.h"
#include "replay/judge/judge_index.h"

#define LINE_EVERY_NS 200000000ull

int
console_open(struct console *console, const struct control_options *options, struct control *control,
             struct screen *screen, struct fault *fault)
{
    *console = (struct console){.options = options, .control = control, .screen = screen, .told = SCORE_NONE};
    if (!options->step && !options->keys)
        return 0;
    if (keys_open(options->step ? "--step" : "--keys", fault) != 0)
        return -1;
    if (options->words != NULL)
        options->words("keys: space pause and go on, n (or right arrow) next callback, q quit");
    return 0;
}

static void
say(const struct console *console, const char *text)
{
    screen_show(console->screen, NULL);
    if (console->options->words != NULL)
        console->options->words(text);
}

static void
tell_stop(struct console *console, enum control_state state)
{
    const struct control *control = console->control;
    struct verdict_event next;
    char text[300], name[200];
    if (state == CONTROL_STOPPED && console->told != control->stop) {
        console->told = control->stop;
        judge_name(control->score, score_edge(control->score, control->stop)->event, &next);
        snprintf(text, sizeof text, "before event %" PRIu64 ", callback %s on thread %" PRIu32 "%s%s%s",
                 next.seq, next.name, next.thread, next.thread_name[0] != '\0' ? " (" : "", next.thread_name,
                 next.thread_name[0] != '\0' ? ")" : "");
        say(console, text);
    }
    if (state == CONTROL_PAUSED && !console->paused) {
        snprintf(name, sizeof name, "paused after event %" PRIu64, status_event(control->score));
        say(console, name);
    }
    console->paused = state == CONTROL_PAUSED;
}

static void
show_line(struct console *console, enum control_state state, uint64_t now_ns)
{
    char line[400];
    if (console->options->line == NULL || now_ns < console->shown_ns + LINE_EVERY_NS)
        return;
    console->shown_ns = now_ns;
    screen_show(console->screen, status_line(console->control, state, now_ns, line, sizeof line));
}

bool
console_pass(struct console *console, uint64_t now_ns)
{
    struct control *control = console->control;
    enum key key;
    /* Both the app and we were stopped with Ctrl-Z. */
    if (keys_continued() && console->looked_ns != 0)
        control_slept(control, now_ns - console->looked_ns);
    console->looked_ns = now_ns;
    while ((key = keys_read()) != KEY_NONE) {
        if (key == KEY_QUIT)
            return false;
        if (key == KEY_PAUSE)
            control_pause(control, now_ns);
        else if (key == KEY_NEXT)
            control_next(control, now_ns);
    }
    enum control_state state = control_look(control, now_ns);
    tell_stop(console, state);
    show_line(console, state, now_ns);
    return true;
}

void
console_notes(const struct console *console, struct verdict *verdict)
{
    char span[32];
    if (console->control->lost_ns > 0 && verdict->late.known)
        verdict_note(verdict, "%s of the slip is time in which the replay stood still, as you wanted",
                     verdict_duration((uint64_t)console->control->lost_ns, span, sizeof span));
}

void
console_close(struct console *console)
{
    keys_close();
    if (console->screen != NULL)
        screen_show(console->screen, NULL);
}
