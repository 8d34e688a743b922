"""Management tokens: limits that act, registers that are cleared, functions a meter lacks. Facts: sts.md 7.6, 10 E."""

from __future__ import annotations

from dataclasses import replace

from bench.meter.vending import NEXT_TID
from bench.protocols.sts.fields import (
    ClearCredit,
    ClearTamperCondition,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    TokenFields,
    WriteExtended,
)
from bench.record.declaration import StsFunction
from bench.record.model import Kind, Outcome, Topic
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_restoring import restore_credit
from bench.run.spending import Spends
from bench.run.sts_functions import lacks, offers
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import TOKEN_NEEDS, token_requirement

SPENDS = (Alters.TOKEN_IDENTIFIERS, Alters.CREDIT)
ELECTRICITY, ALL = 0, 0xFFFF
MONEY = 4
#: Registers that no assignment names (sts.md 2.6).
NO_REGISTERS = (8, 0x1234)
WATER = 1
AMOUNT = 29
#: That a field which says nothing is zero, no source makes a duty of the meter to check.
PADDING = replace(token_requirement("6.2.8 Pad", status="K"), kind=Kind.ADVISORY)
#: Optional functions and a token that asks for each.
OPTIONAL: tuple[tuple[StsFunction, TokenFields], ...] = (
    ("maximum-power-limit", SetMaximumPowerLimit(tid=NEXT_TID, limit_w=10_000)),
    ("clear-credit", ClearCredit(tid=NEXT_TID, register=ALL)),
    ("clear-tamper", ClearTamperCondition(tid=NEXT_TID)),
    ("phase-unbalance-limit", SetMaximumPhasePowerUnbalanceLimit(tid=NEXT_TID, limit_w=10)),
    ("extended-token-set", WriteExtended(tid=NEXT_TID, index=0, value=123)),
)


@case(
    "sts/clear_credit",
    token_requirement("6.2.5 ClearCredit", Topic.CREDIT),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=24, credit_wh=800, time_s=40),
    stage=Stage.CREDIT_RESTORED,
)
def test_clear_credit(bench: CaseBench) -> None:
    """The meter's own register, and all registers, go to zero; another's and unknown ones leave the credit alone."""
    if not offers(bench, "clear-credit"):
        return
    with TokenDesk(bench) as desk:
        before = desk.credit_now()
        for register in NO_REGISTERS:
            sale = desk.vending.issue(ClearCredit(tid=NEXT_TID, register=register))
            desk.enter(sale, "no such register", what=f"ClearCredit of register {register}")
        own, other = (MONEY, ELECTRICITY) if desk.counts_money else (ELECTRICITY, MONEY)
        for register, what in ((WATER, "water"), (other, "the other way of accounting")):
            sale = desk.vending.issue(ClearCredit(tid=NEXT_TID, register=register))
            desk.enter(sale, "register of another commodity", what=f"ClearCredit of {what}")
        for register, what in ((own, "the electricity register"), (ALL, "all registers")):
            given = desk.credit(AMOUNT)
            desk.enter(given, "good credit")
            sale = desk.vending.issue(ClearCredit(tid=NEXT_TID, register=register))
            desk.enter(sale, "clears the credit", what=f"ClearCredit of {what}")
            desk.enter(given, "used", what="the credit token that was cleared again")
        if desk.counts_money:
            desk.enter(desk.credit(AMOUNT), "good credit", what="some credit again")
            desk.position.ledger.note_change("the credit was cleared, and a small one given")
        restore_credit(desk, before)
        desk.judge()


@case(
    "sts/clear_tamper",
    token_requirement("6.2.8 ClearTamperCondition"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=6, credit_wh=300, time_s=20),
    stage=Stage.TOKENS,
)
def test_clear_tamper(bench: CaseBench) -> None:
    """ClearTamperCondition is taken also where there is nothing to clear, and touches no credit."""
    if not offers(bench, "clear-tamper"):
        return
    with TokenDesk(bench) as desk:
        desk.enter(desk.vending.issue(ClearTamperCondition(tid=NEXT_TID)), "good management")
        desk.judge()
        desk.entries.clear()
        padded = desk.vending.issue(ClearTamperCondition(tid=NEXT_TID, pad=1))
        desk.enter(padded, "padding not zero", what="ClearTamperCondition whose padding is not zero")
        desk.judge(sub="padding", requirement=PADDING)


@case(
    "sts/missing_functions",
    token_requirement("7.3.1 FunctionError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=10, credit_wh=400, time_s=20),
    stage=Stage.TOKENS,
)
def test_missing_functions(bench: CaseBench) -> None:
    """Functions that the declaration does not list, and those the standard reserves, are refused as functions."""
    with TokenDesk(bench) as desk:
        if desk.sts.supports is None:
            bench.state(Outcome.NOT_RUN, "the declaration does not say what the token application supports")
            return
        missing = [(name, fields) for name, fields in OPTIONAL if lacks(bench, name)]
        reserved = [
            ("tariff rate (reserved)", SetTariffRate(tid=NEXT_TID, rate=1)),
            ("water meter factor (reserved)", SetWaterMeterFactor(tid=NEXT_TID, factor=1)),
        ]
        for name, fields in (*missing, *reserved):
            desk.enter(desk.vending.issue(fields), "no such function", what=f"a token for {name}")
        desk.judge()
