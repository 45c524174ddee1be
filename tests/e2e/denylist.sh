#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The site's denylist (C-LOST) between two terminals: made where the key is, carried in a file, in force at the other one before
# the next attempt; open sessions are locked or ended; what is older, unsigned or another site's is refused; un-revoking; receipts;
# kill -9 while a list is imported, CUTS times.
#
# logind is python3-dbusmock's (bench/lib-logind.sh): who is asked for what is real, that a screen locks isn't.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"
# shellcheck source=../bench/lib-logind.sh
. "$SITE_DIR/lib-logind.sh"

CUTS=${CUTS:-50}
RANDOM=${SEED:-4711}
USB=$BENCH_TMP/usb
mkdir -p "$USB"
said() { grep -Eq "$1" "$LOGIN_LOG"; }
restart() { sekishod_stop; sekishod_start; }
list_number() { sekishoctl --json denylist status | sed -n 's/.*"number": *"\([0-9]*\)".*/\1/p'; }
list_status() { sekishoctl --json denylist status | sed -n 's/.*"kind": "denylist", "status": *"\([a-z]*\)".*/\1/p'; }
card_number() { sekishoctl --json card list --person "$1" | sed -n 's/.*"card": "\([0-9a-f]*\)".*/\1/p' | head -n 1; }
refused_with() { ! sekishoctl denylist import "$1" >"$BENCH_TMP/refused.log" 2>&1 && grep -q "$2" "$BENCH_TMP/refused.log"; }

# Two terminals of one site, one at a time: their /etc/sekisho and /var/lib/sekisho change places. NAME
HERE=
terminal() {
	sekishod_stop
	[ -z "$HERE" ] || { mv /etc/sekisho "$BENCH_TMP/etc-$HERE"; mv /var/lib/sekisho "$BENCH_TMP/lib/var-$HERE"; }
	HERE=$1
	[ ! -d "$BENCH_TMP/etc-$1" ] || { mv "$BENCH_TMP/etc-$1" /etc/sekisho; mv "$BENCH_TMP/lib/var-$1" /var/lib/sekisho; sekishod_start; }
}

terminal_make() {
	terminal "$1"
	sekishoctl init --anchor "$BENCH_TMP/ca/ca.crt" --terminal "$1" --site 'Demo City' --help-desk 'IT desk 1234' \
		>"$BENCH_TMP/init.log" 2>&1 || site_fail "init: $(cat "$BENCH_TMP/init.log")"
	site_config_set 'service login' policy card+pin
	install -m 0644 "$BENCH_TMP/authority.pem" /etc/sekisho/denylist-authority.pem
	sekishod_start
	site_crl 1
	person_make P001 yamada
	person_make P002 suzuki
	card_enrol P001 clerk || site_fail "card enrol: $(cat "$BENCH_TMP/enrol.log")"
	card_enrol P002 other || site_fail "card enrol: $(cat "$BENCH_TMP/enrol.log")"
}

login_pin() { login_start login "$@"; login_wait; }

card_make clerk
card_make other
site_ca
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$BENCH_TMP/denylist.key" 2>/dev/null
openssl pkey -in "$BENCH_TMP/denylist.key" -pubout -out "$BENCH_TMP/authority.pem"
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$BENCH_TMP/stranger.key" 2>/dev/null
logind_start
pcscd_start
terminal_make A
install -m 0600 "$BENCH_TMP/denylist.key" /etc/sekisho/denylist.key
site_config_set denylist key /etc/sekisho/denylist.key
restart
terminal_make B

card_insert clerk
ok 'terminal B: the card logs in' login_pin yamada
ok 'no list yet' test "$(list_status)" = none
not_ok 'no list, no export' quiet sekishoctl denylist export "$USB/none"
ok 'and no file of it' test ! -e "$USB/none"

terminal A
card_insert clerk
ok 'terminal A: the card logs in' login_pin yamada
CLERK=$(card_number P001)
ok 'C-LOST: card revoke makes the next list' quiet sekishoctl card revoke "$CLERK" --reason 'reported lost'
ok 'number 1 is in force here' test "$(list_number)" = 1
login_start login yamada
not_ok 'terminal A: refused at the next attempt' login_wait
ok 'export' quiet sekishoctl denylist export "$USB/list-1"
ok 'the compact form for readers' quiet sekishoctl denylist export --compact "$USB/reader-1"
ok 'it is one' test "$(od -An -tx1 -N1 "$USB/reader-1" | tr -d ' ')" = eb
ok 'the draft is in the log' audit_has admin denylist-draft
ok 'and that the list came into force' audit_has denylist-import denylist-imported

terminal B
card_insert clerk
logind_session c1 yamada x11 tty2
logind_session c2 yamada tty tty3
logind_session c3 suzuki x11 tty4
logind_session c5 yamada x11 tty2 $(($(date +%s) + 3600))
ok 'terminal B: the card is still good there' session_enter yamada tty2
logind_began c1 c2 c3
ok 'C-LOST: import' quiet sekishoctl denylist import "$USB/list-1"
ok 'C-LOST: the open session of that card is locked' logind_saw LockSession c1
ok 'with a record' soon audit_has session-stop session-locked
ok 'other sessions are left alone: another terminal, begun later on the same one' test "$(logind_calls LockSession)" -eq 1 -a "$(logind_calls TerminateSession)" -eq 0
session_leave
login_start login yamada
not_ok 'C-LOST: refused at the next attempt' login_wait
not_ok 'before any PIN is asked' said '^prompt'
ok 'its reason is in the log' audit_has attempt-denied card-on-denylist
card_insert other
ok 'another card logs in' login_pin suzuki
sekishoctl denylist receipt "$USB/receipt-B" >/dev/null
ok 'the receipt names terminal, number and session' sh -c "grep -qx 'terminal: B' '$USB/receipt-B' && grep -qx 'number: 1' '$USB/receipt-B' && grep -qx 'sessions-locked: 1' '$USB/receipt-B'"
hash=$(sed -n 's/^audit-hash: //p' "$USB/receipt-B")
sekishoctl audit export --output "$BENCH_TMP/audit-B.jsonl" >/dev/null
ok 'and its anchor stands in the audit chain, with the hash of the list' sh -c "grep '$hash' '$BENCH_TMP/audit-B.jsonl' | grep -q '$(sha256sum <"$USB/list-1" | cut -d' ' -f1)'"
restart
login_start login yamada
not_ok 'after a restart as well' login_wait
ok 'and the receipt is the same' sh -c "sekishoctl denylist receipt | cmp - '$USB/receipt-B'"

# What must not come into force.
terminal A
card_insert other
quiet sekishoctl denylist make
quiet sekishoctl denylist export "$USB/list-2"
terminal B
cp "$USB/list-2" "$USB/bad"
printf '\001' | dd of="$USB/bad" bs=1 seek=200 conv=notrunc 2>/dev/null
ok 'a changed list is refused' refused_with "$USB/bad" denylist
head -c 200 "$USB/list-2" >"$USB/cut"
ok 'media pulled: half a list is refused' refused_with "$USB/cut" damaged
: >"$USB/empty"
ok 'an empty file is refused' refused_with "$USB/empty" empty
ok 'a missing file is refused' refused_with "$USB/nowhere" 'no file'
ok 'number 1 is still in force' test "$(list_number)" = 1
ok 'the newer one comes into force' quiet sekishoctl denylist import "$USB/list-2"
ok 'an older list is refused' refused_with "$USB/list-1" older
ok 'with a record' audit_has denylist-refused denylist-refused
ok 'the same list again is no harm' quiet sekishoctl denylist import "$USB/list-2"
cp /etc/sekisho/denylist-authority.pem "$BENCH_TMP/good.pem"
openssl pkey -in "$BENCH_TMP/stranger.key" -pubout -out /etc/sekisho/denylist-authority.pem
chmod 0644 /etc/sekisho/denylist-authority.pem
ok 'a list of another signer is refused' refused_with "$USB/list-2" 'signed'
restart
ok 'a list that can'"'"'t be verified any more is damage' test "$(list_status)" = damaged
card_insert other
login_start login suzuki
not_ok 'then nobody logs in' login_wait
ok 'and is told why' said 'lost cards'
install -m 0644 "$BENCH_TMP/good.pem" /etc/sekisho/denylist-authority.pem
restart
ok 'the right authority again: good' test "$(list_status)" = good
sekishod_stop
rm /var/lib/sekisho/denylist/list
sekishod_start
login_start login suzuki
not_ok 'a list that vanished denies everybody' login_wait
ok 'an older one doesn'"'"'t heal it' refused_with "$USB/list-1" older
ok 'the newest one does' quiet sekishoctl denylist import "$USB/list-2"
ok 'and people log in again' login_pin suzuki

# Without the key no terminal makes or takes back anything.
not_ok 'terminal B makes no list' quiet sekishoctl denylist make
not_ok 'terminal B un-revokes nothing' quiet sekishoctl card unrevoke "$CLERK" --reason 'back'
terminal A
ok 'un-revoking where the key is' quiet sekishoctl card unrevoke "$CLERK" --reason 'wrong card'
ok 'is an event of its own' audit_has card-unrevoke card-unrevoke
card_insert clerk
ok 'terminal A: the card logs in again' login_pin yamada
quiet sekishoctl denylist export "$USB/list-3"
terminal B
ok 'import at terminal B' quiet sekishoctl denylist import "$USB/list-3"
ok 'terminal B: the card logs in again' login_pin yamada
terminal A
ok 'C-LOST: a card of another terminal, by its whole number' quiet sekishoctl card revoke \
	0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef --reason 'reported by phone'
ok 'is on the list' test "$(sekishoctl --json denylist status | sed -n 's/.*"entries": *\([0-9]*\).*/\1/p')" = 1
person_make P003 tanaka
ok 'a person without cards is retired, and a list is made as well' quiet sekishoctl person retire P003 --reason moved

# Sessions: ended where the site wants it, a text console where it can't be locked, and logind away.
card_insert clerk
session_enter yamada tty3
logind_began c1 c2 c3
ok 'revoked while its holder is at work' quiet sekishoctl card revoke "$CLERK" --reason stolen
ok 'a session on a text console can'"'"'t be locked: ended' logind_saw TerminateSession c2
ok 'with a record' soon audit_has session-stop session-ended
session_leave
quiet sekishoctl card unrevoke "$CLERK" --reason again
site_config_set denylist sessions end
restart
session_enter yamada tty2
logind_began c1 c2 c3
quiet sekishoctl card revoke --person P001 --reason stolen
ok 'sessions = end: a graphical one is ended' logind_saw TerminateSession c1
session_leave
quiet sekishoctl card unrevoke "$CLERK" --reason again
session_enter yamada tty2
logind_stop
ok 'logind is gone: the card is revoked all the same' quiet sekishoctl card revoke "$CLERK" --reason stolen
ok 'that its session goes on is recorded' soon audit_has session-stop logind-failed
logind_start
logind_session c1 yamada x11 tty2
restart
ok 'it is made up for when the daemon starts again' logind_saw TerminateSession c1
session_leave

# kill -9 while a list comes in: the old one or the new one, never none, and both refuse the card.
card_insert other
torn=0 lost=0 new_seen=0
for run in $(seq "$CUTS"); do
	for name in before after; do
		quiet sekishoctl denylist make && quiet sekishoctl denylist export "$USB/$name" || site_fail 'denylist make'
	done
	after=$(list_number)
	# As if only the first of the two had ever come here; then the second comes, and is cut.
	sekishod_stop
	rm -f /var/lib/sekisho/denylist/*
	sekishod_start
	quiet sekishoctl denylist import "$USB/before" || site_fail 'denylist import'
	quiet sekishoctl denylist import "$USB/after" &
	import=$!
	sleep "0.0$(printf '%03d' $((RANDOM % 350)))"
	sekishod_kill
	wait $import 2>/dev/null
	sekishod_start
	now=$(list_number)
	[ "$(list_status)" = good ] || torn=$((torn + 1))
	[ "$now" = "$after" ] || [ "$now" = $((after - 1)) ] || lost=$((lost + 1))
	[ "$now" != "$after" ] || new_seen=$((new_seen + 1))
	quiet sekishoctl denylist import "$USB/after"
done
printf '     (%s cuts: %s times the new list was in force)\n' "$CUTS" "$new_seen"
ok "$CUTS cuts: a good list each time" test $torn -eq 0
ok 'the old one or the new one, nothing older' test $lost -eq 0
card_insert clerk
login_start login yamada
not_ok 'and the lost card is refused' login_wait
ok 'C-TAMPER: the audit chain verifies' quiet sekishoctl audit verify
logind_stop
site_summary
