"""What the virtual twins are given: the plant they stand in. A laboratory implements these."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Timer(Protocol):
    """A scheduled action."""

    def cancel(self) -> None: ...


class Plant(Protocol):
    """Simulated time, and a way to say that something has finished."""

    def now(self) -> float:
        """Return the simulated time in seconds."""

    def at(self, time_s: float, action: Callable[[], None]) -> Timer:
        """Run ``action`` at simulated time ``time_s`` (now or later)."""

    def notify(self, port: str) -> None:
        """Tell that something on the instrument port ``port`` finished; ends an advance that watches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harmonic:
    """A component rms * sqrt(2) * sin(order * theta + angle); theta: angle of the phase's fundamental voltage.

    Order 0 is DC: ``rms`` is its value, its angle is 0 or 180 degrees.
    """

    order: int
    rms: float
    angle_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseOutput:
    """One phase: rms of the fundamentals, lag of current behind its own voltage (inductive > 0), harmonics."""

    voltage_v: float = 0.0
    current_a: float = 0.0
    voltage_angle_deg: float = 0.0
    current_lag_deg: float = 0.0
    voltage_harmonics: tuple[Harmonic, ...] = ()
    current_harmonics: tuple[Harmonic, ...] = ()
    burst: tuple[int, int] = (1, 0)
    """Whole cycles with current, and without it: a switch leads the current around in the others."""

    @property
    def flowing_share(self) -> float:
        """Share of the time in which current flows."""
        on, off = self.burst
        return on / (on + off)

    @property
    def voltage_rms_v(self) -> float:
        """Rms of the whole voltage."""
        return math.hypot(self.voltage_v, *(harmonic.rms for harmonic in self.voltage_harmonics))

    @property
    def current_rms_a(self) -> float:
        """Rms of the whole current, over its bursts and pauses."""
        flowing_a = math.hypot(self.current_a, *(harmonic.rms for harmonic in self.current_harmonics))
        return flowing_a * math.sqrt(self.flowing_share)

    @property
    def power_w(self) -> float:
        """Exact active power: the sum over all orders that voltage and current share (IEEE 1459)."""
        fundamental = self.voltage_v * self.current_a * math.cos(math.radians(self.current_lag_deg))
        voltages = {harmonic.order: harmonic for harmonic in self.voltage_harmonics}
        harmonics = math.fsum(
            voltages[own.order].rms
            * own.rms
            * math.cos(math.radians(voltages[own.order].angle_deg - own.angle_deg))
            for own in self.current_harmonics
            if own.order in voltages
        )
        return (fundamental + harmonics) * self.flowing_share


class SourcePlant(Plant, Protocol):
    """Where a source's terminals lead."""

    def drive(self, phases: Sequence[PhaseOutput], frequency_hz: float) -> None:
        """Put these values on the source terminals from now on."""

    def loop_closed(self, phase: int) -> bool:
        """Return whether the current loop of ``phase`` (0-based) is closed through all positions."""

    def on_loop_opened(self, action: Callable[[int], None]) -> None:
        """Call ``action(phase)`` whenever a loop that carried current opens."""


class StandardPlant(Plant, Protocol):
    """What a reference standard's inputs see."""

    def inputs(self) -> Sequence[PhaseOutput]:
        """Return the true values at the standard's inputs now."""

    def frequency_hz(self) -> float: ...

    def true_energy_wh(self) -> Sequence[float]:
        """Return the exact active energy through each phase since the laboratory started, in Wh."""

    def on_pulse(self, channel: int, action: Callable[[float], None]) -> None:
        """Call ``action(time_s)`` at each LED flash of the meter at position ``channel`` (from 1)."""


class CounterPlant(Plant, Protocol):
    """Where a counter's inputs lead."""

    def on_pulse(self, channel: int, action: Callable[[float], None]) -> None: ...


class HandsPlant(Plant, Protocol):
    """The positions as an operator's hands reach them (numbered from 1)."""

    positions: int

    def supply(self, position: int, *, on: bool) -> None: ...
    def supply_on(self, position: int) -> bool: ...
    def bypass(self, position: int, *, automatic: bool) -> None: ...
    def bypass_automatic(self, position: int) -> bool: ...
    def load_side_live(self, position: int) -> bool: ...

    def on_contact_moved(self, action: Callable[[], None]) -> None:
        """Call ``action()`` after the supply switch of any meter moved."""

    def press(self, position: int, keys: str) -> None: ...
    def display(self, position: int) -> str: ...
    def cover(self, position: int, name: str, *, opened: bool) -> None: ...
    def magnet(self, position: int, field_mt: float) -> None: ...
    def neutral(self, position: int, *, connected: bool) -> None: ...
    def neutral_current(self, position: int, share: float) -> None: ...
    def battery(self, position: int, voltage_v: float) -> None: ...
    def module(self, position: int, name: str) -> None: ...
    def customer_unit(self, position: int, *, connected: bool) -> None: ...
    def bridge(self, position: int, *, closed: bool) -> None: ...
    def interrupt(self, on: float, off: float, *, cycles: bool) -> None: ...
    def chamber(self, temperature_c: float) -> None: ...
