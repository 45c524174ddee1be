#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Approved media and the rules for reader and sensor, on a Debian guest in QEMU: its own kernel, its udev, QEMU's USB devices and
# the kernel's gadgets. Two boots: without a list, and with the list that the first one made. Needs root.
#
#   guest: udev -> sekisho-media        <- second serial line ->   guesthost.py -> QMP -> sticks, keyboards, hubs
# shellcheck source=../bench/lib-pcscd.sh
. "$(dirname "$0")/../bench/lib-pcscd.sh"
BENCH_TOP=$(cd "$(dirname "$0")/../.." && pwd)
BENCH_GUEST=${BENCH_GUEST:-$BENCH_TOP/build/guest}
# The mirror is out of reach inside the namespace.
if [ -z "${BENCH_ENTERED:-}" ]; then
	"$BENCH_TOP/tests/bench/reader/guest/mkguest.sh" "$BENCH_GUEST" || { echo '0 passed, 1 failed'; exit 1; }
fi
bench_enter "$@"
BOOT_SECONDS=600
PASSED=0 FAILED=0
GUEST_PID='' HOST_PID=''
cd "$BENCH_TMP" || exit 99

bench_on_exit() {
	[ -z "$GUEST_PID" ] || kill "$GUEST_PID" 2>/dev/null
	[ -z "$HOST_PID" ] || kill "$HOST_PID" 2>/dev/null
	return 0
}

# Keys, a CA, and our programs.
site_make() {
	local site=$BENCH_TMP/site

	mkdir -p "$site/site"
	{
		openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$site/site/authority.key" &&
			openssl pkey -in "$site/site/authority.key" -pubout -out "$site/site/authority.pem" &&
			openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out "$site/site/ca.crt" \
				-subj '/CN=SEKISHO TEST CA' -days 30 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
	} >openssl.log 2>&1 || bench_fail 'no keys'
	make -s -C "$BENCH_TOP" ${SITE_MAKE_FLAGS:-} B="${SITE_BUILD:-build/test}" CONFIG_VIRTUAL_SENSOR=y CONFIG_VIRTUAL_CARD=y \
		prefix=/run/sekisho-bench DESTDIR="$site/site" install >install.log 2>&1 || bench_fail 'make install failed'
	cp "$BENCH_TOP"/tests/bench/media/*.sh "$site/site/"
}

initrd_make() {
	(cd site && find . -print0 | cpio -0 -o -H newc -R 0:0 2>/dev/null) | cat "$BENCH_GUEST/initrd" - >initrd
}

# NAME FILE SERIAL: a stick's arguments.
cat >devices.json <<JSON
{
	"hot": [{ "driver": "usb-storage", "id": "hot", "drive": "d-hot", "serial": "HOT0002" }],
	"twin": [{ "driver": "usb-storage", "id": "twin", "drive": "d-twin", "serial": "TWIN0003" }],
	"uas": [{ "driver": "usb-uas", "id": "uas", "serial": "UAS00004" },
		{ "driver": "scsi-hd", "id": "uasdisk", "bus": "uas.0", "drive": "d-uas" },
		{ "path": "uas", "property": "attached", "value": true }],
	"mtp": [{ "driver": "usb-mtp", "id": "mtp", "rootdir": "$BENCH_TMP/telephone", "serial": "MTP00005" }],
	"kbd": [{ "driver": "usb-kbd", "id": "kbd", "serial": "KBD00006" }],
	"hub": [{ "driver": "usb-hub", "id": "hub", "bus": "xhci.0", "port": "12" }],
	"behind": [{ "driver": "usb-storage", "id": "behind", "bus": "xhci.0", "port": "12.1", "drive": "d-behind", "serial": "BEHIND07" }]
}
JSON
mkdir telephone
for disk in cold cold2 hot twin uas behind; do truncate -s 4M "$disk.img"; done

# NODE FILE: what goes on being there when the device that uses it is pulled out.
disk() { echo "-blockdev driver=raw,node-name=$1,file.driver=file,file.filename=$BENCH_TMP/$2.img"; }

# BOOT ARGUMENTS…
# shellcheck disable=SC2046  # disk's words are several
guest_run() {
	echo "$1" >site/site/boot
	shift
	initrd_make
	rm -f cmd.in cmd.out qmp console
	mkfifo cmd.in cmd.out
	timeout $BOOT_SECONDS qemu-system-x86_64 -accel tcg,thread=multi -cpu max -M q35 -m 768 -display none -nodefaults -no-reboot \
		-kernel "$BENCH_GUEST/vmlinuz" -initrd initrd -append 'console=ttyS0 quiet loglevel=3 panic=-1' \
		-serial file:console -chardev pipe,id=cmd,path=cmd -serial chardev:cmd -qmp unix:qmp,server=on,wait=off \
		-device qemu-xhci,id=xhci,p2=12,p3=12 -device usb-kbd,bus=xhci.0,port=1 \
		$(disk d-cold cold) -device usb-storage,bus=xhci.0,port=2,drive=d-cold,serial=COLD0001 \
		$(disk d-hot hot) $(disk d-twin twin) \
		$(disk d-uas uas) $(disk d-behind behind) \
		"$@" >guest.log 2>&1 &
	GUEST_PID=$!
	for _ in $(seq 50); do
		[ ! -S qmp ] || break
		sleep 0.1
	done
	"$BENCH_TOP/tests/bench/media/guesthost.py" qmp cmd.in cmd.out devices.json 2>>host.log &
	HOST_PID=$!
	wait $GUEST_PID
	GUEST_PID=''
	kill $HOST_PID 2>/dev/null
	wait $HOST_PID 2>/dev/null
	HOST_PID=''
}

# BOOT: the guest's lines become ours; a guest that did not get to its sum is a failure.
relay() {
	local sum

	tr -d '\r' <console | grep -aE '^(ok  |FAIL|     \|)' | sed "s/^\(ok  \|FAIL\) /\1 $1: /"
	sum=$(tr -d '\r' <console | grep -aoE '^guest: [0-9]+ passed, [0-9]+ failed')
	if [ -z "$sum" ]; then
		printf 'FAIL %s: the guest did not come to its end\n' "$1"
		tail -n 20 console guest.log host.log
		FAILED=$((FAILED + 1))
		return
	fi
	PASSED=$((PASSED + $(cut -d' ' -f2 <<<"$sum")))
	FAILED=$((FAILED + $(cut -d' ' -f4 <<<"$sum")))
}

site_make
guest_run first
relay first
# The first boot has written its list to the stick.
length=$(tr -d '\r' <console | sed -n 's/^length //p')
if [ -n "$length" ]; then
	head -c "$length" cold.img >site/site/list
	# shellcheck disable=SC2046
	guest_run second $(disk d-cold2 cold2) \
		-device usb-storage,bus=xhci.0,port=3,drive=d-cold2,serial=COLD0008
	relay second
else
	echo 'FAIL second: the first boot left no list'
	FAILED=$((FAILED + 1))
fi
[ -z "${BENCH_CONSOLE:-}" ] || cp console guest.log host.log "$BENCH_CONSOLE/"
printf '%d passed, %d failed\n' $PASSED $FAILED
[ $FAILED -eq 0 ]
