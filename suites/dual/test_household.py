"""What a household meets once in a while: a locked limiter, friendly hours that leave a debt, a clock that is set.

Stories like the scenarios, judged by the same rules: every Wh that was used is paid for, and nobody but time ends the
hold of a limiter.
"""

from __future__ import annotations

import contextlib

from bench.record.declaration import Declaration
from bench.record.model import Outcome
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.spending import Spends
from bench.run.supply_desk import SupplyDesk
from bench.run.supply_story import CLOSE, COUNTED_S, Step, Story, missing
from suites.dual.clock_kept import clock_kept
from suites.dual.requirements import supply_requirement
from suites.dual.stories import MORE_S, SECONDS_PER_HOUR, TRIP_S, do, load_w
from suites.dual.story_verdicts import tell_story

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.VENDING_KEY)
ALTERS = (Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS, Alters.REGISTERS, Alters.SETTINGS)
MODE = "prepayment"
#: Used in friendly hours, and bought in two tokens: less than the debt, and more.
DEBT_WH, TOO_LITTLE_WH, ENOUGH_WH = 250, 100, 1000
#: How far the clock goes: across an hour, and so far back that every token comes from days ahead.
HOUR_S, DAYS_S = 3600, 3 * 86_400
DRAWN_S = 60.0


@case(
    "dual/limiter_lockout",
    supply_requirement("A4, R-051 after the declared number of trips the limiter holds for its longer time"),
    needs=NEEDS,
    alters=ALTERS,
    spends=Spends(token_identifiers=4, credit_wh=6_000),
    stage=Stage.SUPPLY,
)
def test_limiter_lockout(bench: CaseBench) -> None:
    """Overload again and again; neither the usual time nor button, token or power cut ends the lock-out, time does."""
    supply = bench.declaration.supply
    if supply is None or not supply.limiter_closes_max or supply.limiter_lockout_s is None:
        bench.state(Outcome.INAPPLICABLE, "no longer hold of the limiter after a number of trips is declared")
        return
    hold_s = supply.limiter_hold_s or 0.0
    rest_s = 2 * supply.actuation_time_s + MORE_S
    power_w = load_w(bench.declaration)
    trip = (
        do("load", w=power_w),
        do("wait", s=TRIP_S + rest_s),
        do("load", w=0),
        do("wait", s=hold_s + rest_s),
    )
    if supply.limiter_closes_max * (TRIP_S + hold_s + 3 * rest_s) > COUNTED_S:
        bench.state(Outcome.NOT_RUN, "so many trips take longer than an hour, and are not counted together")
        return
    again: tuple[Step, ...] = (*trip, do(CLOSE)) * (supply.limiter_closes_max - 1)
    story = Story(
        id="lockout",
        title="the limiter trips too often",
        steps=(
            do("limit", w=power_w // 2, over_s=round(TRIP_S)),
            *again,
            *trip,
            do("button"),
            do("token", wh=ENOUGH_WH),
            do("power_cut"),
            do("wait", s=supply.limiter_lockout_s),
            do(CLOSE),
        ),
        needs=frozenset({"limiter", "tokens"}),
    )
    _tell(bench, story)


@case(
    "dual/friendly_debt",
    supply_requirement("A2, R-036 what friendly hours cost is paid by the next tokens"),
    needs=NEEDS,
    alters=ALTERS,
    spends=Spends(token_identifiers=8, credit_wh=6_000),
    stage=Stage.SUPPLY,
)
def test_friendly_debt(bench: CaseBench) -> None:
    """Use more in friendly hours than the next token brings: the supply comes back with the one after it."""
    power_w = load_w(bench.declaration)
    story = Story(
        id="debt",
        title="a debt from friendly hours",
        steps=(
            do("friendly", on=True),
            do("set_credit", wh=0),
            do("load", w=power_w),
            do("wait", s=round(DEBT_WH * SECONDS_PER_HOUR / power_w, 1)),
            do("load", w=0),
            do("friendly", on=False),
            do("token", wh=TOO_LITTLE_WH),
            do("button"),
            do("power_cut"),
            do("token", wh=ENOUGH_WH),
            do(CLOSE),
        ),
        needs=frozenset({"friendly hours", "credit", "tokens"}),
    )
    _tell(bench, story)


@case(
    "dual/friendly_special_days",
    supply_requirement("A2, A3, R-036 special days of the friendly calendar"),
    needs=NEEDS,
    alters=ALTERS,
    spends=Spends(token_identifiers=4, credit_wh=6_000),
    stage=Stage.SUPPLY,
)
def test_friendly_special_days(bench: CaseBench) -> None:
    """Without credit, let a special day be friendly among days that are not, and the other way round."""
    story = Story(
        id="special",
        title="special days of friendly hours",
        steps=(
            do("friendly", on=True, special=True),
            do("set_credit", wh=0),
            do("wait", s=MORE_S),
            do("power_cut"),
            do("friendly", on=False, special=True),
            do("wait", s=MORE_S),
            do("friendly", on=True, special=True),
            do(CLOSE),
            do("set_credit", wh=ENOUGH_WH),
        ),
        needs=frozenset({"friendly hours", "special days of friendly hours", "credit"}),
    )
    _tell(bench, story)


@case(
    "dual/clock_set_under_load",
    supply_requirement("I4 debit = energy x price, and tokens are valid, whatever the clock shows"),
    needs=NEEDS,
    alters=ALTERS,
    spends=Spends(token_identifiers=4, credit_wh=6_000),
    stage=Stage.MEMORY,
)
def test_clock_set_under_load(bench: CaseBench) -> None:
    """Set the clock forward and back under load; enter a token that comes from days ahead of the clock."""
    drawn = do("wait", s=DRAWN_S)
    story = Story(
        id="clock",
        title="the clock is set while energy is used",
        steps=(
            do("load", w=load_w(bench.declaration)),
            drawn,
            do("set_clock", by_s=HOUR_S),
            drawn,
            do("set_clock", by_s=-2 * HOUR_S),
            drawn,
            do("set_clock", by_s=-DAYS_S),
            do("token", wh=ENOUGH_WH),
            drawn,
            do("load", w=0),
            do("power_cut"),
        ),
        needs=frozenset({"tokens"}),
    )
    _tell(bench, story, sets_clock=True)


def _tell(bench: CaseBench, story: Story, *, sets_clock: bool = False) -> None:
    lacking = _lacking(bench.declaration, story)
    if lacking:
        bench.state(Outcome.INAPPLICABLE, lacking)
        return
    with SupplyDesk(bench) as desk, clock_kept(desk) if sets_clock else contextlib.nullcontext():
        tell_story(bench, desk, story, mode=MODE)


def _lacking(declaration: Declaration, story: Story) -> str:
    """Return why a meter has no such story, or ""."""
    supply, payment = declaration.supply, declaration.payment
    if supply is None or payment is None:
        return "the declaration has no [supply], or no [payment]"
    if supply.control_mode == 0:
        return "the declared control mode never opens the switch"
    if payment.accounting != "kwh" or payment.mode != MODE:
        return "the declaration does not say that credit is counted in kWh, in prepayment"
    lacks = missing(declaration, story.needs)
    return f"not declared: {lacks}" if lacks else ""
