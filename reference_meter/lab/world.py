"""Simulated time of the laboratory: an event heap, one seed, nothing random in the order of events.

Between two events everything in the laboratory is constant, so nothing is stepped and nothing drifts:
an hour without events costs nothing.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MANUFACTURED_UTC = datetime(2014, 1, 1, tzinfo=UTC)
"""When every meter of the laboratory was made, so that published test tokens are not old."""

_FIRST_RUN_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_RUN_DAYS = (datetime(2030, 1, 1, tzinfo=UTC) - _FIRST_RUN_DAY).days

_EVENTS_AT_ONE_INSTANT_MAX = 100_000
_COMPACT_FROM = 256


class TimeStands(RuntimeError):
    """Something schedules itself again and again without letting time pass."""

    def __init__(self, time_s: float) -> None:
        self.time_s = time_s
        super().__init__(f"more than {_EVENTS_AT_ONE_INSTANT_MAX} events at t = {time_s!r} s")


class Event:
    """A scheduled action; cancelling it twice, or after it ran, does no harm."""

    __slots__ = ("_action", "_world", "time_s")

    def __init__(self, world: World, time_s: float, action: Callable[[], None]) -> None:
        self.time_s = time_s
        self._world = world
        self._action: Callable[[], None] | None = action

    @property
    def pending(self) -> bool:
        """Whether the action still waits for its time."""
        return self._action is not None

    def cancel(self) -> None:
        """Forget the action."""
        if self._action is not None:
            self._action = None
            self._world._one_cancelled()


class World:
    """Simulated time t in seconds (0 at the start of the run), and the seed everything random hangs on."""

    def __init__(self, seed: int, *, epoch: datetime | None = None) -> None:
        self.seed = seed
        calendar = self.stream("run start")
        self.epoch = epoch or _FIRST_RUN_DAY + timedelta(
            days=calendar.randrange(_RUN_DAYS), minutes=calendar.randrange(24 * 60)
        )
        """The UTC instant of t = 0: of the seed's choice, unless it is given."""
        self._now_s = 0.0
        self._heap: list[tuple[float, int, Event]] = []
        """Time, order of scheduling, event."""
        self._sequence = 0
        self._cancelled = 0

    def stream(self, name: str) -> random.Random:
        """Return the random stream of ``name``: the same for the same seed, independent of all others."""
        return random.Random(f"meterbench/{self.seed}/{name}")  # noqa: S311  # repeatable on purpose

    def now(self) -> float:
        """Return the simulated time in seconds."""
        return self._now_s

    def utc(self) -> datetime:
        """Return the simulated civil time."""
        return self.epoch + timedelta(seconds=self._now_s)

    def at(self, time_s: float, action: Callable[[], None]) -> Event:
        """Run ``action`` at simulated time ``time_s``, or at the present time if that has passed."""
        self._sequence += 1
        event = Event(self, max(time_s, self._now_s), action)
        heapq.heappush(self._heap, (event.time_s, self._sequence, event))
        return event

    def next_event_s(self) -> float | None:
        """Return the time of the next event, or None when nothing is scheduled."""
        self._drop_cancelled_head()
        return self._heap[0][0] if self._heap else None

    def run_until(self, until_s: float, stop: Callable[[], bool] | None = None) -> None:
        """Let time pass up to ``until_s``, or up to the instant in which ``stop()`` became true.

        Events of one instant run in the order in which they were scheduled, and an instant is always
        finished: after a stop nothing is left over for the present time. A past time moves nothing.
        """
        while stop is None or not stop():
            self._drop_cancelled_head()
            if not self._heap or self._heap[0][0] > until_s:
                self._now_s = max(self._now_s, until_s)
                return
            self._now_s = self._heap[0][0]
            self._run_instant(self._now_s)

    def _run_instant(self, due_s: float) -> None:
        for _ in range(_EVENTS_AT_ONE_INSTANT_MAX):
            event = heapq.heappop(self._heap)[2]
            action, event._action = event._action, None
            if action is None:
                self._cancelled -= 1
            else:
                action()
            if not self._heap or self._heap[0][0] > due_s:
                return
        raise TimeStands(due_s)

    def _drop_cancelled_head(self) -> None:
        while self._heap and self._heap[0][2]._action is None:
            heapq.heappop(self._heap)
            self._cancelled -= 1

    def _one_cancelled(self) -> None:
        # a meter re-plans its next LED flash at each change of load: without this the heap would grow
        self._cancelled += 1
        if self._cancelled > _COMPACT_FROM and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].pending]
            heapq.heapify(self._heap)
            self._cancelled = 0
