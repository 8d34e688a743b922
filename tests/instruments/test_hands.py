"""The hands: what the driver sends, and driver and twin together over a socket."""

from __future__ import annotations

import pytest

from instruments.actuators.hands import Hands
from instruments.errors import SetpointRefused
from instruments.registry import open_instrument
from instruments.virtual.hands import VirtualHands

OK = ("SYST:ERR?", '0,"No error"')
OPENING = (("*IDN?", "METERBENCH,HANDS,7,1"), ("*CLS",), (":POS:COUN?", "2"))
TOKEN = "12345678901234567890"


def test_exact_lines(scripted) -> None:
    line = scripted(OPENING)
    hands = Hands(line)
    line.extend(
        (":POS1:SUPP OFF",),
        OK,
        (":POS2:BYP AUTO",),
        OK,
        (":POS2:LOAD:LIVE?", "1"),
        (":POS1:DISP?", '"""on"" 5"'),
    )
    hands.supply(1, on=False)
    hands.bypass(2, automatic=True)
    assert hands.load_side_live(2)
    assert hands.display(1) == '"on" 5'
    line.assert_finished()


def test_keys_do_not_stand_in_the_transcript(scripted) -> None:
    line = scripted(OPENING)
    hands = Hands(line)
    line.extend((f':POS1:KEYP "{TOKEN}E"',), OK)
    hands.keypad(1, f"{TOKEN}E")
    assert TOKEN not in " ".join(line.shown)


def test_keys_do_not_stand_in_an_error(scripted) -> None:
    hands = Hands(scripted(OPENING))
    with pytest.raises(SetpointRefused, match="no keys") as refused:
        hands.keypad(1, f"{TOKEN}X")
    assert TOKEN not in str(refused.value)


def test_a_position_that_is_not_there_is_refused(scripted) -> None:
    with pytest.raises(SetpointRefused, match="positions 1 to 2, not 3"):
        Hands(scripted(OPENING)).supply(3, on=False)


def test_against_the_twin(plant, served) -> None:
    hands = open_instrument("meterbench-hands", served.serve(VirtualHands(plant, "hands")).resource)
    assert isinstance(hands, Hands)
    hands.supply(2, on=False)
    hands.bypass(1, automatic=True)
    hands.keypad(2, "123E")
    assert (plant.supply_on(1), plant.supply_on(2)) == (True, False)
    assert plant.bypass_automatic(1)
    assert plant.pressed == [(2, "123E")]
    assert hands.display(1) == 'credit "12.3"'
    assert hands.load_side_live(1)
    hands.bypass(1, automatic=False)
    assert not plant.bypass_automatic(1)
    hands.close()


def test_what_tempts_a_meter(scripted) -> None:
    line = scripted(OPENING)
    hands = Hands(line)
    sent = (
        ':POS1:COV "meter",OPEN',
        ':POS1:COV "terminal",CLOS',
        ":POS2:MAGN 200",
        ":POS1:NEUT OFF",
        ":POS1:NEUT:CURR 5",
        ":POS1:BATT 0",
        ':POS1:MOD "lte"',
        ":POS1:CUST:UNIT OFF",
    )
    for command in sent:
        line.extend((command,), OK)
    hands.cover(1, "meter", opened=True)
    hands.cover(1, "terminal", opened=False)
    hands.magnet(2, 200.0)
    hands.neutral(1, connected=False)
    hands.neutral_current(1, 5.0)
    hands.battery(1, 0.0)
    hands.module(1, "lte")
    hands.customer_unit(1, connected=False)
    line.assert_finished()


def test_what_serves_the_whole_rack(scripted) -> None:
    line = scripted(OPENING)
    hands = Hands(line)
    for command in (":INT:CYCL 2,2", ":INT:SEC 5,0.5", ":INT:OFF", ":CHAM:TEMP -25"):
        line.extend((command,), OK)
    hands.interrupt_cycles(2, 2)
    hands.interrupt_seconds(5.0, 0.5)
    hands.interrupt_end()
    hands.chamber(-25.0)
    line.assert_finished()
