#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timtape corpus: tapes, scenarios, cases and payloads become files of fuzz inputs; merged, pruned, reported on.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1
files() { find "$1" -type f | wc -l; }

status 'an exported tape, its scenario' 0 "$TIMTAPE" import "$TOP/traces/samples/chat.ndjson" -o chat.tape
status 'a tape becomes cases' 0 "$TIMTAPE" corpus chat.tape -o one
callbacks=$(sql chat.tape 'SELECT count(DISTINCT callback || args || coalesce(cause, 0)) FROM callbacks')
holds 'about one for each callback' [ "$(files one)" -gt 2 -a "$(files one)" -le "$callbacks" ]
status 'a scenario gives the same' 0 "$TIMTAPE" corpus "$TOP/traces/samples/chat.ndjson" -o same
is 'file by file' "$(diff -r one same && echo equal)" equal
like 'an answer says to which call' "$(cat one/*)" '"callback":"TIMCommCallback","cause":"TIM[A-Za-z]+"'
is 'a file is as private as a tape' "$(stat -c %a one/* | sort -u)" 600
is 'names come from the content' "$(find one -type f | grep -vcE '/[0-9a-f]{16}\.ndjson$')" 0
status 'again: nothing new' 0 "$TIMTAPE" corpus chat.tape -o one
like 'it says so' "$(cat err)" '^timtape: 0 cases written to one, [0-9]+ already there'
status 'whole' 0 "$TIMTAPE" corpus --whole chat.tape -o whole
is 'one file' "$(files whole)" 1
is 'with every callback' "$(wc -l <whole/*)" "$(sql chat.tape 'SELECT count(*) FROM callbacks')"
status 'a case is a tape' 0 "$TIMTAPE" import whole/* -o back.tape
is 'with the same payloads' "$(sql back.tape 'SELECT callback, code, json FROM callbacks ORDER BY seq' | md5sum)" \
    "$(sql chat.tape 'SELECT callback, code, json FROM callbacks ORDER BY seq' | md5sum)"

status 'payloads in folders named after callbacks' 0 "$TIMTAPE" corpus "$TOP/corpus" -o seeds
holds 'every one' [ "$(files seeds)" -gt 50 ]
like 'with the function they answer' "$(cat seeds/*)" '"cause":"TIMMsgGetMsgList"'
like 'what is no case is counted' "$(cat err)" '1 file of the folders holds no case; the first: .*README'
before=$(find seeds one -type f -exec md5sum {} + | sort | md5sum)
status 'merged' 0 "$TIMTAPE" corpus seeds one whole -o all
is 'all there' "$(files all)" "$(cat <(ls seeds) <(ls one) <(ls whole) | sort -u | wc -l)"
status 'pruned' 0 "$TIMTAPE" corpus seeds one whole --prune -o small
holds 'it is smaller' [ "$(files small)" -lt "$(files all)" ]
covered() { "$TIMTAPE" corpus -q --coverage "$@" | sed -n 's/.*: \([0-9]*\) of \([0-9]*\) variations.*/\1 of \2/p'; }
is 'and covers the same' "$(covered small)" "$(covered all)"
status 'pruned again' 0 "$TIMTAPE" corpus small --prune -o smaller
is 'the same' "$(diff -r small smaller && echo equal)" equal
is 'inputs are as they were' "$(find seeds one -type f -exec md5sum {} + | sort | md5sum)" "$before"
name=$(basename "$(find small -type f | head -n 1)")
mkdir taken && echo mine >"taken/$name"
status 'a name that is taken' 0 "$TIMTAPE" corpus small -o taken
is 'stays its owner'"'"'s' "$(cat "taken/$name")" mine
is 'and the case has another' "$(files taken)" $(($(files small) + 1))

status 'coverage' 0 "$TIMTAPE" corpus one --missing
like 'by callback' "$(cat out)" '^TIMRecvNewMsgCallback: [0-9]+ of [0-9]+ '
like 'by key, with what is missing' "$(cat out)" '^      missing: .*wrong-string'
status 'as JSON' 0 "$TIMTAPE" corpus one --coverage --json
holds 'which it is' python3 -c "import json;d=json.load(open('$T/out'));assert d['covered']==sum(c['covered'] for c in d['callbacks'])>0"
printf 'SF:a.c\nDA:1,1\nDA:2,0\nend_of_record\n' >lcov.info
status 'as a page, with lines' 0 "$TIMTAPE" corpus one --html page.html --lines lcov.info
cat >page.py <<'END'
# The page needs nothing else, and its elements are closed.
import html.parser, re
open_, void = [], {"meta", "input", "br", "link"}
class Parser(html.parser.HTMLParser):
    def handle_starttag(self, tag, attrs):
        assert not any(k in ("src",) or (k == "href" and not v.startswith("#")) for k, v in attrs), attrs
        if tag not in void:
            open_.append(tag)
    def handle_endtag(self, tag):
        assert open_.pop() == tag, tag
text = open("page.html").read()
Parser().feed(text)
assert not open_ and "prefers-color-scheme:dark" in text and "http" not in text.replace("</", "")
END
status 'the page is whole' 0 python3 page.py || sed 's/^/# /' err
if command -v node >/dev/null 2>&1; then
    cat >page.js <<'END'
// Runs the page's script on the least of a document, opens every callback, and counts the cells.
const text = require("fs").readFileSync("page.html", "utf8");
const script = text.match(/<script>\n([^]*)<\/script>/)[1];
class Node {
    constructor() { this.kids = []; this.style = {}; this.on = {}; this.value = ""; }
    append(...kids) { this.kids.push(...kids); }
    addEventListener(name, call) { this.on[name] = call; }
    set open(value) { this.isOpen = value; this.on.toggle(); }
    get open() { return this.isOpen; }
    set textContent(text) { this.text = text; if (text === "") this.kids = []; }
}
const ids = {}, document = { getElementById: id => ids[id] ||= new Node(), createElement: () => new Node() };
new Function("document", script)(document);
ids.targets.kids.forEach(d => { d.open = true; });
const hits = n => (n.className === "h" || n.className === "m" ? 1 : 0) + n.kids.reduce((s, k) => s + hits(k), 0);
console.log(ids.targets.kids.length, hits(ids.targets), ids.files.kids.length);
END
    "$TIMTAPE" corpus one --coverage --json >cov.json
    is 'its script draws every callback and variation' "$(node page.js 2>&1)" \
        "$(python3 -c "import json;d=json.load(open('cov.json'));print(len(d['callbacks']),d['covered'],1)")"
else
    skip 'the script of the page' 'no node'
fi
status 'a page is not replaced silently' 64 "$TIMTAPE" corpus one --html page.html
status 'but by --force' 0 "$TIMTAPE" corpus one --html page.html --force

# Mistakes are told.
status 'no input' 64 "$TIMTAPE" corpus -o x
status 'nowhere to go' 64 "$TIMTAPE" corpus one
status 'a profile nobody has' 64 "$TIMTAPE" corpus one --coverage --profile nobody
status 'no such file' 127 "$TIMTAPE" corpus nowhere -o x
echo 'not a case' >bad
status 'what is no case' 65 "$TIMTAPE" corpus bad -o x
like 'why' "$(cat err)" 'bad: neither a tape nor a case: '
holds 'and nothing is made' [ ! -e x ]
status 'no lines in it' 65 "$TIMTAPE" corpus one --coverage --lines bad
head -c 3000 chat.tape >cut.tape
status 'a tape that is cut' 65 "$TIMTAPE" corpus cut.tape -o x
