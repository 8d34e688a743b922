"""The time-stamping counter: what the driver sends, and driver and twin together over a socket."""

from __future__ import annotations

import pytest

from instruments.confidence import Confidence
from instruments.counters.keysight_53230a import Keysight53230A
from instruments.errors import SetpointRefused
from instruments.registry import DRIVERS, open_instrument
from instruments.virtual.keysight_53230a import VirtualCounter

OK = ("SYST:ERR?", '+0,"No error"')
OPENING = (("*IDN?", "Keysight Technologies,53230A,MY50000001,03.00"), ("*CLS",), ("*OPT?", "CH3"))


def test_arming_sets_the_input_up_once_and_starts(scripted) -> None:
    line = scripted(OPENING)
    counter = Keysight53230A(line)
    for command in (
        "INP2:COUP DC",
        "INP2:IMP 1000000",
        "INP2:LEV 2.5",
        "INP2:FILT ON",
        ":ABOR (@2);:CONF:ARR:TST 11,(@2);:INIT (@2)",
        ":ABOR (@2);:CONF:ARR:TST 1000000,(@2);:INIT (@2)",
    ):
        line.extend((command,), OK)
    counter.arm(2, 11)
    counter.arm(2, 0)
    line.assert_finished()


def test_edges_are_fetched_only_when_there_are_some(scripted) -> None:
    line = scripted(OPENING)
    counter = Keysight53230A(line)
    line.extend(("DATA:POIN? (@1)", "0"), ("DATA:POIN? (@1)", "2"), ("FETC? (@1)", "1.25E0,7.5E0"))
    assert counter.edges_s(1) == ()
    assert counter.edges_s(1) == (1.25, 7.5)


def test_a_counter_without_our_option_has_two_channels(scripted) -> None:
    line = scripted((*OPENING[:2], ("*OPT?", "150,201")))
    counter = Keysight53230A(line)
    with pytest.raises(SetpointRefused, match="channels 1 to 2, not 3"):
        counter.arm(3, 10)


def test_uncertain_commands_are_told() -> None:
    confidence = DRIVERS["keysight-53230a"].command_confidence
    uncertain = {leaf.leaf for leaf in confidence.uncertain if leaf.confidence is Confidence.C}
    assert "CONF:ARR:TST <count>,(@<n>)" in uncertain
    assert confidence.summary is Confidence.B


@pytest.fixture
def counter(plant, served):
    twin = VirtualCounter(plant, "counter", channels=2, time_base_ppm=10.0)
    counter = open_instrument("keysight-53230a", served.serve(twin).resource)
    assert isinstance(counter, Keysight53230A)
    yield counter
    counter.close()


def test_channels_stamp_their_own_positions(counter, plant, served) -> None:
    counter.arm(1, 3)
    counter.arm(2, 0)

    def flash() -> None:
        for _ in range(5):
            plant.advance(100.0)
            plant.pulse(1)
        plant.pulse(2)

    served.call(flash)
    # 10 ppm fast
    assert counter.edges_s(1) == pytest.approx((100.001, 200.002, 300.003), abs=1e-9)
    assert counter.count(2) == 1
    assert plant.notified == [(300.0, "counter:1")]


def test_a_stopped_channel_keeps_its_edges_and_takes_no_more(counter, plant, served) -> None:
    counter.arm(1, 0)
    served.call(lambda: plant.pulse(1))
    counter.stop(1)
    served.call(lambda: plant.pulse(1))
    assert counter.count(1) == 1


def test_arming_clears(counter, plant, served) -> None:
    counter.arm(1, 0)
    served.call(lambda: plant.pulse(1))
    counter.arm(1, 5)
    assert counter.count(1) == 0
    assert counter.edges_s(1) == ()
