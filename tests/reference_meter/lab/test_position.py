"""A meter's board in its place: power, relay, clock, memory, with a firmware that only writes things down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from instruments.virtual.plant import PhaseOutput
from reference_meter.board import Board
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.position import CLOCK_HOLD_UP_S, HOLD_UP_S, RELAY_DELAY_S, START_UP_S, Position
from reference_meter.lab.world import World


class Scribe:
    """Firmware that writes down what the board calls."""

    def __init__(self, board: Board, calls: list[str]) -> None:
        self._board = board
        self._calls = calls
        self._note("built")
        board.at(board.now() + 10.0, lambda: self._note("timer"))

    def inputs_changed(self) -> None:
        self._note(
            f"inputs {self._board.elements()[0].voltage_v:g} V {self._board.elements()[0].current_a:g} A"
        )

    def senses_changed(self) -> None:
        self._note("senses")

    def runs_without_neutral(self) -> bool:
        return False

    def display_looked_at(self) -> None: ...

    def octets_received(self, port: str, octets: bytes) -> None:
        self._note(f"{port} {octets!r}")

    def port_opened(self, port: str) -> None:
        self._note(f"{port} opened")

    def port_closed(self, port: str) -> None:
        self._note(f"{port} closed")

    def keys_pressed(self, keys: str) -> None:
        self._note(f"keys {keys}")

    def power_failing(self) -> None:
        self._note("power failing")

    def _note(self, text: str) -> None:
        self._calls.append(f"{self._board.now():g} {text}")


class Rack:
    """One position under a source."""

    def __init__(self) -> None:
        self.world = World(0)
        self.circuit = Circuit(self.world, phases=1, positions=1)
        self.calls: list[str] = []
        self.position = Position(
            self.world,
            self.circuit,
            number=1,
            reference_voltage_v=230.0,
            build=lambda board: Scribe(board, self.calls),
        )

    def drive(self, voltage_v: float, current_a: float = 0.0) -> None:
        self.circuit.drive([PhaseOutput(voltage_v=voltage_v, current_a=current_a)], 50.0)


@pytest.fixture
def rack() -> Rack:
    return Rack()


def test_firmware_starts_half_a_second_after_the_voltage_came(rack: Rack) -> None:
    rack.drive(230.0)
    rack.world.run_until(0.49)
    assert rack.calls == []
    rack.world.run_until(1.0)
    assert rack.calls == [f"{START_UP_S:g} built"]


def test_a_power_cut_warns_the_firmware_and_kills_its_timers(rack: Rack) -> None:
    rack.drive(230.0)
    rack.world.run_until(5.0)
    rack.circuit.switch_supply(1, on=False)
    rack.world.run_until(60.0)
    assert rack.calls == ["0.5 built", "5 inputs 0 V 0 A", "5.04 power failing"]
    rack.circuit.switch_supply(1, on=True)
    rack.world.run_until(71.0)
    assert rack.calls[3:] == ["60.5 built", "70.5 timer"]


def test_an_interruption_of_a_cycle_is_ridden_through(rack: Rack) -> None:
    rack.drive(230.0)
    rack.world.run_until(5.0)
    rack.circuit.switch_supply(1, on=False)
    rack.world.run_until(5.02)
    rack.circuit.switch_supply(1, on=True)
    rack.world.run_until(9.0)
    assert rack.calls == ["0.5 built", "5 inputs 0 V 0 A", "5.02 inputs 230 V 0 A"]


def test_a_cover_bounces_and_is_latched_without_supply(rack: Rack) -> None:
    rack.position.cover("meter", opened=True)
    rack.world.run_until(1.0)
    assert rack.position.senses.cover_open["meter"]
    assert set(rack.position.senses.opened_without_supply) == {"meter"}
    rack.drive(230.0)
    rack.world.run_until(2.0)
    rack.position.cover("meter", opened=False)
    rack.world.run_until(3.0)
    assert rack.calls.count("2 senses") == 2
    assert len(rack.calls) > 2 * 19


def test_the_clock_stops_without_supply_and_battery(rack: Rack) -> None:
    rack.drive(230.0)
    rack.world.run_until(10.0)
    rack.position.battery(0.0)
    rack.drive(0.0)
    rack.world.run_until(CLOCK_HOLD_UP_S + 60.0)
    rack.drive(230.0)
    rack.world.run_until(CLOCK_HOLD_UP_S + 62.0)
    assert rack.position.senses.clock_stopped
    assert rack.position.rtc().year == 2000
    rack.position.set_rtc(datetime(2027, 1, 1, tzinfo=UTC))
    assert not rack.position.senses.clock_stopped


def test_without_neutral_a_meter_that_cannot_loses_its_supply(rack: Rack) -> None:
    rack.drive(230.0)
    rack.world.run_until(1.0)
    rack.position.neutral(connected=False)
    rack.world.run_until(2.0)
    assert not rack.position.running


def test_a_cut_during_start_up_leaves_the_meter_dead(rack: Rack) -> None:
    rack.drive(230.0)
    rack.world.run_until(0.3)
    rack.drive(0.0)
    rack.world.run_until(5.0)
    assert rack.calls == []


@pytest.mark.parametrize(("voltage_v", "starts"), [(0.8 * 230.0, True), (0.3 * 230.0, False)])
def test_a_meter_starts_in_the_extended_voltage_range_and_not_far_below(
    rack: Rack, voltage_v: float, starts: bool
) -> None:
    rack.drive(voltage_v)
    rack.world.run_until(5.0)
    assert rack.position.running is starts


def test_the_relay_moves_after_its_delay_and_the_firmware_senses_it(rack: Rack) -> None:
    rack.drive(230.0, 5.0)
    rack.world.run_until(1.0)
    rack.position.drive_switch(closed=False)
    rack.world.run_until(1.0 + 0.9 * RELAY_DELAY_S)
    assert rack.position.switch_closed()
    rack.world.run_until(2.0)
    assert not rack.position.switch_closed()
    assert rack.calls[1:] == ["1.1 inputs 230 V 0 A"]
    assert rack.circuit.inputs()[0].current_a == 0.0


def test_the_relay_is_sensed_without_current_too(rack: Rack) -> None:
    rack.drive(230.0)
    rack.world.run_until(1.0)
    rack.position.drive_switch(closed=False)
    rack.world.run_until(2.0)
    assert rack.calls[1:] == ["1.1 inputs 230 V 0 A"]


def test_the_relay_keeps_its_place_without_power(rack: Rack) -> None:
    rack.drive(230.0)
    rack.world.run_until(1.0)
    rack.position.drive_switch(closed=False)
    rack.drive(0.0)  # the armature is already moving
    rack.world.run_until(100.0)
    rack.drive(230.0)
    rack.world.run_until(101.0)
    assert not rack.position.switch_closed()


def test_a_second_pulse_overtakes_the_first(rack: Rack) -> None:
    rack.drive(230.0)
    rack.world.run_until(1.0)
    rack.position.drive_switch(closed=False)
    rack.position.drive_switch(closed=True)
    rack.world.run_until(2.0)
    assert rack.position.switch_closed()


def test_the_clock_runs_through_a_power_cut_within_its_crystals_error(rack: Rack) -> None:
    noon = datetime(2027, 1, 1, 12, tzinfo=UTC)
    rack.position.set_rtc(noon)
    day_s = 86400.0
    rack.world.run_until(10 * day_s)
    gained_s = (rack.position.rtc() - noon - timedelta(days=10)).total_seconds()
    assert abs(gained_s) <= 10 * day_s * 2e-6
    assert gained_s != 0.0


def test_memory_survives_and_the_display_does_not(rack: Rack) -> None:
    rack.drive(230.0)
    rack.world.run_until(1.0)
    rack.position.memory.write("register", b"123")
    rack.position.show("123")
    assert rack.position.display() == "123"
    rack.drive(0.0)
    rack.world.run_until(1.0 + 2 * HOLD_UP_S)
    assert rack.position.display() == ""
    rack.drive(230.0)
    rack.world.run_until(2.0)
    assert rack.position.memory.read("register") == b"123"
    assert rack.position.display() == ""


def test_keys_reach_a_meter_with_power_only(rack: Rack) -> None:
    rack.position.press("123E")
    rack.drive(230.0)
    rack.world.run_until(1.0)
    rack.position.press("456E")
    assert rack.calls[1:] == ["1 keys 456E"]


def test_every_photo_head_sees_each_flash_at_its_instant(rack: Rack) -> None:
    first: list[float] = []
    second: list[float] = []
    rack.position.on_pulse(first.append)
    rack.position.on_pulse(second.append)
    rack.world.run_until(1.25)
    rack.position.flash_led()
    assert first == second == [1.25]
