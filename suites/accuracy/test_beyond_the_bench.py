"""Influence quantities that need more than a source and actuators: said to be NOT RUN, with what is missing."""

from __future__ import annotations

from typing import Any

from bench.judgement.requirements import influence_requirement, influences_of
from bench.record.model import Outcome
from bench.run.case import Stage, case
from bench.run.case_bench import CaseBench


def beyond(name: str, influence: str) -> Any:
    """Describe a case on an influence quantity by the words its table rows begin with."""
    return case(
        f"accuracy/influence/{name}",
        lambda bench: influence_requirement(bench.declaration, influence),
        stage=Stage.VOLTAGE,
    )


def _not_run(bench: CaseBench, influence: str, reason: str) -> None:
    if influences_of(bench.declaration, influence):
        bench.state(Outcome.NOT_RUN, reason)
    else:
        bench.state(Outcome.INAPPLICABLE, "no limit for this quantity, class, edition and connection")


@beyond("magnet_alternating", "AC magnetic")
def test_magnet_alternating(bench: CaseBench) -> None:
    """An alternating magnetic induction of 0.5 mT in the worst phase and direction."""
    _not_run(bench, "AC magnetic", "this rig has no field coil (0.5 mT)")


@beyond("radio_field", "radiated RF")
def test_radio_field(bench: CaseBench) -> None:
    """A radiated radio-frequency field."""
    _not_run(bench, "radiated RF", "this rig has no anechoic chamber")


@beyond("radio_conducted", "conducted RF")
def test_radio_conducted(bench: CaseBench) -> None:
    """Disturbances conducted by radio-frequency fields."""
    _not_run(bench, "conducted RF", "this rig has no coupling network for radio frequencies")


@beyond("transients", "fast transient burst")
def test_transients(bench: CaseBench) -> None:
    """Fast transient bursts on the voltage and current circuits."""
    _not_run(bench, "fast transient burst", "this rig has no burst generator")


@beyond("overcurrent", "short-time overcurrent")
def test_overcurrent(bench: CaseBench) -> None:
    """The error after a short-time overcurrent."""
    _not_run(bench, "short-time overcurrent", "this rig has no source of overcurrent (30 Imax)")


@beyond("differential_2_150_khz", "conducted differential current")
def test_differential_current(bench: CaseBench) -> None:
    """Differential currents of 2 kHz to 150 kHz."""
    _not_run(bench, "conducted differential current", "this rig has no generator of 2 kHz to 150 kHz")


@beyond("accessories", "operation of a")
def test_accessories(bench: CaseBench) -> None:
    """The operation of accessories."""
    _not_run(bench, "operation of a", "nothing says which accessories of this meter can be operated")
