"""The percentage error of a meter, in exact arithmetic, from counts and energies to a fraction.

Positive: the meter registers too much. N intervals take N + 1 edges: the first opens the gate.
"""

from __future__ import annotations

from fractions import Fraction

from bench.standards.currents import exact


class NotMeasured(ValueError):
    """No reference energy or count: there is no error to state, not one of 100 %."""


def registered_energy_wh(n_intervals: int, meter_constant_imp_per_kwh: float | Fraction) -> Fraction:
    """Return the energy N intervals stand for, Wh: N * 1000 / k."""
    return Fraction(n_intervals) * 1000 / exact(meter_constant_imp_per_kwh)


def error_from_energy(
    n_intervals: int, meter_constant_imp_per_kwh: float | Fraction, reference_energy_wh: float | Fraction
) -> Fraction:
    """Return the percentage error, 100 (N 1000/k - E) / E, with E the reference energy in Wh.

    Raises NotMeasured when E is not above zero.
    """
    energy = exact(reference_energy_wh)
    if energy <= 0:
        raise NotMeasured(f"the reference energy is {float(energy):g} Wh")
    registered = registered_energy_wh(n_intervals, meter_constant_imp_per_kwh)
    by_meter = registered.numerator * energy.denominator
    by_reference = energy.numerator * registered.denominator
    return Fraction(100 * (by_meter - by_reference), by_reference)


def expected_counts(
    n_intervals: int,
    meter_constant_imp_per_kwh: float | Fraction,
    reference_constant_imp_per_kwh: float | Fraction,
    *,
    ratio: float | Fraction = 1,
) -> Fraction:
    """Return the reference counts of an error-free meter, n0 = N C / (k r); never cut to a whole number.

    ``ratio``: primary over secondary energy when k is on the primary side of transformers.
    """
    scale = exact(meter_constant_imp_per_kwh) * exact(ratio)
    return Fraction(n_intervals) * exact(reference_constant_imp_per_kwh) / scale


def error_from_counts(
    n_intervals: int,
    meter_constant_imp_per_kwh: float | Fraction,
    reference_constant_imp_per_kwh: float | Fraction,
    reference_counts: int,
    *,
    ratio: float | Fraction = 1,
) -> Fraction:
    """Return the percentage error, 100 (n0 - n) / n, from the reference counts n gated by N intervals.

    Raises NotMeasured when no count was gated.
    """
    if reference_counts <= 0:
        raise NotMeasured("no reference count was gated")
    n0 = expected_counts(n_intervals, meter_constant_imp_per_kwh, reference_constant_imp_per_kwh, ratio=ratio)
    return 100 * (n0 - reference_counts) / reference_counts
