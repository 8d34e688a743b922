"""Judge dialogues that open associations: what the AARE says to a good, a wrong and a missing proof of identity.

Expected results: dlms.md 1.4. A rejection is result 1 (permanent) with the diagnostics a case allows; an
exception-response or a broken link is a reason of its own and never passes by silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import text, truth
from bench.judgement.registry import Context, judge
from bench.protocols.acse import Aare, AssociationResult, Rlre, UserDiagnostic, decode_acse
from bench.protocols.ber import DiagnosticSource
from bench.protocols.cosem import Obis
from bench.protocols.data import Data, DataType
from bench.protocols.deviation import violations
from bench.protocols.values import as_octets
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.get import GetResponseNormal
from bench.protocols.xdlms.initiate import InitiateResponse
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Observation, Outcome, Requirement

CURRENT_ASSOCIATION = Obis("0-0:40.0.0.255")
CONTEXT_NOT_SUPPORTED = frozenset({int(UserDiagnostic.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED)})
#: 13 authentication failure is what the public reading gives; 11, 12 and 14 are defensible (dlms.md 1.4).
AUTHENTICATION = frozenset({11, 12, 13, 14})


class _Fault(Exception):
    """What is wrong with one step."""

    @property
    def reason(self) -> str:
        return str(self)


@judge("dlms.association-opened", version=1)
def judge_opened(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """APPL_OPEN_1: accepted with the declared parameters, attribute 1 of the association reads, released."""
    notes = []
    for observation in observations:
        data = observation.data
        name = text(data, "association")
        dead = _dead(data)
        if dead:
            return dead
        steps = {step["name"]: step for step in data["steps"]}
        try:
            notes.append(_accepted(name, steps["AARQ"], context.declaration))
            _reads_own_name(steps["GET logical name"])
            notes.append(_released(steps["RLRQ"]))
        except _Fault as fault:
            return Judgement(outcome=Outcome.FAILED, reason=f"association {name}: {fault.reason}")
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(note for note in notes if note))


@judge("dlms.association-rejected", version=1)
def judge_rejected(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """APPL_OPEN_5 and _7: every wrong AARQ is rejected permanently, for one of the reasons that are due."""
    data = observations[0].data
    dead = _dead(data)
    if dead:
        return dead
    allowed = AUTHENTICATION if text(data, "due") == "authentication" else CONTEXT_NOT_SUPPORTED
    notes = []
    for step in data["steps"]:
        try:
            notes.append(f"{step['name']}: {_rejected(step, allowed)}")
        except _Fault as fault:
            return Judgement(outcome=Outcome.FAILED, reason=f"{step['name']}: {fault.reason}")
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(notes))


def _dead(data: Mapping[str, Any]) -> Judgement | None:
    if not truth(data, "alive_before"):
        return Judgement(outcome=Outcome.ERROR, reason="the meter did not answer SNRM before the case began")
    if not truth(data, "alive_after"):
        return Judgement(outcome=Outcome.ERROR, reason="the link could not be opened again after the case")
    return None


def _aare(step: Mapping[str, Any]) -> Aare:
    if step["received"] is None:
        raise _Fault(f"an AARE was due, none came ({step.get('trouble') or 'silence'})")
    octets = bytes.fromhex(step["received"])
    apdu, deviations = decode_acse(octets)
    broken = violations(deviations)
    if not isinstance(apdu, Aare):
        raise _Fault(f"an AARE was due, {octets[:16].hex(' ').upper()} came")
    if broken:
        raise _Fault("the AARE breaks the rules: " + "; ".join(map(str, broken)))
    return apdu


def _accepted(name: str, step: Mapping[str, Any], declaration: Declaration) -> str:
    aare = _aare(step)
    if aare.result != AssociationResult.ACCEPTED:
        raise _Fault(f"rejected: result {aare.result}, diagnostic {_diagnostic(aare)}")
    initiate, deviations = decode_apdu(aare.user_information or b"")
    broken = violations(deviations)
    if not isinstance(initiate, InitiateResponse) or broken:
        raise _Fault("the AARE carries no valid InitiateResponse")
    declared = declaration.association_named(name)
    proposed = Conformance.from_names(declared.conformance if declared is not None else ())
    extra = initiate.conformance & ~proposed
    if extra:
        raise _Fault(f"the negotiated conformance grants what was not proposed: {', '.join(extra.names())}")
    if initiate.version != 6:
        raise _Fault(f"the negotiated DLMS version is {initiate.version}, 6 was proposed")
    return f"{name}: accepted, conformance {', '.join(initiate.conformance.names())}"


def _reads_own_name(step: Mapping[str, Any]) -> None:
    if step["received"] is None:
        raise _Fault("no answer to GET of the association's logical name")
    apdu, deviations = decode_apdu(bytes.fromhex(step["received"]))
    broken = violations(deviations)
    if broken or not isinstance(apdu, GetResponseNormal) or not isinstance(apdu.result, Data):
        raise _Fault(f"the association's logical name cannot be read: {step['received']}")
    if apdu.result.type is not DataType.OCTET_STRING:
        raise _Fault(f"the association's logical name is {apdu.result.type.name}, not an octet-string")
    # A meter may name the instance of the client (0-0:40.0.x) instead of the current association 0-0:40.0.0.
    if as_octets(apdu.result)[:4] != CURRENT_ASSOCIATION.to_bytes()[:4]:
        raise _Fault(
            f"the association's logical name reads {as_octets(apdu.result).hex(' ')}, not 0-0:40.0.x.255"
        )


def _released(step: Mapping[str, Any]) -> str:
    """Accept an RLRE; no answer to RLRQ is legal over HDLC, where DISC releases (defects.csv N-02)."""
    if step["received"] is None:
        return "no RLRE; released by DISC"
    apdu, deviations = decode_acse(bytes.fromhex(step["received"]))
    if isinstance(apdu, Rlre):
        broken = violations(deviations)
        if broken:
            raise _Fault("the RLRE breaks the rules: " + "; ".join(map(str, broken)))
        return "released by RLRE"
    return "RLRQ not supported; released by DISC"


def _rejected(step: Mapping[str, Any], allowed: frozenset[int]) -> str:
    aare = _aare(step)
    if aare.result == AssociationResult.ACCEPTED:
        raise _Fault("the association was accepted")
    if aare.result != AssociationResult.REJECTED_PERMANENT:
        raise _Fault(f"rejected with result {aare.result}, 1 (permanent) was due")
    diagnostic = aare.diagnostic
    if diagnostic is None or diagnostic.source != DiagnosticSource.USER or diagnostic.code not in allowed:
        due = ", ".join(str(code) for code in sorted(allowed))
        raise _Fault(f"rejected with diagnostic {_diagnostic(aare)}; service user, one of {due} was due")
    return f"rejected, diagnostic {_diagnostic(aare)}"


def _diagnostic(aare: Aare) -> str:
    if aare.diagnostic is None:
        return "none"
    source = "user" if aare.diagnostic.source == DiagnosticSource.USER else "provider"
    return f"{source} {int(aare.diagnostic.code)}"
