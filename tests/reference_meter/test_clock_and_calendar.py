"""The clock through the year, and the tariffs it switches: in memory, with time that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bench.protocols.axdr import array, long_unsigned, octet_string, structure, unsigned
from bench.protocols.cosem_time import DateTime
from reference_meter.calendar.daylight import Daylight
from reference_meter.calendar.meter_clock import MeterClock
from reference_meter.meter import Meter
from reference_meter.products.calendar_rules import last_sunday
from tests.reference_meter.fake_board import FakeBoard

# European summer time of 2027, from its published dates: 28 March and 31 October, 01:00 UTC
BEGIN_2027 = datetime(2027, 3, 28, 1, tzinfo=UTC)
END_2027 = datetime(2027, 10, 31, 1, tzinfo=UTC)
SCRIPT = octet_string(bytes([0, 0, 10, 0, 100, 255]))


@pytest.fixture
def board() -> FakeBoard:
    return FakeBoard()


def at(board: FakeBoard, utc: datetime) -> Meter:
    meter = board.meter or board.power_up()
    meter.clock.set_utc(utc)
    return meter


def test_summer_time_begins_and_ends_at_the_published_instants() -> None:
    rules = Daylight(begin=last_sunday(3, 2), end=last_sunday(10, 3))
    assert rules.moments(2027, -60) == (BEGIN_2027, END_2027)


def test_the_southern_summer_spans_the_new_year() -> None:
    rules = Daylight(begin=last_sunday(10, 2), end=last_sunday(3, 3))
    assert rules.active(datetime(2027, 1, 1, tzinfo=UTC), -600)
    assert not rules.active(datetime(2027, 7, 1, tzinfo=UTC), -600)


def test_the_second_last_sunday_is_a_week_before_the_last() -> None:
    rule = DateTime(month=3, day=0xFD, weekday=7, hour=2, minute=0, second=0, hundredths=0).to_bytes()
    rules = Daylight(begin=rule, end=last_sunday(10, 3))
    moments = rules.moments(2027, -60)
    assert moments is not None
    assert moments[0] == BEGIN_2027 - timedelta(days=7)


@pytest.mark.parametrize(
    ("utc", "local", "deviation_min", "status"),
    [
        (BEGIN_2027 - timedelta(seconds=1), (1, 59, 59), -60, 0),
        (BEGIN_2027, (3, 0, 0), -120, 0x80),
        (END_2027 - timedelta(seconds=1), (2, 59, 59), -120, 0x80),
        (END_2027, (2, 0, 0), -60, 0),
    ],
)
def test_local_time_at_the_turns(
    board: FakeBoard, utc: datetime, local: tuple[int, int, int], deviation_min: int, status: int
) -> None:
    shown = at(board, utc).clock.shown(utc)
    assert (shown.hour, shown.minute, shown.second) == local
    assert (shown.deviation_min, shown.status) == (deviation_min, status)


def test_zone_and_rules_survive_a_power_cut(board: FakeBoard) -> None:
    meter = board.power_up()
    meter.clock.set_time_zone(-330)
    meter.clock.set_daylight(Daylight(begin=last_sunday(4, 2), end=last_sunday(9, 3), enabled=False))
    clock: MeterClock = board.power_cycle().clock
    assert (clock.time_zone_min, clock.daylight.enabled) == (-330, False)


def test_a_stopped_clock_is_invalid_until_it_is_set(board: FakeBoard) -> None:
    meter = board.power_up()
    board.senses.clock_stopped = True
    assert meter.clock.status & 1
    board.senses.clock_stopped = False  # what the clock chip does when it is set
    assert not meter.clock.status & 1


def calendar_of(*actions: tuple[int, int]) -> list:  # type: ignore[type-arg]
    """Return season, week and day tables of a calendar that is the same every day."""
    start = DateTime(month=1, day=1, hour=0, minute=0, second=0, hundredths=0).to_bytes()
    rows = (
        structure(octet_string(bytes([hour, 0, 0, 0])), SCRIPT, long_unsigned(rate)) for hour, rate in actions
    )
    return [
        array(structure(octet_string(b"S"), octet_string(start), octet_string(b"W"))),
        array(structure(octet_string(b"W"), *(unsigned(1) for _ in range(7)))),
        array(structure(unsigned(1), array(*rows))),
    ]


def install(meter: Meter, *actions: tuple[int, int]) -> bool:
    for name, table in zip(("seasons", "weeks", "days"), calendar_of(*actions), strict=True):
        meter.calendar.keep(f"passive {name}", table)
    return meter.calendar.activate_passive()


def test_the_rate_switches_at_local_time_in_winter_and_summer(board: FakeBoard) -> None:
    meter = board.power_up()
    assert install(meter, (0, 1), (7, 2))
    for month, utc_hour in ((1, 6), (7, 5)):  # seven o'clock local
        at(board, datetime(2027, month, 12, utc_hour, tzinfo=UTC) - timedelta(seconds=2))
        assert meter.registers.rate == 1
        board.run(4)
        assert meter.registers.rate == 2


def test_the_rates_add_up_to_the_total_over_every_switch(board: FakeBoard) -> None:
    meter = board.power_up()
    install(meter, *((hour, hour % 8 + 1) for hour in range(24)))
    board.put(current_a=2.1)
    for _ in range(30):
        board.run(1777.0)
        rates = sum(meter.registers.rate_reading_wh(rate) for rate in range(1, 9))
        assert rates == meter.registers.reading_wh()
    assert all(meter.registers.rate_reading_wh(rate) for rate in range(1, 9))


def test_a_calendar_that_does_not_fit_together_is_not_activated(board: FakeBoard) -> None:
    meter = board.power_up()
    install(meter, (0, 3))
    assert not install(meter, (0, 99))  # there are eight rates
    assert meter.registers.rate == 3


def test_a_waiting_calendar_takes_over_at_its_time_across_a_power_cut(board: FakeBoard) -> None:
    meter = board.power_up()
    install(meter, (0, 1))
    for name, table in zip(("seasons", "weeks", "days"), calendar_of((0, 5)), strict=True):
        meter.calendar.keep(f"passive {name}", table)
    due = meter.clock.utc() + timedelta(seconds=600)
    meter.calendar.set_activation_time(meter.clock.shown(due).to_bytes())
    board.run(590)
    assert meter.registers.rate == 1
    board.power_down()
    board.run(60)
    meter = board.power_up()
    assert meter.registers.rate == 5
