"""Judge the prepayment objects: what the account refers to exists, and its credits add up (dlms.md 3, pre-run)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.judgement.fields import text
from bench.judgement.registry import Context, judge
from bench.protocols.axdr import examine
from bench.protocols.cosem import Obis
from bench.protocols.data import Data, DataType
from bench.protocols.deviation import violations
from bench.protocols.values import UnexpectedData, as_elements, as_integer
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: credit_status: invoked, in use [mem]. Only these count towards the available credit.
COUNTED = frozenset({2, 3})
NAME_OCTETS = 6
CREDIT, CHARGE = 112, 113
#: Attributes of the account that name objects, and of which class those are.
REFERENCES = (
    ("credit_reference_list", CREDIT),
    ("charge_reference_list", CHARGE),
    ("token_gateway_configuration", CREDIT),
)


@judge("dlms.prepayment-objects", version=1)
def judge_prepayment(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Every reference of the account names an object that is listed; the credits counted make the sum it shows."""
    data = observations[0].data
    place = text(data, "account")
    try:
        faults, notes = _references(data)
        more, told = _sum(data)
    except UnexpectedData as error:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{place}: {error}")
    faults += more
    notes += told
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason=f"{place}: " + "; ".join(faults))
    return Judgement(outcome=Outcome.PASSED, reason=f"{place}: " + "; ".join(notes))


def _references(data: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    faults, notes = [], []
    listed = {(int(class_id), str(obis)) for class_id, obis in data["listed"]}
    for word, class_id in REFERENCES:
        octets = data["lists"][word]
        if octets is None:
            notes.append(f"{word} cannot be read")
            continue
        names = list(_names(_value(octets, word)))
        faults += [
            f"{word} names {name}, and no object of class {class_id} is listed under it"
            for name in names
            if (class_id, name) not in listed
        ]
        notes.append(f"{word}: {len(names)} objects")
    return faults, notes


def _names(value: Data) -> Iterable[str]:
    """Yield the logical names inside an array: its octet-strings of six."""
    for item in as_elements(value):
        parts = item.value if isinstance(item.value, tuple) else (item,)
        for part in parts:
            if (
                isinstance(part, Data)
                and part.type is DataType.OCTET_STRING
                and isinstance(part.value, bytes)
                and len(part.value) == NAME_OCTETS
                and any(part.value)
            ):
                yield str(Obis.from_bytes(part.value))


def _sum(data: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    before, after = (_number(data[name], name) for name in ("available_before", "available_after"))
    if before is None or after is None:
        return [], ["available_credit cannot be read"]
    amounts = []
    own = data["lists"]["credit_reference_list"]
    names = None if own is None else set(_names(_value(own, "credit_reference_list")))
    for row in data["credits"]:
        if names is not None and row["obis"] not in names:
            continue  # another account's
        amount, status = (
            _number(row["amount"], "current_credit_amount"),
            _number(row["status"], "credit_status"),
        )
        if amount is None or status is None:
            return [], [f"the credit {row['obis']} cannot be read"]
        if status in COUNTED:
            amounts.append(amount)
    if not amounts:
        return [], ["no credit is in use"]
    total = sum(amounts)
    if min(before, after) <= total <= max(before, after):
        return [], [f"{len(amounts)} credits in use make the available credit, {total}"]
    return [f"available_credit reads {before}, the credits in use add up to {total}"], []


def _number(octets: str | None, what: str) -> int | None:
    return None if octets is None else as_integer(_value(octets, what))


def _value(octets: str, what: str) -> Data:
    value, deviations = examine(bytes.fromhex(octets))
    if value is None or violations(deviations):
        raise UnexpectedData(f"{what} breaks the rules of its coding")
    return value
