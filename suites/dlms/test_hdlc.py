"""HDLC link layer: public case names of the abstract test suite ATS_DL. Pre-run, not the official suite."""

from __future__ import annotations

from bench.protocols.hdlc import crc16_x25, rr_control
from bench.record.model import Kind, Requirement, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench


def link_requirement(name: str, status: str = "V1") -> Requirement:
    """Return the requirement of a public HDLC case; its procedure is known from a public re-implementation."""
    return Requirement(
        document="DLMS UA 1001-3 ATS_DL",
        edition="V5.0",
        clause=name,
        topic=Topic.HDLC,
        kind=Kind.STANDARD,
        status=status,
    )


@case("dlms/HDLC_FRAME_P1", link_requirement("HDLC_FRAME_P1"))
def test_hdlc_frame_p1(bench: CaseBench) -> None:
    """Connect, poll, disconnect, and disconnect again."""
    bench.energise()
    with bench.position.player("public") as player:
        player.play("SNRM", player.snrm().to_bytes())
        player.play("RR", player.frame(rr_control(0)).to_bytes())
        player.play("DISC in NRM", player.disc().to_bytes())
        player.play("DISC in NDM", player.disc().to_bytes())
    seen = bench.observe("hdlc-dialogue", {"procedure": "HDLC_FRAME_P1", **player.observation()})
    bench.judge("dlms.hdlc-dialogue/1", seen)


@case("dlms/HDLC_FRAME_N7", link_requirement("HDLC_FRAME_N7"))
def test_hdlc_frame_n7(bench: CaseBench) -> None:
    """A frame with information and a wrong HCS, but a right FCS, is discarded."""
    bench.energise()
    with bench.position.player("public") as player:
        good = player.snrm().to_bytes()
        hcs_at = len(good) - 3 - len(player.snrm().information) - 2
        right = int.from_bytes(good[hcs_at : hcs_at + 2], "little")
        player.play("SNRM with wrong HCS", player.snrm().to_bytes(hcs=right ^ 0x0001))
        player.play("DISC in NDM", player.disc().to_bytes())
    seen = bench.observe("hdlc-dialogue", {"procedure": "HDLC_FRAME_N7", **player.observation()})
    bench.judge("dlms.hdlc-dialogue/1", seen)


@case("dlms/HDLC_FRAME_N8", link_requirement("HDLC_FRAME_N8"))
def test_hdlc_frame_n8(bench: CaseBench) -> None:
    """A frame with a wrong FCS is discarded."""
    bench.energise()
    with bench.position.player("public") as player:
        right = crc16_x25(player.snrm().to_bytes()[1:-3])
        player.play("SNRM with wrong FCS", player.snrm().to_bytes(fcs=right ^ 0x0100))
        player.play("DISC in NDM", player.disc().to_bytes())
    seen = bench.observe("hdlc-dialogue", {"procedure": "HDLC_FRAME_N8", **player.observation()})
    bench.judge("dlms.hdlc-dialogue/1", seen)
