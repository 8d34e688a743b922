"""HDLC frame format: public case names of the abstract test suite ATS_DL. Pre-run, not the official suite."""

from __future__ import annotations

from bench.judgement.dlms_requirements import public_requirement
from bench.meter.player import HdlcPlayer
from bench.protocols.hdlc import FLAG, crc16_x25, crc_octets, rr_control
from bench.record.model import Outcome
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import frames, leave, recover

UNKNOWN_CONTROL = 0xFF
#: Frame format types that are not 1010: each of its bits flipped, none and all set.
OTHER_TYPES = (0b0010, 0b1110, 0b1000, 0b1011, 0b0000, 0b1111)
LENGTH_ERRORS = (+1, +16, -1)
TIME_OUT_MARGIN = 1.1
#: Pauses of a connection in use, as a share of the inactivity time-out: two of them are longer than it.
IN_USE = 0.6
"""The procedures wait the time-out and 10 per cent."""


@case("dlms/HDLC_FRAME_P1", public_requirement("HDLC_FRAME_P1"))
def test_hdlc_frame_p1(bench: CaseBench) -> None:
    """Connect, poll, disconnect, and disconnect again."""
    with frames(bench, "HDLC_FRAME_P1") as player:
        player.play("SNRM", player.snrm().to_bytes())
        player.play("RR", player.frame(rr_control(0)).to_bytes())
        player.play("DISC in NRM", player.disc().to_bytes())
        player.play("DISC in NDM", player.disc().to_bytes())


@case("dlms/HDLC_FRAME_P2", public_requirement("HDLC_FRAME_P2"))
def test_hdlc_frame_p2(bench: CaseBench) -> None:
    """A frame without closing flag is dropped after the inter-octet time-out."""
    with frames(bench, "HDLC_FRAME_P2") as player:
        player.connect()
        # The wait for an answer is longer than the inter-octet time-out, or is made so.
        player.play("DISC without closing flag", player.disc().to_bytes(closing_flag=False))
        more_s = bench.declaration.communication.inter_octet_time_out_s * TIME_OUT_MARGIN
        bench.clock.sleep(max(0.0, more_s - player.ends.response_time_out_s))
        player.play("RR", player.frame(rr_control(0)).to_bytes())


@case("dlms/HDLC_FRAME_P3", public_requirement("HDLC_FRAME_P3"))
def test_hdlc_frame_p3(bench: CaseBench) -> None:
    """A connection in use outlives the inactivity time-out, a silent one ends after it."""
    time_out_s = bench.declaration.communication.inactivity_time_out_s
    if time_out_s == 0:
        leave(bench, Outcome.INAPPLICABLE, "the declared inactivity time-out is 0: never")
    with frames(bench, "HDLC_FRAME_P3") as player:
        player.connect()
        for _ in range(2):
            bench.clock.sleep(time_out_s * IN_USE)
            player.play("RR in a connection in use", player.frame(rr_control(0)).to_bytes(), "RR in use")
        player.wait("wait", time_out_s * TIME_OUT_MARGIN)
        player.play("DISC in NDM", player.disc().to_bytes())


@case("dlms/HDLC_FRAME_N1", public_requirement("HDLC_FRAME_N1"))
def test_hdlc_frame_n1(bench: CaseBench) -> None:
    """Frames without opening flag, without closing flag, without both are dropped."""
    with frames(bench, "HDLC_FRAME_N1") as player:
        for name, opening, closing in (
            ("SNRM without opening flag", False, True),
            ("SNRM without closing flag", True, False),
            ("SNRM without both flags", False, False),
        ):
            # The closing flag of the frame before opens the next one, until the inter-octet time-out.
            bench.clock.sleep(bench.declaration.communication.inter_octet_time_out_s * TIME_OUT_MARGIN)
            octets = player.snrm().to_bytes(opening_flag=opening, closing_flag=closing)
            player.play(name, octets, "SNRM without flags")
            _still_disconnected(bench, player)


@case("dlms/HDLC_FRAME_N2", public_requirement("HDLC_FRAME_N2"))
def test_hdlc_frame_n2(bench: CaseBench) -> None:
    """Frames that lack octets are dropped, even where length and FCS say otherwise."""
    with frames(bench, "HDLC_FRAME_N2") as player:
        whole = player.frame(player.snrm().control).to_bytes()[1:-3]
        for size in range(len(whole) - 1, 1, -1):
            octets = _with_length(whole[:size])
            player.play(f"SNRM cut by {len(whole) - size}", octets, "short SNRM")
        player.connect()


@case("dlms/HDLC_FRAME_N3", public_requirement("HDLC_FRAME_N3"))
def test_hdlc_frame_n3(bench: CaseBench) -> None:
    """Frames of another format type are dropped."""
    with frames(bench, "HDLC_FRAME_N3") as player:
        for kind in OTHER_TYPES:
            player.play(
                f"SNRM of type {kind:04b}", player.snrm().to_bytes(format_type=kind), "SNRM of another type"
            )
            _still_disconnected(bench, player)


@case("dlms/HDLC_FRAME_N4", public_requirement("HDLC_FRAME_N4"))
def test_hdlc_frame_n4(bench: CaseBench) -> None:
    """Frames whose length sub-field is too large or too small are dropped."""
    with frames(bench, "HDLC_FRAME_N4") as player:
        right = len(player.snrm().to_bytes()) - 2
        for error in LENGTH_ERRORS:
            octets = player.snrm().to_bytes(length=right + error)
            player.play(f"SNRM with length {error:+d}", octets, "SNRM of wrong length")
            _still_disconnected(bench, player)


@case("dlms/HDLC_FRAME_N5", public_requirement("HDLC_FRAME_N5"))
def test_hdlc_frame_n5(bench: CaseBench) -> None:
    """An unknown control field is rejected or dropped, and SNRM recovers the link."""
    with frames(bench, "HDLC_FRAME_N5") as player:
        player.connect()
        player.play("control FF", player.frame(UNKNOWN_CONTROL).to_bytes(), "unknown control")
        recover(player)


@case("dlms/HDLC_FRAME_N7", public_requirement("HDLC_FRAME_N7"))
def test_hdlc_frame_n7(bench: CaseBench) -> None:
    """A frame with information and a wrong HCS, but a right FCS, is dropped."""
    with frames(bench, "HDLC_FRAME_N7") as player:
        good = player.snrm().to_bytes()
        hcs_at = len(good) - 3 - len(player.snrm().information) - 2
        right = int.from_bytes(good[hcs_at : hcs_at + 2], "little")
        player.play("SNRM with wrong HCS", player.snrm().to_bytes(hcs=right ^ 0x0001))
        _still_disconnected(bench, player)


@case("dlms/HDLC_FRAME_N8", public_requirement("HDLC_FRAME_N8"))
def test_hdlc_frame_n8(bench: CaseBench) -> None:
    """A frame with a wrong FCS is dropped."""
    with frames(bench, "HDLC_FRAME_N8") as player:
        right = crc16_x25(player.snrm().to_bytes()[1:-3])
        player.play("SNRM with wrong FCS", player.snrm().to_bytes(fcs=right ^ 0x0100))
        _still_disconnected(bench, player)


def _still_disconnected(bench: CaseBench, player: HdlcPlayer) -> None:
    """Ask by DISC whether the bad frame was dropped: a meter that is not connected says DM.

    What is left of the bad frame is forgotten after the inter-octet time-out, which may be longer than a step.
    """
    more_s = bench.declaration.communication.inter_octet_time_out_s * TIME_OUT_MARGIN
    bench.clock.sleep(max(0.0, more_s - player.ends.response_time_out_s))
    player.play("DISC in NDM", player.disc().to_bytes())


def _with_length(body: bytes) -> bytes:
    """Return a frame of the given octets behind the format, with a length and an FCS that agree."""
    total = len(body) + 2
    form = (int.from_bytes(body[:2], "big") & 0xF800) | total
    octets = form.to_bytes(2, "big") + body[2:]
    return bytes([FLAG]) + octets + crc_octets(octets) + bytes([FLAG])
