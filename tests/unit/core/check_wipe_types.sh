#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SK_WIPE_ARRAY and SK_WIPE_OBJECT must refuse the wrong kind of argument at compile time, results
# that must be looked at must not be ignorable, and every header of core must compile alone.
# Usage: [CC=compiler] check_wipe_types.sh (from the top folder)
set -eu

cc=${CC:-cc}
flags="-std=c11 -Wall -Wextra -Werror -Ifirmware -c -o /dev/null -x c -"

compiles() {
	# shellcheck disable=SC2086
	printf '%s\n' "$1" | $cc $flags 2>/dev/null
}
wants() {
	compiles "$2" || { echo "does not compile: $1" >&2; exit 1; }
}
refuses() {
	if compiles "$2"; then
		echo "compiles, but must not: $1" >&2
		exit 1
	fi
}

w='#include "core/wipe.h"
struct s { int a; };'
wants 'array by SK_WIPE_ARRAY' "$w void f(void); void f(void) { char pin[8]; SK_WIPE_ARRAY(pin); }"
wants 'object by SK_WIPE_OBJECT' "$w void f(struct s *p); void f(struct s *p) { SK_WIPE_OBJECT(p); }"
refuses 'pointer by SK_WIPE_ARRAY' "$w void f(char *pin); void f(char *pin) { SK_WIPE_ARRAY(pin); }"
refuses 'array parameter by SK_WIPE_ARRAY' \
	"$w void f(char pin[8]); void f(char pin[8]) { SK_WIPE_ARRAY(pin); }"
refuses 'array by SK_WIPE_OBJECT' "$w void f(void); void f(void) { char pin[8]; SK_WIPE_OBJECT(pin); }"
refuses 'ignored result' '#include "core/lockout.h"
void f(uint8_t *rec); void f(uint8_t *rec) { lockout_clear(rec); }'
for header in firmware/core/*.h; do
	wants "$header alone" "#include \"core/${header##*/}\""
done
echo "wipe macros, must-check results and lone headers are as they should be"
