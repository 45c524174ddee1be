#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every fault at every step of an attempt: denied, recorded, nothing left hanging, nobody charged for a device's fault,
# and the next attempt works.
#
#   fault:  card pulled | pcscd killed | sensor unplugged | sekishod killed | client killed
#   step:   each of the card's APDUs (held up so that the fault falls into it), the PIN prompt, the
#           armed sensor, the touch
#
#   matrix.sh [FAULT…]     only these
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

STEPS='apdu1 apdu2 apdu3 prompt apdu4 apdu5 touch judge'
FAULTS=${*:-card pcscd sensor sekishod client}
HOLD_MS=1200

card_make clerk
site_init
person_make P001 yamada
card_enrol P001 clerk || site_fail 'card enrol'
finger_enrol P001 right-index 1 || site_fail 'finger enrol'
card_insert clerk

fire() {
	case $1 in
	card) vcard_ctl slot0 pull >/dev/null ;;
	pcscd) pcscd_kill ;;
	# The sensor leaves; with nobody listening yet there is none to unplug, so its helper finds it gone.
	sensor) synthfinger --send $SENSOR --unplug --wait-ready 1500 2>/dev/null || pkill -KILL --ns $$ --nslist mnt sekisho-finger ;;
	sekishod) sekishod_kill ;;
	client) kill -KILL "$LOGIN_PID" ;;
	esac
}

mend() {
	vcard_ctl slot0 fault clear >/dev/null
	case $1 in
	card) sleep 0.7; vcard_ctl slot0 insert >/dev/null; pcscd_wait_card 0 present 10 ;;
	pcscd) pcscd_start; pcscd_wait_card 0 present 10 ;;
	sekishod) sekishod_start ;;
	esac
}

# Helpers of an attempt gone, queue empty.
calm() {
	local ticks=120

	while pgrep --ns $$ --nslist mnt '^sekisho-[cf]' >/dev/null || ! sekishoctl --json status | grep -q '"waiting": 0'; do
		[ $ticks -gt 0 ] || return 1
		ticks=$((ticks - 1))
		sleep 0.05
	done
}

uncharged() { [ "$(failures P001)" = 0 ] || [ -z "$(failures P001)" ]; }
audit_count() { sekishoctl --json audit list --last 100 | grep -cE '"event": "(attempt-denied|attempt-cancelled|fault)"'; }

# Brings an attempt to the step, without waiting for its end.
reach() {
	case $1 in
	apdu[1-5]) vcard_ctl slot0 fault "${1#apdu}" delay $HOLD_MS >/dev/null ;;
	esac
	case $1 in
	prompt) login_start login yamada $PIN_GOOD --mode answer --answer-delay-ms 2000 ;;
	*) login_start login yamada $PIN_GOOD ;;
	esac
	case $1 in
	apdu[123]) sleep 0.6 ;;
	prompt) login_saw '^prompt' 1 10; sleep 0.2 ;;
	apdu[45]) login_saw '^prompt' 1 10; sleep 0.4 ;;
	touch) login_saw 'info: .*sensor' 1 10; sleep 0.2 ;;
	judge) login_touch 1 11 & login_saw 'info: .*sensor' 1 10 ;;
	esac
}

for fault in $FAULTS; do
	for step in $STEPS; do
		name="$fault at $step"
		before=$(audit_count)
		reach "$step"
		fire "$fault"
		[ "$step" != judge ] || wait $! 2>/dev/null
		login_wait 40
		result=${LOGIN_RESULT:-none}
		mend "$fault" || site_fail "can't mend $name"
		# A verdict may have come before the fault: then the log-in was good, and that is no failure of the test's.
		if [ "$step" = judge ] && [ "$result" = PAM_SUCCESS ]; then
			ok "$name: judged before the fault came, all factors shown" audit_has attempt-granted card-pin-finger
		else
			ok "$name: denied ($result)" test "$result" != PAM_SUCCESS
		fi
		ok "$name: nothing left hanging" calm
		# A killed daemon can't write; everything else is in the log by the time that it is calm.
		[ "$fault" = sekishod ] || [ "$result" = PAM_SUCCESS ] || ok "$name: recorded" test "$(audit_count)" -gt "$before"
		case $fault/$step in
		sekishod/apdu4 | sekishod/apdu5 | sekishod/judge)
			# Cut while a judge was at work: whether it judged can't be known, so the charge stays (never more than N).
			ok "$name: charged once at most" test "$(failures P001)" -le 1
			;;
		*) ok "$name: nobody charged" uncharged ;;
		esac
		ok "$name: the next attempt works" login login yamada $PIN_GOOD 1 12
	done
done
site_summary
