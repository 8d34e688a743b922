"""What a power limiter may be doing at each moment of a story: off, holding the switch open, or nobody can know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.judgement.fields import number, text, truth
from bench.record.declaration import Declaration

#: Clear of a limit by this share, the meter's own error does not matter.
CLEAR = 0.05
#: A limiter's openings are counted over an hour.
COUNTED_S = 3600.0


@dataclass(slots=True, kw_only=True)
class LimiterModel:
    """Follows load, threshold and time. ``holds`` is None where a trip or its end may have come or not.

    ``slack_s``: how late what is due may be seen; ``sure_s``: how early. Under a load that stays too high, the
    limiter closes after its hold and trips again: from then on nobody knows which of both the last look met.
    """

    declaration: Declaration
    slack_s: float
    sure_s: float
    holds: bool | None = False
    limit_w: float = 0.0
    trip_s: float = 0.0
    over_since_s: float | None = None
    release_s: tuple[float, float] | None = None
    """The first and the last moment at which the hold may end; None: no hold is known."""
    _trips: list[tuple[float, bool]] = field(default_factory=list)
    """When it tripped, or may have, and whether that is sure."""

    def __post_init__(self) -> None:
        supply = self.declaration.supply
        self.trip_s = supply.limiter_trip_s or 0.0 if supply is not None else 0.0

    def follow(self, step: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Take one step of a story, with the looks before and after it."""
        from_s, now_s, load_w = number(step, "from_s"), number(after, "time_s"), number(step, "load_w")
        accepted = text(step, "answer") == "success"
        if text(step, "do") == "limit" and accepted:
            self.limit_w = float(step["with"]["w"])
            self.trip_s = float(step["with"].get("over_s", self.trip_s))
            self.over_since_s = None
        if text(step, "do") == "emergency_limit":
            self.holds = None  # thresholds that come and go by the clock are judged by a test of their own
        over = 0 < self.limit_w * (1 - CLEAR) < load_w
        if not over:
            self.over_since_s = None
        elif self.holds is False and self.over_since_s is None and truth(before, "live"):
            self.over_since_s = from_s
        if self.holds is False:
            self._trip_when_due(now_s, load_w)
        if self.holds is None and over and self.release_s is not None:
            self._may_have_tripped(from_s, now_s)
        elif self.holds is not False and self.release_s is not None:
            self._end(self.release_s, now_s, over=over)

    def _trip_when_due(self, now_s: float, load_w: float) -> None:
        if self.over_since_s is None or now_s - self.over_since_s < self.trip_s - self.sure_s:
            return
        late = now_s - self.over_since_s > self.trip_s + self.slack_s
        self.holds = True if late and load_w >= self.limit_w * (1 + CLEAR) else None
        self._trip(self.over_since_s + self.trip_s, sure=self.holds is True)
        self.over_since_s = None

    def _may_have_tripped(self, from_s: float, now_s: float) -> None:
        cycle_s = self.trip_s + self._hold_s(0)
        for _ in range(int((now_s - from_s) / cycle_s) + 1 if cycle_s > 0 else 1):
            self._trip(now_s, sure=False)

    def _end(self, release_s: tuple[float, float], now_s: float, *, over: bool) -> None:
        """Let the hold end by time; under a load that is still too high what follows is unknown."""
        first_s, last_s = release_s
        if now_s < first_s - self.sure_s:
            return
        if now_s < last_s + self.slack_s or over:
            self.holds = None
            if over:
                self._may_have_tripped(first_s, now_s)
        else:
            self.holds, self.release_s = False, None

    def _trip(self, at_s: float, *, sure: bool) -> None:
        """Note a trip, and when its hold may end: how many came before decides how long it lasts."""
        self._trips = [item for item in self._trips if at_s - item[0] < COUNTED_S] + [(at_s, sure)]
        known = sum(item[1] for item in self._trips)
        self.release_s = (at_s + self._hold_s(known), at_s + self._hold_s(len(self._trips)))

    def _hold_s(self, trips: int) -> float:
        supply = self.declaration.supply
        if supply is None or supply.limiter_hold_s is None:
            return float("inf")
        if supply.limiter_closes_max is not None and trips >= supply.limiter_closes_max:
            return supply.limiter_lockout_s or float("inf")
        return supply.limiter_hold_s
