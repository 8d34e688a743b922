"""A year that passes: daylight saving both ways, seasons, days and months, without anybody setting the clock."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.judgement.meter_times import instant_of_row, shown
from bench.meter.dlms_client import opened
from bench.record.functions_declaration import TariffsDeclaration
from bench.record.model import Outcome, Topic
from bench.run.calendar_desk import CalendarDesk, own_calendar, tariffs_data
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.meter_clock import MeterTime, meter_time, read_time, rules_data
from bench.run.profile_reading import last_rows, read_columns
from suites.dual.memory_requirements import blue_book
from suites.dual.test_calendar import BEFORE_S, STEP_S, moments_of, tariffs_for

NEEDS = (Need.SOURCE, Need.MANAGEMENT, Need.READER)
CLOCK = (8, "0-0:1.0.0.255")
TARIFF = blue_book("Activity calendar, special days over a year (BB 4.5.4, 4.5.5)", Topic.TARIFF)
ROWS = blue_book("Profile generic: a row for each day and month of a year (BB 4.3.6)", Topic.PROFILE)
#: The moments of the year that are waited for; the others are gone to by setting the clock (dual/tariff_year).
WAITED_FOR = ("daylight saving", "the first of", "a special day", "a weekend", "new year")
#: The clock is looked at so long before each moment, and followed from there: it may have drifted since.
NEAR_S, DAY_S = 900.0, 86_400.0
MONTHS, DAYS = 12, 4


@case(
    "dual/year",
    blue_book("Clock: a year, daylight saving (BB 4.5.1)", Topic.CLOCK),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.LAST,
)
def test_year(bench: CaseBench) -> None:
    """On simulated time from one new year to the next: the clock, the tariff, the days and months in the profiles."""
    if not bench.run.rig.rig.virtual:
        bench.state(Outcome.NOT_RUN, "a year does not pass on a rig of real time")
        return
    bench.energise()
    tariffs = bench.declaration.tariffs
    rated = tariffs if tariffs is not None and tariffs.rates > 1 else None
    with ExitStack() as stack:
        time = stack.enter_context(meter_time(bench))
        if rated is not None:
            stack.enter_context(own_calendar(bench, rated))
        data = _year(bench, time, rated)
    seen = bench.observe("year", {"rules": rules_data(time.rules), **data})
    bench.judge("dual.year/1", seen)
    if rated is not None:
        bench.judge("dual.tariff-rates/1", seen, sub="tariff", requirement=TARIFF)
    if data["books"]:
        bench.judge("dual.year-rows/1", seen, sub="rows", requirement=ROWS)


def _year(bench: CaseBench, time: MeterTime, rated: TariffsDeclaration | None) -> dict[str, Any]:
    """Let the year pass and return what was seen of it."""
    year = bench.clock.utc().year
    begins = time.rules.instant(datetime(year, 1, 1, tzinfo=UTC)) + timedelta(hours=1)
    data: dict[str, Any] = {"readings": [], "probes": [], "books": [], "installed": []}
    if rated is not None:
        wanted = tariffs_for(year, rated.rates)
        with opened(bench.position.client("management")) as client:
            data["installed"] = CalendarDesk(client, rated).install(wanted)
        data["tariffs"] = tariffs_data(wanted)
    profiles = bench.declaration.profiles
    time.at(begins)
    waited = [
        row for row in moments_of(year, time.rules) if row[0].startswith(WAITED_FOR) and row[1] > begins
    ]
    for what, moment in sorted(waited, key=lambda row: row[1]):
        for before_s in (NEAR_S, BEFORE_S):
            left_s = (moment - _look(bench, time, data)).total_seconds() - before_s
            with bench.rack.seldom_supervised(DAY_S):
                bench.clock.sleep(max(0.0, left_s))
        _probe(bench, time, data, what, rated)
        if profiles is not None and profiles.daily and what.startswith("daylight saving"):
            with bench.rack.seldom_supervised(DAY_S):
                bench.clock.sleep(2 * DAY_S)
            data["books"].append(_book(bench, profiles.daily, "day", DAYS))
    if profiles is not None and profiles.billing:
        data["books"].append(_book(bench, profiles.billing, "month", MONTHS))
    return data


def _look(bench: CaseBench, time: MeterTime, data: dict[str, Any]) -> datetime:
    """Read the clock of the meter; return the instant that it shows now."""
    near = None
    if data["readings"]:
        last = data["readings"][-1]
        near = datetime.fromisoformat(last["instant"]) + timedelta(
            seconds=bench.clock.now() - last["bench_s"]
        )
    with opened(bench.position.client("reader")) as client:
        reading = read_time(bench, client)
    at = instant_of_row(shown(reading["time"]), time.rules, near=near)
    data["readings"].append({**reading, "instant": at.isoformat()})
    return at + timedelta(seconds=bench.clock.now() - reading["bench_s"])


def _probe(
    bench: CaseBench, time: MeterTime, data: dict[str, Any], what: str, rated: TariffsDeclaration | None
) -> None:
    """Look at the rate just before and just after a moment."""
    if rated is None:
        bench.clock.sleep(2 * STEP_S)
        return
    at, started_s = _look(bench, time, data), bench.clock.now()
    with opened(bench.position.client("management")) as client:
        desk = CalendarDesk(client, rated)
        for _ in range(2):
            utc = at + timedelta(seconds=bench.clock.now() - started_s)
            data["probes"].append({"what": what, "utc": utc.isoformat(), "rate": desk.rate()})
            bench.clock.sleep(STEP_S)


def _book(bench: CaseBench, obis: str, step: str, number: int) -> dict[str, Any]:
    """Return the times of the last rows of a profile."""
    with opened(bench.position.client("reader")) as client:
        place = read_columns(client, obis).place(*CLOCK)
        rows = last_rows(client, obis, number) if place is not None else []
    return {"step": step, "times": [row[place] for row in rows] if place is not None else []}
