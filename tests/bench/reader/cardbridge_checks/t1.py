# SPDX-License-Identifier: Apache-2.0
"""T=1 without errors (11)."""
import time

from cardbridge_checks.scenarios import scenario
from cardbridge_checks.wire import SELECT, atr_t1, block, crc, h, i_block, r_block, spoilt


@scenario()
def t1_exchange(b):
    """A.3.1: I-blocks in turn."""
    b.start()
    for n in range(4):
        b.exchange(i_block(n & 1, SELECT + bytes([n])), i_block(n & 1, h("9000")))
        b.apdu(SELECT + bytes([n]))


@scenario("--protocol", "t1", "--ifsc", "16")
def t1_chain_to_the_card(b):
    b.start(atr_t1(16))
    data = bytes(range(40))
    b.exchange(i_block(0, data[:16], True), r_block(1))
    b.exchange(i_block(1, data[16:32], True), r_block(0))
    b.exchange(i_block(0, data[32:]), i_block(0, h("9000")))
    b.apdu(data)


@scenario()
def t1_chain_from_the_card(b):
    """IFSD is 32 until it is told otherwise (11.4.3)."""
    b.start()
    rsp = bytes(range(70)) + h("9000")
    b.emulator.always(rsp)
    b.exchange(i_block(0, SELECT), i_block(0, rsp[:32], True))
    b.exchange(r_block(1), i_block(1, rsp[32:64], True))
    b.exchange(r_block(0), i_block(0, rsp[64:]))
    b.exchange(i_block(1, SELECT), i_block(1, rsp[:32], True))


@scenario()
def t1_ifs_request_from_the_reader(b):
    b.start()
    rsp = bytes(200) + h("9000")
    b.emulator.always(rsp)
    b.exchange(block(0xC1, h("FE")), block(0xE1, h("FE")))
    b.exchange(i_block(0, SELECT), i_block(0, rsp))


@scenario("--protocol", "t1", "--ifsc", "16", "--ifs-request", "64")
def t1_ifs_request_from_the_card(b):
    b.start(atr_t1(16))
    b.exchange(i_block(0, SELECT), block(0xC1, h("40")))
    b.exchange(block(0xE1, h("40")), i_block(0, h("9000")))
    b.exchange(i_block(1, bytes(64)), i_block(1, h("9000")))


@scenario("--wtx", "1", "--wtx-ms", "200")
def t1_wtx(b):
    b.start()
    b.exchange(i_block(0, SELECT), block(0xC3, h("02")))  # BWI 1: BWT 200 ms
    begin = time.monotonic()
    b.exchange(block(0xE3, h("02")), i_block(0, h("9000")))
    assert time.monotonic() - begin >= 0.19


@scenario("--wtx-forever", "1")
def t1_wtx_for_ever(b):
    b.start()
    b.exchange(i_block(0, SELECT), block(0xC3, h("01")))
    for _ in range(20):
        b.exchange(block(0xE3, h("01")), block(0xC3, h("01")))


@scenario()
def t1_wtx_for_a_slow_emulator(b):
    b.start()
    b.emulator.slow = 0.25  # BWT is 200 ms
    b.send(i_block(0, SELECT))
    asked = 0
    while True:
        got = b.read(b.card, 5, 1)
        if got[:3] != h("00C301"):
            break
        asked += 1
        b.send(block(0xE3, got[3:4]))
    assert asked >= 2 and got + b.read(b.card, 1, 1) == i_block(0, h("9000")), (asked, got.hex())


@scenario()
def t1_nad_is_turned(b):
    """11.3.2.1"""
    b.start()
    b.exchange(i_block(0, SELECT, nad=0x21), i_block(0, h("9000"), nad=0x12))


@scenario("--protocol", "t1", "--edc", "crc")
def t1_crc(b):
    b.start(atr_t1(more=b"\x01", extra=0x40))
    b.exchange(h("00C101FE544E"), h("00E101FE5775"))  # as seen on libccid's wire
    b.exchange(i_block(0, SELECT, edc=crc), i_block(0, h("9000"), edc=crc))
    b.exchange(spoilt(i_block(1, SELECT, edc=crc)), r_block(1, 1, edc=crc))


@scenario()
def t1_long_apdus(b):
    b.start()
    command = h("00DB3FFF001000") + bytes(4096)
    rsp = bytes(i & 0xFF for i in range(5000)) + h("9000")
    b.emulator.always(rsp)
    b.exchange(block(0xC1, h("FE")), block(0xE1, h("FE")))
    ns = 0
    for at in range(0, len(command), 254):
        more = at + 254 < len(command)
        b.send(i_block(ns, command[at:at + 254], more))
        ns ^= 1
        if more:
            b.expect(r_block(ns))
    got, nr = b"", 0
    while True:
        head = b.read(b.card, 3, 2)
        assert head[1] >> 6 == nr, head.hex()
        got += b.read(b.card, head[2] + 1, 2)[:-1]
        nr ^= 1
        if not head[1] & 0x20:
            break
        b.send(r_block(nr))
    assert got == rsp
    b.apdu(command)
