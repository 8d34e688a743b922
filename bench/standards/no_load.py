"""The no-load (creep) test: voltage, duration and pulses allowed, by edition."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bench.standards.currents import Currents, exact
from bench.standards.limits import NoLimit, limit
from bench.standards.starting_current import starting_current
from bench.standards.tables import Row, canonical_edition, effective_status, rows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NoLoadTest:
    """What is demanded: ``voltage_v``, current circuits open, for at least ``duration_s``."""

    standard: str
    edition: str
    voltage_v: float
    duration_s: float
    max_pulses: int
    status: str
    clause: str
    source: str


def no_load_test(
    *,
    standard: str,
    edition: str,
    accuracy_class: str,
    currents: Currents,
    voltage_v: float,
    meter_constant_imp_per_kwh: float,
    elements: int = 1,
) -> NoLoadTest:
    """Return the no-load test of one meter.

    Duration in minutes = numerator / (k m U I), with k in imp/kWh (for the secondary side of transformers),
    m measuring elements, U and I as the row says. Raises NoLimit when the edition has no rule for the class.
    """
    row = next((r for r in rows_of("no_load_rules", standard, edition) if r["class"] == accuracy_class), None)
    if row is None:
        raise NoLimit(
            f"{standard}:{canonical_edition(standard, edition)} class {accuracy_class}: no no-load rule here"
        )
    reference = exact(voltage_v)
    test_voltage = reference * Fraction(row["voltage_factor"])
    voltage = test_voltage if row["formula_voltage"] == "Utest" else reference
    current = _current(row, standard, edition, accuracy_class, currents)
    minutes = Fraction(row["numerator"]) / (exact(meter_constant_imp_per_kwh) * elements * voltage * current)
    if row["base_limit"] == "yes":
        base = limit(
            standard=standard,
            edition=edition,
            accuracy_class=accuracy_class,
            currents=currents,
            current=currents.minimum_a,
            pf="1",
        )
        minutes /= base.percent
    return NoLoadTest(
        standard=row["standard"],
        edition=row["edition"],
        voltage_v=float(test_voltage),
        duration_s=float(minutes * 60),
        max_pulses=int(row["max_pulses"]),
        status=effective_status(row),
        clause=row["clause"] or "uncertain",
        source=row["source"],
    )


def _current(row: Row, standard: str, edition: str, accuracy_class: str, currents: Currents) -> Fraction:
    if row["current"] != "Ist" or currents.starting_a is not None:
        return currents.resolve(row["current"])
    return exact(
        starting_current(
            standard=standard, edition=edition, accuracy_class=accuracy_class, currents=currents
        ).current
    )
