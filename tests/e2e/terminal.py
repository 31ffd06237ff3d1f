#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a command on a terminal of its own and plays a person at it.

    terminal STEP... -- COMMAND [ARG...]

Steps, in order: `expect REGEX` waits until what came since the last expect matches (10 s, then
status 99), `send TEXT` types (\\n and the like are read), `quiet SECONDS` fails (status 98) when a match of
REGEX comes in that time: `quiet 0.3 REGEX`, `kill NAME` signals the command, `size ROWS COLUMNS` (first) makes the terminal that large. Then the end of the command
is waited for. On standard output: all that the terminal got. On standard error: `status N` (128+signal), and
`restored yes|no`: whether the terminal's modes are what they were. A step is one argument.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time


def read_until(master, text, done, seconds):
    """Reads into text until done(text) or the time is over; False then, None at the end of output."""
    end = time.monotonic() + seconds
    while not done(text[0]):
        left = end - time.monotonic()
        if left <= 0:
            return False
        if select.select([master], [], [], left)[0]:
            try:
                got = os.read(master, 65536)
            except OSError:
                return None
            if not got:
                return None
            sys.stdout.buffer.write(got)
            sys.stdout.flush()
            text[0] += got
    return True


def play(master, pid, steps):
    text = [b""]
    for step in steps:
        what, _, rest = step.partition(" ")
        if what == "expect":
            pattern = re.compile(rest.encode())
            if not read_until(master, text, pattern.search, 10):
                print("did not come: " + rest, file=sys.stderr)
                return 99
            text[0] = text[0][pattern.search(text[0]).end():]
        elif what == "send":
            os.write(master, rest.encode().decode("unicode_escape").encode("latin-1"))
        elif what == "quiet":
            seconds, _, rest = rest.partition(" ")
            if read_until(master, text, re.compile(rest.encode()).search, float(seconds)):
                print("came, but should not: " + rest, file=sys.stderr)
                return 98
        elif what == "kill":
            os.kill(pid, getattr(signal, rest))
        else:
            sys.exit("no such step: " + step)
    if read_until(master, text, lambda _: False, 20) is False:
        print("does not end", file=sys.stderr)
        return 97
    return 0


def main():
    cut = sys.argv.index("--")
    steps, command = sys.argv[1:cut], sys.argv[cut + 1:]
    ready, go = os.pipe()
    pid, master = pty.fork()
    if pid == 0:
        os.read(ready, 1)
        os.close(go)
        os.execvp(command[0], command)
    before = termios.tcgetattr(master)
    while steps and steps[0].startswith("size "):
        rows, columns = map(int, steps.pop(0).split()[1:])
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.write(go, b"g")
    problem = play(master, pid, steps)
    if problem:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    after = termios.tcgetattr(master)
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
    print("status %d" % code, file=sys.stderr)
    print("restored %s" % ("yes" if before == after else "no"), file=sys.stderr)
    sys.exit(problem)


main()
