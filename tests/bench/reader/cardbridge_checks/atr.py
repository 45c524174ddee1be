# SPDX-License-Identifier: Apache-2.0
"""The ATR, good and bad ones (8)."""
from cardbridge_checks.scenarios import scenario
from cardbridge_checks.wire import HIST, SELECT, atr_t0, h, inverse, lrc


@scenario("--protocol", "t1", "--ifsc", "32", "--bwi", "2", "--cwi", "3", "--edc", "crc", "--ta1", "95", "--tc1", "FF")
def atr_made_t1(b):
    body = bytes([0xD0 | len(HIST), 0x95, 0xFF, 0x81, 0x71, 32, 0x23, 0x01]) + HIST
    b.start(b"\x3B" + body + lrc(body))


@scenario("--protocol", "t0", "--ta1", "18", "--ta2", "10")
def atr_made_t0_specific(b):
    b.start(bytes([0x3B, 0x90 | len(HIST), 0x18, 0x10, 0x10]) + HIST)
    b.send(h("FF1018F7"))
    b.silent()


@scenario("--protocol", "both")
def atr_made_both(b):
    body = bytes([0x80 | len(HIST), 0x80, 0x31, 0xFE, 0x45]) + HIST
    b.start(b"\x3B" + body + lrc(body))
    b.exchange(SELECT[:5], h("A4"))  # no PPS: the first protocol, T=0


@scenario("--protocol", "t0", "--inverse")
def inverse_convention(b):
    b.power()
    b.expect(h("03"))
    b.silent(0.2)
    b.timing(inverse=True)
    b.expect(atr_t0()[1:])
    b.exchange(h("00A4040000"), h("9000"))
    b.apdu(h("00A40400"))


@scenario("--protocol", "t0", "--inverse")
def inverse_convention_flag_never_set(b):
    b.power()
    b.expect(inverse(b"\x3F" + atr_t0()[1:]))
    b.exchange(inverse(h("00A4040000")), inverse(h("9000")))


@scenario("--bad-atr", "tck")
def bad_atr_tck(b):
    atr = b.emulator.atr
    b.power()
    got = b.read(b.card, len(atr), 1)
    assert got[:-1] == atr[:-1] and len(got) == len(atr) and lrc(got[1:]) != b"\0"


@scenario("--bad-atr", "ts")
def bad_atr_ts(b):
    b.power()
    assert b.read(b.card, 1, 1) not in (b"\x3B", b"\x3F", b"\x03", b"")


@scenario("--bad-atr", "short")
def bad_atr_short(b):
    b.power()
    got = b.read(b.card, 99, 0.5)
    assert 2 <= len(got) < len(b.emulator.atr) and b.emulator.atr.startswith(got)


@scenario("--bad-atr", "long")
def bad_atr_long(b):
    b.power()
    assert len(b.read(b.card, 99, 0.5)) > 33


@scenario("--bad-atr", "mute")
def bad_atr_mute(b):
    b.power()
    b.silent(0.6)
    b.ctl("bad-atr", "good")
    b.command(h("20"), 0xA0)
    b.start()


@scenario("--babble", "1")
def babble(b):
    b.power()
    assert len(b.read(b.card, 200, 2)) == 200
    b.command(h("20"), 0xA0)
    b.read(b.card, 4096, 0.1)
    b.silent()
