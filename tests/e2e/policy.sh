#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which factors, when: policies of services and roles, the key without PIN, a terminal without sensor, deadlines, doctor.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

said() { grep -Eq "$1" "$LOGIN_LOG"; }
restart() { sekishod_stop; sekishod_start; }
# A log-in without a touch.
login_quiet() { login_start "$@"; login_wait 60; }

card_make clerk --alg p384
card_make chief
card_make plain --no-9e
site_init
site_config_set 'service nopin' policy card+finger
site_config_set 'service pinonly' policy card+pin
site_config_set 'service either' policy 'card+finger|card+pin'
site_config_set 'service closed' policy deny
restart
for s in nopin pinonly either closed; do pam_service $s; done
person_make P001 yamada
person_make P002 suzuki --role privileged
person_make P003 sato
ok 'a P-384 card is enrolled' card_enrol P001 clerk
finger_enrol P001 right-index 1 || site_fail 'finger enrol'
ok 'a P-256 card is enrolled' card_enrol P002 chief
finger_enrol P002 right-index 2 || site_fail 'finger enrol'
ok 'a card without 9E is enrolled' card_enrol P003 plain
finger_enrol P003 right-index 3 || site_fail 'finger enrol'

card_insert clerk
ok 'P-384: all three factors' login login yamada $PIN_GOOD 1 11
vcard_ctl slot0 reset-stats >/dev/null
ok 'C-FINGER: card+finger logs in with the key that needs no PIN' login nopin yamada $PIN_GOOD 1 12
not_ok 'card+finger: no PIN was asked' said '^prompt'
ok 'card+finger: the card signed all the same' test "$(vcard_number slot0 genauth)" -ge 1
login_start nopin yamada
for i in 1 2 3; do login_touch 2 $((20 + i)); login_saw 'match|known' $i 10; done
not_ok 'card+finger: not with a stranger'"'"'s finger' login_wait
ok 'card+pin: no finger is asked' login_quiet pinonly yamada
not_ok 'card+pin: the sensor stayed dark' said 'sensor'
not_ok 'deny means nobody' login_quiet closed yamada
card_insert plain
not_ok 'a card without that key can'"'"'t do without PIN' login_quiet nopin sato
ok 'its reason is in the audit log' audit_has attempt-denied no-card-key
card_insert chief
login_start nopin suzuki
login_touch 2 11
ok 'C-PRIV: a privileged role asks for all three, whatever the service says' login_wait
ok 'C-PRIV: the PIN was asked' said '^prompt'
login_start login suzuki $PIN_GOOD --session true
login_touch 2 12
ok 'C-PRIV: a privileged session' login_wait
ok 'C-PRIV: its limit is told' said '60 min'

# Enrolment: a stray finger among the touches does not slip in.
card_insert clerk
# FINGER SEED…: one touch of each.
enrol_touches() {
	local finger=$1 k=0 pid seed
	shift

	sekishoctl finger enrol P001 "$finger" --pin-fd 9 9<<<$PIN_GOOD >"$BENCH_TMP/stray.log" 2>&1 &
	pid=$!
	for seed in "$@"; do
		kill -0 $pid 2>/dev/null || break
		synthfinger --finger "$seed" --impression $k --send $SENSOR --wait-ready 5000 2>/dev/null
		k=$((k + 1))
		sleep 0.15
	done
	wait $pid
}
ok 'C-FINGER: five touches of one finger and two of others: enrolled' enrol_touches left-index 6 6 7 6 8 6 6
ok 'C-FINGER: each stray touch was told' test "$(grep -ciE 'different|same finger|another' "$BENCH_TMP/stray.log")" -ge 2
ok 'C-FINGER: the finger enrolled logs in' login nopin yamada $PIN_GOOD 6 15
for stray in 7 8; do
	login_start nopin yamada
	for i in 1 2 3; do login_touch $stray $((10 * i + i)); login_saw 'match|Locked' $i 10; done
	not_ok "C-FINGER: stray finger $stray is not in it" login_wait
	login nopin yamada $PIN_GOOD 6 16
done
ok 'C-FINGER: a stray first touch starts it anew' enrol_touches left-middle 7 9 9 9 9 9 9 9 9
ok 'C-FINGER: and the right finger logs in' login nopin yamada $PIN_GOOD 9 15
login_start nopin yamada
for i in 1 2 3; do login_touch 7 $((20 + i)); login_saw 'match|Locked' $i 10; done
not_ok 'C-FINGER: the stray first one does not' login_wait
sekishoctl unlock --person P001 --reason test >/dev/null

# Validity by date, without anybody acting.
card_insert clerk
card_make temp
person_make P004 tanaka --valid-until "$(date -d '-1 day' +%F)"
not_ok 'C-RETIRE: a person whose time is over gets no card' card_enrol P004 temp
ok 'C-RETIRE: the reason is in the audit log' audit_has attempt-denied person-no-longer-valid
person_make P005 kato --valid-from "$(date -d '+2 days' +%F)"
not_ok 'C-RETIRE: nor one whose time has not begun' card_enrol P005 temp

# Two readers, two cards.
card_insert clerk
vcard_start slot1 --card "$CARDS/chief" --port "$VPCD_PORT_1"
pcscd_wait_card 1 present 10
login_start pinonly yamada
login_saw 'info|error' 1 15
ok 'two cards: said so' said 'more than one card'
vcard_stop slot1
ok 'two cards: goes on when one is taken away' login_wait

# A sensor that isn't there.
site_config_set terminal sensor uru4000
restart
not_ok 'no sensor: what needs a finger is denied' login_quiet nopin yamada
ok 'no sensor: said, with whom to call' said 'IT desk 1234'
not_ok 'no sensor: and never asked for a PIN instead' said '^prompt'
ok 'no sensor: the alternative with PIN, where the policy names one' login_quiet either yamada
ok 'no sensor: nobody was charged' test "$(failures P001)" -le 3
site_config_set terminal sensor virtual_image
restart

# Deadlines.
site_config_set timing attempt 10
site_config_set timing pin 8
site_config_set timing finger 8
restart
card_out
start=$SECONDS
not_ok 'total deadline: no card' login_quiet pinonly yamada
ok 'total deadline: within its time' test $((SECONDS - start)) -le 14
ok 'total deadline: said so' said '[Tt]ime'
card_insert clerk
start=$SECONDS
not_ok 'finger deadline: nobody touches' login_quiet nopin yamada
ok 'finger deadline: within its time' test $((SECONDS - start)) -le 14

# IDs that nobody uses: the terminal has seen a time that is 31 days ahead. The lists live longer than that.
site_crl 20 --next-update $((100 * 86400))
site_config_set policy dormant 30d
restart
dormant_is() { sekishoctl --json person dormant >"$BENCH_TMP/dormant.log"; test $? -eq "$1"; }
has_status() { tr '{' '\n' <"$BENCH_TMP/dormant.log" | grep "\"person\": *\"$1\"" | grep -q "\"status\": *\"$2\""; }
newest() { sekishoctl --json audit list --last 1 | grep -oE '"seq": *[0-9]+' | grep -oE '[0-9]+'; }
card_insert clerk
ok 'C-DORMANT: who was here may come' login_quiet pinonly yamada
ok 'C-DORMANT: and nobody is found' dormant_is 0
sekishod_stop
printf 'sekisho-clock 1 %d\n' $(($(date +%s) + 31 * 86400)) >/var/lib/sekisho/clock.mark
chown sekisho:sekisho /var/lib/sekisho/clock.mark
sekishod_start
ok 'C-DORMANT: those not used are found, by exit status' dormant_is 6
ok 'C-DORMANT: by name' has_status P001 dormant
ok 'C-DORMANT: the only privileged person is kept' has_status P002 kept-open
ok 'C-DORMANT: recorded' audit_has admin person-dormant
BEFORE=$(newest)
ok 'C-DORMANT: found again' dormant_is 6
ok 'C-DORMANT: and recorded once' test "$(newest)" = "$BEFORE"
not_ok 'C-DORMANT: an ID not used is refused' login_quiet pinonly yamada
ok 'C-DORMANT: the person is told why' said 'has not been used for a long time'
ok 'C-DORMANT: and whom to call' said 'IT desk 1234'
not_ok 'C-DORMANT: no PIN is asked' said '^prompt'
ok 'C-DORMANT: its reason is in the audit log' audit_has attempt-denied dormant
card_insert chief
ok 'C-DORMANT: the only privileged person comes in' login pinonly suzuki $PIN_GOOD 2 17
card_insert clerk
ok 'C-DORMANT: an administrator reinstates' quiet sekishoctl person reinstate P001 --reason 'back from leave'
ok 'C-DORMANT: and she is back' login_quiet pinonly yamada
card_insert plain
not_ok 'C-DORMANT: nobody else is' login_quiet pinonly sato
ok 'C-DORMANT: the clock was wrong, says the administrator' quiet sekishoctl clock accept --reason 'set by hand'
ok 'C-DORMANT: then nobody is dormant' dormant_is 0
ok 'C-DORMANT: and all may come' login_quiet pinonly sato
card_insert clerk

# doctor: what works, and what lets people in without us.
mkdir -p "$BENCH_TMP/stack-good" "$BENCH_TMP/stack-open"
cp "$BENCH_TMP/pam.d/login" "$BENCH_TMP/stack-good/login"
printf 'auth sufficient %s\nauth required pam_permit.so\naccount required pam_permit.so\n' "$MODULE" >"$BENCH_TMP/stack-open/login"
sekishoctl doctor --pam-dir "$BENCH_TMP/stack-good" >"$BENCH_TMP/doctor.log" 2>&1
ok 'doctor looks at daemon, pcscd, readers and sensor' grep -qi 'sensor' "$BENCH_TMP/doctor.log"
not_ok 'doctor: a stack that we guard is no failure' grep -qE 'login.*fail' "$BENCH_TMP/doctor.log"
sekishoctl doctor --pam-dir "$BENCH_TMP/stack-open" >"$BENCH_TMP/doctor2.log" 2>&1
ok 'doctor: a stack that fails open is refused, by exit status' test $? -eq 6
ok 'doctor: and named' grep -q 'fail' "$BENCH_TMP/doctor2.log"
not_ok 'and indeed it lets anybody in, as doctor said' eval '! pamdrive --confdir "$BENCH_TMP/stack-open" --service login --user yamada --mode cancel'
site_summary
