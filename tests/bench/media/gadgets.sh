# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# Part of first.sh: USB devices made by the guest's own kernel (dummy_hcd, configfs). They have what no shop sells.
modprobe dummy_hcd num=2
modprobe libcomposite
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
udevadm settle
G=/sys/kernel/config/usb_gadget
dd if=/dev/zero of=/tmp/gadget.img bs=1k count=2048 2>/dev/null

# NAME VENDOR PRODUCT SERIAL: a gadget without functions; SERIAL "-": none.
gadget() {
	mkdir "$G/$1" "$G/$1/strings/0x409" "$G/$1/configs/c.1"
	echo "0x$2" >"$G/$1/idVendor"
	echo "0x$3" >"$G/$1/idProduct"
	[ "$4" = - ] || printf '%s' "$4" >"$G/$1/strings/0x409/serialnumber"
	echo "gadget $1" >"$G/$1/strings/0x409/product"
}
# NAME CONFIG FUNCTION
function_add() {
	[ -d "$G/$1/functions/$3" ] || mkdir "$G/$1/functions/$3"
	case $3 in
	mass_storage.*) echo /tmp/gadget.img >"$G/$1/functions/$3/lun.0/file" ;;
	hid.*)
		echo 1 >"$G/$1/functions/$3/protocol"
		echo 1 >"$G/$1/functions/$3/subclass"
		echo 8 >"$G/$1/functions/$3/report_length"
		# A keyboard's, HID 1.11 appendix E.6.
		printf '\005\001\011\006\241\001\005\007\031\340\051\347\025\000\045\001\165\001\225\010\201\002\225\001\165\010\201\001\225\005\165\001\005\010\031\001\051\005\221\002\225\001\165\003\221\001\225\006\165\010\025\000\045\145\005\007\031\000\051\145\201\000\300' \
			>"$G/$1/functions/$3/report_desc"
		;;
	esac
	ln -s "$G/$1/functions/$3" "$G/$1/configs/$2/$3"
}
# NAME [UDC]
plug() { echo "${2:-dummy_udc.0}" >"$G/$1/UDC"; udevadm settle; sleep 0.5; udevadm settle; }
unplug() { echo '' >"$G/$1/UDC"; udevadm settle; }
drop() {
	[ -z "$(cat "$G/$1/UDC")" ] || unplug "$1"
	find "$G/$1/configs" -type l -exec rm {} +
	rmdir "$G/$1"/configs/* "$G/$1"/functions/* "$G/$1"/strings/* "$G/$1" 2>/dev/null
}
# NAME: the folder of a gadget's device in sysfs.
gadget_dir() {
	for attribute in /sys/bus/usb/devices/*/product; do
		[ "$(cat "$attribute" 2>/dev/null)" != "gadget $1" ] || dirname "$attribute"
	done
}
gadget_is() {
	d=$(gadget_dir "$1")
	[ -n "$d" ] && echo "$d" && ls "$d" && [ "$(cat "$d/authorized")" = "$2" ]
}
gadget_refused() { stays gadget_is "$1" 0 && ! ls -d "$d"/*:* 2>/dev/null; }
gadget_works() { within 5 gadget_is "$1" 1; }
# NAME WORD: the newest record about its socket has this reason.
gadget_recorded() { record_has "$2" "port=$(basename "$(gadget_dir "$1")") "; }

gadget plain 1d6b 0104 GADGET01
function_add plain c.1 mass_storage.0
plug plain
ok 'storage of the kernel: refused' gadget_refused plain
ok 'approved' approve 1d6b:0104:GADGET01 gadget
ok 'then it works' within 10 works GADGET01
unplug plain
printf 'GADGET02' >"$G/plain/strings/0x409/serialnumber"
plug plain
ok 'it comes back with another serial number: refused' gadget_refused plain
drop plain

gadget pretend 1d6b 0104 GADGET01
function_add pretend c.1 mass_storage.0
function_add pretend c.1 hid.0
plug pretend
ok 'storage and keyboard in one: refused whole, although its serial number is approved' gadget_refused pretend
ok 'recorded' gadget_recorded pretend storage-and-input
ok 'and there is no keyboard of it' no_input_device 'gadget pretend'
drop pretend

gadget hidden 1d6b 0104 GADGET01
mkdir "$G/hidden/configs/c.2"
function_add hidden c.1 hid.0
function_add hidden c.2 mass_storage.0
plug hidden
ok 'a keyboard whose second configuration is storage: refused' gadget_refused hidden
ok 'recorded' gadget_recorded hidden storage-and-input
drop hidden

gadget second 1d6b 0104 GADGET77
mkdir "$G/second/configs/c.2"
function_add second c.1 acm.0
function_add second c.2 mass_storage.0
plug second
ok 'a modem whose second configuration is storage: refused' gadget_refused second
ok 'recorded' gadget_recorded second not-listed
drop second

gadget keyboard 1d6b 0104 -
function_add keyboard c.1 hid.0
plug keyboard
ok 'a keyboard without a serial number: works' gadget_works keyboard
ok 'and has its driver' within 5 input_device 'gadget keyboard'
drop keyboard

gadget nameless 1d6b 0104 -
function_add nameless c.1 mass_storage.0
plug nameless
ok 'storage without a serial number: refused' gadget_refused nameless
ok 'recorded' gadget_recorded nameless no-serial
ok 'and it can not be approved' no approve "$(basename "$(gadget_dir nameless)")" x
drop nameless

gadget zeros 1d6b 0104 000000000000
function_add zeros c.1 mass_storage.0
plug zeros
ok 'storage with zeros for its serial number: refused' gadget_refused zeros
ok 'recorded' gadget_recorded zeros bad-serial
drop zeros

gadget hostile 1d6b 0104 "$(printf 'A\033[2J\nport=1-1 serial=GADGET01 \303\251')"
function_add hostile c.1 mass_storage.0
plug hostile
ok 'storage whose serial number moves cursors: refused' gadget_refused hostile
ok 'recorded, cleaned' gadget_recorded hostile bad-serial
told() { grep -F 'A\\x1b[2J\\x0aport=1-1 serial=GADGET01 \\xc3\\xa9' /tmp/audit; }
ok 'with its bytes told' told
drop hostile

gadget long 1d6b 0104 "$(head -c 126 /dev/zero | tr '\0' 'L' | sed 's/^L/M/')"
function_add long c.1 mass_storage.0
plug long
ok 'the longest serial number: refused' gadget_refused long
ok 'recorded' gadget_recorded long not-listed
ok 'approved by its socket' approve "$(basename "$(gadget_dir long)")" long
ok 'it works' gadget_works long
drop long

# usb-storage knows this one by its number (drivers/usb/storage/unusual_devs.h), whatever it says about itself.
# Here it may look for media after so many seconds only: a gadget that knows nothing of SCSI would hold it for minutes then.
echo 20 >/sys/module/usb_storage/parameters/delay_use
gadget disguised 03f0 0107 DISGUISE
echo 0x0200 >"$G/disguised/bcdDevice"
function_add disguised c.1 gser.0
plug disguised
ok 'a device that usb-storage takes although it says nothing of storage: refused' within 10 gadget_is disguised 0
ok 'recorded' gadget_recorded disguised not-listed
told_once() { sleep 5; sekishoctl media flush; [ "$(sekishoctl --json audit list --last 400 | grep -cF 'serial=DISGUISE"')" -eq 1 ]; }
ok 'once, and it stays out' told_once
ok 'also when everything is looked at again' sh -c "$SITE/libexec/sekisho/sekisho-media --all"
ok 'out' gadget_refused disguised
drop disguised
# The driver's name is not what it hangs on.
sed -i '/DRIVER==/d' /etc/udev/rules.d/71-sekisho-media.rules
udevadm control --reload
gadget disguised 03f0 0107 NONAME
echo 0x0200 >"$G/disguised/bcdDevice"
function_add disguised c.1 gser.0
plug disguised
ok 'nor does a driver whose name no rule has: refused' within 10 gadget_is disguised 0
drop disguised
cp $SITE/lib/udev/rules.d/71-sekisho-media.rules /etc/udev/rules.d/
udevadm control --reload
echo 0 >/sys/module/usb_storage/parameters/delay_use

# --- reader and sensor -------------------------------------------------------------------------------------------------
VENDOR=$(sed -n 's/^vendor=//p' /reader-ids)
PRODUCT=$(sed -n 's/^product=//p' /reader-ids)
names() { ls -l /dev/sekisho/ && [ "$(find /dev/sekisho -name "$1-by-path-*" | wc -l)" -eq "$2" ]; }
no_names() { [ -z "$(find /dev/sekisho -name "$1-by-path-*" 2>/dev/null)" ]; }
node_of() { printf '/dev/bus/usb/%03d/%03d' "$(cat "$(gadget_dir "$1")/busnum")" "$(cat "$(gadget_dir "$1")/devnum")"; }
gadget reader1 "$VENDOR" "$PRODUCT" -
function_add reader1 c.1 acm.0
plug reader1
ok 'our reader has a name' names reader 1
ok 'its serial line too' names reader-serial 1
first_name=$(basename "$(find /dev/sekisho -name 'reader-by-path-*')")
gadget reader2 "$VENDOR" "$PRODUCT" -
function_add reader2 c.1 gser.1
plug reader2 dummy_udc.1
ok 'two readers have two names' names reader 2
points_to() { [ "$(readlink -f "/dev/sekisho/$1")" = "$(node_of "$2")" ]; }
ok 'and the first one keeps its own' points_to "$first_name" reader1
unplug reader1
ok 'pulled out: its name goes' sh -c "[ ! -e '/dev/sekisho/$first_name' ]"
plug reader1
ok 'plugged in again: it comes back' points_to "$first_name" reader1
drop reader1
drop reader2
gadget sensor 05ba 000a -
function_add sensor c.1 gser.0
plug sensor
group_is() { stat -c '%G %a' "$(node_of "$1")" && [ "$(stat -c '%g %a' "$(node_of "$1")")" = "$2" ]; }
sleeps() { [ "$(cat "$(gadget_dir sensor)/power/control")" = auto ]; }
ok 'a sensor belongs to the daemon and to nobody else' group_is sensor '64017 660'
ok 'has a name' names sensor 1
ok 'and may sleep' sleeps
drop sensor
ok 'pulled out: no name is left' within 5 no_names sensor
gadget strange 1234 5678 -
function_add strange c.1 gser.0
plug strange
ok 'a sensor of another make stays root' group_is strange '0 664'
ok 'and has no name' no_names sensor
drop strange
