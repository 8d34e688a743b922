"""The clock: it takes every time there is and no other, keeps local time over the year, and drifts little."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.meter.dlms_client import DlmsClient, opened
from bench.protocols.values import as_octets
from bench.record.functions_declaration import ClockDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.meter_clock import CLOCK, TIME, MeterTime, meter_time, read_time, rules_data, write_time
from suites.dual.memory_requirements import blue_book, clock_standard

NEEDS = (Need.MANAGEMENT,)
#: How long before a turn of the clock it is set, and how long after that it is read again.
BEFORE_S, WAIT_S = 3, 7.0
YEAR_STEP = 7
DAY_S = 86_400.0
#: A second of the meter is looked for in steps of a reading; so long at most.
EDGE_READINGS = 60
#: How sure the drift must be, as a share of its limit, and for how many days that is worth waiting.
SURE, MOST_DAYS = 0.4, 7
BATTERY_V = 3.6
ILLEGAL = {
    "29 February 2027": "07eb021dff0c000000800000",
    "31 April": "07ea041fff0c000000800000",
    "month 13": "07ea0d01ff0c000000800000",
    "24:00": "07ea0501ff18000000800000",
    "minute 60": "07ea0501ff0c3c0000800000",
    "8 octets": "07ea0501ff0c0000",
    "no date": "ffffffffff0c000000800000",
}


@case(
    "dual/clock_set",
    blue_book("Clock: time, time_zone, daylight saving (BB 4.5.1)", Topic.CLOCK),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_clock_set(bench: CaseBench) -> None:
    """Set the clock to winter and summer, before leap days, turns of years and of daylight saving; read it."""
    declared = bench.declaration.clock
    if declared is None:
        bench.state(Outcome.INAPPLICABLE, "the declaration has no [clock]")
        return
    bench.energise()
    with meter_time(bench) as time:
        year = bench.clock.utc().year
        with opened(bench.position.client("management")) as client:
            trials = [
                _trial(bench, client, time, what, moment)
                for what, moment in _moments(time, year, declared.last_year)
            ]
        seen = bench.observe("clock-set", {"rules": rules_data(time.rules), "trials": trials})
    bench.judge("dual.clock-set/1", seen)


def _moments(time: MeterTime, year: int, last_year: int) -> list[tuple[str, datetime]]:
    """Return instants to set: name and UTC."""
    rules = time.rules
    locals_ = {
        "a winter noon": datetime(year, 1, 15, 12, tzinfo=UTC),
        "a summer noon": datetime(year, 7, 15, 12, tzinfo=UTC),
        "the eve of a leap day": datetime(2028, 2, 28, 23, 59, 60 - BEFORE_S, tzinfo=UTC),
        "a leap day": datetime(2028, 2, 29, 12, tzinfo=UTC),
        "the end of a leap day": datetime(2028, 2, 29, 23, 59, 60 - BEFORE_S, tzinfo=UTC),
        "28 February of a common year": datetime(2027, 2, 28, 23, 59, 60 - BEFORE_S, tzinfo=UTC),
    }
    for number in [*range(year + 1, last_year, YEAR_STEP), 2036, last_year - 1]:
        locals_[f"the last seconds of {number}"] = datetime(number, 12, 31, 23, 59, 60 - BEFORE_S, tzinfo=UTC)
    moments = [(what, rules.instant(local)) for what, local in locals_.items()]
    turns = rules.transitions(year)
    if turns is not None:
        before = timedelta(seconds=BEFORE_S)
        moments += [
            ("just before daylight saving begins", turns[0] - before),
            ("just before daylight saving ends", turns[1] - before),
            ("the hour that comes twice", turns[1] + timedelta(minutes=30)),
        ]
    return moments


def _trial(bench: CaseBench, client: DlmsClient, time: MeterTime, what: str, utc: datetime) -> dict[str, Any]:
    trial: dict[str, Any] = {"what": what, "utc": utc.isoformat()}
    trial["result"] = time.set(client, utc)
    trial["bench_s"] = bench.clock.now()
    readings = [read_time(bench, client)]
    bench.clock.sleep(WAIT_S)
    readings.append(read_time(bench, client))
    return {**trial, "readings": readings}


@case(
    "dual/clock_refusals",
    blue_book("Clock: date-time (BB 4.1.6.1)", Topic.CLOCK),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_clock_refusals(bench: CaseBench) -> None:
    """Times that do not exist are refused, and the clock goes on as if nothing had been asked."""
    bench.energise()
    with meter_time(bench) as time, opened(bench.position.client("management")) as client:
        before = read_time(bench, client)
        trials = [
            {
                "what": what,
                "result": write_time(client, bytes.fromhex(octets)),
                "after": read_time(bench, client),
            }
            for what, octets in ILLEGAL.items()
        ]
        seen = bench.observe(
            "clock-refusals", {"rules": rules_data(time.rules), "before": before, "trials": trials}
        )
    bench.judge("dual.clock-refusals/1", seen)


@case(
    "dual/clock_drift",
    clock_standard("accuracy of the clock at 23 degrees"),
    needs=(Need.SOURCE, Need.MANAGEMENT),
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_clock_drift(bench: CaseBench) -> None:
    """Find the instant at which a second of the meter begins, a day later another one.

    A line on which that instant is less sure is given more days, so that the drift is as sure as on a fast one.
    """
    if not bench.run.plan.long_tests and not bench.run.rig.rig.virtual:
        bench.state(Outcome.NOT_RUN, f"the plan {bench.run.plan.name} leaves out tests of several hours")
        return
    bench.energise()
    with meter_time(bench) as time:
        first, declared = _second_begins(bench), bench.declaration.clock
        limit_s = (declared or ClockDeclaration()).drift_limit_s_per_day
        days = min(MOST_DAYS, max(1, math.ceil(first["within_s"] / (SURE * limit_s))))
        with bench.rack.seldom_supervised(DAY_S / 24):
            bench.clock.sleep(days * DAY_S)
        last = _second_begins(bench)
        seen = bench.observe("clock-drift", {"rules": rules_data(time.rules), "first": first, "last": last})
    bench.judge("dual.clock-drift/2", seen)


def _second_begins(bench: CaseBench) -> dict[str, Any]:
    """Read the clock until its second changes; the change lay within the last two readings."""
    with opened(bench.position.client("management")) as client:
        shown = as_octets(client.get(*CLOCK, TIME)).hex()
        early_s = bench.clock.now()
        for _ in range(EDGE_READINGS):
            now = as_octets(client.get(*CLOCK, TIME)).hex()
            late_s = bench.clock.now()
            if now != shown:
                break
            shown, early_s = now, late_s
    return {"time": now, "bench_s": (early_s + late_s) / 2, "within_s": late_s - early_s}


@case(
    "dual/clock_without_battery",
    blue_book("Clock: status (BB 4.5.1)", Topic.CLOCK),
    needs=(Need.SOURCE, Need.HANDS, Need.MANAGEMENT),
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_clock_without_battery(bench: CaseBench) -> None:
    """Without battery and supply for longer than the clock is declared to last, its status says so until it is set."""
    declared = bench.declaration.clock
    if declared is None or declared.hold_up_s is None:
        bench.state(Outcome.INAPPLICABLE, "the declaration has no clock.hold_up_s")
        return
    bench.energise()
    actuators, number = bench.position.hands(bench.rack)
    off_s = declared.hold_up_s * 1.05 + 60.0
    with meter_time(bench) as time:
        bench.position.link.close()
        actuators.battery(number, 0.0)
        actuators.supply(number, on=False)
        with bench.rack.seldom_supervised(DAY_S / 4):
            bench.clock.sleep(off_s)
        actuators.supply(number, on=True)
        bench.clock.sleep(WAIT_S)
        with opened(bench.position.client("management")) as client:
            after = read_time(bench, client)
        actuators.battery(number, BATTERY_V)
        bench.clock.sleep(WAIT_S)
        time.at(bench.clock.utc() + time.offset)
        with opened(bench.position.client("reader")) as client:
            again = read_time(bench, client)
        seen = bench.observe(
            "clock-without-battery",
            {
                "rules": rules_data(time.rules),
                "off_s": off_s,
                "offset_s": time.offset.total_seconds(),
                "after": after,
                "set_again": again,
            },
        )
    bench.judge("dual.clock-without-battery/2", seen)
