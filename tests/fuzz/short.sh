#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every fuzzer: first its kept corpus, then SECONDS_EACH of new inputs, as many side by side as there are processors.
# `make fuzz` gives each an hour.
cd "$(dirname "$0")/../.." || exit 99
SECONDS_EACH=${SECONDS_EACH:-5}
dir=build/fuzz
make -s --no-print-directory -j"$(nproc)" B=$dir CC=clang CONFIG_VIRTUAL_SENSOR=y CONFIG_VIRTUAL_CARD=y fuzz-programs >$dir.log 2>&1 || {
	tail -n 20 $dir.log
	echo '0 passed, 1 failed'
	exit 1
}
rm -rf "$dir/verdict"
mkdir -p "$dir/verdict"

# FUZZER: its line goes to $dir/verdict.
fuzz_one() {
	local f=$1 name corpus
	name=$(basename "$f")
	corpus=tests/fuzz/corpus/${name#fuzz_}

	mkdir -p "$dir/found/$name" "$dir/new/$name"
	if [ -z "$(ls -A "$corpus" 2>/dev/null)" ]; then
		printf 'FAIL %s: no corpus\n' "$name"
	elif timeout $((SECONDS_EACH + 120)) "$f" -max_total_time="$SECONDS_EACH" -max_len=16384 -timeout=20 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="$dir/found/$name/" "$dir/new/$name" "$corpus" >"$dir/$name.log" 2>&1; then
		printf 'ok   %s: %s executions\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/$name.log")"
	else
		printf 'FAIL %s\n' "$name"
		tail -n 25 "$dir/$name.log"
	fi >"$dir/verdict/$name"
}

started=0
for f in "$dir"/fuzz/fuzz_*; do
	[ -x "$f" ] && [ ! -d "$f" ] || continue
	while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do wait -n; done
	fuzz_one "$f" &
	started=$((started + 1))
done
wait
cat "$dir"/verdict/*
# A fuzzer that left no line has failed too.
passed=$(cat "$dir"/verdict/* | grep -c '^ok ')
failed=$((started - passed))
printf '%d passed, %d failed\n' "$passed" $failed
[ $failed -eq 0 ]
