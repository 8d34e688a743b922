"""Judges of clock, tariffs, profiles, events and panel on observations written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.judgement.registry import Context, judge_by_id
from bench.metrology.local_time import ClockRules
from bench.metrology.tariff_calendar import Tariffs
from bench.protocols.cosem_time import DateTime
from bench.record.model import Kind, Observation, Outcome, Requirement, Topic

RULES = {
    "time_zone_min": -60,
    "begin": "ffff03fe0702000000800000",
    "end": "ffff0afe0703000000800000",
    "shift_min": 60,
    "enabled": True,
}
END_2027 = datetime(2027, 10, 31, 1, tzinfo=UTC)
REQUIREMENT = Requirement(
    document="meterbench project rules",
    edition="1",
    clause="",
    topic=Topic.CLOCK,
    kind=Kind.PROJECT,
    status="project rule",
)

Judged = Callable[[str, Mapping[str, Any]], Outcome]


@pytest.fixture
def judged(context_of: Callable[..., Context]) -> Callable[[str, Mapping[str, Any]], Outcome]:
    context = context_of()

    def judge(name: str, data: Mapping[str, Any]) -> Outcome:
        seen = Observation(id="O1", case="c", position="1", kind="k", time_s=0.0, utc="", data=data)
        found = judge_by_id(name)([seen], REQUIREMENT, context)
        assert found.reason
        return found.outcome

    return judge


def shown(utc: datetime, deviation_min: int | None, status: int = 0) -> str:
    moment = DateTime.from_datetime(utc, deviation_min=deviation_min or 0, status=status)
    octets = moment.to_bytes()
    if deviation_min is None:
        octets = octets[:9] + bytes.fromhex("8000") + octets[11:]
    return octets.hex()


def test_european_summer_time_of_2027() -> None:
    begin, end = (DateTime.from_bytes(bytes.fromhex(str(RULES[name]))) for name in ("begin", "end"))
    rules = ClockRules(time_zone_min=-60, begin=begin, end=end, shift_min=60, enabled=True)
    assert rules.transitions(2027) == (datetime(2027, 3, 28, 1, tzinfo=UTC), END_2027)


@pytest.mark.parametrize(
    ("octets", "outcome"),
    [
        (shown(datetime(2027, 7, 1, 10, 0, 1, tzinfo=UTC), -120, 0x80), Outcome.PASSED),
        (shown(datetime(2027, 7, 1, 10, 0, 1, tzinfo=UTC), 120, 0x80), Outcome.FAILED),  # sign inverted
        (shown(datetime(2027, 7, 1, 10, 0, 1, tzinfo=UTC), -60, 0x00), Outcome.FAILED),  # no summer time
        (shown(datetime(2027, 7, 1, 10, 0, 9, tzinfo=UTC), -120, 0x80), Outcome.FAILED),
        (shown(datetime(2027, 7, 1, 12, 0, 1, tzinfo=UTC), None, 0x80), Outcome.PASSED),  # N-03
    ],
)
def test_a_reading_of_the_clock(judged: Judged, octets: str, outcome: Outcome) -> None:
    trial = {
        "what": "a summer noon",
        "utc": "2027-07-01T10:00:00+00:00",
        "bench_s": 5.0,
        "result": "success",
        "readings": [{"time": octets, "bench_s": 6.0}],
    }
    assert judged("dual.clock-set/1", {"rules": RULES, "trials": [trial]}) is outcome


def profile(rows: list[str]) -> dict[str, Any]:
    return {
        "rules": RULES,
        "what": "the hour that comes twice",
        "rows": [[octets] for octets in rows],
        "clock_column": 0,
        "period_s": 1800.0,
        "first_due": (END_2027 - timedelta(hours=1)).isoformat(),
        "last_due": (END_2027 + timedelta(hours=1)).isoformat(),
    }


def autumn(*, deviations: bool) -> list[str]:
    rows = []
    for step in range(5):
        at = END_2027 + timedelta(minutes=30 * step - 60)
        deviation = -120 if at < END_2027 else -60
        status = 0x80 if at < END_2027 else 0
        if deviations:
            rows.append(shown(at, deviation, status))
        else:
            rows.append(shown(at - timedelta(minutes=deviation), None, status))
    return rows


@pytest.mark.parametrize("deviations", [True, False])
def test_every_interval_of_the_long_hour_once(judged: Judged, deviations: bool) -> None:
    rows = autumn(deviations=deviations)
    assert judged("dual.profile-continuity/2", profile(rows)) is Outcome.PASSED
    assert judged("dual.profile-continuity/2", profile(rows[:1] + rows[2:])) is Outcome.FAILED
    assert judged("dual.profile-continuity/2", profile([*rows[:2], rows[1], *rows[2:]])) is Outcome.FAILED


def test_the_rate_of_a_day() -> None:
    tariffs = Tariffs(
        seasons={"W": (1, 1, "A"), "S": (4, 1, "B")},
        weeks={"A": (1,) * 7, "B": (2,) * 7},
        days={1: (("00:00", 1), ("07:00", 2)), 2: (("00:00", 3),), 3: (("00:00", 8),)},
        special={"2027-05-01": 3},
    )
    assert tariffs.rate(datetime(2027, 3, 31, 23, 59, 59, tzinfo=UTC)) == 2
    assert tariffs.rate(datetime(2027, 4, 1, tzinfo=UTC)) == 3
    assert tariffs.rate(datetime(2027, 5, 1, 12, tzinfo=UTC)) == 8


def pair(codes: list[int], **changes: Any) -> dict[str, Any]:
    begun = datetime(2027, 1, 4, 12, tzinfo=UTC)
    return {
        "rules": RULES,
        "what": "cover",
        "rows": [[shown(begun + timedelta(seconds=10 * n), -60), code] for n, code in enumerate(codes)],
        "clock_column": 0,
        "code_column": 1,
        "begins": 44,
        "ends": 45,
        "begin_due": begun.isoformat(),
        "end_due": (begun + timedelta(seconds=10)).isoformat(),
        "uncertain_s": 0.0,
        **changes,
    }


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (pair([44, 45]), Outcome.PASSED),
        (pair([44]), Outcome.FAILED),
        (pair([44, 45] * 20), Outcome.FAILED),
        (pair([45, 44]), Outcome.FAILED),
        (pair([44], ends=None), Outcome.PASSED),
        (pair([44, 45], silent=True), Outcome.FAILED),
        (pair([44, 45], counted=0), Outcome.FAILED),
        (pair([44, 45], begin_due="2027-01-04T13:00:00+00:00"), Outcome.FAILED),
    ],
)
def test_one_begin_and_one_end(judged: Judged, data: dict[str, Any], outcome: Outcome) -> None:
    assert judged("dual.event-pair/1", data) is outcome


@pytest.mark.parametrize(
    ("display", "outcome"),
    [
        ("CREDIT 10.06 kWh | SUPPLY ON", Outcome.PASSED),
        ("10 kWh", Outcome.PASSED),  # N-21: a display of whole kWh
        ("CREDIT 11.0 kWh", Outcome.FAILED),
        ("CREDIT 10,07 kWh", Outcome.PASSED),
        ("on", Outcome.INCONCLUSIVE),
    ],
)
def test_the_display_to_its_last_digit(judged: Judged, display: str, outcome: Outcome) -> None:
    reading = {"pages": [display], "dlms_wh": 10_065.0, "resolution_wh": 1.0}
    assert judged("dual.display-credit/3", {"readings": [reading]}) is outcome
