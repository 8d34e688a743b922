"""Time of the bench: nobody else sleeps or reads a clock.

``WallClock`` serves a real rig. ``LabClock`` asks the virtual laboratory to move simulated time to the
next event that matters, so a silent meter or a 43-minute test is decided exactly and at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bench.interruption import INTERRUPTION


class Clock(Protocol):
    """What every wait in the bench takes."""

    def now(self) -> float:
        """Return the bench time in seconds; monotonic, origin arbitrary."""

    def utc(self) -> datetime:
        """Return the bench's civil time as an aware UTC datetime."""

    def sleep(self, duration_s: float) -> None:
        """Let ``duration_s`` seconds of bench time pass."""

    def wait(
        self, ready: Callable[[], bool], deadline_s: float, watch: Callable[[], Sequence[str]] | None = None
    ) -> bool:
        """Wait until ``ready()`` or until ``now() >= deadline_s``; return whether it became ready.

        ``watch``: what can make it ready, by its name in the rig file (``counter``, or ``counter:3`` for a channel);
        without it any instrument can.
        """

    def supervise(self, sample: Callable[[], None] | None, every_s: float = 1.0) -> None:
        """Call ``sample`` every ``every_s`` seconds of bench time during sleeps and waits; None ends it.

        What ``sample`` raises ends the sleep or wait. A sample never sleeps itself.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What a laboratory port answered: octets sent by the meter so far, and whether it closed."""

    time_s: float
    n_received: int
    closed: bool


class _Sampling:
    """When the next supervision sample is due, and that none runs inside another."""

    def __init__(self) -> None:
        self._sample: Callable[[], None] | None = None
        self._every_s = 1.0
        self._next_s = 0.0
        self._running = False

    @property
    def next_s(self) -> float:
        """Return when the next sample is due; infinite when nothing is supervised."""
        return float("inf") if self._sample is None or self._running else self._next_s

    def set(self, sample: Callable[[], None] | None, every_s: float, now_s: float) -> None:
        self._sample, self._every_s, self._next_s = sample, every_s, now_s + every_s

    def take(self, now_s: float) -> None:
        """Take the sample if it is due."""
        if self._sample is None or self._running or now_s < self._next_s:
            return
        self._next_s = now_s + self._every_s
        self._running = True
        try:
            self._sample()
        finally:
            self._running = False


class WallClock:
    """The clock of a real rig."""

    poll_s = 0.02
    #: Longest time that a request to stop may wait for a sleep.
    slice_s = 0.2

    def __init__(self) -> None:
        self._sampling = _Sampling()

    def supervise(self, sample: Callable[[], None] | None, every_s: float = 1.0) -> None:
        self._sampling.set(sample, every_s, self.now())

    def now(self) -> float:
        return time.monotonic()

    def utc(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, duration_s: float) -> None:
        end_s = self.now() + duration_s
        while (left_s := end_s - self.now()) > 0:
            INTERRUPTION.check()
            time.sleep(max(0.0, min(left_s, self._sampling.next_s - self.now(), self.slice_s)))
            self._sampling.take(self.now())

    def wait(
        self, ready: Callable[[], bool], deadline_s: float, watch: Callable[[], Sequence[str]] | None = None
    ) -> bool:
        del watch  # it asks all the time
        while not ready():
            INTERRUPTION.check()
            self._sampling.take(self.now())
            left_s = deadline_s - self.now()
            if left_s <= 0:
                return False
            time.sleep(min(self.poll_s, left_s))
        return True


class LabClock:
    """The clock of a virtual laboratory, moved through its lab port.

    ``query`` sends one SCPI query to the lab port and returns the answer line. ``watch`` names the
    instrument ports whose completion events end an advance early.
    """

    def __init__(self, query: Callable[[str], str], watch: tuple[str, ...] = ()) -> None:
        self._query = query
        self._watch = ",".join(watch)
        self._epoch = datetime.fromtimestamp(float(query(":LAB:EPOCh?")), UTC)
        self._now_s = float(query(":LAB:TIME?"))
        self._sampling = _Sampling()

    def see_that_it_runs(self) -> None:
        """Raise what the query raises where the laboratory is gone."""
        self._query(":LAB:TIME?")

    def supervise(self, sample: Callable[[], None] | None, every_s: float = 1.0) -> None:
        self._sampling.set(sample, every_s, self._now_s)

    def now(self) -> float:
        return self._now_s

    def utc(self) -> datetime:
        return self._epoch + timedelta(seconds=self._now_s)

    def sleep(self, duration_s: float) -> None:
        end_s = self._now_s + duration_s
        while duration_s > 0 and self._now_s < end_s:
            self._advance(min(end_s, max(self._sampling.next_s, self._now_s)), watch="")
            self._sampling.take(self._now_s)

    def wait(
        self, ready: Callable[[], bool], deadline_s: float, watch: Callable[[], Sequence[str]] | None = None
    ) -> bool:
        while not ready():
            if self._now_s >= deadline_s:
                return False
            watched = self._watch if watch is None else ",".join(watch())
            self._advance(min(deadline_s, max(self._sampling.next_s, self._now_s)), watched)
            self._sampling.take(self._now_s)
        return True

    def exchange(self, port: str, n_sent: int, deadline_s: float) -> Arrival:
        """Move time to the end of the meter's next burst on ``port``, to its closing, or to the deadline.

        ``n_sent`` is the number of octets the bench has sent on this connection so far; the laboratory
        first makes sure that it has them all. ``n_received`` counts what the meter has sent so far.
        """
        INTERRUPTION.check()
        answer = self._query(f':LAB:EXCHange? "{port}",{n_sent},{deadline_s!r}')
        time_text, received, closed = answer.split(",")
        self._now_s = float(time_text)
        return Arrival(time_s=self._now_s, n_received=int(received), closed=closed.strip() == "1")

    def set_rate(self, port: str, baud: int) -> None:
        """Set the rate of the bench's end of a meter port; at another rate than the meter's nothing gets through."""
        self._query(f':LAB:BAUD "{port}",{baud};:LAB:TIME?')

    def _advance(self, until_s: float, watch: str) -> None:
        INTERRUPTION.check()
        answer = self._query(f':LAB:ADVance? {until_s!r},"{watch}"')
        self._now_s = float(answer.split(",", 1)[0])
