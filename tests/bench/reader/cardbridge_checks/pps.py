# SPDX-License-Identifier: Apache-2.0
"""PPS (9)."""
from cardbridge_checks.scenarios import scenario
from cardbridge_checks.wire import SELECT, h, i_block, lrc, spoilt

PPS_T1 = h("FF1195")
PPS_T1 += lrc(PPS_T1)


def powered(b):
    """Power on; the ATR is over, whatever it was."""
    b.power()
    b.read(b.card, 99, 0.3)


@scenario("--protocol", "both", "--ta1", "95")
def pps_accepted(b):
    powered(b)
    b.exchange(PPS_T1, PPS_T1)
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))


@scenario("--protocol", "both", "--ta1", "95")
def pps_wrong_check(b):
    powered(b)
    b.send(spoilt(PPS_T1))
    b.silent()


@scenario("--protocol", "t1", "--ta1", "95")
def pps_rate_not_offered(b):
    """9.3: what is not accepted is left out."""
    powered(b)
    request = h("FF1118")
    b.exchange(request + lrc(request), h("FF01FE"))


@scenario("--protocol", "t1")
def pps_protocol_not_offered(b):
    powered(b)
    b.send(h("FF00FF"))
    b.silent()


@scenario("--protocol", "t1", "--ta1", "95", "--pps-partial")
def pps_partial(b):
    powered(b)
    b.exchange(PPS_T1, h("FF01FE"))
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))


@scenario("--protocol", "both", "--ta1", "95", "--pps-refuse")
def pps_refused(b):
    powered(b)
    b.send(PPS_T1)
    got = b.read(b.card, 4, 1)
    assert got[0] == 0xFF and got[1] & 0x0F != 1 and lrc(got) == b"\0", got.hex()


@scenario("--protocol", "both", "--pps-mute")
def pps_mute(b):
    powered(b)
    b.send(h("FF01FE"))
    b.silent()
