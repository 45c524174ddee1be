#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Commands of all four cases and many lengths to vicc's card (Debian's vsmartcard-vpicc, type iso7816), over pcscd.

usage: vicc_cases.py CHECK [--get-response] [--every]

CHECK is protocol0, protocol1, atr, case1 … case4, cipher. --get-response: TPDU level over T=0, where case 4 is the
application's to take apart. --every: each length there is, instead of those around the limits. Ends in 1 and says what
went wrong, or in 0.

The card has a file system, so what was sent comes back: APPEND RECORD (case 3) keeps what READ RECORD (case 2) gives,
ERASE RECORD (case 1) empties it. Case 4 uses that this card does not mind Le after UPDATE BINARY, nor data in READ
BINARY. INTERNAL AUTHENTICATE (case 4) enciphers 8 bytes at a time: what it makes of many must be what it makes of each.
"""
import os
import sys

from pcsclite import PROTOCOL_T0, PROTOCOL_T1, Card

LENGTHS = (1, 2, 15, 16, 17, 31, 32, 33, 127, 128, 253, 254, 255)
RECORDS, BINARY, BINARY_LEN = b"\x44\x01", b"\x44\x02", 600
DONE, END_OF_FILE, NOT_FOUND = b"\x90\x00", b"\x62\x82", b"\x6A\x83"
CURRENT = 0
get_response = False


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got.hex()}, not {wanted.hex()}")


def noise(length):
    return os.urandom(length)


def read(card, number, le, reference=4):
    return card.transmit(bytes((0, 0xB2, number, reference, le)))


def case4(card, header, data, le):
    """Data and status word; Le 256 is 0 in the command."""
    command = header + bytes((len(data),)) + data
    if not get_response:
        return card.transmit(command + bytes((le % 256,)))
    answer = card.transmit(command)
    if len(answer) == 2 and answer[0] == 0x61:
        return card.transmit(b"\x00\xC0\x00\x00" + bytes((min(le, answer[1] or 256) % 256,)))
    return answer


def file_select(card, fid, descriptor):
    """The file is the current one, made if need be."""
    expect("SELECT MF", card.transmit(b"\x00\xA4\x00\x0C\x02\x3F\x00"), DONE)
    if card.transmit(b"\x00\xA4\x00\x0C\x02" + fid) == DONE:
        return
    fcp = descriptor + b"\x83\x02" + fid
    command = b"\x62" + bytes((len(fcp),)) + fcp
    expect("CREATE FILE", card.transmit(b"\x00\xE0\x00\x00" + bytes((len(command),)) + command), DONE)


def records_select(card):
    file_select(card, RECORDS, b"\x82\x04\x04\x01\x01\x00")


def append(card, data):
    """Case 3. The new record, at the end, is the current one."""
    expect(f"APPEND RECORD of {len(data)}", card.transmit(bytes((0, 0xE2, 0, 0, len(data))) + data), DONE)


def last_record(card):
    """Its number, by asking for a byte of some."""
    low, high = 1, 254
    while low < high:
        middle = (low + high + 1) // 2
        if read(card, middle, 1) == NOT_FOUND:
            high = middle - 1
        else:
            low = middle
    return low


def check_case1(card, _lengths):
    records_select(card)
    data = noise(20)
    append(card, data)
    expect("before", read(card, CURRENT, 20), data + DONE)
    expect("ERASE RECORD", card.transmit(bytes((0, 0x0C, CURRENT, 4))), DONE)
    expect("after", read(card, CURRENT, 20), END_OF_FILE)


def check_case2(card, lengths):
    """From the last record but one to the end: more than the longest answer."""
    records_select(card)
    whole = noise(500)
    append(card, whole[:250])
    append(card, whole[250:])
    first = last_record(card) - 1
    for n in [*lengths, 256]:
        expect(f"READ RECORD, Le {n}", read(card, first, n % 256, 5), whole[:n] + DONE)


def check_case3(card, lengths):
    records_select(card)
    for n in lengths:
        data = noise(n)
        append(card, data)
        expect(f"READ RECORD of {n}", read(card, CURRENT, n), data + DONE)


def check_case4(card, lengths):
    """Each Lc, with each length of answer."""
    file_select(card, BINARY, b"\x82\x01\x01\x80\x02" + BINARY_LEN.to_bytes(2, "big"))
    content = noise(BINARY_LEN)
    for at in range(0, BINARY_LEN, 200):
        expect("UPDATE BINARY", case4(card, b"\x00\xD6" + at.to_bytes(2, "big"), content[at:at + 200], 256), END_OF_FILE)
    for n, le in zip(lengths, reversed([n + 1 for n in lengths])):
        got = case4(card, bytes((0, 0xB0, 0, n)), noise(n), le)
        expect(f"READ BINARY, Lc {n}, Le {le}", got[:-2], content[n:n + le])
        if got[-2:] != DONE and got[-2] != 0x61:
            sys.exit(f"READ BINARY, Lc {n}, Le {le}: SW {got[-2:].hex()}")


def check_cipher(card, lengths):
    def encipher(data):
        answer = case4(card, b"\x00\x88\x00\x00", data, 256)
        expect("INTERNAL AUTHENTICATE", answer[-2:], DONE)
        return answer[:-2]

    blocks = [noise(8) for _ in range(3)]
    single = [encipher(block) for block in blocks]
    for block, cipher in zip(blocks, single):
        if len(cipher) != 8 or cipher == block:
            sys.exit(f"{block.hex()} enciphered is {cipher.hex()}")
    for n in sorted({n // 8 for n in lengths if n >= 16}):
        expect(f"{n} blocks", encipher(b"".join(blocks[i % 3] for i in range(n))),
               b"".join(single[i % 3] for i in range(n)))


def check_atr(card):
    """vicc's own words on its ATR."""
    from virtualsmartcard.CardGenerator import CardGenerator
    from virtualsmartcard.VirtualSmartcard import Iso7816OS

    expect("ATR", card.atr(), Iso7816OS(*CardGenerator("iso7816").getCard()).getATR())


def main():
    global get_response
    name = sys.argv[1]
    lengths = range(1, 256) if "--every" in sys.argv[2:] else LENGTHS
    get_response = "--get-response" in sys.argv[2:]
    card = Card()
    try:
        if name == "atr":
            check_atr(card)
        elif name in ("protocol0", "protocol1"):
            if card.protocol != {"protocol0": PROTOCOL_T0, "protocol1": PROTOCOL_T1}[name]:
                sys.exit(f"protocol {card.protocol}")
        else:
            globals()["check_" + name](card, lengths)
    finally:
        card.close()


if __name__ == "__main__":
    main()
