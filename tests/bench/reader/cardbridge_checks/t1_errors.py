# SPDX-License-Identifier: Apache-2.0
"""T=1: what either side does after an error (11.6.3, Annex A)."""
from cardbridge_checks.scenarios import scenario
from cardbridge_checks.wire import SELECT, atr_t1, block, h, i_block, lrc, r_block, spoilt


@scenario()
def t1_damaged_block_to_the_card(b):
    """The card asks with R and its expected N(S); the reader repeats."""
    b.start()
    b.exchange(spoilt(i_block(0, SELECT)), r_block(0, 1))
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.exchange(spoilt(i_block(1, SELECT)), r_block(1, 1))
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))
    assert len(b.emulator.apdus) == 2


@scenario()
def t1_short_block_to_the_card(b):
    b.start()
    b.send(i_block(0, SELECT)[:-1])
    got = b.read(b.card, 4, 1)
    assert got[:2] in (h("0081"), h("0082")) and lrc(got) == b"\0", got.hex()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))


@scenario()
def t1_response_not_received(b):
    """The reader's R with the N(S) of our block: that block again; the command is not done twice."""
    b.start()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.exchange(r_block(0, 1), i_block(0, h("9000")))
    b.exchange(r_block(0, 2), i_block(0, h("9000")))
    assert len(b.emulator.apdus) == 1
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))


@scenario()
def t1_both_lost(b):
    """Our response was lost, then the reader's R; our R was lost, then R again."""
    b.start()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.exchange(spoilt(r_block(0, 1)), r_block(1, 1))
    b.exchange(r_block(0, 1), i_block(0, h("9000")))


@scenario()
def t1_our_r_was_lost(b):
    """I damaged, our R damaged: the reader's R asks what it waits for, the card repeats its R (rule 7.2)."""
    b.start()
    b.exchange(spoilt(i_block(0, SELECT)), r_block(0, 1))
    b.exchange(r_block(0, 1), r_block(0, 1))
    b.exchange(spoilt(r_block(0, 1)), r_block(0, 1))
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))


@scenario()
def t1_next_command_never_came(b):
    """After a good exchange the reader's I-block was lost and it asks R(next): our response must not come again."""
    b.start()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.send(r_block(1))
    got = b.read(b.card, 4, 1)
    assert got[1] & 0xF0 == 0x90 and len(got) == 4, got.hex()
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))


@scenario("--protocol", "t1", "--ifsc", "16")
def t1_errors_in_chain_to_the_card(b):
    b.start(atr_t1(16))
    data = bytes(range(40))
    b.exchange(i_block(0, data[:16], True), r_block(1))
    b.exchange(spoilt(i_block(1, data[16:32], True)), r_block(1))      # rule 7.2: the same R
    b.exchange(i_block(1, data[16:32], True), r_block(0))
    b.exchange(r_block(0, 1), r_block(0))                              # our R was damaged
    b.exchange(i_block(0, data[32:]), i_block(0, h("9000")))
    b.apdu(data)


@scenario()
def t1_errors_in_chain_from_the_card(b):
    b.start()
    rsp = bytes(range(70)) + h("9000")
    b.emulator.always(rsp)
    b.exchange(i_block(0, SELECT), i_block(0, rsp[:32], True))
    b.exchange(r_block(0, 1), i_block(0, rsp[:32], True))
    b.exchange(r_block(1), i_block(1, rsp[32:64], True))
    b.exchange(spoilt(r_block(0)), r_block(1, 1))
    b.exchange(r_block(0), i_block(0, rsp[64:]))
    assert len(b.emulator.apdus) == 1


@scenario()
def t1_ifs_in_chain(b):
    """S(IFS) may come in place of an acknowledgement; it does not count as one."""
    b.start()
    rsp = bytes(range(70)) + h("9000")
    b.emulator.always(rsp)
    b.exchange(i_block(0, SELECT), i_block(0, rsp[:32], True))
    b.exchange(block(0xC1, h("80")), block(0xE1, h("80")))
    b.exchange(r_block(1), i_block(1, rsp[32:]))


@scenario("--wtx", "1")
def t1_s_request_is_repeated(b):
    """Rule 7.3: what is no S(... response) is met by the request again."""
    b.start()
    b.exchange(i_block(0, SELECT), block(0xC3, h("01")))
    b.exchange(r_block(0, 1), block(0xC3, h("01")))
    b.exchange(spoilt(block(0xE3, h("01"))), block(0xC3, h("01")))
    b.exchange(block(0xE3, h("05")), block(0xC3, h("01")))
    b.exchange(block(0xE3, h("01")), i_block(0, h("9000")))


@scenario()
def t1_s_response_was_lost(b):
    b.start()
    b.exchange(block(0xC1, h("FE")), block(0xE1, h("FE")))
    b.exchange(block(0xC1, h("FE")), block(0xE1, h("FE")))
    b.exchange(spoilt(i_block(0, SELECT)), r_block(0, 1))  # rule 7.3: after S(... response) an R


@scenario()
def t1_resynch(b):
    """Rule 6.3: numbers and sizes as after reset; a chain is forgotten."""
    b.start()
    rsp = bytes(70) + h("9000")
    b.emulator.always(rsp)
    b.exchange(block(0xC1, h("FE")), block(0xE1, h("FE")))
    b.exchange(i_block(0, SELECT), i_block(0, rsp))
    b.exchange(block(0xC0), block(0xE0))
    b.exchange(i_block(0, SELECT), i_block(0, rsp[:32], True))
    b.exchange(block(0xC0), block(0xE0))
    b.exchange(i_block(0, SELECT), i_block(0, rsp[:32], True))


@scenario("--protocol", "t1", "--ifsc", "16", "--abort-in", "1")
def t1_card_aborts_chain_to_it(b):
    """Rule 9: S(ABORT request), its response, then R gives the right to send back."""
    b.start(atr_t1(16))
    b.exchange(i_block(0, bytes(16), True), r_block(1))
    b.exchange(i_block(1, bytes(16), True), block(0xC2))
    b.exchange(block(0xE2), r_block(0))
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.apdu(SELECT)


@scenario("--abort-out", "1")
def t1_card_aborts_its_own_chain(b):
    b.start()
    b.emulator.always(bytes(100) + h("9000"))
    b.exchange(i_block(0, SELECT), i_block(0, bytes(32), True))
    b.exchange(r_block(1), block(0xC2))
    b.exchange(block(0xE2), r_block(1))
    b.emulator.always(h("9000"))
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))


@scenario()
def t1_bwt_of_the_reader_passed(b):
    """Nothing came at all: the reader's R(0) at the start is met by R(0), and the block is sent again."""
    b.start()
    b.send(r_block(0, 2))
    got = b.read(b.card, 4, 1)
    assert len(got) == 4 and got[1] & 0xF0 == 0x80 and lrc(got) == b"\0", got.hex()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))


@scenario()
def t1_reader_aborts_chain_from_the_card(b):
    b.start()
    b.emulator.always(bytes(70) + h("9000"))
    b.exchange(i_block(0, SELECT), i_block(0, bytes(32), True))
    b.exchange(block(0xC2), block(0xE2))
    b.emulator.always(h("9000"))
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))


@scenario()
def t1_blocks_that_make_no_sense(b):
    """Other errors are answered by R with 2 (11.3.2.2); nothing reaches the emulator."""
    for bad in (i_block(1, SELECT), block(0x01, SELECT), block(0xC5), block(0xC1, h("00")), block(0xC3, h("01")),
                block(0xC0, h("00")), block(0x00, SELECT, nad=0x11), block(0xE1, h("FE"))):
        b.start()
        b.exchange(bad, r_block(0, 2))
        b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
        b.command(h("20"), 0xA0)
    assert len(b.emulator.apdus) == 8
