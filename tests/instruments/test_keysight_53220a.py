"""The 53220A: it counts pulses on one input at a time, and says so."""

from __future__ import annotations

import pytest

from instruments.counters.keysight_53220a import Keysight53220A
from instruments.errors import InstrumentFault, SetpointRefused
from instruments.registry import open_instrument
from instruments.virtual.keysight_53220a import Virtual53220A

OK = ("SYST:ERR?", '+0,"No error"')


def test_the_transcript_of_a_count(scripted) -> None:
    line = scripted([("*IDN?", "Agilent Technologies,53220A,MY1,02.00"), ("*CLS",)])
    counter = Keysight53220A(line)
    commands = (
        "ABOR",
        "CONF:TOT:CONT (@2)",
        "INP2:COUP DC",
        "INP2:IMP 1000000",
        "INP2:LEV 2.5",
        "INP2:FILT ON",
    )
    line.extend(*[step for command in (*commands, "INIT") for step in ((command,), OK)])
    counter.arm({2: 10})
    line.extend(("SENS:TOT:DATA?", "+1.70000000E+01"))
    assert counter.counts([2]) == {2: 17}
    line.assert_finished()


def test_driver_and_twin(plant, served) -> None:
    server = served.serve(Virtual53220A(plant, "counter"))
    counter = open_instrument("keysight-53220a", server.resource)
    counter.arm({1: 0})
    for channel in (1, 1, 2, 1):
        served.call(lambda channel=channel: plant.pulse(channel))
    assert counter.counts([1]) == {1: 3}
    counter.stop([1])
    served.call(lambda: plant.pulse(1))
    assert counter.counts([1]) == {1: 3}
    counter.close()


def test_what_it_cannot_do_is_refused(plant, served) -> None:
    counter = open_instrument("keysight-53220a", served.serve(Virtual53220A(plant, "counter")).resource)
    counter.arm({1: 0})
    with pytest.raises(InstrumentFault, match="does not stamp"):
        counter.edges_s([1])
    with pytest.raises(InstrumentFault, match="one input counts at a time"):
        counter.counts([2])
    with pytest.raises(InstrumentFault, match="one input counts at a time"):
        counter.arm({1: 0, 2: 0})
    with pytest.raises(SetpointRefused):
        counter.arm({3: 0})
    counter.close()
