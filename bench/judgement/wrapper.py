"""Judge dialogues over the wrapper: what a whole, a cut, a doubled and a wrong message brings (dlms.md 1.7).

Procedures derived by us. Rules of the steps: "answered" one whole answer is due; "ignored" silence or a closed
connection; "first or both" one answer or two, never a mixture; "closed" the meter ends the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation
from bench.judgement.registry import Context, judge
from bench.protocols.deviation import violations
from bench.protocols.wrapper import WrapperReader, decode_wrapper
from bench.protocols.xdlms.apdu import decode_apdu
from bench.record.model import Judgement, Observation, Outcome, Requirement

AARE = 0x61


class _Fault(Exception):
    """What is wrong with one step."""


@judge("dlms.wrapper", version=1)
def judge_wrapper(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Compare every step with its rule."""
    data = observations[0].data
    if not data["alive_before"]:
        return Judgement(
            outcome=Outcome.ERROR, reason="the wrapper port did not answer before the case began"
        )
    notes: dict[str, int] = {}
    for step in data["steps"]:
        rule = _RULES.get(step["rule"])
        if rule is None:
            raise MalformedObservation(f"no rule {step['rule']!r}")
        try:
            note = rule(step, _messages(step))
        except _Fault as fault:
            return Judgement(outcome=Outcome.FAILED, reason=f"{step['name']}: {fault}")
        notes[note] = notes.get(note, 0) + 1
    if not data["alive_after"]:
        return Judgement(outcome=Outcome.FAILED, reason="after the case the wrapper port answers no more")
    told = [note if count == 1 else f"{note} ({count} times)" for note, count in notes.items()]
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(told))


def _messages(step: Mapping[str, Any]) -> list[bytes]:
    reader = WrapperReader()
    payloads = []
    for raw in reader.feed(bytes.fromhex(step["received"])):
        decoded = decode_wrapper(raw)
        broken = violations(decoded.deviations)
        if decoded.frame is None or broken:
            raise _Fault("the wrapper breaks the rules: " + "; ".join(map(str, broken)))
        ends = (decoded.frame.source, decoded.frame.destination)
        if ends != (step["server"], step["client"]):
            raise _Fault(f"an answer has the wPorts {ends[0]} and {ends[1]}")
        broken = violations(decode_apdu(decoded.frame.payload)[1])
        if broken:
            raise _Fault("the APDU breaks the rules: " + "; ".join(map(str, broken)))
        payloads.append(decoded.frame.payload)
    if reader.pending:
        raise _Fault(f"octets came that are no whole message: {reader.pending[:16].hex(' ').upper()}")
    return payloads


def _answered(step: Mapping[str, Any], messages: list[bytes]) -> str:
    if len(messages) != 1 or messages[0][0] != AARE:
        came = ", ".join(message[:4].hex(" ").upper() for message in messages) or _nothing(step)
        raise _Fault(f"one AARE was due, {came} came")
    return f"{step['rule']}: one AARE"


def _ignored(step: Mapping[str, Any], messages: list[bytes]) -> str:
    if messages:
        raise _Fault(f"silence was due, {messages[0][:8].hex(' ').upper()} came")
    return f"{step['rule']}: {_nothing(step)}"


def _first_or_both(step: Mapping[str, Any], messages: list[bytes]) -> str:
    if not 1 <= len(messages) <= 2:
        raise _Fault(f"one answer or two were due, {len(messages) or _nothing(step)} came")
    return f"{len(messages)} answers to two requests in one segment"


def _closed(step: Mapping[str, Any], messages: list[bytes]) -> str:
    if messages or not step["closed"]:
        raise _Fault("the connection stayed open after the inactivity time-out")
    return "closed after the inactivity time-out"


def _nothing(step: Mapping[str, Any]) -> str:
    return "the connection closed" if step["closed"] else "silence"


_RULES: Mapping[str, Callable[[Mapping[str, Any], list[bytes]], str]] = {
    "answered": _answered,
    "ignored": _ignored,
    "first or both": _first_or_both,
    "closed": _closed,
}
