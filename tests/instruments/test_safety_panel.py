"""The safety relay board: its bytes, what counts as closed, and the watchdog of its twin."""

from __future__ import annotations

import pytest

from instruments.actuators.safety_panel import SafetyBoard
from instruments.errors import InstrumentFault
from instruments.registry import open_instrument
from instruments.virtual.safety_panel import PERIOD_S, VirtualSafetyBoard

OPENING = (("*IDN?", "METERBENCH,SAFETY,1,1"), ("*CLS",))


def test_its_bytes(scripted) -> None:
    line = scripted(OPENING)
    board = SafetyBoard(line)
    line.extend((":INT:CLOS?", "1"), (":EST:PRES?", "0"), (":WATC:FEED",), ("SYST:ERR?", '0,"No error"'))
    assert board.interlock_closed()
    assert not board.emergency_stop_pressed()
    board.feed_watchdog()
    line.assert_finished()


@pytest.mark.parametrize("said", ["0", "2", "-1", "9.91E37", "nan"])
def test_whatever_is_not_a_plain_one_is_an_open_interlock(scripted, said: str) -> None:
    line = scripted(OPENING)
    board = SafetyBoard(line)
    line.extend((":INT:CLOS?", said))
    assert not board.interlock_closed()


@pytest.mark.parametrize("said", ["1", "2", "9.91E37", "nan"])
def test_whatever_is_not_nothing_is_a_pressed_stop(scripted, said: str) -> None:
    line = scripted(OPENING)
    board = SafetyBoard(line)
    line.extend((":EST:PRES?", said))
    assert board.emergency_stop_pressed()


def test_words_are_a_fault(scripted) -> None:
    line = scripted(OPENING)
    board = SafetyBoard(line)
    line.extend((":INT:CLOS?", "closed"))
    with pytest.raises(InstrumentFault, match="not a number"):
        board.interlock_closed()


def test_with_its_twin(plant, served) -> None:
    twin = VirtualSafetyBoard(plant)
    board = open_instrument("meterbench-safety", served.serve(twin).resource, "1")
    assert board.interlock_closed()
    twin.interlock_closed, twin.emergency_stop_pressed = False, True
    assert not board.interlock_closed()
    assert board.emergency_stop_pressed()
    board.feed_watchdog()
    served.call(lambda: plant.advance(0.9 * PERIOD_S))
    assert not twin.tripped
    served.call(lambda: plant.advance(0.2 * PERIOD_S))
    assert twin.tripped
    board.close()
