"""The line of a certificate that fits a range and a power factor best."""

from __future__ import annotations

import pytest

from bench.rig.rig_file import Calibration

CERTIFICATE = Calibration.model_validate(
    {
        "known_errors": [
            {"error_pct": 0.001},
            {"pf": "0.5 ind", "error_pct": 0.004},
            {"current_range": "5A", "error_pct": -0.006},
            {"current_range": "5A", "pf": "0.5 ind", "error_pct": -0.012},
        ]
    }
)


@pytest.mark.parametrize(
    ("current_range", "pf", "error_pct"),
    [("5A", "0.5 ind", -0.012), ("5A", "1", -0.006), ("10A", "0.5 ind", 0.004), ("10A", "1", 0.001)],
)
def test_the_closest_line_counts(current_range: str, pf: str, error_pct: float) -> None:
    assert CERTIFICATE.known_error_pct(current_range, pf) == error_pct


def test_without_lines_nothing_is_corrected() -> None:
    assert Calibration().known_error_pct("5A", "1") == 0.0
