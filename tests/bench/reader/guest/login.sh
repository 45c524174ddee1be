# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The last of the guest's checks, part of checks.sh: Sekisho itself, from /site, where tests/e2e/reader_usb.sh has put it.
# PAM log-in by card and PIN; the finger is a matter of tests/e2e/login.sh.
SITE=/run/sekisho-bench
PATH=$SITE/sbin:/site/bin:$PATH

# NAME UID: an account of its own.
account() {
	echo "$1:x:$2:$2::/tmp:/bin/sh" >>/etc/passwd
	echo "$1:x:$2:" >>/etc/group
	echo "$1:*:19000:0:99999:7:::" >>/etc/shadow
}
daemon_answers() { sekishoctl status; }
# The program, its accounts, a stack in which it alone decides, its store and the demo CA's list.
site_made() {
	cp -a /site/run/sekisho-bench /run/
	account sekisho 64017 && account yamada 64101
	mkdir -p /etc/pam.d /var/lib
	module=$(find $SITE -name pam_sekisho.so)
	printf '%s required %s\n' auth "$module" account "$module" session "$module" password "$module" >/etc/pam.d/quick
	install -d -o 64017 -g 64017 -m 0755 /run/sekisho
	sekishoctl init --anchor /site/ca.crt --terminal T-001 --site 'Demo City' --help-desk 'IT desk 1234' || return 1
	printf '\n[service quick]\npolicy = card+pin\n' >>/etc/sekisho/sekisho.conf
	/usr/bin/setpriv --reuid 64017 --regid 64017 --clear-groups $SITE/sbin/sekishod >/tmp/sekishod.log 2>&1 &
	within 20 daemon_answers && sekishoctl crl import /site/crl.der || { tail -n 5 /tmp/sekishod.log; return 1; }
}
card_enrolled() {
	echo 123456 >/tmp/pin
	sekishoctl person add P001 --account yamada --name 'Test P001' && timeout 60 sekishoctl card enrol P001 --pin-fd 9 9</tmp/pin
}
# PIN RESULT: what pamdrive says of the log-in.
log_in() {
	echo "$1" >/tmp/pin
	timeout 60 pamdrive --confdir /etc/pam.d --service quick --user yamada --pin-fd 9 9</tmp/pin >/tmp/login 2>&1
	cat /tmp/login
	grep -q "^result=$2 " /tmp/login
}
asks_for_card() { grep -q 'Put your IC card' /tmp/login; }
log_in_waiting() {
	host card-out && within 10 card_out || return 1
	rm -f /tmp/login
	log_in 123456 PAM_SUCCESS &
	within 20 asks_for_card && host card-in && wait $!
}

ok 'Sekisho starts here' site_made
ok 'the card is enrolled over USB' card_enrolled
ok 'PAM log-in with card and PIN over USB' log_in 123456 PAM_SUCCESS
ok 'a wrong PIN is denied' log_in 999999 PAM_AUTH_ERR
ok 'and the right one works again' log_in 123456 PAM_SUCCESS
ok 'a log-in that waits for the card gets it' log_in_waiting
