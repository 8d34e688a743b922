"""Answers that the declared policy wants protected, in both versions of the policy's bits."""

from __future__ import annotations

from typing import Any

import pytest

from bench.judgement.application_answer import read_answer
from bench.protocols.acse import Aare
from bench.protocols.acse_names import AssociationResult
from tests.judgement.test_answer_judges import (
    accepted,
    data,
    exception,
    judged,
    played,
    proposal,
    refused,
    step,
)
from tests.judgement.told import FAILED, OPEN, PASSED, said

Outcome = Any
AUTHENTICATED, ENCRYPTED = 0x10, 0x20
#: What clients and server of a ciphered association are declared to hold.
KEYS = {"authentication_key": "ak", "encryption_key": "ek", "client_system_title": "4d42580000000002"}


def opened(rule: str, control: int | str | None, answer: str) -> tuple[dict[str, Any], ...]:
    more = {} if control == "not noted" else {"protection": control}
    return step("open", None, answer="opened"), step(rule, answer, **more)


def global_key(control: int | str | None, answer: str = "", **association: Any) -> Any:
    row = {"name": "reader", "client_sap": 32, "context": "ln-ciphered", "conformance": ["get"], **KEYS}
    made = played("SYMSEC_0_SecDataX_P1", "global key", *opened("GET", control, answer or data()))
    return said("dlms.application", made, association=[{**row, **association}])


@pytest.mark.parametrize(
    ("version", "policy", "control", "words"),
    [
        # version 1: bit 5 demands authenticated answers, bit 6 encrypted ones; requests have bits of their own
        (1, 0x60, 0x30, ""),
        (1, 0x60, 0x10, "security control 10, bits 20 are missing"),
        (1, 0x60, 0x20, "security control 20, bits 10 are missing"),
        (1, 0x60, None, "data came in clear text"),
        (1, 0x20, 0x10, ""),
        (1, 0x20, 0x30, ""),  # more than is demanded
        (1, 0x20, 0x20, "bits 10 are missing"),
        (1, 0x40, 0x20, ""),
        (1, 0x40, 0x10, "bits 20 are missing"),
        (1, 0x0C, None, ""),  # only requests are to be protected
        (1, 0x03, None, ""),
        # version 0: 1 authenticated, 2 encrypted, 3 both
        (0, 0, None, ""),
        (0, 1, 0x10, ""),
        (0, 1, 0x20, "bits 10 are missing"),
        (0, 2, 0x20, ""),
        (0, 2, 0x10, "bits 20 are missing"),
        (0, 3, 0x30, ""),
        (0, 3, 0x10, "bits 20 are missing"),
        (0, 3, None, "data came in clear text"),
    ],
)
def test_the_protection_of_an_answer(version: int, policy: int, control: int | None, words: str) -> None:
    found = global_key(control, policy=policy, security_version=version)
    assert found.outcome is (FAILED if words else PASSED), found.reason
    assert words in found.reason
    # in clear text nothing can be demanded of an association that is not ciphered
    assert global_key(control, policy=policy, context="ln").outcome is PASSED
    assert global_key("not noted", policy=policy).outcome is PASSED
    assert global_key(control, refused(3), policy=policy).outcome is FAILED  # data is due


def test_a_rejection_must_say_why() -> None:
    found = read_answer(
        {
            "received": Aare(result=AssociationResult.REJECTED_PERMANENT, diagnostic=None).to_bytes().hex(),
            "answer": "",
        }
    )
    assert found.word == "broken"


def test_a_fault_of_one_step_is_told_with_the_doubts_of_none() -> None:
    """Faults outrank doubts: a step behind a broken link does not hide what the meter did wrong before."""
    steps = [
        step("AARQ", accepted(), sent=proposal()),
        step("unknown choice", data()),
        step("truncated", None, answer="broken frame"),
        step("absent object", refused(4)),
        step("still associated", data()),
    ]
    found = judged("APPL_DATA_LN_N1", "GET", *steps)
    right = judged("APPL_DATA_LN_N1", "GET", steps[0], step("unknown choice", exception(1, 2)), *steps[2:])
    assert (found.outcome, right.outcome) == (FAILED, OPEN)
    assert "GET, unknown choice" in found.reason
    assert "link layer" not in found.reason
