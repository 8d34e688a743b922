"""Limits that tokens set: enforced by the supply switch, and shown as set. Facts: sts.md 1.3, 1.4, 2.3, 10 E1, E2."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import Refused, opened
from bench.meter.vending import NEXT_TID, display_token
from bench.protocols.sts.amount import MAXIMUM_LEAST_UNITS
from bench.protocols.sts.fields import SetMaximumPhasePowerUnbalanceLimit, SetMaximumPowerLimit
from bench.protocols.sts.meter_tests import request_test
from bench.protocols.values import UnexpectedData
from bench.record.declaration import StsFunction
from bench.record.model import Outcome, Topic
from bench.rig.load_settings import balanced_load
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.prepayment import ensure_credit
from bench.run.spending import Spends
from bench.run.sts_functions import has_keypad, offers
from bench.run.switch import bring_to, load_side_live
from bench.run.token_desk import EXECUTED, TokenDesk
from bench.standards.control_modes import ControlState
from instruments.roles import LoadSetting
from suites.sts.requirements import KEYPAD_NEEDS, TOKEN_NEEDS, token_requirement

#: The limit tried, as a share of the meter's largest load, and the loads on both sides of it.
SHARE_OF_LARGEST, BELOW, ABOVE = 0.4, 0.8, 1.2
#: The field holds whole watts up to this exactly.
EXACT_W = 16_383
#: Waits, as multiples of the declared times.
LONG_ENOUGH, HELD = 1.5, 1.2
POLL_S = 0.5
SECONDS_PER_HOUR = 3600.0
CLEAR_KEY = "C"
#: Active power, total import, as the meter tells it.
OWN_POWER = "1-0:1.7.0.255"
LOADED_NEEDS = (*TOKEN_NEEDS, Need.MANAGEMENT, Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.READER)
LOADED_ALTERS = (
    Alters.TOKEN_IDENTIFIERS,
    Alters.CREDIT,
    Alters.SWITCH,
    Alters.REGISTERS,
    Alters.POWER_LIMIT,
)
#: The limits of the published series CTSA12 and CTSA13 that no load of a meter gets near, the highest last.
SHOWN_W = (256, 16_383, 16_384, 20_000, 180_223, 1_818_623, 18_201_624)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit that a token sets: the function, the kind of token, the display test that shows it."""

    function: StsFunction
    token: type[SetMaximumPowerLimit | SetMaximumPhasePowerUnbalanceLimit]
    test: int


#: No source says it of limits as it does of credit and keys (sts.md 7.6); but one that a customer can take off by
#: the main switch limits nothing.
KEPT = project_rule("a limit set by token outlives a power failure", Topic.PERSISTENCE)
POWER = Limit(function="maximum-power-limit", token=SetMaximumPowerLimit, test=7)
UNBALANCE = Limit(function="phase-unbalance-limit", token=SetMaximumPhasePowerUnbalanceLimit, test=11)


@case(
    "sts/power_limit",
    token_requirement("6.2.4, 6.3.9 SetMaximumPowerLimit", Topic.SUPPLY),
    needs=LOADED_NEEDS,
    alters=LOADED_ALTERS,
    spends=Spends(token_identifiers=6, credit_wh=200, time_s=160),
    stage=Stage.CREDIT_RESTORED,
)
def test_power_limit(bench: CaseBench) -> None:
    """Set a limit, draw less for longer than the trip time, then more; at the end set the highest limit there is."""
    plate = bench.declaration.nameplate
    limit_w = int(SHARE_OF_LARGEST * plate.voltage_v * plate.maximum_current_a * plate.elements)
    limit_w = min(limit_w, EXACT_W)
    loads = {name: _load(bench, share * limit_w) for name, share in (("below", BELOW), ("above", ABOVE))}
    _enforced(bench, POWER, limit_w, loads, ABOVE * limit_w)


@case(
    "sts/unbalance_limit",
    token_requirement("6.3.10 SetMaximumPhasePowerUnbalanceLimit", Topic.SUPPLY, "K"),
    needs=LOADED_NEEDS,
    alters=LOADED_ALTERS,
    spends=Spends(token_identifiers=6, credit_wh=200, time_s=200),
    stage=Stage.CREDIT_RESTORED,
)
def test_unbalance_limit(bench: CaseBench) -> None:
    """Phases that differ by more than the limit open the switch, the same load on all of them does not."""
    plate = bench.declaration.nameplate
    if plate.elements == 1:
        bench.state(Outcome.INAPPLICABLE, "the meter has one measuring element")
        return
    limit_w = min(int(SHARE_OF_LARGEST * plate.voltage_v * plate.maximum_current_a), EXACT_W)
    loads = {
        "balanced": _load(bench, ABOVE * limit_w * plate.elements),
        "below": _on_first_element(_load(bench, BELOW * limit_w * plate.elements)),
        "above": _on_first_element(_load(bench, ABOVE * limit_w * plate.elements)),
    }
    _enforced(bench, UNBALANCE, limit_w, loads, 2 * ABOVE * limit_w * plate.elements)


@case(
    "sts/limits_shown",
    token_requirement("6.2.3, 6.3.9, 6.3.10; the limit as set", Topic.TOKEN, "K"),
    needs=KEYPAD_NEEDS,
    alters=(Alters.TOKEN_IDENTIFIERS, Alters.POWER_LIMIT, Alters.CREDIT),
    spends=Spends(token_identifiers=16, credit_wh=200, time_s=60),
    stage=Stage.CREDIT_RESTORED,
)
def test_limits_shown(bench: CaseBench) -> None:
    """Limits over all exponents of the coding are taken, and the display test shows them, also after a power cut."""
    if not (has_keypad(bench) and offers(bench, "test-and-display")):
        return
    known = [limit for limit in (POWER, UNBALANCE) if limit.function in (_supports(bench))]
    if not known:
        bench.state(Outcome.INAPPLICABLE, "the declaration lists no limit that tokens set")
        return
    with TokenDesk(bench) as desk:
        looks = [_shown(desk, limit, limit_w) for limit in known for limit_w in SHOWN_W]
        if desk.judge(sub="tokens").outcome is not Outcome.PASSED:
            return
        seen = bench.observe("limits-shown", {"looks": looks})
        if bench.judge("sts.limits-shown/2", seen).outcome is not Outcome.PASSED:
            return
        desk.cut_supply()
        looks = [_look(desk, limit, SHOWN_W[-1]) for limit in known]
        seen = bench.observe("limits-shown", {"looks": looks})
    bench.judge("sts.limits-shown/2", seen, sub="after-power-cut", requirement=KEPT)


def _supports(bench: CaseBench) -> tuple[StsFunction, ...]:
    sts = bench.declaration.sts
    return (sts.supports if sts is not None else None) or ()


def _shown(desk: TokenDesk, limit: Limit, limit_w: int) -> dict[str, Any]:
    sale = desk.vending.issue(limit.token(tid=NEXT_TID, limit_w=limit_w))
    desk.enter(sale, "good management", what=f"{limit.token.__name__} {limit_w} W")
    return _look(desk, limit, limit_w)


def _look(desk: TokenDesk, limit: Limit, limit_w: int) -> dict[str, Any]:
    width = len(desk.vending.own.meter_pan.manufacturer_code)
    token = display_token(request_test(limit.test, manufacturer_digits=width)).digits
    desk.keypad.press(CLEAR_KEY)
    before = desk.keypad.display()
    return {"limit_w": limit_w, "before": before, "after": desk.keypad.enter(token)["display"]}


def _enforced(
    bench: CaseBench, limit: Limit, limit_w: int, loads: dict[str, LoadSetting], largest_w: float
) -> None:
    if not offers(bench, limit.function):
        return
    supply, payment = bench.declaration.supply, bench.declaration.payment
    trip_s = supply.limiter_trip_s if supply is not None else None
    if supply is None or trip_s is None:
        bench.state(Outcome.NOT_RUN, "the declaration does not say how long the limit may be exceeded")
        return
    if payment is not None and payment.accounting == "currency":
        bench.state(Outcome.NOT_RUN, "how long the credit lasts under load is known of meters that count kWh")
        return
    plate = bench.declaration.nameplate
    if supply.control_mode == 0:
        bench.state(Outcome.INAPPLICABLE, "the declared control mode never opens the switch")
        return
    longest_s = LONG_ENOUGH * (trip_s + supply.actuation_time_s)
    with TokenDesk(bench) as desk:
        ensure_credit(bench.position, largest_w * len(loads) * longest_s / SECONDS_PER_HOUR + 1000)
        sale = desk.vending.issue(limit.token(tid=NEXT_TID, limit_w=limit_w))
        set_w = desk.enter(sale, "good management", what=f"{limit.token.__name__} {limit_w} W")
        if set_w.get("status_code", EXECUTED) != EXECUTED:
            desk.judge()
            return
        desk.hang_up()
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)
        if not load_side_live(bench):
            desk.judge()
            bench.state(Outcome.NOT_RUN, "the switch is not closed, so no load can open it")
            return
        actuators, number = bench.position.hands(bench.rack)
        actuators.bypass(number, automatic=True)
        seen: dict[str, Any] = {"limit_w": limit_w}
        # one range of the standard for all loads: it would be in overload while the range follows the load down
        with bench.rack.counting_energy(plate.voltage_v, plate.maximum_current_a):
            for name, load in loads.items():
                seen[name] = _draw(bench, load, longest_s, own=limit is POWER)
            bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        actuators.bypass(number, automatic=False)
        desk.pause(HELD * (supply.limiter_hold_s or trip_s) + supply.actuation_time_s)
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)
        desk.forget_credit()  # the loads used some
        none = desk.vending.issue(limit.token(tid=NEXT_TID, limit_w=MAXIMUM_LEAST_UNITS))
        desk.enter(none, "good management", what="the highest limit")
        desk.position.ledger.note_change(f"{limit.function} {MAXIMUM_LEAST_UNITS} W, the highest there is")
        desk.judge(sub="tokens")
    bench.judge("sts.power-limit/2", bench.observe("power-limit", seen))


def _load(bench: CaseBench, power_w: float) -> LoadSetting:
    """Return the balanced load that draws a power in all."""
    plate = bench.declaration.nameplate
    return balanced_load(
        elements=plate.elements,
        voltage_v=plate.voltage_v,
        current_a=power_w / (plate.voltage_v * plate.elements),
        lag_deg=0.0,
        frequency_hz=plate.frequency_hz,
    )


def _on_first_element(load: LoadSetting) -> LoadSetting:
    first, *others = load.phases
    return replace(load, phases=(first, *(replace(phase, current_a=0.0) for phase in others)))


def _draw(bench: CaseBench, load: LoadSetting, longest_s: float, *, own: bool) -> dict[str, Any]:
    """Draw a load until the switch opens or the time is over; return what was seen, and what the meter measured."""
    actuators, number = bench.position.hands(bench.rack)
    bench.rack.apply(load)
    drawn_w = bench.rack.readings().power_w
    started_s = bench.clock.now()
    own_w = _own_power_w(bench) if own else None
    while actuators.load_side_live(number) and bench.clock.now() - started_s < longest_s:
        bench.clock.sleep(POLL_S)
    return {
        "power_w": drawn_w,
        **({"own_w": own_w} if own_w is not None else {}),
        "waited_s": bench.clock.now() - started_s,
        "load_side_live": actuators.load_side_live(number),
    }


def _own_power_w(bench: CaseBench) -> float | None:
    """Return the active power that the meter itself tells, None where it tells none."""
    with opened(bench.position.client("reader")) as client:
        try:
            return client.register(OWN_POWER).value
        except (Refused, UnexpectedData):
            return None
