#!/bin/sh
# SPDX-License-Identifier: MIT
# Starts and stops the tracing session for the LTTng peer: `lttng.sh start|stop DIRECTORY`.
# A session daemon that was already there is used and left alone.
set -eu
verb=$1
dir=$2
LTTNG_HOME=$dir/lttng
export LTTNG_HOME
name=timtape-bench
mkdir -p "$LTTNG_HOME"
case $verb in
start)
    if ! lttng list >/dev/null 2>&1; then
        setsid lttng-sessiond --no-kernel >"$dir/sessiond.log" 2>&1 &
        echo $! >"$dir/sessiond.pid"
        i=0
        until lttng list >/dev/null 2>&1; do
            i=$((i + 1))
            [ "$i" -lt 50 ] || exit 1
            sleep 0.1
        done
    fi
    {
        lttng create "$name" --output="$dir/lttng-trace"
        # Large sub-buffers: with the default channel a burst loses four events in ten.
        lttng enable-channel --userspace --session="$name" --subbuf-size=4M --num-subbuf=8 bench
        lttng enable-event --userspace --session="$name" --channel=bench 'timtape_bench:*'
        lttng start "$name"
    } >"$dir/lttng.log" 2>&1
    ;;
stop)
    # A discarded event is a cheap one: the driver wants to know.
    lttng stop "$name" >"$dir/lttng.log" 2>&1 || true
    lttng list "$name" | sed -n 's/.*Discarded events: *//p' >"$dir/lttng.discarded"
    lttng destroy "$name" >>"$dir/lttng.log" 2>&1 || true
    if [ -f "$dir/sessiond.pid" ]; then
        kill "$(cat "$dir/sessiond.pid")" 2>/dev/null || true
        rm -f "$dir/sessiond.pid"
    fi
    ;;
*)
    echo "usage: lttng.sh start|stop DIRECTORY" >&2
    exit 64
    ;;
esac
