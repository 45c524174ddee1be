# SPDX-License-Identifier: Apache-2.0
"""Power, reset, presence."""
import time

from cardbridge_checks.scenarios import scenario
from cardbridge_checks.vpcd import Emulator
from cardbridge_checks.wire import SELECT, h


@scenario()
def atr_is_the_emulators(b):
    b.start()
    assert b.emulator.controls == [1], b.emulator.controls


@scenario()
def warm_reset(b):
    b.start()
    b.command(h("30"), 0xB0)
    b.send(SELECT)
    b.command(h("31"), 0xB1)
    b.expect(b.emulator.atr)
    assert b.emulator.controls == [1, 2], b.emulator.controls


@scenario()
def power_off_and_on(b):
    b.start()
    b.command(h("20"), 0xA0)
    b.send(h("00C000C0"))
    b.silent()
    b.start()
    assert b.emulator.controls == [1, 0, 1], b.emulator.controls


@scenario()
def gaps_around_answers(b):
    b.timing()
    begin = time.monotonic()
    b.command(h("1001"), 0x90)
    assert time.monotonic() - begin >= 0.019
    b.command(h("31"), 0xB1)
    begin = time.monotonic()
    b.expect(b.emulator.atr)
    assert time.monotonic() - begin >= 0.018


@scenario()
def emulator_leaves(b):
    b.start()
    b.emulator.leave()
    b.expect_control(0)
    b.command(h("1001"), 0x91)
    b.emulator = Emulator(b.port, b.emulator.atr)
    b.expect_control(1)
    b.start()


@scenario()
def pull_and_insert(b):
    b.start()
    b.ctl("pull")
    b.expect_control(0)
    b.command(h("1001"), 0x91)
    b.ctl("insert")
    b.expect_control(1)
    b.start()


@scenario("--classes", "B")
def class_refused(b):
    b.command(h("1001"), 0x91)
    b.command(h("1003"), 0x91)
    b.command(h("1002"), 0x90)


@scenario()
def reader_comes_back(b):
    b.start()
    b.control.close()
    b.card.close()
    b.connect()
    b.start()
    assert b.emulator.controls == [1, 0, 1], b.emulator.controls


@scenario()
def empty_atr_is_no_card(b):
    b.emulator.atr = b""
    b.expect_control(0)
