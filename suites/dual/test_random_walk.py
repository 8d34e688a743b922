"""A random walk over one switch with two masters, judged by the invariants I1 to I8 and the rules behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.credit_story import BalanceFollower
from bench.judgement.supply_story import SupplyFollower
from bench.record.model import Outcome
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.spending import Spends
from bench.run.supply_desk import SupplyDesk
from bench.run.supply_walk import Deviates, SupplyWalk
from bench.run.tokens_taken import takes_tokens
from suites.dual.requirements import supply_requirement
from suites.dual.story_verdicts import judge_story


@case(
    "dual/random_walk",
    supply_requirement("I1, I2, I6, I8 and the rules A2 to A6, A8 on a random walk"),
    needs=(Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.VENDING_KEY),
    alters=(Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS, Alters.REGISTERS, Alters.SETTINGS),
    spends=Spends(token_identifiers=90, credit_wh=16_000),
    stage=Stage.SUPPLY,
)
def test_random_walk(bench: CaseBench) -> None:
    """Walk at random by the seed of the run; a deviation is shrunk to a short story, which is judged too."""
    supply = bench.declaration.supply
    if supply is None:
        bench.state(Outcome.INAPPLICABLE, "the declaration has no [supply]")
        return

    def watch() -> Deviates:
        supply_of, balance_of = SupplyFollower(bench.declaration), BalanceFollower(bench.declaration)

        def look(steps: Sequence[Mapping[str, Any]]) -> int | None:
            found = (supply_of.follow(steps), balance_of.follow(steps))
            return min((item.index for item in found if item is not None), default=None)

        return look

    def deviates(steps: Sequence[Mapping[str, Any]]) -> int | None:
        return watch()(steps)

    tokens = takes_tokens(bench)
    with SupplyDesk(bench) as desk:
        walk = SupplyWalk(desk, bench.run.options.seed, tampers=tokens)
        if not walk.begin():
            reason = "the switch could not be brought to connected at the beginning"
            bench.state(Outcome.INCONCLUSIVE, reason)
            return
        steps = walk.go(bench.run.plan.walk_steps, watch())
        judge_story(bench, steps, sub="walk")
        short = walk.shrink(steps, deviates)
        if short is not None:
            judge_story(bench, short, sub="story")
        walk.leave()
        if supply.control_modes:
            desk.do("control_mode", mode=supply.control_mode)
