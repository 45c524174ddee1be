#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# 1,000 attempts at once with a limit of N: exactly N are judged. The card counts, not we.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

ATTEMPTS=${ATTEMPTS:-1000}
N=4

# The card itself would stand many more tries.
card_make clerk --tries 15
site_ca
site_init
site_config_set lockout pin_soft $N
# Not over before the last of them has come, however slow the machine.
site_config_set lockout pin_delay 3600
site_config_set lockout terminal_soft 50
site_pinonly
vcard_ctl slot0 reset-stats >/dev/null

printf '%s\n' 999999 >"$BENCH_TMP/wrong"
start=$(date +%s)
i=0
while [ $i -lt "$ATTEMPTS" ]; do
	pamdrive --confdir "$BENCH_TMP/pam.d" --service pinonly --user yamada --pin-fd 9 9<"$BENCH_TMP/wrong" \
		>"$BENCH_TMP/p.$i" 2>&1 &
	i=$((i + 1))
done
# The other children of this script are to stay.
mapfile -t clients < <(jobs -p | grep -vxE "$SEKISHOD_PID|$BENCH_PCSCD_PID|$(cat "$BENCH_TMP/vcard/slot0.pid")")
wait "${clients[@]}"
printf '%d attempts in %d s\n' "$ATTEMPTS" $(($(date +%s) - start))

ended() { [ "$(grep -lE '^result=PAM_' "$BENCH_TMP"/p.* | wc -l)" -eq "$ATTEMPTS" ]; }
none_in() { ! grep -lq '^result=PAM_SUCCESS' "$BENCH_TMP"/p.*; }
judged=$(vcard_number slot0 pins)
ok 'every attempt came to its end' ended
ok 'none was let in' none_in
ok "exactly $N PINs reached the card (it counted $judged)" test "$judged" -eq $N
ok "exactly $N are recorded as wrong" test "$(sekishoctl --json audit list --last 2000 | grep -c '"reason": "pin-wrong"')" -eq $N
ok "the counter stands at $N" test "$(failures P001)" -eq $N
ok 'an administrator unlocks' quiet sekishoctl unlock --person P001 --reason test
ok 'and the right PIN works' eval "login_start pinonly yamada; login_wait"
site_summary
