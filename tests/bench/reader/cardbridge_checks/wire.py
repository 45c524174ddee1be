# SPDX-License-Identifier: Apache-2.0
"""What goes over the card's contacts: ATRs, blocks of T=1 and their check codes (ISO/IEC 7816-3:2006 8, 11)."""


def h(text):
    return bytes.fromhex(text)


SELECT = h("00A4040005A000000308")
HIST = h("8073C021C05753656B6973686F")


def lrc(data):
    """Exclusive-or of all: a block's LRC (11.3.4), TCK behind TS (8.2.5), PCK (9.2)."""
    out = 0
    for c in data:
        out ^= c
    return bytes([out])


def crc(data):
    """11.3.4: x16+x12+x5+1, bits reversed, from FFFF, as libccid sends it: high byte first."""
    out = 0xFFFF
    for c in data:
        for i in range(8):
            bit = (c >> i ^ out) & 1
            out >>= 1
            if bit:
                out ^= 0x8408
    return bytes([out >> 8, out & 0xFF])


def block(pcb, inf=b"", nad=0, edc=lrc):
    """11.3.1"""
    head = bytes([nad, pcb, len(inf)]) + inf
    return head + edc(head)


def i_block(ns, inf, more=False, **kw):
    return block(ns << 6 | more << 5, inf, **kw)


def r_block(nr, error=0, **kw):
    return block(0x80 | nr << 4 | error, **kw)


def spoilt(data):
    """One bit wrong, in the check code."""
    return data[:-1] + bytes([data[-1] ^ 1])


def inverse(data):
    """As the wire has it in the inverse convention, read in the direct one (8.1)."""
    return bytes(int(f"{c:08b}"[::-1], 2) ^ 0xFF for c in data)


def atr_t1(ifsc=0xFE, wi=0x45, more=b"", extra=0):
    body = bytes([0x80 | len(HIST), 0x81, 0x31 | extra, ifsc, wi]) + more + HIST
    return b"\x3B" + body + lrc(body)


def atr_t0():
    return bytes([0x3B, len(HIST)]) + HIST
