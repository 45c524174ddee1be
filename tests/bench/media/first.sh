# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# First boot: no list yet, and no daemon until it is started below.
# shellcheck source=lib.sh
. /site/lib.sh

daemon_answers() { sekishoctl status; }
site_made() {
	install -d -o 64017 -g 64017 -m 0755 /run/sekisho
	sekishoctl init --anchor /site/ca.crt --terminal T-001 --site 'Demo City' --help-desk 'IT desk 1234' || return 1
	install -m 0600 /site/authority.key /etc/sekisho/denylist.key
	sed -i 's|^\[denylist\]$|&\nkey = /etc/sekisho/denylist.key|' /etc/sekisho/sekisho.conf
	/usr/bin/setpriv --reuid 64017 --regid 64017 --clear-groups $SITE/sbin/sekishod >/tmp/sekishod.log 2>&1 &
	within 20 daemon_answers || { tail -n 5 /tmp/sekishod.log; return 1; }
}
gate_closed() { [ "$(cat /sys/bus/usb/devices/usb*/authorized_default | sort -u)" = 0 ]; }
spooled() { ls -l /run/sekisho-media && [ "$(ls /run/sekisho-media | wc -l)" -ge "$1" ]; }
spool_empty() { [ "$(ls /run/sekisho-media | wc -l)" -eq 0 ]; }
private() { [ "$(stat -c '%u %a' /run/sekisho-media)" = '0 700' ]; }

# --- what was there at boot ------------------------------------------------------------------------------------------
ok 'C-MEDIA: at boot the stick had a block device before udev ran' grep -q sda /tmp/blocks-before-udev
ok 'and it is taken away: refused, no block device' refused COLD0001
ok 'the keyboard at boot works on' input_device 'QEMU USB Keyboard'
ok 'controllers let nothing in unjudged' gate_closed
ok 'without a daemon the refusal waits in a folder of root' spooled 1
ok 'which nobody else reads' private
ok 'Sekisho starts' site_made
[ $FAILED -eq 0 ] || { finish; poweroff -f; }
ok 'the refusal reaches the audit log' recorded no-list COLD0001
ok 'and the folder is empty' spool_empty

# --- plugged in --------------------------------------------------------------------------------------------------------
host plug hot
ok 'a stick is plugged in, no list: seen' within 10 there HOT0002
ok 'refused, no block device' refused HOT0002
ok 'recorded' recorded no-list HOT0002
shown() { sekishoctl media show && sekishoctl media show | grep -E '46f4:0001:HOT0002|46f4:0001:COLD0001'; }
ok 'media show names it as it is to be approved' shown
doctor_says() { sekishoctl --json doctor >/tmp/doctor; grep '"media"' /tmp/doctor; grep '"media"' /tmp/doctor | grep -q "\"status\": *\"$1\""; }
ok 'doctor is content with the gate' doctor_says ok
echo 1 >/sys/bus/usb/devices/usb1/authorized_default
ok 'and says when it stands open' doctor_says warn
$SITE/libexec/sekisho/sekisho-media --all
ok 'sekisho-media --all closes it' gate_closed
# A terminal that loses the rules: everything gets in again, and nothing closes the controllers.
gate_open() { [ "$(cat /sys/bus/usb/devices/usb*/authorized_default | sort -u)" = 1 ]; }
mv /etc/udev/rules.d/71-sekisho-media.rules /tmp/
udevadm control --reload
ok 'doctor says that nobody lets anything in' doctor_says warn
ok 'sekisho-media --open' $SITE/libexec/sekisho/sekisho-media --open
ok 'opens the controllers' gate_open
ok 'lets in what was refused' within 10 works HOT0002
ok 'and doctor has nothing to judge' doctor_says ok
ok 'sekisho-media --all without the rules' $SITE/libexec/sekisho/sekisho-media --all
ok 'leaves the controllers open' gate_open
host plug twin
ok 'what is plugged in works' within 10 works TWIN0003
host unplug twin
within 10 gone TWIN0003
mv /tmp/71-sekisho-media.rules /etc/udev/rules.d/
udevadm control --reload
$SITE/libexec/sekisho/sekisho-media --all
ok 'with the rules the gate closes again' gate_closed
ok 'and the stick is out' refused HOT0002
medium=$(sekishoctl --json media show | sed -n 's/.*"medium": *"\(.*HOT0002\)".*/\1/p')
approve() { sekishoctl media add "$1" --label "$2" --reason test; }
ok 'media add with just that' approve "$medium" '貸出用 1'
ok 'and the stick that is plugged in works at once' within 10 works HOT0002
ok 'recorded' recorded listed HOT0002
ok 'that the list changed is recorded' sh -c 'sekishoctl --json audit list --last 50 | grep "media-add"'
ok 'the other one stays refused' refused COLD0001
host unplug hot
ok 'pulled out' within 10 gone HOT0002
host plug hot
ok 'plugged in again: approved' within 15 works HOT0002
reads_what_it_wrote() {
	d=$(disk_of "$1") && [ -b "/dev/$d" ] || return 1
	echo "through $1" | dd of="/dev/$d" bs=512 count=1 conv=sync,fsync && dd if="/dev/$d" bs=512 count=1 iflag=direct | grep "through $1"
}
ok 'it can be read and written' reads_what_it_wrote HOT0002
host plug twin
ok 'same maker and model, another serial number: refused' within 10 refused TWIN0003
ok 'recorded' recorded not-listed TWIN0003
host unplug twin
host plug uas
ok 'a disk by UAS: refused' within 10 refused UAS00004
ok 'media add by its socket' approve "$(basename "$(device_of UAS00004)")" 'disk'
ok 'and it works' within 15 works UAS00004
host unplug uas
host plug mtp
ok 'a telephone (MTP): refused' within 10 stays is_refused MTP00005
ok 'recorded' recorded not-listed MTP00005
host unplug mtp
host plug kbd
ok 'a keyboard is plugged in: works' within 10 is_authorized KBD00006
ok 'and has its driver' within 10 sh -c '[ "$(grep -c "QEMU USB Keyboard" /proc/bus/input/devices)" -ge 2 ]'
host plug hub
hub_works() {
	d=$(grep -l 0409 /sys/bus/usb/devices/*/idVendor) && d=${d%/idVendor} && [ "$(cat "$d/authorized")" = 1 ] &&
		[ "$(basename "$(readlink "$d/$(basename "$d"):1.0/driver")")" = hub ]
}
ok 'a hub: works' within 10 hub_works
host plug behind
ok 'a stick behind the hub: refused as well' within 15 refused BEHIND07
host unplug behind

# --- a kernel's gadgets: devices that do as they like ---------------------------------------------------------------------
# shellcheck source=gadgets.sh
. /site/gadgets.sh

# --- the list ----------------------------------------------------------------------------------------------------------
again() {
	host unplug hot && within 10 gone HOT0002 && host plug hot && within 10 there HOT0002
}
sekishoctl media export /tmp/list-2 >/tmp/out 2>&1
flip() { cp /var/lib/sekisho-media/list /tmp/list-good && sed -i 's/HOT0002/HOT0009/' /var/lib/sekisho-media/list; }
flip
again
ok 'C-TAMPER: a list that was changed approves nothing' refused HOT0002
ok 'recorded' recorded bad-list HOT0002
ok 'doctor says so' doctor_says fail
ok 'media list too' sh -c '! sekishoctl media list'
ok 'and nothing is added to it' no approve 46f4:0001:ANY00001 x
ok 'import of the same list mends it' sekishoctl media import /tmp/list-2
ok 'and the stick works again' within 15 works HOT0002
rm /var/lib/sekisho-media/list
ok 'a list that is gone approves nothing either' sh -c "$SITE/libexec/sekisho/sekisho-media --all"
ok 'the stick stops' refused HOT0002
ok 'imported again' sekishoctl media import /tmp/list-2
ok 'it works' within 15 works HOT0002
ok 'media remove: stops at once' sekishoctl media remove 46f4:0001:HOT0002 --reason lost
ok 'refused while it is plugged in' refused HOT0002
ok 'recorded' recorded not-listed HOT0002
ok 'an older list does not come back' no sekishoctl media import /tmp/list-2
ok 'nor does it approve' refused HOT0002
# FILE PATTERN: not imported, and this is why.
refused_list() {
	! sekishoctl media import "$1" >/tmp/why 2>&1 || return 1
	cat /tmp/why
	grep -q "$2" /tmp/why
}
sed 's/Demo City/Fake City/' /tmp/list-2 >/tmp/fake
ok 'a list that was changed after it was signed is refused' refused_list /tmp/fake "isn't signed"
lost_cards() { sekishoctl denylist make && sekishoctl denylist export /tmp/lost-cards && sekishoctl denylist import /tmp/lost-cards; }
ok 'the same authority signs a list of lost cards' lost_cards
ok 'which is no list of media' refused_list /tmp/lost-cards "isn't a list of approved media"
owned() { chown 64017 /var/lib/sekisho-media && "$SITE/libexec/sekisho/sekisho-media" --all; }
ok 'approved once more' approve 46f4:0001:HOT0002 'back'
ok 'and works' within 15 works HOT0002
owned
ok 'a folder that the daemon could write approves nothing' refused HOT0002
chown 0 /var/lib/sekisho-media
$SITE/libexec/sekisho/sekisho-media --all
ok 'approved for the next boot' approve 46f4:0001:COLD0001 'stays in'
ok 'the stick of the boot has its block device again' within 15 works COLD0001
ok 'the list is handed on by that stick' sh -c "sekishoctl media export /tmp/list-last && dd if=/tmp/list-last of=/dev/$(disk_of COLD0001) bs=64k conv=sync,fsync"
wc -c </tmp/list-last | sed 's/^/length /'
two_at_once() {
	approve 46f4:0001:PAIR0001 a &
	one=$!
	approve 46f4:0001:PAIR0002 b && wait $one && sekishoctl media list >/tmp/pair && grep PAIR0001 /tmp/pair && grep PAIR0002 /tmp/pair
}
ok 'two media added at once are both on the list' two_at_once
ok 'the audit chain is whole' sekishoctl audit verify
clean_log() { sekishoctl audit list --last 400 >/tmp/all && sekishoctl --json audit list --last 400 >>/tmp/all && ! tr -d '\n' </tmp/all | grep "$(printf '\033')"; }
ok 'nothing in the log moves a cursor' clean_log
finish
