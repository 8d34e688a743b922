"""What the judges of writing, of a raised policy and of an older image say to good and wrong meters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.dlms_requirements import protocol_requirement
from bench.judgement.registry import Context, judge_by_id
from bench.record.model import Judgement, Observation, Outcome, Topic

Judged = Callable[[str, dict[str, Any]], Judgement]
DENIED, UNMATCHED = 3, 12


@pytest.fixture
def judged(observe: Callable[..., Observation], context_of: Callable[..., Context]) -> Judged:
    def judge(name: str, data: dict[str, Any]) -> Judgement:
        requirement = protocol_requirement("any", Topic.RIGHTS, "V1")
        return judge_by_id(name)([observe("any", data)], requirement, context_of())

    return judge


def write(due: str, result: int | str | None) -> dict[str, Any]:
    return {"target": "8/0-0:1.0.0.255/3", "due": due, "result": result, "trouble": ""}


@pytest.mark.parametrize(
    ("writes", "outcome"),
    [
        ([write("refused", DENIED), write("allowed", 0)], Outcome.PASSED),
        ([write("refused", "exception-response 1 2")], Outcome.PASSED),
        ([write("refused", 0)], Outcome.FAILED),
        ([write("allowed", DENIED)], Outcome.FAILED),
        ([write("allowed", UNMATCHED)], Outcome.PASSED),
        ([write("refused", None)], Outcome.INCONCLUSIVE),
        ([write("refused", None), write("refused", 0)], Outcome.FAILED),
        ([], Outcome.INCONCLUSIVE),
        ([write("perhaps", 0)], Outcome.ERROR),
    ],
)
def test_what_is_not_listed_as_writable_is_not_written(
    judged: Judged, writes: list[dict[str, Any]], outcome: Outcome
) -> None:
    found = judged("dlms.rights-of-writing/1", {"association": "reader", "writes": writes})
    assert found.outcome is outcome, found.reason


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ([DENIED, UNMATCHED, "exception-response 1 2"], Outcome.PASSED),
        ([DENIED, 0], Outcome.FAILED),
        ([DENIED, None], Outcome.INCONCLUSIVE),
        ([None, 0], Outcome.FAILED),
        ([], Outcome.INCONCLUSIVE),
    ],
)
def test_what_is_not_listed_as_allowed_is_not_invoked(
    judged: Judged, results: list[int | str | None], outcome: Outcome
) -> None:
    rows = [{"target": "8/0-0:1.0.0.255/method 6", "result": result, "trouble": ""} for result in results]
    data = {"association": "reader", "invoked": rows, "listed_again": []}
    found = judged("dlms.rights-of-methods/2", data)
    assert found.outcome is outcome, found.reason


@pytest.mark.parametrize(
    ("rights", "in_bits", "outcome"),
    [
        ((1, 0), False, Outcome.FAILED),
        ((0, 1), False, Outcome.FAILED),
        ((1, 2), False, Outcome.PASSED),  # allowed, and allowed where authenticated
        ((0, 0), False, Outcome.PASSED),
        ((1, 2), True, Outcome.FAILED),
        ((1, 13), True, Outcome.PASSED),
    ],
)
def test_a_method_is_allowed_or_not(
    judged: Judged, rights: tuple[int, int], in_bits: bool, outcome: Outcome
) -> None:
    target = "8/0-0:1.0.0.255/method 6"
    rows = [{"target": target, "access": access, "in_bits": in_bits} for access in rights]
    refused = [{"target": target, "result": DENIED, "trouble": ""}]
    data = {"association": "reader", "invoked": refused, "listed_again": rows}
    found = judged("dlms.rights-of-methods/2", data)
    assert found.outcome is outcome, found.reason
    assert (target in found.reason) is (outcome is Outcome.FAILED)


@pytest.mark.parametrize(
    ("version", "asked", "reads", "control", "outcome"),
    [
        (1, 0x6C, 0x6C, 0x30, Outcome.PASSED),
        (1, 0x2C, 0x2C, 0x10, Outcome.PASSED),
        (1, 0x0C, 0x0C, None, Outcome.PASSED),
        (1, 0x6C, 0x24, 0x30, Outcome.FAILED),
        (1, 0x6C, 0x6C, 0x10, Outcome.FAILED),
        (1, 0x6C, 0x6C, None, Outcome.FAILED),
        (0, 0x03, 0x03, 0x30, Outcome.PASSED),
        (0, 0x03, 0x03, 0x20, Outcome.FAILED),
        (0, 0x01, 0x01, 0x10, Outcome.PASSED),
    ],
)
def test_a_raised_policy_is_shown_and_protects_the_answers(
    judged: Judged, version: int, asked: int, reads: int, control: int | None, outcome: Outcome
) -> None:
    data = {"asked": asked, "version": version, "reads": reads, "control": control}
    assert judged("dlms.raised-policy/1", data).outcome is outcome


@pytest.mark.parametrize(
    ("after", "steps", "outcome"),
    [
        ("M-1.0.0", {"initiate": "success", "verify": "result 250"}, Outcome.PASSED),
        ("M-0.9.0", {"verify": "success", "activate": "success"}, Outcome.FAILED),
        ("M-1.0.0", {"verify": "success", "activate": "success"}, Outcome.FAILED),
        ("M-1.0.0", {}, Outcome.ERROR),
    ],
)
def test_an_older_image_does_not_replace_what_runs(
    judged: Judged, after: str, steps: dict[str, str], outcome: Outcome
) -> None:
    data = {"before": "M-1.0.0", "after": after, "older": "M-0.9.0", "steps": steps}
    assert judged("dlms.image-downgrade/1", data).outcome is outcome
