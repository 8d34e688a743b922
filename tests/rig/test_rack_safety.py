"""What the rack refuses, what it notices while a load stands, and that safe is safe."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bench.clock import WallClock
from bench.errors import BenchFault, PlanError, SafetyTrip
from bench.rig.limits import NAMEPLATE, intersect
from bench.rig.live import NOT_A_SAFETY_FUNCTION, allow_output, is_virtual
from bench.rig.load_settings import balanced_load
from bench.rig.rack import Rack
from bench.rig.rig_file import load_rig
from bench.rig.self_check import check_wiring
from instruments.roles import LoadSetting, PhaseSetting
from instruments.virtual.plant import PhaseOutput
from tests.instruments.conftest import Served
from tests.rig.simulated_rig import LIMITS, SimulatedRig
from tests.rig.wall_laboratory import WallLaboratory


def load(voltage_v: float = 230.0, current_a: float = 5.0, frequency_hz: float = 50.0) -> LoadSetting:
    phase = PhaseSetting(voltage_v=voltage_v, current_a=current_a)
    return LoadSetting(frequency_hz=frequency_hz, phases=(phase,))


@pytest.fixture
def served():
    running = Served()
    yield running
    running.close()


@pytest.fixture
def rig(tmp_path: Path, served: Served) -> SimulatedRig:
    return SimulatedRig(tmp_path, served)


@pytest.fixture
def wall():
    laboratory = WallLaboratory()
    yield laboratory
    laboratory.close()


class TestConsent:
    def test_a_real_rig_needs_live(self, wall, tmp_path) -> None:
        rig = load_rig(wall.write_rig(tmp_path, virtual=False))
        with pytest.raises(PlanError, match=r"real source.*--live"):
            allow_output(rig, live=False)

    def test_live_output_needs_hardware_safety_or_a_waiver(self, wall, tmp_path) -> None:
        rig = load_rig(wall.write_rig(tmp_path, virtual=False, safety='[safety]\ninterlock = "board"'))
        with pytest.raises(PlanError, match=r"names no emergency stop, no watchdog") as refusal:
            allow_output(rig, live=True)
        assert NOT_A_SAFETY_FUNCTION in str(refusal.value)

    def test_named_safety_allows_it(self, wall, tmp_path) -> None:
        named = '[safety]\ninterlock = "board"\nemergency_stop = "board"\nwatchdog = "board"'
        allow_output(load_rig(wall.write_rig(tmp_path, virtual=False, safety=named)), live=True)

    def test_a_signed_waiver_allows_it(self, wall, tmp_path) -> None:
        signed = '[safety]\nwaiver = "24 V test rig, J. Doe, 2026-03-01"'
        allow_output(load_rig(wall.write_rig(tmp_path, virtual=False, safety=signed)), live=True)

    @pytest.mark.parametrize("waiver", ["because", "reason, name, yesterday", ", , 2026-03-01"])
    def test_a_waiver_without_name_or_date_is_refused(self, wall, tmp_path, waiver: str) -> None:
        path = wall.write_rig(tmp_path, virtual=False, safety=f'[safety]\nwaiver = "{waiver}"')
        with pytest.raises(PlanError, match="reason, name, YYYY-MM-DD"):
            load_rig(path)

    def test_safety_names_instruments_of_the_rig(self, wall, tmp_path) -> None:
        path = wall.write_rig(tmp_path, safety='[safety]\ninterlock = "door"')
        with pytest.raises(PlanError, match='interlock names instrument "door"'):
            load_rig(path)

    def test_a_source_elsewhere_is_not_virtual_whatever_the_file_says(self, wall, tmp_path) -> None:
        path = wall.write_rig(tmp_path)
        path.write_text(path.read_text().replace(wall.source_server.resource, "GPIB0::17::INSTR"))
        assert not is_virtual(load_rig(path))


class TestLimits:
    @pytest.mark.parametrize(
        "setting",
        [
            load(voltage_v=math.nan),
            load(current_a=math.inf),
            load(voltage_v=-1.0),
            load(current_a=-0.1),
            load(voltage_v=266.0),
            load(current_a=60.1),
            load(frequency_hz=math.nan),
            load(frequency_hz=900.0),
        ],
    )
    def test_senseless_settings_are_refused_before_a_byte_is_sent(self, rig, setting) -> None:
        rack = rig.rack()
        sent = len(rack.source.transport.transcript)
        with pytest.raises(SafetyTrip, match=r"nothing was sent"):
            rack.apply(setting)
        assert len(rack.source.transport.transcript) == sent
        rack.close()

    def test_an_armed_limit_takes_the_place_of_the_nameplate(self) -> None:
        armed = LIMITS.armed(290.0, by="dual/overvoltage")
        armed.check(load(voltage_v=289.0))
        with pytest.raises(SafetyTrip, match="limit armed for dual/overvoltage"):
            armed.check(load(voltage_v=291.0))
        with pytest.raises(SafetyTrip, match=NAMEPLATE):
            LIMITS.check(load(voltage_v=289.0))

    def test_an_armed_limit_never_passes_the_rig_file(self) -> None:
        with pytest.raises(SafetyTrip, match="300 V that the rig file"):
            LIMITS.armed(480.0, by="dual/overvoltage").check(load(voltage_v=301.0))

    def test_the_load_comes_off_before_the_old_limit_comes_back(self, rig) -> None:
        rack = rig.rack()
        with rack.abnormal_voltage(290.0, by="dual/overvoltage"):
            rack.apply(load(voltage_v=280.0))
            assert rig.source.output_live
        assert not rig.source.output_live
        with pytest.raises(SafetyTrip):
            rack.apply(load(voltage_v=280.0))
        rack.close()

    def test_the_source_is_a_layer_of_its_own(self, rig) -> None:
        generous = intersect(voltage_v={"rig file": 5000.0}, current_a={"rig file": 500.0})
        rack = rig.rack(generous)
        assert (rack.limits.voltage_by, rack.limits.current_by) == ("source", "source")
        rack.close()


class TestStandingLoad:
    def test_a_load_that_stands_is_left_alone(self, rig) -> None:
        rack = rig.rack()
        rack.apply(load())
        rack.clock.sleep(1000.0)
        assert rig.source.output_live
        rack.switch_off()
        rack.close()

    def test_a_source_that_reports_on_but_delivers_nothing(self, rig) -> None:
        rig.plant.lead = lambda phases: [PhaseOutput() for _ in phases]
        rack = rig.rack()
        with pytest.raises(BenchFault, match=r"L1: asked for 230 V, the reference standard reads 0\.000 V"):
            rack.apply(load())
        assert not rig.source.output_live
        rack.close()

    def test_a_load_that_fades_is_noticed_and_everything_is_off(self, rig) -> None:
        rack = rig.rack()
        rack.apply(load())
        rig.plant.lead = lambda phases: [replace(phase, current_a=phase.current_a * 0.8) for phase in phases]
        with pytest.raises(BenchFault, match=r"does not stand any more: L1: asked for 5 A.* reads 4\.0000 A"):
            rack.clock.sleep(1000.0)
        assert not rig.source.output_live
        rack.close()

    def test_an_open_current_loop_is_named(self, rig, served) -> None:
        rack = rig.rack()
        rack.apply(load())
        served.call(rig.plant.open_loop)
        with pytest.raises(BenchFault, match=r"switched itself off under load.*loop open"):
            rack.clock.sleep(1000.0)
        rack.close()

    def test_a_standard_in_overload_is_named(self, rig) -> None:
        rack = rig.rack()
        rack.apply(load())
        rig.plant.lead = lambda phases: [replace(phase, current_a=40.0) for phase in phases]
        with pytest.raises(BenchFault, match="overload"):
            rack.clock.sleep(1000.0)
        assert not rig.source.output_live
        rack.close()

    @pytest.mark.parametrize(
        ("fault", "value"),
        [("silent", True), ("disconnect_on_next_message", True)],
        ids=["silent", "dropped"],
    )
    def test_a_standard_that_stops_answering_is_named(self, rig, fault: str, value: bool) -> None:
        rack = rig.rack()
        rack.apply(load())
        setattr(rig.standard_server.faults, fault, value)
        with pytest.raises(BenchFault, match=r"Supervision lost an instrument.*SOCKET"):
            rack.clock.sleep(1000.0)
        assert not rig.source.output_live
        rack.close()

    def test_a_standard_past_its_due_date_measures_nothing(self, tmp_path, served) -> None:
        rack = SimulatedRig(tmp_path, served, due="2026-12-31").rack()
        with pytest.raises(BenchFault, match="was due on 2026-12-31"):
            rack.require_valid_standard()
        with pytest.raises(BenchFault, match="was due on"), rack.counting_energy(230.0, 5.0):
            pass
        rack.close()


class TestSafeState:
    def test_it_does_not_wait_for_a_session_that_hangs(self, rig) -> None:
        rack = rig.rack()
        rack.apply(load())
        rig.source_server.faults.hangs_on = "*OPT?"
        rack.source.transport.write("*OPT?")
        start = time.monotonic()
        assert rack.safe_state() == ()
        assert time.monotonic() - start < 1.0
        assert not rig.source.output_live
        rack.close()

    def test_it_may_be_called_as_often_as_one_likes(self, rig) -> None:
        rack = rig.rack()
        rack.apply(load())
        assert [rack.safe_state() for _ in range(3)] == [(), (), ()]
        rack.close()
        assert rack.safe_state() == ()

    def test_it_says_what_it_could_not_prove_off(self, rig) -> None:
        rack = rig.rack()
        rig.source_server.faults.silent = True
        (trouble,) = rack.safe_state()
        assert trouble.startswith("source: ")
        assert "did not answer" in trouble
        rig.source_server.faults.silent = False
        rack.close()


class TestSafetyInputs:
    SAFETY = '[safety]\ninterlock = "board"\nemergency_stop = "board"\nwatchdog = "board"'

    def energised(self, wall: WallLaboratory, folder: Path) -> Rack:
        rig = load_rig(wall.write_rig(folder, safety=self.SAFETY))
        rack = Rack(rig, WallClock(), LIMITS)
        rack.source.apply(load(current_a=0.0))
        rack.source.switch_on()
        rack._load = load(current_a=0.0)  # without the settling times of the real instrument
        return rack

    @pytest.mark.parametrize(
        ("input_name", "value", "message"),
        [
            ("interlock_closed", False, "interlock is open"),
            ("emergency_stop_pressed", True, "emergency stop"),
        ],
    )
    def test_they_end_a_standing_load(self, wall, tmp_path, input_name, value, message) -> None:
        rack = self.energised(wall, tmp_path)
        setattr(wall.board, input_name, value)
        with pytest.raises(BenchFault, match=message):
            rack.clock.sleep(3.0)
        assert not wall.call(lambda: wall.source._on)
        rack.close()

    def test_an_open_interlock_keeps_the_source_off(self, wall, tmp_path) -> None:
        rack = self.energised(wall, tmp_path)
        rack.safe_state()
        wall.board.interlock_closed = False
        with pytest.raises(BenchFault, match="interlock"):
            rack.apply(load())
        rack.close()

    def test_the_watchdog_relay_is_fed_while_the_bench_lives_and_falls_after(self, wall, tmp_path) -> None:
        rack = self.energised(wall, tmp_path)
        rack.clock.sleep(2.0)
        assert not wall.board.tripped
        rack.close()
        time.sleep(2.0)
        assert wall.board.tripped


class TestWiring:
    def wrong(self, rig: SimulatedRig) -> list[str]:
        rack = rig.rack()
        findings = [finding for finding in check_wiring(rack) if not finding.right]
        rack.close()
        assert not rig.source.output_live
        return [f"{finding.tried}: {finding.remedy}" for finding in findings]

    def test_right_wiring_of_three_phases(self, tmp_path, served) -> None:
        assert self.wrong(SimulatedRig(tmp_path, served, phases=3)) == []

    def test_swapped_voltages(self, tmp_path, served) -> None:
        rig = SimulatedRig(tmp_path, served, phases=3)

        def swapped(phases):
            first, second, third = phases
            return [
                first,
                replace(second, voltage_v=third.voltage_v, voltage_angle_deg=third.voltage_angle_deg),
                replace(third, voltage_v=second.voltage_v, voltage_angle_deg=second.voltage_angle_deg),
            ]

        rig.plant.lead = swapped
        found = self.wrong(rig)
        assert "voltage on L2 alone: The voltage of L2 reaches L3 of the standard: swap the leads." in found
        assert any(line.startswith("angle of U2 against U1: ") for line in found)

    def test_a_reversed_current(self, tmp_path, served) -> None:
        rig = SimulatedRig(tmp_path, served)
        rig.plant.lead = lambda phases: [
            replace(phase, current_lag_deg=phase.current_lag_deg - 180.0) for phase in phases
        ]
        assert any("The current runs backwards" in line for line in self.wrong(rig))

    def test_an_angle_that_counts_the_other_way(self, tmp_path, served) -> None:
        rig = SimulatedRig(tmp_path, served)
        rig.plant.lead = lambda phases: [
            replace(phase, current_lag_deg=-phase.current_lag_deg) for phase in phases
        ]
        lagging, leading = self.wrong(rig)
        assert lagging.startswith("current on L1 lagging 60°: The sign is reversed")
        assert leading.startswith("current on L1 leading 60°: The sign is reversed")

    def test_a_current_angle_that_refers_to_u1(self, tmp_path, served) -> None:
        rig = SimulatedRig(tmp_path, served, phases=3)
        rig.plant.lead = lambda phases: [
            replace(phase, current_lag_deg=phase.current_lag_deg + phase.voltage_angle_deg)
            for phase in phases
        ]
        assert any("refers to U1" in line for line in self.wrong(rig))

    def test_a_balanced_three_phase_load_goes_through(self, tmp_path, served) -> None:
        rig = SimulatedRig(tmp_path, served, phases=3)
        rack = rig.rack()
        rack.apply(balanced_load(elements=3, voltage_v=230.0, current_a=5.0, lag_deg=60.0, frequency_hz=50.0))
        seen = rack.readings()
        assert seen.power_w == pytest.approx(3 * 230 * 5 / 2, rel=1e-6)
        assert [phase.voltage_angle_deg for phase in seen.phases] == pytest.approx([0.0, -120.0, 120.0])
        assert [phase.current_lag_deg for phase in seen.phases] == pytest.approx([60.0] * 3)
        rack.close()
