"""The circuit, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from instruments.virtual.plant import PhaseOutput
from reference_meter.board import ElementInput
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.world import World


def rack(phases: int = 1, positions: int = 2) -> tuple[World, Circuit]:
    world = World(0)
    return world, Circuit(world, phases=phases, positions=positions)


def test_energy_of_one_phase_at_unity_and_at_half_power_factor() -> None:
    world, circuit = rack()
    circuit.drive([PhaseOutput(voltage_v=230.0, current_a=5.0)], 50.0)
    world.run_until(3600.0)  # 1 150 W for one hour
    circuit.drive([PhaseOutput(voltage_v=230.0, current_a=10.0, current_lag_deg=60.0)], 50.0)
    world.run_until(3600.0 + 1800.0)  # 1 150 W for half an hour
    assert circuit.energy_wh() == pytest.approx((1150.0 + 575.0,), rel=1e-12)


def test_energy_turned_round_counts_negative() -> None:
    world, circuit = rack()
    circuit.drive([PhaseOutput(voltage_v=200.0, current_a=1.0, current_lag_deg=180.0)], 50.0)
    world.run_until(3600.0)
    assert circuit.energy_wh() == pytest.approx((-200.0,), rel=1e-12)


def test_each_of_three_phases_has_its_own_energy() -> None:
    world, circuit = rack(phases=3)
    circuit.drive(
        [
            PhaseOutput(voltage_v=230.0, current_a=10.0),
            PhaseOutput(voltage_v=230.0, current_a=0.0, voltage_angle_deg=-120.0),
            PhaseOutput(voltage_v=115.0, current_a=10.0, voltage_angle_deg=-240.0, current_lag_deg=-60.0),
        ],
        50.0,
    )
    world.run_until(36.0)  # a hundredth of an hour
    assert circuit.energy_wh() == pytest.approx((23.0, 0.0, 5.75), abs=1e-9)


def test_every_meter_sees_the_bus_voltage_and_the_one_loop_current() -> None:
    _, circuit = rack()
    circuit.drive(
        [PhaseOutput(voltage_v=231.0, current_a=4.0, voltage_angle_deg=0.0, current_lag_deg=30.0)], 49.5
    )
    expected = ElementInput(voltage_v=231.0, current_a=4.0, voltage_angle_deg=0.0, current_lag_deg=30.0)
    for position in (1, 2):
        seen = circuit.meter_inputs(position)
        assert (seen.elements, seen.frequency_hz) == ((expected,), 49.5)


def test_a_meter_that_opens_stops_the_current_of_all_and_the_source_is_told() -> None:
    world, circuit = rack()
    told: list[int] = []
    circuit.on_loop_opened(told.append)
    circuit.drive([PhaseOutput(voltage_v=230.0, current_a=5.0)], 50.0)
    world.run_until(3600.0)
    circuit.contact_moved(2, closed=False)
    world.run_until(7200.0)
    assert told == [0]
    assert not circuit.loop_closed(0)
    assert circuit.meter_inputs(1).elements[0].current_a == 0.0
    assert circuit.meter_inputs(1).elements[0].voltage_v == 230.0
    assert circuit.inputs()[0].current_a == 0.0
    assert circuit.energy_wh() == pytest.approx((1150.0,), rel=1e-12)


def test_an_armed_bypass_carries_the_current_around_the_meter_that_opened() -> None:
    world, circuit = rack()
    told: list[int] = []
    circuit.on_loop_opened(told.append)
    circuit.arm_bypass(2, automatic=True)
    circuit.drive([PhaseOutput(voltage_v=230.0, current_a=5.0)], 50.0)
    circuit.contact_moved(2, closed=False)
    world.run_until(3600.0)
    assert told == []
    assert circuit.loop_closed(0)
    assert circuit.meter_inputs(1).elements[0].current_a == 5.0
    assert circuit.meter_inputs(2).elements[0].current_a == 0.0
    assert circuit.energy_wh() == pytest.approx((1150.0,), rel=1e-12)
    circuit.contact_moved(2, closed=True)
    assert circuit.meter_inputs(2).elements[0].current_a == 5.0


def test_disarming_the_bypass_of_an_open_meter_opens_the_loop() -> None:
    _, circuit = rack()
    told: list[int] = []
    circuit.on_loop_opened(told.append)
    circuit.arm_bypass(1, automatic=True)
    circuit.drive([PhaseOutput(voltage_v=230.0, current_a=5.0)], 50.0)
    circuit.contact_moved(1, closed=False)
    circuit.arm_bypass(1, automatic=False)
    assert told == [0]


def test_an_open_loop_without_current_alarms_nobody() -> None:
    _, circuit = rack()
    told: list[int] = []
    circuit.on_loop_opened(told.append)
    circuit.drive([PhaseOutput(voltage_v=230.0)], 50.0)
    circuit.contact_moved(1, closed=False)
    assert told == []


def test_the_supply_contactor_takes_the_voltage_of_one_position_only() -> None:
    _, circuit = rack()
    circuit.drive([PhaseOutput(voltage_v=230.0, current_a=5.0)], 50.0)
    circuit.switch_supply(1, on=False)
    assert circuit.meter_inputs(1).elements[0].voltage_v == 0.0
    assert circuit.meter_inputs(2).elements[0].voltage_v == 230.0
    assert circuit.meter_inputs(2).elements[0].current_a == 5.0


@pytest.mark.parametrize(
    ("voltage_v", "supply_on", "contact_closed", "live"),
    [
        (230.0, True, True, True),
        (0.0, True, True, False),
        (230.0, False, True, False),
        (230.0, True, False, False),
    ],
)
def test_the_load_side_is_live_with_voltage_and_a_closed_contact(
    voltage_v: float, supply_on: bool, contact_closed: bool, live: bool
) -> None:
    _, circuit = rack()
    circuit.drive([PhaseOutput(voltage_v=voltage_v)], 50.0)
    circuit.switch_supply(1, on=supply_on)
    circuit.contact_moved(1, closed=contact_closed)
    assert circuit.load_side_live(1) is live


def test_a_meter_is_told_only_of_changes_of_its_own_inputs() -> None:
    _, circuit = rack()
    told: list[int] = []
    for position in (1, 2):
        circuit.on_inputs_changed(position, lambda position=position: told.append(position))  # type: ignore[misc]
    output = PhaseOutput(voltage_v=230.0, current_a=5.0)
    circuit.drive([output], 50.0)
    circuit.drive([output], 50.0)
    circuit.switch_supply(2, on=False)
    assert told == [1, 2, 2]


def test_phases_the_circuit_does_not_have_lead_nowhere() -> None:
    world, circuit = rack(phases=1)
    circuit.drive([PhaseOutput(voltage_v=230.0, current_a=1.0)] * 3, 50.0)
    world.run_until(3600.0)
    assert circuit.energy_wh() == pytest.approx((230.0,), rel=1e-12)
    assert not circuit.loop_closed(1)


def test_a_bridge_between_the_terminals_carries_what_the_open_contact_does_not() -> None:
    _, circuit = rack()
    circuit.drive([PhaseOutput(voltage_v=230.0, current_a=5.0)], 50.0)
    circuit.contact_moved(1, closed=False)
    circuit.bridge(1, closed=True)
    assert circuit.load_side_live(1)
    assert circuit.meter_inputs(1).elements[0].current_a == 5.0
    circuit.bridge(1, closed=False)
    assert not circuit.load_side_live(1)
    assert not circuit.loop_closed(0)
