"""The starting-current test: at which current the meter must start, and how long to look."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bench.standards.currents import Currents, exact
from bench.standards.limits import NoLimit
from bench.standards.tables import canonical_edition, effective_status, rows_of

#: Time of one pulse at the starting current, times this, is the window for two pulses. The 2003 and 2020
#: editions give no window; OIML R 46 gives 1.5 for the first pulse and another 1.5 for the second (status R).
WINDOW_IN_PULSE_TIMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StartingCurrent:
    """The starting current of one meter, A, exact, at PF 1 and balanced load."""

    standard: str
    edition: str
    current: Fraction
    word: str
    status: str
    clause: str
    source: str

    @property
    def current_a(self) -> float:
        """The starting current in A as a float."""
        return float(self.current)


def starting_current(
    *, standard: str, edition: str, accuracy_class: str, currents: Currents
) -> StartingCurrent:
    """Return the current at which the meter must start and continue to register.

    Raises NoLimit when the edition has no rule for the class and connection.
    """
    for row in rows_of("starting_current_rules", standard, edition):
        if row["class"] == accuracy_class and row["connection"] == currents.connection:
            return StartingCurrent(
                standard=row["standard"],
                edition=row["edition"],
                current=currents.resolve(row["current"]),
                word=row["current"],
                status=effective_status(row),
                clause=row["clause"] or "uncertain",
                source=row["source"],
            )
    raise NoLimit(
        f"{standard}:{canonical_edition(standard, edition)} class {accuracy_class}, {currents.connection}, "
        "has no starting-current rule here"
    )


def pulse_time_s(*, meter_constant_imp_per_kwh: float, power_w: float | Fraction) -> float:
    """Return the time of one pulse at a constant power, seconds: 3.6e6 / (k P)."""
    return float(Fraction(3_600_000) / (exact(meter_constant_imp_per_kwh) * exact(power_w)))


def starting_window_s(
    *, meter_constant_imp_per_kwh: float, voltage_v: float, current_a: float | Fraction, elements: int = 1
) -> float:
    """Return how long to look for two pulses at the starting current, seconds."""
    power_w = exact(voltage_v) * exact(current_a) * elements
    return WINDOW_IN_PULSE_TIMES * pulse_time_s(
        meter_constant_imp_per_kwh=meter_constant_imp_per_kwh, power_w=power_w
    )
