#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is generated from the API description for others: JSON Schema files and fuzz dictionaries.
. "$(dirname "$0")/lib.sh"
[ -d "$O/schema" ] || skip_all "no $O/schema; run make first"

cat >"$T/files.py" <<'END'
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
def refs(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                assert (folder / inner).is_file(), inner
            if key == "enum":
                assert len(inner) == len(set(inner)) > 0, inner
            refs(inner)
    elif isinstance(value, list):
        for inner in value:
            refs(inner)
files = sorted(folder.glob("*.json"))
assert len(files) > 200, len(files)
for file in files:
    refs(json.loads(file.read_text()))
END
cat >"$T/seeds.py" <<'END'
# Prints "ok PATH" for each seed payload that is JSON and valid, else what is wrong.
import json, pathlib, sys
from jsonschema import Draft202012Validator, RefResolver
folder, corpus = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
def validator(name):
    file = folder / (name + ".json")
    schema = json.loads(file.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, resolver=RefResolver(file.as_uri(), schema))
for file in sorted(corpus.rglob("*.json")):
    name = ".".join(file.relative_to(corpus).parts[:-1])
    try:
        payload = json.loads(file.read_text())
    except ValueError:
        continue
    if not (folder / (name + ".json")).is_file():
        print("none", name)
        continue
    wrong = ["$%s: %s" % ("".join("[%r]" % p for p in e.absolute_path), e.message[:150])
             for e in validator(name).iter_errors(payload)]
    print("ok" if not wrong else "wrong", file.relative_to(corpus), *wrong)
message = validator("TIMRecvNewMsgCallback")
for what, payload in {"an object for an array": {}, "a text for a number": [{"message_seq": "1"}],
                      "a number no enum has": [{"message_elem_array": [{"elem_type": 77}]}],
                      "wrong inside a variant": [{"message_elem_array": [{"elem_type": 0, "text_elem_content": 5}]}],
                      "a number past 64 bits": [{"message_unique_id": 2**64}]}.items():
    print("refused" if not message.is_valid(payload) else "let through", what)
END
status 'every schema file is JSON, every reference has its file' 0 python3 "$T/files.py" "$O/schema"
if python3 -W ignore -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
    status 'seeds are looked at' 0 python3 -W ignore "$T/seeds.py" "$O/schema" "$TOP/corpus"
    like 'many' "$(grep -c '^ok' "$T/out")" '^[3-9][0-9]$'
    is 'every seed that is JSON is as its schema says' "$(grep '^wrong\|^none' "$T/out")" ''
    is 'what is not is refused' "$(grep -c '^refused' "$T/out") $(grep '^let' "$T/out")" '5 '
else
    skip 'seeds against their schemas' 'no python3-jsonschema: apt install python3-jsonschema'
fi

# Dictionaries: what both engines read, complete, nothing twice.
bad=$(grep -hvE '^(#.*|"([^"\\]|\\["\\]|\\x[0-9A-F]{2}){1,128}")$' "$O"/fuzz/dict/*.dict)
is 'every line of a dictionary is one that libFuzzer and AFL++ read' "$bad" ''
for dict in "$O"/fuzz/dict/*.dict; do
    twice=$(sort "$dict" | uniq -d)
    [ -z "$twice" ] || fail "$dict has $twice twice"
done
while read -r word; do
    holds "all.dict has $word" grep -qxF -- "$word" "$O/fuzz/dict/all.dict"
done <<'END'
"\"message_elem_array\":"
"\"push.no_sound\""
"\"TIMConvGetConvList\""
"6013"
END
holds 'a family has its keys' grep -qF 'group_detail_info_group_id' "$O/fuzz/dict/TIMCommCallback-group.dict"
holds 'and no other family'"'"'s' sh -c "! grep -q 'message_elem_array' '$O/fuzz/dict/TIMFriendGroupCreatedCallback.dict'"
if command -v clang >/dev/null 2>&1; then
    echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { (void)d, (void)n; return 0; }' >"$T/f.c"
    clang -fsanitize=fuzzer "$T/f.c" -o "$T/f" 2>"$T/err" || fail 'a libFuzzer target' "$T/err"
    status 'libFuzzer takes it' 0 "$T/f" -dict="$O/fuzz/dict/all.dict" -runs=1
    entries=$(sed -n 's/^Dictionary: \([0-9]*\) entries/\1/p' "$T/err")
    is 'whole' "$entries" "$(grep -vc '^#' "$O/fuzz/dict/all.dict")"
fi
