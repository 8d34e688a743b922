"""Test 1 of a class 1 token works the supply switch, and leaves it as it was. Facts: sts.md 1.4, 10 F7."""

from __future__ import annotations

from typing import Any

from bench.meter.vending import display_token
from bench.protocols.sts.meter_tests import request_test
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.spending import Spends
from bench.run.sts_functions import offers
from bench.run.switch import bring_to, load_side_live, settle_time_s
from bench.run.token_desk import TokenDesk
from bench.standards.control_modes import ControlState
from suites.sts.requirements import TOKEN_NEEDS, token_requirement

#: How long a test may hold the contact away from where it was, beside its own travel; a common sense bound.
LONGEST_TEST_S = 10.0
POLL_S = 0.5


@case(
    "sts/switch_test",
    token_requirement("6.2.3, test of the load switch", Topic.SUPPLY, "K"),
    needs=(*TOKEN_NEEDS, Need.HANDS, Need.MANAGEMENT, Need.READER),
    alters=(Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS),
    spends=Spends(token_identifiers=2, credit_wh=1000, time_s=60),
    stage=Stage.LOCK_OUT,
)
def test_switch_test(bench: CaseBench) -> None:
    """A closed switch is closed again after its test; one that is held open by a remote command stays open."""
    if not offers(bench, "test-and-display"):
        return
    supply, payment = bench.declaration.supply, bench.declaration.payment
    if supply is None or (payment is not None and payment.accounting == "currency"):
        bench.state(Outcome.NOT_RUN, "no supply switch is declared, or its credit is not counted in kWh")
        return
    with TokenDesk(bench) as desk:
        trials = [
            _trial(desk, words)
            for state, words in (
                (ControlState.DISCONNECTED, "held open by a remote command"),
                (ControlState.CONNECTED, "closed"),
            )
            if _brought_to(bench, state, supply.control_mode)
        ]
        desk.judge(sub="tokens")
    if not trials:
        bench.state(Outcome.NOT_RUN, "the switch could be brought neither to open nor to closed")
        return
    bench.judge("sts.switch-test/1", bench.observe("switch-test", {"trials": trials}))


def _brought_to(bench: CaseBench, state: ControlState, mode: int) -> bool:
    return not bring_to(bench, state, mode) and load_side_live(bench) is (state is ControlState.CONNECTED)


def _trial(desk: TokenDesk, state: str) -> dict[str, Any]:
    bench = desk.bench
    before = load_side_live(bench)
    width = len(desk.vending.own.meter_pan.manufacturer_code)
    token = display_token(request_test(1, manufacturer_digits=width))
    desk.enter(token, "test or display that may be missing", what=f"test of the switch, {state}")
    desk.hang_up()
    moved, end_s = False, bench.clock.now() + LONGEST_TEST_S + settle_time_s(bench)
    while bench.clock.now() < end_s:
        bench.clock.sleep(POLL_S)
        moved = moved or load_side_live(bench) is not before
    return {"state": state, "live_before": before, "moved": moved, "live_after": load_side_live(bench)}
