"""Judge dialogues over the wrapper: what a whole, a cut, a doubled and a wrong message brings (dlms.md 1.7).

Procedures derived by us. What a step is due stands in ``_RULES``, by the word the suite gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, number, part, truth
from bench.judgement.proof_of_life import dead, killed
from bench.judgement.registry import Context, judge
from bench.protocols.acse import Aare, AssociationResult, decode_acse
from bench.protocols.deviation import violations
from bench.protocols.wrapper import HEADER_LENGTH, WrapperReader, decode_wrapper
from bench.protocols.xdlms.apdu import decode_apdu
from bench.record.model import Judgement, Observation, Outcome, Requirement

AARE, DATA, EXCEPTION = 0x61, 0xC4, 0xD8
INVOKE_ID = 0x0F


class _Fault(Exception):
    """What is wrong with one step."""


@judge("dlms.wrapper", version=3)
def judge_wrapper(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Compare every step with its rule."""
    data = observations[0].data
    gone = _gone(data)
    if gone is not None:
        return gone
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
    after = part(data, "after")
    # A port that needs no longer than an answer may take was not away.
    if killed(data) and number(after, "duration_s") > number(data, "response_time_out_s"):
        return Judgement(outcome=Outcome.FAILED, reason=killed(data))
    if not notes:
        raise MalformedObservation("nothing was played")
    told = [note if count == 1 else f"{note} ({count} times)" for note, count in notes.items()]
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(told))


def _gone(data: Mapping[str, Any]) -> Judgement | None:
    """Return what a port that does not answer makes of the case: ours, unless the meter answers on its main port."""
    gone = dead(data)
    if gone is None or not truth(part(data, "before"), "alive"):
        return gone
    if data["elsewhere"] is not True:
        return gone
    reason = "after the case the wrapper port answers no more, and the meter's main port does"
    return Judgement(outcome=Outcome.FAILED, reason=reason)


def _messages(step: Mapping[str, Any]) -> list[bytes]:
    reader = WrapperReader()
    payloads = []
    for raw in reader.feed(bytes.fromhex(step["received"])):
        decoded = decode_wrapper(raw)
        broken = violations(decoded.deviations)
        if decoded.frame is None or broken:
            raise _Fault("the wrapper breaks the rules: " + "; ".join(map(str, broken)))
        ends = (decoded.frame.source, decoded.frame.destination)
        if ends != (step["server"], step["client"]) and step["rule"] != "ignored":
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
        raise _Fault(f"one AARE was due, {_came(step, messages)} came")
    apdu, _ = decode_acse(messages[0])
    if not isinstance(apdu, Aare) or apdu.result != AssociationResult.ACCEPTED:
        raise _Fault("one AARE that accepts was due, one that rejects came")
    return f"{step['rule']}: one AARE"


def _data(step: Mapping[str, Any], messages: list[bytes]) -> str:
    if len(messages) != 1 or messages[0][0] != DATA:
        raise _Fault(f"one GET-response was due, {_came(step, messages)} came")
    return "data: one GET-response"


def _ignored(step: Mapping[str, Any], messages: list[bytes]) -> str:
    if messages:
        raise _Fault(f"silence was due, {messages[0][:8].hex(' ').upper()} came")
    return f"{step['rule']}: {_nothing(step)}"


def _not_served(step: Mapping[str, Any], messages: list[bytes]) -> str:
    """Silence, a closed connection, or a proper refusal: one AARE that rejects, or an exception-response."""
    if not messages:
        return f"{step['rule']}: {_nothing(step)}"
    if len(messages) > 1:
        raise _Fault(f"silence or one refusal was due, {_came(step, messages)} came")
    if messages[0][0] == EXCEPTION:
        return f"{step['rule']}: exception-response"
    apdu, _ = decode_acse(messages[0])
    if isinstance(apdu, Aare) and apdu.result != AssociationResult.ACCEPTED:
        return f"{step['rule']}: AARE, rejected"
    raise _Fault(f"silence or a refusal was due, {_came(step, messages)} came")


def _first_or_both(step: Mapping[str, Any], messages: list[bytes]) -> str:
    if not 1 <= len(messages) <= 2:
        raise _Fault(f"one answer or two were due, {len(messages) or _nothing(step)} came")
    if any(message[0] not in {AARE, DATA} for message in messages):
        raise _Fault(f"answers to the requests were due, {_came(step, messages)} came")
    asked = [_invoke_id(raw[HEADER_LENGTH:]) for raw in WrapperReader().feed(bytes.fromhex(step["sent"]))]
    came = [_invoke_id(message) for message in messages]
    # an id that nobody asked with is no echo at all: judged as a service, and nothing to tell answers apart by
    if set(came) <= set(asked) and came != asked[: len(came)]:
        raise _Fault(f"the answers to {_listed(asked)} were due in this order, those to {_listed(came)} came")
    return f"{len(messages)} answers to two requests at once"


def _listed(invoke_ids: list[int | None]) -> str:
    return " and ".join(f"invoke-id {item}" for item in invoke_ids)


def _invoke_id(apdu: bytes) -> int | None:
    """Return the invoke-id of a GET or of its answer, None of another APDU."""
    return apdu[2] & INVOKE_ID if apdu[:1] in {b"\xc0", b"\xc4"} and len(apdu) > 2 else None


def _served_or_not(step: Mapping[str, Any], messages: list[bytes]) -> str:
    """A second client: served by itself, or turned away; never with an answer that is not its own."""
    if len(messages) > 1:
        raise _Fault(f"one answer, or a closed connection, was due, {_came(step, messages)} came")
    return f"{step['rule']}: {messages[0][:1].hex().upper() if messages else _nothing(step)}"


def _closed(step: Mapping[str, Any], messages: list[bytes]) -> str:
    if messages:
        raise _Fault(f"silence was due until the inactivity time-out, {_came(step, messages)} came")
    if not step["closed"]:
        raise _Fault("the connection stayed open after the inactivity time-out")
    return "closed after the inactivity time-out"


def _came(step: Mapping[str, Any], messages: list[bytes]) -> str:
    return ", ".join(message[:4].hex(" ").upper() for message in messages) or _nothing(step)


def _nothing(step: Mapping[str, Any]) -> str:
    return "the connection closed" if step["closed"] else "silence"


_RULES: Mapping[str, Callable[[Mapping[str, Any], list[bytes]], str]] = {
    "answered": _answered,
    "data": _data,
    "ignored": _ignored,
    "not served": _not_served,
    "first or both": _first_or_both,
    "second client": _served_or_not,
    "left": lambda step, messages: f"left: {_came(step, messages)}",
    "closed": _closed,
}
