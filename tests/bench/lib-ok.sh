# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What end-to-end scripts count and print. Source it, then:
#
#   ok NAME COMMAND…       a line `ok   NAME` or `FAIL NAME`; not_ok: the command must fail
#   ok_summary             the closing line; its status is that of the script
#
# A script that can say more about a failure defines ok_explain; it runs after the line of each ok that failed.

PASSED=0
FAILED=0

ok() {
	local name=$1
	shift

	if "$@"; then
		PASSED=$((PASSED + 1))
		printf 'ok   %s\n' "$name"
	else
		FAILED=$((FAILED + 1))
		printf 'FAIL %s\n' "$name"
		! declare -F ok_explain >/dev/null || ok_explain
	fi
}

not_ok() {
	local name=$1
	shift

	if "$@"; then
		FAILED=$((FAILED + 1))
		printf 'FAIL %s (it succeeded)\n' "$name"
	else
		PASSED=$((PASSED + 1))
		printf 'ok   %s\n' "$name"
	fi
}

ok_summary() {
	printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
	[ "$FAILED" -eq 0 ]
}
