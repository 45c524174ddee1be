#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A host on the reader's serial line that does not keep to the rules, byte by byte.

usage: uart_host.py TTY CHECK [SEED]

Ends in 1 and says what went wrong, or in 0. The checks that leave the reader in the middle of something (leave_…) only
do that; that it works on is for the caller to see. What is expected: CCID 1.1 6.1, 6.2 and Table 6.2-2, in frames 03 06,
message, LRC; each byte comes back as an echo; NAK is 03 15 16.
"""
import fcntl
import os
import random
import select
import sys
import termios
import time
import tty

NAK = b"\x03\x15\x16"
MOVES = (b"\x50\x02", b"\x50\x03")
POWER_ON, POWER_OFF, SLOT_STATUS, XFR_BLOCK, ESCAPE = 0x62, 0x63, 0x65, 0x6F, 0x6B
DATA_BLOCK, STATUS = 0x80, 0x81
OK, FAILED = 0x00, 0x40
ACTIVE, INACTIVE, ABSENT = 0, 1, 2
E_UNSUPPORTED, E_LENGTH, E_SLOT, E_BUSY, E_MUTE = 0x00, 0x01, 0x05, 0xE0, 0xFE
# Escape: name and version. libccid begins with it.
NAME = b"\x02"
SELECT = bytes.fromhex("00A404000BA000000308000010000100")
# T=1: S(IFS request) of 254, and what a card says to it.
IFS_REQUEST, IFS_RESPONSE = b"\x00\xC1\x01\xFE\x3E", b"\x00\xE1\x01\xFE\x1E"
# QEMU looks every second whether somebody has opened its pty.
ANSWER_S = 5.0
# Longer than a pause that the reader takes for the end of a frame.
SILENCE_S = 0.8


def message(kind, data=b"", slot=0, seq=0, length=None):
    length = len(data) if length is None else length
    return bytes((kind,)) + length.to_bytes(4, "little") + bytes((slot, seq, 0, 0, 0)) + data


def frame(content, lrc_error=0):
    whole = b"\x03\x06" + content
    lrc = lrc_error
    for byte in whole:
        lrc ^= byte
    return whole + bytes((lrc,))


class Line:
    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd)
        termios.tcflush(self.fd, termios.TCIOFLUSH)
        self.seq = 0

    def send(self, data):
        os.write(self.fd, data)

    def receive(self, count, seconds):
        """Up to count bytes, fewer when the time is over."""
        got, end = b"", time.monotonic() + seconds
        while len(got) < count:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                break
            got += os.read(self.fd, count - len(got))
        return got

    def has(self, count):
        """Waits until there are so many bytes to read, and leaves them there."""
        end = time.monotonic() + ANSWER_S
        while int.from_bytes(fcntl.ioctl(self.fd, termios.FIONREAD, bytes(4)), sys.byteorder) < count:
            assert time.monotonic() < end, f"{count} bytes do not come"
            time.sleep(0.001)

    def exact(self, what, wanted, seconds=ANSWER_S):
        got = self.receive(len(wanted), seconds)
        assert got == wanted, f"{what}: {got.hex()}, not {wanted.hex()}"

    def silent(self, what, seconds=SILENCE_S):
        got = self.receive(64, seconds)
        assert got == b"", f"{what}: {got.hex()}, not silence"

    def put(self, data):
        """Sends, and takes the echo."""
        self.send(data)
        self.exact("echo", data)

    def answer(self):
        """The message of the next frame; movements of the card before it are dropped."""
        start = self.receive(2, ANSWER_S)
        while start in MOVES:
            start = self.receive(2, ANSWER_S)
        assert start == b"\x03\x06", f"start of an answer: {start.hex()}"
        head = self.receive(10, ANSWER_S)
        assert len(head) == 10, f"header: {head.hex()}"
        data = self.receive(int.from_bytes(head[1:5], "little"), ANSWER_S)
        self.exact("LRC", frame(head + data)[-1:])
        return head + data

    def command(self, kind, data=b"", **how):
        """An answer that belongs to the command, with bStatus and bError."""
        self.seq = (self.seq + 1) % 256
        self.put(frame(message(kind, data, seq=self.seq, **how)))
        got = self.answer()
        assert got[5:7] == bytes((how.get("slot", 0), self.seq)), f"bSlot, bSeq: {got.hex()}"
        return got

    def expect(self, what, got, kind, status, error=0):
        assert got[0] == kind and got[7] == status and (status < FAILED or got[8] == error), f"{what}: {got.hex()}"
        assert status < FAILED or len(got) == 10, f"{what}: a failed answer with data: {got.hex()}"

    def works(self):
        """The card answers to reset and to a command, and is switched off: the state that each check begins in."""
        got = self.command(POWER_ON)
        self.expect("IccPowerOn", got, DATA_BLOCK, OK | ACTIVE)
        assert got[10:11] in (b"\x3B", b"\x3F"), f"ATR: {got.hex()}"
        self.expect("IccPowerOff", self.command(POWER_OFF), STATUS, OK | INACTIVE)


def check_works(line):
    line.works()


def check_lrc(line):
    for error in (0x01, 0x80, 0xFF):
        line.put(frame(message(SLOT_STATUS), error))
        line.exact("answer to a wrong LRC", NAK)
        line.silent("after NAK", 0.2)
    line.works()


def check_nak(line):
    """The host has not understood: the same frame again, three times at most."""
    got = line.command(SLOT_STATUS)
    for _ in range(3):
        line.put(NAK)
        again = line.answer()
        assert again == got, f"sent again: {again.hex()}, not {got.hex()}"
    line.put(NAK)
    line.silent("fourth NAK", 0.3)
    line.works()


def check_length_short(line):
    """dwLength promises more than comes: no command, no answer, and the next frame is a frame."""
    for length in (1, 17, 261):
        line.put(frame(message(SLOT_STATUS, length=length)))
        line.silent(f"after half of {length} bytes")
    line.works()


def check_length_wrong(line):
    """dwLength is what came, but not what the command has."""
    for kind, answer in ((SLOT_STATUS, STATUS), (POWER_OFF, STATUS), (POWER_ON, DATA_BLOCK)):
        line.expect(f"{kind:02X} with data", line.command(kind, b"\x00" * 5), answer, FAILED | INACTIVE, E_LENGTH)
    line.works()


def check_length_long(line):
    """dwLength is above any message: an answer or NAK, and no more than that, whatever followed."""
    for length in (262, 0x10000, 0xFFFFFFFF):
        line.put(frame(message(XFR_BLOCK, length=length)))
        start = line.receive(2, ANSWER_S)
        if start == NAK[:2]:
            line.exact("NAK", NAK[2:])
        else:
            assert start == b"\x03\x06", f"start of an answer: {start.hex()}"
            got = line.receive(11, ANSWER_S)
            assert len(got) == 11 and got[7] == FAILED | INACTIVE and got[8] == E_LENGTH, f"dwLength {length}: {got.hex()}"
    line.works()


def check_slot(line):
    for slot in (1, 2, 255):
        line.expect(f"slot {slot}", line.command(SLOT_STATUS, slot=slot), STATUS, FAILED | ABSENT, E_SLOT)
        line.expect(f"slot {slot}", line.command(POWER_ON, slot=slot), DATA_BLOCK, FAILED | ABSENT, E_SLOT)
    line.works()


def check_unknown(line):
    """Table 6.2-2: command not supported."""
    for kind in (0x00, 0x60, 0x69, 0x6A, 0x6E, 0x80, 0xFF):
        got = line.command(kind)
        assert got[7] == FAILED | INACTIVE and got[8] == E_UNSUPPORTED, f"{kind:02X}: {got.hex()}"
    line.works()


def check_inactive(line):
    """A card without power gets no commands."""
    line.expect("XfrBlock", line.command(XFR_BLOCK, SELECT), DATA_BLOCK, FAILED | INACTIVE, E_MUTE)
    line.works()


def check_absent(line):
    """With the card out: the caller has pulled it."""
    line.expect("GetSlotStatus", line.command(SLOT_STATUS), STATUS, OK | ABSENT)
    line.expect("IccPowerOn", line.command(POWER_ON), DATA_BLOCK, FAILED | ABSENT, E_MUTE)
    line.expect("XfrBlock", line.command(XFR_BLOCK, SELECT), DATA_BLOCK, FAILED | ABSENT, E_MUTE)
    line.expect("IccPowerOff", line.command(POWER_OFF), STATUS, OK | ABSENT)


def tpdu_level(line):
    """As a driver begins: level of the transport, which is TPDU here."""
    line.expect("Escape", line.command(ESCAPE, b"\x01\x01\x01"), 0x83, OK | INACTIVE)
    line.expect("IccPowerOn", line.command(POWER_ON), DATA_BLOCK, OK | ACTIVE)


def check_busy(line):
    """Each block of the card (T=1) comes a second late: what is asked meanwhile is refused, the first command goes on."""
    tpdu_level(line)
    line.put(frame(message(XFR_BLOCK, IFS_REQUEST, seq=100)))
    line.put(frame(message(SLOT_STATUS, seq=101)))
    got = line.answer()
    assert got[6] == 101, f"bSeq of the first answer: {got.hex()}"
    line.expect("GetSlotStatus", got, STATUS, FAILED | ACTIVE, E_BUSY)
    got = line.answer()
    line.expect("XfrBlock", got, DATA_BLOCK, OK | ACTIVE)
    assert got[6] == 100 and got[10:] == IFS_RESPONSE, f"block of the card: {got.hex()}"
    line.works()


def check_opens(line):
    """The same, but what comes meanwhile is what libccid begins with: echo and answer of that, and nothing of the command before."""
    for pause in (0, 0.3, 0.6):
        tpdu_level(line)
        line.put(frame(message(XFR_BLOCK, IFS_REQUEST, seq=100)))
        time.sleep(pause)
        start = time.monotonic()
        got = line.command(ESCAPE, NAME)
        assert time.monotonic() - start < 0.8, "the answer waited for the card"
        line.expect("Escape", got, 0x83, OK | INACTIVE)
        assert got[10:].startswith(b"Sekisho"), f"name: {got.hex()}"
        line.silent("after the answer", 1.5)
        line.put(NAK)
        assert line.answer() == got, "what is sent again is not the last answer"
    line.works()


def check_stale(line):
    """libccid takes the second frame that it hears for the answer, whatever it is. When an answer that was meant for another host, or
    echo and answer, come before its own echo, it is in step at the end of its opening all the same."""
    opening = ((ESCAPE, NAME), (ESCAPE, b"\x01\x01\x01"), (SLOT_STATUS, b""), (SLOT_STATUS, b""))
    for other in (line.put, line.send):
        other(frame(message(SLOT_STATUS, seq=200)))
        time.sleep(0.2)
        for seq, (kind, data) in enumerate(opening):
            line.send(frame(message(kind, data, seq=seq)))
            line.answer()
            got = line.answer()
        assert got[0] == STATUS and got[6] == seq, f"at the end of the opening: {got.hex()}"
        line.silent("after it")
    line.works()


def check_pulled(line):
    """As above, and the caller pulls the card half a second after it begins."""
    tpdu_level(line)
    print("begins", flush=True)
    start = time.monotonic()
    line.expect("XfrBlock", line.command(XFR_BLOCK, IFS_REQUEST), DATA_BLOCK, FAILED | ABSENT, E_MUTE)
    assert time.monotonic() - start < 0.9, "the answer waited for the card"
    line.expect("GetSlotStatus", line.command(SLOT_STATUS), STATUS, OK | ABSENT)


def check_noise(line):
    """4 KiB of anything but frames are echoed, and have no other effect than NAKs."""
    noise = bytes(byte for byte in os.urandom(4096) if byte not in (0x03, 0x06))
    for at in range(0, len(noise), 64):
        line.put(noise[at:at + 64])
    line.silent("after noise")
    line.works()


def random_message(rng):
    """A command that may be right: what it is, and whether its header agrees with its length and slot."""
    kind = rng.choice((POWER_ON, POWER_OFF, SLOT_STATUS, XFR_BLOCK, ESCAPE, 0x61, 0x6C, 0x6D, 0x72, rng.randrange(256)))
    data = rng.randbytes(rng.choice((0, 0, 0, 1, 5, 7, rng.randrange(20), rng.randrange(262))))
    slot = rng.choice((0,) * 8 + (rng.randrange(256),))
    head = bytes((kind,)) + len(data).to_bytes(4, "little") + bytes((slot, rng.randrange(256)))
    return head + rng.choice((b"\x00\x00\x00", rng.randbytes(3))) + data


def final_answer(line):
    """Time extensions (CCID 1.1 6.2.6) go before it; one is sent twice, for libccid's sake."""
    while True:
        got = line.answer()
        if got[7] & 0xC0 != 0x80:
            return got


def check_random(line):
    """Commands at random, for some seconds: one answer each, to the command, of a form that CCID knows."""
    seed = sys.argv[3] if len(sys.argv) > 3 else "1"
    rng, end, count = random.Random(seed), time.monotonic() + 5, 0
    while time.monotonic() < end:
        command, count = random_message(rng), count + 1
        line.put(frame(command))
        got = final_answer(line)
        what = f"seed {seed}, command {count}, {command.hex()}: {got.hex()}"
        assert DATA_BLOCK <= got[0] <= 0x84 and got[5:7] == command[5:7], what
        assert got[7] & 0x3C == 0 and got[7] & 0x03 != 3 and got[7] & 0xC0 in (OK, FAILED), what
        assert got[7] & 0xC0 == OK or len(got) == 10, what
        assert command[5] == 0 or (got[7] == FAILED | ABSENT and got[8] == E_SLOT), what
    line.silent("after the last answer")
    assert count > 50, f"only {count} commands in this time"
    print(count, "commands")
    line.works()


def leave_sync(line):
    line.put(b"\x03")


def leave_header(line):
    whole = frame(message(XFR_BLOCK, SELECT))
    line.put(whole[:7])


def leave_data(line):
    whole = frame(message(XFR_BLOCK, SELECT))
    line.put(whole[:len(whole) // 2])


def leave_answer(line):
    """The host asks and goes, with the card powered, once its command is there; it takes neither echo nor answer."""
    whole = frame(message(XFR_BLOCK, SELECT))
    line.command(POWER_ON)
    line.send(whole)
    line.has(len(whole))


def main():
    path, name = sys.argv[1:3]
    line = Line(path)
    try:
        globals()[name if name.startswith("leave_") else "check_" + name](line)
    except AssertionError as error:
        sys.exit(f"{name}: {error}")
    finally:
        os.close(line.fd)


if __name__ == "__main__":
    main()
