"""Proof that a meter is alive: before a case, so that silence means something; after it, so that the next can run.

A link that died is reopened; how often, and how long the meter stayed away, is kept and counts for the case
that killed it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.clock import Clock
from bench.errors import LinkError
from bench.meter.line_echo import Echo

#: How long a meter that went away is waited for, in bench time; a restart takes some seconds.
PATIENCE_S = 15.0
PAUSE_S = 1.0
#: One lost frame is the line's; a meter that misses two calls in a row was away.
AWAY_AFTER_CALLS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Liveness:
    """What a proof of life found. ``calls``: how many it took; ``closed``: the meter had closed the line."""

    alive: bool = False
    calls: int = 0
    closed: bool = False
    duration_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the proof as JSON values."""
        return {
            "alive": self.alive,
            "calls": self.calls,
            "closed": self.closed,
            "away": self.calls > AWAY_AFTER_CALLS,
            "duration_s": self.duration_s,
        }


def prove_alive(
    clock: Clock, call: Callable[[], bool], close: Callable[[], None], *, patience_s: float = PATIENCE_S
) -> Liveness:
    """Call the meter until it answers or ``patience_s`` is over; the line is closed and reopened in between.

    Raises Echo at once: patience does not mend a line that gives our own octets back.
    """
    started_s = clock.now()
    calls, closed = 0, False
    while True:
        calls += 1
        answered = False
        try:
            answered = call()
        except Echo:
            raise
        except LinkError:
            closed = True
        waited_s = clock.now() - started_s
        if answered or waited_s >= patience_s:
            return Liveness(alive=answered, calls=calls, closed=closed, duration_s=waited_s)
        with contextlib.suppress(LinkError):
            close()
        if calls >= AWAY_AFTER_CALLS:
            clock.sleep(PAUSE_S)
