"""The extended token set (STS 202-5), as far as its layout is known: written, used up, shown. Facts: sts.md 1.3, 10 E6.

What an index does in a meter is not public, so only indices are tried that the declaration names for it. Of the flags
only flag 0 can be asked for, and a value whose other bits mean something unknown is never written.
"""

from __future__ import annotations

from typing import Any

from bench.meter.vending import NEXT_TID, display_token
from bench.protocols.sts.extended_set import FLAGS_INDEX, LARGEST_VALUE
from bench.protocols.sts.fields import ReadExtended, WriteExtended
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.spending import Spends
from bench.run.sts_functions import offers
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import TOKEN_NEEDS, token_requirement

#: Values written one after the other: that of the published vectors, all ten bits, none.
VALUES = (123, LARGEST_VALUE, 0)
FLAG_STATES = (1, 0)
CLEAR_KEY = "C"


@case(
    "sts/extended_token_set",
    token_requirement("STS 202-5, control values and flags", Topic.TOKEN, "K"),
    needs=TOKEN_NEEDS,
    alters=(Alters.TOKEN_IDENTIFIERS, Alters.CREDIT, Alters.SETTINGS),
    spends=Spends(token_identifiers=18, credit_wh=900, time_s=60),
    stage=Stage.TOKENS,
)
def test_extended_token_set(bench: CaseBench) -> None:
    """A value is written once per token, and shown as often as it is asked for."""
    if not offers(bench, "extended-token-set"):
        return
    with TokenDesk(bench) as desk:
        indices = desk.sts.extended_values
        if not indices:
            bench.state(
                Outcome.NOT_RUN, "the declaration names no index of the extended token set to be tried"
            )
            return
        looks: list[dict[str, Any]] = []
        for index in indices:
            for value in FLAG_STATES if index == FLAGS_INDEX else VALUES:
                sale = desk.vending.issue(WriteExtended(tid=NEXT_TID, index=index, value=value))
                desk.enter(sale, "good management", what=f"{value} for index {index}")
                desk.enter(sale, "used", what=f"{value} for index {index} once more")
                looks += _looks(desk, index, value)
            desk.position.ledger.note_change(f"index {index} of the extended token set is 0")
        desk.judge()
        if not looks:
            return
        seen = bench.observe("extended-values", {"looks": looks})
    bench.judge("sts.extended-values/2", seen, sub="shown")


def _looks(desk: TokenDesk, index: int, value: int) -> list[dict[str, Any]]:
    """Ask the display for a value twice, which must not use the token up; nothing where there is no display."""
    token = display_token(ReadExtended(index=index)).digits
    if not desk.has_keypad:
        desk.enter(token, "test or display that may be missing", what=f"show index {index}")
        return []
    desk.learn(token)
    looks = []
    for _ in range(2):
        desk.keypad.press(CLEAR_KEY)
        before = desk.keypad.display()
        looks.append(
            {"index": index, "value": value, "before": before, "after": desk.keypad.enter(token)["display"]}
        )
    return looks
