"""What the COSEM objects tell after a token: which it was, when, how it came, the credit. Facts: sts.md 9, 10 M."""

from __future__ import annotations

from typing import Any

from bench.meter.dlms_client import Refused
from bench.protocols.values import as_integer
from bench.record.model import Kind, Outcome, Requirement, Topic
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.gateway_report import read_report
from bench.run.money import ACCOUNT
from bench.run.spending import Spends
from bench.run.token_desk import TokenDesk
from suites.sts.requirements import GATEWAY_NEEDS

AMOUNT = 29
AVAILABLE_CREDIT = 5
CLEAR_KEY = "C"
SPENDS = (Alters.TOKEN_IDENTIFIERS, Alters.CREDIT)


def class_requirement(clause: str, topic: Topic) -> Requirement:
    """Return a requirement of the Blue Book on the prepayment classes, as public sources tell it."""
    return Requirement(
        document="IEC 62056-6-2",
        edition="uncertain",
        clause=clause,
        topic=topic,
        kind=Kind.STANDARD,
        status="K",
    )


@case(
    "sts/gateway_report",
    class_requirement("token gateway (class 115), attributes 2, 3, 5", Topic.TOKEN),
    needs=GATEWAY_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=4, credit_wh=5800, time_s=20),
    stage=Stage.TOKENS,
)
def test_gateway_report(bench: CaseBench) -> None:
    """The gateway tells the last token, its time and the way it came, also of one that was keyed in."""
    with TokenDesk(bench) as desk:
        reports: list[dict[str, Any]] = []
        for carrier in ("gateway", "keypad") if desk.has_keypad else ("gateway",):
            sale = desk.credit(AMOUNT)
            desk.enter(sale, "good credit", carrier=carrier)
            told = read_report(desk.client, sale.digits)
            reports.append({"carrier": carrier, **told})
        if desk.judge(sub="tokens").outcome is not Outcome.PASSED:
            return
        seen = bench.observe("gateway-report", {"reports": reports})
    bench.judge("sts.gateway-report/3", seen)


@case(
    "sts/credit_told",
    class_requirement("available_credit of the Account, the display", Topic.CREDIT),
    needs=GATEWAY_NEEDS,
    alters=SPENDS,
    spends=Spends(token_identifiers=3, credit_wh=3000, time_s=20),
    stage=Stage.TOKENS,
)
def test_credit_told(bench: CaseBench) -> None:
    """Display, Account and Credit object tell one and the same credit, before and after a token."""
    with TokenDesk(bench) as desk:
        if desk.credit_now() is None:
            bench.state(Outcome.INAPPLICABLE, "the credit cannot be read in Wh")
            return
        looks = [_look(desk)]
        desk.enter(desk.credit(AMOUNT), "good credit")
        looks.append(_look(desk))
        if desk.judge(sub="tokens").outcome is not Outcome.PASSED:
            return
        seen = bench.observe("credit-told", {"looks": looks})
    bench.judge("sts.credit-told/1", seen)


def _look(desk: TokenDesk) -> dict[str, Any]:
    credit = desk.credit_now()
    looked: dict[str, Any] = {"available_wh": None, "display": ""}
    if credit is not None:
        looked |= {"credit_wh": credit.amount_wh, "resolution_wh": credit.resolution_wh}
        try:
            amount = as_integer(desk.client.get(*ACCOUNT, AVAILABLE_CREDIT))
            looked["available_wh"] = amount * credit.resolution_wh
        except Refused:
            looked["available_wh"] = None
    if desk.has_keypad:
        desk.keypad.press(CLEAR_KEY)
        looked["display"] = desk.keypad.display()
    return looked
