"""Credit tokens: accepted exactly once, with the exact amount; never for another commodity. Facts: sts.md 7, 10 A."""

from __future__ import annotations

from bench.meter.vending import NEXT_TID, Sale
from bench.protocols.sts.crc import block_crc
from bench.protocols.sts.fields import ClearCredit, Commodity, TransferCredit, TransferCurrency
from bench.protocols.sts.layouts import write_payload
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_restoring import can_restore, restore_credit
from bench.run.spending import Spends
from bench.run.sts_functions import lacks, offers
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import TOKEN_NEEDS, token_requirement

#: 2.9 kWh: enough to be seen, little enough to be used up again by the suites that empty the credit.
AMOUNT = 29
#: Ends of the four ranges, the gaps between them, and values that tell rounding up from rounding (sts.md 2.3).
AMOUNTS = (1, 16_383, 16_384, 16_385, 180_214, 180_223, 180_225, 1_818_524, 1_818_623)
LARGEST = 18_201_624
#: 182 034 444.43 currency units: more than 32 bits hold in hundredths.
LARGEST_MONEY = 18_203_444_442_624
#: Amounts of money on a meter that counts it: one and 12.34 units, given and taken (sts.md 2.4).
MONEY = (100_000, 1_234_000, -1_234_000, -100_000)
#: A register of 32 bits overflows with the second of these; one that holds all of them cannot be filled.
LARGEST_TRIED = 3
ONE_CURRENCY_UNIT = 100_000
SPENDS = (Alters.TOKEN_IDENTIFIERS, Alters.CREDIT)


@case(
    "sts/credit_accepted",
    token_requirement("6.3.6", Topic.CREDIT),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=5, credit_wh=3700, time_s=20),
    stage=Stage.TOKENS,
)
def test_credit_accepted(bench: CaseBench) -> None:
    """A good token adds exactly its amount."""
    with TokenDesk(bench) as desk:
        desk.enter(desk.credit(AMOUNT), "good credit")
        desk.judge()


@case(
    "sts/amounts",
    token_requirement("6.3.6", Topic.CREDIT, "V"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=18, credit_wh=200, time_s=30),
    stage=Stage.CREDIT_RESTORED,
)
def test_amounts(bench: CaseBench) -> None:
    """Amounts of all four exponents add what the coding says; a smaller register may refuse by OverflowError."""
    with TokenDesk(bench) as desk:
        if desk.counts_money:
            bench.state(Outcome.INAPPLICABLE, "the meter counts money; sts/currency tries its amounts")
            return
        if not can_restore(desk):
            bench.state(Outcome.NOT_RUN, "nothing could take back credit of this size")
            return
        before = desk.credit_now()
        for least_units in AMOUNTS:
            desk.enter(
                desk.credit(least_units), "largest amount", what=f"a credit of {least_units / 10:.1f} kWh"
            )
        restore_credit(desk, before)
        desk.judge()


@case(
    "sts/overflow",
    token_requirement("7.3 OverflowError", Topic.CREDIT),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=11, credit_wh=200, time_s=30),
    stage=Stage.CREDIT_RESTORED,
)
def test_overflow(bench: CaseBench) -> None:
    """What the register cannot hold is refused whole, and accepted later, when there is room."""
    with TokenDesk(bench) as desk:
        if not can_restore(desk):
            bench.state(Outcome.NOT_RUN, "nothing could take back credit of this size")
            return
        before = desk.credit_now()
        if desk.counts_money:
            _overflow_of_money(desk)
            desk.judge()
            return
        refused = None
        for _ in range(LARGEST_TRIED):
            sale = desk.credit(LARGEST)
            seen = desk.enter(sale, "largest amount", what="the largest amount")
            if not desk.took(seen):
                refused = sale
                break
        if refused is not None and len(desk.entries) > 1:
            restore_credit(desk, before)
            desk.enter(refused, "good credit", what="the refused token again, with room in the register")
        restore_credit(desk, before)
        desk.judge()


@case(
    "sts/other_commodity",
    token_requirement("7.3.1 FunctionError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=9, credit_wh=3800, time_s=20),
    stage=Stage.TOKENS,
)
def test_other_commodity(bench: CaseBench) -> None:
    """Water, gas and time are not electricity; the identifier of the refused token stays free."""
    with TokenDesk(bench) as desk:
        tid = NEXT_TID
        for commodity in (Commodity.WATER, Commodity.GAS, Commodity.TIME):
            sale = desk.credit(AMOUNT, commodity=commodity)
            tid = sale.tid if sale.tid is not None else NEXT_TID
            desk.enter(sale, "other commodity", what=f"a token for {commodity.name.lower()}")
        again = desk.credit(AMOUNT, tid=tid)
        desk.enter(again, "good credit", what="the identifier of a refused token")
        desk.judge()


@case(
    "sts/currency",
    token_requirement("7.3.1 FunctionError"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=6, credit_wh=200, time_s=20),
    stage=Stage.TOKENS,
)
def test_currency(bench: CaseBench) -> None:
    """Money is no energy: a meter that counts one refuses the other; one that counts money adds and takes it."""
    if not lacks(bench, "credit-currency"):
        if offers(bench, "credit-currency"):
            _money(bench)
        return
    with TokenDesk(bench) as desk:
        for least_units in (ONE_CURRENCY_UNIT, -ONE_CURRENCY_UNIT):
            desk.enter(_currency(desk, least_units), "other commodity", what=_words(least_units))
        desk.judge()


def _money(bench: CaseBench) -> None:
    with TokenDesk(bench) as desk:
        for least_units in MONEY:
            desk.enter(_currency(desk, least_units), "good credit", what=_words(least_units))
        energy = desk.vending.issue(TransferCredit(tid=NEXT_TID, least_units=AMOUNT))
        desk.enter(energy, "other commodity", what="a token for energy")
        desk.judge(requirement=token_requirement("6.3.7", Topic.CREDIT, "V"))


def _overflow_of_money(desk: TokenDesk) -> None:
    seen = desk.enter(_currency(desk, LARGEST_MONEY), "largest amount", what="an amount beyond 32 bits")
    if desk.took(seen):
        cleared = desk.vending.issue(ClearCredit(tid=NEXT_TID))
        desk.enter(cleared, "clears the credit", what="takes the largest amount back")
        desk.position.ledger.note_change("credit 0: an amount beyond any sale had to be taken back")


def _currency(desk: TokenDesk, least_units: int) -> Sale:
    return desk.vending.issue(TransferCurrency(tid=NEXT_TID, least_units=least_units))


def _words(least_units: int) -> str:
    return f"a currency token of {least_units / ONE_CURRENCY_UNIT:+g}"


@case(
    "sts/currency_checksum",
    token_requirement("6.3.7 CRC_C", status="V"),
    needs=TOKEN_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=6, credit_wh=400, time_s=20),
    stage=Stage.TOKENS,
)
def test_currency_checksum(bench: CaseBench) -> None:
    """A currency token with the checksum of an energy token is not authentic."""
    with TokenDesk(bench) as desk:
        fields = TransferCurrency(tid=desk.vending.reserve(1)[0], least_units=ONE_CURRENCY_UNIT)
        plain = desk.vending.issue(fields, crc=block_crc(*write_payload(fields)))
        desk.enter(plain, "not authentic", what="a currency token without the octet of CRC_C")
        desk.judge()
