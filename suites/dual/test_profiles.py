"""What the profiles keep: each interval once, at its end, whole; gaps and clock changes marked; billing; demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.values import UnexpectedData, as_elements, as_integer, as_octets
from bench.record.functions_declaration import ProfilesDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import credit_for
from bench.run.meter_clock import MeterTime, meter_time, rules_data, story_year
from bench.run.profile_reading import Columns, last_rows, new_rows, read_columns
from bench.run.tariff_demands import TariffDemands
from suites.dual.memory_requirements import blue_book

NEEDS = (Need.SOURCE, Need.MANAGEMENT, Need.READER)
CLOCK = "0-0:1.0.0.255"
ENERGY, INTERVAL_ENERGY = "1-0:1.8.0.255", "1-0:1.29.0.255"
CAPTURE_PERIOD = 4
MARGIN_S = 6.0
#: What setting the clock may take on a line on which reading takes longer than that.
LINE_S = 2.0
ROWS = 12
#: Credit for an hour at the basic current, and to spare.
CREDIT_HOURS = 1.5
CUT_EXTRA_S = 120.0
DEMAND_TOLERANCE = 0.02
LARGER_PART = 0.6
BY_TARIFF = project_rule(
    "R-012, R-031, R-034: the maximum demands of the tariffs are kept, and begin anew, with the total",
    Topic.BILLING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The load profile of a meter: where its columns are, and its period."""

    obis: str
    columns: Columns
    clock: int
    period_s: float
    selective: bool

    def tail(self, client: DlmsClient) -> list[list[Any]]:
        """Return its last rows."""
        return last_rows(client, self.obis, ROWS, selective=self.selective)


@case(
    "dual/profile_capture",
    blue_book("Profile generic: capture_period, sort (BB 4.3.6)", Topic.PROFILE),
    needs=NEEDS,
    alters=[Alters.SETTINGS, Alters.CREDIT, Alters.REGISTERS],
    stage=Stage.MEMORY,
)
def test_profile_capture(bench: CaseBench) -> None:
    """Four intervals with a load that no interval divides: rows at their times, together what the register says."""
    load = _load(bench)
    if load is None:
        return
    _buy(bench, load.period_s)
    with meter_time(bench) as time:
        first, margin_s = time.rules.instant(_noon(bench, 2)), _margin_s(bench, load)
        time.at(first - timedelta(seconds=margin_s))
        started_s = bench.clock.now()
        before = _tail(bench, load)
        bench.clock.sleep(2 * margin_s - (bench.clock.now() - started_s))
        register = _energy(bench)
        _run_load(bench, 2.6 * load.period_s)
        passed_s = 3 * load.period_s + MARGIN_S
        bench.clock.sleep(max(0.0, started_s + margin_s + passed_s - bench.clock.now()))
        after, now = _tail(bench, load), _energy(bench)
        rows = new_rows(before, after)
        with opened(bench.position.client("reader")) as client:
            columns = _energy_columns(client, load)
        seen = bench.observe(
            "profile-capture",
            {
                "rules": rules_data(time.rules),
                "rows": rows,
                "clock_column": load.clock,
                "period_s": load.period_s,
                "first_due": first.isoformat(),
                "last_due": (first + timedelta(seconds=3 * load.period_s)).isoformat(),
                "register_before_wh": register.value,
                "register_after_wh": now.value,
                "resolution_wh": now.resolution,
                **columns,
            },
        )
    bench.judge("dual.profile-capture/2", seen)


def _energy_columns(client: DlmsClient, load: Load) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word, obis in (("energy", ENERGY), ("interval", INTERVAL_ENERGY)):
        place = load.columns.place(3, obis)
        if place is not None:
            found |= {f"{word}_column": place, f"{word}_unit_wh": client.register(obis).resolution}
    return found


@case(
    "dual/profile_daylight",
    blue_book("Profile generic, Clock: daylight saving (BB 4.3.6, 4.5.1)", Topic.PROFILE),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_profile_daylight(bench: CaseBench) -> None:
    """Over the hour that is left out and the hour that comes twice, every interval has its row, once."""
    load = _load(bench)
    if load is None:
        return
    with meter_time(bench) as time:
        turns = time.rules.transitions(bench.clock.utc().year)
        if turns is None:
            bench.state(Outcome.INAPPLICABLE, "the clock has no daylight saving")
            return
        margin_s = _margin_s(bench, load)
        for sub, what, turn, before_h, after_h in (
            ("begin", "the hour that is left out", turns[0], 0.0, 0.0),
            ("end", "the hour that comes twice", turns[1], 1.0, 1.0),
        ):
            first = turn - timedelta(hours=before_h, seconds=load.period_s)
            last = turn + timedelta(hours=after_h, seconds=load.period_s)
            time.at(first - timedelta(seconds=margin_s))
            before = _tail(bench, load)
            bench.clock.sleep((last - first).total_seconds() + 2 * margin_s)
            seen = bench.observe(
                "profile-continuity",
                {
                    "rules": rules_data(time.rules),
                    "what": what,
                    "rows": new_rows(before, _tail(bench, load)),
                    "clock_column": load.clock,
                    "period_s": load.period_s,
                    "first_due": first.isoformat(),
                    "last_due": last.isoformat(),
                },
            )
            bench.judge("dual.profile-continuity/2", seen, sub=sub)


@case(
    "dual/profile_clock_back",
    blue_book("Profile generic: status of a row after the clock was set (BB 4.3.6)", Topic.PROFILE),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_profile_clock_back(bench: CaseBench) -> None:
    """Set the clock back over rows that stand already, also over midnight: what comes twice is marked."""
    load, declared = _load(bench), bench.declaration.profiles
    if load is None or declared is None:
        return
    with meter_time(bench) as time:
        margin_s = _margin_s(bench, load)
        for sub, local in (
            ("noon", _noon(bench, 3)),
            ("midnight", _noon(bench, 4).replace(hour=0)),
        ):
            at = time.rules.instant(local)
            early = at - timedelta(seconds=margin_s)
            time.at(early)
            start = _tail(bench, load)
            bench.clock.sleep(2 * margin_s)
            once = _tail(bench, load)
            time.at(early)
            bench.clock.sleep(2 * margin_s)
            seen = bench.observe(
                "profile-clock-back",
                {
                    "rules": rules_data(time.rules),
                    "rows_before": new_rows(start, once),
                    "rows_after": new_rows(once, _tail(bench, load)),
                    "clock_column": load.clock,
                    "status_column": _status_column(load, declared),
                    "clock_adjusted_bit": declared.status_bits.get("clock-adjusted"),
                },
            )
            bench.judge("dual.profile-clock-back/1", seen, sub=sub)


@case(
    "dual/profile_outage",
    blue_book("Profile generic: status of a row after a power failure (BB 4.3.6)", Topic.PROFILE),
    needs=(*NEEDS, Need.HANDS),
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_profile_outage(bench: CaseBench) -> None:
    """Take the supply away over two ends of intervals: the gap is marked, and nothing behind it."""
    load, declared = _load(bench), bench.declaration.profiles
    if load is None or declared is None:
        return
    actuators, number = bench.position.hands(bench.rack)
    with meter_time(bench) as time:
        first = time.rules.instant(_noon(bench, 5))
        time.at(first - timedelta(seconds=2 * MARGIN_S))
        started_s = bench.clock.now()
        before = _tail(bench, load)
        bench.position.link.close()
        actuators.supply(number, on=False)
        bench.clock.sleep(load.period_s + 5 * MARGIN_S)
        actuators.supply(number, on=True)
        off_s = bench.clock.now() - started_s
        bench.clock.sleep(2 * load.period_s)
        seen = bench.observe(
            "profile-outage",
            {
                "rules": rules_data(time.rules),
                "rows": new_rows(before, _tail(bench, load)),
                "clock_column": load.clock,
                "status_column": _status_column(load, declared),
                "power_down_bit": declared.status_bits.get("power-down"),
                "back_utc": (first + timedelta(seconds=off_s - 2 * MARGIN_S)).isoformat(),
            },
        )
    bench.judge("dual.profile-outage/3", seen)


@case(
    "dual/maximum_demand",
    blue_book("Demand register, maximum demand (BB 4.3.4)", Topic.BILLING),
    needs=(*NEEDS, Need.REFERENCE),
    alters=[Alters.SETTINGS, Alters.CREDIT, Alters.REGISTERS],
    stage=Stage.MEMORY,
)
def test_maximum_demand(bench: CaseBench) -> None:
    """After a month's end, a load over the larger part of one period and the smaller one of the next."""
    declared = bench.declaration.profiles
    if declared is None or not declared.maximum_demand:
        bench.state(Outcome.INAPPLICABLE, "no maximum demand is declared")
        return
    bench.energise()
    period_s = float(declared.demand_period_s)
    _buy(bench, period_s)
    with meter_time(bench) as time:
        _pass_month_end(bench, time)
        middle = time.rules.instant(_noon(bench, 10))
        time.at(middle - timedelta(seconds=period_s + MARGIN_S))
        bench.clock.sleep((1.0 - LARGER_PART) * period_s + MARGIN_S)
        before_w, _ = _demand(bench, declared)
        register = _energy(bench)
        power_w = _run_load(bench, period_s)
        own_power_w = (_energy(bench).value - register.value) / period_s * 3600
        bench.clock.sleep(LARGER_PART * period_s + MARGIN_S)
        after_w, captured = _demand(bench, declared)
        share = LARGER_PART if declared.demand_window == "block" else 1.0
        seen = bench.observe(
            "maximum-demand",
            {
                "rules": rules_data(time.rules),
                "window": declared.demand_window,
                "before_w": before_w,
                "after_w": after_w,
                "capture_time": captured,
                "due_w": share * power_w,
                **({"own_due_w": share * own_power_w} if own_power_w > 0 else {}),
                "tolerance_w": power_w * max(DEMAND_TOLERANCE, MARGIN_S / period_s),
                "ends": [middle.isoformat()],
            },
        )
    bench.judge("dual.maximum-demand/2", seen)


@case(
    "dual/billing",
    project_rule("R-034 billing at the end of the month", Topic.BILLING),
    needs=(*NEEDS, Need.HANDS),
    alters=[Alters.SETTINGS, Alters.CREDIT, Alters.REGISTERS],
    stage=Stage.MEMORY,
)
def test_billing(bench: CaseBench) -> None:
    """Pass the end of a month with supply, and of another without: one row each, and the demand begins anew."""
    declared = bench.declaration.profiles
    if declared is None or not declared.billing:
        bench.state(Outcome.INAPPLICABLE, "no billing profile is declared")
        return
    bench.energise()
    _buy(bench, declared.demand_period_s)
    with opened(bench.position.client("reader")) as client:
        columns = read_columns(client, declared.billing)
        demands = TariffDemands.found(client, bench.declaration)
    clock = columns.place(8, CLOCK)
    if clock is None:
        bench.state(Outcome.INCONCLUSIVE, "the billing profile has no time")
        return
    with meter_time(bench) as time:
        for sub, month, supplied in (("supplied", 5, True), ("without_supply", 8, False)):
            unloaded = _demands_w(bench, demands)
            rates = _some_demand(bench, time, month, declared)
            loaded = _demands_w(bench, demands)
            data = _over_month_end(bench, time, month, columns, declared, supplied=supplied)
            data["columns"] += demands.captured(data["rows"], columns, loaded)
            seen = bench.observe("billing", {**data, "clock_column": clock})
            bench.judge("dual.billing/2", seen, sub=sub)
            if not demands.by_tariff:
                bench.state(
                    Outcome.INAPPLICABLE, "no maximum demand of a tariff can be read", sub=f"{sub}/tariffs"
                )
                continue
            told = {
                "what": data["what"],
                "resolution_w": 2 * max(demands.weights_w.values()),
                "unloaded": unloaded,
                "loaded": loaded,
                "billed": _demands_w(bench, demands),
                "rates": rates,
                "resets": declared.demand_reset_at_billing,
            }
            seen = bench.observe("billing-demands", told)
            bench.judge("dual.billing-demands/1", seen, requirement=BY_TARIFF, sub=f"{sub}/tariffs")


def _demands_w(bench: CaseBench, demands: TariffDemands) -> dict[str, float]:
    with opened(bench.position.client("reader")) as client:
        return demands.read_w(client)


def _rate(bench: CaseBench) -> int | None:
    """Return the tariff in force, as far as the meter tells it as a number."""
    tariffs = bench.declaration.tariffs
    if tariffs is None:
        return None
    with opened(bench.position.client("reader")) as client:
        try:
            return as_integer(client.get(1, tariffs.active_rate, 2))
        except (Refused, UnexpectedData):
            return None


def _some_demand(
    bench: CaseBench, time: MeterTime, month: int, declared: ProfilesDeclaration
) -> list[int | None]:
    """Leave a highest demand behind in the month before; return the tariff at its begin and at its end."""
    if not declared.maximum_demand:
        return [None, None]
    period_s = float(declared.demand_period_s)
    at = _noon(bench, 10).replace(month=month - 1)
    time.at(time.rules.instant(at) - timedelta(seconds=period_s / 3))
    begun = _rate(bench)
    _run_load(bench, period_s / 6)
    # a sliding window must have forgotten the load before the month ends
    bench.clock.sleep(period_s / 3 if declared.demand_window == "block" else 2 * period_s)
    return [begun, _rate(bench)]


def _over_month_end(
    bench: CaseBench,
    time: MeterTime,
    month: int,
    columns: Columns,
    declared: ProfilesDeclaration,
    *,
    supplied: bool,
) -> dict[str, Any]:
    due = time.rules.instant(datetime(story_year(bench.clock.utc(), month), month, 1, tzinfo=UTC))
    time.at(due - timedelta(seconds=5 * MARGIN_S))
    started_s = bench.clock.now()
    with opened(bench.position.client("reader")) as client:
        before = last_rows(client, declared.billing, ROWS)
        energy = client.register(ENERGY)
    if supplied:
        bench.clock.sleep(10 * MARGIN_S)
    else:
        actuators, number = bench.position.hands(bench.rack)
        actuators.supply(number, on=False)
        bench.clock.sleep(5 * MARGIN_S + CUT_EXTRA_S)
        actuators.supply(number, on=True)
        bench.clock.sleep(2 * MARGIN_S)
    gone_s = bench.clock.now() - started_s
    with opened(bench.position.client("reader")) as client:
        rows = new_rows(before, last_rows(client, declared.billing, ROWS))
        later = client.register(ENERGY)
    demand_w = _demand(bench, declared)[0] if declared.maximum_demand else None
    if demand_w is not None and not declared.demand_reset_at_billing:
        demand_w = None
    place = columns.place(3, ENERGY)
    values = (
        [
            {
                "what": "the energy register",
                "value": rows[0][place] * energy.resolution,
                "low": energy.value,
                "high": max(energy.value, later.value) + energy.resolution,
            }
        ]
        if place is not None and len(rows) == 1
        else []
    )
    return {
        "rules": rules_data(time.rules),
        "what": "a month's end with supply" if supplied else "a month's end without supply",
        "rows": rows,
        "due": due.isoformat(),
        "now": (due + timedelta(seconds=gone_s - 5 * MARGIN_S)).isoformat(),
        "columns": values,
        "demand_after_w": demand_w,
        "demand_most_w": 0.0,
    }


def _load(bench: CaseBench) -> Load | None:
    """Return the declared load profile; write the verdict where there is none."""
    declared = bench.declaration.profiles
    if declared is None or not declared.load:
        bench.state(Outcome.INAPPLICABLE, "no load profile is declared")
        return None
    bench.energise()
    with opened(bench.position.client("reader")) as client:
        columns = read_columns(client, declared.load)
        period_s = float(as_integer(client.get(7, declared.load, CAPTURE_PERIOD)))
    clock = columns.place(8, CLOCK)
    if clock is None or period_s <= 0:
        bench.state(Outcome.INCONCLUSIVE, "the load profile has no time, or no period")
        return None
    reader = bench.position.association("reader")
    selective = reader is not None and "selective-access" in reader.conformance
    return Load(obis=declared.load, columns=columns, clock=clock, period_s=period_s, selective=selective)


def _margin_s(bench: CaseBench, load: Load) -> float:
    """Return how long before a row is due the clock is set: longer where the last rows are long in coming."""
    begun_s = bench.clock.now()
    _tail(bench, load)
    return max(MARGIN_S, round(2 * (bench.clock.now() - begun_s)) + LINE_S)


def _tail(bench: CaseBench, load: Load) -> list[list[Any]]:
    with opened(bench.position.client("reader")) as client:
        return load.tail(client)


def _energy(bench: CaseBench) -> Any:
    with opened(bench.position.client("reader")) as client:
        return client.register(ENERGY)


def _status_column(load: Load, declared: ProfilesDeclaration) -> int | None:
    return load.columns.place(1, declared.status) if declared.status else None


def _demand(bench: CaseBench, declared: ProfilesDeclaration) -> tuple[float, str]:
    """Return the highest demand in W, and its time in hex."""
    with opened(bench.position.client("reader")) as client:
        raw = as_integer(client.get(4, declared.maximum_demand, 2))
        scaler = as_integer(as_elements(client.get(4, declared.maximum_demand, 3))[0])
        return raw * 10.0**scaler, as_octets(client.get(4, declared.maximum_demand, 5)).hex()


def _run_load(bench: CaseBench, duration_s: float) -> float:
    """Draw the basic current for a time, settling included; return the power."""
    plate = bench.declaration.nameplate
    started_s = bench.clock.now()
    bench.run.load(voltage_factor=1.0, current_a=plate.basic_current_a, lag_deg=0.0)
    power_w = bench.rack.readings().power_w
    bench.clock.sleep(duration_s - (bench.clock.now() - started_s))
    bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
    return power_w


def _pass_month_end(bench: CaseBench, time: MeterTime) -> None:
    """Let a month end, so that the highest demand begins anew where billing resets it."""
    due = time.rules.instant(datetime(story_year(bench.clock.utc(), 6), 6, 1, tzinfo=UTC))
    time.at(due - timedelta(seconds=MARGIN_S))
    bench.clock.sleep(2 * MARGIN_S)


def _buy(bench: CaseBench, period_s: float) -> None:
    plate = bench.declaration.nameplate
    power_w = plate.voltage_v * plate.basic_current_a * plate.elements
    credit_for(bench, CREDIT_HOURS * power_w * max(period_s, 900.0) / 900.0)


def _noon(bench: CaseBench, day: int) -> datetime:
    """Return a local noon in June: a full period, whatever its length."""
    return datetime(story_year(bench.clock.utc(), 6), 6, day, 12, tzinfo=UTC)
