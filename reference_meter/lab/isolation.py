"""Voltage isolation of a rack: one transformer a position, so that closed voltage links couple nothing.

Each has small errors of ratio and phase of its own. Its certificate gives them, rounded and with what a calibration
leaves open; the rig file shows what the certificate says. One meter alone needs no transformer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reference_meter.lab.world import World

RATIO_MAX_PCT = 0.04
LEAD_MAX_MIN = 0.5
RATIO_UNCERTAINTY_PCT = 0.004
LEAD_UNCERTAINTY_MIN = 0.04
"""Largest errors, and the expanded uncertainties of their calibration (project figures)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """True errors of one transformer: voltage too high by ``ratio_error_pct``, leading by ``phase_lead_min``."""

    ratio_error_pct: float = 0.0
    phase_lead_min: float = 0.0
    certified_ratio_pct: float = 0.0
    certified_lead_min: float = 0.0


IDEAL = Isolation()


def isolation(world: World, positions: int) -> Mapping[int, Isolation]:
    """Return the transformer of each position; none in a rack of one."""
    draw = world.stream("isolation transformers")
    made = {}
    for number in range(1, positions + 1) if positions > 1 else ():
        ratio, lead = draw.uniform(-RATIO_MAX_PCT, RATIO_MAX_PCT), draw.uniform(-LEAD_MAX_MIN, LEAD_MAX_MIN)
        made[number] = Isolation(
            ratio_error_pct=ratio,
            phase_lead_min=lead,
            certified_ratio_pct=round(ratio + draw.gauss(0.0, RATIO_UNCERTAINTY_PCT / 2), 4),
            certified_lead_min=round(lead + draw.gauss(0.0, LEAD_UNCERTAINTY_MIN / 2), 3),
        )
    return made
