"""Judge dialogues of raw HDLC frames: which step was due which answer, or silence.

The expectations stand in ``hdlc_expected``; here is how an answer is compared with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, text
from bench.judgement.hdlc_expected import EXPECTED, Due
from bench.judgement.proof_of_life import dead, killed, reopened
from bench.judgement.registry import Context, judge
from bench.protocols.deviation import violations
from bench.protocols.hdlc import (
    DecodedFrame,
    Frame,
    FrameKind,
    FrameReader,
    LinkParameters,
    decode_frame,
    decode_parameters,
    parse_control,
)
from bench.record.declaration import CommunicationDeclaration
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("dlms.hdlc-dialogue", version=3)
def judge_dialogue(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Compare every step of the dialogue with what the case expects of it."""
    data = observations[0].data
    expected = EXPECTED.get(text(data, "procedure"))
    if expected is None:
        raise MalformedObservation(f"no procedure {data['procedure']!r}")
    steps = data["steps"]
    rules = {step["rule"] for step in steps}
    required = {name for name, due in expected.items() if not due.optional}
    if not required <= rules <= set(expected):
        raise MalformedObservation(f"the steps of {data['procedure']} are not all there, or too many")
    gone = dead(data)
    if gone is not None:
        return gone
    notes = []
    for step in steps:
        due = expected[step["rule"]]
        fault, note = _check(step, due, data, context.declaration.communication)
        if fault:
            return Judgement(outcome=Outcome.FAILED, reason=f"{step['name']}: {due} was due, {fault}")
        notes.append(note)
    away = killed(data)
    if away:
        return Judgement(outcome=Outcome.FAILED, reason=away)
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(filter(None, [*_short(notes), reopened(data)])))


def _polled(step: Mapping[str, Any]) -> bool:
    """Return whether the frame that was sent asked for a final bit; what is no frame says nothing else."""
    sent = decode_frame(bytes.fromhex(step["sent"])).frame
    return sent is None or parse_control(sent.control).poll


def _short(notes: Sequence[str]) -> list[str]:
    """Count equal notes in a row instead of repeating them."""
    short: list[tuple[str, int]] = []
    for note in notes:
        if short and short[-1][0] == note:
            short[-1] = (note, short[-1][1] + 1)
        else:
            short.append((note, 1))
    return [note if count == 1 else f"{note} ({count} times)" for note, count in short]


def _check(
    step: Mapping[str, Any], due: Due, data: Mapping[str, Any], declared: CommunicationDeclaration
) -> tuple[str, str]:
    """Return (what is wrong, or "") and (what came)."""
    received = bytes.fromhex(step["received"])
    late = bytes.fromhex(step.get("late", ""))
    if not received:
        if late and not due.kinds:
            return f"{late[:16].hex(' ').upper()} came after the time-out", ""
        if due.quiet:
            closed = ", and the meter closed the line" if step.get("closed") else ""
            return "", f"{step['rule']}: silence{closed}"
        return "the connection closed" if step.get("closed") else "silence came", ""
    reader = FrameReader()
    frames = [decode_frame(raw) for raw in reader.feed(received)]
    if not frames and len(reader.pending) > 1:
        broken = decode_frame(reader.pending).deviations
        return f"octets came that are no whole frame: {'; '.join(map(str, broken))}", ""
    if len(frames) != 1 or reader.garbage:
        return f"{len(frames)} frames and {len(reader.garbage)} stray octets came", ""
    fault = _frame_fault(frames[0], due, step, data) or _limits_fault(frames[0], due, step, declared)
    return fault, f"{step['rule']}: {_kind(frames[0].frame)}"


def _frame_fault(decoded: DecodedFrame, due: Due, step: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    frame = decoded.frame
    broken = violations(decoded.deviations)
    if frame is None or broken:
        return "a frame came that breaks the rules: " + "; ".join(map(str, broken or decoded.deviations))
    if not due.kinds:
        return f"{_kind(frame)} came"
    control = parse_control(frame.control)
    if control.kind not in due.kinds:
        return f"{_kind(frame)} came"
    if due.nr is not None and control.nr is not None and control.nr != due.nr:
        return f"{_kind(frame)} with N(R)={control.nr} came"
    if not control.poll and _polled(step):
        return f"{_kind(frame)} without the final bit came"
    clients, servers = {text(data, "client_address")}, {text(data, "server_address")}
    called = decode_frame(bytes.fromhex(step["sent"])).frame if due.called else None
    if called is not None:
        clients, servers = {_octets(called.source)}, servers | {_octets(called.destination)}
    if _octets(frame.destination) not in clients or _octets(frame.source) not in servers:
        return f"{_kind(frame)} came with addresses {_octets(frame.destination)} and {_octets(frame.source)}"
    return ""


def _limits_fault(
    decoded: DecodedFrame, due: Due, step: Mapping[str, Any], declared: CommunicationDeclaration
) -> str:
    """Check the parameters of a UA: well formed, not above the proposal, not above the declaration.

    A UA without parameters negotiates nothing: the defaults of the standard hold, which no meter chose.
    """
    frame = decoded.frame
    if not due.limits or frame is None or parse_control(frame.control).kind is not FrameKind.UA:
        return ""
    if not frame.information:
        return ""
    agreed, deviations = decode_parameters(frame.information)
    broken = violations(deviations)
    if broken:
        return "the parameters of the UA break the rules: " + "; ".join(map(str, broken))
    sent = decode_frame(bytes.fromhex(step["sent"])).frame
    proposed, _ = decode_parameters(sent.information if sent is not None else b"")
    # The parameters are named from the side of whoever sends them, so they are compared crosswise.
    rows = (
        (
            "max info transmit",
            agreed.max_info_transmit,
            proposed.max_info_receive,
            declared.max_info_transmit,
        ),
        ("max info receive", agreed.max_info_receive, proposed.max_info_transmit, declared.max_info_receive),
        ("window transmit", agreed.window_transmit, proposed.window_receive, declared.window_transmit),
        ("window receive", agreed.window_receive, proposed.window_transmit, declared.window_receive),
    )
    faults = [f"{name} {value}, {ours} was proposed" for name, value, ours, _ in rows if value > ours]
    # A UA that says nothing means the defaults, whatever was declared.
    defaults = LinkParameters()
    if agreed != defaults:
        faults += [f"{name} {value}, {said} is declared" for name, value, _, said in rows if value > said]
    return "a UA came with " + "; ".join(faults) if faults else ""


def _kind(frame: Frame | None) -> str:
    return parse_control(frame.control).kind.name if frame is not None else "something unreadable"


def _octets(address: Any) -> str:
    return (address if isinstance(address, bytes) else address.to_bytes()).hex()
