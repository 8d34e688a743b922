"""Rows of days and intervals whose clock was set back: what ended by the clock has its row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bench.meter.dlms_client import opened
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.meter_clock import MeterTime, meter_time, rules_data, story_year
from bench.run.profile_reading import Columns, last_rows, new_rows, read_columns
from suites.dual.memory_requirements import blue_book

CLOCK = (8, "0-0:1.0.0.255")
ROWS, MARGIN_S = 12, 6.0
#: How far a clock that ran ahead is over midnight when it is set back.
AHEAD_S = 600.0
DAY_S = 86_400.0
#: A period as long as this is a day.
JUNE = 6


@case(
    "dual/rows_after_clock_back",
    blue_book("Profile generic: capture at the end of each period (BB 4.3.6), Clock set back", Topic.PROFILE),
    needs=(Need.SOURCE, Need.MANAGEMENT, Need.READER),
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_rows_after_clock_back(bench: CaseBench) -> None:
    """Set the clock back over a midnight that has passed, and over one that was leapt; let midnights and days end."""
    declared = bench.declaration.profiles
    profiles = {"load": declared.load, "daily": declared.daily} if declared is not None else {}
    profiles = {name: obis for name, obis in profiles.items() if obis}
    if not profiles:
        bench.state(Outcome.INAPPLICABLE, "neither a load nor a daily profile is declared")
        return
    bench.energise()
    reader = bench.position.association("reader")
    selective = reader is not None and "selective-access" in reader.conformance

    def tails() -> dict[str, list[list[Any]]]:
        with opened(bench.position.client("reader")) as client:
            return {
                name: last_rows(client, obis, ROWS, selective=selective) for name, obis in profiles.items()
            }

    with opened(bench.position.client("reader")) as client:
        columns = {name: read_columns(client, obis) for name, obis in profiles.items()}
    with meter_time(bench) as time:
        year = story_year(bench.clock.utc(), JUNE)
        for sub, day, leapt in (("passed", 20, False), ("leapt", 23, True)):
            midnight = time.rules.instant(datetime(year, JUNE, day, tzinfo=UTC))
            before = tails()
            _set_back(bench, time, midnight, leapt=leapt)
            near = tails()
            _end_of_day(bench, time, midnight, waited=bench.run.rig.rig.virtual and not leapt)
            after = tails()
            for name in profiles:
                rows = new_rows(before[name], near[name]) + new_rows(near[name], after[name])
                data = _data(name, columns[name], rows, midnight)
                seen = bench.observe("rows-kept", {**data, "rules": rules_data(time.rules)})
                bench.judge("dual.rows-kept/1", seen, sub=f"{sub}/{name}")


def _set_back(bench: CaseBench, time: MeterTime, midnight: datetime, *, leapt: bool) -> None:
    """Bring the clock over midnight, by itself or by a leap, and from some minutes behind it before it once more."""
    early = midnight - timedelta(seconds=MARGIN_S)
    time.at(early)
    if leapt:
        time.at(midnight + timedelta(seconds=AHEAD_S))
    bench.clock.sleep(MARGIN_S + (0.0 if leapt else AHEAD_S))
    time.at(early)
    bench.clock.sleep(2 * MARGIN_S)


def _end_of_day(bench: CaseBench, time: MeterTime, midnight: datetime, *, waited: bool) -> None:
    """Let the day end whose first seconds the clock shows; at a real rig nobody waits for that."""
    if waited:
        bench.clock.sleep(DAY_S)
        return
    time.at(midnight + timedelta(seconds=DAY_S - MARGIN_S))
    bench.clock.sleep(2 * MARGIN_S)


def _data(name: str, columns: Columns, rows: list[list[Any]], midnight: datetime) -> dict[str, Any]:
    """Return what is due: the midnight that was repeated, and the next one."""
    following = midnight + timedelta(seconds=DAY_S)
    ahead = timedelta(seconds=AHEAD_S + 2 * MARGIN_S)
    return {
        "profile": name,
        "rows": rows,
        "clock_column": columns.place(*CLOCK),
        "dues": [
            {
                "what": "the midnight that came again",
                "from": midnight.isoformat(),
                "to": (midnight + ahead).isoformat(),
            },
            {"what": "the midnight after it", "from": following.isoformat(), "to": following.isoformat()},
        ],
    }
