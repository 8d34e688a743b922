"""Reference conditions: what must hold while an error is measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bench.standards.tables import effective_status, table


class Culprit(StrEnum):
    """Who has to put a violated condition right: the bench's source, or the room."""

    SOURCE = "source"
    AMBIENT = "ambient"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceCondition:
    """The values one quantity may take, in the unit of its name."""

    quantity: str
    lowest: float
    highest: float
    culprit: Culprit
    status: str


def reference_conditions(
    *, accuracy_class: str, voltage_v: float, frequency_hz: float, current_a: float
) -> tuple[ReferenceCondition, ...]:
    """Return the conditions of one load point of a meter of ``accuracy_class``."""
    nominal = {"voltage_v": voltage_v, "frequency_hz": frequency_hz, "current_a": current_a}
    found = []
    for row in table("reference_conditions"):
        if row["classes"] != "any" and accuracy_class not in row["classes"].split():
            continue
        quantity = row["quantity"]
        reference = nominal[quantity] if row["reference"] in {"nominal", "point"} else float(row["reference"])
        tolerance = float(row["tolerance"])
        if row["unit"].startswith("%"):
            tolerance *= abs(reference) / 100
        found.append(
            ReferenceCondition(
                quantity=quantity,
                lowest=reference - tolerance,
                highest=reference + tolerance,
                culprit=Culprit(row["culprit"]),
                status=effective_status(row),
            )
        )
    return tuple(found)
