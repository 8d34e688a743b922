"""Token identifiers: base dates, the reserved minute, tokens of the same minute, key expiry."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.tid import MAXIMUM_TID, BaseDate, is_reserved, issue_time, key_expired, tid_from


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("base_date", "text", "tid"),
    [
        (BaseDate.Y2014, "2014-03-01 13:00", 85740),
        (BaseDate.Y1993, "2016-12-11 15:49", 12593749),
        (BaseDate.Y1993, "2024-11-24 20:15", MAXIMUM_TID),
        (BaseDate.Y2014, "2045-11-24 20:15", MAXIMUM_TID),
        (BaseDate.Y2035, "2066-11-24 20:15", MAXIMUM_TID),
        (BaseDate.Y2035, "2035-01-01 00:00", 0),
        (BaseDate.Y2014, "2014-03-01 13:00:59", 85740),
        (BaseDate.Y2014, "2014-03-01 13:00+05:00", 85740),  # the clock on the wall counts, not the zone
    ],
)
def test_minutes_since_the_base_date(base_date: BaseDate, text: str, tid: int) -> None:
    assert tid_from(at(text), base_date) == tid


@pytest.mark.parametrize("text", ["2013-12-31 23:59", "2045-11-24 20:16"])
def test_dates_outside_the_base_date_are_refused(text: str) -> None:
    with pytest.raises(FieldError, match="date"):
        tid_from(at(text), BaseDate.Y2014)


def test_the_minute_after_midnight_is_reserved() -> None:
    # STS531-1 CTSA09 step 2.
    assert tid_from(at("2026-07-29 00:01"), BaseDate.Y2014) == 6612482
    assert is_reserved(6612481)


def test_tokens_of_one_minute_take_the_next_minutes() -> None:
    # STS531-1 CTSA09: tokens at 00:00, 00:01 and again, to one meter.
    first = tid_from(at("2026-07-29 00:00"), BaseDate.Y2014)
    second = tid_from(at("2026-07-29 00:00"), BaseDate.Y2014, last_tid=first)
    third = tid_from(at("2026-07-29 00:01"), BaseDate.Y2014, last_tid=second)
    assert (first, second, third) == (6612480, 6612482, 6612483)


def test_no_minute_is_left_after_the_last() -> None:
    with pytest.raises(FieldError, match="roll-over"):
        tid_from(at("2045-11-24 20:15"), BaseDate.Y2014, last_tid=MAXIMUM_TID)


@settings(derandomize=True, database=None)
@given(st.integers(0, MAXIMUM_TID), st.sampled_from(BaseDate))
def test_a_time_gives_its_tid_back(tid: int, base_date: BaseDate) -> None:
    assert tid_from(issue_time(tid, base_date), base_date) == (tid + 1 if is_reserved(tid) else tid)


@pytest.mark.parametrize("text", ["2014", "14", 2014, "2014-01-01"])
def test_base_dates_are_read(text: str | int) -> None:
    assert BaseDate.parse(text) is BaseDate.Y2014


@pytest.mark.parametrize("text", ["2015", "", "2014-01-02", 0])
def test_other_base_dates_are_refused(text: str | int) -> None:
    with pytest.raises(FieldError, match="base date"):
        BaseDate.parse(text)


def test_a_key_expires_after_its_last_block_of_minutes() -> None:
    assert not key_expired((85 << 16) + 0xFFFF, 85)
    assert key_expired(86 << 16, 85)
    assert not key_expired(MAXIMUM_TID, 255)
