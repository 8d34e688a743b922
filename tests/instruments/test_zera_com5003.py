"""The COM5003: what the driver sends, and driver and twin together over a socket."""

from __future__ import annotations

import math

import pytest

from instruments.errors import InstrumentFault, SetpointRefused
from instruments.references.zera_com5003 import ZeraCom5003
from instruments.registry import open_instrument
from instruments.virtual.plant import PhaseOutput
from instruments.virtual.zera_com5003 import VirtualCom5003
from instruments.virtual.zera_inputs import RangeError

IDENTITY = "ZERA GmbH Koenigswinter, COM5003, 050012345, release-4.9.0"
OPENING = (("*IDN?", IDENTITY), ("*CLS",))
NO_ERROR = "+0,No error"
OK = ("SYSTEM:ERROR?", NO_ERROR)
SETTINGS = "|".join(
    f"CALC:EC01:0001:{leaf}"
    for leaf in (
        "START 0;",
        "DUTSOURCE SC1;",
        "REFSOURCE P;",
        "DCUNIT I/kWh;",
        "DUTCONSTANT 1000;",
        "MRATE 10;",
        "CONTINUOUS 0;",
    )
)
ARMING = ((f"{SETTINGS}|SYSTEM:ERROR?", NO_ERROR), ("CALC:EC01:0001:START 1;|SYSTEM:ERROR?", NO_ERROR))
FETCH = (
    "FETC:RMS1:UL1?|FETC:RMS1:IL1?|FETC:POW1:P1?|FETC:DFT1:U1?|FETC:DFT1:I1?"
    "|FETC:RMS1:UL2?|FETC:RMS1:IL2?|FETC:POW1:P2?|FETC:DFT1:U2?|FETC:DFT1:I2?"
    "|FETC:RMS1:UL3?|FETC:RMS1:IL3?|FETC:POW1:P3?|FETC:DFT1:U3?|FETC:DFT1:I3?"
    "|FETC:POW1:PS?|FETC:RNG1:F?"
)
VOLTAGE_CATALOG = "480V;240V;120V;60V;12V;5V"
CURRENT_CATALOG = "200A;100A;50A;25A;10A;5A;2.5A;1.0A;500mA"


class TestTranscript:
    def test_arming_an_error_test(self, scripted) -> None:
        line = scripted(OPENING)
        standard = ZeraCom5003(line)
        line.extend(*ARMING)
        standard.arm_error_test(1000.0, 10)
        line.assert_finished()

    def test_collecting_a_finished_error_test(self, scripted) -> None:
        line = scripted(OPENING)
        standard = ZeraCom5003(line)
        line.extend(*ARMING)
        standard.arm_error_test(1000.0, 10)
        base = "CALC:EC01:0001"
        line.extend(
            (
                (
                    f"{base}:STATUS?|{base}:REFCONSTANT?|{base}:ENFINAL?|{base}:MMEASTIME?|{base}:RESULT?"
                    "|SENS:RNG1:UL1:RANG?|SENS:RNG1:IL1:RANG?|*STB?"
                ),
                *("4", "60000000.0", "0.00995", "62608", "0.502513", "240V", "5A", "+0"),
            )
        )
        reading = standard.collect_error()
        line.assert_finished()
        assert reading.n_intervals == 10
        assert reading.reference_energy_wh == pytest.approx(9.95)
        assert reading.duration_s == 62.608
        assert reading.error_pct == 0.502513
        assert (reading.voltage_range, reading.current_range) == ("240V", "5A")

    def test_a_reading_is_armed_and_collected_and_its_angles_turned_to_iec(self, scripted) -> None:
        line = scripted(OPENING)
        standard = ZeraCom5003(line)
        start = "CONF:DSP1:TINTEGRATION 1;|INIT:RMS1|INIT:DFT1|INIT:POW1|INIT:RNG1"
        line.extend((f"{start}|SYSTEM:ERROR?", NO_ERROR))
        assert standard.start_reading() == 2.2
        # a phasor 60° behind its voltage stands at 60° in ZERA's sense; amplitudes of DFT1 are peaks
        values = {
            1: ("230.01785", "5.0012", "575.2", "325.27,0.0,0.0", "7.0728,1.0472,60.0"),
            2: ("230.0", "5.0", "1150.0", "325.27,2.094,120.0", "7.07,2.094,120.0"),
            3: ("230.0", "5.0", "575.0", "325.27,4.189,240.0", "7.07,3.142,180.0"),
        }
        phases = [
            answer
            for x, (voltage, current, power, polar_u, polar_i) in values.items()
            for answer in (
                f"RMS1:UL{x}:[V]:{voltage};",
                f"RMS1:IL{x}:[A]:{current};",
                f"POW1:P{x}:[W]:{power};",
                f"DFT1:U{x}:[V]:{polar_u};",
                f"DFT1:I{x}:[A]:{polar_i};",
            )
        ]
        line.extend(
            (f"{FETCH}|*STB?", *phases, "POW1:PS:[W]:2300.2;", "RNG1:F:[Hz]:50.001;", "+0"),
            ("SENS:RNG1:OVERLOAD?|SENS:RNG1:UL1:RANG?|SENS:RNG1:IL1:RANG?|*STB?", "0", "240V", "5A", "+0"),
        )
        readings = standard.collect_reading()
        line.assert_finished()
        assert [phase.current_lag_deg for phase in readings.phases] == [60.0, 0.0, -60.0]
        assert readings.phases[0].voltage_v == 230.01785
        assert (readings.power_w, readings.frequency_hz, readings.overload) == (2300.2, 50.001, False)

    def test_the_smallest_fitting_ranges_are_fixed(self, scripted) -> None:
        line = scripted(OPENING)
        standard = ZeraCom5003(line)
        channels = [f"SENS:RNG1:{channel}{x}:RANG" for channel in ("UL", "IL") for x in (1, 2, 3)]
        asked = "|".join(f"{channel}?" for channel in channels)
        line.extend(
            (
                f"SENS:RNG1:UL1:RANG:CATALOG?|SENS:RNG1:IL1:RANG:CATALOG?|{asked}|*STB?",
                *(VOLTAGE_CATALOG, CURRENT_CATALOG, "480V", "240V", "480V", "200A", "200A", "1.0A", "+0"),
            )
        )
        ranges = "SENS:RNG1:UL1:RANG 240V;|SENS:RNG1:UL3:RANG 240V;|SENS:RNG1:IL1:RANG 1.0A;|SENS:RNG1:IL2:RANG 1.0A;"
        line.extend(
            (f"CONF:RNG1:RNGAUTO 0;|{ranges}|SENS:RNG1:OVERLOAD 0;|SYSTEM:ERROR?", NO_ERROR),
        )
        assert standard.select_ranges(230.0, 0.75) == 3.0
        line.assert_finished()

    def test_a_refused_query_is_noticed_without_a_time_out(self, scripted) -> None:
        line = scripted(OPENING)
        standard = ZeraCom5003(line)
        line.extend(
            (f"{FETCH}|*STB?", "RMS1:UL1:[V]:230.0;", "+4"),
            ("SYSTEM:ERROR?", "-113,Undefined header"),
            OK,
        )
        with pytest.raises(InstrumentFault, match="-113,Undefined header"):
            standard.collect_reading()
        line.assert_finished()

    def test_a_refused_command_is_told_with_every_error(self, scripted) -> None:
        line = scripted(OPENING)
        standard = ZeraCom5003(line)
        line.extend(
            ("CALC:EC01:0001:START 0;|SYSTEM:ERROR?", "-200,Execution error"),
            ("SYSTEM:ERROR?", "-221,Settings conflict"),
            OK,
        )
        with pytest.raises(InstrumentFault, match="-200,Execution error; -221,Settings conflict"):
            standard.abort_error_test()
        line.assert_finished()

    @pytest.mark.parametrize(("constant", "n"), [(math.nan, 10), (-1000.0, 10), (1000.0, 0)])
    def test_senseless_tests_are_refused_before_a_byte_is_sent(
        self, scripted, constant: float, n: int
    ) -> None:
        with pytest.raises(SetpointRefused):
            ZeraCom5003(scripted(OPENING)).arm_error_test(constant, n)


class TestAgainstTheTwin:
    GAIN_PCT = 0.02
    PHASE_DEG = 0.01

    @pytest.fixture
    def standard(self, plant, served):
        twin = VirtualCom5003(
            plant,
            "standard",
            serial_number="050012345",
            range_errors={
                "240V": RangeError(gain_pct=self.GAIN_PCT),
                "5A": RangeError(phase_deg=self.PHASE_DEG),
            },
        )
        plant.terminals = (PhaseOutput(voltage_v=230.0, current_a=5.0, current_lag_deg=60.0),)
        standard = open_instrument("zera-com5003", served.serve(twin).resource, "050012345")
        assert isinstance(standard, ZeraCom5003)
        yield standard
        standard.close()

    def seen_power_w(self) -> float:
        gain = 1 + self.GAIN_PCT / 100
        return 230.0 * gain * 5.0 * math.cos(math.radians(60.0 + self.PHASE_DEG))

    def test_readings_carry_the_standards_own_small_error(self, standard, plant, served) -> None:
        standard.select_ranges(230.0, 5.0)
        wait_s = standard.start_reading()
        served.call(lambda: plant.advance(wait_s))
        readings = standard.collect_reading()
        phase = readings.phases[0]
        assert phase.voltage_v == pytest.approx(230.046, rel=1e-9)
        assert phase.current_a == pytest.approx(5.0, rel=1e-9)
        assert phase.current_lag_deg == pytest.approx(60.01, abs=1e-6)
        assert readings.power_w == pytest.approx(self.seen_power_w(), rel=1e-9)
        assert (readings.voltage_range, readings.current_range) == ("240V", "5A")
        assert not readings.overload

    def test_the_end_of_the_interval_is_told_to_the_laboratory(self, standard, plant, served) -> None:
        standard.start_reading()
        served.call(lambda: plant.advance(5.0))
        assert plant.notified == [(1.0, "standard")]

    def test_a_reading_before_its_end_is_a_fault_of_the_bench(self, standard) -> None:
        standard.start_reading()
        with pytest.raises(InstrumentFault, match="Data corrupt or stale"):
            standard.collect_reading()

    def test_an_error_test_counts_reference_pulses(self, standard, plant, served) -> None:
        standard.select_ranges(230.0, 5.0)
        standard.arm_error_test(1000.0, 4)
        interval_s = 3600.0 / 575.0 * 1.005  # this meter is 0.5 % slow

        def flash() -> None:
            plant.advance(0.7)
            for _ in range(4):
                plant.pulse(1)
                plant.advance(interval_s)

        served.call(flash)
        assert not standard.error_test_ready()
        served.call(lambda: plant.pulse(1))
        assert standard.error_test_ready()
        reading = standard.collect_error()
        energy_wh = self.seen_power_w() * 4 * interval_s / 3600.0
        # 240 V and 5 A, three phases, 60 kHz: 6e7 imp/kWh
        assert reading.reference_constant_imp_per_kwh == 6e7
        assert reading.reference_energy_wh == pytest.approx(energy_wh, abs=2 * 1000 / 6e7)
        assert reading.duration_s == pytest.approx(4 * interval_s, abs=5e-4)
        expected_pct = 100.0 * (4 * 1000.0 / 1000.0 - energy_wh) / energy_wh
        assert reading.error_pct == pytest.approx(expected_pct, abs=1e-3)
        assert plant.notified[-1][1] == "standard"

    def test_a_change_of_range_aborts_a_running_test(self, standard, plant, served) -> None:
        standard.arm_error_test(1000.0, 4)
        served.call(lambda: plant.pulse(1))
        standard.select_ranges(230.0, 50.0)
        with pytest.raises(InstrumentFault, match="aborted"):
            standard.error_test_ready()

    def test_nothing_to_collect_is_a_fault_of_the_bench(self, standard) -> None:
        with pytest.raises(InstrumentFault, match="no finished error test"):
            standard.collect_error()

    def test_energy_runs_across_a_change_of_load(self, standard, plant, served) -> None:
        standard.select_ranges(230.0, 50.0)  # the 50 A range has no phase error here
        standard.start_energy()
        served.call(lambda: plant.advance(3600.0))
        plant.terminals = (PhaseOutput(voltage_v=230.0),)
        served.call(lambda: plant.advance(1800.0))
        assert standard.energy_wh() == pytest.approx(575.0 * (1 + self.GAIN_PCT / 100), rel=1e-6)

    def test_starting_zeroes_the_energy(self, standard, plant, served) -> None:
        standard.start_energy()
        served.call(lambda: plant.advance(60.0))
        standard.start_energy()
        assert standard.energy_wh() == pytest.approx(0.0, abs=1e-3)

    def test_overload_is_shown_until_ranges_are_chosen_anew(self, standard, plant, served) -> None:
        standard.select_ranges(230.0, 2.0)
        wait_s = standard.start_reading()
        served.call(lambda: plant.advance(wait_s))
        assert standard.collect_reading().overload
        standard.select_ranges(230.0, 5.0)
        wait_s = standard.start_reading()
        served.call(lambda: plant.advance(wait_s))
        assert not standard.collect_reading().overload

    def test_no_range_for_500_a(self, standard) -> None:
        with pytest.raises(SetpointRefused, match="No range of IL1 holds 500"):
            standard.select_ranges(230.0, 500.0)

    def test_prove_dead_reads_zero(self, standard, plant, served) -> None:
        plant.terminals = (PhaseOutput(),)
        wait_s = standard.start_reading()
        served.call(lambda: plant.advance(wait_s))
        readings = standard.collect_reading()
        assert [(phase.voltage_v, phase.current_a) for phase in readings.phases] == [(0.0, 0.0)] * 3
