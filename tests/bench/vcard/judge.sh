#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Judges the virtual card by others: OpenSSL looks at its PKI and its signatures, OpenSC uses the card
# through pcscd, and the .apdus tables hold it to the clauses of the standards.
#
#   BENCH_BIN=FOLDER tests/bench/vcard/judge.sh [pki|apdus|sign|opensc|reader|jpki]...
#
# Last line: "N passed, N failed"; the exit status is 0 only when nothing failed.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../lib-pcscd.sh
. "$here/../lib-pcscd.sh"
# shellcheck source=../lib-jpki.sh
. "$here/../lib-jpki.sh"
: "${BENCH_BIN:?folder with vcard, vcard-personalise, vcard-drive}"
bench_enter "$@"
cd "$BENCH_TMP" || exit 99

passed=0
failed=0
MODULE=$(find /usr/lib -path '*/opensc-pkcs11.so' -print -quit)

# check WHAT COMMAND...: passes when the command succeeds; its output is kept for the failure.
check() {
	local what=$1
	shift
	if "$@" >check.out 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED: %s\n' "$what"
		tail -n 15 check.out | sed 's/^/    /'
	fi
}

check_not() {
	check "$1" refuse "${@:2}"
}

refuse() {
	! "$@"
}

# Runs a program with a time limit, a function of this script without.
bounded() {
	if [ "$(type -t "$1")" = function ]; then
		"$@"
	else
		timeout 30 "$@"
	fi
}

# The command succeeds and its output has, or lacks, a line with this pattern: PATTERN COMMAND...
shows() {
	succeeds "${@:2}" && grep -q -- "$1" shows.out
}

lacks() {
	succeeds "${@:2}" && ! grep -q -- "$1" shows.out
}

succeeds() {
	local status=0

	bounded "$@" >shows.out 2>&1 || status=$?
	cat shows.out
	return "$status"
}

personalise() {
	"$BENCH_BIN/vcard-personalise" "$@"
}

card() {
	local dir=$1
	shift
	personalise card --ca ca --out "$dir" --cn "SEKISHO TEST $dir" --serial-label "$dir" "$@"
}

cert_text() {
	openssl x509 -noout -text -in "$1"
}

crl_verifies() {
	openssl crl -noout -CAfile ca/ca.crt "${@:2}" -in "$1" 2>&1 | grep -q '^verify OK'
}

verify_with_crl() {
	openssl verify -CAfile ca/ca.crt -CRLfile "$1" -crl_check "$2"
}

judge_pki() {
	local alg digest

	for alg in rsa2048 p256 p384; do
		digest=256
		[ "$alg" != p384 ] || digest=384
		check "$alg: CA" personalise ca --out "ca-$alg" --alg "$alg" --name "SEKISHO TEST CA $alg"
		check "$alg: card" personalise card --ca "ca-$alg" --out "pki-$alg" --alg "$alg" \
			--cn "SEKISHO TEST 0001" --serial-label 0001
		check "$alg: chain" openssl verify -x509_strict -purpose sslclient -CAfile "ca-$alg/ca.crt" \
			"pki-$alg/9a.crt"
		check "$alg: chain 9E" openssl verify -x509_strict -CAfile "ca-$alg/ca.crt" "pki-$alg/9e.crt"
		check "$alg: CRL" personalise crl --ca "ca-$alg" --out "crl-$alg.pem"
		check "$alg: CRL digest" shows "[Ss][Hh][Aa]$digest" openssl crl -noout -text -in "crl-$alg.pem"
		check "$alg: key kept private" [ "$(stat -c %a "pki-$alg/9a.key")" = 600 ]
	done

	check "intermediate CA" personalise ca --out ca-sub --issuer ca --name "SEKISHO TEST SUB CA"
	check "card below it" personalise card --ca ca-sub --out sub --cn X --serial-label X
	check "chain of three" openssl verify -CAfile ca/ca.crt -untrusted ca-sub/ca.crt sub/9a.crt
	check_not "chain with a gap" openssl verify -CAfile ca/ca.crt sub/9a.crt

	check "plain card" card plain
	check "key usage" shows 'Digital Signature' cert_text plain/9a.crt
	check "EKU" shows 'TLS Web Client Authentication, Microsoft Smartcard Login' cert_text plain/9a.crt
	check "9E EKU" shows '2.16.840.1.101.3.6.8' cert_text plain/9e.crt
	check "expired card" card expired --not-before -20 --not-after -10
	check_not "expired certificate" openssl verify -CAfile ca/ca.crt expired/9a.crt
	check "future card" card future --not-before 10 --not-after 20
	check_not "future certificate" openssl verify -CAfile ca/ca.crt future/9a.crt
	check "card without digitalSignature" card nosign --no-digital-signature
	check "no digitalSignature" lacks 'Digital Signature' cert_text nosign/9a.crt
	check "card without EKU and KU" card noeku --eku none --key-usage none
	check "no EKU" lacks 'Extended Key Usage' cert_text noeku/9a.crt
	check "no KU" lacks 'X509v3 Key Usage' cert_text noeku/9a.crt
	check "CA:TRUE card" card catrue --ca-true
	check "CA:TRUE" shows 'CA:TRUE' cert_text catrue/9a.crt
	check "card with another key" card foreign --foreign-key
	check_not "key does not fit certificate" cmp <(openssl pkey -in foreign/9a.key -pubout) \
		<(openssl x509 -in foreign/9a.crt -noout -pubkey)
	check "padded card" card padded --cert-pad 3000
	check "padding makes it large" [ "$(openssl x509 -in padded/9a.crt -outform DER | wc -c)" -gt 3000 ]
	check "no 9E" card no9e --no-9e
	check_not "no 9E files" ls no9e/9e.key
	check_not "PIN too short" card badpin --pin 12345
	check_not "unknown algorithm" card badalg --alg rsa1024
	check_not "unknown option" card badopt --nonsense

	check "CRL" personalise crl --ca ca --out crl.pem --revoke plain --revoke no9e --number 7
	check "CRL signature" crl_verifies crl.pem
	check "CRL number" shows '^ *7$' openssl crl -noout -text -in crl.pem
	check "CRL AKI" shows 'Authority Key Identifier' openssl crl -noout -text -in crl.pem
	check_not "revoked" verify_with_crl crl.pem plain/9a.crt
	check_not "revoked 9E" verify_with_crl crl.pem plain/9e.crt
	check "not revoked" verify_with_crl crl.pem padded/9a.crt
	check "DER CRL" personalise crl --ca ca --out crl.der --der
	check "DER CRL signature" crl_verifies crl.der -inform DER
	check "bad CRL" personalise crl --ca ca --out bad.pem --bad-signature
	check_not "bad CRL signature" crl_verifies bad.pem
	check "CRL from the past" personalise crl --ca ca --out old.pem --this-update -200 --next-update -100
	check_not "CRL too old" verify_with_crl old.pem plain/9a.crt
	check "CRL from the future" personalise crl --ca ca --out soon.pem --this-update 1000 --next-update 2000
	check_not "CRL not valid yet" verify_with_crl soon.pem plain/9a.crt
	check "large CRL" personalise crl --ca ca --out large.pem --fill 2000 --revoke plain
	check_not "revoked in large CRL" verify_with_crl large.pem plain/9a.crt
	check "not revoked in large CRL" verify_with_crl large.pem padded/9a.crt
}

# TABLE CARDDIR VCARD-OPTIONS...: counts the rows of the table as checks of their own.
run_table() {
	local table=$1 dir=$2 line
	shift 2
	sed 's#SWAPDIR#other#' "$here/$table" |
		timeout 120 "$BENCH_BIN/vcard-drive" --control drive.sock --exec "$BENCH_BIN/vcard" \
			--card "$dir" --control drive.sock --trace "$table.trace" "$@" >table.out 2>&1
	line=$(tail -n 1 table.out)
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
		[ "${BASH_REMATCH[2]}" -eq 0 ] || sed "s/^/FAILED: $table: /" table.out
	else
		failed=$((failed + 1))
		sed "s/^/FAILED: $table: /" table.out
	fi
}

judge_apdus() {
	card other --tries 5 >other.out
	card piv --no-9e >piv.out && run_table piv.apdus piv
	card faults >faults.out && run_table faults.apdus faults
	card short --alg p384 --cert-pad 1500 >short.out && run_table short.apdus short --short-only
	card rsa --alg rsa2048 --gzip-cert >rsa.out && printf '\001\002' >rsa/obj-5FC109.bin &&
		run_table rsa.apdus rsa

	check "trace has VERIFY" grep -q '^>> 0020008008\*\*\*\*\*\*\*\*\*\*\*\*\*\*\*\*$' piv.apdus.trace
	check_not "no PIN or PUK in any trace" grep -Eqi '^>> .*(3132333435|363534333231|AAAAAAAA)' ./*.trace
	check "counter made durable before the comparison" order_of_verify
}

# A try is on disk before the PIN is compared: with "tear", a right PIN still costs a try.
order_of_verify() {
	card tear >tear.out || return 1
	"$BENCH_BIN/vcard-drive" --control drive.sock --exec "$BENCH_BIN/vcard" --card tear \
		--control drive.sock <<-'END' || return 1
		on
		00A4040009A00000030800001000 => *
		! fault ins=20 tear
		0020008008313233343536FFFF => gone
	END
	grep -qx 'pin-left = 2' tear/card.conf
}

# CARDDIR KEY SW-OPTIONS: prints the hex value of tag 82 for a challenge; lie-sig when asked.
signature() {
	local dir=$1 key=$2 alg=$3 challenge=$4 fault=${5:-} body lc

	body=8200$(tlv 81 "$challenge")
	body=$(tlv 7C "$body")
	lc=$(printf '%04X' $((${#body} / 2)))
	{
		printf 'on\n00A4040009A00000030800001000 => *\n0020008008313233343536FFFF => 9000\n'
		[ -z "$fault" ] || printf '! fault ins=87 %s\n' "$fault"
		printf '0087%s%s00%s%s0000\n' "$alg" "$key" "$lc" "$body"
	} | "$BENCH_BIN/vcard-drive" --control drive.sock --exec "$BENCH_BIN/vcard" --card "$dir" \
		--control drive.sock | sed -n 's/^7C\(8201..\|..\)82\(820100\|..\)\(.*\)9000$/\3/p'
}

tlv() {
	local n=$((${#2} / 2))

	if [ "$n" -gt 255 ]; then
		printf '%s82%04X%s' "$1" "$n" "$2"
	elif [ "$n" -gt 127 ]; then
		printf '%s81%02X%s' "$1" "$n" "$2"
	else
		printf '%s%02X%s' "$1" "$n" "$2"
	fi
}

unhex() {
	# shellcheck disable=SC2059
	printf "$(sed 's/../\\x&/g')"
}

# Verifies over the digest with the certificate's key: CARDDIR CRT KEYREF ALG HASH [FAULT]
signature_is_right() {
	local dir=$1 crt=$2 key=$3 alg=$4 hash=$5 fault=${6:-} digest challenge prefix

	openssl x509 -in "$dir/$crt" -noout -pubkey >pub.pem
	printf 'challenge of %s' "$dir" | openssl dgst "-$hash" -binary >digest.bin
	digest=$(od -An -v -tx1 digest.bin | tr -d ' \n' | tr a-f A-F)
	challenge=$digest
	if [ "$alg" = 07 ]; then
		# EMSA-PKCS1-v1_5 with SHA-256, made here: the card signs whole blocks
		prefix=3031300D060960864801650304020105000420
		challenge=0001$(printf 'FF%.0s' $(seq 202))00$prefix$digest
	fi
	signature "$dir" "$key" "$alg" "$challenge" "$fault" | unhex >sig.bin
	[ -s sig.bin ] || { echo "no signature"; return 2; }
	openssl pkeyutl -verify -pubin -inkey pub.pem -in digest.bin -sigfile sig.bin -pkeyopt "digest:$hash"
}

signature_is_wrong() {
	signature_is_right "$@"
	[ $? -eq 1 ]
}

judge_sign() {
	local alg id hash

	while read -r alg id hash; do
		check "$alg: card" card "sign-$alg" --alg "$alg"
		check "$alg: 9A signs" signature_is_right "sign-$alg" 9a.crt 9A "$id" "$hash"
		check "$alg: 9E signs" signature_is_right "sign-$alg" 9e.crt 9E "$id" "$hash"
		check "$alg: keys differ" signature_is_wrong "sign-$alg" 9e.crt 9A "$id" "$hash"
		check "$alg: lie-sig is well formed and wrong" signature_is_wrong "sign-$alg" 9a.crt 9A "$id" \
			"$hash" lie-sig
	done <<-'END'
		rsa2048 07 sha256
		p256 11 sha256
		p384 14 sha384
	END
}

token() {
	timeout 60 pkcs11-tool --module "$MODULE" "$@"
}

# Signs with OpenSC, verifies with OpenSSL: CARDDIR MECHANISM HASH
opensc_signs() {
	local dir=$1 mechanism=$2 hash=$3 id slot

	for slot in 9a:01 9e:04; do
		id=${slot#*:}
		rm -f os.sig
		openssl x509 -in "$dir/${slot%:*}.crt" -noout -pubkey >os.pub
		printf 'attempt of %s' "$dir" >os.txt
		openssl dgst "-$hash" -binary os.txt >os.in
		if [ "$mechanism" = ECDSA ]; then
			token -l --pin 123456 -s -m ECDSA --id "$id" -i os.in -o os.sig --signature-format openssl ||
				return 1
		else
			token -l --pin 123456 -s -m "$mechanism" --id "$id" -i os.txt -o os.sig || return 1
		fi
		openssl dgst "-$hash" -verify os.pub -signature os.sig os.txt || return 1
	done
}

same_certificate() {
	timeout 30 pkcs15-tool --read-certificate "$2" >read.pem || return 1
	cmp <(openssl x509 -in read.pem -outform DER) <(openssl x509 -in "$1" -outform DER)
}

# OpenSC without its file cache, and with the PIV driver only where the card says PIV.
opensc_conf() {
	export XDG_CACHE_HOME=$BENCH_TMP/cache HOME=$BENCH_TMP
	mkdir -p "$BENCH_TMP/cache"
}

judge_opensc_card() {
	local what=$1 dir=$2 mechanism=$3 hash=$4
	shift 4

	vcard_start "$dir" --card "$dir" "$@"
	check "$what: card seen" pcscd_wait_card 0 present
	check "$what: PIV-II" shows 'Personal Identity Verification Card' opensc-tool -n
	check "$what: piv-tool" shows 'Personal Identity Verification Card' piv-tool -n
	check "$what: dump" shows 'Certificate for PIV Authentication' pkcs15-tool -D
	check "$what: certificates" shows 'Certificate for Card Authentication' pkcs15-tool --list-certificates
	check "$what: 9A certificate" same_certificate "$dir/9a.crt" 01
	check "$what: 9E certificate" same_certificate "$dir/9e.crt" 04
	check "$what: PKCS #15 log-in" bounded pkcs15-tool --verify-pin --pin 123456
	check "$what: pkcs11 self-test" token -l -t --pin 123456
	check "$what: signatures" opensc_signs "$dir" "$mechanism" "$hash"
	check_not "$what: wrong PIN" token -l --pin 654321 -s -m "$mechanism" --id 01 -i os.txt -o wrong.sig
	check "$what: it cost a try" [ "$(vcard_number "$dir" pin-left)" = 2 ]
	check "$what: right PIN" token -l --pin 123456 -O
	check "$what: tries are back" [ "$(vcard_number "$dir" pin-left)" = 3 ]
	check "$what: no extended length" no_extended_when_short "$dir" "$@"
	vcard_stop "$dir"
	pcscd_wait_card 0 absent
}

# --short-only must have been enough: nothing was refused for its length.
no_extended_when_short() {
	[ "${2:-}" != --short-only ] || ! grep -qx '<< 6700' "$BENCH_TMP/vcard/$1.trace"
}

judge_opensc_pins() {
	local n

	check "PIN card" card pins --alg p256
	vcard_start pins --card pins
	pcscd_wait_card 0 present
	check "change PIN" token -l --pin 123456 --change-pin --new-pin 87654321
	check "new PIN" token -l --pin 87654321 -O
	check_not "old PIN" token -l --pin 123456 -O
	for n in 2 1; do
		token -l --pin 999999 -O >/dev/null 2>&1
	done
	check "blocked" [ "$(vcard_number pins pin-left)" = 0 ]
	check_not "right PIN while blocked" token -l --pin 87654321 -O
	check "unblock with PUK" timeout 30 pkcs15-tool --unblock-pin --auth-id 01 --puk 12345678 --new-pin 123456
	check "unblocked" token -l --pin 123456 -O
	vcard_stop pins
	pcscd_wait_card 0 absent
}

judge_opensc() {
	local alg mechanism hash

	opensc_conf
	pcscd_start
	while read -r alg mechanism hash; do
		card "$alg-ext" --alg "$alg" >card.out
		judge_opensc_card "$alg, extended" "$alg-ext" "$mechanism" "$hash"
		card "$alg-short" --alg "$alg" --gzip-cert --cert-pad 1200 >card.out
		judge_opensc_card "$alg, short only, gzip" "$alg-short" "$mechanism" "$hash" --short-only
	done <<-'END'
		rsa2048 SHA256-RSA-PKCS sha256
		p256 ECDSA sha256
		p384 ECDSA sha384
	END
	judge_opensc_pins
	pcscd_stop
}

judge_reader() {
	opensc_conf
	pcscd_start
	card left >card.out
	card right --tries 5 >card.out
	vcard_start left --card left
	vcard_start right --card right --port "$VPCD_PORT_1"
	check "first slot" pcscd_wait_card 0 present
	check "second slot" pcscd_wait_card 1 present
	check "second card is PIV" shows 'Personal Identity Verification Card' opensc-tool -r 1 -n
	# 50 commands; an unacknowledged length would cost 40 ms each
	check "commands are not held up by TCP" timeout 1.5 pkcs11-tool --module "$MODULE" \
		--slot-index 0 -l --pin 123456 -O
	vcard_ctl left pull >ctl.out
	check "removal is seen within a second" pcscd_wait_card 0 absent 1
	check "other slot is not touched" pcscd_wait_card 1 present 0
	vcard_ctl left insert >ctl.out
	check "insertion is seen within two seconds" pcscd_wait_card 0 present 2
	vcard_ctl left swap "$BENCH_TMP/right" >ctl.out
	check "swap is a removal" pcscd_wait_card 0 absent 2
	check "and an insertion" pcscd_wait_card 0 present 2
	check "of the other card" [ "$(vcard_number left pin-left)" = 5 ]

	vcard_ctl left reset-stats >ctl.out
	opensc-tool -r 0 -n >name.out 2>&1
	check "statistics count" [ "$(vcard_number left apdus)" -gt 0 ]
	vcard_ctl left fault ins=CB mute >ctl.out
	check_not "mute card holds the client up" timeout 3 opensc-tool -r 0 -n
	check "control socket answers meanwhile" shows 'muted=1' vcard_ctl left status
	vcard_ctl left pull >ctl.out
	check "pull ends the wait" pcscd_wait_card 0 absent 3
	vcard_ctl left insert >ctl.out
	check "and the card comes back" pcscd_wait_card 0 present 3

	pcscd_kill
	check_not "pcscd is dead" pcscd_list
	pcscd_start
	check "cards find the new pcscd" pcscd_wait_card 0 present 5
	check "both of them" pcscd_wait_card 1 present 5
	pcscd_restart
	check "and the next" pcscd_wait_card 0 present 5
	check "which works" shows 'Personal Identity Verification Card' opensc-tool -r 0 -n
	check "SIGTERM ends the card cleanly" ends_cleanly right
	vcard_stop left
	pcscd_stop
}

ends_cleanly() {
	local pid
	pid=$(cat "$BENCH_TMP/vcard/$1.pid")
	rm -f "$BENCH_TMP/vcard/$1.pid"
	kill -TERM "$pid"
	wait "$pid" && [ ! -e "$BENCH_TMP/vcard/$1.sock" ]
}

# --- the My Number Card; OpenSC's jpki driver uses real ones ---

MYNUMBER_ATR=3BE000FF8131FE4514

# One command by PKCS #11, signature checked by OpenSSL: CARDDIR
jpki_signs() {
	rm -f os.sig
	openssl x509 -in "$1/jpki.crt" -noout -pubkey >os.pub
	printf 'attempt of %s' "$1" >os.txt
	token -l --pin 1234 -s -m SHA256-RSA-PKCS --id 01 -i os.txt -o os.sig || return 1
	openssl dgst -sha256 -verify os.pub -signature os.sig os.txt
}

judge_jpki_card() {
	local what=$1 dir=$2
	shift 2

	vcard_start "$dir" --card "$dir" "$@"
	check "$what: card seen" pcscd_wait_card 0 present
	check "$what: jpki driver" shows 'jpki' opensc-tool -n
	check "$what: dump" shows 'User Authentication Certificate' pkcs15-tool -D
	check "$what: certificate" same_certificate "$dir/jpki.crt" 01
	check "$what: certificate of the CA" same_certificate "$dir/jpki-ca.crt" 03
	check_not "$what: signature certificate" timeout 30 pkcs15-tool --read-certificate 02
	check "$what: PIN of three tries" shows 'Tries left *: 3' pkcs15-tool --list-pins
	check "$what: PKCS #15 log-in" bounded pkcs15-tool --verify-pin --auth-id 01 --pin 1234
	check "$what: pkcs11 self-test" token -l -t --pin 1234
	check "$what: signature" jpki_signs "$dir"
	check_not "$what: wrong PIN" token -l --pin 9999 -s -m SHA256-RSA-PKCS --id 01 -i os.txt -o wrong.sig
	check "$what: it cost a try" [ "$(vcard_number "$dir" pin-left)" = 2 ]
	check "$what: right PIN" jpki_signs "$dir"
	check "$what: tries are back" [ "$(vcard_number "$dir" pin-left)" = 3 ]
	for _ in 1 2 3; do
		token -l --pin 9999 -O >/dev/null 2>&1
	done
	check "$what: blocked" [ "$(vcard_number "$dir" pin-left)" = 0 ]
	check_not "$what: right PIN while blocked" jpki_signs "$dir"
	check "$what: the signature PIN was not touched" [ "$(vcard_number "$dir" sign-left)" = 5 ]
	vcard_stop "$dir"
	pcscd_wait_card 0 absent
}

judge_jpki() {
	opensc_conf
	check "JPKI: CA" jpki_ca jpki-ca
	check "JPKI: cards" jpki_card jpki-ca jpki-table 20250401A1
	jpki_card jpki-ca jpki-atr 20250401A2 && jpki_card jpki-ca jpki-select 20250401A3
	check "JPKI: chain" openssl verify -x509_strict -purpose sslclient -CAfile jpki-ca/ca.crt jpki-table/jpki.crt
	check "JPKI: signature key is nowhere" [ ! -e jpki-table/sign.key ]
	check "JPKI: list" jpki_crl jpki-ca jpki.crl 7 jpki-atr
	check "JPKI: list's signature" sh -c 'openssl crl -inform DER -in jpki.crl -noout -CAfile jpki-ca/ca.crt 2>&1 | grep -q "^verify OK"'
	run_table jpki.apdus jpki-table
	check "JPKI: trace has VERIFY" grep -q '^>> 0020008004\*\*\*\*\*\*\*\*$' jpki.apdus.trace
	check_not "JPKI: no PIN in the trace" grep -Eqi '^>> 00200080.*(31323334|39393939)' jpki.apdus.trace
	pcscd_start
	judge_jpki_card 'JPKI by ATR' jpki-atr --atr $MYNUMBER_ATR
	judge_jpki_card 'JPKI by SELECT' jpki-select
	pcscd_stop
}

[ $# -gt 0 ] || set -- pki apdus sign opensc reader jpki
personalise ca --out ca >ca.out || bench_fail "no CA"
for part; do
	"judge_$part"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
