"""The prepayment objects: account, credits, charges and gateway hang together. Our own (dlms.md 3)."""

from __future__ import annotations

from typing import Any

from bench.judgement.dlms_requirements import blue_book_requirement
from bench.record.model import Outcome, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import Reader, associated, list_objects

ACCOUNT, CREDIT = 111, 112
AVAILABLE_CREDIT, CREDITS, CHARGES, GATEWAYS = 5, 9, 10, 12
AMOUNT, STATUS = 2, 8


@case(
    "dlms/prepayment_objects",
    blue_book_requirement("Account, Credit, Charge: references and sums", Topic.OBJECT),
)
def test_prepayment_objects(bench: CaseBench) -> None:
    """What each account refers to is listed, and the credits in use make the available credit."""
    bench.energise()
    done = False
    for association in bench.position.usable_associations:
        with associated(bench, association) as client:
            objects = sorted({(row["class_id"], row["obis"]) for row in list_objects(client)})
            reader = Reader(client)
            for account in [obis for class_id, obis in objects if class_id == ACCOUNT]:
                seen = bench.observe("prepayment-objects", _look(reader, account, objects))
                bench.judge(
                    "dlms.prepayment-objects/1",
                    seen,
                    sub=f"{association.name}/{account.partition('.255')[0]}",
                )
                done = True
        if done:
            return
    leave(bench, Outcome.INAPPLICABLE, "no association that can be opened lists an account")


def _look(reader: Reader, account: str, objects: list[tuple[int, str]]) -> dict[str, Any]:
    def value(class_id: int, obis: str, index: int) -> str | None:
        found: str | None = reader.read(class_id, obis, index)["value"]
        return found

    before = value(ACCOUNT, account, AVAILABLE_CREDIT)
    credits_seen = [
        {"obis": obis, "amount": value(CREDIT, obis, AMOUNT), "status": value(CREDIT, obis, STATUS)}
        for class_id, obis in objects
        if class_id == CREDIT
    ]
    return {
        "account": account,
        "listed": [list(item) for item in objects],
        "lists": {
            "credit_reference_list": value(ACCOUNT, account, CREDITS),
            "charge_reference_list": value(ACCOUNT, account, CHARGES),
            "token_gateway_configuration": value(ACCOUNT, account, GATEWAYS),
        },
        "credits": credits_seen,
        "available_before": before,
        "available_after": value(ACCOUNT, account, AVAILABLE_CREDIT),
    }
