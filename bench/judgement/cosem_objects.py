"""Judge the objects a meter shows: that every listed attribute reads as its class says, or is properly refused.

The generic attribute test of the public case list (dlms.md 1.5), run over one association's object list.
Class tables: ``bench.protocols.cosem_classes``, with a source status per row; rows of status U are not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.judgement.access_rights import protected, readable
from bench.judgement.cosem_shape import shape_fault, too_narrow
from bench.judgement.fields import text
from bench.judgement.registry import Context, judge
from bench.protocols.axdr import examine
from bench.protocols.cosem import Obis, cosem_class
from bench.protocols.data import Data, DataType
from bench.protocols.deviation import violations
from bench.protocols.values import as_octets
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.cosem_shapes import WIDE_VALUES, shape_of
from bench.standards.obis_classes import MEDIA, classes_behind

#: Codes with which a meter properly refuses to show an attribute.
REFUSALS = frozenset({2, 3, 4, 11, 13, 250})
#: Register and extended register, and the attribute that holds their value.
REGISTERS, VALUE = frozenset({3, 4}), 2


@judge("dlms.attributes", version=3)
def judge_attributes(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Check every attribute that was read; report all deviations together."""
    data = observations[0].data
    faults: list[str] = list(_listing_faults(data["attributes"]))
    unknown: set[str] = set()
    checked = lost = 0
    for row in data["attributes"]:
        if row["value"] is None and row.get("link_fault"):
            lost += 1
            continue
        fault, known = _check(row)
        checked += 1
        if not known:
            unknown.add(f"{row['class_id']}/{row['version']}")
        if fault:
            faults.append(f"{row['class_id']}/{row['obis']}/{row['attribute']}: {fault}")
    if not checked and not lost:
        return Judgement(outcome=Outcome.FAILED, reason="the object list is empty")
    aside = f"; not judged by class: {', '.join(sorted(unknown))}" if unknown else ""
    name = text(data, "association")
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"association {name}: {'; '.join(faults[:5])}{more}{aside}",
            measured=float(len(faults)),
            limit=0.0,
            unit="faults",
        )
    if lost:
        reason = f"association {name}: the link layer broke over {lost} attributes, {checked} are as their classes say"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"association {name}: {checked} attributes are as their classes say{aside}",
    )


@judge("dlms.rights-listed", version=3)
def judge_rights(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """What is listed as readable reads, and what is not is refused.

    What only protected requests may read is also refused in good order where the association protects none.
    """
    data = observations[0].data
    declared = context.declaration.association_named(text(data, "association"))
    bare = declared is not None and not declared.ciphered
    refused, shown = [], []
    for row in data["attributes"]:
        target = f"{row['class_id']}/{row['obis']}/{row['attribute']}"
        listed = readable(row)
        if listed and row["value"] is None and row["result"] is not None:
            if not (bare and protected(row)):
                refused.append(f"{target} ({row['result']})")
        elif not listed and row["value"] is not None:
            shown.append(target)
    name = text(data, "association")
    if not refused and not shown and any(row.get("link_fault") for row in data["attributes"]):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"association {name}: the link layer broke")
    if not refused and not shown:
        reason = f"association {name}: {len(data['attributes'])} attributes are readable or refused as listed"
        return Judgement(outcome=Outcome.PASSED, reason=reason)
    words = [f"listed as readable, refused: {_some(refused)}"] if refused else []
    words += [f"listed as not readable, yet read: {_some(shown)}"] if shown else []
    return Judgement(
        outcome=Outcome.FAILED,
        reason=f"association {name}: {'; '.join(words)}",
        measured=float(len(refused) + len(shown)),
        limit=0.0,
        unit="attributes",
    )


def _some(targets: Sequence[str]) -> str:
    more = f" and {len(targets) - 5} more" if len(targets) > 5 else ""
    return ", ".join(targets[:5]) + more


def _listing_faults(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Find objects listed twice, under a code that is none, or of a class the code cannot have."""
    objects = dict.fromkeys((row["class_id"], row["version"], row["obis"]) for row in rows)
    codes = [(class_id, obis) for class_id, _, obis in objects]
    yield from (
        # sorted: the order of a set differs from process to process, and the reason must come out again
        f"{class_id}/{obis} is listed twice"
        for class_id, obis in sorted({code for code in codes if codes.count(code) > 1})
    )
    for class_id, _, obis in objects:
        if int(obis.partition("-")[0]) not in MEDIA:
            yield f"{class_id}/{obis}: value group A is not defined"
        row = classes_behind(obis)
        if row is not None and class_id not in row.classes:
            allowed = " or ".join(str(number) for number in sorted(row.classes))
            yield f"{class_id}/{obis}: {row.name} is of class {allowed}"


def _check(row: Mapping[str, Any]) -> tuple[str, bool]:
    """Return (what is wrong, or "") and whether the class table knows the class."""
    described = cosem_class(int(row["class_id"]), int(row["version"]))
    if row["value"] is None:
        result = row["result"]
        if result is None:
            return f"no answer ({row.get('trouble', '')})", described is not None
        if readable(row):
            return "", described is not None  # see ``judge_rights``
        return (
            "" if result in REFUSALS else f"refused with the unknown code {result}"
        ), described is not None
    value, deviations = examine(bytes.fromhex(row["value"]))
    broken = violations(deviations)
    if value is None or broken:
        return "its data breaks the rules: " + "; ".join(
            map(str, broken or deviations)
        ), described is not None
    if row["attribute"] == 1:
        return _logical_name(value, row["obis"]), described is not None
    attribute = described.attribute(int(row["attribute"])) if described is not None else None
    judged = attribute is not None and attribute.status != "U" and bool(attribute.types)
    if attribute is not None and judged and value.type not in attribute.types:
        allowed = ", ".join(kind.name for kind in attribute.types)
        return f"{attribute.name} is {value.type.name}, the class allows {allowed}", True
    return _inside(row, value), described is not None


def _inside(row: Mapping[str, Any], value: Data) -> str:
    """Check what stands inside an array or structure, and that what grows for years has room to."""
    class_id, index = int(row["class_id"]), int(row["attribute"])
    shape = shape_of(class_id, int(row["version"]), index)
    fault = shape_fault(value, shape) if shape else ""
    if fault or class_id not in REGISTERS or index != VALUE or not too_narrow(value):
        return fault
    wide = next((item for item in WIDE_VALUES if item.fits(row["obis"])), None)
    return f"{wide.name} is {value.type.name}, which holds no more than 65,535" if wide is not None else ""


def _logical_name(value: Data, obis: str) -> str:
    if value.type is not DataType.OCTET_STRING or len(as_octets(value)) != 6:
        return "its logical name is not an octet-string of six"
    if Obis.from_bytes(as_octets(value)) != Obis(obis):
        return f"its logical name reads {Obis.from_bytes(as_octets(value))}"
    return ""
