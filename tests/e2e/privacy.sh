#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Credentials never leave the app's process in clear: not onto the tape, not into the ring, not by the
# recorded command line.
. "$(dirname "$0")/lib.sh"
need_command

secret='eJw1SECRETsignature7DoNotKeep'
cat >"$T/login.py" <<END
import ctypes, os, sys, time
sdk = ctypes.CDLL("libImSDK.so")
comm = ctypes.CFUNCTYPE(None, ctypes.c_int32, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
done = []
on_comm = comm(lambda code, desc, json, user: done.append(json))
secret = sys.argv[2].encode()
print("login", sdk.TIMLogin(sys.argv[1].encode(), secret, on_comm, None), flush=True)
proxy = b'{"set_config_socks5_proxy_info":{"socks5_proxy_info_ip":"10.0.0.1","socks5_proxy_info_username":"u","socks5_proxy_info_password":"%s"}}' % secret
print("config", sdk.TIMSetConfig(proxy, on_comm, None), flush=True)
print("broken", sdk.TIMSetConfig(b'{"set_config_socks5_proxy_info":{"socks5_proxy_info_password":"%s' % secret, on_comm, None), flush=True)
print("seen", sum(secret in json for json in done), flush=True)
if os.environ.get("HOLD"):
    open(os.environ["HOLD"], "w").close()
    time.sleep(30)
os._exit(0)
END
record "$T/p.tape" python3 "$T/login.py" user1 "$secret"
is 'the app still works with its own secret' "$(sed -n 's/^seen //p' "$T/out")" 2
is 'the secret is not on the tape' "$(grep -ac "$secret" "$T/p.tape")" 0
is 'the secret is not in its text' "$("$TIMTAPE" export "$T/p.tape" 2>/dev/null | grep -ac "$secret")" 0
is 'the command line is there, without it' "$(sql "$T/p.tape" "SELECT count(*) FROM meta WHERE value LIKE '%login.py%'")" 1
is 'the user is there' "$(sql "$T/p.tape" "SELECT args ->> '\$.user_id' FROM calls WHERE function = 'TIMLogin'")" user1
like 'the masked value says that it is masked' "$(sql "$T/p.tape" "SELECT args ->> '\$.user_sig' FROM calls WHERE function = 'TIMLogin'")" '.'

# The command that was typed is not always the one that runs: a shell's, a script's, another program's.
run env LD_LIBRARY_PATH="$FAKESDK" "$TIMTAPE" record -o "$T/shell.tape" -- sh -c "python3 '$T/login.py' user1 $secret && :"
is "a shell's command line: the secret is not on the tape" "$(grep -ac "$secret" "$T/shell.tape")" 0
(echo '#!/usr/bin/env python3' && cat "$T/login.py") >"$T/script" && chmod +x "$T/script"
record "$T/script.tape" "$T/script" user1 "$secret"
is "a script's: the secret is not on the tape" "$(grep -ac "$secret" "$T/script.tape")" 0
like "a script's: the user is there" "$(sql "$T/script.tape" "SELECT value FROM meta WHERE key = 'command'")" 'script user1 \*\*\*$'

# While it runs: the ring and everything else the recorder holds on disk.
env LD_LIBRARY_PATH="$FAKESDK" HOLD="$T/hold" "$TIMTAPE" record -o "$T/q.tape" -- python3 "$T/login.py" user1 "$secret" \
    >"$T/out" 2>"$T/err" &
recorder=$!
for _ in $(seq 200); do [ -e "$T/hold" ] && break; sleep 0.05; done
sleep 0.1
app=$(pgrep -P $recorder | head -n 1)
session=$(tr '\0' '\n' <"/proc/$app/environ" | sed -n 's/^TIMTAPE_SESSION=//p')
if [ -f "$session" ]; then
    is 'the ring is private' "$(stat -c %a "$session")" 600
    # The file is sparse and large: only what was ever written is read.
    is 'the secret is not in the ring' "$(python3 - "$session" "$secret" <<'END'
import os, sys
file, found, at = os.open(sys.argv[1], os.O_RDONLY), 0, 0
size = os.fstat(file).st_size
while at < size:
    try:
        at = os.lseek(file, at, os.SEEK_DATA)
    except OSError:
        break
    end = os.lseek(file, at, os.SEEK_HOLE)
    data = os.pread(file, end - at, at)
    found += data.count(sys.argv[2].encode())
    at = end
print(found, "written" if size else "empty")
END
)" '0 written'
else
    fail "the ring's session file is where TIMTAPE_SESSION says ($session)" "$T/err"
fi
is 'the secret is not in the unfinished tape' "$(cat "$T"/q.tape* | grep -ac "$secret")" 0
kill -9 "$app"
wait $recorder
[ -e "$session" ] && fail 'the ring is removed at the end' || ok 'the ring is removed at the end'
is 'nor in the finished one' "$(grep -ac "$secret" "$T/q.tape")" 0
