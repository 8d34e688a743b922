"""A master meter's intervals between two pulses of a meter; what it and the standard tell differently is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import BenchFault, PlanError
from bench.rig.master_meter import MasterWiring, intervals_between, referred, set_constant
from bench.rig.rig_file import load_rig

MASTER = MasterWiring(counter="counter", channel=2, constant_imp_per_kwh=4000.0)
STAMPS_S = [10.0, 12.0, 14.0, 16.0, 18.0]
RIG = """schema = 1
[rig]
name = "master"
[limits]
voltage_max_v = 300.0
current_max_a = 60.0
[[instrument]]
name = "counter"
role = "counter"
driver = "keysight-53230a"
resource = "TCPIP::h::1::SOCKET"
[[instrument]]
name = "other"
role = "counter"
driver = "keysight-53230a"
resource = "TCPIP::h::2::SOCKET"
[master_meter]
instrument = "%s"
channel = %d
constant_imp_per_kwh = 4000.0
calibration = { uncertainty_pct = 0.03, known_errors = [{ pf = "1", error_pct = 0.05 }] }
[[position]]
name = "1"
meter = "/dev/ttyUSB0"
pulse = { instrument = "counter", channel = 1 }
declaration = "m.toml"
"""


@pytest.mark.parametrize(
    ("first_s", "last_s", "intervals"),
    [(10.0, 18.0, 4.0), (11.0, 17.5, 3.25), (9.0, 19.0, 5.0), (14.0, 16.0, 1.0), (8.0, 20.0, 6.0)],
)
def test_shares_of_intervals_are_read_off_the_stamps(first_s: float, last_s: float, intervals: float) -> None:
    assert intervals_between(STAMPS_S, first_s, last_s) == pytest.approx(intervals)


def test_each_interval_counts_as_one_however_long_it_took() -> None:
    assert intervals_between([0.0, 1.0, 3.0, 4.0], 0.5, 2.0) == pytest.approx(1.0)


@pytest.mark.parametrize("stamps_s", [[], [10.0], [10.0, 12.0]])
def test_too_few_pulses_are_named(stamps_s: list[float]) -> None:
    with pytest.raises(BenchFault, match="pulses while the meters"):
        intervals_between(stamps_s, 10.0, 12.0)


@pytest.mark.parametrize(("first_s", "last_s"), [(6.9, 18.0), (10.0, 21.1)])
def test_a_master_meter_that_fell_silent_is_named(first_s: float, last_s: float) -> None:
    with pytest.raises(BenchFault, match="silent"):
        intervals_between(STAMPS_S, first_s, last_s)


def reading(read_wh: float) -> dict[str, float]:
    return {"first_edge_s": 10.0, "last_edge_s": 18.0, "reference_energy_wh": read_wh, "n_intervals": 1}


def test_the_energy_of_a_reading_is_that_of_the_master_meter() -> None:
    seen = referred(reading(1.0), STAMPS_S, MASTER, steady=True)  # 4 intervals of 0.25 Wh
    assert seen["reference_energy_wh"] == pytest.approx(1.0)
    assert (seen["master_intervals"], seen["master_constant_imp_per_kwh"]) == (pytest.approx(4.0), 4000.0)
    assert seen["n_intervals"] == 1


@pytest.mark.parametrize("read_wh", [1.007, 0.99, 2.0])
def test_a_wrong_constant_shows_against_the_standard(read_wh: float) -> None:
    with pytest.raises(BenchFault, match="% apart"):
        referred(reading(read_wh), STAMPS_S, MASTER, steady=True)


def test_a_current_in_bursts_is_not_compared() -> None:
    assert referred(reading(2.0), STAMPS_S, MASTER, steady=False)["reference_energy_wh"] == pytest.approx(1.0)


def test_the_rig_file_names_the_master_meter(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    path.write_text(RIG % ("counter", 2))
    master = load_rig(path).master_meter
    assert master is not None
    assert master.calibration.known_error_pct("", "1") == 0.05
    assert master.calibration.known_error_pct("", "0.5 ind") == 0.0


@pytest.mark.parametrize(
    ("instrument", "channel", "said"),
    [("other", 2, "one counter has to stamp both"), ("counter", 1, "share channel 1"), ("none", 2, '"none"')],
)
def test_a_master_meter_that_cannot_be_compared_is_refused(
    tmp_path: Path, instrument: str, channel: int, said: str
) -> None:
    path = tmp_path / "rig.toml"
    path.write_text(RIG % (instrument, channel))
    with pytest.raises(PlanError, match=said):
        load_rig(path)


class WithPulses:
    """A calibrator with an energy pulse output."""

    def __init__(self) -> None:
        self.told: list[float] = []

    def give_energy_pulses(self, constant_imp_per_kwh: float) -> None:
        self.told.append(constant_imp_per_kwh)


def test_a_calibrator_that_stands_for_the_meter_is_told_its_constant() -> None:
    source = WithPulses()
    set_constant(source, MASTER)  # type: ignore[arg-type]
    assert source.told == [4000.0]
    with pytest.raises(BenchFault, match="gives no energy pulses"):
        set_constant(None, MASTER)


def test_only_a_source_can_stand_for_the_meter(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    text = RIG % ("counter", 2)
    path.write_text(text.replace("channel = 2\n", 'channel = 2\ngiven_by = "counter"\n'))
    with pytest.raises(PlanError, match="no source of this rig"):
        load_rig(path)
