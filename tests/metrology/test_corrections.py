"""Known errors are taken out with their sign: worked out from the power that really reaches the meter."""

from __future__ import annotations

import math

import pytest

from bench.metrology.corrections import Corrections


def seen_error_pct(lag_deg: float, *, standard: float, ratio: float, minutes: float) -> float:
    """Return what an error-free meter seems to have behind such a transformer and beside such a standard."""
    phase = math.radians(lag_deg)
    at_meter = (1 + ratio / 100) * math.cos(phase + math.radians(minutes / 60))
    at_standard = (1 + standard / 100) * math.cos(phase)
    return 100 * (at_meter / at_standard - 1)


@pytest.mark.parametrize("lag_deg", [0.0, 60.0, -36.87])
@pytest.mark.parametrize(
    ("standard", "ratio", "minutes"),
    [(0.02, 0.0, 0.0), (0.0, -0.03, 0.0), (0.0, 0.0, 0.5), (-0.01, 0.02, -1.0)],
)
def test_an_error_free_meter_has_no_error_left(
    lag_deg: float, standard: float, ratio: float, minutes: float
) -> None:
    seen = seen_error_pct(lag_deg, standard=standard, ratio=ratio, minutes=minutes)
    known = Corrections(
        standard_error_pct=standard, transformer_ratio_pct=ratio, transformer_phase_min=minutes
    )
    assert seen + float(known.total_pct(lag_deg)) == pytest.approx(0.0, abs=2e-5)
