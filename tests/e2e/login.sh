#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The whole way on real parts: pcscd, libfprint, Linux-PAM, OpenSSL, SQLite. Tests are named after the clause they show.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

said() { grep -Eq "$1" "$LOGIN_LOG"; }

card_make clerk
card_make other --alg rsa2048
card_make stranger
site_init
ok 'C-RETIRE: a person is registered' person_make P001 yamada
person_make P002 suzuki --role privileged
ok 'card is enrolled with its PIN (P-256)' card_enrol P001 clerk
not_ok 'C-PIN: a wrong PIN enrols nothing' card_enrol P002 other 999999
ok 'card is enrolled with its PIN (RSA-2048)' card_enrol P002 other
not_ok 'C-CARD-SHARE: an enrolled card is not enrolled again' card_enrol P001 other
card_insert clerk
ok 'C-FINGER: a finger is enrolled after card and PIN' finger_enrol P001 right-index 1
card_insert other
ok 'second person' finger_enrol P002 right-index 2
not_ok 'C-FINGER: a finger is not enrolled without the PIN' finger_enrol P002 left-index 3 999999
card_insert clerk

ok 'C-MFA: card, PIN and finger together log in' login login yamada $PIN_GOOD 1 11
ok 'C-LOGIN-MSG: the first log-in is said to be the first' said 'first|初めて'
login_start login yamada $PIN_GOOD --session true
login_touch 1 12
ok 'C-MFA: with account and session phases' login_wait
ok 'C-LOGIN-MSG: session end is recorded' audit_has session-close ''
login login yamada $PIN_GOOD 1 13
ok 'C-LOGIN-MSG: last log-in and log-out are shown' said '[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}'

login_start login yamada 999999
not_ok 'C-MFA: wrong PIN is denied' login_wait
ok 'C-LOGIN-MSG: the tries left are told' said '1 (try|tries)|tries left'
ok 'C-FAULT-LOG: wrong PIN is in the audit log' audit_has attempt-denied pin-wrong
ok 'right PIN afterwards' login login yamada $PIN_GOOD 1 14
login_start login yamada
for i in 1 2 3; do login_touch 2 $((20 + i)); login_saw 'match' $i 10; done
not_ok 'C-MFA: three touches of a stranger are denied' login_wait
ok 'wrong finger is in the audit log' audit_has attempt-denied finger-wrong
ok 'right finger clears the count' login login yamada $PIN_GOOD 1 15

login_start login suzuki
not_ok 'C-CARD-SHARE: somebody else'"'"'s card is denied' login_wait
not_ok 'and no PIN was asked' said '^prompt'
ok 'with its reason in the audit log' audit_has attempt-denied card-of-another
login_start login nobody-here
not_ok 'unknown account is denied' login_wait
card_insert stranger
login_start login yamada
not_ok 'unknown card is denied' login_wait
not_ok 'and no PIN was asked' said '^prompt'
card_insert clerk

ok 'empty user name: the card names the user' login login '' $PIN_GOOD 1 16
ok 'and it is hers' said '^result=PAM_SUCCESS user=yamada'

card_out
login_start login yamada
login_saw 'info: .*(card|カード)'
ok 'told to insert the card' said 'card'
vcard_ctl slot0 insert >/dev/null
login_touch 1 17
ok 'card put in while waiting' login_wait

login_start login yamada $PIN_GOOD --rhost 192.0.2.1
not_ok 'a remote user is refused' login_wait
pam_service sshd
login_start sshd yamada
not_ok 'sshd is refused by default' login_wait

card_insert other
ok 'C-PRIV: a privileged person logs in with all three' login login suzuki $PIN_GOOD 2 11
card_insert clerk

ok 'C-SUSPEND: suspend' quiet sekishoctl person suspend P001 --reason leave
login_start login yamada
not_ok 'C-SUSPEND: effective at once' login_wait
ok 'C-SUSPEND: reinstate' quiet sekishoctl person reinstate P001 --reason back
ok 'C-SUSPEND: and she is back' login login yamada $PIN_GOOD 1 18

card_insert other
for i in 1 2; do
	login_start login suzuki
	for k in 1 2 3; do login_touch 1 $((30 + 3 * i + k)); login_saw 'match|Locked' $k 10; done
	login_wait
done
login_start login suzuki
not_ok 'C-LOGIN-MSG: locked after five wrong fingers' login_wait
ok 'told until when, and whom to call' said 'IT desk 1234'
not_ok 'no PIN is asked while locked' said '^prompt'
ok 'C-INCIDENT: the lockout is an event' audit_has lockout finger
ok 'unlock' quiet sekishoctl unlock --person P002 --reason 'identity checked'
ok 'after unlock the right finger works' login login suzuki $PIN_GOOD 2 12

site_crl 2 --revoke "$CARDS/other"
login_start login suzuki
not_ok 'C-LOST: revoked by the CA'"'"'s list' login_wait
ok 'reason revoked' audit_has attempt-denied revoked
card_insert clerk
ok 'C-LOST: one command reports the card lost' quiet sekishoctl card revoke --person P001 --reason lost
login_start login yamada
not_ok 'C-LOST: refused at the next try' login_wait
not_ok 'C-LOST: before any PIN is asked' said '^prompt'
not_ok 'C-LOST: it does not come back by enrolling it' card_enrol P001 clerk

# A card that lies: the certificate of a person, without its key.
card_make third
person_make P003 tanaka
card_enrol P003 third || site_fail 'card enrol'
finger_enrol P003 left-thumb 4 || site_fail 'finger enrol'
vcard_ctl slot0 fault 'ins=87' lie-sig >/dev/null
login_start login tanaka
not_ok 'a card that can'"'"'t sign for its certificate is denied' login_wait
ok 'and its reason is in the audit log' audit_has attempt-denied signature-wrong
ok 'nobody is charged for a card that lies' test "$(failures P003)" = 0
vcard_ctl slot0 fault clear >/dev/null
ok 'several fingers: a second one is enrolled' finger_enrol P003 right-thumb 5
ok 'several fingers: the first logs in' login login tanaka $PIN_GOOD 4 11
ok 'several fingers: the second logs in' login login tanaka $PIN_GOOD 5 11
for i in 1 2; do login_start login tanaka 999999; login_wait; done
vcard_ctl slot0 reset-stats >/dev/null
login_start login tanaka
not_ok 'C-PIN: the card'"'"'s last try is kept' login_wait
ok 'C-PIN: its reason is in the audit log' audit_has attempt-denied pin-last-try-kept
ok 'C-PIN: the card saw no PIN' test "$(vcard_number slot0 pins)" -eq 0
ok 'C-PIN: and has its last try' test "$(vcard_number slot0 pin-left)" -eq 1
ok 'C-CARD-LIFE: a card is handed back' quiet sekishoctl card return --reason replaced "$(sekishoctl --json card list --person P003 | sed -n 's/.*"card": "\([0-9a-f]*\)".*/\1/p' | head -n 1)"
login_start login tanaka
not_ok 'C-CARD-LIFE: a card handed back is refused' login_wait
ok 'C-RETIRE: retire' quiet sekishoctl person retire P003 --reason moved
ok 'C-RETIRE: the fingers are gone' test -z "$(sekishoctl --json finger list --person P003 | grep left-thumb)"
# Nobody there: each waits for a card until its time is up.
sekishod_stop
for key in attempt pin finger; do site_config_set timing $key 10; done
sekishod_start
card_out
newest() { sekishoctl --json audit list --last 1 | grep -oE '"seq": *[0-9]+' | grep -oE '[0-9]+'; }
BEFORE=$(newest)
login_start login ''
not_ok 'no card, nobody named: the time is up' login_wait
ok 'C-LOG: nobody was there, and no record says so' test "$(newest)" = "$BEFORE"
ok 'but it is counted' grep -qE '"nobody_there": *1\b' <<<"$(sekishoctl --json status)"
login_start login yamada
not_ok 'no card, a name typed: the time is up' login_wait
ok 'C-LOG: that was somebody, and is recorded' test "$(newest)" = $((BEFORE + 1))
ok 'with its reason' audit_has attempt-cancelled 'timeout\|no-card'
login_start login ''
login_saw 'info: .*(card|カード)'
vcard_ctl slot0 insert >/dev/null
pcscd_wait_card 0 present 10
login_wait
ok 'C-LOG: a card put in is somebody' test "$(newest)" -gt $((BEFORE + 1))
not_ok 'a second init is refused' quiet sekishoctl init --anchor "$BENCH_TMP/ca/ca.crt"
ok 'C-LOG-BACKUP: export' quiet sekishoctl audit export --output "$BENCH_TMP/audit.jsonl" --format jsonl
ok 'C-AUDITOR: the export verifies without our database' quiet sekishoctl audit verify --file "$BENCH_TMP/audit.jsonl"
sed -i '0,/"pin-wrong"/s//"pin-right"/' "$BENCH_TMP/audit.jsonl"
not_ok 'C-AUDITOR: a changed export does not' quiet sekishoctl audit verify --file "$BENCH_TMP/audit.jsonl"
ok 'C-TAMPER: the audit chain verifies' quiet sekishoctl audit verify
sekishod_stop
# As somebody who owns the file and knows SQL would: the trigger goes, the row changes, the trigger comes back.
sql() { sqlite3 /var/lib/sekisho/registry.db "$1"; }
triggers=$(sql "SELECT group_concat(sql, ';') FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'")
for t in $(sql "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"); do sql "DROP TRIGGER $t"; done
sql "UPDATE audit SET reason = 'pin-right' WHERE seq = (SELECT min(seq) FROM audit WHERE reason = 'pin-wrong')"
sql "$triggers"
sekishod_start
not_ok 'C-TAMPER: a changed record is found' quiet sekishoctl audit verify
site_summary
