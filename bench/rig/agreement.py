"""Whether source and reference standard tell the same story of a load, and the standard one that fits together.

A number is only as good as the witness it comes from. A clamp on a wrong ratio, a reversed input, a power that no
longer follows, a meter for three wires where there are four: each makes the standard contradict the source, or itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from instruments.roles import LoadSetting, PhaseReading, PhaseSetting, Readings

#: Smaller values than these have no angle worth a look.
LEAST_VOLTAGE_V, LEAST_CURRENT_A = 10.0, 0.05
#: Active power against U I cos(phi) of the same phase, and its sum against the phases, as shares of U I (own rule).
POWER_SHARE = 0.01
#: What is left of a tolerance near zero: the last digits of a standard in its smallest ranges.
FLOOR_V, FLOOR_A, FLOOR_W = 0.1, 0.002, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far the standard may read from the setting: shares of it in %, angles in degrees (own rules).

    ``value_pct`` None: only the wider envelope of ``bench.rig.envelope`` holds.
    """

    value_pct: float | None = None
    angle_deg: float = 2.0


#: A source that a rig file says nothing of, whose driver says nothing either.
UNKNOWN_SOURCE = Agreement()
#: While a load stands, the angles of a source may wander further before all is switched off.
STANDING = Agreement(angle_deg=5.0)


def disagreement(
    asked: LoadSetting, seen: Readings, agreement: Agreement, *, flowing_share: float = 1.0
) -> str:
    """Return the first thing that does not fit together; "" when all does.

    Powers are compared for sinusoids only, and where no interrupter (``flowing_share`` below 1) cuts the current.
    """
    steady = flowing_share == 1.0
    for number, (phase, reading) in enumerate(zip(asked.phases, seen.phases, strict=False), start=1):
        sinusoidal = not phase.voltage_harmonics and not phase.current_harmonics
        wrong = _angles(phase, reading, agreement, reference=asked.phases[0].voltage_v >= LEAST_VOLTAGE_V)
        if not wrong and sinusoidal and steady:
            wrong = _values(phase, reading, agreement) or _power(phase, reading)
        if wrong:
            return f"L{number}: {wrong}"
    phases_w = [reading.power_w for reading in seen.phases]
    apparent_va = math.fsum(reading.voltage_v * reading.current_a for reading in seen.phases)
    if abs(seen.power_w - math.fsum(phases_w)) > POWER_SHARE * apparent_va + FLOOR_W:
        return (
            f"the reference standard reads {seen.power_w:.4g} W in all, "
            f"but {math.fsum(phases_w):.4g} W as the sum of its phases"
        )
    return ""


def _values(phase: PhaseSetting, reading: PhaseReading, agreement: Agreement) -> str:
    if agreement.value_pct is None:
        return ""
    share = agreement.value_pct / 100
    for unit, wanted, read, floor in (
        ("V", phase.voltage_v, reading.voltage_v, FLOOR_V),
        ("A", phase.current_a, reading.current_a, FLOOR_A),
    ):
        if abs(read - wanted) > share * wanted + floor:
            return (
                f"the source was set to {wanted:g} {unit} and keeps within {agreement.value_pct:g} %, "
                f"the reference standard reads {read:.5g} {unit}: one of the two is wrong"
            )
    return ""


def _angles(phase: PhaseSetting, reading: PhaseReading, agreement: Agreement, *, reference: bool) -> str:
    live = phase.voltage_v >= LEAST_VOLTAGE_V
    if live and reference and reading.voltage_angle_deg is not None:
        off_deg = math.remainder(reading.voltage_angle_deg - phase.voltage_angle_deg, 360.0)
        if abs(off_deg) > agreement.angle_deg:
            return (
                f"the voltage was asked for at {phase.voltage_angle_deg:g}°, "
                f"the reference standard sees it at {reading.voltage_angle_deg:.1f}°"
            )
    if live and phase.current_a >= LEAST_CURRENT_A:
        off_deg = math.remainder(reading.current_lag_deg - phase.current_lag_deg, 360.0)
        if abs(off_deg) > agreement.angle_deg:
            return (
                f"the current was asked for with a lag of {phase.current_lag_deg:g}°, "
                f"the reference standard sees {reading.current_lag_deg:.1f}°"
            )
    return ""


def _power(phase: PhaseSetting, reading: PhaseReading) -> str:
    if phase.current_a < LEAST_CURRENT_A:
        return ""
    apparent_va = reading.voltage_v * reading.current_a
    own_w = apparent_va * math.cos(math.radians(reading.current_lag_deg))
    if abs(reading.power_w - own_w) > POWER_SHARE * apparent_va:
        return (
            f"the reference standard reads {reading.power_w:.4g} W, "
            f"but its own voltage, current and angle make {own_w:.4g} W"
        )
    return ""
