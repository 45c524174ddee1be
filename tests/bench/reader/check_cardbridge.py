#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Drives cardbridge byte by byte, as the reader on both its wires and as the emulator on its vpcd port.

usage: check_cardbridge.py PROGRAM [NAME...]

What is expected is written from ISO/IEC 7816-3:2006 (Annex A's scenarios as far as the card acts in them), not from
the program; it stands in cardbridge_checks/, a file a topic. Prints "ok NAME" or "FAIL NAME: why" for each scenario
and "N passed, N failed" at the end.
"""
import importlib
import sys
import tempfile

from cardbridge_checks import TOPICS
from cardbridge_checks.bench import Bench
from cardbridge_checks.scenarios import SCENARIOS


def run(program, options, function):
    """One scenario on a bench of its own; what goes wrong is raised."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(program, options, folder)
        try:
            function(bench)
            assert bench.bridge.poll() is None, "the bridge ended"
        finally:
            bench.close()


def main():
    program, names = sys.argv[1], sys.argv[2:]
    passed = failed = 0
    for topic in TOPICS:
        importlib.import_module("cardbridge_checks." + topic)
    for name, options, function in SCENARIOS:
        if names and name not in names:
            continue
        try:
            run(program, options, function)
            print("ok", name)
            passed += 1
        except (AssertionError, OSError, IndexError) as error:
            print(f"FAIL {name}: {error!r}")
            failed += 1
        sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
