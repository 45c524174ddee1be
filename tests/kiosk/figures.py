#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Figures of a whole terminal beside their aims: boot to a prompt with and without Sekisho, in turns; what stays resident."""
import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import steps  # noqa: E402
from terminal import Terminal  # noqa: E402

BOOTS = int(os.environ.get('BOOTS', '5'))
MEMORY_AIM_KIB = 20 * 1024
# Proportional set size (a page shared by N counts for 1/N); those of the daemon's user, and pcscd, which stays because sekisho-watch listens to it.
PSS = r"""for p in $(pgrep -u sekisho) $(pgrep -x pcscd); do
    printf '%s %s\n' "$(cat /proc/$p/comm)" "$(awk '/^Pss:/ { n += $2 } END { print n }' /proc/$p/smaps_rollup)"; done"""


def boot_seconds(terminal, disk):
    terminal.new_disk(disk)
    terminal.boot()
    seconds = terminal.booted
    terminal.stop()
    return seconds


def measure(terminal):
    failures = []

    def must(name, condition, why=''):
        if not condition:
            failures.append(f'{name}: {why}')

    terminal.new_disk()
    steps.prepare(terminal, must)
    must('log-in', terminal.log_in('yamada') == 'shell')
    terminal.log_out()
    rows = [line.split() for line in terminal.must(PSS).splitlines()]
    terminal.stop()
    prepared = terminal.path('prepared.qcow2')
    os.rename(terminal.disk, prepared)
    if failures:
        print('\n'.join(failures))
        return 1
    total = sum(int(kib) for _, kib in rows)
    print('resident after a log-in (PSS): ' + ', '.join(f'{name} {int(kib):,} KiB' for name, kib in rows))
    print(f'{"met   " if total <= MEMORY_AIM_KIB else "MISSED"} in all {total / 1024:.1f} MiB, aim at most {MEMORY_AIM_KIB // 1024} MiB')
    plain, ours = [], []
    for _ in range(BOOTS):
        plain.append(boot_seconds(terminal, os.path.join(terminal.folder, 'plain.img')))
        ours.append(boot_seconds(terminal, prepared))
    a, b = statistics.median(plain), statistics.median(ours)
    print(f'power on to a log-in prompt, median of {BOOTS} in turns: without Sekisho {a:.1f} s, with {b:.1f} s ({b / a:.2f} times)')
    return 0


def main():
    terminal = Terminal()
    terminal.processors = 2
    try:
        return measure(terminal)
    finally:
        terminal.cut()


if __name__ == '__main__':
    sys.exit(main())
