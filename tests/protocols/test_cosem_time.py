"""Date and time of COSEM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bench.protocols.cosem_time import ClockStatus, DateTime, decode_date_time
from bench.protocols.deviation import DecodeError

# Vector get-response-with-list: a Slovenian meter on 2021-06-03, 14:09:23, deviation -60 minutes.
ISKRA = bytes.fromhex("07e50603040e091700ffc400")


def test_octets_of_a_real_meter() -> None:
    moment = DateTime.from_bytes(ISKRA)

    assert moment == DateTime(
        year=2021, month=6, day=3, weekday=4, hour=14, minute=9, second=23, hundredths=0, deviation_min=-60
    )
    assert moment.to_bytes() == ISKRA
    assert decode_date_time(ISKRA) == (moment, ())


def test_utc_is_local_time_plus_deviation() -> None:
    assert DateTime.from_bytes(ISKRA).to_datetime() == datetime(2021, 6, 3, 13, 9, 23, tzinfo=UTC)


def test_a_date_time_is_made_from_any_aware_datetime() -> None:
    summer = datetime(2021, 6, 3, 16, 9, 23, 450_000, tzinfo=timezone(timedelta(hours=2)))

    moment = DateTime.from_datetime(
        summer, deviation_min=-120, status=ClockStatus.DAYLIGHT_SAVING_ACTIVE, hundredths=True
    )

    assert moment.to_bytes().hex() == "07e506030410091" + "72dff8880"
    assert moment.to_datetime() == summer.replace(microsecond=450_000)
    assert DateTime.from_datetime(summer).to_bytes().hex() == "07e50603040e0917ff000000"


def test_everything_may_be_unspecified() -> None:
    octets = bytes.fromhex("ffffffffffffffffff8000ff")

    assert DateTime(status=None).to_bytes() == octets
    assert decode_date_time(octets) == (DateTime(status=None), ())
    with pytest.raises(ValueError, match="not fully specified"):
        DateTime.from_bytes(octets).to_datetime()


@pytest.mark.parametrize(
    ("octets", "offset", "rule"),
    [
        ("07e50d03040e091700ffc400", 2, "time.field"),
        ("07e50603080e091700ffc400", 4, "time.field"),
        ("07e506030418091700ffc400", 5, "time.field"),
        ("07e50603040e3c1700ffc400", 6, "time.field"),
        ("07e50603040e093c00ffc400", 7, "time.field"),
        ("07e50603040e091764ffc400", 8, "time.field"),
        ("07e50603040e09170003e800", 9, "time.field"),
        ("07e50603030e091700ffc400", 4, "time.weekday"),
        ("07e5021fff0e091700ffc400", 3, "time.date"),
        ("07e50603040e091700ffc4", 11, "time.length"),
    ],
)
def test_a_deviation_is_reported_at_its_octet(octets: str, offset: int, rule: str) -> None:
    _, deviations = decode_date_time(bytes.fromhex(octets))

    assert [(deviation.offset, deviation.rule) for deviation in deviations] == [(offset, rule)]


def test_another_length_is_refused() -> None:
    with pytest.raises(DecodeError):
        DateTime.from_bytes(ISKRA + b"\x00")


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        DateTime(month=256).to_bytes()
