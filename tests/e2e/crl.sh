#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Revocation lists in the whole way: complete, delta, old by each step, a clock set back, a damaged index, kill -9 in an import, a medium that goes.
#
#   CUTS=200 crl.sh    more cuts
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"
CUTS=${CUTS:-30}

said() { grep -Eq "$1" "$LOGIN_LOG"; }
# A log-in without a touch.
login_quiet() { login_start "$@"; login_wait 60; }
try() { "$@" >"$BENCH_TMP/try.log" 2>&1; }
told() { grep -Eq "$1" "$BENCH_TMP/try.log"; }
status_is() {
	sekishoctl --json crl status >"$BENCH_TMP/status.json" 2>/dev/null
	[ $? -eq "$1" ]
}
numbers() { grep -oE '"number": *"[0-9A-F]+"' "$BENCH_TMP/status.json" | grep -oE '[0-9A-F]+"$' | tr -d '"' | sort | tr '\n' ' '; }
# SECONDS: this terminal has seen a time that is so far ahead of its clock.
clock_seen_ahead() {
	sekishod_stop
	printf 'sekisho-clock 1 %d\n' $(($(date +%s) + $1)) >/var/lib/sekisho/clock.mark
	chown sekisho:sekisho /var/lib/sekisho/clock.mark
	sekishod_start
}
# NUMBER BASE REASON…: a delta list of the demo CA; REASON is that of card clerk, none without.
delta() {
	local dir=$BENCH_TMP/delta

	mkdir -p "$dir"
	printf '[ca]\ndefault_ca = d\n[d]\ndatabase = %s/db\ncrlnumber = %s/number\ndefault_md = sha256\ncrl_extensions = e\n[e]\nauthorityKeyIdentifier = keyid\n2.5.29.27 = critical,ASN1:INTEGER:%d\n' \
		"$dir" "$dir" "$2" >"$dir/cnf"
	: >"$dir/db"
	printf '%02x\n' "$1" >"$dir/number"
	if [ -n "${3:-}" ]; then
		OPENSSL_CONF=/dev/null openssl ca -config "$dir/cnf" -cert "$BENCH_TMP/ca/ca.crt" -keyfile "$BENCH_TMP/ca/ca.key" \
			-revoke "$dir/clerk.pem" -crl_reason "$3" >"$dir/log" 2>&1 || site_fail "delta: $(cat "$dir/log")"
	fi
	OPENSSL_CONF=/dev/null openssl ca -config "$dir/cnf" -cert "$BENCH_TMP/ca/ca.crt" -keyfile "$BENCH_TMP/ca/ca.key" -gencrl -crlhours 24 \
		-out "$dir/$1.crl" >"$dir/log" 2>&1 || site_fail "delta: $(cat "$dir/log")"
	sekishoctl crl import "$dir/$1.crl" >"$BENCH_TMP/try.log" 2>&1
}

card_make clerk
site_init
site_pinonly
card_insert clerk
mkdir -p "$BENCH_TMP/delta"
openssl x509 -inform der -in "$CARDS/clerk/9a.crt" -out "$BENCH_TMP/delta/clerk.pem" 2>/dev/null ||
	openssl x509 -in "$CARDS/clerk/9a.crt" -out "$BENCH_TMP/delta/clerk.pem" || site_fail 'the certificate of the card'

ok 'a list in force, and the card is not on it' login_quiet pinonly yamada $PIN_GOOD
ok 'status: good, exit status 0' status_is 0
site_crl 2 --revoke "$CARDS/clerk"
not_ok 'C-LOST: revoked by the list' login_quiet pinonly yamada $PIN_GOOD
not_ok 'before a PIN is asked' said '^prompt'
before=$(cd /var/lib/sekisho/crl && stat -c '%n %Y %i %U' * . | sha256sum)
not_ok 'trust check says the same' try sekishoctl trust check "$BENCH_TMP/delta/clerk.pem"
ok 'with the reason' told '\(revoked\)'
ok "and has not touched the daemon's folder" test "$before" = "$(cd /var/lib/sekisho/crl && stat -c '%n %Y %i %U' * . | sha256sum)"
ok 'its reason is in the audit log' audit_has attempt-denied revoked
site_crl 3
ok 'no longer on the next list' login_quiet pinonly yamada $PIN_GOOD
ok 'nor for trust check' try sekishoctl trust check "$BENCH_TMP/delta/clerk.pem"

ok 'a delta is taken beside its base' delta 4 3 keyCompromise
not_ok 'C-LOST: revoked by the delta' login_quiet pinonly yamada $PIN_GOOD
ok 'status shows both' eval 'status_is 0; [ "$(numbers)" = "03 04 " ]'
ok 'a delta that takes the entry back' delta 5 3 removeFromCRL
ok 'and the card works' login_quiet pinonly yamada $PIN_GOOD
not_ok 'a delta does not go back either' delta 4 3 keyCompromise
ok 'a delta upon a base that is not here' delta 9 8 keyCompromise
ok 'says nothing' login_quiet pinonly yamada $PIN_GOOD
site_crl 10
ok 'a complete list beside it' login_quiet pinonly yamada $PIN_GOOD

not_ok 'an older number is refused' try sekishoctl crl import "$BENCH_TMP/ca/crl-2.der"
ok 'with file and reason' told 'crl-2\.der: .*number is lower'

# --- age ---
vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/ca/crl-11.der" --number 11 --next-update 7200 >/dev/null 2>&1
ok 'a list for two hours' try sekishoctl crl import "$BENCH_TMP/ca/crl-11.der"
clock_seen_ahead 10800
ok 'an hour over: it still does' login_quiet pinonly yamada $PIN_GOOD
ok 'with a warning' said 'revocation list|out of date|old'
ok 'status: exit status 6 for monitoring' status_is 6
clock_seen_ahead 180000
not_ok 'past the time of grace: denied' login_quiet pinonly yamada $PIN_GOOD
not_ok 'trust check sees that time too' try sekishoctl trust check "$BENCH_TMP/delta/clerk.pem"
ok 'with the reason' told '\(crl-old\)'
ok 'and told whom to call' said 'IT desk 1234'
ok 'its reason is in the audit log' audit_has attempt-denied crl-old
# The clock itself never moved in these tests: what was seen ahead of it is as good as passed.
ok 'C-TIME: a clock behind what was seen is an event' audit_has clock clock-went-back
ok 'the administrator says that the clock is right' try sekishoctl clock accept --reason 'set by hand'
ok 'then the list is fresh again' login_quiet pinonly yamada $PIN_GOOD
printf 'nonsense\n' >/var/lib/sekisho/clock.mark
sekishod_stop
not_ok 'a damaged memory of the clock: the daemon does not start' timeout 5 setpriv --reuid sekisho --regid sekisho --clear-groups \
	"$SITE_PREFIX/sbin/sekishod" 2>>"$BENCH_TMP/sekishod.log"
rm -f /var/lib/sekisho/clock.mark
sekishod_start

# --- damage ---
vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/ca/crl-12.der" --number 12 --fill 2000 >/dev/null 2>&1
ok 'a list of 2,000' try sekishoctl crl import "$BENCH_TMP/ca/crl-12.der"
index=$(ls -S /var/lib/sekisho/crl/*.index | head -1)
for page in $(seq 1 $(($(stat -c %s "$index") / 4096 - 1))); do
	printf 'damage' | dd of="$index" bs=1 seek=$((page * 4096 + 50)) conv=notrunc 2>/dev/null
done
not_ok 'a damaged index denies' login_quiet pinonly yamada $PIN_GOOD
ok 'its reason is in the audit log' audit_has attempt-denied list-damaged
ok 'it was built again, and that is recorded' audit_has fault crl-index-damaged
ok 'and the next log-in works' login_quiet pinonly yamada $PIN_GOOD
sekishod_stop
: >"$index"
sekishod_start
ok 'an index that is empty is built again at the start' login_quiet pinonly yamada $PIN_GOOD

# --- cuts ---
bad=0 news=0 number=13
for i in $(seq "$CUTS"); do
	vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/cut.der" --number $number --fill 3000 >/dev/null 2>&1
	sekishoctl crl import "$BENCH_TMP/cut.der" >/dev/null 2>&1 &
	tool=$!
	sleep "0.0$(printf %02d $((RANDOM % 60)))"
	sekishod_kill
	wait $tool 2>/dev/null
	sekishod_start
	status_is 0 || bad=$((bad + 1))
	case " $(numbers)" in
	*" $(printf %02X $number) "*) news=$((news + 1)) number=$((number + 1)) ;;
	*" $(printf %02X $((number - 1))) "*) ;;
	*) bad=$((bad + 1)) ;;
	esac
done
ok "kill -9 in $CUTS imports: old list or new list" test $bad -eq 0
# Which of them came in time is the dice's; beyond a few, neither all nor none.
[ "$CUTS" -lt 30 ] || ok "some of them were in time, some not ($news)" test "$news" -gt 0 -a "$news" -lt "$CUTS"
ok 'and the card logs in' login_quiet pinonly yamada $PIN_GOOD
ok 'nothing half-made stays' sh -c '! ls -A /var/lib/sekisho/crl | grep -Ev "^[0-9a-f]{64}\.(crl|index)$|^numbers$|^(incoming\.crl|staged\.idx|repair\.idx|\.staged\.idx\.(part|spill)|\.[^/]*)$"'

# --- a medium that goes ---
vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/big.der" --number 5000 --fill 300000 >/dev/null 2>&1
cp "$BENCH_TMP/big.der" "$BENCH_TMP/medium.der"
sekishoctl crl import "$BENCH_TMP/medium.der" >"$BENCH_TMP/try.log" 2>&1 &
tool=$!
kill -STOP $tool
truncate -s 1000000 "$BENCH_TMP/medium.der"
kill -CONT $tool
not_ok 'a medium taken out during an import' wait $tool
ok 'is told with its name' told 'medium\.der'
ok 'the list in force stays' login_quiet pinonly yamada $PIN_GOOD
ok 'and the whole list is taken next' try sekishoctl crl import "$BENCH_TMP/big.der"
ok '300,000 entries: the card logs in' login_quiet pinonly yamada $PIN_GOOD
# --- attempts meanwhile ---
login_start pinonly yamada $PIN_GOOD --answer-delay-ms 2000
login_saw '^prompt'
site_crl 6000 --revoke "$CARDS/clerk"
not_ok 'a list that comes between the card and the PIN counts' login_wait 60
ok 'its reason is in the audit log' audit_has attempt-denied revoked
site_crl 6001
login_quiet pinonly yamada $PIN_GOOD # the delay after a failure is waited for
import_many() {
	local i

	for i in $(seq 6002 6021); do
		vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/many.der" --number "$i" --fill 20000 >/dev/null 2>&1
		sekishoctl crl import "$BENCH_TMP/many.der" >/dev/null 2>&1 || return 1
	done
}
import_many &
importing=$!
logins=0 failed=0
while kill -0 $importing 2>/dev/null || [ $logins -lt 5 ]; do
	login_quiet pinonly yamada $PIN_GOOD || failed=$((failed + 1))
	logins=$((logins + 1))
done
ok '20 lists replaced one after the other' wait $importing
ok "$logins log-ins meanwhile, none the worse for it" test $failed -eq 0

# --- a list that no newer one will follow ---
list=$(sekishoctl --json crl status | grep -oE '"list": *"[0-9a-f]{64}"' | tail -n 1 | grep -oE '[0-9a-f]{64}')
not_ok 'a list is not forgotten without a reason' try sekishoctl crl forget "${list:0:8}"
not_ok 'nor by few digits' try sekishoctl crl forget "${list:0:7}" --reason test
ok 'an old delta is forgotten' try sekishoctl crl forget "${list:0:8}" --reason 'no delta will follow'
ok 'on the record, with the reason' quiet sh -c "sekishoctl --json audit list --last 3 | grep -q 'crl-forget' && sekishoctl --json audit list --last 3 | grep -q 'reason=no delta will follow'"
not_ok 'it is gone' sh -c "sekishoctl --json crl status | grep -q $list"
sekishod_stop
sekishod_start
not_ok 'also after a restart' sh -c "sekishoctl --json crl status | grep -q $list"
for list in $(sekishoctl --json crl status | grep -oE '"list": *"[0-9a-f]{64}"' | grep -oE '[0-9a-f]{64}'); do
	sekishoctl crl forget "$list" --reason test >/dev/null 2>&1
done
not_ok 'without any list nobody gets in' login_quiet pinonly yamada $PIN_GOOD
ok 'C-TAMPER: the audit chain verifies' quiet sekishoctl audit verify
site_summary
