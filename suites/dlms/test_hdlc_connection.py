"""HDLC connection: public case names of the abstract test suite ATS_DL. Pre-run, not the official suite."""

from __future__ import annotations

from bench.judgement.dlms_requirements import public_requirement
from bench.meter.dlms_client import association_request
from bench.meter.player import HdlcPlayer
from bench.protocols.hdlc import LLC_COMMAND, LinkParameters, i_control, rr_control
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import frames, recover

MINIMUM_INFO, DEFAULT_INFO, MAXIMUM_INFO = 32, 128, 2030
BEYOND_INFO = 4000
WINDOWS = (1, 4, 7)
#: Numbers that a fresh connection cannot have reached.
WRONG_NR, WRONG_NS = 5, 1
SEGMENT = 10


@case("dlms/HDLC_NDM2NRM_P1", public_requirement("HDLC_NDM2NRM_P1"))
def test_hdlc_ndm2nrm_p1(bench: CaseBench) -> None:
    """The maximum information lengths agreed are within what was proposed and declared."""
    with frames(bench, "HDLC_NDM2NRM_P1") as player:
        player.play("SNRM without parameters", player.frame(player.snrm().control).to_bytes(), "SNRM")
        _disconnect(player)
        for size in (MINIMUM_INFO, DEFAULT_INFO, MAXIMUM_INFO, BEYOND_INFO):
            rule = "SNRM" if size <= MAXIMUM_INFO else "SNRM out of range"
            proposed = LinkParameters(max_info_transmit=size, max_info_receive=size)
            player.play(f"SNRM with max info {size}", player.snrm(proposed).to_bytes(), rule)
            _disconnect(player)


@case("dlms/HDLC_NDM2NRM_P2", public_requirement("HDLC_NDM2NRM_P2"))
def test_hdlc_ndm2nrm_p2(bench: CaseBench) -> None:
    """The windows agreed are within what was proposed and declared."""
    with frames(bench, "HDLC_NDM2NRM_P2") as player:
        for window in WINDOWS:
            proposed = LinkParameters(window_transmit=window, window_receive=window)
            player.play(f"SNRM with window {window}", player.snrm(proposed).to_bytes(), "SNRM")
            _disconnect(player)


@case("dlms/HDLC_INFO_P1", public_requirement("HDLC_INFO_P1"))
def test_hdlc_info_p1(bench: CaseBench) -> None:
    """An AARQ in one frame, and the same in segments, is answered with an AARE."""
    aarq = _aarq(bench)
    with frames(bench, "HDLC_INFO_P1", "dlms.hdlc-information/2") as player:
        player.connect()
        player.message("AARQ in one frame", aarq)
        player.play("DISC", player.disc().to_bytes())
        player.connect()
        player.message("AARQ in segments", aarq, size=SEGMENT)


@case("dlms/HDLC_INFO_N1", public_requirement("HDLC_INFO_N1"))
def test_hdlc_info_n1(bench: CaseBench) -> None:
    """Information longer than agreed is rejected or dropped, and SNRM recovers the link."""
    with frames(bench, "HDLC_INFO_N1") as player:
        player.connect(parameters=LinkParameters())
        content = LLC_COMMAND + _aarq(bench)
        size = player.agreed.max_info_receive + 1
        information = content + bytes(max(0, size - len(content)))
        frame = player.frame(i_control(0, 0), information)
        player.play(f"information of {len(information)} octets", frame.to_bytes(), "information too long")
        recover(player)


@case("dlms/HDLC_INFO_N2", public_requirement("HDLC_INFO_N2"))
def test_hdlc_info_n2(bench: CaseBench) -> None:
    """N(R) of a frame that was never sent is rejected, and SNRM recovers the link."""
    with frames(bench, "HDLC_INFO_N2") as player:
        player.connect()
        player.play("RR with N(R)=5", player.frame(rr_control(WRONG_NR)).to_bytes(), "wrong N(R)")
        recover(player)
        frame = player.frame(i_control(0, WRONG_NR), LLC_COMMAND + _aarq(bench))
        player.play("I-frame with N(R)=5", frame.to_bytes(), "wrong N(R)")
        recover(player)


@case("dlms/HDLC_INFO_N3", public_requirement("HDLC_INFO_N3"))
def test_hdlc_info_n3(bench: CaseBench) -> None:
    """Information out of sequence is not taken, and SNRM recovers the link."""
    with frames(bench, "HDLC_INFO_N3") as player:
        player.connect()
        frame = player.frame(i_control(WRONG_NS, 0), LLC_COMMAND + _aarq(bench))
        player.play("I-frame with N(S)=1 first", frame.to_bytes(), "wrong N(S)")
        recover(player)


@case("dlms/HDLC_NDMOP_N1", public_requirement("HDLC_NDMOP_N1"))
def test_hdlc_ndmop_n1(bench: CaseBench) -> None:
    """An AARQ without connection never gets an AARE."""
    with frames(bench, "HDLC_NDMOP_N1") as player:
        frame = player.frame(i_control(0, 0), LLC_COMMAND + _aarq(bench))
        player.play("AARQ without SNRM", frame.to_bytes(), "I-frame in NDM")


def _disconnect(player: HdlcPlayer) -> None:
    player.play("DISC", player.disc().to_bytes())


def _aarq(bench: CaseBench) -> bytes:
    """Return an AARQ of the plain association."""
    association = bench.position.plain_association
    return association_request(association, bench.position.secret_of(association)).to_bytes()
