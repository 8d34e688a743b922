"""Judge dialogues of raw HDLC frames: which step was due which answer, or silence.

The expectations are data, by case and step. Names, purposes and procedures: dlms.md 1.3; where the public
sources leave a choice ("DM or quiet") both are accepted and the reason says which one came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.judgement.fields import MalformedObservation, text, truth
from bench.judgement.registry import Context, judge
from bench.protocols.deviation import violations
from bench.protocols.hdlc import DecodedFrame, Frame, FrameKind, FrameReader, decode_frame, parse_control
from bench.record.model import Judgement, Observation, Outcome, Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a step is due: one frame of one of these kinds, or silence where ``quiet`` allows it."""

    kinds: tuple[FrameKind, ...] = ()
    quiet: bool = False
    nr: int | None = None

    def __str__(self) -> str:
        words = [kind.name + (f" with N(R)={self.nr}" if self.nr is not None else "") for kind in self.kinds]
        return " or ".join([*words, "silence"] if self.quiet else words)


UA = Due(kinds=(FrameKind.UA,))
DM = Due(kinds=(FrameKind.DM,))
QUIET = Due(quiet=True)

#: Case -> step -> what is due. The steps are written by the suites in this order.
EXPECTED: Mapping[str, Mapping[str, Due]] = {
    "HDLC_FRAME_P1": {
        "SNRM": UA,
        "RR": Due(kinds=(FrameKind.RR,), nr=0),
        "DISC in NRM": UA,
        "DISC in NDM": DM,
    },
    "HDLC_FRAME_N7": {"SNRM with wrong HCS": QUIET, "DISC in NDM": DM},
    "HDLC_FRAME_N8": {"SNRM with wrong FCS": QUIET, "DISC in NDM": DM},
}


@judge("dlms.hdlc-dialogue", version=1)
def judge_dialogue(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Compare every step of the dialogue with what the case expects of it."""
    data = observations[0].data
    expected = EXPECTED.get(text(data, "procedure"))
    if expected is None:
        raise MalformedObservation(f"no procedure {data['procedure']!r}")
    if not truth(data, "alive_before"):
        return Judgement(outcome=Outcome.ERROR, reason="the meter did not answer SNRM before the case began")
    steps = data["steps"]
    if {step["name"] for step in steps} != set(expected):
        raise MalformedObservation(f"the steps of {data['procedure']} are not all there")
    notes = []
    for step in steps:
        due = expected[step["name"]]
        fault, note = _check(step, due, data)
        if fault and not step["received"] and not truth(data, "alive_after"):
            return Judgement(
                outcome=Outcome.ERROR,
                reason=f"{step['name']}: silence, and the link could not be opened again",
            )
        if fault:
            return Judgement(outcome=Outcome.FAILED, reason=f"{step['name']}: {due} was due, {fault}")
        notes.append(note)
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(notes))


def _check(step: Mapping[str, Any], due: Due, data: Mapping[str, Any]) -> tuple[str, str]:
    """Return (what is wrong, or "") and (what came)."""
    received = bytes.fromhex(step["received"])
    if not received:
        if due.quiet:
            return "", f"{step['name']}: silence"
        return "the connection closed" if step.get("closed") else "silence came", ""
    reader = FrameReader()
    frames = [decode_frame(raw) for raw in reader.feed(received)]
    if len(frames) != 1 or reader.garbage:
        return f"{len(frames)} frames and {len(reader.garbage)} stray octets came", ""
    fault = _frame_fault(frames[0], due, data)
    return fault, f"{step['name']}: {_kind(frames[0].frame)}"


def _frame_fault(decoded: DecodedFrame, due: Due, data: Mapping[str, Any]) -> str:
    frame = decoded.frame
    broken = violations(decoded.deviations)
    if frame is None or broken:
        return "a frame came that breaks the rules: " + "; ".join(map(str, broken or decoded.deviations))
    if not due.kinds:
        return f"{_kind(frame)} came"
    control = parse_control(frame.control)
    if control.kind not in due.kinds:
        return f"{_kind(frame)} came"
    if due.nr is not None and control.nr != due.nr:
        return f"{_kind(frame)} with N(R)={control.nr} came"
    if not control.poll:
        return f"{_kind(frame)} without the final bit came"
    if _octets(frame.destination) != text(data, "client_address") or _octets(frame.source) != text(
        data, "server_address"
    ):
        return f"{_kind(frame)} came with addresses {_octets(frame.destination)} and {_octets(frame.source)}"
    return ""


def _kind(frame: Frame | None) -> str:
    return parse_control(frame.control).kind.name if frame is not None else "something unreadable"


def _octets(address: Any) -> str:
    return (address if isinstance(address, bytes) else address.to_bytes()).hex()
