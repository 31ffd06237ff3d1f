#!/bin/sh
# SPDX-License-Identifier: MIT
exec "$SRC/timtape/fuzz/oss-fuzz/build.sh"
