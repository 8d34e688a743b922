"""A token works once: used, old, and the sliding window of identifiers. Facts: sts.md 7.3, 10 B."""

from __future__ import annotations

from bench.judgement.project_rules import project_rule
from bench.meter.vending import NEXT_TID
from bench.protocols.sts.fields import ClearTamperCondition, SetMaximumPowerLimit
from bench.record.declaration import StsFunction
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.spending import Spends
from bench.run.sts_functions import has_keypad
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import (
    GATEWAY_NEEDS,
    KEYPAD_NEEDS,
    TOKEN_NEEDS,
    token_requirement,
)

AMOUNT = 29
SPENDS = (Alters.TOKEN_IDENTIFIERS, Alters.CREDIT)
#: A day after the base date: before any meter was made, so older than every entry of a memory in use.
LONG_AGO = 2 * 24 * 60 + 17
#: A power limit that no direct-connected meter reaches, for tokens that only have to be taken.
HIGH_LIMIT_W = 100_000


@case(
    "sts/used_token",
    token_requirement("7.3.7 UsedError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=6, credit_wh=3800, time_s=20),
    stage=Stage.TOKENS,
)
def test_used_token(bench: CaseBench) -> None:
    """The same token a second time is rejected as used, without effect; also after others came in between."""
    with TokenDesk(bench) as desk:
        first, second = desk.credit(AMOUNT), desk.credit(1)
        desk.enter(first, "good credit")
        desk.enter(first, "used", what="the same token a second time")
        desk.enter(second, "good credit")
        desk.enter(first, "used", what="the same token after another one")
        desk.judge()


@case(
    "sts/used_identifier",
    token_requirement("7.3.7 UsedError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=5, credit_wh=3700, time_s=20),
    stage=Stage.TOKENS,
)
def test_used_identifier(bench: CaseBench) -> None:
    """The identifier is what is used up: another amount or random number under it does not help."""
    with TokenDesk(bench) as desk:
        first = desk.credit(AMOUNT)
        desk.enter(first, "good credit")
        tid = first.tid if first.tid is not None else NEXT_TID
        for what, fields in (
            ("another amount under a used identifier", desk.credit_fields(AMOUNT + 1, tid=tid)),
            ("another random number under a used identifier", desk.credit_fields(AMOUNT, tid=tid, rnd=10)),
        ):
            desk.enter(desk.vending.issue(fields), "used", what=what)
        desk.judge()


@case(
    "sts/identifier_window",
    token_requirement("7.3.7 OldError, UsedError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=75, credit_wh=6600, time_s=80),
    stage=Stage.TOKENS,
)
def test_identifier_window(bench: CaseBench) -> None:
    """As many tokens as the memory is declared to hold, newest first: all accepted, all remembered, none older."""
    with TokenDesk(bench) as desk:
        below, *window = desk.vending.reserve(desk.sts.tid_memory + 1)
        sales = [desk.credit(1, tid=tid) for tid in reversed(window)]
        for sale in sales:
            desk.enter(sale, "good credit", what="a token older than the one before, inside the window")
        size = token_requirement("7.3.7, at least 50 identifiers", status="K")
        if desk.judge(sub="size", requirement=size).outcome is not Outcome.PASSED:
            return
        desk.entries.clear()
        # a token that takes back the count of wrong ones pushes the oldest out, so the oldest is tried first
        desk.enter(sales[-1], "used", what="the oldest token of the window again")
        for tid, what in ((below, "a token just older than the window"), (LONG_AGO, "a token from long ago")):
            desk.enter(desk.credit(1, tid=tid), "old", what=what)
        for place in sorted({0, 1, len(sales) // 2}):
            desk.enter(sales[place], "used", what=f"token {place + 1} of the window again")
        desk.enter(desk.credit(), "good credit", what="a new token, which pushes the oldest out")
        desk.enter(sales[-1], "old", what="the token that was pushed out")
        desk.judge()


@case(
    "sts/used_after_power_cut",
    token_requirement("7.3.7; identifiers survive power loss"),
    needs=(*TOKEN_NEEDS, Need.HANDS),
    alters=SPENDS,
    spends=Spends(token_identifiers=5, credit_wh=7200, time_s=30),
    stage=Stage.TOKENS,
)
def test_used_after_power_cut(bench: CaseBench) -> None:
    """Credit and identifier are there after a power failure right after the accept."""
    with TokenDesk(bench) as desk:
        sale = desk.credit(AMOUNT)
        seen = desk.enter(sale, "good credit")
        before_wh = seen.get("credit_before_wh")
        desk.cut_supply()
        again = desk.enter(sale, "used", what="the same token after a power cut")
        if before_wh is not None:
            # one entry over the whole case: what the credit was before the first, and is after the cut
            desk.entries.append(
                {
                    **seen,
                    "what": "the credit after the power cut",
                    "credit_after_wh": again["credit_before_wh"],
                }
            )
        desk.judge()


@case(
    "sts/two_carriers_one_memory",
    project_rule("one meter application process: carriers share the identifiers", Topic.TOKEN),
    needs=(*GATEWAY_NEEDS, Need.HANDS),
    alters=SPENDS,
    spends=Spends(token_identifiers=6, credit_wh=7200, time_s=20),
    stage=Stage.TOKENS,
)
def test_two_carriers_one_memory(bench: CaseBench) -> None:
    """A token used at the keypad is used at the gateway, and the other way round."""
    if not has_keypad(bench):
        return
    with TokenDesk(bench) as desk:
        for first, second in (("keypad", "gateway"), ("gateway", "keypad")):
            sale = desk.credit(AMOUNT)
            desk.enter(sale, "good credit", carrier=first)
            desk.enter(sale, "used", what=f"the same token by the {second}", carrier=second)
        desk.judge()


@case(
    "sts/keypad_token",
    token_requirement("7.2, results told at the display", Topic.TOKEN),
    needs=KEYPAD_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=5, credit_wh=3700, time_s=20),
    stage=Stage.TOKENS,
)
def test_keypad_token(bench: CaseBench) -> None:
    """Keyed in by hand, tokens do what they do by any carrier, and the display says so."""
    if not has_keypad(bench):
        return
    with TokenDesk(bench) as desk:
        sale = desk.credit(AMOUNT)
        desk.enter(sale, "good credit", carrier="keypad")
        desk.enter(sale, "used", carrier="keypad")
        desk.judge()


@case(
    "sts/management_replay",
    token_requirement("7.3.7 for class 2", status="V1"),
    needs=TOKEN_NEEDS,
    alters=(*SPENDS, Alters.POWER_LIMIT),
    spends=Spends(token_identifiers=9, credit_wh=500, time_s=30),
    stage=Stage.CREDIT_RESTORED,
)
def test_management_replay(bench: CaseBench) -> None:
    """Management tokens share the memory of identifiers: used is used, across the classes."""
    supports = (bench.declaration.sts.supports if bench.declaration.sts is not None else None) or ()
    harmless: tuple[tuple[StsFunction, type[SetMaximumPowerLimit | ClearTamperCondition]], ...] = (
        ("maximum-power-limit", SetMaximumPowerLimit),
        ("clear-tamper", ClearTamperCondition),
    )
    known = [kind for function, kind in harmless if function in supports]
    if not known:
        bench.state(
            Outcome.INAPPLICABLE, "the declaration lists no management function that can be tried twice"
        )
        return
    with TokenDesk(bench) as desk:
        for kind in known:
            limit = {"limit_w": HIGH_LIMIT_W} if kind is SetMaximumPowerLimit else {}
            sale = desk.vending.issue(kind(tid=NEXT_TID, **limit))
            desk.enter(sale, "good management", what=kind.__name__)
            desk.enter(sale, "used", what=f"the same {kind.__name__} again")
            tid = sale.tid if sale.tid is not None else NEXT_TID
            credit = desk.credit(AMOUNT, tid=tid)
            desk.enter(credit, "used", what="credit under the identifier of a management token")
            spent = desk.credit()
            desk.enter(spent, "good credit")
            tid = spent.tid if spent.tid is not None else NEXT_TID
            desk.enter(
                desk.vending.issue(kind(tid=tid, **limit)), "used", what="management under a used identifier"
            )
        desk.judge()
