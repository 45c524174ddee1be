# SPDX-License-Identifier: Apache-2.0
"""T=0 (10.3, 12.2)."""
import time

from cardbridge_checks.scenarios import scenario
from cardbridge_checks.wire import SELECT, atr_t0, h

T0 = ("--protocol", "t0")


@scenario(*T0)
def t0_case_1(b):
    b.start(atr_t0())
    b.exchange(h("0020008000"), h("9000"))
    b.apdu(h("00200080"))


@scenario(*T0)
def t0_case_2(b):
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: bytes(range(apdu[4])) + h("9000")
    b.exchange(h("00B0000010"), h("B0") + bytes(range(16)) + h("9000"))
    b.apdu(h("00B0000010"))


@scenario(*T0)
def t0_case_2_256(b):
    b.start(atr_t0())
    rsp = bytes(range(256)) + h("6103")
    b.emulator.always(rsp)
    b.exchange(h("00B0000000"), h("B0") + rsp)


@scenario(*T0)
def t0_case_2_wrong_le(b):
    """12.2.3: 6Cxx, then the same header with xx. The emulator is asked once: its data may be gone."""
    b.start(atr_t0())
    b.emulator.always(h("0102039000"))
    b.exchange(h("00B0000000"), h("6C03"))
    b.exchange(h("00B0000003"), h("B00102039000"))
    assert len(b.emulator.apdus) == 1


@scenario(*T0)
def t0_case_2_error(b):
    b.start(atr_t0())
    b.emulator.always(h("6A82"))
    b.exchange(h("00B0000000"), h("6A82"))


@scenario(*T0)
def t0_case_3(b):
    b.start(atr_t0())
    b.exchange(h("0020008004"), h("20"))
    b.exchange(h("31323334"), h("9000"))
    b.apdu(h("002000800431323334"))


@scenario(*T0)
def t0_case_4(b):
    """12.2.5: 61xx, GET RESPONSE; the emulator sees Le = 00."""
    b.start(atr_t0())
    b.emulator.always(h("6F0284009000"))
    b.exchange(SELECT[:5], h("A4"))
    b.exchange(SELECT[5:], h("6104"))
    b.apdu(SELECT + h("00"))
    b.exchange(h("00C0000004"), h("C06F0284009000"))


@scenario(*T0)
def t0_get_response_in_pieces(b):
    b.start(atr_t0())
    data = bytes(i & 0xFF for i in range(300))
    b.emulator.always(data + h("6282"))
    b.exchange(h("00CB3FFF03"), h("CB"))
    b.exchange(h("5C0100"), h("6100"))
    b.exchange(h("00C0000000"), h("C0") + data[:256] + h("612C"))
    b.exchange(h("00C0000030"), h("6C2C"))
    b.exchange(h("00C0000004"), h("C0") + data[256:260] + h("6128"))
    b.exchange(h("00C0000028"), h("C0") + data[260:] + h("6282"))


@scenario(*T0)
def t0_response_is_lost_by_another_command(b):
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: h("6F029000") if apdu[1] == 0xA4 else h("6985")
    b.exchange(SELECT[:5], h("A4"))
    b.exchange(SELECT[5:], h("6102"))
    b.exchange(h("0020008000"), h("6985"))
    b.exchange(h("00C0000002"), h("6985"))
    b.apdu(h("00C0000002"))


@scenario(*T0, "--t0-one-by-one")
def t0_one_by_one(b):
    """10.3.3: the complement of INS asks for one byte."""
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: h("AABB9000") if apdu[1] == 0xB0 else h("9000")
    b.exchange(h("0020008003"), h("DF"))
    b.exchange(h("31"), h("DF"))
    b.exchange(h("32"), h("DF"))
    b.exchange(h("33"), h("9000"))
    b.apdu(h("0020008003313233"))
    b.exchange(h("00B0000002"), h("4FAA4FBB9000"))


@scenario(*T0, "--nulls", "3")
def t0_nulls(b):
    b.start(atr_t0())
    b.exchange(h("0020008004"), h("60606020"))
    b.exchange(h("31323334"), h("9000"))


@scenario(*T0, "--wtx", "1", "--wtx-ms", "500")
def t0_waiting(b):
    b.start(atr_t0())
    begin = time.monotonic()
    b.send(h("0020008000"))
    got = b""
    while not got.endswith(h("9000")):
        part = b.read(b.card, 1, 1)
        assert part, got.hex()
        got += part
    assert time.monotonic() - begin >= 0.49 and len(got) >= 4 and set(got[:-2]) == {0x60}, got.hex()


@scenario(*T0)
def t0_slow_emulator(b):
    b.start(atr_t0())
    b.emulator.slow = 1.2
    b.send(h("0020008000"))
    got = b.read(b.card, 4, 2)
    assert got == h("60609000"), got.hex()


@scenario(*T0)
def t0_envelope(b):
    """12.2: an APDU of case 4 extended comes in ENVELOPEs; its response by GET RESPONSE."""
    b.start(atr_t0())
    apdu = h("00DB3FFF00012C") + bytes(300) + h("0000")
    b.emulator.always(bytes(5) + h("9000"))
    b.exchange(h("00C20000FF"), h("C2"))
    b.exchange(apdu[:255], h("9000"))
    assert b.emulator.apdus == []
    b.exchange(h("00C20000") + bytes([len(apdu) - 255]), h("C2"))
    b.exchange(apdu[255:], h("6105"))
    b.apdu(apdu)
    b.exchange(h("00C0000005"), h("C00000000000") + h("9000"))


@scenario(*T0)
def t0_no_ins(b):
    b.start(atr_t0())
    b.exchange(h("0060000000"), h("6D00"))
    b.exchange(h("0090000000"), h("6D00"))
    assert b.emulator.apdus == []


@scenario(*T0)
def t0_unknown_ins(b):
    """Which way the data go is found out from the reader."""
    b.start(atr_t0())
    b.exchange(h("8036000003"), h("36"))
    b.exchange(h("010203"), h("9000"))
    b.apdu(h("803600000301020300"))
    b.emulator.answer = lambda apdu: bytes(apdu[4]) + h("9000")
    b.exchange(h("8034000003"), h("340000009000"))
    b.apdu(h("8034000003"))


@scenario(*T0, "--t0-out", "34", "--t0-in", "36")
def t0_told_directions(b):
    b.start(atr_t0())
    b.emulator.always(h("01029000"))
    b.exchange(h("8034000000"), h("6C02"))
    b.exchange(h("8034000002"), h("3401029000"))


@scenario(*T0)
def t0_case_3_where_le_is_wrong(b):
    """A command without response data that dislikes Le is tried without."""
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: h("9000") if len(apdu) == 8 else h("6700")
    b.exchange(h("8050000003"), h("50"))
    b.exchange(h("010203"), h("9000"))
