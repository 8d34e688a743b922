"""The most that may be bought at once, and the most that the credit may come to: tokens up to it, and none beyond.

That the two registers bind tokens is how this project reads their names; no public text tells it (status U).
"""

from __future__ import annotations

from typing import Any

from bench.judgement.dlms_requirements import blue_book_requirement
from bench.meter.dlms_client import Refused, opened
from bench.protocols.data import Data
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh
from bench.run.prepayment import enter_token, read_credit
from bench.run.spending import Spends

REGISTER, VALUE, WATT_HOURS = 3, 2, 30
MOST_CREDIT, MOST_VEND = "0-0:19.50.1.255", "0-0:19.50.2.255"
LIMIT_WH = 1000
LEAST_UNIT_WH = 100
SUCCESS = "success"


@case(
    "dual/vend_limits",
    blue_book_requirement("Register: maximum vend limit and maximum credit limit", Topic.CREDIT, "U"),
    needs=(Need.MANAGEMENT, Need.VENDING_KEY, Need.TOKEN_GATEWAY),
    alters=[Alters.SETTINGS, Alters.TOKEN_IDENTIFIERS, Alters.CREDIT],
    spends=Spends(token_identifiers=6, credit_wh=3200),
    stage=Stage.TOKENS,
)
def test_vend_limits(bench: CaseBench) -> None:
    """Set each limit in turn; buy as much as it allows and a little more, and that again without the limit."""
    if not counts_kwh(bench):
        bench.state(Outcome.INAPPLICABLE, "the credit does not count kWh")
        return
    bench.energise()
    for obis, name in ((MOST_VEND, "vend"), (MOST_CREDIT, "credit")):
        _limit(bench, obis, name)


def _limit(bench: CaseBench, obis: str, name: str) -> None:
    position = bench.position
    with opened(position.client("management")) as client:
        try:
            shown = client.register(obis)
        except Refused:
            bench.state(Outcome.INAPPLICABLE, f"there is no register {obis} for management", sub=name)
            return
        if shown.unit != WATT_HOURS:
            bench.state(Outcome.INAPPLICABLE, f"{obis} is not in Wh", sub=name)
            return
        above_wh = 0.0 if obis == MOST_VEND else read_credit(client, position).amount_wh
        position.held.hold(client, (REGISTER, obis), VALUE)
        kind = client.get(REGISTER, obis, VALUE).type
        wanted = Data(kind, int((above_wh + LIMIT_WH) / shown.resolution))
        try:
            client.set(REGISTER, obis, VALUE, wanted)
            answer = SUCCESS
        except Refused as refusal:
            answer = str(refusal.result)
    data: dict[str, Any] = {"limit": name, "set": answer, "entries": []}
    if answer == SUCCESS:
        data["entries"] += [_buy(bench, LIMIT_WH + LEAST_UNIT_WH, due=False), _buy(bench, LIMIT_WH, due=True)]
    with opened(position.client("management")) as client:
        position.held.put_back(client)
    if answer == SUCCESS:
        data["entries"].append(_buy(bench, LIMIT_WH + LEAST_UNIT_WH, due=True))
    bench.judge("dual.vend-limits/1", bench.observe("vend-limits", data), sub=name)


def _buy(bench: CaseBench, amount_wh: int, *, due: bool) -> dict[str, Any]:
    """Enter a token; ``due``: whether it should be credited."""
    digits = bench.position.vending.credit(amount_wh // LEAST_UNIT_WH)
    seen = enter_token(bench.position, digits, what=f"{amount_wh} Wh", good=due)
    return {**seen, "amount_wh": amount_wh, "due": due}
