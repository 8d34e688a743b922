"""Sources beside the 6105A: what each driver sends, and driver and twin together over a real line."""

from __future__ import annotations

import math

import pytest

from instruments.errors import InstrumentFault, SetpointRefused
from instruments.registry import DRIVERS, open_instrument
from instruments.roles import Harmonic, LoadSetting, PhaseSetting
from instruments.sources.chroma_61xxx import Chroma61xxx
from instruments.sources.fluke_6003a import Fluke6003A
from instruments.sources.hp_68xx import Hp68xx
from instruments.virtual.chroma_61xxx import VirtualChroma61xxx
from instruments.virtual.fluke_6003a import VirtualFluke6003A
from instruments.virtual.fluke_6105a import VirtualFluke6105A
from instruments.virtual.hp_68xx import VirtualHp68xx
from instruments.virtual.pty_server import PtyServer
from instruments.virtual.zera_mt import VirtualZeraMt
from tests.instruments.three_phase_plant import ThreePhasePlant

OK = ("SYST:ERR?", '0,"No error"')


def steps(*commands: str) -> list[tuple[str, ...]]:
    return [step for command in commands for step in ((command,), OK)]


def load(
    *voltages_v: float, current_a: float = 0.0, lag_deg: float = 0.0, frequency_hz: float = 50.0
) -> LoadSetting:
    angles_deg = (0.0, -120.0, 120.0)
    return LoadSetting(
        frequency_hz=frequency_hz,
        phases=tuple(
            PhaseSetting(
                voltage_v=voltage_v,
                current_a=current_a,
                voltage_angle_deg=angle_deg,
                current_lag_deg=lag_deg,
            )
            for voltage_v, angle_deg in zip(voltages_v, angles_deg, strict=False)
        ),
    )


class TestTranscripts:
    def test_hp_68xx_three_phases(self, scripted) -> None:
        line = scripted([("*IDN?", "HEWLETT-PACKARD,6834B,3546A,A.00.10"), ("*CLS",), (":INST:NSEL 3",), OK])
        source = Hp68xx(line)
        line.extend((":OUTP?", "0"), *steps(":INST:COUP NONE"))
        for x in (1, 2, 3):
            line.extend(*steps(f":INST:NSEL {x}", ":CURR:PROT:STAT ON", ":VOLT:SLEW 200"))
        line.extend(*steps(":FREQ 50"))
        for x, angle in ((1, "0"), (2, "240"), (3, "120")):
            line.extend(*steps(f":INST:NSEL {x}"), (":VOLT:RANG?", "1.5E2"))
            line.extend(*steps(":VOLT 0", ":VOLT:RANG 300", f":PHAS {angle}", ":VOLT 230"))
        assert source.apply(load(230.0, 230.0, 230.0)) == 0.0
        line.extend(*steps(":OUTP ON"))
        assert source.switch_on() > 1.0
        line.assert_finished()

    def test_hp_68xx_single_phase_is_told_by_its_refusal(self, scripted) -> None:
        line = scripted([("*IDN?", "Agilent Technologies,6813B,US0,A"), ("*CLS",), (":INST:NSEL 3",)])
        line.extend(("SYST:ERR?", '-222,"Data out of range"'), OK)
        assert Hp68xx(line).phases == 1

    def test_chroma_sends_voltage_and_range_in_one_message(self, scripted) -> None:
        identity = ("*IDN?", "Chroma ATE 61502,0123,1.00,1.01,1.02")
        line = scripted([identity, ("*CLS",), identity])
        source = Chroma61xxx(line, expected_serial="0123")
        line.extend((":OUTP?", "OFF"))
        line.extend(*steps(":VOLT:LIM:AC 300", ":FREQ 50", ":VOLT:AC 230;:VOLT:RANG HIGH", ":OUTP:REL ON"))
        source.apply(load(230.0))
        line.extend(*steps(":OUTP ON", ":OUTP OFF", ":OUTP:REL OFF"))
        source.switch_on()
        source.switch_off()
        line.assert_finished()

    def test_chroma_angles_lag(self, scripted) -> None:
        identity = ("*IDN?", "Chroma ATE 61705,0123,1.00")
        line = scripted([identity, ("*CLS",), identity])
        source = Chroma61xxx(line)
        line.extend((":OUTP?", "OFF"), *steps(":VOLT:LIM:AC 300", ":INST:PHAS THREE", ":INST:EDIT ALL"))
        line.extend(*steps(":PHAS:P12 120", ":PHAS:P13 240", ":FREQ 50", ":VOLT:AC 57.7;:VOLT:RANG LOW"))
        line.extend(*steps(":OUTP:REL ON"))
        source.apply(load(57.7, 57.7, 57.7))
        line.assert_finished()

    def test_fluke_6003a_pulse_output_is_set_once(self, scripted) -> None:
        line = scripted([("SYST:REM",), ("*IDN?", "MEATEST,M133C,77,1.3"), ("*CLS",)])
        source = Fluke6003A(line, expected_serial="77")
        line.extend(*steps("OUTP:REF:UNIT W", "OUTP:REF:CONS 20000"))
        source.give_energy_pulses(20_000.0)
        source.give_energy_pulses(20_000.0)
        line.assert_finished()

    def test_fluke_6003a_channels(self, scripted) -> None:
        line = scripted([("SYST:REM",), ("*IDN?", "MEATEST,M133C,77,1.3"), ("*CLS",)])
        source = Fluke6003A(line, expected_serial="77")
        line.extend(("OUTP?", "OFF"), *steps("OUTP:UNIT DEG", "PACE:FREQ 50"))
        line.extend(*steps("PACE:VOLT1 230", "PACE:VOLT1:PHAS 0", "PACE:VOLT1:ENAB ON"))
        line.extend(*steps("PACE:VOLT2 230", "PACE:VOLT2:PHAS 240", "PACE:VOLT2:ENAB ON"))
        line.extend(*steps("PACE:VOLT3:ENAB OFF"))
        line.extend(*steps("PACE:CURR1 5", "PACE:CURR1:PHAS 300", "PACE:CURR1:ENAB ON"))
        line.extend(*steps("PACE:CURR2 5", "PACE:CURR2:PHAS 180", "PACE:CURR2:ENAB ON"))
        line.extend(*steps("PACE:CURR3:ENAB OFF"))
        assert source.apply(load(230.0, 230.0, current_a=5.0, lag_deg=60.0)) == 0.0
        line.assert_finished()


TWINS = {
    "fluke-6105a": lambda plant: VirtualFluke6105A(plant, "source", phases=3),
    "fluke-6003a": lambda plant: VirtualFluke6003A(plant, "source"),
    "hp-68xx": lambda plant: VirtualHp68xx(plant, "source", phases=3),
    "chroma-61xxx": lambda plant: VirtualChroma61xxx(plant, "source", phases=3),
    "zera-mt": lambda plant: VirtualZeraMt(plant, "source"),
}
WITH_CURRENT = ("fluke-6105a", "fluke-6003a", "zera-mt")


class TestDriverAndTwin:
    @pytest.fixture
    def plant(self) -> ThreePhasePlant:
        return ThreePhasePlant()

    @pytest.fixture(params=sorted(TWINS))
    def name(self, request) -> str:
        return request.param

    @pytest.fixture
    def server(self, name, plant, served):
        return served.serve(TWINS[name](plant))

    @pytest.fixture
    def source(self, name, server):
        opened = open_instrument(name, server.resource, timeout_s=0.5)
        yield opened
        opened.close()

    def test_voltages_and_angles_reach_the_terminals(self, source, plant, served) -> None:
        source.apply(load(230.0, 230.0, 230.0))
        wait_s = source.switch_on()
        served.call(lambda: plant.advance(wait_s))
        assert [phase.voltage_v for phase in plant.terminals] == pytest.approx([230.0] * 3)
        turned = [phase.voltage_angle_deg % 360.0 for phase in plant.terminals]
        assert turned == pytest.approx([0.0, 240.0, 120.0])
        assert source.is_on()
        source.switch_off()
        assert [phase.voltage_v for phase in plant.terminals] == [0.0] * 3
        assert not source.is_on()

    @pytest.mark.parametrize("name", WITH_CURRENT, indirect=True)
    def test_an_inductive_current_lags_its_own_voltage(self, source, plant, served) -> None:
        source.apply(load(230.0, 230.0, 230.0, current_a=5.0, lag_deg=60.0))
        wait_s = source.switch_on()
        served.call(lambda: plant.advance(wait_s))
        assert [phase.current_a for phase in plant.terminals] == pytest.approx([5.0] * 3)
        lags = [math.remainder(phase.current_lag_deg, 360.0) for phase in plant.terminals]
        assert lags == pytest.approx([60.0] * 3)

    def test_safe_state_is_safe_as_often_as_one_likes(self, source, plant, served) -> None:
        source.apply(load(230.0, 230.0, 230.0))
        wait_s = source.switch_on()
        served.call(lambda: plant.advance(wait_s))
        for _ in range(3):
            source.safe_state()
        assert [phase.voltage_v for phase in plant.terminals] == [0.0] * 3

    @pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 2000.0])
    def test_senseless_voltages_are_refused_before_a_byte_is_sent(self, source, value: float) -> None:
        sent = len(source.transport.transcript)
        with pytest.raises(SetpointRefused, match="nothing was sent"):
            source.apply(load(value, value, value))
        assert len(source.transport.transcript) == sent

    @pytest.mark.parametrize("name", sorted(set(TWINS) - {"fluke-6105a"}), indirect=True)
    def test_harmonics_it_cannot_make_are_refused(self, source) -> None:
        phase = PhaseSetting(voltage_v=230.0, current_a=0.0, voltage_harmonics=(Harmonic(order=5, rms=23.0),))
        with pytest.raises(SetpointRefused, match="sinusoids only"):
            source.apply(LoadSetting(frequency_hz=50.0, phases=(phase,) * 3))

    @pytest.mark.parametrize("name", ["hp-68xx", "chroma-61xxx"], indirect=True)
    def test_a_voltage_source_refuses_currents(self, source) -> None:
        with pytest.raises(SetpointRefused, match="current_a"):
            source.apply(load(230.0, 230.0, 230.0, current_a=1.0))

    def test_a_source_that_falls_silent_is_a_fault(self, source, server) -> None:
        server.faults.silent = True
        with pytest.raises(InstrumentFault, match="did not answer"):
            source.switch_on()

    def test_what_the_twin_does_not_know_is_refused(self, name, server) -> None:
        from instruments.transport import VisaTransport

        line = VisaTransport(server.resource, timeout_s=0.2, line=DRIVERS[name].driver.LINE)
        if name == "zera-mt":
            with pytest.raises(InstrumentFault, match="did not answer"):
                line.query("XYZ1")  # the instrument does not answer what it does not know
        else:
            line.write("SOUR:SECR:LEAF 1")
            assert line.query("SYST:ERR?").startswith("-113")
        line.close()


def test_chroma_refuses_voltages_that_differ(served) -> None:
    server = served.serve(VirtualChroma61xxx(ThreePhasePlant(), "source", phases=3))
    source = open_instrument("chroma-61xxx", server.resource)
    with pytest.raises(SetpointRefused, match="one voltage on all 3 phases"):
        source.apply(load(230.0, 230.0, 220.0))
    source.close()


def test_fluke_6003a_over_a_serial_line(served) -> None:
    plant = ThreePhasePlant()
    server = served.call(lambda: PtyServer(served.reactor, VirtualFluke6003A(plant, "source")))
    source = open_instrument("fluke-6003a", server.resource, "60030001")
    source.apply(load(100.0))
    source.switch_on()
    assert source.is_on()
    source.safe_state()
    assert not source.is_on()
    source.close()
    served.call(server.close)
