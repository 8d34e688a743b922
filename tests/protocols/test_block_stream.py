"""General block transfer: windows, lost blocks, repeated blocks, both ways."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.protocols.block_stream import BlockReceiver, BlockSender
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer

APDU = bytes(range(100))


def test_only_the_last_block_of_a_window_is_to_be_answered() -> None:
    sender = BlockSender(apdu=APDU, size=30)

    assert [(block.block_number, block.streaming, block.last) for block in sender.window(3)] == [
        (1, True, False),
        (2, True, False),
        (3, False, False),
    ]
    assert sender.confirm(3)
    assert [(block.block_number, block.streaming, block.last) for block in sender.window(3)] == [
        (4, False, True)
    ]


@pytest.mark.parametrize("number", [5, 1])
def test_acknowledgements_that_cannot_be_are_refused(number: int) -> None:
    sender = BlockSender(apdu=APDU, size=30, confirmed=2)
    assert not sender.confirm(number)
    assert sender.confirmed == 2


def test_a_lost_block_and_what_came_after_it_is_asked_for_again() -> None:
    sender, receiver = BlockSender(apdu=APDU, size=30), BlockReceiver(longest=1000)
    first, _lost, third, last = sender.window(4)

    assert [receiver.take(block) for block in (first, third)] == [False, False]
    assert receiver.take(last)
    answer = receiver.acknowledgement(window=4)

    assert answer.block_number_ack == 1
    assert sender.confirm(answer.block_number_ack)
    for block in sender.window(answer.window):
        receiver.take(block)
    assert receiver.complete
    assert receiver.apdu == APDU


def test_a_repeated_block_counts_once() -> None:
    receiver = BlockReceiver(longest=1000)
    block = GeneralBlockTransfer(last=False, block_number=1, block_number_ack=0, data=b"ab")
    assert receiver.take(block)
    assert receiver.take(block)
    assert (receiver.received, receiver.apdu) == (1, b"ab")


def test_more_than_is_wanted_is_not_kept() -> None:
    receiver = BlockReceiver(longest=3)
    for block in BlockSender(apdu=APDU, size=2).window(63):
        receiver.take(block)
    assert receiver.too_long
    assert len(receiver.apdu) <= 3


def test_an_empty_apdu_is_one_block() -> None:
    (block,) = BlockSender(apdu=b"", size=5).window(5)
    assert block.last
    assert not block.data


@settings(derandomize=True, deadline=None, max_examples=60, database=None)
@given(st.binary(max_size=400), st.integers(1, 50), st.integers(0, 70), st.integers(0, 2**16))
def test_whatever_is_lost_it_arrives_whole(apdu: bytes, size: int, window: int, seed: int) -> None:
    sender, receiver = BlockSender(apdu=apdu, size=size), BlockReceiver(longest=1000)
    losing = random.Random(seed)
    while not receiver.complete:
        for block in sender.window(window):
            if losing.random() < 0.7:
                receiver.take(block)
        assert sender.confirm(receiver.received)
    assert receiver.apdu == apdu
    assert sender.finished
