"""The ZERA MT box: transcripts of its line protocol, and its three roles together with the twin."""

from __future__ import annotations

import pytest

from instruments.errors import InstrumentFault, SetpointRefused
from instruments.registry import open_instrument
from instruments.roles import LoadSetting, PhaseSetting
from instruments.sources.zera_mt import ZeraMt
from instruments.virtual.pty_server import PtyServer
from instruments.virtual.zera_mt import VirtualZeraMt
from tests.instruments.three_phase_plant import ThreePhasePlant

OPENING = (("AAV", "MT793V05.52", "AAVACK"),)


def three_phases(current_a: float, lag_deg: float = 0.0) -> LoadSetting:
    return LoadSetting(
        frequency_hz=50.0,
        phases=tuple(
            PhaseSetting(
                voltage_v=230.0,
                current_a=current_a,
                voltage_angle_deg=angle_deg,
                current_lag_deg=lag_deg,
            )
            for angle_deg in (0.0, -120.0, 120.0)
        ),
    )


class TestTranscript:
    def test_angles_are_sent_against_the_iec_sense(self, scripted) -> None:
        line = scripted(OPENING)
        source = ZeraMt(line)
        line.extend(
            ("SFR50.00", "SOKFR"),
            ("SUPAER230.000000.00S230.000120.00T230.000240.00", "SOKUP"),
            ("SIPAAR005.000060.00S005.000180.00T005.000300.00", "SOKIP"),
        )
        source.apply(three_phases(5.0, 60.0))
        line.assert_finished()

    def test_switching(self, scripted) -> None:
        line = scripted(OPENING)
        source = ZeraMt(line)
        line.extend(("SUIEEEPPPAAA", "SOKUI"), ("SSM", "SM00", "SSM" + "0" * 20), ("SUIAAAAAAAAA", "SOKUI"))
        source.switch_on()
        assert source.is_on()  # the unasked SM line is not taken for the answer
        source.switch_off()
        line.assert_finished()

    def test_the_vendors_example_of_an_error_test(self, scripted) -> None:
        line = scripted(OPENING)
        box = ZeraMt(line)
        line.extend(("AEE", "AEEACK"), ("AEP100000;03;10;0", "AEPACK"), ("AEB0", "AEBACK"))
        box.arm_error_test(1000.0, 10)
        line.extend(("AES1", "02", "--.--", "40;0.004", "AESACK"))
        assert not box.error_test_ready()
        line.assert_finished()

    @pytest.mark.parametrize("answer", ["SUINAK", "ER-12", "ERR-7", "ERROR"])
    def test_a_refusal_names_the_command(self, scripted, answer: str) -> None:
        line = scripted(OPENING)
        source = ZeraMt(line)
        line.extend(("SUIEEEPPPAAA", answer))
        with pytest.raises(InstrumentFault, match=f"refused 'SUIEEEPPPAAA': {answer}"):
            source.switch_on()

    @pytest.mark.parametrize(
        ("flags", "cause"), [("08", "emergency stop"), ("80", "amplifier error"), ("40", "fuse")]
    )
    def test_flags_are_named(self, scripted, flags: str, cause: str) -> None:
        line = scripted(OPENING)
        source = ZeraMt(line)
        line.extend(("SSM", f"SSM{flags}{'0' * 18}"))
        with pytest.raises(InstrumentFault, match=cause):
            source.is_on()

    def test_another_instrument_is_named(self, scripted) -> None:
        with pytest.raises(InstrumentFault, match="Expected a ZERA MT"):
            ZeraMt(scripted([("AAV", "FG301V299", "AAVACK")]))

    def test_a_serial_number_cannot_be_checked(self, scripted) -> None:
        with pytest.raises(InstrumentFault, match="serial number"):
            ZeraMt(scripted(OPENING), expected_serial="1")


class TestWithTwin:
    @pytest.fixture
    def plant(self) -> ThreePhasePlant:
        return ThreePhasePlant()

    @pytest.fixture
    def twin(self, plant) -> VirtualZeraMt:
        return VirtualZeraMt(plant, "box")

    @pytest.fixture
    def box(self, twin, served):
        opened = open_instrument("zera-mt", served.serve(twin).resource, timeout_s=0.5)
        yield opened
        opened.close()

    def test_it_reads_what_it_delivers(self, box, plant, served) -> None:
        box.apply(three_phases(5.0, 60.0))
        box.switch_on()
        served.call(lambda: plant.advance(5.0))
        box.select_ranges(230.0, 5.0)
        box.start_reading()
        seen = box.collect_reading()
        assert seen.power_w == pytest.approx(3 * 230 * 5 / 2)
        assert [phase.current_lag_deg for phase in seen.phases] == pytest.approx([60.0] * 3)
        assert [phase.voltage_angle_deg for phase in seen.phases] == pytest.approx([0.0, -120.0, 120.0])
        assert (seen.voltage_range, seen.current_range, seen.overload) == ("250", "5", False)

    def test_a_reading_above_the_range_is_an_overload(self, box, plant, served) -> None:
        box.select_ranges(100.0, 5.0)
        box.apply(three_phases(5.0))
        box.switch_on()
        served.call(lambda: plant.advance(5.0))
        assert box.collect_reading().overload

    def test_a_range_that_somebody_changed_is_named(self, box, twin, plant, served) -> None:
        box.select_ranges(230.0, 5.0)
        box.apply(three_phases(5.0))
        box.switch_on()
        served.call(lambda: plant.advance(5.0))
        assert box.collect_reading().current_range == "5"
        box._ask("ACR100", "ACRACK")
        with pytest.raises(InstrumentFault, match="range 5 was selected, IB stands at 100"):
            box.collect_reading()

    def test_a_load_no_range_holds_is_refused(self, box) -> None:
        with pytest.raises(SetpointRefused, match="No range holds 130"):
            box.select_ranges(230.0, 130.0)

    def test_its_error_calculator_sees_the_meters_error(self, box, plant, served) -> None:
        box.select_ranges(230.0, 5.0)
        box.apply(three_phases(5.0))
        box.switch_on()
        served.call(lambda: plant.advance(5.0))
        box.arm_error_test(1000.0, 4)
        # a pulse each 3.6 kJ / 3.45 kW; this meter is 1 % fast
        interval_s = 3.6e6 / (1000.0 * 3 * 230 * 5) / 1.01
        for _ in range(5):
            served.call(lambda: (plant.advance(interval_s), plant.pulse(1)))
        assert box.error_test_ready()
        result = box.collect_error()
        assert result.error_pct == pytest.approx(1.0, abs=0.01)
        assert result.reference_energy_wh == pytest.approx(4.0 / 1.01, rel=1e-4)
        assert result.duration_s == pytest.approx(4 * interval_s, rel=1e-3)

    def test_an_error_test_without_pulses_is_not_ready_and_can_be_ended(self, box) -> None:
        box.arm_error_test(1000.0, 4)
        assert not box.error_test_ready()
        with pytest.raises(InstrumentFault, match="not over"):
            box.collect_error()
        box.abort_error_test()

    def test_the_energy_register_is_not_used(self, box) -> None:
        with pytest.raises(InstrumentFault, match="unit"):
            box.start_energy()

    def test_an_open_loop_and_the_emergency_stop_are_named(self, box, twin, plant, served) -> None:
        box.apply(three_phases(5.0))
        box.switch_on()
        served.call(lambda: plant.advance(5.0))
        served.call(plant.open_loop)
        with pytest.raises(InstrumentFault, match="amplifier error"):
            box.is_on()
        served.call(twin.press_emergency_stop)
        with pytest.raises(InstrumentFault, match="emergency stop"):
            box.is_on()

    def test_over_a_serial_line(self, twin, served) -> None:
        server = served.call(lambda: PtyServer(served.reactor, twin))
        opened = open_instrument("zera-mt", server.resource, timeout_s=0.5)
        opened.switch_on()
        assert twin.output_on
        opened.safe_state()
        assert not twin.output_on
        opened.close()
        served.call(server.close)
