#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The log-in through our own reader: its image in QEMU, stock pcscd and libccid on its UART, and behind its card line any
# card. OpenSC's tools and the whole PAM log-in, in both exchange levels, over T=0 and T=1, also on a bad line; and a card
# that is not ours, with commands of every case.
#
#   READER=linux reader_login.sh    the same with the Linux process instead of the image
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
# shellcheck source=../bench/reader/lib-reader.sh
. "$(dirname "$0")/../bench/reader/lib-reader.sh"
site_enter "$@"
READER=${READER:-qemu}
PIN_CARD=$PIN_GOOD

said() { grep -Eq "$1" "$LOGIN_LOG"; }

# A reader that starts more often than it was started has reset itself.
RESETS=0
reader_off() {
	pcscd_stop
	RESETS=$((RESETS + $(reader_log_count 'sekisho-reader .*start ') - 1))
	reader_stop
	cardbridge_stop
}

# LEVEL tpdu|apdu, then options of cardbridge: a reader of its own, a pcscd of its own, the card in slot 0 stays.
reader_site() {
	local level=$1
	shift

	reader_off
	cardbridge_start "$@"
	[ -z "${CARD_START:-}" ] || $CARD_START
	"reader_${READER}_start" || site_fail 'the reader does not start'
	reader_pcscd "$level"
	pcscd_start
	pcscd_wait_card 0 present 15 || site_fail 'the card does not appear behind the reader'
}

bench_on_exit() {
	sekishod_stop
	vicc_stop
	reader_stop
	cardbridge_stop
	[ -z "${SITE_LOG:-}" ] || cp "$BENCH_TMP/sekishod.log" "$SITE_LOG" 2>/dev/null
	return 0
}

# The ATR that pcscd tells begins so.
atr_begins() { timeout 20 opensc-tool -r 0 -a 2>&1 | grep -q "^$1"; }

# Card and PIN alone: fingers are a matter of login.sh.
pin_login() {
	login_start quick "$1"
	login_wait
}

# NAME: what OpenSC makes of the card.
opensc_reads() {
	timeout 60 opensc-tool -r 0 -a >"$BENCH_TMP/opensc.log" 2>&1 && timeout 60 piv-tool -r 0 -n >>"$BENCH_TMP/opensc.log" 2>&1 &&
		timeout 60 pkcs15-tool --reader 0 --read-certificate 01 >"$BENCH_TMP/opensc.crt" 2>>"$BENCH_TMP/opensc.log" &&
		openssl x509 -in "$BENCH_TMP/opensc.crt" -noout -subject | grep -q "SEKISHO TEST $1"
}
opensc_signs() {
	head -c 32 /dev/urandom >"$BENCH_TMP/tbs"
	PKCS11_PIN=$PIN_CARD timeout 90 pkcs11-tool --slot-index 0 --login --pin "env:PKCS11_PIN" --sign --id 01 \
		--mechanism "$1" --input-file "$BENCH_TMP/tbs" --output-file "$BENCH_TMP/sig" >"$BENCH_TMP/opensc.log" 2>&1
}

card_make p256
card_make rsa --alg rsa2048
BENCH_SLOTS=1
site_ca
vcard_start slot0 --card "$CARDS/p256"
CARD_IN=p256
cardbridge_start
"reader_${READER}_start" || site_fail 'the reader does not start'
reader_pcscd apdu
site_init
site_config_set 'service quick' policy card+pin
sekishod_stop
sekishod_start
pam_service quick
person_make P001 yamada
person_make P002 suzuki
ok 'a P-256 card is enrolled through the reader' card_enrol P001 p256
ok 'a finger too' finger_enrol P001 right-index 1
ok 'C-MFA: card, PIN and finger together log in' login login yamada $PIN_GOOD 1 11
ok 'an RSA-2048 card is enrolled through the reader' card_enrol P002 rsa
card_insert p256
login_start login yamada 999999
not_ok 'a wrong PIN is denied' login_wait
ok 'and the tries left are told' said '1 (try|tries)|tries left'
login_start login suzuki
not_ok 'C-CARD-SHARE: somebody else'"'"'s card is denied' login_wait
not_ok 'and no PIN was asked' said '^prompt'

for protocol in t1 t0; do
	for level in apdu tpdu; do
		reader_site $level --protocol $protocol
		card_insert p256
		ok "$protocol, $level level: OpenSC reads the P-256 card" opensc_reads p256
		ok "$protocol, $level level: PAM log-in, P-256" pin_login yamada
		card_insert rsa
		ok "$protocol, $level level: OpenSC reads the RSA-2048 card" opensc_reads rsa
		ok "$protocol, $level level: OpenSC signs" opensc_signs SHA256-RSA-PKCS
		ok "$protocol, $level level: PAM log-in, RSA-2048" pin_login suzuki
	done
done

for level in apdu tpdu; do
	reader_site $level --protocol t1 --damage 7 --seed 1
	ok "t1, $level level, one block in seven damaged: PAM log-in, RSA-2048" pin_login suzuki
	ok "t1, $level level, one block in seven damaged: OpenSC reads" opensc_reads rsa
	ok "t1, $level level: blocks were damaged indeed" [ "$(cardbridge_count damaged)" -gt 3 ]
	reader_site $level --protocol t1 --wtx 2 --wtx-ms 300
	ok "t1, $level level, the card asks for time: PAM log-in" pin_login suzuki
	ok "t1, $level level: it did ask" [ "$(cardbridge_count wtx)" -gt 1 ]
done
for level in apdu tpdu; do
	reader_site $level --protocol t1 --edc crc --ta1 95
	ok "t1, $level level, CRC and a faster line: PAM log-in" pin_login suzuki
	reader_site $level --protocol t0 --wtx 2 --wtx-ms 300
	ok "t0, $level level, null bytes ask for time: PAM log-in" pin_login suzuki
done

for level in apdu tpdu; do
	reader_site $level --protocol t0 --inverse --t0-one-by-one --nulls 3
	ok "t0, $level level, inverse convention: ATR" atr_begins 3f
	ok "t0, $level level, inverse convention, byte by byte, null bytes: OpenSC reads" opensc_reads rsa
	ok "t0, $level level: null bytes there were" [ "$(cardbridge_count nulls)" -gt 100 ]
	reader_site $level --protocol t1 --inverse --bwi 1 --parity 7 --seed 1
	ok "t1, $level level, inverse convention: ATR" atr_begins 3f
	ok "t1, $level level, inverse convention, wrong parity in one block of seven: OpenSC reads" opensc_reads rsa
	ok "t1, $level level: blocks were sent again for it" [ "$(cardbridge_count repeats)" -gt 3 ]
	reader_site $level --protocol t1 --bwi 1 --drop 9 --seed 1
	ok "t1, $level level, a character lost in one block of nine: OpenSC reads" opensc_reads rsa
	ok "t1, $level level: both sides lost some" [ "$(cardbridge_count dropped-in)" -gt 1 -a "$(cardbridge_count dropped-out)" -gt 1 ]
done

reader_site apdu --protocol t1
card_insert p256
login_start login yamada
login_saw '^prompt|info' 1 10
vcard_ctl slot0 pull >/dev/null
not_ok 'the card leaves in the middle: denied' login_wait
ok 'the reader saw it go' pcscd_wait_card 0 absent 10
vcard_ctl slot0 insert >/dev/null
ok 'and sees it come back' pcscd_wait_card 0 present 10
ok 'and the next log-in works' pin_login yamada
# A card of another maker, as it is (T=1, F/D 372/4, so PPS; IFSC 32, so chains) and over T=0.
vcard_stop slot0
CARD_START=vicc_start
for protocol in t1 t0; do
	for level in apdu tpdu; do
		bridge=() check=()
		# In case 4 this card takes commands that others have in cases 2 and 3 (vicc_cases.py).
		[ $protocol = t1 ] || bridge=(--protocol t0 --t0-in B0D6)
		[ $protocol$level != t0tpdu ] || check=(--get-response)
		vicc_stop
		reader_site $level "${bridge[@]}"
		ok "vicc, $level level: $protocol it is" vicc_check "protocol${protocol#t}"
		if [ $protocol = t1 ]; then
			ok "vicc, $level level: its own ATR" vicc_check atr
			ok "vicc, $level level: PPS was done" [ "$(cardbridge_count pps)" -ge 1 ]
		fi
		for case in case1 case2 case3 case4 cipher; do
			ok "vicc, $protocol, $level level, many lengths: $case" vicc_check $case "${check[@]}"
		done
	done
done
reader_off
ok 'the reader never reset itself' [ $RESETS -eq 0 ]
site_summary
