#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the program at the keyboard may do to us: every answer but the right one is a clean denial, also under valgrind,
# and no copy of the PIN stays in the log-in process or in the daemon.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

card_make clerk --tries 15
site_init
site_config_set 'service pinonly' policy card+pin
site_config_set lockout pin_soft 50
site_config_set lockout pin_hard 50
site_config_set lockout terminal_soft 50
site_config_set timing pin 5
sekishod_stop
sekishod_start
pam_service pinonly
person_make P001 yamada
card_enrol P001 clerk || site_fail 'card enrol'
finger_enrol P001 right-index 1 || site_fail 'finger enrol'

ended_with() { [[ $LOGIN_RESULT == PAM_* ]] && [ "$LOGIN_RESULT" != PAM_SUCCESS ]; }
idle() { sleep 0.3; ! pgrep --ns $$ --nslist mnt '^sekisho-[cf]' >/dev/null; }

for mode in cancel null empty long nul nonsense conv-err eof; do
	vcard_ctl slot0 reset-stats >/dev/null
	login_start pinonly yamada $PIN_GOOD --mode $mode
	login_wait 30
	ok "conversation answers $mode: denied ($LOGIN_RESULT)" ended_with
	ok "conversation answers $mode: the card saw no PIN" test "$(vcard_number slot0 pins)" -eq 0
done
login_start pinonly yamada $PIN_GOOD --mode hang
sleep 7
ok 'conversation hangs: the daemon gave up by itself' idle
kill -KILL "$LOGIN_PID"
login_wait 5
ok 'nobody was charged by all that' test "$(failures P001)" = "" -o "$(failures P001)" = 0
login_start pinonly yamada $PIN_GOOD
ok 'and the next attempt works' login_wait

# Names that would split a record: refused before a byte is sent, the same way as any other.
for user in $'ya\nmada' 'root:x:0' '../yamada' 'yamada;id' "$(printf 'a%.0s' {1..300})" $'\xff\xfe'; do
	login_start pinonly "$user"
	login_wait 20
	ok "user name ${user@Q}: denied ($LOGIN_RESULT)" ended_with
done

# Valgrind and ASan don't mix; the plain run does this part.
[ -n "${SITE_SANITIZED:-}" ] || for mode in answer cancel null empty long nul conv-err; do
	valgrind -q --error-exitcode=77 --leak-check=full --errors-for-leak-kinds=definite pamdrive \
		--confdir "$BENCH_TMP/pam.d" --service pinonly --user yamada --mode $mode --pin-fd 9 9<<<$PIN_GOOD \
		>"$BENCH_TMP/valgrind.log" 2>&1
	code=$?
	ok "valgrind finds nothing in the module: $mode" test $code -ne 77
done

# Sanitizers map terabytes of shadow; the plain run looks into memory.
if [ -z "${SITE_SANITIZED:-}" ]; then
	# A PIN that occurs nowhere by chance.
	PIN=$(printf '%08d' $((RANDOM * 3052 % 100000000)))
	card_make secret --pin "$PIN"
	person_make P002 suzuki
	card_insert secret
	card_enrol P002 secret "$PIN" || site_fail 'card enrol'
	pamdrive --confdir "$BENCH_TMP/pam.d" --service pinonly --user suzuki --pin-fd 9 --scan-memory-for-fd 8 9<<<"$PIN" 8<<<"$PIN" \
		>"$BENCH_TMP/scan.log" 2>&1
	ok 'C-PIN: log-in for the memory scan' grep -q '^result=PAM_SUCCESS' "$BENCH_TMP/scan.log"
	ok 'C-PIN: no copy in the log-in process' grep -q '^pin-copies=0' "$BENCH_TMP/scan.log"
	ok 'C-PIN: no copy in the daemon' test "$(memcount "$SEKISHOD_PID" 8<<<"$PIN")" = 0
	ok 'C-PIN: the scan does find what is there' test "$(memcount "$SEKISHOD_PID" 8<<<"T-001")" -ge 1
	ok 'C-PIN: nor in any file of ours' test -z "$(grep -rlaF "$PIN" /var/lib/sekisho /etc/sekisho "$BENCH_TMP/sekishod.log")"
fi
ok 'no sanitizer spoke' test -z "$(grep -aE 'Sanitizer|runtime error' "$BENCH_TMP/sekishod.log" "$BENCH_TMP"/*.log)"
site_summary
