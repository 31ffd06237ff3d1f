#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The C++ samples (jsoncpp) of the vendor's callback page compile unchanged against timtape/tim.h. The page
# is not ours to ship: TIMTAPE_PAGE names a copy of it in Markdown.
. "$(dirname "$0")/lib.sh"
page=${TIMTAPE_PAGE:-}
[ -f "$page" ] || skip_all 'the vendor'"'"'s page is not here (TIMTAPE_PAGE names a copy)'
[ -f "$O/include/timtape/tim.h" ] || skip_all 'tim.h is not built'

# Code blocks that are C++ and no prototype or JSON: those that use jsoncpp.
awk -v folder="$T" '
    /^```/ { if (inside && code ~ /Json::/) { file = folder "/sample" ++n ".cpp"; printf "%s", code > file; close(file) }
             inside = !inside; code = ""; next }
    inside { code = code $0 "\n" }' "$page"
for sample in "$T"/sample*.cpp; do
    [ -f "$sample" ] || { fail 'the page has no samples'; exit 1; }
    # A sample that is no whole function is the body of one; its first use says what it was given.
    {
        printf '#include <cstdio>\n#include <string>\n#include <json/json.h>\n#include <timtape/tim.h>\n'
        if grep -qE '^(static )?void ' "$sample"; then
            cat "$sample"
        else
            printf 'void sample(const char *json_msg_array)\n{\n'
            cat "$sample"
            printf '}\n'
        fi
    } >"$sample.whole.cpp"
    name=$(sed -nE 's/^(static )?void ([A-Za-z]+).*/\2/p' "$sample" | head -n 1)
    # shellcheck disable=SC2046
    holds "${name:-a fragment} ($(wc -l <"$sample") lines)" \
        c++ -std=c++17 -w -I"$O/include" $(pkg-config --cflags jsoncpp) -c "$sample.whole.cpp" -o "$T/sample.o"
done
