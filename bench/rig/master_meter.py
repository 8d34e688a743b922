"""A master meter: a calibrated meter beside those under test, whose pulses stand for the reference energy.

Its pulses and theirs are stamped by one counter, so the counter's time base says nothing to the error. How many of its
intervals lie between two pulses of a meter is read off its stamps; of the interval in which a pulse falls, the share
that has passed (the power is constant over so short a time: accuracy.md 3.2, method "master meter", status R).
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import BenchFault
from bench.rig.instrument_set import InstrumentSet
from instruments.roles import EnergyPulseOutput, Instrument

WH_PER_KWH = 1000.0
#: By how many of its own intervals a gate may reach beyond the pulses that the master meter gave.
BEYOND_INTERVALS = 1.5
#: So many stamps are needed to read anything off them.
FEWEST_STAMPS = 3
#: How far the energy of the master meter may be from the power that the standard read meanwhile (own rule).
SAME_ENERGY_PCT = 0.6
METHOD = "master-meter"


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterWiring:
    """Where its pulses lead, and what one of them stands for."""

    counter: str
    channel: int
    constant_imp_per_kwh: float
    given_by: str = ""
    """The instrument whose energy pulse output it is; "" for a meter of its own."""


def arm_master(rack: InstrumentSet, master: MasterWiring) -> None:
    """Stamp its pulses from now until they are stopped; a calibrator that gives them is told its constant first."""
    if master.given_by:
        set_constant(rack.instruments.get(master.given_by), master)
    rack.counter(master.counter).arm({master.channel: 0})


def set_constant(opened: Instrument | None, master: MasterWiring) -> None:
    """Tell the instrument whose pulse output stands for the master meter its constant. Raises BenchFault."""
    if not isinstance(opened, EnergyPulseOutput):
        raise BenchFault(
            f"{master.given_by} gives no energy pulses.",
            remedy="Name an instrument with an energy pulse output as the master meter, or none.",
        )
    opened.give_energy_pulses(master.constant_imp_per_kwh)


def intervals_between(stamps_s: Sequence[float], first_s: float, last_s: float) -> float:
    """Return how many intervals of the master meter lie between two instants. Raises BenchFault if it fell silent."""
    if len(stamps_s) < FEWEST_STAMPS:
        raise BenchFault(
            f"The master meter gave {len(stamps_s)} pulses while the meters were measured.",
            remedy="Look at its pulse output and its counter channel; its constant should be the meters' or higher.",
        )
    return _place(stamps_s, last_s) - _place(stamps_s, first_s)


def _place(stamps_s: Sequence[float], time_s: float) -> float:
    """Return how many intervals after the first stamp an instant lies, with the share of the one it falls into."""
    at = min(max(bisect.bisect_right(stamps_s, time_s) - 1, 0), len(stamps_s) - 2)
    share = (time_s - stamps_s[at]) / (stamps_s[at + 1] - stamps_s[at])
    if not -BEYOND_INTERVALS <= share <= 1 + BEYOND_INTERVALS:
        raise BenchFault(
            "The master meter fell silent while a meter went on.",
            remedy="Does the same current flow through both, and does its channel see every pulse?",
        )
    return at + share


def referred(
    reading: Mapping[str, Any], stamps_s: Sequence[float], master: MasterWiring, *, steady: bool
) -> dict[str, Any]:
    """Return a reading by stamps and power with the master meter's energy in place of the standard's.

    Raises BenchFault where, under a ``steady`` load, the two do not tell the same story.
    """
    intervals = intervals_between(stamps_s, reading["first_edge_s"], reading["last_edge_s"])
    energy_wh = intervals / master.constant_imp_per_kwh * WH_PER_KWH
    read_wh = reading["reference_energy_wh"]
    apart_pct = 100 * (energy_wh / read_wh - 1) if read_wh > 0 else 0.0
    if steady and not abs(apart_pct) <= SAME_ENERGY_PCT:
        raise BenchFault(
            f"The master meter counted {energy_wh:.5g} Wh, the reference standard read {read_wh:.5g} Wh meanwhile: "
            f"{apart_pct:+.2f} % apart.",
            remedy="Check the constant of the master meter in the rig file, and that all current flows through it.",
        )
    return {
        **reading,
        "reference_energy_wh": energy_wh,
        "master_intervals": intervals,
        "master_constant_imp_per_kwh": master.constant_imp_per_kwh,
    }
