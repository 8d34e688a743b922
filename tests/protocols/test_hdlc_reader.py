"""Frames cut out of a stream of octets."""

from __future__ import annotations

import pytest

from bench.protocols.hdlc import Address, Control, Frame, FrameReader, decode_frame, i_control
from bench.protocols.hdlc_reader import LONGEST_CANDIDATE, MOST_GARBAGE

SNRM = Frame(Address(1), Address(16), Control.SNRM).to_bytes()
DISC = Frame(Address(1), Address(16), Control.DISC).to_bytes()
WITH_FLAGS_INSIDE = Frame(Address(1), Address(16), i_control(0, 0), b"\x7e\x7e\x7e\xa0\x07").to_bytes()


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_frames_come_out_whatever_the_pieces(step: int) -> None:
    stream = SNRM + WITH_FLAGS_INSIDE + DISC
    reader = FrameReader()

    frames = [frame for at in range(0, len(stream), step) for frame in reader.feed(stream[at : at + step])]

    assert frames == [SNRM, WITH_FLAGS_INSIDE, DISC]
    assert reader.garbage == b""


def test_one_flag_may_close_a_frame_and_open_the_next() -> None:
    assert FrameReader().feed(SNRM + DISC[1:] + SNRM[1:]) == [SNRM, DISC, SNRM]


def test_idle_flags_are_no_frames() -> None:
    reader = FrameReader()

    assert reader.feed(b"\x7e\x7e\x7e" + SNRM + b"\x7e\x7e\x7e\x7e" + DISC) == [SNRM, DISC]
    assert reader.garbage == b""


def test_garbage_between_frames_is_kept_apart() -> None:
    reader = FrameReader()

    assert reader.feed(b"/?!\r\n" + SNRM + b"\x00\xff\x55" + DISC) == [SNRM, DISC]
    assert reader.garbage == b"/?!\r\n\x00\xff\x55"


def test_a_frame_without_closing_flag_waits_and_can_be_dropped() -> None:
    reader = FrameReader()

    assert reader.feed(SNRM[:-1]) == []
    assert reader.pending == SNRM[:-1]
    assert reader.reset() == SNRM[:-1]
    assert reader.feed(DISC) == [DISC]


@pytest.mark.parametrize("length", [3, 5, 6, 8, 9, 12])
def test_after_a_wrong_length_the_next_frame_is_found(length: int) -> None:
    wrong = Frame(Address(1), Address(16), Control.SNRM).to_bytes(length=length)
    reader = FrameReader()

    frames = reader.feed(wrong + DISC + SNRM)

    assert frames[-1] == SNRM
    assert any(decode_frame(frame).deviations for frame in frames[:-1])


def test_a_wrong_format_type_is_given_back_to_be_judged() -> None:
    wrong = Frame(Address(1), Address(16), Control.SNRM).to_bytes(format_type=0b0101)

    assert FrameReader().feed(wrong + DISC) == [wrong, DISC]


def test_a_false_opening_flag_does_not_swallow_a_frame() -> None:
    assert FrameReader().feed(bytes.fromhex("7ea007") + SNRM)[-1] == SNRM


def test_garbage_for_ever_takes_no_more_than_its_room() -> None:
    reader = FrameReader()
    for _ in range(3000):
        reader.feed(b"\x7e\x00" + bytes(98))
        reader.feed(b"\x01" * 100)
    assert len(reader.pending) <= LONGEST_CANDIDATE + 200
    assert len(reader.garbage) <= MOST_GARBAGE


def test_a_flag_that_never_closes_is_given_up() -> None:
    reader = FrameReader()
    for _ in range(100):
        assert reader.feed(b"\x00" * 100 if reader.pending else b"\x7e" + b"\x00" * 100) == []
    assert len(reader.pending) <= LONGEST_CANDIDATE + 200


def test_after_garbage_a_frame_is_found() -> None:
    reader = FrameReader()
    reader.feed(b"\x7e" + b"\x00" * 5000)
    frame = bytes.fromhex("7EA0070321930F017E")
    assert reader.feed(frame) == [frame]
