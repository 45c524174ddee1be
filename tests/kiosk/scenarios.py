#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Runs the scenarios named, or all, in order, on one terminal. A line a check; last line: N passed, M failed.
`--lanes`: prints the scenarios' names, a line for each terminal among which all are shared out."""
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import Failure  # noqa: E402
from terminal import Terminal  # noqa: E402
import steps  # noqa: E402


class Checks:
    def __init__(self, terminal):
        self.terminal, self.passed, self.failed, self.begun = terminal, 0, 0, time.monotonic()

    def ok(self, name, condition, why=''):
        good = bool(condition)
        print(('ok   ' if good else 'FAIL ') + name + f'   # {time.monotonic() - self.begun:.0f} s', flush=True)
        if good:
            self.passed += 1
        else:
            self.failed += 1
            # What takes time to look up is looked up now only.
            print(f'     | {why() if callable(why) else why}', flush=True)

    def scenario(self, name, function):
        print(f'-- {name}', flush=True)
        try:
            function(self.terminal, self.ok)
        except Failure as e:
            self.ok(f'{name}: comes to its end', False, e)
            self.begin_anew()
        except Exception:  # noqa: BLE001  a fault of the tests counts as a failure of the test
            self.ok(f'{name}: comes to its end', False, traceback.format_exc())
            self.begin_anew()

    def begin_anew(self):
        """What a step left half done would fail those behind it as well."""
        t = self.terminal
        try:
            t.cut()
            t.card_out()
            t.plug_back()
            t.boot()
        except Exception:  # noqa: BLE001  the next step says it
            traceback.print_exc(file=sys.stdout)


def main():
    if sys.argv[1:] == ['--lanes']:
        print(*[n for n in steps.ALL if n not in steps.BESIDE])
        print(*[n for n in steps.ALL if n in steps.BESIDE])
        return 0
    wanted = (os.environ.get('KIOSK') or '').split() or list(steps.ALL)
    if set(wanted) - set(steps.ALL):
        print('KIOSK: no step', *sorted(set(wanted) - set(steps.ALL)), file=sys.stderr)
        return 2
    terminal = Terminal()
    terminal.new_disk()
    checks = Checks(terminal)
    try:
        for name, function in steps.ALL.items():
            # The first prepares the terminal; without it there is nothing to test.
            if name == 'prepare' or name in wanted:
                checks.scenario(name, function)
                if name == 'prepare' and checks.failed:
                    break
    finally:
        terminal.cut()
    print(f'{checks.passed} passed, {checks.failed} failed')
    return 1 if checks.failed else 0


if __name__ == '__main__':
    sys.exit(main())
