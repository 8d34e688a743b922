"""The printed circuit board a meter's firmware runs on: everything outside the software.

The firmware is built anew on each power-up (RAM is lost); what survives lives on the board: the memory
chip, the real-time clock with its battery, and the position of the bistable supply switch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from instruments.virtual.plant import Harmonic
from reference_meter.senses import Senses


class Timer(Protocol):
    """A scheduled action of the firmware; power-off cancels all of them."""

    def cancel(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementInput:
    """True quantities at one measuring element: rms of the fundamentals, lag of current (inductive > 0), harmonics."""

    voltage_v: float = 0.0
    current_a: float = 0.0
    voltage_angle_deg: float = 0.0
    current_lag_deg: float = 0.0
    voltage_harmonics: tuple[Harmonic, ...] = ()
    current_harmonics: tuple[Harmonic, ...] = ()
    burst: tuple[int, int] = (1, 0)
    """Whole cycles with current, and without it."""

    @property
    def flowing_share(self) -> float:
        """Share of the time in which current flows."""
        on, off = self.burst
        return on / (on + off)


class Memory(Protocol):
    """The non-volatile memory chip: named records of bytes, each written whole."""

    def read(self, name: str) -> bytes | None: ...
    def write(self, name: str, record: bytes) -> None: ...
    def names(self) -> Sequence[str]: ...


class Port(Protocol):
    """One communication port of the meter (a UART behind the optical head or RS-485 driver)."""

    def send(self, octets: bytes) -> None:
        """Send octets; they reach the line at the port's baud rate."""

    def set_rate(self, baud: int, *, seven_bits: bool = False) -> None:
        """Set the baud rate of a UART, 8N1, or 7E1 with ``seven_bits``; a network port has none."""

    def hang_up(self) -> None:
        """Close the connection of a network port."""


class Board(Protocol):
    """What the hardware offers to the firmware."""

    memory: Memory
    senses: Senses

    def now(self) -> float:
        """Return the oscillator's time in seconds (monotonic, origin arbitrary)."""

    def at(self, time_s: float, action: Callable[[], None]) -> Timer:
        """Run ``action`` when the oscillator reaches ``time_s``."""

    def rtc(self) -> datetime:
        """Return the real-time clock (aware, UTC)."""

    def set_rtc(self, utc: datetime) -> None: ...

    def elements(self) -> Sequence[ElementInput]:
        """Return what the measuring elements see now. Constant between two ``inputs_changed`` calls."""

    def frequency_hz(self) -> float: ...

    def flash_led(self) -> None:
        """Flash the metrological LED once, now."""

    def led_seen(self) -> bool:
        """Return whether anything looks at the LED; a flash that nobody sees need not be given."""

    def drive_switch(self, *, closed: bool) -> None:
        """Pulse the coil of the bistable supply switch; it moves after its mechanical delay."""

    def switch_closed(self) -> bool:
        """Return the sensed position of the supply switch contact."""

    def port(self, name: str) -> Port:
        """Return a communication port: "optical", "tcp" or "udp"."""

    def show(self, text: str) -> None:
        """Write to the display."""


class Firmware(Protocol):
    """What the board calls in the firmware."""

    def inputs_changed(self) -> None:
        """Voltage, current, angle, frequency or switch position changed just now."""

    def senses_changed(self) -> None:
        """A cover, the field, the neutral, the battery or a plug changed just now."""

    def runs_without_neutral(self) -> bool:
        """Return whether the supply of the meter takes what it needs from one wire and earth."""

    def display_looked_at(self) -> None:
        """Bring the display up to date: somebody reads it."""

    def octets_received(self, port: str, octets: bytes) -> None: ...

    def port_opened(self, port: str) -> None: ...

    def port_closed(self, port: str) -> None: ...

    def keys_pressed(self, keys: str) -> None:
        """Keypad input: digits, ``E`` enter, ``C`` clear."""

    def power_failing(self) -> None:
        """Last call before power is lost; the super-capacitor carries the writes made here."""
