# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The guest's start for tests/e2e/media.sh, instead of the reader's: USB is up and its drivers are bound before udev runs, as on a
# machine whose initramfs has them. Then our rules, udev's coldplug, and the checks of this boot.
modprobe xhci_pci
# It looks for media at once, not a second later: nothing has to be waited for to see that there is none.
modprobe usb_storage delay_use=0
modprobe uas
modprobe sd_mod
modprobe usbhid
modprobe evdev
ticks=50
until [ -e /sys/block/sda ] || [ $ticks -eq 0 ]; do
	sleep 0.2
	ticks=$((ticks - 1))
done
cp -a /site/run/sekisho-bench /run/
mkdir -p /etc/udev/rules.d /etc/sekisho /var/lib
cp /run/sekisho-bench/lib/udev/rules.d/*.rules /etc/udev/rules.d/
cp /site/authority.pem /etc/sekisho/denylist-authority.pem
chmod 0644 /etc/sekisho/denylist-authority.pem
echo 'sekisho:x:64017:64017::/tmp:/bin/sh' >>/etc/passwd
echo 'sekisho:x:64017:' >>/etc/group
echo 'sekisho:*:19000:0:99999:7:::' >>/etc/shadow
if [ -e /site/list ]; then
	install -d -m 0700 /var/lib/sekisho-media
	install -m 0600 /site/list /var/lib/sekisho-media/list
fi
ls /sys/block >/tmp/blocks-before-udev
/lib/systemd/systemd-udevd --daemon
udevadm trigger --type=subsystems --action=add
udevadm trigger --type=devices --action=add
udevadm settle --timeout=30
# shellcheck disable=SC1090
cd /tmp && . "/site/$(cat /site/boot).sh"
poweroff -f
