#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs inside the guest; the other end of the second serial line is tests/e2e/reader_usb.sh, which moves card and cable.
# shellcheck source=lib.sh
. /guest-lib.sh

VENDOR=$(sed -n 's/^vendor=//p' /reader-ids)
PRODUCT=$(sed -n 's/^product=//p' /reader-ids)
device() { grep -lx "$VENDOR" /sys/bus/usb/devices/*/idVendor 2>/dev/null | sed 's|/idVendor$||'; }
enumerated() { [ -n "$(device)" ] && [ "$(cat "$(device)/idProduct")" = "$PRODUCT" ]; }
gone() { ! enumerated; }
full_speed() { [ "$(cat "$(device)/speed")" = 12 ] && [ "$(cat "$(device)/bConfigurationValue")" = 1 ]; }
# "Warning: Only accurate for version 1.0" is what lsusb says of every CCID 1.1 reader.
lsusb_clean() {
	lsusb -v -d "$VENDOR:$PRODUCT" >/tmp/lsusb 2>&1 || return 1
	cat /tmp/lsusb
	grep -q 'bInterfaceClass *11' /tmp/lsusb && grep -q 'iManufacturer *1 Sekisho' /tmp/lsusb &&
		grep -q 'Short and extended APDU level' /tmp/lsusb && ! grep -v 'Only accurate' /tmp/lsusb | grep -iE "error|warning|can't|unrecogni|junk|\*\*"
}
kernel_content() { ! dmesg | grep -iE 'usb [0-9].*(error|fail|timed|unable|cannot|invalid|wrong)'; }

reader() { timeout 10 opensc-tool -l 2>&1; }
reader_listed() { reader | grep -q 'Sekisho Reader'; }
reader_missing() { reader | grep -q 'No smart card readers'; }
card_in() { reader | grep -q 'Yes .*Sekisho Reader'; }
card_out() { reader | grep -q 'No .*Sekisho Reader'; }
atr() { timeout 20 opensc-tool -r 0 -a && timeout 20 opensc-tool -r 0 -a | grep -qE '^3[bf](:[0-9a-f]{2})+$'; }
name() { timeout 60 opensc-tool -r 0 -n; }
is_piv() { name | grep -E 'PIV|Personal Identity Verification'; }
certificate() {
	timeout 60 pkcs15-tool --reader 0 --read-certificate 01 && timeout 60 pkcs15-tool --reader 0 --read-certificate 01 | grep -q 'BEGIN CERTIFICATE'
}
# The card's PIN is 123456 (reader_usb.sh). OpenSC logs in, signs 32 bytes with the P-256 key; OpenSSL judges.
sign() {
	head -c 32 /dev/urandom >/tmp/tbs
	rm -f /tmp/sig
	PKCS11_PIN=$1 timeout 60 pkcs11-tool --login --pin env:PKCS11_PIN --sign --id 01 --mechanism ECDSA \
		--signature-format openssl --input-file /tmp/tbs --output-file /tmp/sig
}
signs() {
	sign 123456 && pkcs15-tool --reader 0 --read-certificate 01 >/tmp/crt &&
		openssl x509 -in /tmp/crt -pubkey -noout >/tmp/pub &&
		openssl pkeyutl -verify -pubin -inkey /tmp/pub -in /tmp/tbs -sigfile /tmp/sig
}
wrong_pin() {
	! sign 999999 >/tmp/pin 2>&1 && grep CKR_PIN_INCORRECT /tmp/pin && [ ! -s /tmp/sig ]
}
# VERIFY without data tells the tries that are left.
tries() { apdus -s $SELECT_PIV -s 00200080 && grep -q "SW1=0x63, SW2=0xC$1" /tmp/apdu; }
SELECT_PIV=00A404000BA000000308000010000100
apdus() {
	timeout 30 opensc-tool -c "${driver:-default}" -r 0 "$@" >/tmp/apdu 2>&1
	cut -c 1-100 /tmp/apdu
}
# OpenSC's driver "npa" is one that lets extended lengths pass to any card.
# Le 0000: the whole certificate in one answer, longer than any short one.
extended_answer() {
	driver=npa apdus -s $SELECT_PIV -s 00CB3FFF0000055C035FC1050000
	grep -q 'SW1=0x90, SW2=0x00' /tmp/apdu && [ "$(grep -cE '^([0-9A-F]{2} ){16}' /tmp/apdu)" -gt 16 ]
}
# 600 bytes of data, three pieces: the card refuses the name, the reader must not.
extended_command() {
	data=$(head -c 600 /dev/zero | tr '\0' 'A' | sed 's/A/5A/g')
	driver=npa apdus -s 00A40400000258"$data"
	grep -qE 'SW1=0x(6A|67)' /tmp/apdu
}
every_short_le() {
	set --
	for n in 01 35 36 37 75 76 77 F5 F6 F7 FF 00; do
		set -- "$@" -s 00CB3FFF055C035FC105$n
	done
	apdus -s $SELECT_PIV "$@"
	[ "$(grep -cE 'SW1=0x(90|61)' /tmp/apdu)" -eq 13 ]
}
fifty() {
	for n in 1 2 3 4 5 6 7 8 9 10; do
		timeout 20 opensc-tool -c default -r 0 -s $SELECT_PIV -s $SELECT_PIV -s $SELECT_PIV -s $SELECT_PIV -s $SELECT_PIV | grep -c 'SW1=0x90' | grep -qx 5 || return 1
	done
}
# SECONDS: pcscd is killed in the middle of a command whose blocks come 0.4 s late, and started again after that time. The kernel does
# not put the reader to sleep meanwhile, which would end the command as well.
killed_in_command() {
	host slow && echo on >"$(device)/power/control" || return 1
	driver=npa apdus -s 00A40400000258"$data" &
	sleep 2
	kill -9 $PCSCD
	wait
	sleep "$1"
	pcscd_up
	within 15 card_in
	found=$?
	host quick
	echo auto >"$(device)/power/control"
	return $found
}
asleep() { [ "$(cat "$(device)/power/runtime_status")" = suspended ]; }

ok 'the kernel enumerates the reader' within 10 enumerated
ok 'at full speed, configured' full_speed
ok 'lsusb finds nothing wrong with its descriptors' lsusb_clean

echo 500 >"$(device)/power/autosuspend_delay_ms"
echo auto >"$(device)/power/control"
ok 'the kernel puts the unused reader to sleep' within 10 asleep

pcscd_up() {
	LIBCCID_ifdLogLevel=0x0007 pcscd --foreground --debug >>/tmp/pcscd.log 2>&1 &
	PCSCD=$!
}
pcscd_up
ok 'stock pcscd and libccid list it' within 15 reader_listed
ok 'and see the card' within 15 card_in
ok 'ATR' atr
ok 'OpenSC knows the PIV card' is_piv
ok 'its certificate is read' certificate
ok 'the card has three tries for its PIN' tries 3
ok 'a wrong PIN is refused' wrong_pin
ok 'two are left' tries 2
ok 'OpenSC logs in with the right one and signs, OpenSSL agrees' signs
ok 'short answers of every length around the packet size' every_short_le
ok 'an extended answer' extended_answer
ok 'an extended command' extended_command
ok 'fifty commands' fifty
ok 'pcscd is killed in the middle of a command and started again at once: the reader is found' killed_in_command 0
ok 'and the card answers' is_piv
ok 'the same, started when the answer waits for nobody: found' killed_in_command 3
ok 'and the card answers' is_piv
host card-out
ok 'card removal is seen' within 10 card_out
host card-in
ok 'card insertion is seen' within 10 card_in
ok 'and the card answers' is_piv
ok 'it was without power: the PIN is asked anew, with three tries' tries 3
host suspend && sleep 1
host resume
ok 'after suspend and resume of the bus the card is there' within 10 card_in
ok 'and answers' is_piv
host unplug
ok 'the kernel sees the cable pulled out' within 10 gone
ok 'pcscd too' within 15 reader_missing
host plug
ok 'plugged in again it is enumerated' within 10 enumerated
ok 'listed, with its card' within 15 card_in
ok 'and the certificate is read' certificate
host restart
ok 'after a restart of the reader it comes back' within 20 card_in
ok 'and the certificate is read once more' certificate
# shellcheck source=login.sh
. /site/login.sh
ok 'the kernel had nothing to complain about' kernel_content
if [ $FAILED -ne 0 ]; then
	dmesg | grep -i usb | tail -n 15 | sed 's/^/     | /'
	grep -vE 'APDU|SW:' /tmp/pcscd.log | tail -n 40 | cut -c 1-150 | sed 's/^/     | /'
fi
guest_sum
