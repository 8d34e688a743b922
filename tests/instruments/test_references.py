"""Reference standards beside the COM5003: transcripts, and each driver with its twin under the same load."""

from __future__ import annotations

import math
import struct

import pytest

from instruments.errors import InstrumentFault, SetpointRefused
from instruments.references.radian_rd import RadianRd, checksum, ti_float
from instruments.references.yokogawa_wt import YokogawaWt
from instruments.references.zes_lmg670 import ZesLmg670
from instruments.registry import open_instrument
from instruments.virtual.plant import PhaseOutput
from instruments.virtual.pty_server import PtyServer
from instruments.virtual.radian_rd import VirtualRadianRd, to_ti_float
from instruments.virtual.yokogawa_wt import VirtualWt333E
from instruments.virtual.zera_com5003 import VirtualMt310s2
from instruments.virtual.zes_lmg670 import VirtualLmg670
from tests.instruments.three_phase_plant import ThreePhasePlant

WT_OK = (":STAT:ERR?", '0,"No error"')
LOAD = tuple(
    PhaseOutput(voltage_v=230.0, current_a=5.0, voltage_angle_deg=angle_deg, current_lag_deg=60.0)
    for angle_deg in (0.0, -120.0, 120.0)
)


class TestWt:
    OPENING = (("*IDN?", "YOKOGAWA,WT310E,91A,F1.03"), ("*CLS",), ("*IDN?", "YOKOGAWA,WT310E,91A,F1.03"))

    def prepared(self, scripted) -> tuple[YokogawaWt, object]:
        line = scripted(self.OPENING)
        meter = YokogawaWt(line, expected_serial="91A")
        commands = [":COMM:HEAD OFF", ":COMM:VERB OFF", ":NUM:FORM ASC", ":RATE 1S", ":NUM:NORM:NUM 6"]
        items = ("U,1", "I,1", "P,1", "Q,1", "FU,1", "WH,1")
        commands += [f":NUM:NORM:ITEM{k} {item}" for k, item in enumerate(items, start=1)]
        line.extend(*[step for command in commands for step in ((command,), WT_OK)])
        meter.start_reading()
        return meter, line

    def test_a_reading(self, scripted) -> None:
        meter, line = self.prepared(scripted)
        line.extend((":NUM:NORM:VAL?", "2.3000E+02,5.0000E+00,5.7500E+02,9.9593E+02,5.0000E+01,NAN"))
        seen = meter.collect_reading()
        assert (seen.power_w, seen.frequency_hz, seen.overload) == (575.0, 50.0, False)
        assert seen.phases[0].current_lag_deg == pytest.approx(60.0, abs=0.001)
        line.assert_finished()

    def test_no_data_is_a_fault_and_over_range_an_overload(self, scripted) -> None:
        meter, line = self.prepared(scripted)
        line.extend(
            (":NUM:NORM:VAL?", "NAN,NAN,NAN,NAN,NAN,NAN"), (":NUM:NORM:VAL?", "INF,5.0,INF,INF,50,NAN")
        )
        with pytest.raises(InstrumentFault, match="no data"):
            meter.collect_reading()
        assert meter.collect_reading().overload

    def test_an_energy_that_is_not_there_is_not_nothing(self, scripted) -> None:
        meter, line = self.prepared(scripted)
        line.extend(
            (":NUM:NORM:VAL?", "230,5,575,995.9,50,12.5"), (":NUM:NORM:VAL?", "230,5,575,995.9,50,NAN")
        )
        assert meter.energy_wh() == 12.5
        with pytest.raises(InstrumentFault, match="no energy"):
            meter.energy_wh()

    def test_an_integrator_that_runs_is_stopped_before_it_is_zeroed(self, scripted) -> None:
        meter, line = self.prepared(scripted)
        line.extend((":INTEG:STAT?", "STAR"))
        commands = (":INTEG:STOP", ":INTEG:RES", ":INTEG:MODE NORM", ":INTEG:TIM 0,0,0", ":INTEG:STAR")
        line.extend(*[step for command in commands for step in ((command,), WT_OK)])
        meter.start_energy()
        line.assert_finished()


class TestLmg:
    def test_every_set_is_acknowledged_and_values_come_in_one_line(self, scripted) -> None:
        line = scripted([("*IDN?", "ZES ZIMMER,LMG670,0671,4.1"), ("*CLS",)])
        meter = ZesLmg670(line)
        for command in ("*ZLANG SHORT", "FRMT ASCII", "CYCL 1", "CONT OFF"):
            line.extend((f"{command};*OPC?", "1"))
        line.extend(("INIM",))
        assert meter.start_reading() > 1.0
        leaves = ";".join(f"UTRMS{n}?;ITRMS{n}?;P{n}?;Q{n}?" for n in (1, 2, 3))
        line.extend((f"{leaves};FCYC1?", "230;5;1150;0;" * 3 + "50.01"))
        seen = meter.collect_reading()
        assert (seen.power_w, seen.frequency_hz) == (3450.0, 50.01)
        line.assert_finished()

    def test_a_set_that_is_not_acknowledged_is_a_fault(self, scripted) -> None:
        line = scripted([("*IDN?", "ZES ZIMMER,LMG670,0671,4.1"), ("*CLS",), ("*ZLANG SHORT;*OPC?", "0")])
        with pytest.raises(InstrumentFault, match=r"refused '\*ZLANG SHORT'"):
            ZesLmg670(line).start_reading()


class OctetLine:
    """Answers each request with the next octets of a script."""

    def __init__(self, *answers: str) -> None:
        self.resource, self.sent, self.cleared = "OCTETS", [], 0
        self._answers = [bytes.fromhex(answer) for answer in answers]
        self._unread = b""
        import threading

        self.lock = threading.RLock()

    def write_octets(self, octets: bytes) -> None:
        self.sent.append(octets.hex(" "))
        self._unread += self._answers.pop(0)

    def read_octets(self, count: int) -> bytes:
        if len(self._unread) < count:
            raise InstrumentFault("no answer in time")
        octets, self._unread = self._unread[:count], self._unread[count:]
        return octets

    def clear(self) -> None:
        self.cleared += 1
        self._unread = b""

    def close(self) -> None:
        pass


IDENTIFIED = "a6 02 00 02 52 44 01 40"


class TestRadian:
    def test_requests_carry_their_length_and_plain_sum(self) -> None:
        line = OctetLine(IDENTIFIED)
        meter = RadianRd(line)
        assert line.sent == ["a6 02 00 00 00 a8"]
        assert meter.identify if meter else False

    @pytest.mark.parametrize(
        ("word", "value"),
        [
            (0x00000000, 1.0),
            (0x80000000, 0.0),
            (0x07660000, 230.0),
            (0x01000000, 2.0),
            (0xFF000000, 0.5),
            (0x00800000, -2.0),
            (0xFF800000, -1.0),
        ],
    )
    def test_floats_of_the_signal_processor(self, word: int, value: float) -> None:
        """Values worked out from the format: (1 + m/2^23) * 2^e, or (-2 + m/2^23) * 2^e."""
        assert ti_float(word) == value

    def test_the_twins_floats_are_read_back(self) -> None:
        for value in (0.0, 1.0, -1.0, 230.123, -59.99, 1e-6, 50.0, -2.0):
            assert ti_float(to_ti_float(value)) == pytest.approx(value, rel=2e-7)

    def test_a_garbled_request_is_sent_again(self) -> None:
        nak = bytes.fromhex("a9 02 00 00 00 02 00 00")
        line = OctetLine((nak + struct.pack(">H", checksum(nak))).hex(), IDENTIFIED)
        RadianRd(line)
        assert len(line.sent) == 2

    def test_a_refusal_names_the_error(self) -> None:
        nak = bytes.fromhex("a9 02 00 00 00 07 00 00")
        with pytest.raises(InstrumentFault, match="error 7"):
            RadianRd(OctetLine((nak + struct.pack(">H", checksum(nak))).hex()))

    def test_a_wrong_sum_is_never_a_number(self) -> None:
        with pytest.raises(InstrumentFault, match="checksum"):
            RadianRd(OctetLine("a6 02 00 02 52 44 01 41"))

    def test_a_busy_instrument_says_how_long(self) -> None:
        busy = bytes.fromhex("ac 02 00 00 01 f4")
        with pytest.raises(InstrumentFault, match="busy for 500 ms"):
            RadianRd(OctetLine((busy + struct.pack(">H", checksum(busy))).hex()))


TWINS = {
    "yokogawa-wt3xx": VirtualWt333E,
    "zes-lmg670": VirtualLmg670,
    "radian-rd": VirtualRadianRd,
    "zera-mt310s2": VirtualMt310s2,
}


class TestDriverAndTwin:
    @pytest.fixture
    def plant(self) -> ThreePhasePlant:
        plant = ThreePhasePlant()
        plant.terminals = LOAD
        return plant

    @pytest.fixture(params=sorted(TWINS))
    def name(self, request) -> str:
        return request.param

    @pytest.fixture
    def server(self, name, plant, served):
        return served.serve(TWINS[name](plant, "standard"))

    @pytest.fixture
    def standard(self, name, server):
        opened = open_instrument(name, server.resource, timeout_s=0.5)
        yield opened
        opened.close()

    def read(self, standard, plant, served):
        wait_s = standard.start_reading()
        served.call(lambda: plant.advance(wait_s))
        return standard.collect_reading()

    def test_it_reads_the_load(self, standard, plant, served) -> None:
        standard.select_ranges(230.0, 5.0)
        seen = self.read(standard, plant, served)
        assert seen.power_w == pytest.approx(3 * 230 * 5 / 2, rel=1e-6)
        assert [phase.voltage_v for phase in seen.phases] == pytest.approx([230.0] * 3)
        assert [phase.current_a for phase in seen.phases] == pytest.approx([5.0] * 3)
        assert [phase.current_lag_deg for phase in seen.phases] == pytest.approx([60.0] * 3, abs=1e-4)
        assert seen.frequency_hz == pytest.approx(50.0)
        assert not seen.overload

    def test_a_leading_current_has_a_negative_lag(self, standard, plant, served) -> None:
        plant.terminals = tuple(
            PhaseOutput(voltage_v=230.0, current_a=5.0, current_lag_deg=-30.0) for _ in range(3)
        )
        standard.select_ranges(230.0, 5.0)
        seen = self.read(standard, plant, served)
        assert [phase.current_lag_deg for phase in seen.phases] == pytest.approx([-30.0] * 3, abs=1e-4)

    @pytest.mark.parametrize("name", sorted(set(TWINS) - {"radian-rd"}), indirect=True)
    def test_more_than_the_range_is_an_overload(self, standard, plant, served) -> None:
        standard.select_ranges(8.0, 0.5)
        assert self.read(standard, plant, served).overload

    @pytest.mark.parametrize("name", ["yokogawa-wt3xx", "zera-mt310s2"], indirect=True)
    def test_energy_is_counted_from_its_start(self, standard, plant, served) -> None:
        standard.select_ranges(230.0, 5.0)
        standard.start_energy()
        served.call(lambda: plant.advance(3600.0))
        assert standard.energy_wh() == pytest.approx(1725.0, rel=1e-5)
        standard.start_energy()
        assert standard.energy_wh() == pytest.approx(0.0, abs=1e-3)

    @pytest.mark.parametrize("name", ["zes-lmg670", "radian-rd"], indirect=True)
    def test_energy_that_is_not_known_is_refused(self, standard) -> None:
        with pytest.raises(InstrumentFault, match="not known to us"):
            standard.start_energy()

    @pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
    def test_senseless_ranges_are_refused(self, standard, value: float) -> None:
        with pytest.raises(InstrumentFault):
            standard.select_ranges(value, 5.0)

    @pytest.mark.parametrize("name", sorted(set(TWINS) - {"radian-rd"}), indirect=True)
    def test_a_voltage_no_range_holds_is_refused(self, standard) -> None:
        with pytest.raises(SetpointRefused):
            standard.select_ranges(1e5, 5.0)

    def test_a_standard_that_falls_silent_is_a_fault(self, standard, server) -> None:
        server.faults.silent = True
        with pytest.raises(InstrumentFault, match="did not answer"):
            standard.identify()

    def test_another_instrument_is_named(self, name, plant, served) -> None:
        from instruments.virtual.hands import VirtualHands

        server = served.serve(VirtualHands(plant, "hands"))
        with pytest.raises(InstrumentFault):
            open_instrument(name, server.resource, timeout_s=0.3)


def test_an_mt310s2_refuses_what_only_a_com5003_holds(served) -> None:
    server = served.serve(VirtualMt310s2(ThreePhasePlant(), "standard"))
    standard = open_instrument("zera-mt310s2", server.resource)
    with pytest.raises(SetpointRefused, match="No range of IL1 holds 60"):
        standard.select_ranges(230.0, 60.0)
    standard.close()


def test_radian_over_a_serial_line(served) -> None:
    plant = ThreePhasePlant()
    plant.terminals = LOAD
    twin = VirtualRadianRd(plant, "standard")
    server = served.call(lambda: PtyServer(served.reactor, twin))
    standard = open_instrument("radian-rd", server.resource, "31001", timeout_s=0.5)
    twin.garbled = 2
    assert standard.collect_reading().power_w == pytest.approx(1725.0, rel=1e-6)
    standard.close()
    served.call(server.close)
