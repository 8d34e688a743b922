"""The maximum power limit that a token sets, enforced by the supply switch. Facts: sts.md 1.3, 2.3, 10 E1."""

from __future__ import annotations

from typing import Any

from bench.meter.vending import NEXT_TID
from bench.protocols.sts.amount import MAXIMUM_LEAST_UNITS
from bench.protocols.sts.fields import SetMaximumPowerLimit
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.prepayment import ensure_credit
from bench.run.spending import Spends
from bench.run.sts_functions import offers
from bench.run.switch import bring_to, load_side_live
from bench.run.token_desk import EXECUTED, TokenDesk
from bench.standards.control_modes import ControlState
from suites.sts.requirements import TOKEN_NEEDS, token_requirement

#: The limit tried, as a share of the meter's largest load, and the loads on both sides of it.
SHARE_OF_LARGEST, BELOW, ABOVE = 0.4, 0.8, 1.2
#: The field holds whole watts up to this exactly.
EXACT_W = 16_383
#: Waits, as multiples of the declared times.
LONG_ENOUGH, HELD = 1.5, 1.2
POLL_S = 0.5
SECONDS_PER_HOUR = 3600.0


@case(
    "sts/power_limit",
    token_requirement("6.2.4, 6.3.9 SetMaximumPowerLimit", Topic.SUPPLY),
    needs=(*TOKEN_NEEDS, Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.READER),
    alters=(Alters.TOKEN_IDENTIFIERS, Alters.CREDIT, Alters.SWITCH, Alters.REGISTERS, Alters.POWER_LIMIT),
    spends=Spends(token_identifiers=6, credit_wh=200, time_s=160),
    stage=Stage.CREDIT_RESTORED,
)
def test_power_limit(bench: CaseBench) -> None:
    """Set a limit, draw less for longer than the trip time, then more; at the end set the highest limit there is."""
    if not offers(bench, "maximum-power-limit"):
        return
    supply = bench.declaration.supply
    trip_s = supply.limiter_trip_s if supply is not None else None
    if supply is None or trip_s is None:
        bench.state(Outcome.NOT_RUN, "the declaration does not say how long the limit may be exceeded")
        return
    plate = bench.declaration.nameplate
    limit_w = min(int(SHARE_OF_LARGEST * plate.voltage_v * plate.maximum_current_a * plate.elements), EXACT_W)
    waits_s = 2 * LONG_ENOUGH * (trip_s + supply.actuation_time_s)
    with TokenDesk(bench) as desk:
        ensure_credit(bench.position, ABOVE * limit_w * waits_s / SECONDS_PER_HOUR + 1000)
        sale = desk.vending.issue(SetMaximumPowerLimit(tid=NEXT_TID, limit_w=limit_w))
        set_w = desk.enter(sale, "good management", what=f"a power limit of {limit_w} W")
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
            for name, share in (("below", BELOW), ("above", ABOVE)):
                seen[name] = _draw(bench, share * limit_w, LONG_ENOUGH * (trip_s + supply.actuation_time_s))
            bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        actuators.bypass(number, automatic=False)
        desk.pause(HELD * (supply.limiter_hold_s or trip_s) + supply.actuation_time_s)
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)
        desk.forget_credit()  # the loads used some
        none = desk.vending.issue(SetMaximumPowerLimit(tid=NEXT_TID, limit_w=MAXIMUM_LEAST_UNITS))
        desk.enter(none, "good management", what="the highest power limit")
        desk.position.ledger.note_change(f"power limit {MAXIMUM_LEAST_UNITS} W, the highest there is")
        desk.judge(sub="tokens")
    bench.judge("sts.power-limit/1", bench.observe("power-limit", seen))


def _draw(bench: CaseBench, power_w: float, longest_s: float) -> dict[str, Any]:
    """Draw a power until the switch opens or the time is over; return what was seen."""
    actuators, number = bench.position.hands(bench.rack)
    plate = bench.declaration.nameplate
    current_a = power_w / (plate.voltage_v * plate.elements)
    bench.run.load(voltage_factor=1.0, current_a=current_a, lag_deg=0.0)
    drawn_w = bench.rack.readings().power_w
    started_s = bench.clock.now()
    while actuators.load_side_live(number) and bench.clock.now() - started_s < longest_s:
        bench.clock.sleep(POLL_S)
    return {
        "power_w": drawn_w,
        "waited_s": bench.clock.now() - started_s,
        "load_side_live": actuators.load_side_live(number),
    }
