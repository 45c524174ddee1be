#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The My Number Card on real parts: log-in, the three tries, re-linking, revocation; and that nothing else on it is touched.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
# shellcheck source=../bench/lib-jpki.sh
. "$(dirname "$0")/../bench/lib-jpki.sh"
site_enter "$@"

PIN_JPKI=1234
CA=$BENCH_TMP/jpki-ca
TRACE=$BENCH_TMP/vcard/slot0.trace

said() { grep -Eq "$1" "$LOGIN_LOG"; }
# A log-in without a touch.
login_quiet() { login_start "$@"; login_wait 60; }
mynumber() { jpki_card "$CA" "$CARDS/$1" "$2" || site_fail "card: $(tail -n 3 "$CA/openssl.log")"; }
# Number of the person's card with this status.
card_of() { sekishoctl --json card list --person "$1" | grep "\"status\": \"$2\"" | sed -n 's/.*"card": "\([0-9a-f]*\)".*/\1/p'; }
cards_n() { sekishoctl --json card list --person "$1" | grep -c "\"status\": \"$2\""; }
relink() { sekishoctl card relink "$@" --pin-fd 9 9<<<"${RELINK_PIN:-$PIN_JPKI}" >"$BENCH_TMP/relink.log" 2>&1; }
relink_said() { grep -q "$1" "$BENCH_TMP/relink.log"; }
# NUMBER [CARDDIR]…: the CA's next list.
list_in_force() {
	local number=$1

	shift
	jpki_crl "$CA" "$BENCH_TMP/jpki-$number.crl" "$number" "$@" && sekishoctl crl import "$BENCH_TMP/jpki-$number.crl"
}
pin_left() { vcard_number slot0 pin-left; }

jpki_ca "$CA" || site_fail "no JPKI CA"
mynumber hanako 20250401090000001
mynumber renewed 20250401090000001
mynumber taro 20250401090000002
mynumber stranger 20250401090000003
card_make clerk
cp "$CA/ca.crt" "$BENCH_TMP/jpki-ca.crt"
site_init --anchor "$BENCH_TMP/jpki-ca.crt"
site_config_set 'service pinonly' policy card+pin
site_config_set 'service nopin' policy card+finger
site_config_set 'service either' policy 'card+finger|card+pin'
sekishod_stop
sekishod_start
for s in pinonly nopin either; do pam_service $s; done
ok 'the list of a CA in the shape of JPKI'"'"'s is taken' quiet list_in_force 1
person_make P001 hanako
person_make P002 taro
person_make P003 sato

card_insert hanako
not_ok 'a wrong PIN enrols nothing' card_enrol P001 hanako 9999
ok 'it cost one try' test "$(pin_left)" = 2
ok 'a My Number Card is enrolled with its PIN' card_enrol P001 hanako $PIN_JPKI
ok 'its tries are back' test "$(pin_left)" = 3
not_ok 'it is not enrolled twice' card_enrol P002 hanako $PIN_JPKI
ok 'and the administrator is told so' grep -q 'enrolled already' "$BENCH_TMP/enrol.log"
ok 'its label says what it is' sh -c 'sekishoctl card list --person P001 | grep -q "My Number Card, certificate"'
not_ok 'its label has nothing of the subject' sh -c 'sekishoctl card list --person P001 | grep -q 20250401090000001'
ok 'a finger is enrolled after card and PIN' finger_enrol P001 right-index 1 $PIN_JPKI
card_insert taro
ok 'a second My Number Card' card_enrol P002 taro $PIN_JPKI
card_insert clerk
ok 'a PIV card beside them' card_enrol P003 clerk

card_insert hanako
ok 'C-MFA: card, PIN and finger log in' login login hanako $PIN_JPKI 1 11
ok 'the prompt says which PIN' said 'My Number Card: 4-digit PIN for user authentication \(tries left: 2\)'
vcard_ctl slot0 reset-stats >/dev/null
ok 'C-MFA: card and PIN log in where that is enough' login_quiet pinonly hanako $PIN_JPKI
ok 'a log-in takes no more than 11 APDUs' test "$(vcard_number slot0 apdus)" -le 11
ok 'empty user name: the card names the user' login_quiet pinonly '' $PIN_JPKI
ok 'and it is hers' said '^result=PAM_SUCCESS user=hanako'
not_ok 'somebody else'"'"'s My Number Card is denied' login_quiet pinonly taro $PIN_JPKI
not_ok 'before a PIN is asked' said '^prompt'
card_insert stranger
not_ok 'an unknown My Number Card is denied' login_quiet pinonly hanako $PIN_JPKI
not_ok 'before a PIN is asked' said '^prompt'
ok 'its reason is in the audit log' audit_has attempt-denied card-unknown
ok 'and its PIN is as it was' test "$(pin_left)" = 3

card_insert hanako
not_ok 'a policy without PIN can'"'"'t be met with it' login_quiet nopin hanako $PIN_JPKI
ok 'which is said' said 'This card works with its PIN only'
ok 'and recorded' audit_has attempt-denied no-card-key
ok 'of two alternatives the one with PIN is taken' login_quiet either hanako $PIN_JPKI
LANGUAGE=ja LC_ALL=C.UTF-8 login_quiet pinonly hanako $PIN_JPKI
ok 'in Japanese too it is said which PIN' said '利用者証明用暗証番号（数字4桁'

# Three tries: two may be used, the last is kept.
not_ok 'a PIN of six digits is refused' login_quiet pinonly hanako 123456
ok 'its form is told' said 'Type its digits'
ok 'and it cost no try' test "$(pin_left)" = 3
ok 'nor is it counted' test "$(failures P001)" = 0
not_ok 'wrong PIN' login_quiet pinonly hanako 9999
ok 'one more may be used' said 'Tries left: 1'
not_ok 'wrong PIN again' login_quiet pinonly hanako 9999
ok 'the last is kept' said 'Only one PIN try is left'
vcard_ctl slot0 reset-stats >/dev/null
not_ok 'C-PIN: then the right one is refused too' login_quiet pinonly hanako $PIN_JPKI
ok 'C-PIN: before it is asked' test "$(vcard_number slot0 pins)" -eq 0
ok 'C-PIN: the card has its last try' test "$(pin_left)" = 1
ok 'its reason is in the audit log' audit_has attempt-denied pin-last-try-kept
# Somebody spends it elsewhere.
sed -i 's/jpki-pin-left = 1/jpki-pin-left = 0/' "$CARDS/hanako/card.conf"
vcard_ctl slot0 swap "$CARDS/hanako" >/dev/null
sleep 1.1
pcscd_wait_card 0 present 10
LANGUAGE=ja LC_ALL=C.UTF-8 login_start pinonly hanako $PIN_JPKI
not_ok 'a blocked card is refused' login_wait
ok 'and that is told in Japanese' said '暗証番号を続けてまちがえたため'
not_ok 'no PIN was asked' said '^prompt'
# The municipal office gives a new PIN.
sed -i 's/jpki-pin-left = 0/jpki-pin-left = 3/' "$CARDS/hanako/card.conf"
vcard_ctl slot0 swap "$CARDS/hanako" >/dev/null
sleep 1.1
pcscd_wait_card 0 present 10
quiet sekishoctl unlock --person P001 --reason 'identity checked'
ok 'after that it works again' login_quiet pinonly hanako $PIN_JPKI

# Renewed: a new certificate over a new key, same holder.
old=$(card_of P001 active)
not_ok 'relink: not with the old card' relink P001
ok 'relink: which is said' relink_said 'enrolled already'
card_insert renewed
not_ok 'a renewed card is not known' login_quiet pinonly hanako $PIN_JPKI
RELINK_PIN=9999
not_ok 'relink: not with a wrong PIN' relink P001
RELINK_PIN=
ok 'relink: the old card is active still' test "$(card_of P001 active)" = "$old"
not_ok 'relink: nobody' relink P009
not_ok 'relink: not in the place of somebody else'"'"'s card' relink P001 --card "$(card_of P002 active)"
ok 'relink: the new card takes the old one'"'"'s place' relink P001
new=$(card_of P001 active)
ok 'relink: one active card' test "$(cards_n P001 active)" = 1
ok 'relink: it is the new one' test -n "$new" -a "$new" != "$old"
ok 'relink: the old one was returned' test "$(card_of P001 returned)" = "$old"
ok 'relink: because it was replaced' sh -c 'sekishoctl card list --person P001 | grep returned | grep -q replaced'
ok 'relink: one record names both' sh -c "sekishoctl --json audit list --last 1 | grep card-relink | grep $new | grep -q $old"
ok 'relink: the new card logs in, with the finger that was enrolled before' login login hanako $PIN_JPKI 1 12
card_insert hanako
not_ok 'relink: the old card does not' login_quiet pinonly hanako $PIN_JPKI
ok 'relink: its reason is in the audit log' audit_has attempt-denied card-returned
card_insert stranger
quiet sekishoctl card revoke "$(card_of P003 active)" --reason lost
not_ok 'relink: no active card, nothing to replace' relink P003
ok 'relink: what to do instead is said' relink_said 'enrol the new one instead'

card_insert taro
ok 'before the list' login_quiet pinonly taro $PIN_JPKI
ok 'the CA revokes it' quiet list_in_force 2 "$CARDS/taro"
not_ok 'C-LOST: revoked by the CA'"'"'s list' login_quiet pinonly taro $PIN_JPKI
ok 'its reason is in the audit log' audit_has attempt-denied revoked
not_ok 'before a PIN is asked' said '^prompt'
card_insert renewed
ok 'others are not' login_quiet pinonly hanako $PIN_JPKI
vcard_ctl slot0 fault 'ins=2A' lie-sig >/dev/null
not_ok 'a card that can'"'"'t sign for its certificate is denied' login_quiet pinonly hanako $PIN_JPKI
ok 'its reason is in the audit log' audit_has attempt-denied signature-wrong

# Answers that are none: denied, nothing counted, no try spent, and the next log-in works.
bad=0
while read -r when what; do
	# shellcheck disable=SC2086
	vcard_ctl slot0 fault $when $what >/dev/null
	login_quiet pinonly hanako $PIN_JPKI && { echo "# granted in spite of: $when $what"; bad=$((bad + 1)); }
	vcard_ctl slot0 fault clear >/dev/null
	n=$((n + 1))
done <<-'END'
	ins=A4#3 sw 6F00
	ins=A4#4 sw 6A82
	ins=B0 sw 6982
	ins=B0 truncate 3
	ins=B0 raw 9000
	ins=B0 raw 31829000
	ins=B0 raw 308000009000
	ins=A4#5 sw 6A82
	ins=20#1 sw 6700
	ins=20#1 sw 9001
	ins=A4#6 sw 6982
	ins=2A truncate 1
	ins=2A oversize 1
	ins=2A sw 6982
	ins=2A flip 7
END
ok 'bad answers: none is let in' test $bad = 0
ok 'bad answers: all were tried' test "$n" = 15
ok 'bad answers: nobody is charged' test "$(failures P001)" = 0
ok 'bad answers: no try was spent' test "$(pin_left)" = 3
ok 'bad answers: the next log-in works' login_quiet pinonly hanako $PIN_JPKI

# kill -9 while a card is re-linked: the old card or the new one, never both, never none.
torn=0 linked=0
renew() {
	jpki_renew "$CA" "$CARDS/renewed" 20250401090000001 || site_fail 'renewal'
	vcard_ctl slot0 swap "$CARDS/renewed" >/dev/null
	sleep 1.1
	pcscd_wait_card 0 present 10 || site_fail 'the renewed card does not appear'
}
renew
start=$(date +%s%N)
relink P001 || site_fail 'relink'
whole=$((($(date +%s%N) - start) / 1000000))
for i in $(seq "${RELINK_RUNS:-8}"); do
	before=$(card_of P001 active)
	renew
	relink P001 &
	pid=$!
	sleep "0.$(printf %03d $((RANDOM % (2 * whole) % 1000)))"
	sekishod_kill
	wait $pid 2>/dev/null
	sekishod_start
	# A try that was charged and never judged stays charged when the daemon is killed.
	quiet sekishoctl unlock --person P001 --reason 'test'
	now=$(card_of P001 active)
	[ "$(cards_n P001 active)" = 1 ] || torn=$((torn + 1))
	[ "$now" = "$before" ] && continue
	linked=$((linked + 1))
	card_of P001 returned | grep -qx "$before" || torn=$((torn + 1))
done
printf '# %d of %d had been linked; one takes %d ms\n' $linked "${RELINK_RUNS:-8}" $whole
ok 'kill -9: one active card, whenever it came' test $torn = 0
[ "$(card_of P001 active)" != "$before" ] || relink P001
ok 'kill -9: the renewed card logs in' login_quiet pinonly hanako $PIN_JPKI

# All that was ever said to these cards, by log-ins, enrolments, re-linking.
ok 'the trace has log-ins' test "$(grep -c '^>> 802A0080' "$TRACE")" -gt 10
ok 'only EF 000A, 0017 and 0018 were selected' test -z "$(grep '^>> 00A402' "$TRACE" | sort -u | grep -vxE '>> 00A4020C02(000A|0017|0018)')"
ok 'only PIV and JPKI were selected' test -z "$(grep '^>> 00A404' "$TRACE" | sort -u |
	grep -vxE '>> (00A404000BA00000030800001000010000|00A4040009A0000003080000100000|00A4040C0AD392F000260100000001)')"
ok 'the signature PIN was never touched' test "$(cat "$CARDS"/{hanako,renewed,taro,stranger}/card.conf | grep -c 'jpki-sign-left = 5')" = 4
quiet sekishoctl audit export --output "$BENCH_TMP/audit.jsonl"
ok 'the audit log has these log-ins' grep -q '"account": *"hanako"' "$BENCH_TMP/audit.jsonl"
not_ok 'and nothing of a certificate'"'"'s subject' grep -Eq '2025040109000000[123]' "$BENCH_TMP/audit.jsonl" "$BENCH_TMP/sekishod.log"
ok 'C-TAMPER: the audit chain verifies' quiet sekishoctl audit verify
site_summary
