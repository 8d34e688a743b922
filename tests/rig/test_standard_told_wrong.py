"""A standard whose readings are no numbers, stand still, or come from a range nobody selected."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import BenchFault
from bench.rig.load_settings import balanced_load
from bench.rig.rack import Rack
from instruments.errors import InstrumentFault
from tests.instruments.conftest import Served
from tests.rig.simulated_rig import SimulatedRig


def load(current_a: float = 5.0, lag_deg: float = 0.0):
    return balanced_load(elements=1, voltage_v=230.0, current_a=current_a, lag_deg=lag_deg, frequency_hz=50.0)


@pytest.fixture
def rig(tmp_path: Path):
    served = Served()
    yield SimulatedRig(tmp_path, served)
    served.close()


@pytest.fixture
def rack(rig: SimulatedRig):
    opened = rig.rack()
    yield opened
    opened.close()


def after_each_interval(rig: SimulatedRig, change) -> None:
    """Change what each finished interval of the standard shows from now on."""
    twin = rig.standard
    over = twin._interval_over

    def changed() -> None:
        over()
        twin._last = change(twin._last)

    twin._interval_over = changed


@pytest.mark.parametrize(("value", "shown"), [(math.nan, "nan"), (math.inf, "inf")])
def test_a_power_that_is_no_number(rig: SimulatedRig, rack: Rack, value: float, shown: str) -> None:
    after_each_interval(rig, lambda seen: replace(seen, power_w=(value, 0.0, 0.0)))
    with pytest.raises(BenchFault, match=f"reference standard gives {shown} as the power"):
        rack.apply(load())


def test_a_power_that_stays_while_the_rest_follows(rig: SimulatedRig, rack: Rack) -> None:
    rack.apply(load())
    kept = rig.standard._last.power_w
    after_each_interval(rig, lambda seen: replace(seen, power_w=kept))
    with pytest.raises(BenchFault, match=r"reads 1150 W, but its own voltage, current and angle make 575 W"):
        rack.apply(load(lag_deg=60.0))
    assert not rig.source.output_live


def test_readings_that_stay_whatever_is_applied(rig: SimulatedRig, rack: Rack) -> None:
    rack.apply(load())
    kept = rig.standard._last
    after_each_interval(rig, lambda _seen: kept)
    with pytest.raises(BenchFault, match=r"lag of 60°, the reference standard sees 0\.0°"):
        rack.apply(load(lag_deg=60.0))


def test_angles_that_turn_while_a_load_stands(rig: SimulatedRig, rack: Rack) -> None:
    rack.apply(load(lag_deg=60.0))
    rig.plant.lead = lambda phases: [replace(phase, current_lag_deg=-60.0) for phase in phases]
    with pytest.raises(BenchFault, match=r"does not stand any more: L1: .* sees -60\.0°"):
        rack.clock.sleep(1000.0)
    assert not rig.source.output_live


def test_a_range_that_does_not_follow(rig: SimulatedRig, rack: Rack) -> None:
    rack.apply(load())
    rig.standard.inputs.current_ranges[0] = "100A"
    with pytest.raises(InstrumentFault, match="range 5A was selected for IL1, it stands at 100A"):
        rack.readings()


def test_what_the_rig_file_says_of_the_source_goes_before_its_driver(
    rig: SimulatedRig, tmp_path: Path
) -> None:
    rig.plant.lead = lambda phases: [replace(phase, current_a=phase.current_a * 0.985) for phase in phases]
    rack = rig.rack()
    with pytest.raises(BenchFault, match=r"set to 5 A and keeps within 0\.3 %.* reads 4\.925 A"):
        rack.apply(load())
    rack.close()
    rig.path.write_text(
        rig.path.read_text().replace('driver = "fluke-6105a"', 'driver = "fluke-6105a"\nkeeps_within_pct = 2')
    )
    rack = rig.rack()
    rack.apply(load())
    rack.close()
