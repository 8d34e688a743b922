"""Stories keep away from the month that is now: its days begin and end by themselves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bench.run.meter_clock import story_year


@pytest.mark.parametrize(
    ("now", "month", "year"),
    [
        ((2027, 1, 5), 4, 2027),
        ((2027, 3, 31), 4, 2028),
        ((2027, 4, 1), 4, 2028),
        ((2027, 6, 20), 6, 2028),
        ((2027, 6, 20), 7, 2027),  # eleven days before it begins
        ((2027, 6, 30), 7, 2028),
        ((2027, 12, 31), 4, 2027),
    ],
)
def test_a_month_that_is_near_is_taken_from_the_next_year(
    now: tuple[int, int, int], month: int, year: int
) -> None:
    assert story_year(datetime(*now, tzinfo=UTC), month) == year
