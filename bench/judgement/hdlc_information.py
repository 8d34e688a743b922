"""Judge dialogues of I-frames: sequence numbers, lengths, segmentation and windows, followed octet by octet.

What the APDUs hold is not judged here. The judge plays the client's part again from the recorded octets. Rules
of the steps (see ``player.message``): "SNRM", "DISC", "segment" (an RR is due), "request" and "continue"
(information is due), "repeat" (the same frame once more: the same answer, or a mere RR, is due).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.judgement.fields import MalformedObservation, text
from bench.judgement.proof_of_life import dead, killed, reopened
from bench.judgement.registry import Context, judge
from bench.protocols.deviation import violations
from bench.protocols.hdlc import (
    LLC_RESPONSE,
    Frame,
    FrameKind,
    FrameReader,
    LinkParameters,
    agreed_parameters,
    decode_frame,
    decode_parameters,
    parse_control,
)
from bench.record.model import Judgement, Observation, Outcome, Requirement

MODULUS = 8
#: First octet of a request -> first octets an answer may have (an exception-response where the service is data).
ANSWERS: Mapping[int, frozenset[int]] = {
    0x60: frozenset({0x61}),
    0x62: frozenset({0x63, 0xD8}),
    0xC0: frozenset({0xC4, 0xD8}),
    0xC1: frozenset({0xC5, 0xD8}),
    0xC3: frozenset({0xC7, 0xD8}),
}


class _Fault(Exception):
    """What is wrong with one step."""


@dataclass(slots=True)
class _Client:
    """The state of the client's side while the dialogue is followed."""

    client: str
    server: str
    sent: int = 0
    received: int = 0
    agreed: LinkParameters = field(default_factory=LinkParameters)
    information: bytes = b""
    request: bytes = b""
    last_answer: bytes = b""
    messages: int = 0
    frames: int = 0
    longest: int = 0


@judge("dlms.hdlc-information", version=2)
def judge_information(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Follow the dialogue; the first fault decides."""
    data = observations[0].data
    gone = dead(data)
    if gone is not None:
        return gone
    side = _Client(client=text(data, "client_address"), server=text(data, "server_address"))
    for step in data["steps"]:
        follow = _FOLLOW.get(step["rule"])
        if follow is None:
            raise MalformedObservation(f"no rule {step['rule']!r}")
        try:
            follow(side, step, _answer(side, step))
        except _Fault as fault:
            return Judgement(outcome=Outcome.FAILED, reason=f"{step['name']}: {fault}")
    away = killed(data)
    if away or side.information:
        return Judgement(outcome=Outcome.FAILED, reason=away or "the last answer never ended")
    if not side.messages:
        raise MalformedObservation("the dialogue holds no message")
    told = f"{side.messages} answers in {side.frames} I-frames, longest information {side.longest} octets"
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(filter(None, [told, reopened(data)])))


def _answer(side: _Client, step: Mapping[str, Any]) -> list[Frame]:
    """Return the frames of the answer, each without fault and from the meter to this client."""
    reader = FrameReader()
    frames = []
    for raw in reader.feed(bytes.fromhex(step["received"])):
        decoded = decode_frame(raw)
        broken = violations(decoded.deviations)
        if decoded.frame is None or broken:
            raise _Fault("a frame breaks the rules: " + "; ".join(map(str, broken or decoded.deviations)))
        ends = (_octets(decoded.frame.destination), _octets(decoded.frame.source))
        if ends != (side.client, side.server):
            raise _Fault(f"a frame has the addresses {ends[0]} and {ends[1]}")
        frames.append(decoded.frame)
    if reader.garbage or len(reader.pending) > 1:
        raise _Fault("octets came that are no frame")
    if not frames:
        raise _Fault("the connection closed" if step.get("closed") else "an answer was due, silence came")
    return frames


def _connected(side: _Client, step: Mapping[str, Any], frames: list[Frame]) -> None:
    frame = _only(frames, FrameKind.UA)
    sent = decode_frame(bytes.fromhex(step["sent"])).frame
    proposed, _ = decode_parameters(sent.information if sent is not None else b"")
    side.agreed, deviations = agreed_parameters(frame.information, proposed)
    broken = violations(deviations)
    if broken:
        raise _Fault("the parameters of the UA break the rules: " + "; ".join(map(str, broken)))
    side.sent = side.received = 0
    side.information = side.request = side.last_answer = b""


def _disconnected(_side: _Client, _step: Mapping[str, Any], frames: list[Frame]) -> None:
    _only(frames, FrameKind.UA, FrameKind.DM)


def _segment(side: _Client, step: Mapping[str, Any], frames: list[Frame]) -> None:
    _count_request(side, step)
    frame = _only(frames, FrameKind.RR)
    _check_nr(side, frame)


def _request(side: _Client, step: Mapping[str, Any], frames: list[Frame]) -> None:
    _count_request(side, step)
    _take(side, step, frames)


def _continue(side: _Client, step: Mapping[str, Any], frames: list[Frame]) -> None:
    _take(side, step, frames)


def _repeat(side: _Client, step: Mapping[str, Any], frames: list[Frame]) -> None:
    if bytes.fromhex(step["received"]) == side.last_answer:
        return
    if len(frames) == 1 and parse_control(frames[0].control).kind is FrameKind.RR:
        _check_nr(side, frames[0])
        return
    raise _Fault("a repeated I-frame is due the same answer again (or RR); another one came")


def _count_request(side: _Client, step: Mapping[str, Any]) -> None:
    frame = decode_frame(bytes.fromhex(step["sent"])).frame
    if frame is None:
        raise MalformedObservation(f"{step['name']}: what was sent is no frame")
    side.sent = (side.sent + 1) % MODULUS
    if not side.request:
        side.request = frame.information[len(LLC_RESPONSE) :]
    if side.information:
        raise _Fault("the answer before was left unfinished")


def _take(side: _Client, step: Mapping[str, Any], frames: list[Frame]) -> None:
    """Take the I-frames of one turn."""
    if len(frames) > side.agreed.window_transmit:
        raise _Fault(f"{len(frames)} frames in a row, the window agreed is {side.agreed.window_transmit}")
    for frame in frames:
        _one_segment(side, frame, last=frame is frames[-1])
    side.last_answer = bytes.fromhex(step["received"])
    if not frames[-1].segmented:
        _message(side)


def _one_segment(side: _Client, frame: Frame, *, last: bool) -> None:
    control = parse_control(frame.control)
    if control.kind is not FrameKind.I:
        raise _Fault(f"information was due, {control.kind.name} came")
    if control.ns != side.received:
        raise _Fault(f"N(S)={control.ns} came, {side.received} was due")
    _check_nr(side, frame)
    if len(frame.information) > side.agreed.max_info_transmit:
        raise _Fault(
            f"information of {len(frame.information)} octets, agreed are {side.agreed.max_info_transmit}"
        )
    if control.poll != last:
        raise _Fault("the final bit does not stand in the last frame of the turn")
    if not last and not frame.segmented:
        raise _Fault("the segmentation bit is clear before the last segment")
    side.received = (side.received + 1) % MODULUS
    side.frames += 1
    side.longest = max(side.longest, len(frame.information))
    side.information += frame.information


def _message(side: _Client) -> None:
    information, request = side.information, side.request
    side.information = side.request = b""
    side.messages += 1
    if not information.startswith(LLC_RESPONSE):
        raise _Fault(f"the answer begins {information[:3].hex(' ').upper()}, the LLC header E6 E7 00 was due")
    apdu = information[len(LLC_RESPONSE) :]
    due = ANSWERS.get(request[0] if request else -1)
    if due is not None and (not apdu or apdu[0] not in due):
        raise _Fault(f"the answer to {request[:1].hex().upper()} begins {apdu[:8].hex(' ').upper()}")


def _check_nr(side: _Client, frame: Frame) -> None:
    number = parse_control(frame.control).nr
    if number != side.sent:
        raise _Fault(f"N(R)={number} came, {side.sent} was due")


def _only(frames: list[Frame], *kinds: FrameKind) -> Frame:
    found = [parse_control(frame.control).kind for frame in frames]
    if len(frames) != 1 or found[0] not in kinds:
        due = " or ".join(kind.name for kind in kinds)
        raise _Fault(f"{due} was due, {', '.join(kind.name for kind in found)} came")
    return frames[0]


def _octets(address: Any) -> str:
    return (address if isinstance(address, bytes) else address.to_bytes()).hex()


_FOLLOW = {
    "SNRM": _connected,
    "DISC": _disconnected,
    "segment": _segment,
    "request": _request,
    "continue": _continue,
    "repeat": _repeat,
}
