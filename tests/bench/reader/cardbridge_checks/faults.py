# SPDX-License-Identifier: Apache-2.0
"""Faults that the program makes on order, met by T=1."""
import select
import time

from cardbridge_checks.scenarios import scenario
from cardbridge_checks.wire import SELECT, h, i_block, lrc, r_block


def talk(b, rounds):
    """A patient reader: repeats and asks as 11.6.3 tells it. Returns how often something had to be repeated."""
    repeats, sent, received = 0, 0, 0
    for _ in range(rounds):
        out = i_block(sent, SELECT)
        for attempt in range(6):
            b.send(out)
            got = b.read(b.card, 6, 0.35)
            if attempt > 0:
                repeats += 1
            good = len(got) >= 4 and lrc(got) == b"\0" and len(got) == 4 + got[2]
            if good and got[1] == received << 6:
                break
            b.read(b.card, 99, 0.02)
            # A good R that wants our I-block: again. Anything else: ask for theirs.
            wants = good and got[1] & 0xC0 == 0x80 and got[1] >> 4 & 1 == sent
            out = i_block(sent, SELECT) if wants else r_block(received, 1)
        else:
            raise AssertionError("gave up")
        sent, received = sent ^ 1, received ^ 1
    return repeats


@scenario("--damage", "7", "--seed", "3")
def fault_damage(b):
    b.start()
    repeats = talk(b, 40)
    stats = b.stats()
    assert repeats > 0 and stats["damaged-in"] > 2 and stats["damaged-out"] > 2, stats
    assert abs(stats["damaged-in"] - stats["damaged-out"]) <= 1, stats
    assert stats["apdus"] == 40, stats
    b.ctl("damage", "0")
    b.ctl("reset-stats")
    assert talk(b, 10) == 0


@scenario("--drop", "9", "--seed", "5")
def fault_drop(b):
    b.start()
    talk(b, 20)
    stats = b.stats()
    assert stats["dropped-in"] > 0 and stats["dropped-out"] > 0 and stats["apdus"] == 20, stats


@scenario("--parity", "3")
def fault_parity(b):
    b.start()
    for n in range(2):
        b.exchange(i_block(n, SELECT), i_block(n, h("9000")))
    assert not select.select([b.control], [], [], 0)[0]
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.expect_control(2)


@scenario("--delay-ms", "300", "--delay-every", "2")
def fault_delay(b):
    b.start()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    begin = time.monotonic()
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))
    assert time.monotonic() - begin >= 0.29


@scenario("--mute-after", "2")
def fault_mute_after(b):
    b.start()
    for n in range(2):
        b.exchange(i_block(n, SELECT), i_block(n, h("9000")))
    b.send(i_block(0, SELECT))
    b.silent()
    b.command(h("20"), 0xA0)
    b.start()
    for n in range(4):
        b.exchange(i_block(n & 1, SELECT), i_block(n & 1, h("9000")))


@scenario()
def fault_same_seed_same_damage(b):
    marks = []
    for _ in range(2):
        b.ctl("seed", "11")
        b.ctl("damage", "1")
        b.start()
        b.send(i_block(0, SELECT))
        got = b.read(b.card, 4, 1)
        marks.append(got)
        b.ctl("damage", "0")
        b.command(h("20"), 0xA0)
        with open(b.paths["trace"], encoding="ascii") as trace:
            lines = [line.split()[2] for line in trace if "[damaged]" in line]
    assert len(lines) >= 2 and lines[0] != i_block(0, SELECT).hex().upper(), lines
    assert marks[0] == marks[1] and lines[:len(lines) // 2] == lines[len(lines) // 2:], (marks, lines)
