"""Friendly hours for a while from now, as the starts of a day profile that holds on every day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bench.run.supply_actions import FRIENDLY, NORMAL, friendly_from

DAY_S = 86_400


def friendly_at(starts: list[tuple[timedelta, int]], since_midnight_s: float) -> bool:
    """Return what holds at a time of a day, after a day with the same starts."""
    begun = [number for at, number in starts if at.total_seconds() <= since_midnight_s % DAY_S]
    return (begun or [starts[-1][1]])[-1] == FRIENDLY


@pytest.mark.parametrize("now_s", [0.0, 1.0, 40_000.0, 86_369.0, 86_369.5, 86_370.0, 86_371.0, 86_399.0])
def test_it_is_friendly_for_so_long_and_no_longer(now_s: float) -> None:
    starts = friendly_from(timedelta(seconds=now_s), 30.0)
    assert [at for at, _ in starts] == sorted({at for at, _ in starts})
    assert all(timedelta() <= at < timedelta(days=1) for at, _ in starts)
    assert {number for _, number in starts} == {FRIENDLY, NORMAL}
    for after_s, friendly in ((0.0, True), (15.0, True), (29.9, True), (30.0, False), (3600.0, False)):
        assert friendly_at(starts, now_s + after_s) is friendly, after_s
