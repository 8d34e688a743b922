"""Judge the procedures of the object test: mandatory objects, lists of references, what is readable unlisted.

Procedures: dlms.md 1.5. Values stand in the observations as they came, coded; a refusal as its result code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, text
from bench.judgement.registry import Context, judge
from bench.protocols.axdr import examine
from bench.protocols.data import Data, DataType
from bench.protocols.deviation import violations
from bench.protocols.values import UnexpectedData, as_elements, as_integer, as_octets
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: Attributes that a current association must show, by version of the class (Table 32 as far as it is public).
ASSOCIATION_ATTRIBUTES = {0: range(1, 7), 1: range(1, 8), 2: range(1, 8), 3: range(1, 8)}
LONGEST_NAME = 16
FLAG_LETTERS = 3
TOLD = 5


class _Fault(Exception):
    """What is wrong."""


@judge("dlms.mandatory-objects", version=2)
def judge_mandatory(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Current association, SAP assignment and logical device name stand where they must and say what is so."""
    data = observations[0].data
    if data["link_fault"]:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the link layer broke")
    faults, notes = [], []
    for check in (_association, _sap_assignment, _device_name):
        try:
            notes.append(check(data, context))
        except (_Fault, UnexpectedData) as fault:
            faults.append(str(fault))
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(notes))


def _association(data: Mapping[str, Any], context: Context) -> str:
    listed = [row for row in data["listed"] if row["class_id"] == 15 and row["obis"] == "0-0:40.0.0.255"]
    if not listed:
        raise _Fault("the current association 0-0:40.0.0.255 is not listed")
    version = int(listed[0]["version"])
    shown = data["association"]
    due = ASSOCIATION_ATTRIBUTES.get(version)
    if due is None:
        raise _Fault(f"the current association is of the unknown version {version}")
    # The secret (7) and, without its method, the user list need not be readable.
    missing = [str(index) for index in due if index != 7 and str(index) not in shown["values"]]
    if missing:
        raise _Fault(f"attributes {', '.join(missing)} of the current association cannot be read")
    partners = as_elements(_value(shown["values"]["3"], "associated_partners_id"))
    client, server = (as_integer(item) for item in partners[:2])
    declared = context.declaration.association_named(text(data, "association_name"))
    if declared is not None and client != declared.client_sap:
        raise _Fault(f"associated_partners_id names client {client}, {declared.client_sap} speaks")
    said = context.declaration.communication
    sap = said.server_sap if said.framing == "wrapper" else said.server_upper
    if server != sap:
        raise _Fault(f"associated_partners_id names server {server}, the address is {sap}")
    return f"current association version {version}, partners {client} and {server}"


def _sap_assignment(data: Mapping[str, Any], context: Context) -> str:
    if data["sap_list"] is None:
        raise _Fault("the SAP assignment list 0-0:41.0.0.255 cannot be read")
    rows = [as_elements(row) for row in as_elements(_value(data["sap_list"], "SAP assignment list"))]
    saps = [as_integer(row[0]) for row in rows]
    if len(set(saps)) != len(saps):
        raise _Fault("a SAP stands twice in the SAP assignment list")
    said = context.declaration.communication
    own = said.server_sap if said.framing == "wrapper" else said.server_upper
    if own not in saps:
        raise _Fault(f"the SAP assignment list {saps} lacks the logical device {own} that answers")
    names = [as_octets(row[1]) for row in rows]
    name = names[saps.index(own)]
    if data["device_name"] is not None and name != as_octets(_value(data["device_name"], "device name")):
        raise _Fault("the SAP assignment list and the logical device name object give different names")
    return f"logical devices {', '.join(map(str, saps))}"


def _device_name(data: Mapping[str, Any], context: Context) -> str:
    if data["device_name"] is None:
        raise _Fault("the logical device name 0-0:42.0.0.255 cannot be read")
    octets = as_octets(_value(data["device_name"], "logical device name"))
    identity = context.declaration.identity
    if not 0 < len(octets) <= LONGEST_NAME:
        raise _Fault(f"the logical device name has {len(octets)} octets, 1 to {LONGEST_NAME} are allowed")
    flag = octets[:FLAG_LETTERS].decode("latin-1")
    if flag != identity.flag_id:
        raise _Fault(f'the logical device name begins "{flag}", the FLAG ID is {identity.flag_id}')
    declared = identity.logical_device_name.encode("latin-1")
    if octets != declared:
        raise _Fault(
            f'the logical device name reads "{octets.decode("latin-1")}", "{declared.decode("latin-1")}" is declared'
        )
    return f"logical device name {octets.decode('latin-1')}"


@judge("dlms.multiple-references", version=2)
def judge_list(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """What a list of references brings is what each alone brings; one that is refused spoils no other."""
    notes = []
    for observation in observations:
        data = observation.data
        name = text(data, "subtest")
        if data["link_fault"]:
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{name}: the link layer broke")
        if data["trouble"]:
            return Judgement(outcome=Outcome.FAILED, reason=f"{name}: no list came ({data['trouble']})")
        alone, together = data["alone"], data["together"]
        if len(alone) != len(together):
            reason = f"{name}: {len(alone)} references brought {len(together)} results"
            return Judgement(outcome=Outcome.FAILED, reason=reason)
        for target, first, again, second in zip(data["targets"], alone, data["again"], together, strict=True):
            # A value that moves between two readings must still be of the same kind.
            moved = first != again and "result" not in first + second and first[:2] == second[:2]
            if first != second and not moved:
                reason = f"{name}: {target} reads {_short(first)} alone and {_short(second)} in the list"
                return Judgement(outcome=Outcome.FAILED, reason=reason)
        notes.append(f"{name}: {len(alone)} references")
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(notes))


@judge("dlms.unlisted", version=2)
def judge_unlisted(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """What is not in an association's object list cannot be read there.

    ``control``: an object that no meter has. Where even that is read, reading tells nothing of rights.
    """
    data = observations[0].data
    probes = data["probes"]
    if data["control"]["value"] is not None:
        target = data["control"]["target"]
        reason = f"association {text(data, 'association')}: even {target}, which no meter has, brings data"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if not probes:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="there was nothing unlisted to try")
    read = [probe["target"] for probe in probes if probe["value"] is not None]
    unanswered = [probe["target"] for probe in probes if probe["value"] is None and probe["trouble"]]
    name = text(data, "association")
    if read:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"association {name}: can be read, though not listed: {_some(read)}",
            measured=float(len(read)),
            limit=0.0,
            unit="attributes",
        )
    if unanswered:
        # What an answer must look like is judged elsewhere; none of these shows a right that is not there.
        reason = f"association {name}: no proper answer to {_some(unanswered)}"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    return Judgement(
        outcome=Outcome.PASSED, reason=f"association {name}: {len(probes)} unlisted attributes are refused"
    )


@judge("dlms.stored", version=2)
def judge_stored(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """What SET confirms is what GET then reads, and the old value could be put back."""
    return _stored(observations[0].data["writes"])


def _stored(writes: Sequence[Mapping[str, Any]]) -> Judgement:
    notes = []
    for row in writes:
        if row["link_fault"]:
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{row['target']}: the link layer broke")
        if row["trouble"]:
            return Judgement(outcome=Outcome.FAILED, reason=f"{row['target']}: {row['trouble']}")
        if row["after"] != row["written"]:
            reason = f"{row['target']}: SET of {row['written']} was confirmed, {row['after']} is read"
            return Judgement(outcome=Outcome.FAILED, reason=reason)
        if row["restored"] != row["before"]:
            return Judgement(
                outcome=Outcome.FAILED, reason=f"{row['target']}: the old value could not be put back"
            )
        notes.append(str(row["target"]))
    if not notes:
        raise MalformedObservation("nothing was written")
    return Judgement(outcome=Outcome.PASSED, reason=f"written, read and restored: {', '.join(notes)}")


@judge("dlms.protected-write", version=1)
def judge_protected_write(
    observations: Sequence[Observation], requirement: Requirement, context: Context
) -> Judgement:
    """Writing with protection stores what it confirms; where plain writing does not either, nothing is decided."""
    found = _stored(observations[0].data["writes"])
    if found.outcome is not Outcome.FAILED or not observations[0].data["control"]:
        return found
    del requirement, context
    plain = _stored(observations[0].data["control"])
    if plain.outcome is not Outcome.FAILED:
        return found
    reason = f"writing fails without protection, too: {plain.reason}"
    return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)


@judge("dlms.pdu-sizes", version=2)
def judge_sizes(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """No answer is longer than the client takes, blocks count from 1, and every size brings the same value."""
    values: dict[str, int] = {}
    for row in observations[0].data["sizes"]:
        where = f"client-max-receive-pdu-size {row['max_pdu']}"
        if row["link_fault"]:
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{where}: the link layer broke")
        if row["trouble"]:
            return Judgement(outcome=Outcome.FAILED, reason=f"{where}: {row['trouble']}")
        longest = max(row["lengths"])
        if row["max_pdu"] and longest > row["max_pdu"]:
            reason = f"{where}: an APDU of {longest} octets came"
            return Judgement(
                outcome=Outcome.FAILED,
                reason=reason,
                measured=float(longest),
                limit=float(row["max_pdu"]),
                unit="octets",
            )
        blocks = row["block_numbers"]
        if blocks and blocks != list(range(1, len(blocks) + 1)):
            return Judgement(outcome=Outcome.FAILED, reason=f"{where}: blocks are numbered {blocks[:8]}")
        values.setdefault(row["value"], row["max_pdu"])
        if len(values) > 1:
            other = next(iter(values.values()))
            return Judgement(
                outcome=Outcome.FAILED, reason=f"{where}: another value came than with size {other}"
            )
    n = len(observations[0].data["sizes"])
    return Judgement(outcome=Outcome.PASSED, reason=f"the same value in {n} sizes of APDU")


@judge("dlms.invoke-ids", version=2)
def judge_invoke_ids(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """The answer to a GET carries the invoke-id of its request, bits 0 to 3 of the third octet.

    Whether service class and priority come back as well is told and not judged: no source at hand demands it.
    """
    pairs = observations[0].data["pairs"]
    otherwise = 0
    for pair in pairs:
        sent, received = bytes.fromhex(pair["sent"]), bytes.fromhex(pair["received"])
        if received[:1] != b"\xc4" or len(received) < 3:
            reason = f"GET with invoke-id {sent[2] & 0x0F}: {received[:8].hex(' ').upper()} came"
            return Judgement(outcome=Outcome.FAILED, reason=reason)
        if sent[2] & 0x0F != received[2] & 0x0F:
            reason = f"GET with invoke-id {sent[2] & 0x0F} was answered with {received[2] & 0x0F}"
            return Judgement(outcome=Outcome.FAILED, reason=reason)
        otherwise += sent[2] != received[2]
    more = f"; {otherwise} of them with another service class or priority" if otherwise else ""
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{len(pairs)} answers carry the invoke-id of their request{more}"
    )


@judge("dlms.reporting", version=2)
def judge_reporting(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Report what the associations show of themselves; only what has no sound answer is a fault."""
    words = []
    for row in observations[0].data["shown"]:
        if row["value"] is None and row["trouble"]:
            outcome = Outcome.INCONCLUSIVE if row["link_fault"] else Outcome.FAILED
            return Judgement(outcome=outcome, reason=f"{row['what']}: no proper answer ({row['trouble']})")
        if row["value"] is None:
            words.append(f"{row['what']}: refused ({row['result']})")
            continue
        try:
            words.append(f"{row['what']}: {_plain(_value(row['value'], row['what']))}")
        except _Fault as fault:
            return Judgement(outcome=Outcome.FAILED, reason=str(fault))
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(words))


def _value(octets: Any, what: str) -> Data:
    value, deviations = examine(bytes.fromhex(octets))
    broken = violations(deviations)
    if value is None or broken:
        raise _Fault(f"{what} breaks the rules: " + "; ".join(map(str, broken or deviations)))
    return value


def _plain(value: Data) -> str:
    if isinstance(value.value, tuple):
        return "[" + ", ".join(_plain(item) for item in value.value) + "]"
    if value.type is DataType.OCTET_STRING:
        octets = as_octets(value)
        return (
            octets.decode("ascii")
            if octets and octets.isascii() and octets.decode("ascii").isprintable()
            else octets.hex()
        )
    return str(value.value)


def _short(value: Any) -> str:
    words = str(value)
    return words if len(words) <= 40 else words[:37] + "..."


def _some(targets: Sequence[str]) -> str:
    more = f" and {len(targets) - TOLD} more" if len(targets) > TOLD else ""
    return ", ".join(targets[:TOLD]) + more
