"""Tariffs through the year: seasons, weeks, days, special days, the waiting calendar, the registers of the rates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import opened
from bench.metrology.local_time import ClockRules
from bench.metrology.tariff_calendar import Tariffs
from bench.protocols.axdr import array, long_unsigned, octet_string, structure, unsigned
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
from bench.protocols.data import Data
from bench.record.functions_declaration import TariffsDeclaration
from bench.record.model import Outcome, Topic
from bench.run.calendar_desk import (
    ACTIVATION_TIME,
    PASSIVE,
    CalendarDesk,
    own_calendar,
    tables_data,
    tariffs_data,
)
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import credit_for
from bench.run.meter_clock import meter_time, rules_data
from suites.dual.memory_requirements import blue_book

NEEDS = (Need.SOURCE, Need.MANAGEMENT, Need.READER)
ENERGY_IMPORT = "1-0:1.8.0.255"
BEFORE_S, STEP_S = 4.0, 8.0
LOAD_S = 60.0
#: From the writing of an activation time on; longer than a meter must keep an association that says nothing.
WAIT_S, ACTIVATED_AFTER_S, START_UP_S = 60.0, 30.0, 5.0
#: Credit for so long at the maximum current.
CREDIT_S = 240.0


def tariffs_for(year: int, rates: int) -> Tariffs:
    """Return a calendar of two seasons, working days and weekends, and a holiday in each half of ``year``.

    Eight rates where the meter has them; with fewer they repeat, but a switch always changes the rate.
    """

    def rate(number: int) -> int:
        return (number - 1) % rates + 1

    return Tariffs(
        seasons={"WIN": (1, 1, "WW"), "SUM": (4, 1, "WS"), "AUT": (11, 1, "WW")},
        weeks={"WW": (1, 1, 1, 1, 1, 2, 2), "WS": (3, 3, 3, 3, 3, 4, 4)},
        days={
            1: (("00:00", rate(1)), ("07:00", rate(2)), ("22:00", rate(1))),
            2: (("00:00", rate(3)), ("12:00", rate(4))),
            3: (("00:00", rate(5)), ("06:30", rate(6)), ("19:15", rate(5))),
            4: (("00:00", rate(7)), ("02:30", rate(6))),
            5: (("00:00", rate(8)), ("10:00", rate(3))),
        },
        special={f"{year}-05-01": 5, f"{year}-12-24": 5},
    )


def moments_of(year: int, rules: ClockRules) -> list[tuple[str, datetime]]:
    """Return instants just before something happens: name and UTC."""
    working_winter, working_summer = _working_day(year, 1, 12), _working_day(year, 7, 6)
    locals_ = {
        "morning of a working day in winter": working_winter.replace(hour=7),
        "evening of a working day in winter": working_winter.replace(hour=22),
        "midnight of a working day in winter": working_winter,
        "morning of a working day in summer": working_summer.replace(hour=6, minute=30),
        "evening of a working day in summer": working_summer.replace(hour=19, minute=15),
        "a weekend in winter": _weekend(working_winter).replace(hour=12),
        "a weekend in summer": _weekend(working_summer).replace(hour=2, minute=30),
        "the first of April": datetime(year, 4, 1, tzinfo=UTC),
        "the first of November": datetime(year, 11, 1, tzinfo=UTC),
        "a special day in summer": datetime(year, 5, 1, tzinfo=UTC),
        "ten o'clock of a special day": datetime(year, 5, 1, 10, tzinfo=UTC),
        "the end of a special day": datetime(year, 5, 2, tzinfo=UTC),
        "a special day in winter": datetime(year, 12, 24, 10, tzinfo=UTC),
        "new year": datetime(year + 1, 1, 1, tzinfo=UTC),
    }
    found = [(what, rules.instant(local)) for what, local in locals_.items()]
    turns = rules.transitions(year)
    if turns is not None:
        found += [("daylight saving begins", turns[0]), ("daylight saving ends", turns[1])]
    return found


def _working_day(year: int, month: int, day: int) -> datetime:
    first = datetime(year, month, day, tzinfo=UTC)
    return first + timedelta(days=(1 - first.isoweekday()) % 7 + 1)  # a Tuesday


def _weekend(tuesday: datetime) -> datetime:
    return tuesday + timedelta(days=4)


@case(
    "dual/tariff_year",
    blue_book("Activity calendar, special days (BB 4.5.4, 4.5.5)", Topic.TARIFF),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_tariff_year(bench: CaseBench) -> None:
    """Write a calendar of the whole year, go to each moment at which it says something, look before and after."""
    declared = _declared(bench)
    if declared is None:
        return
    bench.energise()
    with meter_time(bench) as time, own_calendar(bench, declared):
        year = bench.clock.utc().year
        tariffs = tariffs_for(year, declared.rates)
        with opened(bench.position.client("management")) as client:
            desk = CalendarDesk(client, declared)
            installed = desk.install(tariffs)
            probes: list[dict[str, Any]] = []
            for what, moment in moments_of(year, time.rules) if set(installed) == {"success"} else []:
                at = moment - timedelta(seconds=BEFORE_S)
                time.set(client, at)
                started_s = bench.clock.now()
                for _ in range(2):
                    gone = timedelta(seconds=bench.clock.now() - started_s)
                    probes.append({"what": what, "utc": (at + gone).isoformat(), "rate": desk.rate()})
                    bench.clock.sleep(STEP_S)
        seen = bench.observe(
            "tariff-rates",
            {
                "rules": rules_data(time.rules),
                "tariffs": tariffs_data(tariffs),
                "installed": installed,
                "probes": probes,
            },
        )
    bench.judge("dual.tariff-rates/1", seen)


@case(
    "dual/tariff_waiting_calendar",
    blue_book("Activity calendar: activate_passive_calendar_time (BB 4.5.5)", Topic.TARIFF),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_tariff_waiting_calendar(bench: CaseBench) -> None:
    """A passive calendar takes over at its time, not before."""
    _waiting(bench, lambda: bench.clock.sleep(WAIT_S))


@case(
    "dual/tariff_waiting_without_supply",
    blue_book("Activity calendar: activate_passive_calendar_time (BB 4.5.5)", Topic.TARIFF),
    needs=(*NEEDS, Need.HANDS),
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_tariff_waiting_without_supply(bench: CaseBench) -> None:
    """A passive calendar whose time comes while the supply is away is in force when it is back."""
    actuators, number = bench.position.hands(bench.rack)

    def wait() -> None:
        bench.position.link.close()
        actuators.supply(number, on=False)
        bench.clock.sleep(WAIT_S)
        actuators.supply(number, on=True)
        bench.clock.sleep(START_UP_S)

    _waiting(bench, wait)


def _waiting(bench: CaseBench, wait: Callable[[], None]) -> None:
    """Let a passive calendar take over within a wait, and read the rate before and after."""
    declared = _declared(bench)
    if declared is None:
        return
    bench.energise()
    with meter_time(bench) as time, own_calendar(bench, declared):
        first, second = _one_day(1), _one_day(2)
        with opened(bench.position.client("management")) as client:
            desk = CalendarDesk(client, declared)
            installed = [*desk.install(first), *desk.passive(second)]
            due = bench.clock.utc() + time.offset + timedelta(seconds=ACTIVATED_AFTER_S)
            shown = DateTime.from_datetime(due, deviation_min=time.rules.deviation_min(due), status=0)
            installed.append(desk.write(ACTIVATION_TIME, octet_string(shown.to_bytes())))
            early = desk.rate()
        wait()
        with opened(bench.position.client("management")) as client:
            late = CalendarDesk(client, declared).rate()
        seen = bench.observe(
            "waiting-calendar",
            {
                "rules": rules_data(time.rules),
                "installed": installed,
                "tariffs": tariffs_data(first),
                "waiting": tariffs_data(second),
                "early": early,
                "late": late,
            },
        )
    bench.judge("dual.waiting-calendar/1", seen)


def _one_day(rate: int) -> Tariffs:
    return Tariffs(
        seasons={"ALL": (1, 1, "W")}, weeks={"W": (1,) * 7}, days={1: (("00:00", rate),)}, special={}
    )


@case(
    "dual/tariff_registers",
    blue_book("Register activation, tariff registers (R-031)", Topic.TARIFF),
    needs=(*NEEDS, Need.REFERENCE),
    alters=[Alters.SETTINGS, Alters.REGISTERS, Alters.CREDIT],
    stage=Stage.MEMORY,
)
def test_tariff_registers(bench: CaseBench) -> None:
    """Under load from one minute before a switch to one minute after; the rates are the total, each has its share."""
    declared = _declared(bench)
    if declared is None:
        return
    bench.energise()
    plate = bench.declaration.nameplate
    power_w = plate.voltage_v * plate.maximum_current_a * plate.elements
    credit_for(bench, power_w * CREDIT_S / 3600)
    with meter_time(bench) as time, own_calendar(bench, declared):
        year = bench.clock.utc().year
        with opened(bench.position.client("management")) as client:
            installed = CalendarDesk(client, declared).install(tariffs_for(year, declared.rates))
        before = _registers(bench, declared)
        switch = time.rules.instant(_working_day(year, 1, 12).replace(hour=7))
        bench.run.load(voltage_factor=1.0, current_a=plate.maximum_current_a, lag_deg=0.0)
        power_w = bench.rack.readings().power_w
        bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        with opened(bench.position.client("management")) as client:
            time.set(client, switch - timedelta(seconds=LOAD_S))
        started_s = bench.clock.now()
        middle = _registers(bench, declared)
        loading_s = bench.clock.now()
        bench.run.load(voltage_factor=1.0, current_a=plate.maximum_current_a, lag_deg=0.0)
        loaded_s = bench.clock.now()
        bench.clock.sleep(2 * LOAD_S - (loaded_s - started_s))
        unloading_s = bench.clock.now()
        bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        ended_s = bench.clock.now()
        after = _registers(bench, declared)
        first, second = 1, 2 if declared.rates > 1 else 1
        seen = bench.observe(
            "tariff-registers",
            {
                "installed": installed,
                "total_before_wh": middle["total_wh"],
                "total_after_wh": after["total_wh"],
                "total_first_wh": before["total_wh"],
                "rates_before_wh": middle["rates_wh"],
                "rates_after_wh": after["rates_wh"],
                "resolution_wh": after["resolution_wh"],
                "power_w": power_w,
                "uncertain_s": max(loaded_s - loading_s, ended_s - unloading_s),
                "seconds": {
                    str(first): started_s + LOAD_S - loaded_s,
                    str(second): ended_s - started_s - LOAD_S,
                },
            },
        )
    bench.judge("dual.tariff-registers/2", seen)
    total = project_rule("R-031 the registers of the rates are the total register", Topic.REGISTER)
    bench.judge("dual.tariff-sum/1", seen, sub="sum", requirement=total)


def _registers(bench: CaseBench, declared: TariffsDeclaration) -> dict[str, Any]:
    with opened(bench.position.client("reader")) as client:
        total = client.register(ENERGY_IMPORT)
        rates = [client.register(f"1-0:1.8.{rate}.255").value for rate in range(1, declared.rates + 1)]
    return {"total_wh": total.value, "resolution_wh": total.resolution, "rates_wh": rates}


@case(
    "dual/tariff_refusals",
    blue_book("Activity calendar: tables (BB 4.5.5)", Topic.TARIFF),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_tariff_refusals(bench: CaseBench) -> None:
    """Calendars that cannot stand: refused where they are written or activated, and the active one stays."""
    declared = _declared(bench)
    if declared is None:
        return
    bench.energise()
    with own_calendar(bench, declared), opened(bench.position.client("management")) as client:
        desk = CalendarDesk(client, declared)
        desk.install(_one_day(1))
        active = tables_data(desk.active())
        trials = []
        for what, number, table in _illegal(declared):
            written = [*desk.passive(_one_day(2)), desk.write(PASSIVE[number], table)]
            activated = desk.activate() if written[-1] == "success" else "not tried"
            trials.append(
                {
                    "what": what,
                    "written": written,
                    "activated": activated,
                    "active_after": tables_data(desk.active()),
                }
            )
        seen = bench.observe("tariff-refusals", {"active_before": active, "trials": trials})
    bench.judge("dual.tariff-refusals/1", seen)


def _illegal(declared: TariffsDeclaration) -> list[tuple[str, int, Data]]:
    """Return calendars that cannot stand: name, part of the calendar (0 name to 3 days), table."""
    script = octet_string(Obis(declared.script_table).to_bytes())

    def season(name: bytes, month: int, day: int, week: bytes = b"W") -> Data:
        start = bytes([0xFF, 0xFF, month, day, 0xFF, 0, 0, 0, 0, 0x80, 0, 0])
        return structure(octet_string(name), octet_string(start), octet_string(week))

    def day(number: int, *actions: tuple[bytes, int]) -> Data:
        rows = (structure(octet_string(at), script, long_unsigned(rate)) for at, rate in actions)
        return structure(unsigned(number), array(*rows))

    midnight = bytes(4)
    return [
        ("two seasons from one day", 1, array(season(b"A", 1, 1), season(b"B", 1, 1))),
        ("a season from 31 April", 1, array(season(b"A", 4, 31))),
        ("a season of a week that is not there", 1, array(season(b"A", 1, 1, b"NONE"))),
        ("a season of two octets", 1, array(structure(octet_string(b"A"), octet_string(b"12")))),
        ("a week of six days", 2, array(structure(octet_string(b"W"), *(unsigned(1) for _ in range(6))))),
        (
            "a week with a day that is not there",
            2,
            array(structure(octet_string(b"W"), *(unsigned(77) for _ in range(7)))),
        ),
        ("an action at 25:00", 3, array(day(1, (bytes([25, 0, 0, 0]), 1)))),
        ("two day profiles of one number", 3, array(day(1, (midnight, 1)), day(1, (midnight, 2)))),
        ("rate 99", 3, array(day(1, (midnight, 99)))),
        ("days as text", 3, octet_string(b"days")),
    ]


def _declared(bench: CaseBench) -> TariffsDeclaration | None:
    declared = bench.declaration.tariffs
    if declared is None or declared.rates < 2:
        bench.state(Outcome.INAPPLICABLE, "no calendar with two rates or more is declared")
        return None
    return declared
