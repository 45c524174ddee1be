#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# sekisho-card and sekisho-watch against a real pcscd and the virtual card: what is read and signed, how many
# APDUs it takes, and what becomes of every way in which card, reader, pcscd or another program can fail.
#
# BENCH_BIN names the folder with vcard, vcard-personalise, carddrive, cardrival; sekisho-card and
# sekisho-watch are there or in the folder above it. The helpers must be built with CONFIG_VIRTUAL_CARD=y.
# Prints one line for each check; exit status 0 only when all held.

. "$(dirname "$(readlink -f "$0")")/../bench/lib-pcscd.sh"
bench_enter "$@"

HELPERS=$BENCH_BIN
[ -x "$HELPERS/sekisho-card" ] || HELPERS=$BENCH_BIN/..
PIN=246813
PASSED=0
FAILED=0
SELECT=00A404000BA00000030800001000010000
TRIES=00200080
HERE=$BENCH_TMP
DIGEST=$(printf 'sekisho' | sha256sum | cut -c1-64)
DIGEST384=$(printf 'sekisho' | sha384sum | cut -c1-96)

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then
		PASSED=$((PASSED + 1))
		printf 'ok - %s\n' "$name"
	else
		FAILED=$((FAILED + 1))
		printf 'not ok - %s\n' "$name"
		sed 's/^/    /' "$HERE/out" | cut -c1-120
	fi
}

# The helper's conversation goes to $HERE/out. Seconds it took: $TOOK.
card() {
	local began=$SECONDS

	timeout 120 "$BENCH_BIN/carddrive" --cert "$HERE/cert" --sig "$HERE/sig" "$HELPERS/sekisho-card" "$@" >"$HERE/out"
	TOOK=$((SECONDS - began))
}

has() { grep -q -- "^$1" "$HERE/out"; }
hasnt() { ! has "$1"; }
within() { [ "$TOOK" -le "$1" ]; }
apdus() { [ "$(sed -n 's/^CLOSED apdus=\([0-9]*\).*/\1/p' "$HERE/out")" -le "$1" ]; }
ended_in() { has "ERROR $1" && has 'CLOSED' && has 'EXIT 1'; }
# Another program finds the card with no PIN presented: SELECT, then VERIFY without data.
is_locked() { [[ $("$BENCH_BIN/cardrival" $SELECT $TRIES | sed -n 2p) == 63C* ]]; }

personalise() {
	"$BENCH_BIN/vcard-personalise" "$@" >/dev/null || bench_fail "vcard-personalise $1"
}

# The signature was made over the digest by the key of the certificate that was sent.
verifies() { # HASH
	openssl x509 -inform DER -in "$HERE/cert" -pubkey -noout >"$HERE/pub" 2>/dev/null || return 1
	printf sekisho | openssl dgst -"$1" -binary >"$HERE/digest"
	openssl pkeyutl -verify -pubin -inkey "$HERE/pub" -in "$HERE/digest" -sigfile "$HERE/sig" \
		-pkeyopt digest:"$1" >/dev/null 2>&1
}

insert() { # CARD ARGS...
	local dir=$1
	shift
	vcard_start a --card "$HERE/$dir" "$@"
	pcscd_wait_card 0 present || bench_fail "card $dir is not seen"
}

remove() {
	vcard_stop a
	pcscd_wait_card 0 absent || bench_fail "card does not go"
}

# Run a whole log-in; true when it worked.
login() {
	card open:8000 cached tries sign:2:"$DIGEST":$PIN close
	has SIGNATURE && has 'EXIT 0'
}

good_cards() { # CARD ALG DIGEST HASH EXT-APDUS SHORT-CACHED SHORT-UNCACHED
	insert "$1"
	card open:5000 more tries sign:"$2":"$3":$PIN close
	check "$1: extended, signature fits certificate" verifies "$4"
	check "$1: extended, at most $5 APDUs" apdus "$5"
	card open:5000 cached key:9e more sign:"$2":"$3" close
	check "$1: key 9E signs without PIN" verifies "$4"
	check "$1: card is left without PIN" is_locked
	remove
	insert "$1" --short-only
	card open:5000 cached tries sign:"$2":"$3":$PIN close
	check "$1: short, cached, at most $6 APDUs" apdus "$6"
	card open:5000 more tries sign:"$2":"$3":$PIN close
	check "$1: short, signature fits certificate" verifies "$4"
	check "$1: short, uncached, at most $7 APDUs" apdus "$7"
	remove
}

lying_atr() {
	insert rsa2048 --short-only --atr 3B8D8131FE158073C021C05753656B6973686F13
	card open:5000 more tries sign:1:"$DIGEST":$PIN close
	check "a card that only says it takes extended length" verifies sha256
	remove
}

pins() {
	local before

	insert p256
	card open:5000 cached tries sign:2:"$DIGEST":999999 sign:2:"$DIGEST":$PIN close
	check "wrong PIN is told with tries left" has 'ERROR pin-wrong 2'
	check "right PIN after a wrong one" has SIGNATURE
	before=$(vcard_number a pins)
	card open:5000 cached sign:2:"$DIGEST":12345 sign:2:"$DIGEST":123456789 sign:2:"$DIGEST":12345a close
	check "PIN of another form is refused" has 'ERROR pin-form'
	check "PIN of another form is never sent" [ "$(vcard_number a pins)" = "$before" ]
	card open:5000 cached sign:2:"$DIGEST" close
	check "no PIN, no signature by 9A" ended_in refused
	card open:5000 cached sign:2:"$DIGEST":999999 sign:2:"$DIGEST":999999 tries sign:2:"$DIGEST":999999 close
	check "tries are counted down" has 'TRIES 1'
	check "last wrong PIN says blocked" ended_in pin-blocked
	card open:5000 cached tries sign:2:"$DIGEST":$PIN close
	check "blocked: no tries left" has 'TRIES 0'
	check "blocked: right PIN doesn't help" ended_in pin-blocked
	remove
	personalise card --ca "$HERE/ca" --out "$HERE/p256" --cn "Card p256" --serial-label 1 --alg p256 --pin $PIN
}

removal() {
	local n

	insert p256
	for n in 1 2 3 4 5; do
		vcard_ctl a fault "$n" pull >/dev/null
		card open:5000 cached tries sign:2:"$DIGEST":$PIN close
		check "pulled at APDU $n: removed" ended_in removed
		check "pulled at APDU $n: soon" within 4
		vcard_ctl a fault clear >/dev/null
		vcard_ctl a insert >/dev/null
		pcscd_wait_card 0 present
		check "pulled at APDU $n: next log-in works" login
	done
	remove
}

mute() {
	local n

	for n in 2 4; do
		insert p256
		vcard_ctl a fault "$n" mute >/dev/null
		card open:5000 cached tries sign:2:"$DIGEST":$PIN close
		check "mute at APDU $n: an error" ended_in_guard
		check "mute at APDU $n: within the limit" within 15
		vcard_stop a
		sleep 1
		pcscd_restart
	done
	insert p256
	check "after a mute card the next log-in works" login
	remove
}
ended_in_guard() { has 'ERROR service' && has CLOSED && has 'EXIT 3'; }

service() {
	local n pid

	insert p256
	for n in 1 2 3 4 5; do
		vcard_ctl a fault "$n" delay 1500 >/dev/null
		card open:5000 cached tries sign:2:"$DIGEST":$PIN close &
		pid=$!
		sleep 0.7
		pcscd_kill
		wait $pid
		check "pcscd killed at APDU $n: service" ended_in service
		vcard_ctl a fault clear >/dev/null
		rm -f /run/pcscd/pcscd.comm /run/pcscd/pcscd.pid
		pcscd_start
		pcscd_wait_card 0 present || bench_fail "card is not seen again"
		check "pcscd killed at APDU $n: next log-in works" login
	done
	pcscd_stop
	card open:1500 close
	check "no pcscd: told and an error" ended_in service
	check "no pcscd: state" has 'STATE no-service'
	check "no pcscd: in time" within 4
	card open:15000 cached close &
	pid=$!
	sleep 0.5
	pcscd_start
	wait $pid
	check "pcscd that comes late is used" has HEAD
	remove
}

nonsense() {
	local n fault

	insert p256
	for n in 1 2 3 4 5; do
		for fault in 'truncate 1' 'truncate 2' 'oversize 40' 'oversize 60000' 'flip 3' 'flip 12' 'sw 6F00' 'sw 61FF' \
			'sw 6C10' 'sw 9100' 'raw 90' 'raw 00' 'raw 5383FFFFFF9000' 'raw 7C02820061FF'; do
			# shellcheck disable=SC2086
			vcard_ctl a fault "$n" $fault >/dev/null
			card open:5000 more tries sign:2:"$DIGEST":$PIN close
			vcard_ctl a fault clear >/dev/null
			if has SIGNAL || has HANGS || ! has CLOSED; then
				check "APDU $n, $fault: an orderly end" false
			fi
		done
	done
	check "after 70 malformed answers a log-in works" login
	vcard_ctl a fault 'ins=CB' raw 5303700130 >/dev/null
	card open:5000 more close
	check "answer without status word" ended_in format
	remove
}

# Another program has the card: OPTIONS…; sets RIVAL. What the one before wrote must not be taken for its "holding".
rival_start() {
	: >"$HERE/rival"
	"$BENCH_BIN/cardrival" "$@" >"$HERE/rival" &
	RIVAL=$!
	until grep -q holding "$HERE/rival" || ! kill -0 $RIVAL 2>/dev/null; do sleep 0.05; done
	check "rival holds the card: $*" grep -q holding "$HERE/rival"
}

rivals() {
	insert p256
	rival_start --hold 7000 $SELECT
	card open:20000 cached tries close
	check "rival holds the card: busy is told" has 'STATE busy'
	check "rival lets go: it goes on" has 'TRIES 3'
	wait $RIVAL
	rival_start --hold 30000 $SELECT
	card open:9500 close
	check "rival keeps the card: busy" has 'ERROR busy'
	check "rival keeps the card: in time" within 12
	(sleep 1; kill -KILL $RIVAL) &
	wait $RIVAL 2>/dev/null
	check "after the rival a log-in works" login
	rival_start --exclusive --hold 3000
	card open:10000 cached close
	check "rival with exclusive access: busy, then it goes on" has HEAD
	check "rival with exclusive access: told" has 'STATE busy'
	wait $RIVAL
	# A PIN that somebody else presented must not serve us.
	"$BENCH_BIN/cardrival" $SELECT "0020008008$(sed 's/./3&/g' <<<$PIN)FFFF" $TRIES >"$HERE/rival"
	check "(rival has presented the PIN)" grep -qx 9000 <(sed -n 3p "$HERE/rival")
	card open:5000 cached sign:2:"$DIGEST" close
	check "a stranger's PIN doesn't serve us" ended_in refused
	# Ours must not serve anybody, however we end.
	card open:5000 cached sign:2:"$DIGEST":$PIN kill
	check "kill -9 after the PIN: card locked" is_locked
	card open:5000 cached sign:2:"$DIGEST":$PIN term
	check "SIGTERM after the PIN: orderly" has CLOSED
	check "SIGTERM after the PIN: card locked" is_locked
	card open:5000 cached sign:2:"$DIGEST":$PIN hangup
	check "daemon gone after the PIN: ends" has 'EXIT 0'
	check "daemon gone after the PIN: card locked" is_locked
	card open:5000 cached sign:2:"$DIGEST":$PIN cached
	check "message out of turn: ends without a word" has 'EXIT 2'
	check "message out of turn: card locked" is_locked
	card open:5000 raw:E103800102 sleep:2000
	check "malformed message: ends" has 'EXIT 2'
	remove
}

waiting() {
	local pid

	card open:1200 close
	check "no card: absent, timeout" ended_in timeout
	check "no card: state" has 'STATE absent'
	card open:0 close
	check "no waiting: at once" within 1
	card open:10000 cached close &
	pid=$!
	sleep 0.6
	vcard_start a --card "$HERE/p256"
	wait $pid
	check "card comes while waiting" has HEAD
	remove
	"$BENCH_BIN/carddrive" "$HELPERS/sekisho-card" hangup >"$HERE/out"
	check "daemon gone before anything" has 'EXIT 0'
	insert p256
	vcard_start b --card "$HERE/rsa2048" --port $VPCD_PORT_1
	pcscd_wait_card 1 present
	card open:1200 close
	check "cards in two readers: told, error" ended_in two
	card open:3000:'00 01' cached close
	check "reader filter chooses" has 'HEAD'
	card open:10000 cached close &
	pid=$!
	sleep 0.6
	vcard_ctl b pull >/dev/null
	wait $pid
	check "one of two taken away: it goes on" has HEAD
	vcard_stop b
	remove
	personalise card --ca "$HERE/ca" --out "$HERE/no9e" --cn "No 9E" --serial-label 9 --alg p256 --pin $PIN --no-9e
	insert no9e
	card open:3000 cached key:9e close
	check "no certificate for 9E: unknown" ended_in unknown
	vcard_ctl a fault 'ins=A4#*' sw 6A82 >/dev/null
	card open:3000 close
	check "not a PIV card: unknown" ended_in unknown
	remove
}

watching() {
	local pid

	"$BENCH_BIN/carddrive" --watch "$HELPERS/sekisho-watch" sleep:16000 hangup >"$HERE/out" &
	pid=$!
	sleep 1
	vcard_start a --card "$HERE/p256"
	pcscd_wait_card 0 present
	sleep 0.5
	vcard_ctl a pull >/dev/null
	pcscd_wait_card 0 absent
	vcard_ctl a insert >/dev/null
	pcscd_wait_card 0 present
	sleep 0.5
	pcscd_kill
	rm -f /run/pcscd/pcscd.comm /run/pcscd/pcscd.pid
	sleep 1
	pcscd_start
	pcscd_wait_card 0 present
	wait $pid
	check "watch: the story is told in order" diff <(sed -n 's/^EVENT //p' "$HERE/out" | sed 's/ *$//') - <<-STORY
		service-up
		reader-added Virtual PCD 00 00
		reader-added Virtual PCD 00 01
		card-inserted Virtual PCD 00 00
		card-removed Virtual PCD 00 00
		card-inserted Virtual PCD 00 00
		service-down
		service-up
		reader-added Virtual PCD 00 00
		reader-added Virtual PCD 00 01
		card-inserted Virtual PCD 00 00
	STORY
	check "watch: ends with the daemon" has 'EXIT 0'
	remove
}

personalise ca --out "$HERE/ca" --alg p256
for alg in p256 p384 rsa2048; do
	personalise card --ca "$HERE/ca" --out "$HERE/$alg" --cn "Card $alg" --serial-label 1 --alg $alg --pin $PIN
done
personalise card --ca "$HERE/ca" --out "$HERE/gz" --cn gz --serial-label 2 --alg p256 --pin $PIN --gzip-cert
pcscd_start

for part in ${1:-good pins removal mute service nonsense rivals waiting watching}; do
	case $part in
	good)
		good_cards p256 2 "$DIGEST" sha256 5 5 8
		good_cards p384 3 "$DIGEST384" sha384 5 5 8
		good_cards rsa2048 1 "$DIGEST" sha256 5 7 10
		good_cards gz 2 "$DIGEST" sha256 5 8 8
		lying_atr
		;;
	*) $part ;;
	esac
done
printf '%d passed, %d failed\n' $PASSED $FAILED
[ $FAILED -eq 0 ] && [ $PASSED -gt 0 ]
