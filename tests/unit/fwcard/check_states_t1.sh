#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firmware/card/STATES-T1.md has the same rows as t1_table.c, in the same order, and names every state, event and action.
# Usage: check_states_t1.sh (from the top folder)
set -eu

code=$(sed -nE 's/^\t\{ T1_S_([A-Z_]+), +T1_E_([A-Z_]+), +T1_A_([A-Z_]+), +T1_S_([A-Z_]+) +\}.*/\1 \2 \3 \4/p' firmware/card/t1_table.c)
page=$(sed -nE '/^## Rows/,$ s,^\| ([A-Z_]+) \| ([A-Z_]+) \| ([A-Z_]+) \| ([A-Z_]+) \|.*,\1 \2 \3 \4,p' firmware/card/STATES-T1.md)
n=$(printf '%s\n' "$code" | wc -l)
if [ "$n" -lt 100 ] || [ "$n" -ne "$(grep -c '^	{ ' firmware/card/t1_table.c)" ]; then
	echo "only $n rows understood in t1_table.c" >&2
	exit 1
fi
if [ "$code" != "$page" ]; then
	echo 'STATES-T1.md and t1_table.c differ' >&2
	exit 1
fi
names=$(sed -nE 's/^	T1_[SEA]_([A-Z_]+),.*/\1/p' firmware/card/t1_table.h)
for name in $names; do
	grep -q "^| $name |" firmware/card/STATES-T1.md || { echo "STATES-T1.md does not explain $name" >&2; exit 1; }
done
echo "$n rows of STATES-T1.md are those of t1_table.c"
