"""Judge the objects a meter shows: that every listed attribute reads as its class says, or is properly refused.

The generic attribute test of the public case list (dlms.md 1.5), run over one association's object list.
Class tables: ``bench.protocols.cosem_classes``, with a source status per row; rows of status U are not judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import text
from bench.judgement.registry import Context, judge
from bench.protocols.axdr import examine
from bench.protocols.cosem import Obis, cosem_class
from bench.protocols.data import Data, DataType
from bench.protocols.deviation import violations
from bench.protocols.values import as_octets
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: Codes with which a meter properly refuses to show an attribute.
REFUSALS = frozenset({2, 3, 4, 11, 13, 250})
#: Access modes of the object list under which an attribute can be read (read-only, read-write, with authentication).
READABLE = frozenset({1, 3, 4, 6})


@judge("dlms.attributes", version=1)
def judge_attributes(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Check every attribute that was read; report all deviations together."""
    data = observations[0].data
    faults: list[str] = []
    unknown: set[str] = set()
    checked = 0
    for row in data["attributes"]:
        fault, known = _check(row)
        checked += 1
        if not known:
            unknown.add(f"{row['class_id']}/{row['version']}")
        if fault:
            faults.append(f"{row['class_id']}/{row['obis']}/{row['attribute']}: {fault}")
    if not checked:
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
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"association {name}: {checked} attributes read as their classes say, or refused as listed{aside}",
    )


def _check(row: Mapping[str, Any]) -> tuple[str, bool]:
    """Return (what is wrong, or "") and whether the class table knows the class."""
    described = cosem_class(int(row["class_id"]), int(row["version"]))
    readable = int(row["access"]) in READABLE
    if row["value"] is None:
        result = row["result"]
        if result is None:
            return f"no answer ({row.get('trouble', '')})", described is not None
        if readable:
            return f"listed as readable, refused with {result}", described is not None
        return (
            "" if result in REFUSALS else f"refused with the unknown code {result}"
        ), described is not None
    if not readable:
        return "listed as not readable, yet it can be read", described is not None
    value, deviations = examine(bytes.fromhex(row["value"]))
    broken = violations(deviations)
    if value is None or broken:
        return "its data breaks the rules: " + "; ".join(
            map(str, broken or deviations)
        ), described is not None
    if row["attribute"] == 1:
        return _logical_name(value, row["obis"]), described is not None
    attribute = described.attribute(int(row["attribute"])) if described is not None else None
    if attribute is None or attribute.status == "U" or not attribute.types:
        return "", described is not None
    if value.type not in attribute.types:
        allowed = ", ".join(kind.name for kind in attribute.types)
        return f"{attribute.name} is {value.type.name}, the class allows {allowed}", True
    return "", True


def _logical_name(value: Data, obis: str) -> str:
    if value.type is not DataType.OCTET_STRING or len(as_octets(value)) != 6:
        return "its logical name is not an octet-string of six"
    if Obis.from_bytes(as_octets(value)) != Obis(obis):
        return f"its logical name reads {Obis.from_bytes(as_octets(value))}"
    return ""
