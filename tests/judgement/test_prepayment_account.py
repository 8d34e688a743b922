"""An account and its credits: what it refers to, what adds up, and what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from bench.protocols.axdr import array, double_long, encode, enum, octet_string, structure, unsigned
from bench.protocols.data import Data
from tests.judgement.told import FAILED, OPEN, PASSED, changed, said

Outcome = Any
TOKENS, EMERGENCY, CHARGE = (bytes.fromhex(f"0000{code}00ff") for code in ("130a", "130b", "1314"))
TOKENS_NAME, EMERGENCY_NAME, CHARGE_NAME = "0-0:19.10.0.255", "0-0:19.11.0.255", "0-0:19.20.0.255"


def coded(data: Data) -> str:
    return encode(data).hex()


def credit(obis: str, amount: int, status: int) -> dict[str, Any]:
    return {"obis": obis, "amount": coded(double_long(amount)), "status": coded(enum(status))}


#: 500 of tokens in use and 200 of emergency credit that nobody has selected.
ACCOUNT = {
    "account": "0-0:19.0.0.255",
    "listed": [[112, TOKENS_NAME], [112, EMERGENCY_NAME], [113, CHARGE_NAME]],
    "lists": {
        "credit_reference_list": coded(array(octet_string(TOKENS), octet_string(EMERGENCY))),
        "charge_reference_list": coded(array(octet_string(CHARGE))),
        "token_gateway_configuration": coded(array(structure(octet_string(TOKENS), unsigned(100)))),
    },
    "credits": [credit(TOKENS_NAME, 500, 3), credit(EMERGENCY_NAME, 200, 0)],
    "available_before": coded(double_long(500)),
    "available_after": coded(double_long(500)),
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "credit_reference_list: 2 objects; charge_reference_list: 1 objects"),
        ({}, PASSED, "1 credits in use make the available credit, 500"),
        # each list names objects of its own class
        (
            {"listed.2": [112, CHARGE_NAME]},
            FAILED,
            "charge_reference_list names 0-0:19.20.0.255, and no object of class 113",
        ),
        (
            {"listed.1": [113, EMERGENCY_NAME]},
            FAILED,
            "credit_reference_list names 0-0:19.11.0.255, and no object of class 112",
        ),
        (
            {
                "lists.token_gateway_configuration": coded(
                    array(structure(octet_string(CHARGE), unsigned(100)))
                )
            },
            FAILED,
            "token_gateway_configuration names 0-0:19.20.0.255",
        ),
        (
            {"lists.charge_reference_list": coded(array(octet_string(bytes(6))))},
            PASSED,
            "charge_reference_list: 0 objects",
        ),
        (
            {"lists.charge_reference_list": coded(array(octet_string(b"short")))},
            PASSED,
            "charge_reference_list: 0 objects",
        ),
        ({"lists.charge_reference_list": coded(array())}, PASSED, "charge_reference_list: 0 objects"),
        ({"lists.charge_reference_list": None}, PASSED, "charge_reference_list cannot be read"),
        (
            {"lists.charge_reference_list": "0101"},
            OPEN,
            "charge_reference_list breaks the rules of its coding",
        ),
        # credits count when they are invoked (2) or in use (3)
        *(
            (
                {
                    "credits.1.status": coded(enum(status)),
                    "available_before": coded(double_long(700)),
                    "available_after": coded(double_long(700)),
                },
                PASSED,
                "2 credits in use make the available credit, 700",
            )
            for status in (2, 3)
        ),
        *(({"credits.1.status": coded(enum(status))}, PASSED, "1 credits in use") for status in (0, 1, 4)),
        (
            {"credits.1.status": coded(enum(2))},
            FAILED,
            "available_credit reads 500, the credits in use add up to 700",
        ),
        # used meanwhile: the sum lies between the two readings
        (
            {"available_before": coded(double_long(503)), "available_after": coded(double_long(499))},
            PASSED,
            "",
        ),
        (
            {"available_before": coded(double_long(499)), "available_after": coded(double_long(503))},
            PASSED,
            "",
        ),
        (
            {"available_before": coded(double_long(499)), "available_after": coded(double_long(499))},
            FAILED,
            "reads 499",
        ),
        (
            {"available_before": coded(double_long(501)), "available_after": coded(double_long(503))},
            FAILED,
            "reads 501",
        ),
        # the credit of another account is no part of this one; where the list cannot be read, all are taken
        (
            {
                "lists.credit_reference_list": coded(array(octet_string(TOKENS))),
                "credits.1.status": coded(enum(3)),
            },
            PASSED,
            "",
        ),
        ({"lists.credit_reference_list": None, "credits.1.status": coded(enum(3))}, FAILED, "add up to 700"),
        ({"lists.credit_reference_list": None}, PASSED, "credit_reference_list cannot be read"),
        # what cannot be read decides nothing
        ({"available_before": None}, PASSED, "available_credit cannot be read"),
        ({"available_after": None}, PASSED, "available_credit cannot be read"),
        ({"credits.0.amount": None}, PASSED, "the credit 0-0:19.10.0.255 cannot be read"),
        ({"credits.0.status": None}, PASSED, "the credit 0-0:19.10.0.255 cannot be read"),
        ({"credits.0.status": coded(enum(0))}, PASSED, "no credit is in use"),
        ({"credits": []}, PASSED, "no credit is in use"),
        ({"available_before": "05"}, OPEN, "available_before breaks the rules"),
    ],
)
def test_an_account(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.prepayment-objects", changed(ACCOUNT, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    assert found.reason.startswith("0-0:19.0.0.255: ")
