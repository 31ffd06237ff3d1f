#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the examples of the documents. A block that starts with ```console test is run line by line in one
# shell: `$ command`, then what it prints. `...` in the expected text stands for anything.
. "$(dirname "$0")/lib.sh"
need_command

export PATH="$O:$APPS:$PATH"
mkdir "$T/app" && cd "$T" || exit 1
cp "$APPS/chat" "$T/app/chat" 2>/dev/null
ln -s "$TOP/traces" traces
ln -s "$TOP/corpus" corpus

for doc in README.md README.zh-CN.md traces/FORMAT.md docs/*.md; do
    [ -f "$TOP/$doc" ] || continue
    awk -v name="$T/$(echo "$doc" | tr '/' '-')" '
        /^```console test/ { inside = 1; file = name "." ++n ".block"; next }
        /^```/             { inside = 0 }
        inside             { print > file }' "$TOP/$doc"
    for block in "$T/$(echo "$doc" | tr '/' '-')".*.block; do
        [ -f "$block" ] || continue
        mkdir -p "$T/run" && cd "$T/run" || exit 1
        ln -sfn "$TOP/traces" traces; ln -sfn "$TOP/corpus" corpus; ln -sfn "$O" build; ln -sfn "$TOP/tests" tests
        python3 - "$block" >"$T/doc.log" 2>&1 <<'END'
import re, subprocess, sys

def same(wanted, got):
    """Line by line: `...` alone stands for any number of lines, inside a line for any text."""
    at = {0}
    for line in wanted:
        if line.strip() == "...":
            at = set(range(min(at), len(got) + 1)) if at else at
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("...")))
        at = {i + 1 for i in at if i < len(got) and pattern.fullmatch(got[i])}
    return len(got) in at

steps, command = [], None
for line in open(sys.argv[1], encoding="utf-8").read().splitlines():
    if line.startswith("$ "):
        steps.append([line[2:], []])
    elif steps and line.startswith("> "):
        steps[-1][0] += "\n" + line[2:]
    elif steps:
        steps[-1][1].append(line)
for command, wanted in steps:
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    got = (done.stdout + done.stderr).rstrip("\n")
    if wanted and not same(wanted, got.split("\n")):
        print(f"$ {command}\nprinted:\n{got}\nthe document says:\n" + "\n".join(wanted))
        sys.exit(1)
    if not wanted and done.returncode != 0:
        print(f"$ {command}\nstatus {done.returncode}\n{got}")
        sys.exit(1)
END
        if [ $? -eq 0 ]; then ok "$doc, example $(basename "$block" | sed 's/.*\.\([0-9]*\)\.block/\1/')"; else
            fail "$doc, example $(basename "$block")" "$T/doc.log"
        fi
        cd "$T" && rm -rf "$T/run"
    done
done
# The CI recipes: they are YAML, of the shape that their readers want, and the line that replays does so.
if python3 -c 'import yaml' 2>/dev/null; then
    mkdir -p "$T/ci/tapes" "$T/ci/timtape" && cd "$T/ci" || exit 1
    ln -s "$O" timtape/build
    ln -s "$APPS/chat" app
    cp "$TOP/traces/samples/chat.ndjson" tapes/
    holds 'the CI recipes are complete' python3 - "$TOP/docs/ci.md" <<'END'
import re, yaml, sys
github, gitlab = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", open(sys.argv[1]).read(), re.M | re.S)]
assert True in github or "on" in github  # YAML 1.1 reads `on` as a truth value
steps = github["jobs"]["replay"]["steps"]
assert all(("run" in step) != ("uses" in step) for step in steps), steps
assert [step for step in steps if step.get("if") == "always()" and step["with"]["path"] == "junit.xml"]
assert gitlab["tapes"]["artifacts"]["reports"] == {"junit": "junit.xml", "codequality": "codequality.json"}
lines = [step.get("run", "") for step in steps] + gitlab["tapes"]["script"]
lines = [line for line in lines if "timtape replay" in line]
assert len(lines) == 2, lines
open("lines", "w").write("\n".join(lines) + "\n")
END
    while read -r line; do
        rm -f junit.xml
        status "the recipe replays: ${line:0:70}..." 0 bash -c "$line"
        holds 'and leaves a report' xmllint --nonet --noout --schema "$TOP/tests/e2e/junit.xsd" junit.xml
    done <lines
    holds 'and the one of GitLab' python3 -c 'import json; assert json.load(open("codequality.json")) == []'
    cd "$T" || exit 1
else
    skip 'the CI recipes' 'there is no yaml module for python3'
fi
holds 'the man page has no mistakes' mandoc -T lint -W warning "$TOP/man/timtape.1"
# Every option that a verb's help names is in the manual.
for verb in record replay show info diff rules verify recover export import doctor; do
    for option in $("$TIMTAPE" help $verb | sed -nE 's/^ +(-[a-z], )?(--[a-z-]+).*/\2/p'); do
        grep -qE "Fl Fl ${option#--}( |$)" "$TOP/man/timtape.1" || fail "the manual has $option of $verb"
    done
done
ok 'the manual was asked for every option'
# The two READMEs say the same: same headings, same commands.
is 'both READMEs have the same code blocks' "$(awk '/^```/ { inside = !inside; next } inside && /^\$ /' "$TOP/README.md")" \
    "$(awk '/^```/ { inside = !inside; next } inside && /^\$ /' "$TOP/README.zh-CN.md")"
is 'both READMEs have the same number of sections' "$(grep -c '^## ' "$TOP/README.md")" "$(grep -c '^## ' "$TOP/README.zh-CN.md")"
