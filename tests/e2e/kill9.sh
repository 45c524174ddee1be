#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# RUNS times kill -9 of sekishod at a random moment of an attempt with a wrong PIN (two of three) or a right PIN and no
# finger (one of three). After each restart: the counter is not lower than before (but for attempts that were refunded by
# a living daemon: there are none here that survive), never below what the card has judged, never above; nobody got in.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

RUNS=${RUNS:-300}
N=90
RANDOM=${SEED:-4711}

card_make clerk --tries 15
site_init
site_config_set lockout pin_soft $N
site_config_set lockout pin_hard $N
site_config_set lockout terminal_soft 100
sekishod_stop
sekishod_start
person_make P001 yamada
card_enrol P001 clerk || site_fail 'card enrol'
finger_enrol P001 right-index 1 || site_fail 'finger enrol'
vcard_ctl slot0 reset-stats >/dev/null

in=0 lower=0 uncounted=0 over=0 broken=0 last=0 judged=0 wrong=0
for run in $(seq "$RUNS"); do
	pin=999999
	[ $((run % 3)) -ne 0 ] || pin=$PIN_GOOD
	# The card's own limit must not end the test: a person at the help desk sets it back.
	[ $((run % 10)) -ne 0 ] || { vcard_ctl slot0 pull; sed -i 's/^pin-left = .*/pin-left = 15/' "$CARDS/clerk/card.conf"; vcard_ctl slot0 swap "$CARDS/clerk"; sleep 1.1; } >/dev/null
	before=$(vcard_number slot0 pins)
	login_start login yamada $pin
	sleep "0.$(printf '%03d' $((RANDOM % 350)))"
	sekishod_kill
	login_wait 20 && in=$((in + 1))
	sekishod_start || broken=$((broken + 1))
	now=$(failures P001)
	now=${now:-0}
	after=$(vcard_number slot0 pins)
	[ $pin = "$PIN_GOOD" ] || wrong=$((wrong + after - before))
	judged=$wrong
	[ "$now" -ge "$last" ] || lower=$((lower + 1))
	[ "$now" -ge "$wrong" ] || uncounted=$((uncounted + 1))
	last=$now
done
ok "$RUNS runs: the daemon came back each time" test $broken -eq 0
ok 'nobody got in' test $in -eq 0
ok "the counter never went down (at the end $last, the card judged $judged wrong PINs)" test $lower -eq 0
ok 'it never fell behind what the card had judged' test $uncounted -eq 0
ok "never more than $N were judged" test "$judged" -le $N
ok 'the audit chain is whole' quiet sekishoctl audit verify
site_summary
