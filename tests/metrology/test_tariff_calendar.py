"""A calendar of tariffs: the rate of each moment, and its tables as COSEM has them (Blue Book, classes 20 and 11)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bench.metrology.tariff_calendar import Tariffs, date_octets, time_octets
from bench.protocols.axdr import encode

#: Summer from the 1st of April, winter from the 1st of October; the 1st of May is a day of its own.
CALENDAR = Tariffs(
    seasons={"W": (10, 1, "cold"), "S": (4, 1, "warm")},
    weeks={"cold": (1, 1, 1, 1, 1, 2, 2), "warm": (2,) * 7},
    days={1: (("00:00", 1), ("07:30", 2), ("22:00", 1)), 2: (("00:00", 3),), 3: (("00:00", 4),)},
    special={"2027-05-01": 3, "2027-12-25": 2},
)


@pytest.mark.parametrize(
    ("local", "day", "rate"),
    [
        ("2027-10-01 00:00", 1, 1),  # a Friday, the first day of winter
        ("2027-09-30 23:59", 2, 3),
        ("2027-04-01 00:00", 2, 3),
        ("2027-03-31 12:00", 1, 2),  # a Wednesday of the winter that began in the year before
        ("2027-01-02 12:00", 2, 3),  # a Saturday
        ("2027-01-03 12:00", 2, 3),  # a Sunday
        ("2027-01-04 07:29", 1, 1),
        ("2027-01-04 07:30", 1, 2),
        ("2027-01-04 21:59", 1, 2),
        ("2027-01-04 22:00", 1, 1),
        ("2027-05-01 12:00", 3, 4),
        ("2027-05-02 12:00", 2, 3),
        ("2027-12-25 12:00", 2, 3),
    ],
)
def test_the_rate_of_a_moment(local: str, day: int, rate: int) -> None:
    moment = datetime.fromisoformat(local)
    assert CALENDAR.day(moment.date()) == day
    assert CALENDAR.rate(moment) == rate


def test_the_seasons_as_cosem_has_them() -> None:
    """Structures of name, start (year and weekday not specified, midnight, no deviation) and week."""
    winter = "0203" + "090157" + "090c" + "ffff0a01ff00000000800000" + "0904636f6c64"
    summer = "0203" + "090153" + "090c" + "ffff0401ff00000000800000" + "09047761726d"
    assert encode(CALENDAR.season_table()).hex() == "0102" + winter + summer


def test_the_weeks_as_cosem_has_them() -> None:
    """Structures of name and seven day numbers, Monday first."""
    cold = "0208" + "0904636f6c64" + "1101" * 5 + "1102" * 2
    warm = "0208" + "09047761726d" + "1102" * 7
    assert encode(CALENDAR.week_table()).hex() == "0102" + cold + warm


def test_the_days_as_cosem_has_them() -> None:
    """Structures of day number and actions: time, script table, script number."""
    script = "0906" + "00000a0064ff"

    def action(at: str, rate: int) -> str:
        return "0203" + "0904" + at + script + f"12{rate:04x}"

    first = "0202" + "1101" + "0103" + action("00000000", 1) + action("071e0000", 2) + action("16000000", 1)
    others = "".join(
        "0202" + f"11{n:02x}" + "0101" + action("00000000", rate) for n, rate in ((2, 3), (3, 4))
    )
    assert encode(CALENDAR.day_table("0-0:10.0.100.255")).hex() == "0103" + first + others


def test_the_special_days_as_cosem_has_them() -> None:
    """Structures of index, date and day number."""
    may = "0203" + "120000" + "0905" + "07eb0501ff" + "1103"
    december = "0203" + "120001" + "0905" + "07eb0c19ff" + "1102"
    assert encode(CALENDAR.special_table()).hex() == "0102" + may + december


@pytest.mark.parametrize(
    ("at", "octets"), [("00:00", "00000000"), ("23:59", "173b0000"), ("07:30:15", "071e0f00")]
)
def test_a_time_of_day(at: str, octets: str) -> None:
    assert time_octets(at).hex() == octets


@pytest.mark.parametrize(("day", "octets"), [("2027-12-31", "07eb0c1fff"), ("2000-01-02", "07d00102ff")])
def test_a_date(day: str, octets: str) -> None:
    assert date_octets(date.fromisoformat(day)).hex() == octets
