"""Scenarios S1 to S18, in prepayment and in credit mode: one story each, judged by the declared rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.spending import Spends
from bench.run.supply_desk import SupplyDesk
from bench.run.supply_story import missing
from bench.run.tokens_taken import NO_TOKENS, takes_tokens
from suites.dual.requirements import supply_requirement
from suites.dual.stories import stories
from suites.dual.story_verdicts import tell_story

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.VENDING_KEY)
ALTERS = (Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS, Alters.REGISTERS, Alters.SETTINGS)
#: What a story needs that only a token ends.
TAMPER = "tamper response"
NAMES = tuple(f"S{number}" for number in range(1, 19))


def _scenario(name: str) -> Any:
    @case(
        f"dual/scenario/{name}",
        supply_requirement(f"scenario {name} (rules A2 to A6, A8, mode table)", Topic.SUPPLY),
        needs=NEEDS,
        alters=ALTERS,
        spends=Spends(token_identifiers=12, credit_wh=8_000),
        stage=Stage.SUPPLY,
    )
    def test(bench: CaseBench) -> None:
        supply = bench.declaration.supply
        if supply is None:
            bench.state(Outcome.INAPPLICABLE, "the declaration has no [supply]")
            return
        story = next(item for item in stories(bench.declaration) if item.id == name)
        lacking = missing(bench.declaration, story.needs)
        if lacking:
            bench.state(Outcome.INAPPLICABLE, f"not declared: {lacking}")
            return
        if TAMPER in story.needs and not takes_tokens(bench):
            bench.state(Outcome.NOT_RUN, NO_TOKENS)
            return
        with SupplyDesk(bench) as desk:
            for mode in _payment_modes(bench):
                tell_story(bench, desk, story, mode=mode)

    test.__doc__ = f"Play scenario {name} and judge it by the declared rules."
    return test


def _payment_modes(bench: CaseBench) -> tuple[str, ...]:
    payment = bench.declaration.payment
    if payment is None:
        return ("prepayment",)
    if payment.mode_switch is None or payment.tokens_in_credit_mode == "refused":
        return (payment.mode,)
    return ("prepayment", "credit")


_TESTS: dict[str, Callable[[CaseBench], None]] = {f"test_{name.lower()}": _scenario(name) for name in NAMES}
globals().update(_TESTS)
