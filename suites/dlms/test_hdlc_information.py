"""HDLC beyond the public cases: repeated frames, numbers modulo 8, lengths, windows, flags, time-outs. Our own."""

from __future__ import annotations

from bench.judgement.dlms_requirements import protocol_requirement
from bench.meter.dlms_client import association_request
from bench.meter.player import HdlcPlayer
from bench.protocols.cosem import CosemAttribute, Obis
from bench.protocols.hdlc import FLAG, LinkParameters, crc_octets, i_control, rr_control
from bench.protocols.xdlms.get import GetRequestNext, GetRequestNormal
from bench.protocols.xdlms.parts import invoke_octet
from bench.record.model import Outcome, Requirement, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import frames, leave

#: More requests in one connection than a number of three bits can count.
BEYOND_MODULUS = 18
SMALL_INFO = 32
#: Small enough that an answer, with its LLC header, is one frame.
SMALL_PDU = 64
WINDOW = 7
CURRENT_ASSOCIATION = Obis("0-0:40.0.0.255")
#: No public profile knows it; its octets look like flags.
FLAGS_AS_NAME = Obis("126-126:126.126.126.126")


def link_requirement(clause: str, status: str = "R") -> Requirement:
    """Return a demand on the link layer that no public case names."""
    return protocol_requirement(f"HDLC: {clause}", Topic.HDLC, status)


@case("dlms/hdlc_repeated_frame", link_requirement("a repeated I-frame is not taken twice", "V1"))
def test_hdlc_repeated_frame(bench: CaseBench) -> None:
    """The same I-frame twice brings the same answer, and nothing advances: neither numbers nor blocks."""
    with frames(bench, "hdlc_repeated_frame", "dlms.hdlc-information/2") as player:
        # A request for the next block shows whether it was obeyed twice: then another block comes.
        _associate(bench, player, max_pdu=SMALL_PDU)
        player.message("GET object list", _get(2))
        for number in (1, 2):
            player.message(f"GET block after {number}", GetRequestNext(block_number=number).to_bytes())
            again = next(step for step in reversed(player.steps) if step["rule"] == "request")
            player.play(f"{again['name']}, repeated", bytes.fromhex(again["sent"]), "repeat")
        player.message("GET logical name", _get(1))


@case("dlms/hdlc_sequence_numbers", link_requirement("N(S) and N(R) count modulo 8"))
def test_hdlc_sequence_numbers(bench: CaseBench) -> None:
    """Numbers wrap from 7 to 0, in requests and answers."""
    with frames(bench, "hdlc_sequence_numbers", "dlms.hdlc-information/2") as player:
        _associate(bench, player)
        for index in range(BEYOND_MODULUS):
            if player.message(f"GET {index + 1}", _get(1)) is None:
                break


@case("dlms/hdlc_segmented_answer", link_requirement("segments are within the agreed length"))
def test_hdlc_segmented_answer(bench: CaseBench) -> None:
    """A long answer comes in segments of the agreed length, the last one without segmentation bit."""
    with frames(bench, "hdlc_segmented_answer", "dlms.hdlc-information/2") as player:
        parameters = LinkParameters(max_info_transmit=SMALL_INFO, max_info_receive=SMALL_INFO)
        _associate(bench, player, parameters)
        player.message("GET object list", _get(2))
        player.message("GET logical name", _get(1))


@case("dlms/hdlc_window", link_requirement("no more frames in a row than the window agreed"))
def test_hdlc_window(bench: CaseBench) -> None:
    """With a window above 1 the segments come in groups, each acknowledged once."""
    if bench.declaration.communication.window_transmit == 1:
        leave(bench, Outcome.INAPPLICABLE, "the declared window of the meter is 1")
    with frames(bench, "hdlc_window", "dlms.hdlc-information/2") as player:
        parameters = LinkParameters(
            max_info_transmit=SMALL_INFO,
            max_info_receive=SMALL_INFO,
            window_transmit=WINDOW,
            window_receive=WINDOW,
        )
        _associate(bench, player, parameters)
        player.message("GET object list", _get(2))


@case("dlms/hdlc_flag_inside", link_requirement("7E may stand inside a frame", "V1"))
def test_hdlc_flag_inside(bench: CaseBench) -> None:
    """Octets that look like flags, in the information and in the FCS, do not end a frame."""
    with frames(bench, "hdlc_flag_inside", "dlms.hdlc-information/2") as player:
        _associate(bench, player)
        unknown = CosemAttribute(1, FLAGS_AS_NAME, 1)
        player.message("GET with 7E in the name", GetRequestNormal(attribute=unknown).to_bytes())
        for apdu in _flag_in_fcs(player):
            player.message("GET with 7E in the FCS", apdu)


@case("dlms/hdlc_shared_flags", link_requirement("one flag may end a frame and begin the next", "V1"))
def test_hdlc_shared_flags(bench: CaseBench) -> None:
    """Two frames with one flag between them are both taken; only the second asks for an answer."""
    with frames(bench, "shared_flags") as player:
        player.connect()
        first = player.frame(rr_control(0, poll=False)).to_bytes(closing_flag=False)
        second = player.frame(rr_control(0)).to_bytes()
        player.play("RR, flag, RR with P", first + second, "two frames with one flag between")


@case("dlms/hdlc_idle_flags", link_requirement("flags may fill the time between frames"))
def test_hdlc_idle_flags(bench: CaseBench) -> None:
    """Flags before a frame do not spoil it."""
    with frames(bench, "idle_flags") as player:
        player.connect()
        player.play("flags and RR", bytes([FLAG]) * 4 + player.frame(rr_control(0)).to_bytes(), "RR")


@case("dlms/hdlc_inter_octet_time_out", link_requirement("a frame that stops is dropped after the time-out"))
def test_hdlc_inter_octet_time_out(bench: CaseBench) -> None:
    """The second half of a frame that comes too late does not complete it."""
    with frames(bench, "inter_octet_time_out") as player:
        player.connect()
        octets = player.disc().to_bytes()
        half = len(octets) // 2
        player.play("first half of a frame", octets[:half])
        more_s = bench.declaration.communication.inter_octet_time_out_s * 1.1
        bench.clock.sleep(max(0.0, more_s - player.ends.response_time_out_s))
        player.play("second half of a frame", octets[half:])
        player.play("RR", player.frame(rr_control(0)).to_bytes())


def _associate(
    bench: CaseBench,
    player: HdlcPlayer,
    parameters: LinkParameters | None = None,
    *,
    max_pdu: int | None = None,
) -> None:
    association = bench.position.plain_association
    if max_pdu is not None:
        association = association.model_copy(update={"max_pdu": max_pdu})
    player.connect(parameters=parameters)
    secret = bench.position.secret_of(association)
    player.message("AARQ", association_request(association, secret).to_bytes())


def _get(attribute: int, invoke_id: int = 1) -> bytes:
    target = CosemAttribute(15, CURRENT_ASSOCIATION, attribute)
    return GetRequestNormal(invoke=invoke_octet(invoke_id), attribute=target).to_bytes()


def _flag_in_fcs(player: HdlcPlayer) -> list[bytes]:
    """Return at most one GET whose frame, sent next, has 7E in its FCS."""
    for attribute in range(1, 128):
        for invoke_id in range(16):
            apdu = _get(attribute, invoke_id)
            control = i_control(player.send_number, player.receive_number)
            raw = player.frame(control, bytes.fromhex("e6e600") + apdu).to_bytes()
            if FLAG in crc_octets(raw[1:-3]):
                return [apdu]
    return []
