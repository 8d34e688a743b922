"""Whether what the reference standard reads is the load that was asked for."""

from __future__ import annotations

import math

from instruments.roles import LoadSetting, Readings

#: How far the standard may read from the setting before the load counts as not delivered.
VOLTAGE_TOLERANCE = 0.01
VOLTAGE_FLOOR_V = 1.0
CURRENT_TOLERANCE = 0.02
CURRENT_FLOOR_A = 0.01
#: The same while a load stands: instruments.md section 8 rule 2 gives 5 % for the voltage.
STANDING_TOLERANCE = 0.05
STANDING_CURRENT_FLOOR_A = 0.05


def deviation(
    asked: LoadSetting, seen: Readings, *, standing: bool = False, flowing_share: float = 1.0
) -> str:
    """Return what is wrong with the first phase that is not as asked; "" when all are.

    ``standing`` takes the wider tolerance of supervision instead of the one for a load just applied.
    ``flowing_share``: the share of the time in which an interrupter lets the current through.
    """
    share_v, share_a = (STANDING_TOLERANCE,) * 2 if standing else (VOLTAGE_TOLERANCE, CURRENT_TOLERANCE)
    floor_a = STANDING_CURRENT_FLOOR_A if standing else CURRENT_FLOOR_A
    for number, phase in enumerate(asked.phases, start=1):
        if number > len(seen.phases):
            return f"L{number}: the reference standard has no such phase"
        reading = seen.phases[number - 1]
        wanted_v, wanted_a = phase.voltage_rms_v, phase.current_rms_a * math.sqrt(flowing_share)
        if not abs(reading.voltage_v - wanted_v) <= share_v * wanted_v + VOLTAGE_FLOOR_V:
            return (
                f"L{number}: asked for {wanted_v:g} V, the reference standard reads {reading.voltage_v:.3f} V"
            )
        if not abs(reading.current_a - wanted_a) <= share_a * wanted_a + floor_a:
            return (
                f"L{number}: asked for {wanted_a:g} A, the reference standard reads {reading.current_a:.4f} A"
            )
    return ""
