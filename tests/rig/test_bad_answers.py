"""An instrument that answers late, wrongly, with an error, or not at all: named, everything off, never a number."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import BenchFault
from bench.rig.load_settings import balanced_load
from instruments.errors import InstrumentFault
from instruments.virtual.scpi import ScpiError
from tests.instruments.conftest import Served
from tests.rig.simulated_rig import SimulatedRig

LOAD = balanced_load(elements=1, voltage_v=230.0, current_a=5.0, lag_deg=0.0, frequency_hz=50.0)


@pytest.fixture
def rig(tmp_path: Path):
    served = Served()
    yield SimulatedRig(tmp_path, served)
    served.close()


@pytest.fixture
def rack(rig: SimulatedRig):
    opened = rig.rack()
    opened.apply(LOAD)
    yield opened
    opened.close()


def answer(rig: SimulatedRig, header: str, text: str) -> None:
    """Let the standard answer one of its queries with other words."""
    rig.standard.tree.add(header, lambda _call: text)


def refuse(rig: SimulatedRig, header: str) -> None:
    def refused(_call: object) -> str:
        raise ScpiError(-230, "no finished interval")

    rig.standard.tree.add(header, refused)


def test_an_error_instead_of_a_reading(rig: SimulatedRig, rack) -> None:
    refuse(rig, "FETCh:POW1:P1?")
    with pytest.raises(
        BenchFault, match=r"Supervision lost an instrument: .* refused .*FETC:POW1:P1.*: -230"
    ):
        rack.clock.sleep(1000.0)
    assert not rig.source.output_live


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("POW1:P1:[W]:;", "not a number"),
        ("POW1:P1:[W]:--.--;", "not a number"),
        ("POW1:P1:[W]:9.91E37;", "load does not stand any more|gives 9.91e.37|own voltage"),
        ("POW1:P1:[W]:-1150.0;", "reads -1150 W, but its own voltage"),
        ("ERROR", "not a number"),
    ],
)
def test_words_instead_of_a_number(rig: SimulatedRig, rack, text: str, message: str) -> None:
    answer(rig, "FETCh:POW1:P1?", text)
    with pytest.raises(BenchFault, match=message):
        rack.clock.sleep(1000.0)
    assert not rig.source.output_live


def test_an_answer_that_comes_too_late(rig: SimulatedRig, rack) -> None:
    """It is a fault at once, and never the answer to the query after it."""
    rig.standard_server.faults.replies_to_delay = 1
    with pytest.raises(BenchFault, match=r"Supervision lost an instrument: .*did not answer"):
        rack.clock.sleep(1000.0)
    assert not rig.source.output_live
    assert rack.readings().phases[0].voltage_v == 0.0


def test_a_source_that_refuses_a_setting(rig: SimulatedRig, rack) -> None:
    def refused(_call: object) -> None:
        raise ScpiError(-222, "data out of range")

    rig.source.tree.add("[SOURce]:FREQuency", refused, parameters=1)
    with pytest.raises(InstrumentFault, match="-222"):
        rack.apply(balanced_load(elements=1, voltage_v=120.0, current_a=5.0, lag_deg=0.0, frequency_hz=50.0))


def test_a_source_that_falls_silent_under_load(rig: SimulatedRig, rack) -> None:
    rig.source_server.faults.silent = True
    with pytest.raises(BenchFault, match="Supervision lost an instrument"):
        rack.clock.sleep(1000.0)
    rig.source_server.faults.silent = False
