#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The generated header compiles as C11 and as C++17, and so do the vendor page's C++ samples, unchanged.
. "$(dirname "$0")/lib.sh"
PAGE=${TIMTAPE_PAGE:-$TOP/../shared/seeds/callback-reference.txt}
STRICT="-Wall -Wextra -Wshadow -pedantic -Werror -I$O/include"
CC=${CC:-cc} CXX=${CXX:-c++}

[ -f "$O/include/timtape/tim.h" ] || skip_all "no $O/include/timtape/tim.h; run make first"

# Every compiler there is, in both languages, two translation units each.
cat >"$T/one.c" <<'C'
#include "timtape/tim.h"
int two(void);
static void on_done(int32_t code, const char *desc, const char *json_params, const void *user_data)
{
    (void)desc, (void)json_params, (void)user_data;
    if (code == ERR_SUCC) { enum TIMConvType type = kTIMConv_C2C; (void)type; }
}
TIMCommCallback done = on_done;
uint32_t flag = kTIMGroupModifyInfoFlag_Owner;
const char *const *keys(void);
const char *const *keys(void)
{
    static const char *all[2];
    all[0] = kTIMMsgElemArray;
    all[1] = kTIMGroupDetialInfoAddOption; /* an older name */
    return all;
}
int main(void)
{
    return two() == 0 && flag == 0x80000000u && kTIMElem_Invalid == -1 && keys() ? 0 : 1;
}
C
cat >"$T/two.c" <<'C'
#include "timtape/tim.h"
#include "timtape/tim.h"
int two(void);
int two(void) { return kTIMMsgClientTime[0] == 'm' && kTIMLoginStatus_Logined == 1 ? 0 : 1; }
C
compile() { # compile WHAT COMMAND...
    local what=$1
    shift
    if "$@" >"$T/log" 2>&1; then ok "$what"; else fail "$what" "$T/log"; fi
}
for cc in "$CC" gcc clang; do
    command -v "$cc" >/dev/null || { skip "C11 with $cc" "$cc is not installed"; continue; }
    # shellcheck disable=SC2086
    compile "C11 with $cc" "$cc" -std=c11 $STRICT "$T/one.c" "$T/two.c" -o "$T/c11" && { "$T/c11"; is "  and runs" $? 0; }
done
for cxx in "$CXX" g++ clang++; do
    command -v "$cxx" >/dev/null || { skip "C++17 with $cxx" "$cxx is not installed"; continue; }
    # shellcheck disable=SC2086
    compile "C++17 with $cxx" "$cxx" -std=c++17 $STRICT -x c++ "$T/one.c" "$T/two.c" -o "$T/cxx17" && { "$T/cxx17"; is "  and runs" $? 0; }
done

# Old programs name the number after its type.
cat >"$T/scoped.cpp" <<'C'
#include "timtape/tim.h"
static_assert(TIMElemType::kTIMElem_Text == 0 && TIMGroupModifyInfoFlag::kTIMGroupModifyInfoFlag_Owner == 0x80000000u, "");
int main() { TIMConvEvent event = kTIMConvEvent_Add; return event; }
C
# shellcheck disable=SC2086
compile "enums by type name in C++" "$CXX" -std=c++17 $STRICT -fsyntax-only "$T/scoped.cpp"

# Every prototype can be linked against the stand-in, whose entry points are all of them.
if [ -f "$O/lib/timtape/standin.so" ] && command -v nm >/dev/null; then
    sed -n 's/^TIM_API [a-z0-9_A-Z ]*[ *]\([A-Za-z0-9]*\)(.*/\1/p' "$O/include/timtape/tim.h" | sort >"$T/declared"
    nm -D --defined-only "$O/lib/timtape/standin.so" | awk '$3 !~ /^timtape_/ { print $3 }' | sort >"$T/exported"
    is "the stand-in exports exactly what the header declares" "$(diff "$T/declared" "$T/exported")" ""
    for lib in libImSDK.so preload.so; do
        nm -D --defined-only "$O/lib/timtape/$lib" | awk '{ print $3 }' | sort >"$T/exported"
        is "$lib exports all of it" "$(comm -23 "$T/declared" "$T/exported")" ""
    done
else
    skip "exports match the header" "the libraries are not built"
fi

# The vendor's library has every declared function of its version.
for sdk in "$O/sdk" build/sdk ${TIMTAPE_SDK_DIR:-}; do
    for library in "$sdk"/8.0.5906/libImSDK.so "$sdk"/8.0.5906/package/lib/linux/lib/libImSDK.so; do
        [ -f "$library" ] && break 2
    done
done
if [ -f "$library" ]; then
    # Only TIMSetRecvNewMsgCallback ended (4.3.118) before that version.
    sed -n '/until/d; s/^TIM_API [a-z0-9_A-Z ]*[ *]\([A-Za-z0-9]*\)(.*/\1/p' "$O/include/timtape/tim.h" | sort >"$T/declared"
    nm -D --defined-only "$library" | awk '{ print $3 }' | sort >"$T/exported"
    is "SDK 8.0.5906 exports every declared function" "$(comm -23 "$T/declared" "$T/exported")" ""
    is "  240 of them" "$(wc -l <"$T/declared")" 240
    undeclared=$(cat harness/api/*.tim | tr -d '\n' | sed 's/.*undeclared \([^;]*\);.*/\1/; s/[ ,]\+/ /g')
    # shellcheck disable=SC2086
    is "  and the rest of its API is listed as undeclared" \
        "$(grep -E '^(TIM[A-Z]|callExp)' "$T/exported" | comm -23 - "$T/declared")" "$(printf '%s\n' $undeclared | sort)"
else
    skip "SDK 8.0.5906 exports every declared function" "no SDK: neither build/sdk nor TIMTAPE_SDK_DIR"
fi

# The page's C++ blocks: those that define a function stand alone, statements go into one.
[ -f "$PAGE" ] || { skip "the page's samples" "no $PAGE; set TIMTAPE_PAGE"; exit 0; }
flags=$(pkg-config --cflags jsoncpp 2>/dev/null) || { skip "the page's samples" "jsoncpp is not installed"; exit 0; }
awk -v dir="$T" '
    /^```c/ { n++; file = sprintf("%s/block-%02d", dir, n); inside = 1; printf "" >file; next }
    /^```/  { inside = 0; close(file); next }
    inside  { print >file }' "$PAGE"
samples=0
for block in "$T"/block-*; do
    grep -Eq 'Json::|switch *\(' "$block" || continue
    samples=$((samples + 1))
    {
        printf '#include <cstdio>\n#include <string>\n#include <json/json.h>\n#include "timtape/tim.h"\n'
        if grep -q '^void ' "$block"; then cat "$block"; else
            # The page shows the body of a TIMRecvNewMsgCallback.
            printf 'void sample(const char *json_msg_array, const void *)\n{\n'
            cat "$block"
            printf '}\n'
        fi
    } >"$block.cpp"
    # shellcheck disable=SC2086
    compile "page sample $samples compiles unchanged" "$CXX" -std=c++17 -I"$O/include" $flags -Wno-deprecated-declarations -Wno-format -c "$block.cpp" -o /dev/null
done
# Prototypes of the page mean the same as ours: a second typedef of another type would not compile.
{
    printf '#include "timtape/tim.h"\n'
    grep -h '^typedef void' "$T"/block-*
} >"$T/prototypes.c"
# shellcheck disable=SC2086
compile "the page's $(($(wc -l <"$T/prototypes.c") - 1)) prototypes agree with the header, C11" "$CC" -std=c11 $STRICT -fsyntax-only "$T/prototypes.c"
# shellcheck disable=SC2086
compile "  and C++17" "$CXX" -std=c++17 $STRICT -x c++ -fsyntax-only "$T/prototypes.c"
is "C++ samples on the page" "$samples" "${PAGE_SAMPLES:-6}"
