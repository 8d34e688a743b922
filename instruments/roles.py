"""Roles an instrument can play on a bench. Angles in IEC degrees: U1 = 0, U2 = -120; lag of current > 0."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The four fields of ``*IDN?``."""

    manufacturer: str
    model: str
    serial_number: str
    firmware: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Harmonic:
    """One component beside the fundamental: order 0 is DC, 2 and above are harmonics.

    ``angle_deg`` is the angle of sin(order * theta + angle), theta the angle of the fundamental voltage of the
    same phase (0 at its positive-going zero crossing). ``rms`` in V or A; of DC the value itself, with angle 0.
    """

    order: int
    rms: float
    angle_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSetting:
    """One phase: rms of the fundamentals, voltage angle against U1, lag of current (inductive > 0), harmonics."""

    voltage_v: float
    current_a: float
    voltage_angle_deg: float = 0.0
    current_lag_deg: float = 0.0
    voltage_harmonics: tuple[Harmonic, ...] = ()
    current_harmonics: tuple[Harmonic, ...] = ()

    @property
    def voltage_rms_v(self) -> float:
        """Rms of the whole voltage."""
        return math.hypot(self.voltage_v, *(harmonic.rms for harmonic in self.voltage_harmonics))

    @property
    def current_rms_a(self) -> float:
        """Rms of the whole current."""
        return math.hypot(self.current_a, *(harmonic.rms for harmonic in self.current_harmonics))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSetting:
    """What a source is asked to deliver."""

    frequency_hz: float
    phases: tuple[PhaseSetting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLimits:
    """What a source can deliver."""

    phases: int
    voltage_max_v: float
    current_max_a: float
    frequency_min_hz: float
    frequency_max_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseReading:
    """What a reference standard sees on one phase; rms, active power, lag of current (inductive > 0).

    ``voltage_angle_deg`` is the IEC angle against U1 (U2 = -120); None where the standard does not tell.
    """

    voltage_v: float
    current_a: float
    power_w: float
    current_lag_deg: float
    voltage_angle_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """One set of readings of a reference standard."""

    phases: tuple[PhaseReading, ...]
    power_w: float
    frequency_hz: float
    overload: bool
    voltage_range: str
    current_range: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReading:
    """What an error calculator counted, raw: N meter intervals against reference energy.

    ``error_pct`` is the instrument's own result, for comparison with the bench's arithmetic.
    """

    n_intervals: int
    meter_constant_imp_per_kwh: float
    reference_constant_imp_per_kwh: float
    reference_energy_wh: float
    duration_s: float
    error_pct: float
    voltage_range: str
    current_range: str


class Instrument(Protocol):
    """What every driver offers."""

    resource: str

    def identify(self) -> Identity: ...
    def close(self) -> None: ...


class PowerSource(Instrument, Protocol):
    """Delivers voltage and current. Setting calls return the settling time in seconds; they never wait."""

    def limits(self) -> SourceLimits: ...
    def apply(self, setting: LoadSetting) -> float: ...
    def switch_on(self) -> float: ...
    def switch_off(self) -> None: ...
    def is_on(self) -> bool: ...
    def safe_state(self) -> None: ...


class ReferenceStandard(Instrument, Protocol):
    """Knows the truth well. Acquisition is arm, let time pass, collect; no query waits for bench time."""

    def select_ranges(self, voltage_v: float, current_a: float) -> float: ...
    def start_reading(self) -> float:
        """Start an integration interval; return the time it needs, in seconds."""

    def collect_reading(self) -> Readings:
        """Return the last finished interval."""

    def start_energy(self) -> None:
        """Start (and zero) the energy register."""

    def energy_wh(self) -> float:
        """Return the active energy since ``start_energy``, sum of phases, in Wh."""


class ErrorCalculator(Protocol):
    """Compares meter pulses with the standard's own energy, inside one box."""

    def arm_error_test(self, meter_constant_imp_per_kwh: float, n_intervals: int) -> None: ...
    def error_test_ready(self) -> bool: ...
    def collect_error(self) -> ErrorReading: ...
    def abort_error_test(self) -> None: ...


@runtime_checkable
class SeriesCalculator(Protocol):
    """An error calculator that can repeat its test without a gap: the pulse that ends one begins the next."""

    def arm_error_series(self, meter_constant_imp_per_kwh: float, n_intervals: int) -> None: ...
    def error_tests_done(self) -> int: ...


class PulseCounter(Instrument, Protocol):
    """Time-stamps meter pulses, one channel a position. Channels are asked together: a rack has sixty."""

    channels: int

    def arm(self, n_edges: Mapping[int, int]) -> None:
        """Clear these channels and record edges on each until its number is in (0: until stopped)."""

    def counts(self, channels: Sequence[int]) -> dict[int, int]:
        """Return how many edges each channel has recorded since it was armed."""

    def edges_s(self, channels: Sequence[int]) -> dict[int, tuple[float, ...]]:
        """Return the time stamps of each channel's edges, oldest first, in seconds of the counter's time base."""

    def stop(self, channels: Sequence[int]) -> None:
        """Stop recording on these channels; what is recorded stays."""


class Actuators(Instrument, Protocol):
    """The hands of an operator at each position (numbered from 1)."""

    def supply(self, position: int, *, on: bool) -> None:
        """Close or cut the voltage supply of one position (its isolating contactor)."""

    def bypass(self, position: int, *, automatic: bool) -> None:
        """Arm the position's bypass: it closes when the meter opens the current loop, and opens with it."""

    def load_side_live(self, position: int) -> bool:
        """Return whether voltage stands on the load side of the meter's supply switch."""

    def keypad(self, position: int, keys: str) -> None:
        """Press keys in order: digits, ``E`` enter, ``C`` clear, ``B`` the supply button."""

    def display(self, position: int) -> str:
        """Read what the display shows."""

    def cover(self, position: int, name: str, *, opened: bool) -> None:
        """Open or close the "meter" or the "terminal" cover."""

    def magnet(self, position: int, field_mt: float) -> None:
        """Bring a magnet of this flux density (mT) to the case; 0 takes it away."""

    def neutral(self, position: int, *, connected: bool) -> None:
        """Connect or open the neutral of the voltage circuit."""

    def neutral_current(self, position: int, share: float) -> None:
        """Lead this share of the line's current through the neutral terminals; 1 is a healthy circuit."""

    def battery(self, position: int, voltage_v: float) -> None:
        """Put a battery of this voltage in place; 0 takes it out."""

    def module(self, position: int, name: str) -> None:
        """Plug in the communication module of this name; an empty name pulls it out."""

    def customer_unit(self, position: int, *, connected: bool) -> None:
        """Connect or pull out the customer interface unit."""

    def bridge(self, position: int, *, closed: bool) -> None:
        """Bridge the meter's supply switch from terminal to terminal, as a welded contact does; or take it away."""


@runtime_checkable
class EnergyPulseOutput(Protocol):
    """A source that gives pulses in proportion to the active energy it believes it delivers, all phases together."""

    def give_energy_pulses(self, constant_imp_per_kwh: float) -> None:
        """Set the constant of the pulse output. Sending it again changes nothing."""


@runtime_checkable
class CurrentInterrupter(Protocol):
    """A switch that leads the current of all phases around standard and meters, at its zero crossings."""

    def interrupt_cycles(self, on: int, off: int) -> None: ...
    def interrupt_seconds(self, on_s: float, off_s: float) -> None: ...
    def interrupt_end(self) -> None: ...


@runtime_checkable
class ClimaticChamber(Protocol):
    """Gives the air around all meters a temperature; how long that takes to reach them is the caller's matter."""

    def chamber(self, temperature_c: float) -> None: ...


class SafetyPanel(Instrument, Protocol):
    """Reports what takes the power away in hardware, and feeds the watchdog relay. It is never that function."""

    def interlock_closed(self) -> bool: ...
    def emergency_stop_pressed(self) -> bool: ...
    def feed_watchdog(self) -> None:
        """Hold the watchdog relay for another period; it cuts the source when it is not fed."""
