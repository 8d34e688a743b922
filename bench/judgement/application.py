"""Judge dialogues of APDUs: which step was due which answers, and what a granted association may grant.

The expectations stand in ``application_expected``. All faults of a case are told together; a step that was not
sent because the meter had broken the link counts for the step that broke it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bench.judgement.application_answer import Answer, more_than, read_answer
from bench.judgement.application_expected import EXPECTED, Due, Reply
from bench.judgement.fields import MalformedObservation, part, text
from bench.judgement.link_fault import LINK_FAULTS
from bench.judgement.proof_of_life import dead, killed, reopened
from bench.judgement.registry import Context, judge
from bench.protocols.acse import Aarq, decode_acse
from bench.protocols.cosem import Obis
from bench.protocols.data import Data, DataType
from bench.protocols.values import as_octets
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.get import GetResponseNormal
from bench.protocols.xdlms.initiate import DLMS_VERSION, InitiateRequest
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Judgement, Observation, Outcome, Requirement

CURRENT_ASSOCIATION = Obis("0-0:40.0.0.255")
#: Bits of the block that are no service: a meter may set or clear them as it likes.
AUTHENTICATED, ENCRYPTED = 0x10, 0x20
#: The policy's bits for answers (20, 40; version 1) are so far from those of the security control octet.
ANSWER_SHIFT = 1
NO_SERVICES = Conformance.RESERVED_ZERO | Conformance.RESERVED_SEVEN | Conformance.PRIORITY_MGMT_SUPPORTED


@judge("dlms.application", version=3)
def judge_application(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Compare every step of every dialogue with what the case expects of it."""
    faults: list[str] = []
    doubts: list[str] = []
    notes: list[str] = []
    for observation in observations:
        data = observation.data
        gone = dead(data)
        if gone is not None:
            return gone
        expected = _expected(data)
        association = context.declaration.association_named(text(data, "association"))
        options = context.declaration.options
        for dialogue in data["dialogues"]:
            broken = ""
            for step in dialogue["steps"]:
                due = expected.get((dialogue["rule"], step["rule"]))
                if due is None:
                    raise MalformedObservation(f"no rule for {dialogue['rule']} / {step['rule']}")
                where = _where(dialogue, step)
                if broken or step["answer"] in LINK_FAULTS:
                    broken = broken or str(step["answer"])
                    doubts.append(f"{where}: the link layer broke ({broken})")
                    continue
                outcome, note = _check(step, due, options, association)
                if outcome is Outcome.FAILED:
                    faults.append(f"{where}: {note}")
                elif outcome is Outcome.INCONCLUSIVE:
                    doubts.append(f"{where}: {note}")
                else:
                    notes.append(f"{where}: {note}")
        away = killed(data)
        faults += [away] if away else []
        notes += [f"{name} left out: {why}" for name, why in part(data, "left_out").items()]
        notes += filter(None, [reopened(data)])
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    if doubts:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="; ".join(doubts))
    if not notes:
        raise MalformedObservation("nothing was played")
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(_short(notes)))


def _expected(data: Mapping[str, Any]) -> Mapping[tuple[str, str], Due]:
    name = text(data, "procedure")
    expected = EXPECTED.get(name)
    if expected is None:
        raise MalformedObservation(f"no procedure {name!r}")
    played = {
        (dialogue["rule"], step["rule"]) for dialogue in data["dialogues"] for step in dialogue["steps"]
    }
    waived = {*part(data, "left_out"), *(item["rule"] for item in data["dialogues"] if item.get("ended"))}
    missing = [key for key in expected if key not in played and key[0] not in waived]
    if missing:
        raise MalformedObservation(f"not played: {', '.join('/'.join(key) for key in missing)}")
    return expected


def _where(dialogue: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    return str(dialogue["name"]) if len(dialogue["steps"]) == 1 else f"{dialogue['name']}, {step['name']}"


def _check(
    step: Mapping[str, Any],
    due: Due,
    options: Mapping[str, bool],
    association: AssociationDeclaration | None,
) -> tuple[Outcome, str]:
    answer = read_answer(step)
    sound = _grants(answer, step)
    if sound:
        return Outcome.FAILED, sound
    if answer.word == "not sent":
        return Outcome.FAILED, "could not be sent: the meter had broken the link"
    why = ""
    for reply in due.replies:
        if not _matches(reply, answer):
            continue
        why = _CHECKS[reply.check](answer, step, association) if reply.check else ""
        if why:
            continue
        if reply.option and reply.option not in options:
            return Outcome.INCONCLUSIVE, f"{answer.text}; the declaration does not say options.{reply.option}"
        if reply.option and not options[reply.option]:
            continue
        return Outcome.PASSED, answer.text
    return Outcome.FAILED, f"{due} was due [{due.source}], {why or answer.text + ' came'}"


def _matches(reply: Reply, answer: Answer) -> bool:
    if reply.word != answer.word:
        return False
    first = answer.numbers[0] if answer.numbers else None
    second = answer.numbers[1] if len(answer.numbers) > 1 else None
    pairs: Iterable[tuple[frozenset[int], int | None]] = (
        (reply.numbers, first),
        (reply.second, second),
        (reply.user, answer.user),
        (reply.provider, answer.provider),
        (reply.initiate_error, answer.initiate_error),
    )
    if any(allowed and number not in allowed for allowed, number in pairs):
        return False
    return reply.word != "rejected" or answer.result == 1


def _grants(answer: Answer, step: Mapping[str, Any]) -> str:
    """Return what an accepted association grants against every rule, or ""."""
    if answer.word != "accepted" or answer.granted is None:
        return ""
    proposed = _proposed(step)
    extra = more_than(answer.granted.conformance, proposed)
    if extra:
        return f"the negotiated conformance grants what was not proposed: {extra}"
    if answer.granted.version != DLMS_VERSION:
        return f"the negotiated DLMS version is {answer.granted.version}, {DLMS_VERSION} is due"
    return ""


def _proposed(step: Mapping[str, Any]) -> Conformance:
    request, _ = decode_acse(bytes.fromhex(step["sent"]))
    if isinstance(request, Aarq):
        initiate, _ = decode_apdu(request.user_information or b"")
        if isinstance(initiate, InitiateRequest):
            return initiate.conformance
    return Conformance((1 << 24) - 1)


def _own_name(answer: Answer, _step: Mapping[str, Any], _association: AssociationDeclaration | None) -> str:
    apdu = answer.apdu
    if not isinstance(apdu, GetResponseNormal) or not isinstance(apdu.result, Data):
        return "the association's logical name came in blocks"
    if apdu.result.type is not DataType.OCTET_STRING:
        return f"the association's logical name is {apdu.result.type.name}, not an octet-string"
    # A meter may name the instance of the client (0-0:40.0.x) instead of the current association 0-0:40.0.0.
    if as_octets(apdu.result)[:4] != CURRENT_ASSOCIATION.to_bytes()[:4]:
        return f"the association's logical name reads {as_octets(apdu.result).hex(' ')}, not 0-0:40.0.x.255"
    return ""


def _declared_services(
    answer: Answer, step: Mapping[str, Any], association: AssociationDeclaration | None
) -> str:
    if answer.granted is None or association is None:
        return "no InitiateResponse came"
    declared = Conformance.from_names(association.conformance) & ~NO_SERVICES
    granted = answer.granted.conformance & ~NO_SERVICES
    missing, extra = more_than(declared & _proposed(step), granted), more_than(granted, declared)
    faults = [f"declared, not granted: {missing}"] if missing else []
    faults += [f"granted, not declared: {extra}"] if extra else []
    return "; ".join(faults)


def _only_this_service(
    answer: Answer, step: Mapping[str, Any], _association: AssociationDeclaration | None
) -> str:
    if answer.granted is None:
        return "no InitiateResponse came"
    missing = more_than(_proposed(step), answer.granted.conformance)
    return f"proposed and declared, not granted: {missing}" if missing else ""


def _short(notes: Sequence[str]) -> list[str]:
    """Leave out what a person does not need to read again: the AARQs that opened as they should."""
    told = [note for note in notes if not (", AARQ: accepted" in note and len(notes) > 3)]
    return told or list(notes)


def _answer_inside(
    answer: Answer, _step: Mapping[str, Any], _association: AssociationDeclaration | None
) -> str:
    inside = answer.apdu.data if isinstance(answer.apdu, GeneralBlockTransfer) else b""
    return "" if inside[:1] == b"\xc4" else "the block carries no GET-response"


def _nothing_served(
    answer: Answer, _step: Mapping[str, Any], _association: AssociationDeclaration | None
) -> str:
    carries = isinstance(answer.apdu, GeneralBlockTransfer) and answer.apdu.data
    return "a request with a hole in it was served" if carries else ""


def _protected(_answer: Answer, step: Mapping[str, Any], association: AssociationDeclaration | None) -> str:
    """An answer with data is protected as the declared policy demands of answers."""
    if association is None or not association.ciphered or "protection" not in step:
        return ""
    control = step["protection"]
    due = answer_protection(association)
    if due and control is None:
        return "data came in clear text"
    missing = due & ~int(control or 0)
    return (
        f"data came with security control {int(control or 0):02X}, bits {missing:02X} are missing"
        if missing
        else ""
    )


def answer_protection(association: AssociationDeclaration) -> int:
    """Return the bits of the security control octet that the declared policy demands of answers."""
    if association.security_version == 0:
        return (AUTHENTICATED if association.policy & 1 else 0) | (ENCRYPTED if association.policy & 2 else 0)
    return (association.policy >> ANSWER_SHIFT) & (AUTHENTICATED | ENCRYPTED)


_CHECKS: Mapping[str, Callable[[Answer, Mapping[str, Any], AssociationDeclaration | None], str]] = {
    "own name": _own_name,
    "declared services": _declared_services,
    "only this service": _only_this_service,
    "answer inside": _answer_inside,
    "nothing served": _nothing_served,
    "protected": _protected,
}
