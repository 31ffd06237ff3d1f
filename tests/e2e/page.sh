#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The reference scenario (traces/samples/callback-page.ndjson) played into every kind of consumer.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

status 'import' 0 "$TIMTAPE" import --payloads "$TOP/corpus" "$TOP/traces/samples/callback-page.ndjson" -o page.tape || { fail import err; exit 1; }
"$APPS/tapecheck" lines page.tape | sort >page.lines
wanted=$(sql page.tape 'SELECT count(*) FROM callbacks')
is 'all 12 callback types' "$(sql page.tape 'SELECT count(DISTINCT callback) FROM callbacks')" 12

# Real payloads of this scenario are those of the corpus files.
for kind in page_c page_dlopen page_cpp page_ctypes page_ffi; do
    match=normal
    case $kind in
    page_ctypes) app=("$TOP/tests/consumers/page_ctypes.py") ;;
    page_ffi)
        modules=$O/node_modules
        if ! command -v node >/dev/null 2>&1; then skip "$kind" 'node is not installed'; continue; fi
        if [ ! -d "$modules/koffi" ] && ! npm install --silent --no-save --prefix "$O" koffi@2 >npm.log 2>&1; then
            skip "$kind" "koffi could not be installed: $(tail -n 1 npm.log)"
            continue
        fi
        # The scenario's calls are the main thread's; these come from Node's pool.
        app=(env NODE_PATH="$modules" node "$TOP/tests/consumers/page_ffi.js") match=loose ;;
    *) app=("$APPS/$kind") ;;
    esac
    # No SDK on the machine: the name alone must do.
    run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --match $match --record $kind.tape page.tape -- "${app[@]}"
    is "$kind: status" "$rc" 0 || { fail "$kind" err out; continue; }
    is "$kind: callbacks" "$(sed -n 's/^callbacks //p' out)" "$wanted"
    is "$kind: user data" "$(grep -c 'wrong user' out)" 0
    grep -a '^back ' out | sort >back.sorted
    same "$kind: every argument as in the scenario, byte for byte" page.lines back.sorted
    like "$kind: the invalid payloads were noticed" "$(grep -c 'fields not JSON' out)" '^[1-9]'
    # What cannot be scanned for credentials is masked whole: the page's TIMSetConfig result, which is not JSON.
    "$APPS/tapecheck" lines $kind.tape | sort >again.sorted
    is "$kind: one payload is masked, since it cannot be scanned" "$(comm -13 page.lines again.sorted)" 'back TIMCommCallback 0 "" "<secret>"'
    like "$kind: recording the replay gives the scenario again, but for that" "$(comm -23 page.lines again.sorted)" '^back TIMCommCallback 0 "" .*set_config_proxy_info.{0,200}'
    is "$kind: and nothing else differs" "$(comm -3 page.lines again.sorted | wc -l)" 2
done
like 'page_c: reads the text message' "$(run env "$TIMTAPE" replay --speed max page.tape -- "$APPS/page_c"; cat out)" 'user1->user2/1 seq 1 text\(123213213\)'
