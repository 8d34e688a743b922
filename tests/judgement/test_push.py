"""Pushes as they came: whole and in order, or mixed, broken, missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.registry import Context, judge_by_id, latest
from bench.protocols.axdr import structure, unsigned
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.notification import DataNotification
from bench.record.model import Judgement, Kind, Observation, Outcome, Requirement, Topic

DEMAND = Requirement(
    document="GB", edition="1", clause="x", topic=Topic.PUSH, kind=Kind.STANDARD, status="V1"
)
DONE, REFUSED = "c701c10000", "c701c10200"
WHOLE = DataNotification(long_invoke=1, body=structure(*(unsigned(n) for n in range(8)))).to_bytes()
Judged = Callable[..., Judgement]


def blocks(apdu: bytes = WHOLE, size: int = 10) -> list[bytes]:
    parts = [apdu[at : at + size] for at in range(0, len(apdu), size)]
    return [
        GeneralBlockTransfer(
            last=number == len(parts), block_number=number, block_number_ack=0, data=part
        ).to_bytes()
        for number, part in enumerate(parts, start=1)
    ]


@pytest.fixture
def judged(observe: Callable[..., Observation], context_of: Callable[..., Context]) -> Judged:
    judge = judge_by_id(latest("dlms.push"))

    def over(
        *apdus: bytes, answers: tuple[str, ...] = (DONE, DONE), clients: tuple[int, ...] = (), source: int = 1
    ) -> Judgement:
        messages: list[dict[str, Any]] = [
            {"source": source, "destination": clients[number] if clients else 64, "apdu": apdu.hex()}
            for number, apdu in enumerate(apdus)
        ]
        data = {"setups": [], "server": 1, "answers": list(answers), "messages": messages}
        return judge([observe("push", data)], DEMAND, context_of())

    return over


def test_whole_pushes_pass(judged: Judged) -> None:
    assert judged(WHOLE, WHOLE).outcome is Outcome.PASSED


def test_one_push_in_blocks_after_the_other_passes(judged: Judged) -> None:
    found = judged(*blocks(), *blocks())
    assert found.outcome is Outcome.PASSED
    assert "6 blocks" in found.reason


def test_pushes_to_two_clients_may_run_side_by_side(judged: Judged) -> None:
    first, second = blocks(), blocks()
    mixed = [block for pair in zip(first, second, strict=True) for block in pair]
    assert judged(*mixed, clients=(64, 65) * 3).outcome is Outcome.PASSED


def test_blocks_of_two_pushes_to_one_client_may_not_mix(judged: Judged) -> None:
    first, second = blocks(), blocks()
    mixed = [block for pair in zip(first, second, strict=True) for block in pair]
    found = judged(*mixed)
    assert found.outcome is Outcome.FAILED
    assert "unfinished push" in found.reason


@pytest.mark.parametrize(
    ("apdus", "words"),
    [
        ((blocks()[1], blocks()[2]), "block 2 comes first"),
        ((*blocks()[:1], WHOLE), "another message comes after block 1"),
        (blocks()[:2], "ends with block 2"),
        ((WHOLE + b"\x00",), "trailing"),
        ((bytes.fromhex("c401c10000"),), "came unasked"),
        (blocks(WHOLE[:-1]), "truncated"),
    ],
)
def test_what_is_broken_fails(judged: Judged, apdus: tuple[bytes, ...], words: str) -> None:
    found = judged(*apdus)
    assert found.outcome is Outcome.FAILED
    assert words in found.reason


def test_a_push_of_another_logical_device_fails(judged: Judged) -> None:
    assert judged(WHOLE, WHOLE, source=2).outcome is Outcome.FAILED


def test_what_did_not_come_here_cannot_be_judged(judged: Judged) -> None:
    assert judged().outcome is Outcome.INCONCLUSIVE
    assert judged(WHOLE).outcome is Outcome.INCONCLUSIVE
    assert judged(answers=(REFUSED, REFUSED)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("answers", "asked", "came", "outcome", "words"),
    [
        ((DONE,), (WHOLE,), (WHOLE,), Outcome.PASSED, "1 push when the supply went"),
        ((DONE,), (WHOLE,), (), Outcome.FAILED, "no push came when the supply went"),
        ((DONE,), (WHOLE,), (WHOLE[:-1],), Outcome.FAILED, "when the supply went: "),
        ((DONE,), (), (WHOLE,), Outcome.INCONCLUSIVE, "its destination may be another"),
        ((REFUSED,), (WHOLE,), (), Outcome.INCONCLUSIVE, "refuses to push"),
        ((), (WHOLE,), (), Outcome.INCONCLUSIVE, "refuses to push"),
    ],
)
def test_last_words(
    observe: Callable[..., Observation],
    context_of: Callable[..., Context],
    answers: tuple[str, ...],
    asked: tuple[bytes, ...],
    came: tuple[bytes, ...],
    outcome: Outcome,
    words: str,
) -> None:
    def told(apdus: tuple[bytes, ...]) -> list[dict[str, Any]]:
        return [{"source": 1, "destination": 64, "apdu": apdu.hex()} for apdu in apdus]

    data = {"server": 1, "answers": list(answers), "asked": told(asked), "messages": told(came)}
    judge = judge_by_id(latest("dlms.push-power-down"))
    found = judge([observe("push-power-down", data)], DEMAND, context_of())
    assert found.outcome is outcome
    assert words in found.reason
