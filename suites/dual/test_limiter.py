"""The emergency profile of the limiter: another threshold from a time on, for a while."""

from __future__ import annotations

from typing import Any

from bench.meter.dlms_client import Refused
from bench.protocols.values import UnexpectedData, as_integer
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh
from bench.run.spending import Spends
from bench.run.supply_actions import draw_until_open
from bench.run.supply_desk import SupplyDesk
from bench.run.supply_story import close_switch, forget_trips, missing, prepare, take_back
from suites.dual.memory_requirements import blue_book
from suites.dual.stories import MORE_S, load_w

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.VENDING_KEY)
LIMITER, THRESHOLD_ACTIVE, EMERGENCY_ACTIVE = 71, 3, 10
#: How long the limiter lets a load pass; when the profile begins, and how long it lasts.
TRIP_S, IN_S, FOR_S = 20, 90, 120
#: A profile that ends without supply.
SHORT_S, OFF_S = 40, 60
#: Looks at the meter and steps that fall into each of these times: a slow line or a slow switch needs more of it.
LOOKS, STEPS = 10, 6
#: Thresholds as shares of the load that is drawn: so far from it that no error of measuring matters.
NORMAL, EMERGENCY = 2.2, 0.3


@case(
    "dual/limiter_emergency",
    blue_book("Limiter: emergency profile with activation time and duration (BB 4.5.9)", Topic.SUPPLY),
    needs=NEEDS,
    alters=(Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS, Alters.REGISTERS, Alters.SETTINGS),
    spends=Spends(token_identifiers=3, credit_wh=6_000),
    stage=Stage.SUPPLY,
)
def test_limiter_emergency(bench: CaseBench) -> None:
    """Have the profile begin in a while; draw a load that only it forbids before, in and after it; one ends unseen."""
    supply = bench.declaration.supply
    lacks = missing(bench.declaration, frozenset({"limiter"}))
    if supply is None or supply.limiter is None or lacks:
        bench.state(Outcome.INAPPLICABLE, "no limiter object with its hold is declared")
        return
    if supply.control_mode == 0:
        bench.state(Outcome.INAPPLICABLE, "the declared control mode never opens the switch")
        return
    if not counts_kwh(bench):
        bench.state(Outcome.NOT_RUN, "how long the credit lasts under load is known of meters that count kWh")
        return
    power_w = load_w(bench.declaration)
    with SupplyDesk(bench) as desk:
        if not prepare(desk):
            bench.state(Outcome.INCONCLUSIVE, "the switch could not be brought to connected at the beginning")
            return
        forget_trips(desk)
        desk.begin()
        seen = _seen(desk, supply.limiter, power_w, over_s=TRIP_S + 2 * supply.actuation_time_s + MORE_S)
        take_back(desk, desk.steps)
        prepare(desk)
    bench.judge("dual.limiter-emergency/1", bench.observe("limiter-emergency", seen))


def _seen(desk: SupplyDesk, limiter: str, power_w: int, *, over_s: float) -> dict[str, Any]:
    clock, supply = desk.bench.clock, desk.bench.declaration.supply
    hold_s = (supply.limiter_hold_s if supply is not None else None) or 0.0
    normal_w, emergency_w = int(NORMAL * power_w), int(EMERGENCY * power_w)
    answers = [desk.do("limit", w=normal_w, over_s=TRIP_S)["answer"]]
    looked_s = clock.now()
    desk.look()
    more_s = round(LOOKS * (clock.now() - looked_s) + STEPS * desk.settle_s())
    begins_s = clock.now() + IN_S + more_s
    profile = {"w": emergency_w, "in_s": IN_S + more_s, "for_s": FOR_S + more_s}
    answers.append(desk.do("emergency_limit", **profile)["answer"])
    looks = [_look(desk, limiter, "before it begins", due=False)]
    draws = [_draw(desk, power_w, over_s, "before it begins", due_live=True)]
    _until(desk, begins_s + MORE_S)
    looks.append(_look(desk, limiter, "while it lasts", due=True))
    draws.append(_draw(desk, power_w, over_s, "while it lasts", due_live=False))
    _until(desk, begins_s + FOR_S + more_s + 2 * MORE_S)
    looks.append(_look(desk, limiter, "after it ended", due=False))
    desk.do("wait", s=hold_s)
    close_switch(desk)
    draws.append(_draw(desk, power_w, over_s, "after it ended", due_live=True))
    answers.append(desk.do("emergency_limit", w=emergency_w, for_s=SHORT_S + more_s)["answer"])
    looks.append(_look(desk, limiter, "begun again,", due=True))
    desk.do("power_cut", off_s=float(OFF_S + more_s))
    looks.append(_look(desk, limiter, "after it ended without supply", due=False))
    return {
        "normal_w": normal_w,
        "emergency_w": emergency_w,
        "answers": answers,
        "looks": looks,
        "draws": draws,
    }


def _until(desk: SupplyDesk, due_s: float) -> None:
    left_s = due_s - desk.bench.clock.now()
    if left_s > 0:
        desk.do("wait", s=round(left_s, 3))


def _look(desk: SupplyDesk, limiter: str, what: str, *, due: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"what": what, "due": due, "active": None, "threshold_w": None}
    for name, attribute in (("active", EMERGENCY_ACTIVE), ("threshold_w", THRESHOLD_ACTIVE)):
        try:
            value = as_integer(desk.client.get(LIMITER, limiter, attribute))
        except (Refused, UnexpectedData):
            continue
        found[name] = bool(value) if name == "active" else value
    return found


def _draw(desk: SupplyDesk, power_w: int, over_s: float, what: str, *, due_live: bool) -> dict[str, Any]:
    """Draw the load until the switch opens, or for longer than it may last above a threshold."""
    before, opened = desk.look(), draw_until_open(desk, power_w, over_s)
    desk.do("load", w=0)
    drawn = {"what": what, "load_w": power_w, "due_live": due_live}
    return {**drawn, "live_before": before["live"], "live": not opened}
