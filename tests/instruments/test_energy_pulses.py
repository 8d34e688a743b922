"""Energy pulse outputs of the sources: as many pulses as the settings are worth, while the output is on."""

from __future__ import annotations

from typing import cast

import pytest

from instruments.registry import open_instrument
from instruments.roles import EnergyPulseOutput, LoadSetting, PhaseSetting, PowerSource
from instruments.virtual.energy_pulses import EnergyPulses
from instruments.virtual.fluke_6003a import VirtualFluke6003A
from instruments.virtual.fluke_6105a import SourceErrors, VirtualFluke6105A
from tests.instruments.conftest import FakePlant
from tests.instruments.three_phase_plant import ThreePhasePlant

TWINS = {
    "fluke-6105a": lambda plant: VirtualFluke6105A(
        plant, "source", phases=3, errors=SourceErrors(voltage_gain_pct=1.0)
    ),
    "fluke-6003a": lambda plant: VirtualFluke6003A(plant, "source"),
}
CONSTANT = 20_000.0


@pytest.mark.parametrize("driver", TWINS)
def test_pulses_are_the_energy_of_the_settings(served, driver: str) -> None:
    plant = ThreePhasePlant()
    twin = TWINS[driver](plant)
    pulses: list[float] = []
    twin.energy_pulses.on_pulse(pulses.append)
    source = cast("PowerSource", open_instrument(driver, served.serve(twin).resource))
    assert isinstance(source, EnergyPulseOutput)
    source.give_energy_pulses(CONSTANT)
    phases = tuple(
        PhaseSetting(voltage_v=230.0, voltage_angle_deg=-120.0 * n, current_a=5.0, current_lag_deg=60.0)
        for n in range(3)
    )
    source.apply(LoadSetting(frequency_hz=50.0, phases=phases))
    served.call(lambda: plant.advance(60.0))
    assert pulses == []
    source.switch_on()
    served.call(lambda: plant.advance(60.0))
    before = len(pulses)
    served.call(lambda: plant.advance(3600.0))
    # 3 * 230 V * 5 A * 0.5 are 1.725 kW; what the outputs err is not in its own pulses
    assert len(pulses) - before == pytest.approx(1.725 * CONSTANT, abs=1)
    source.switch_off()
    source.safe_state()
    at_the_end = len(pulses)
    served.call(lambda: plant.advance(600.0))
    assert len(pulses) == at_the_end
    source.close()


def test_the_fraction_of_a_pulse_is_carried_over_a_change_of_power() -> None:
    plant = FakePlant()
    pulses: list[float] = []
    output = EnergyPulses(plant, 1000.0)
    output.on_pulse(pulses.append)
    output.set_power(3600.0)  # one a second
    plant.advance(2.5)
    output.set_power(360.0)
    plant.advance(5.5)
    assert pulses == pytest.approx([1.0, 2.0, 7.5])
    output.set_power(-3600.0)
    plant.advance(100.0)
    assert len(pulses) == 3
    output.set_constant(0.0)
    output.set_power(3600.0)
    plant.advance(100.0)
    assert len(pulses) == 3
