"""Judge mode E sign-ons: the form of the identification, the hand-over to HDLC, and the way back (dlms.md 6.2).

Procedures derived by us. Where the meter is free (to take a lower rate than it proposed, to repeat the
acknowledgement) every choice is accepted and told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, text
from bench.judgement.proof_of_life import dead, reopened
from bench.judgement.registry import Context, judge
from bench.protocols.deviation import DecodeError, violations
from bench.protocols.hdlc import FrameKind, FrameReader, decode_frame, parse_control
from bench.protocols.mode_e import HDLC, decode_identification
from bench.record.model import Judgement, Observation, Outcome, Requirement


class _Fault(Exception):
    """What is wrong with one step."""


@judge("dlms.mode-e", version=1)
def judge_sign_on(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Compare every step with its rule."""
    data = observations[0].data
    gone = dead(data)
    if gone is not None:
        return gone
    notes: dict[str, int] = {}
    for step in data["steps"]:
        rule = _RULES.get(text(step, "rule"))
        if rule is None:
            raise MalformedObservation(f"no rule {step['rule']!r}")
        try:
            note = rule(step, bytes.fromhex(step["received"]), context)
        except _Fault as fault:
            return Judgement(outcome=Outcome.FAILED, reason=f"{step['name']}: {fault}")
        notes[note] = notes.get(note, 0) + 1
    if not notes:
        raise MalformedObservation("nothing was played")
    told = [note if count == 1 else f"{note} ({count} times)" for note, count in notes.items()]
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(filter(None, [*told, reopened(data)])))


def _identification(_step: Mapping[str, Any], received: bytes, context: Context) -> str:
    if not received:
        raise _Fault("an identification was due, silence came")
    try:
        found = decode_identification(received)
    except DecodeError as error:
        raise _Fault(f"{received[:40]!r} is no identification: {error}") from error
    if found.flag_id.upper() != context.declaration.identity.flag_id:
        raise _Fault(
            f'the identification begins "{found.flag_id}", the FLAG ID is {context.declaration.identity.flag_id}'
        )
    if found.mode != HDLC:
        raise _Fault(f"the identification offers no HDLC: {received[:40]!r}")
    if found.baud is None:
        raise _Fault(f'the identification proposes the rate "{found.baud_character}", which mode E has not')
    return f"identification {received.strip().decode('latin-1')}"


def _acknowledged(step: Mapping[str, Any], received: bytes, _context: Context) -> str:
    """Nothing, or the acknowledgement again: both are about."""
    if received and received != bytes.fromhex(step["sent"]):
        raise _Fault(f"silence, or the acknowledgement again, was due, {received[:16].hex(' ').upper()} came")
    return "the acknowledgement is repeated" if received else ""


def _silent(_step: Mapping[str, Any], received: bytes, _context: Context) -> str:
    if received:
        raise _Fault(f"silence was due, {received[:24].hex(' ').upper()} came")
    return "silence"


def _connected(step: Mapping[str, Any], received: bytes, context: Context) -> str:
    kind = _kind(step, received, context)
    if kind is not FrameKind.UA:
        raise _Fault(f"UA at {step['baud']} Bd was due, {_word(kind, received)} came")
    return f"UA at {step['baud']} Bd"


def _connected_or_silent(step: Mapping[str, Any], received: bytes, context: Context) -> str:
    return _connected(step, received, context) if received else f"no HDLC at {step['baud']} Bd"


def _disconnected(step: Mapping[str, Any], received: bytes, context: Context) -> str:
    kind = _kind(step, received, context)
    if kind not in {FrameKind.UA, FrameKind.DM}:
        raise _Fault(f"UA or DM was due, {_word(kind, received)} came")
    return ""


def _free(_step: Mapping[str, Any], _received: bytes, _context: Context) -> str:
    return ""


def _kind(step: Mapping[str, Any], received: bytes, _context: Context) -> FrameKind | None:
    """Return the kind of the one sound frame that came, None for anything else."""
    frames = [decode_frame(raw) for raw in FrameReader().feed(received)]
    if len(frames) != 1 or frames[0].frame is None or violations(frames[0].deviations):
        return None
    frame = frames[0].frame
    destination = frame.destination if isinstance(frame.destination, bytes) else frame.destination.to_bytes()
    if destination.hex() != text(step, "client_address"):
        return None
    return parse_control(frame.control).kind


def _word(kind: FrameKind | None, received: bytes) -> str:
    if kind is not None:
        return kind.name
    return received[:24].hex(" ").upper() or "silence"


_RULES: Mapping[str, Callable[[Mapping[str, Any], bytes, Context], str]] = {
    "identification": _identification,
    "acknowledgement": _acknowledged,
    "silent": _silent,
    "SNRM": _connected,
    "SNRM at another rate": _connected_or_silent,
    "DISC": _disconnected,
    "free": _free,
}
