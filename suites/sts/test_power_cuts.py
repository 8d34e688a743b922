"""Power cuts while a token is processed: never credit without identifier, never the other way. Facts: sts.md 10 G."""

from __future__ import annotations

import random
from typing import Any

from bench.meter.dlms_client import Refused
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.cut_search import LONGEST_S, AfterCut, search
from bench.run.spending import Spends
from bench.run.sts_functions import has_keypad
from bench.run.token_carriers import ENTER_KEY
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import KEYPAD_NEEDS, token_requirement

AMOUNT = 3
SPENDS = (Alters.TOKEN_IDENTIFIERS, Alters.CREDIT)
#: Cuts at random instants besides those of the search, most of them early, where meters write.
RANDOM_CUTS = 8
FIRST_CUT_S = 0.0005


@case(
    "sts/cut_while_processing",
    token_requirement("7.3.7; IEC 62055-31 Annex A, accounting integrity", Topic.TOKEN),
    needs=KEYPAD_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=45, credit_wh=11800, time_s=290),
    stage=Stage.TOKENS,
)
def test_cut_while_processing(bench: CaseBench) -> None:
    """Cut the supply at many instants after entry; each token is credited exactly once, now or when entered again."""
    if not has_keypad(bench):
        return
    with TokenDesk(bench) as desk:
        if desk.credit_now() is None:
            bench.state(Outcome.NOT_RUN, "the credit cannot be read in Wh, so nothing shows what a cut left")
            return
        if not desk.takes_tokens():
            return
        trials: list[dict[str, Any]] = []

        def cut(delay_s: float) -> AfterCut:
            trials.append(_trial(desk, delay_s))
            last = trials[-1]
            return AfterCut(
                credited=last["after_cut_wh"] != last["before_wh"],
                used=last["after_again_wh"] == last["after_cut_wh"],
            )

        search(cut)
        chance = random.Random(bench.run.options.seed)  # noqa: S311 - instants, not secrets
        for _ in range(RANDOM_CUTS):
            cut(FIRST_CUT_S * (LONGEST_S / FIRST_CUT_S) ** chance.random())
        seen = bench.observe("token-power-cut", {"trials": trials})
    bench.judge("sts.token-power-cut/1", seen)


def _trial(desk: TokenDesk, delay_s: float) -> dict[str, Any]:
    sale = desk.credit(AMOUNT)
    desk.learn(sale.digits)
    before = desk.credit_now()
    desk.hang_up()
    desk.keypad.press(sale.digits + ENTER_KEY)
    desk.cut_supply(after_s=delay_s)
    after_cut = desk.credit_now()
    desk.keypad.enter(sale.digits)
    desk.forget_credit()
    after_again = desk.credit_now()
    if before is None or after_cut is None or after_again is None:
        raise Refused("credit", "not readable")
    return {
        "token": sale.data(),
        "cut_after_s": delay_s,
        "before_wh": before.amount_wh,
        "credit_resolution_wh": before.resolution_wh,
        "after_cut_wh": after_cut.amount_wh,
        "after_again_wh": after_again.amount_wh,
    }
