"""The energy of a dose against the load that stood."""

from __future__ import annotations

import pytest

from bench.errors import BenchFault
from bench.rig.dosed import check_dose


@pytest.mark.parametrize("energy_wh", [1000.0, 1010.0, 995.0])
def test_a_dose_with_its_settling(energy_wh: float) -> None:
    check_dose(energy_wh, power_w=13_800.0, duration_s=1000.0 * 3600 / 13_800.0)


@pytest.mark.parametrize("energy_wh", [0.0, 1.0, 900.0, 1080.0, 1_000_000.0, float("nan"), -1000.0])
def test_another_energy_than_the_loads(energy_wh: float) -> None:
    with pytest.raises(BenchFault, match="dose was to be 1000 Wh; the reference standard counted"):
        check_dose(energy_wh, power_w=13_800.0, duration_s=1000.0 * 3600 / 13_800.0)
