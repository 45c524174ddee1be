#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every block of hexadecimal in firmware/core/PROTOCOL.md up to "IPC messages" must stand in a
# test of this folder. Blanks, quotes and line ends do not count.
# Usage: check_vectors.sh (from the top folder)
set -eu

here=$(dirname "$0")
tests=$(cat "$here"/test_*.c | tr -d ' \t\n"')
blocks=$(awk '
	/^## IPC messages/ { exit }
	/^```/ { if (inside) print block; inside = !inside; block = ""; next }
	inside { gsub(/ /, ""); block = block $0 }
' firmware/core/PROTOCOL.md)
n=0
for block in $blocks; do
	case $tests in
	*"=$block;"*) n=$((n + 1)) ;;
	*) echo "no test has the vector $block" >&2; exit 1 ;;
	esac
done
if [ "$n" -lt 9 ]; then
	echo "only $n vectors found in firmware/core/PROTOCOL.md" >&2
	exit 1
fi
echo "$n vectors of PROTOCOL.md stand in the tests"
