"""The 6105A: what the driver sends, and driver and twin together over a socket."""

from __future__ import annotations

import math

import pytest

from instruments.errors import InstrumentFault, SetpointRefused
from instruments.registry import open_instrument
from instruments.roles import LoadSetting, PhaseSetting
from instruments.sources.fluke_6105a import Fluke6105A
from instruments.virtual.fluke_6105a import SETTLING_S, SourceErrors, VirtualFluke6105A

OK = ("SYST:ERR?", '0,"No error"')
OPENING = (
    ("*IDN?", "FLUKE,6105A,4711,2.01"),
    ("*CLS",),
    ("SOUR:PHAS1:FITT?", "1"),
    ("SOUR:PHAS2:FITT?", "0"),
    ("SOUR:PHAS3:FITT?", "0"),
)


def one_phase(voltage_v: float, current_a: float, lag_deg: float = 0.0) -> LoadSetting:
    phase = PhaseSetting(voltage_v=voltage_v, current_a=current_a, current_lag_deg=lag_deg)
    return LoadSetting(frequency_hz=50.0, phases=(phase,))


class TestTranscript:
    def test_voltage_first_then_current_with_ranges_and_error_checks(self, scripted) -> None:
        line = scripted(OPENING)
        source = Fluke6105A(line)
        commands_before = ("OUTP:RAMP:TIME 2", "UNIT:MHAR:VOLT ABS", "UNIT:MHAR:CURR ABS")
        line.extend(*[step for command in commands_before for step in ((command,), OK)])
        line.extend(("OUTP:STAT?", "0"), ("SOUR:FREQ 50",), OK, ("SOUR:PHAS1:VOLT:RANG? HIGH", "2.3E1"))
        voltage = (
            "SOUR:PHAS1:CURR:MHAR:HARM1 0,0",
            "SOUR:PHAS1:VOLT:MHAR:HARM1 0,0",
            "SOUR:PHAS1:VOLT:RANG 0,360",
            "SOUR:PHAS1:VOLT:MHAR:STAT ON",
            "SOUR:PHAS1:VOLT:MHAR:HARM1 230,0",
            "SOUR:PHAS1:VOLT:STAT ON",
        )
        line.extend(*[step for command in voltage for step in ((command,), OK)])
        line.extend(("SOUR:PHAS1:CURR:RANG? HIGH", "2.5E-1"))
        current = (
            "SOUR:PHAS1:CURR:MHAR:HARM1 0,0",
            "SOUR:PHAS1:CURR:RANG 0.5,5",
            "SOUR:PHAS1:CURR:MHAR:STAT ON",
            "SOUR:PHAS1:CURR:MHAR:HARM1 5,-60",
            "SOUR:PHAS1:CURR:STAT ON",
        )
        line.extend(*[step for command in current for step in ((command,), OK)])
        assert source.apply(one_phase(230.0, 5.0, 60.0)) == 0.0
        line.assert_finished()

    def test_pulse_output_is_set_once(self, scripted) -> None:
        line = scripted(OPENING)
        source = Fluke6105A(line)
        for command in ("ENER:OUTP:CONS:UNIT IPKWH", "ENER:OUTP:CONS 20000"):
            line.extend((command,), OK)
        source.give_energy_pulses(20_000.0)
        source.give_energy_pulses(20_000.0)
        line.assert_finished()
        with pytest.raises(SetpointRefused):
            source.give_energy_pulses(math.nan)
        line.assert_finished()

    def test_switching_on_tells_how_long_to_wait(self, scripted) -> None:
        line = scripted(OPENING)
        source = Fluke6105A(line)
        for command in ("OUTP:RAMP:TIME 2", "UNIT:MHAR:VOLT ABS", "UNIT:MHAR:CURR ABS", "OUTP:STAT ON"):
            line.extend((command,), OK)
        assert source.switch_on() == 14.0
        line.assert_finished()

    @pytest.mark.parametrize(
        ("voltage_v", "current_a", "frequency_hz"),
        [
            (math.nan, 5.0, 50.0),
            (-1.0, 5.0, 50.0),
            (1100.0, 5.0, 50.0),
            (230.0, math.inf, 50.0),
            (230.0, -0.1, 50.0),
            (230.0, 120.1, 50.0),
            (230.0, 5.0, 5.0),
        ],
    )
    def test_senseless_set_points_are_refused_before_a_byte_is_sent(
        self, scripted, voltage_v: float, current_a: float, frequency_hz: float
    ) -> None:
        source = Fluke6105A(scripted(OPENING))
        phase = PhaseSetting(voltage_v=voltage_v, current_a=current_a)
        with pytest.raises(SetpointRefused, match="nothing was sent"):
            source.apply(LoadSetting(frequency_hz=frequency_hz, phases=(phase,)))

    def test_more_phases_than_fitted_are_refused(self, scripted) -> None:
        source = Fluke6105A(scripted(OPENING))
        phase = PhaseSetting(voltage_v=230.0, current_a=5.0)
        with pytest.raises(SetpointRefused, match="3 phases, the source 1"):
            source.apply(LoadSetting(frequency_hz=50.0, phases=(phase,) * 3))

    def test_an_error_of_the_instrument_names_the_command(self, scripted) -> None:
        line = scripted(OPENING)
        source = Fluke6105A(line)
        line.extend(("OUTP:STAT OFF",), ("SYST:ERR?", '-240,"Hardware error"'), OK)
        with pytest.raises(InstrumentFault, match=r"refused 'OUTP:STAT OFF': -240,\"Hardware error\""):
            source.switch_off()

    def test_safe_state_opens_a_dead_session_anew(self, scripted) -> None:
        line = scripted(OPENING)
        source = Fluke6105A(line)
        line.extend(("OUTP:STAT OFF",), ("OUTP:STAT?",))  # no answer
        line.extend(("OUTP:STAT OFF",), ("OUTP:STAT?", "0"), ("*CLS",))
        source.safe_state()
        assert line.reopened == 1
        line.assert_finished()

    def test_safe_state_does_not_believe_a_source_that_stays_on(self, scripted) -> None:
        line = scripted(OPENING)
        source = Fluke6105A(line)
        line.extend(*[("OUTP:STAT OFF",), ("OUTP:STAT?", "1"), ("*CLS",)] * 2)
        with pytest.raises(InstrumentFault, match="stays on"):
            source.safe_state()


class TestAgainstTheTwin:
    @pytest.fixture
    def twin(self, plant) -> VirtualFluke6105A:
        return VirtualFluke6105A(plant, "source", serial_number="4711")

    @pytest.fixture
    def source(self, twin, served):
        source = open_instrument("fluke-6105a", served.serve(twin).resource, "4711")
        assert isinstance(source, Fluke6105A)
        yield source
        source.close()

    def test_the_terminals_are_dead_until_the_ramp_is_over(self, source, plant, served) -> None:
        source.apply(one_phase(230.0, 5.0, 60.0))
        source.switch_on()
        served.call(lambda: plant.advance(1.9))
        assert plant.terminals[0].voltage_v == 0.0
        served.call(lambda: plant.advance(0.2))
        phase = plant.terminals[0]
        assert (phase.voltage_v, phase.current_a, phase.current_lag_deg) == (230.0, 5.0, 60.0)
        assert source.is_on()

    def test_a_change_takes_effect_within_the_announced_time(self, source, plant, served) -> None:
        source.apply(one_phase(230.0, 0.0))
        on_s = source.switch_on()
        served.call(lambda: plant.advance(on_s))
        settling_s = source.apply(one_phase(230.0, 60.0, -30.0))
        assert plant.terminals[0].current_a == 0.0
        served.call(lambda: plant.advance(settling_s))
        assert (plant.terminals[0].current_a, plant.terminals[0].current_lag_deg) == (60.0, -30.0)
        assert plant.terminals[0].voltage_v == 230.0

    def test_small_currents_are_delivered_in_the_smallest_range(self, source, plant, served) -> None:
        source.apply(one_phase(230.0, 0.02))
        source.switch_on()
        served.call(lambda: plant.advance(3.0))
        assert plant.terminals[0].current_a == 0.02

    def test_an_open_loop_keeps_the_output_from_coming_up(self, source, plant, served) -> None:
        plant.loops_closed = False
        source.apply(one_phase(230.0, 5.0))
        source.switch_on()
        served.call(lambda: plant.advance(3.0))
        assert not source.is_on()

    def test_an_open_loop_without_current_does_no_harm(self, source, plant, served) -> None:
        plant.loops_closed = False
        source.apply(one_phase(230.0, 0.0))
        source.switch_on()
        served.call(lambda: plant.advance(3.0))
        assert source.is_on()

    def test_a_loop_that_opens_trips_the_output_and_tells_the_laboratory(self, source, plant, served) -> None:
        source.apply(one_phase(230.0, 5.0))
        source.switch_on()
        served.call(lambda: plant.advance(3.0))
        served.call(plant.open_loop)
        served.call(lambda: plant.advance(1.0))
        assert not source.is_on()
        assert plant.terminals[0].voltage_v == 0.0
        assert [port for _, port in plant.notified] == ["source"]

    def test_safe_state_switches_off_and_may_be_repeated(self, source, plant, served) -> None:
        source.apply(one_phase(230.0, 5.0))
        source.switch_on()
        served.call(lambda: plant.advance(3.0))
        source.safe_state()
        source.safe_state()
        assert plant.terminals[0].voltage_v == 0.0
        assert not source.is_on()

    def test_limits_are_those_of_the_80_a_option(self, source) -> None:
        limits = source.limits()
        assert (limits.phases, limits.current_max_a, limits.voltage_max_v) == (1, 80.0, 1008.0)


class TestTwinAlone:
    @pytest.fixture
    def ask(self, plant):
        twin = VirtualFluke6105A(plant, "source", phases=3, errors=SourceErrors(current_gain_pct=0.1))
        session = twin.open_session()
        return lambda line: session.feed(line.encode() + b"\n").decode().rstrip("\n")

    @pytest.mark.parametrize(
        ("line", "number"),
        [
            ("OUTP:ROSC ON", "-113"),  # leaf of confidence C: not offered
            ("SOUR:FREQ:LINE ON", "-113"),
            ("SOUR:PHAS1:CURR:RANG 0.1,90", "-222"),
            ("SOUR:PHAS1:CURR:RANG 0.01,0.2", "-222"),
            ("SOUR:PHAS1:VOLT:MHAR:HARM1 24,0", "-222"),
            ("SOUR:PHAS1:VOLT:MHAR:HARM0 0,10", "-222"),
            ("SOUR:PHAS1:VOLT:MHAR:HARM3 24,0", "-222"),
            ("SOUR:PHAS4:VOLT:STAT ON", "-241"),
            ("SOUR:PHAS5:VOLT:STAT ON", "-114"),
            ("SOUR:FREQ 15", "-222"),
        ],
    )
    def test_refusals(self, ask, line: str, number: str) -> None:
        assert ask(line) == ""
        assert ask("SYST:ERR?").split(",")[0] == number

    def test_a_range_below_the_set_amplitude_is_a_settings_conflict(self, ask) -> None:
        ask("SOUR:PHAS1:CURR:RANG 0.5,5;MHAR:HARM1 4,0")
        ask("SOUR:PHAS1:CURR:RANG 0.1,1")
        assert ask("SYST:ERR?").startswith("-221,")

    def test_read_back(self, ask) -> None:
        ask("SOUR:PHAS2:CURR:RANG 2,20;MHAR:HARM1 20,-60")
        assert ask("SOUR:PHAS2:CURR:RANG?") == '"2.0E0,2.1E1"'
        assert ask("SOUR:PHAS2:CURR:RANG? LOW") == "2.0E0"
        assert ask("SOUR:PHAS2:CURR:MHAR:HARM1?") == '"2.0E1,-6.0E1"'
        assert ask("SOUR:PHAS2:CURR:MHAR:HARM1:PANG?") == "-6.0E1"
        assert ask("SOUR:PHAS2:FITT?;:SOUR:PHAS4:FITT?") == "1;0"
        assert ask("SOUR:PHAS2:MOD?") == '"6105A"'

    def test_its_own_error_stands_at_the_terminals(self, ask, plant) -> None:
        ask("SOUR:PHAS3:CURR:RANG 0.5,5;MHAR:HARM1 5,0;:SOUR:PHAS3:CURR:STAT ON;:OUTP ON")
        plant.advance(2.0 + SETTLING_S)
        assert plant.terminals[2].current_a == pytest.approx(5.005)

    def test_reset_ends_the_output(self, ask, plant) -> None:
        ask("SOUR:PHAS1:VOLT:RANG 0,300;MHAR:HARM1 230,0;:SOUR:PHAS1:VOLT:STAT ON;:OUTP ON")
        plant.advance(3.0)
        assert plant.terminals[0].voltage_v == 230.0
        assert ask("*RST;:OUTP:STAT?") == "0"
        assert plant.terminals[0].voltage_v == 0.0
