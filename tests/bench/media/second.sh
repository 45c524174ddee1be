# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# Second boot: the list of the first one is there, the stick that it approves too, and one that it doesn't.
# shellcheck source=lib.sh
. /site/lib.sh

spooled_two() { grep -la COLD0001 /run/sekisho-media/* && grep -la COLD0008 /run/sekisho-media/*; }

ok 'C-MEDIA: at boot both sticks had block devices before udev ran' sh -c 'grep -q sda /tmp/blocks-before-udev && grep -q sdb /tmp/blocks-before-udev'
ok 'the approved one goes on' works COLD0001
ok 'the other one is taken away' refused COLD0008
ok 'both are records to come' spooled_two
# The system sleeps: devices stay what they were.
asleep() { echo devices >/sys/power/pm_test && echo freeze >/sys/power/state; }
ok 'suspend and resume' asleep
ok 'the approved one works on' within 15 works COLD0001
ok 'the other one does not come back' refused COLD0008
ok 'the keyboard works on' input_device 'QEMU USB Keyboard'
host plug hot
ok 'what was approved in the first boot is approved here' within 15 works HOT0002
# The program is gone: nothing gets in.
mv /run/sekisho-bench/libexec/sekisho/sekisho-media /tmp/
host unplug hot
within 10 gone HOT0002
host plug hot
ok 'without sekisho-media nothing that is plugged in is used' within 10 refused HOT0002
mv /tmp/sekisho-media /run/sekisho-bench/libexec/sekisho/
finish
