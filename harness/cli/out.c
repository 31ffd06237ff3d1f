// SPDX-License-Identifier: MIT
/* Output of verbs: colour or not, width, JSON strings, sizes and spans in human units. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/verb.h"
#include "traces/utf8.h"

bool
out_moves(FILE *stream)
{
    const char *term = getenv("TERM");
    if (term == NULL || strcmp(term, "dumb") == 0)
        return false;
    return isatty(fileno(stream)) == 1;
}

bool
out_colour(FILE *stream)
{
    const char *none = getenv("NO_COLOR");
    return (none == NULL || *none == '\0') && out_moves(stream);
}

void
out_progress(const char *what, uint64_t done)
{
    if (what != NULL)
        fprintf(stderr, "\r\033[K%" PRIu64 " %s", done, what);
    else
        fputs("\r\033[K", stderr);
    fflush(stderr);
}

void
out_line(const char *text)
{
    fputs("\r\033[K", stderr);
    if (text != NULL)
        fprintf(stderr, "%.*s", out_width(stderr, 80) - 1, text);
    fflush(stderr);
}

int
out_width(FILE *stream, int otherwise)
{
    struct winsize size;
    if (isatty(fileno(stream)) == 1 && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return otherwise;
}

void
out_text(FILE *stream, const char *text, size_t bytes, size_t most)
{
    size_t used = 0;
    bool clean = utf8_valid(text, bytes);
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        /* C1 controls (C2 80..9F) move a terminal's cursor, too. */
        bool control = clean && c == 0xC2 && (unsigned char)text[i + 1] < 0xA0;
        bool visible = c >= 0x20 && c != 0x7f && (c < 0x80 || clean) && !control;
        size_t columns = visible ? 1 : 4;
        if (used + columns > most && (c & 0xC0) != 0x80) {
            fputs("...", stream);
            return;
        }
        if (visible) {
            fputc(c, stream);
        } else if (control) {
            fprintf(stream, "\\u%04x", (unsigned char)text[i + 1]);
            i++;
        } else {
            fprintf(stream, "\\x%02x", c);
        }
        used += columns;
    }
}

static void
put_lines(FILE *stream, const char *text)
{
    for (;;) {
        size_t bytes = strcspn(text, "\n");
        out_text(stream, text, bytes, SIZE_MAX);
        if (text[bytes] == '\0')
            return;
        fputc('\n', stream);
        text += bytes + 1;
    }
}

/* At once: standard error has no buffer, and others, perhaps another timtape, write to the same terminal or
 * log. */
void
out_lines(FILE *stream, const char *text)
{
    char *made = NULL;
    size_t bytes = 0;
    FILE *whole = open_memstream(&made, &bytes);
    if (whole == NULL) {
        put_lines(stream, text);
        return;
    }
    put_lines(whole, text);
    if (fclose(whole) == 0)
        fwrite(made, 1, bytes, stream);
    free(made);
}

void
out_json_string(FILE *stream, const char *text, size_t bytes)
{
    if (!utf8_valid(text, bytes)) {
        fputs("{\"$bytes\":\"", stream);
        for (size_t i = 0; i < bytes; i++)
            fprintf(stream, "%02x", (unsigned char)text[i]);
        fputs("\"}", stream);
        return;
    }
    fputc('"', stream);
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(stream, "\\%c", c);
        else if (c < 0x20)
            fprintf(stream, "\\u%04x", c);
        else
            fputc(c, stream);
    }
    fputc('"', stream);
}

const char *
out_size(char *buffer, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    unsigned unit = 0;
    while (value >= 1024 && unit < 4) {
        value /= 1024;
        unit++;
    }
    if (unit == 0)
        snprintf(buffer, 32, "%" PRIu64 " B", bytes);
    else
        snprintf(buffer, 32, "%.1f %s", value, units[unit]);
    return buffer;
}

const char *
out_span(char *buffer, int64_t ns)
{
    double value = (double)ns;
    if (ns < 1000)
        snprintf(buffer, 32, "%" PRId64 " ns", ns);
    else if (ns < 1000000)
        snprintf(buffer, 32, "%.1f us", value / 1e3);
    else if (ns < 1000000000)
        snprintf(buffer, 32, "%.1f ms", value / 1e6);
    else if (ns < 120000000000)
        snprintf(buffer, 32, "%.2f s", value / 1e9);
    else
        snprintf(buffer, 32, "%" PRId64 " min %" PRId64 " s", ns / 60000000000, ns / 1000000000 % 60);
    return buffer;
}
