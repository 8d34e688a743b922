"""The mode table of the disconnect control, against the counts the facts give and the meter's own table."""

from __future__ import annotations

import pytest

from bench.standards.control_modes import TRANSITIONS, ControlState, Request, next_state, reconnects_by_itself
from reference_meter.supply.control_modes import ControlState as MeterState
from reference_meter.supply.control_modes import Trigger, transition


def moving_cells(mode: int) -> int:
    return sum(next_state(mode, state, request) is not state for state in ControlState for request in Request)


@pytest.mark.parametrize(("mode", "moving"), [(0, 0), (1, 6), (2, 6), (3, 5), (4, 5), (5, 7), (6, 6), (7, 7)])
def test_each_mode_moves_as_many_cells_as_its_row_has_letters(mode: int, moving: int) -> None:
    assert moving_cells(mode) == moving


@pytest.mark.parametrize("mode", range(8))
def test_nothing_manual_or_local_leaves_disconnected(mode: int) -> None:
    for request in Request:
        if request is not Request.REMOTE_RECONNECT:
            assert next_state(mode, ControlState.DISCONNECTED, request) is ControlState.DISCONNECTED


@pytest.mark.parametrize(
    ("mode", "expected"), [(1, False), (2, False), (4, False), (5, True), (6, True), (7, True)]
)
def test_local_reconnect_exists_in_modes_5_to_7(mode: int, expected: bool) -> None:
    assert reconnects_by_itself(mode) is expected


def test_the_bench_and_the_meter_read_the_page_alike() -> None:
    """Two tables written apart; where they differed, one of them would be a wrong verdict."""
    for mode in range(8):
        for state in ControlState:
            for request in Request:
                arrow = transition(mode, Trigger(request.value), MeterState(int(state)))
                assert next_state(mode, state, request) == (arrow.end if arrow is not None else state)


def test_uncertain_arrows_say_so() -> None:
    assert {arrow.name for arrow in TRANSITIONS if arrow.status == "U"} == {"i"}
