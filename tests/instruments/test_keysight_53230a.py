"""The time-stamping counter: what the driver sends, and driver and twin together over a socket."""

from __future__ import annotations

import pytest

from instruments.confidence import Confidence
from instruments.counters.keysight_53230a import Keysight53230A
from instruments.errors import InstrumentFault, SetpointRefused
from instruments.registry import DRIVERS, open_instrument
from instruments.virtual.keysight_53230a import VirtualCounter

OK = ("SYST:ERR?", '+0,"No error"')
OPENING = (("*IDN?", "Keysight Technologies,53230A,MY50000001,03.00"), ("*CLS",), ("*OPT?", "CH3"))


INPUTS = {
    channel: f":INP{channel}:COUP DC;:INP{channel}:IMP 1000000;:INP{channel}:LEV 2.5;:INP{channel}:FILT ON"
    for channel in (1, 2, 3)
}


def test_arming_sets_the_inputs_up_once_and_starts_them_together(scripted) -> None:
    line = scripted(OPENING)
    counter = Keysight53230A(line)
    for command in (
        INPUTS[2],
        INPUTS[3],
        ":ABOR (@2,3);:CONF:ARR:TST 11,(@2,3);:INIT (@2,3)",
        INPUTS[1],
        ":ABOR (@2);:CONF:ARR:TST 1000000,(@2);:INIT (@2)",
        ":ABOR (@1);:CONF:ARR:TST 5,(@1);:INIT (@1)",
        "ABOR (@1,3)",
    ):
        line.extend((command,), OK)
    counter.arm({2: 11, 3: 11})
    counter.arm({2: 0, 1: 5})
    counter.stop([1, 3])
    line.assert_finished()


def test_edges_are_fetched_only_where_there_are_some(scripted) -> None:
    line = scripted(OPENING)
    counter = Keysight53230A(line)
    line.extend(("DATA:POIN? (@1,2)", "0,0"), ("DATA:POIN? (@1,2,3)", "2,0,1"))
    line.extend(("FETC? (@1);:FETC? (@3)", "1.25E0,7.5E0;2E0"))
    assert counter.edges_s([1, 2]) == {1: (), 2: ()}
    assert counter.edges_s([1, 2, 3]) == {1: (1.25, 7.5), 2: (), 3: (2.0,)}
    line.assert_finished()


def test_an_answer_with_too_few_parts_is_nobodys_count(scripted) -> None:
    line = scripted(OPENING)
    counter = Keysight53230A(line)
    line.extend(("DATA:POIN? (@1,2)", "7"))
    with pytest.raises(InstrumentFault, match="has 1 parts, not 2"):
        counter.counts([1, 2])


def test_a_counter_without_our_option_has_two_channels(scripted) -> None:
    line = scripted((*OPENING[:2], ("*OPT?", "150,201")))
    counter = Keysight53230A(line)
    with pytest.raises(SetpointRefused, match="channels 1 to 2, not 3"):
        counter.arm({3: 10})


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
    counter.arm({1: 3, 2: 0})

    def flash() -> None:
        for _ in range(5):
            plant.advance(100.0)
            plant.pulse(1)
        plant.pulse(2)

    served.call(flash)
    # 10 ppm fast
    assert counter.edges_s([1])[1] == pytest.approx((100.001, 200.002, 300.003), abs=1e-9)
    assert counter.counts([1, 2]) == {1: 3, 2: 1}
    assert plant.notified == [(300.0, "counter:1")]


def test_a_stopped_channel_keeps_its_edges_and_takes_no_more(counter, plant, served) -> None:
    counter.arm({1: 0})
    served.call(lambda: plant.pulse(1))
    counter.stop([1])
    served.call(lambda: plant.pulse(1))
    assert counter.counts([1]) == {1: 1}


def test_arming_clears(counter, plant, served) -> None:
    counter.arm({1: 0})
    served.call(lambda: plant.pulse(1))
    counter.arm({1: 5})
    assert counter.counts([1]) == {1: 0}
    assert counter.edges_s([1]) == {1: ()}
