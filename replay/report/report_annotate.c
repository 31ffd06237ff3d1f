// SPDX-License-Identifier: MIT
/* What is wrong, shown by a code host beside the change that made it so: GitHub's workflow commands, GitLab's
 * code quality report. A tape has no lines, so the file as a whole is pointed at. */
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "replay/report/report.h"
#include "replay/report/report_path.h"

static bool
is_told(const struct report_case *one)
{
    return report_status(one) != 0;
}

void
report_github(const struct report_set *set, FILE *stream)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct report_case *one = &set->cases[i];
        if (!is_told(one))
            continue;
        fputs("::error file=", stream);
        escape_github(stream, report_path(one->tape), true);
        fputs(",title=", stream);
        escape_github(stream, "timtape: ", true);
        escape_github(stream, report_class(one), true);
        fputs("::", stream);
        escape_github(stream, report_sentence(one), false);
        if (one->again != NULL) {
            escape_github(stream, "\nagain: ", false);
            escape_github(stream, one->again, false);
        }
        putc('\n', stream);
    }
}

#define FNV_PRIME 1099511628211u

static uint64_t
mix(uint64_t hash, const char *text)
{
    do {
        hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
    } while (*text++ != '\0');
    return hash;
}

/* The same trouble has the same fingerprint from run to run: nothing in it that a run changes, like numbers
 * and times. */
static void
put_fingerprint(FILE *stream, const struct report_case *one)
{
    uint64_t hashes[2] = {14695981039346656037u, 0x74696d746170652bu};
    for (int i = 0; i < 2; i++) {
        hashes[i] = mix(mix(hashes[i], report_path(one->tape)), report_class(one));
        if (one->verdict == NULL)
            continue;
        hashes[i] = mix(mix(hashes[i], one->verdict->event.name), one->verdict->nearest.name);
        if (one->verdict->has_difference)
            hashes[i] = mix(mix(hashes[i], one->verdict->difference.name), one->verdict->difference.path);
    }
    fprintf(stream, "\"%016" PRIx64 "%016" PRIx64 "\"", hashes[0], hashes[1]);
}

static const char *
severity(const struct report_case *one)
{
    if (report_is_error(one) || (one->verdict != NULL && one->verdict->class == VERDICT_CRASHED))
        return "critical";
    int status = report_status(one);
    return status == 3 || status == 4 ? "minor" : "major";
}

void
report_gitlab(const struct report_set *set, FILE *stream)
{
    const char *comma = "";
    putc('[', stream);
    for (size_t i = 0; i < set->count; i++) {
        const struct report_case *one = &set->cases[i];
        const char *path = report_path(one->tape);
        if (!is_told(one))
            continue;
        fprintf(stream, "%s\n{\"description\":", comma);
        escape_json(stream, report_sentence(one), strlen(report_sentence(one)));
        fprintf(stream, ",\"check_name\":\"timtape: %s\",\"fingerprint\":", report_class(one));
        put_fingerprint(stream, one);
        fprintf(stream, ",\"severity\":\"%s\",\"location\":{\"path\":", severity(one));
        escape_json(stream, path, strlen(path));
        fputs(",\"lines\":{\"begin\":1}}}", stream);
        comma = ",";
    }
    fputs("\n]\n", stream);
}
