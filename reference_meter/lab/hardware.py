"""The parts of a meter's circuit board that keep their state without power: memory, clock, relay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from reference_meter.lab.world import Event, World


class MemoryChip:
    """Non-volatile memory: named records of bytes, each written whole or not at all."""

    def __init__(self) -> None:
        self._records: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        """Return a record, or None when it was never written."""
        return self._records.get(name)

    def write(self, name: str, record: bytes) -> None:
        """Write a record whole."""
        self._records[name] = bytes(record)

    def names(self) -> tuple[str, ...]:
        """Return the names of all records, in the order in which they were first written."""
        return tuple(self._records)


class RealTimeClock:
    """A clock chip on a battery: it runs through every supply failure, off by its crystal's error."""

    def __init__(self, world: World, utc: datetime, *, error_ppm: float) -> None:
        self._world = world
        self._rate = 1.0 + error_ppm * 1e-6
        self.set(utc)

    def read(self) -> datetime:
        """Return what the clock shows (aware, UTC)."""
        return self._set_to + timedelta(seconds=(self._world.now() - self._set_at_s) * self._rate)

    def set(self, utc: datetime) -> None:
        """Set the clock to an aware time."""
        if utc.tzinfo is None:
            raise ValueError("the real-time clock takes aware times only")
        self._set_to = utc.astimezone(UTC)
        self._set_at_s = self._world.now()


class BistableRelay:
    """The supply switch: a coil pulse moves it after its mechanical delay; it stays there without power."""

    def __init__(self, world: World, *, delay_s: float, closed: bool, moved: Callable[[bool], None]) -> None:
        self.closed = closed
        self._world = world
        self._delay_s = delay_s
        self._moved = moved
        self._motion: Event | None = None

    def pulse(self, *, closed: bool) -> None:
        """Pulse the coil. A later pulse overtakes a moving armature; a power failure does not stop it."""
        if self._motion is not None:
            self._motion.cancel()
            self._motion = None
        if closed != self.closed:
            self._motion = self._world.at(self._world.now() + self._delay_s, lambda: self._arrive(closed))

    def _arrive(self, closed: bool) -> None:
        self._motion = None
        self.closed = closed
        self._moved(closed)
