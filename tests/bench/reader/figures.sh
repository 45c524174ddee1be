#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The reader's figures beside their aims:
#
#   flash and RAM         of the images as linked, from their maps (firmware/board/size.sh)
#   stack                 high-water mark that each image reports after real work: OpenSC through stock pcscd, an RSA card,
#                         T=1 and T=0, in both exchange levels; and the largest single frame that the compiler reports
#   instructions          for an APDU, on a Cortex-M4 in QEMU with -icount (tests/bench/reader/icount)
#   shares of the lines   the same program: host and card lose no time, so what is lost is the reader's
#
# A missed aim is printed, it is no failure. Exit status 1: something could not be measured; it is said what.
# Needs: make firmware-icount bench-programs.
# shellcheck source=../lib-site.sh
. "$(dirname "$0")/../lib-site.sh"
# shellcheck source=lib-reader.sh
. "$(dirname "$0")/lib-reader.sh"
site_enter "$@"
FW_BUILD=${FW_BUILD:-$READER_TOP/build/default}
# shellcheck disable=SC2034  # lib-pcscd.sh reads it
BENCH_SLOTS=1
UNMEASURED=()
MET=0
MISSED=0

unmeasured() { UNMEASURED+=("$*"); }

bench_on_exit() {
	reader_stop
	cardbridge_stop
}

# --- the table --------------------------------------------------------------------------------------------------------

heading() {
	printf '\n%s\n' "$1"
	printf '  %-58s %12s  %-12s %s\n' '' figure aim verdict
}

# TEXT FIGURE [AIM LIMIT UNIT]: AIM is <= or >=.
row() {
	local verdict='' aim=''

	if [ -n "${3:-}" ]; then
		aim="$3 $4${5:+ $5}"
		if [ -n "$2" ]; then
			verdict=$(awk -v a="$2" -v op="$3" -v b="$4" 'BEGIN { print (op == "<=" ? a <= b : a >= b) ? "meets" : "MISSES" }')
		else
			verdict='not measured'
		fi
	fi
	[ "$verdict" != meets ] || MET=$((MET + 1))
	[ "$verdict" != MISSES ] || MISSED=$((MISSED + 1))
	[ -n "$2" ] || unmeasured "$1"
	printf '  %-58s %12s  %-12s %s\n' "$1" "${2:--}${5:+ $5}" "$aim" "$verdict"
}

kib() { [ -z "$1" ] || awk -v n="$1" 'BEGIN { printf "%.1f", n / 1024 }'; }
percent() { [ -z "$1" ] || awk -v n="$1" 'BEGIN { printf "%.1f", n / 10 }'; }

# --- flash, RAM, frames ---------------------------------------------------------------------------------------------

# IMAGE flash|RAM|stack: bytes. What size.sh says about budgets is said by the table.
size_of() {
	"$READER_TOP/firmware/board/size.sh" "$FW_BUILD/firmware/$1.map" 4194304 4194304 2>/dev/null |
		sed -n "s/.*[ (]$2 \([0-9]*\).*/\1/p" | tail -n 1
}

# Our own code of both images; BearSSL's frames are in the second image's high-water mark.
largest_frame() {
	find "$FW_BUILD/arm/firmware" -name '*.su' -exec cat {} + |
		awk -F'\t' '$3 !~ /static|bounded/ { bad = 1 } $2 + 0 > most { most = $2 + 0; who = $1 } END { sub(/.*:/, "", who); if (most && !bad) print most, who }'
}

print_memory() {
	local frame

	heading 'Memory of the image'
	row 'flash, without crypto' "$(kib "$(size_of reader flash)")" '<=' 48 KiB
	row 'flash, with crypto' "$(kib "$(size_of reader-crypto flash)")" '<=' 80 KiB
	row 'RAM, stack in it, without crypto' "$(kib "$(size_of reader RAM)")" '<=' 16 KiB
	row 'RAM, stack in it, with crypto' "$(kib "$(size_of reader-crypto RAM)")" '<=' 16 KiB
	row 'stack used at most, without crypto' "$STACK_PLAIN" '<=' "$(size_of reader stack)" bytes
	row 'stack used at most, with crypto' "$STACK_CRYPTO" '<=' "$(size_of reader-crypto stack)" bytes
	frame=$(largest_frame)
	row "largest frame of ours: ${frame#* }" "${frame%% *}" '<=' 1024 bytes
}

# --- stack: real work -------------------------------------------------------------------------------------------------

work() {
	timeout 60 opensc-tool -r 0 -a && timeout 60 pkcs15-tool --reader 0 --read-certificate 01 &&
		PKCS11_PIN=$PIN_GOOD timeout 60 pkcs11-tool --slot-index 0 --login --pin env:PKCS11_PIN --sign --id 01 \
			--mechanism SHA256-RSA-PKCS --input-file "$BENCH_TMP/tbs" --output-file "$BENCH_TMP/sig"
}

# IMAGE: sets STACK to what it says at the end of all four ways to work.
stack_of() {
	local protocol level most=0 now

	STACK=
	for protocol in t1 t0; do
		for level in apdu tpdu; do
			cardbridge_start --protocol $protocol
			# shellcheck disable=SC2034  # lib-reader.sh reads it
			READER_IMAGE=$FW_BUILD/firmware/$1.elf
			reader_qemu_start
			reader_pcscd $level
			pcscd_start
			pcscd_wait_card 0 present 15 || { unmeasured "stack of $1: no card, $protocol $level"; return; }
			work >"$BENCH_TMP/work.log" 2>&1 || { unmeasured "stack of $1, $protocol $level: $(tail -n 1 "$BENCH_TMP/work.log")"; return; }
			# It is looked at once a second.
			sleep 1.5
			now=$(sed -n 's/.*stack \([0-9]*\) of .*/\1/p' "$READER_DIR/side.log" | tail -n 1)
			pcscd_stop
			reader_stop
			cardbridge_stop
			[ -n "$now" ] || { unmeasured "stack of $1: it says nothing"; return; }
			[ "$now" -le "$most" ] || most=$now
		done
	done
	STACK=$most
}

measure_stack() {
	head -c 32 /dev/urandom >"$BENCH_TMP/tbs"
	card_make rsa --alg rsa2048
	vcard_start slot0 --card "$CARDS/rsa"
	stack_of reader
	STACK_PLAIN=$STACK
	stack_of reader-crypto
	STACK_CRYPTO=$STACK
}

# --- instructions and lines ---------------------------------------------------------------------------------------------

measure_counts() {
	timeout 300 qemu-system-arm -M mps2-an386 -kernel "$FW_BUILD/firmware/icount.elf" -nographic -monitor none -serial null \
		-icount shift=10,sleep=off -semihosting-config enable=on,target=native </dev/null >"$BENCH_TMP/icount" 2>&1 ||
		unmeasured "icount: $(grep -v '=[0-9]*$' "$BENCH_TMP/icount" | tail -n 1)"
	tr -d '\r' <"$BENCH_TMP/icount" >"$BENCH_TMP/counts"
}

# LINE-BEGINNING NAME: the number.
count_of() {
	grep "^$1 " "$BENCH_TMP/counts" | tr ' ' '\n' | sed -n "s/^$2=//p"
}

print_instructions() {
	local t what nc ne n chars

	heading 'Instructions of the portable code for an APDU (serial frame, CCID, protocol; short APDU level)'
	for t in 1 0; do
		for what in '0 0' '16 256' '255 256'; do
			nc=${what% *} ne=${what#* }
			n=$(count_of "exchange t=$t nc=$nc ne=$ne" instructions)
			chars=$(count_of "exchange t=$t nc=$nc ne=$ne" characters)
			row "T=$t, $nc bytes there, $ne back" "$n"
			row '   for each character taken or given' "$([ -z "$n" ] || echo $((n / chars)))"
		done
	done
	row 'a round of the main loop without work' "$(count_of 'exchange t=1 nc=0 ne=0' idle-round)"
}

print_shares() {
	local t fd load name f d

	heading "Share of the lines' theoretical throughput, %"
	for t in 1 0; do
		for fd in '372 1' '372 12' '512 32' '512 64'; do
			f=${fd% *} d=${fd#* }
			for load in large mix; do
				name="share t=$t f=$f d=$d load=$load"
				row "T=$t, F/D $f/$d at 4 MHz, $load: card's line" "$(percent "$(count_of "$name" card)")" '>=' 95
				row "   host's line, 115,200 baud" "$(percent "$(count_of "$name" host)")" '>=' 95
				row '   both, one after the other: the whole exchange' "$(percent "$(count_of "$name" whole)")" '>=' 95
			done
		done
	done
	cat <<-NOTE
		  Least time / time taken. Card's line: from the first character of the exchange to the last; least are 12 etu a character
		  in T=0, 11 in T=1, and 12 (16 at D = 64) or 22 etu where the direction turns. Host's line: command with its echo, and
		  answer; a line that waits for the other one is not counted against it. Whole: command, card, answer; each frame has
		  its check at the end and can't be passed on before. Processor: the instructions counted above, round by round, at
		  25 MHz, one a cycle; a board's own part is assumed as 100 for a character taken or a send begun.
		  large: 255 bytes there, 256 back. mix: eight APDUs as of a log-in, 0 to 255 there, 0 to 256 back.
	NOTE
}

for need in reader.map reader-crypto.map reader.elf reader-crypto.elf icount.elf; do
	[ -f "$FW_BUILD/firmware/$need" ] || { echo "figures: no $FW_BUILD/firmware/$need: make firmware-icount" >&2; exit 1; }
done
measure_counts
measure_stack
printf "The reader's figures, %s, %s\n" "$(date -u +%F)" "$(arm-none-eabi-gcc -dumpversion | sed 's/^/arm-none-eabi-gcc /')"
print_memory
print_instructions
print_shares
printf '\n%d aims met, %d missed\n' $MET $MISSED
[ ${#UNMEASURED[@]} -eq 0 ] || printf 'not measured: %s\n' "${UNMEASURED[@]}" >&2
[ ${#UNMEASURED[@]} -eq 0 ]
