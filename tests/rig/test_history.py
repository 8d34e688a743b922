"""What the standard read in the last minute is at hand when something goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.rig.load_settings import balanced_load
from tests.instruments.conftest import Served
from tests.rig.simulated_rig import SimulatedRig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[SimulatedRig]:
    served = Served()
    yield SimulatedRig(tmp_path, served)
    served.close()


def test_the_readings_of_the_last_minute_are_kept(rig: SimulatedRig) -> None:
    rack = rig.rack()
    assert rack.history() == []
    rack.apply(balanced_load(elements=1, voltage_v=230.0, current_a=5.0, lag_deg=0.0, frequency_hz=50.0))
    rack.clock.sleep(100.0)
    rack.readings()
    kept = rack.history()
    assert kept[-1]["phases"][0]["current_a"] == pytest.approx(5.0, rel=0.01)
    assert all(reading["time_s"] >= rack.clock.now() - 60.0 for reading in kept)
    rack.close()
