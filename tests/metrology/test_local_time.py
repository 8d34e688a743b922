"""Daylight saving by a clock's own rules, against the zone data of the operating world."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench.metrology.local_time import LAST, SECOND_LAST, ClockRules, local_instant
from bench.protocols.cosem_time import DateTime


def rule(
    month: int | None, day: int | None, weekday: int | None = 7, hour: int | None = 2, **more: int
) -> DateTime:
    empty = DateTime(
        year=None,
        month=month,
        day=day,
        weekday=weekday,
        hour=hour,
        minute=0,
        second=0,
        hundredths=0,
        deviation_min=None,
    )
    return replace(empty, **more)


BERLIN = ClockRules(
    time_zone_min=-60, begin=rule(3, LAST), end=rule(10, LAST, hour=3), shift_min=60, enabled=True
)
SYDNEY = ClockRules(time_zone_min=-600, begin=rule(10, 1), end=rule(4, 1, hour=3), shift_min=60, enabled=True)


@pytest.mark.parametrize(("rules", "zone"), [(BERLIN, "Europe/Berlin"), (SYDNEY, "Australia/Sydney")])
@pytest.mark.parametrize("year", [2026, 2031])
def test_every_hour_of_a_year_is_that_of_the_zone(rules: ClockRules, zone: str, year: int) -> None:
    try:
        there = ZoneInfo(zone)
    except KeyError:
        pytest.skip("there are no zone data on this machine")
    utc = datetime(year, 1, 1, tzinfo=UTC)
    while utc.year == year:
        offset = utc.astimezone(there).utcoffset()
        assert offset is not None
        assert rules.deviation_min(utc) == -offset / timedelta(minutes=1), utc
        assert rules.local(utc) == (utc + offset).replace(tzinfo=UTC)
        back = rules.instant(rules.local(utc))
        assert back == utc or back == utc - timedelta(hours=1)
        utc += timedelta(hours=1)


def test_the_change_comes_with_its_second() -> None:
    assert BERLIN.transitions(2026) == (
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    )
    begin, end = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert [BERLIN.saving(at) for at in (begin - second, begin, end - second, end)] == [
        False,
        True,
        True,
        False,
    ]
    southern_end, southern_begin = SYDNEY.transitions(2026)[::-1]  # type: ignore[index]
    assert southern_end < southern_begin
    assert [SYDNEY.saving(at) for at in (southern_end - second, southern_end)] == [True, False]
    assert [SYDNEY.saving(at) for at in (southern_begin - second, southern_begin)] == [False, True]


def test_an_hour_that_comes_twice_is_its_first_and_one_that_never_comes_is_standard_time() -> None:
    assert BERLIN.instant(datetime(2026, 10, 25, 2, 30, tzinfo=UTC)) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )
    assert BERLIN.instant(datetime(2026, 3, 29, 2, 30, tzinfo=UTC)) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "without",
    [
        replace(BERLIN, enabled=False),
        replace(BERLIN, begin=None),
        replace(BERLIN, end=None),
        replace(BERLIN, shift_min=0),
        replace(BERLIN, begin=rule(None, LAST)),
        replace(BERLIN, end=rule(10, None)),
    ],
)
def test_without_rules_there_is_no_summer(without: ClockRules) -> None:
    assert without.transitions(2026) is None
    assert without.saving(datetime(2026, 7, 1, tzinfo=UTC)) is False
    assert without.deviation_min(datetime(2026, 7, 1, tzinfo=UTC)) == -60
    assert ClockRules(time_zone_min=0).enabled is False


@pytest.mark.parametrize(
    ("named", "due"),
    [
        (rule(2, LAST, None), (2028, 2, 29, 2)),
        (rule(2, SECOND_LAST, None), (2028, 2, 28, 2)),
        (rule(10, LAST), (2028, 10, 29, 2)),
        (rule(10, SECOND_LAST), (2028, 10, 22, 2)),
        (rule(10, LAST, 2), (2028, 10, 31, 2)),
        (rule(10, 8), (2028, 10, 8, 2)),
        (rule(10, 9), (2028, 10, 15, 2)),
        (rule(10, 9, None), (2028, 10, 9, 2)),
        (rule(1, 1, None), (2028, 1, 1, 2)),
        (rule(12, 1, None, minute=30, second=15), (2028, 12, 1, 2, 30, 15)),
        (rule(12, 1, None, year=2030), (2030, 12, 1, 2)),
    ],
)
def test_the_day_a_rule_names(named: DateTime, due: tuple[int, ...]) -> None:
    assert local_instant(named, 2028) == datetime(*due, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    "nothing", [rule(None, 1), rule(0xFE, 1), rule(0, 1), rule(13, 1), rule(1, None), rule(1, 1, hour=None)]
)
def test_a_rule_with_holes_names_no_day(nothing: DateTime) -> None:
    assert local_instant(nothing, 2028) is None


def test_a_rule_without_minutes_is_on_the_hour() -> None:
    bare = replace(rule(12, 1, None), minute=None, second=None)
    assert local_instant(bare, 2028) == datetime(2028, 12, 1, 2, tzinfo=UTC)
