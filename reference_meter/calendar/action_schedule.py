"""A script at times of the clock (Blue Book class 22): what every single action schedule of the meter has in common.

What fell due without supply is carried out when supply is back, once.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from reference_meter.board import Timer

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ANY = 0xFF
_ANY_YEAR = 0xFFFF
_DAYS_AHEAD = 400
_JUST_AFTER_S = 1e-3

Times = list[tuple[bytes, bytes]]


class ActionSchedule:
    """Times as pairs of 4 octets (time) and 5 octets (date), local; FF in a date is any."""

    def __init__(self, meter: Meter, record: str) -> None:
        self.meter = meter
        self.board = meter.board
        self._record = record
        saved = meter.memory.get(record) or {"script": 1, "times": [], "done": None}
        self.script: int = saved["script"]
        self.times: Times = [(bytes.fromhex(at), bytes.fromhex(on)) for at, on in saved["times"]]
        self._done: datetime | None = None if saved["done"] is None else datetime.fromisoformat(saved["done"])
        self._timer: Timer | None = None

    def power_up(self) -> None:
        """Carry out what fell due without supply, and wait for the next time."""
        now = self.meter.clock.utc()
        if self._done is not None:
            due = self.next_due(self._done)
            if due is not None and due <= now:
                self.execute()
        self.plan()

    def set(self, *, script: int | None = None, times: Times | None = None) -> None:
        """Change script or times; from now on."""
        self.script = self.script if script is None else script
        self.times = self.times if times is None else times
        self.plan()

    def plan(self) -> None:
        """Wait for the next time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._done = self.meter.clock.utc()
        self._save()
        due = self.next_due(self._done)
        if due is not None:
            wait_s = (due - self._done).total_seconds() + _JUST_AFTER_S
            self._timer = self.board.at(self.board.now() + wait_s, self._tick)

    def execute(self) -> None:
        """Run the script now."""
        raise NotImplementedError

    def next_due(self, after: datetime) -> datetime | None:
        """Return the first due time after an instant; None when there is none in a year."""
        local = self.meter.clock.local(after)
        found = []
        for at, on in self.times:
            hour, minute, second = (0 if part == ANY else part for part in at[:3])
            for ahead in range(-1, _DAYS_AHEAD):
                day = (local + timedelta(days=ahead)).date()
                if not date_matches(on, day.year, day.month, day.day, day.isoweekday()):
                    continue
                due = self.meter.clock.local_to_utc(datetime.combine(day, time(hour, minute, second), UTC))
                if due > after:
                    found.append(due)
                    break
        return min(found, default=None)

    def _tick(self) -> None:
        self._timer = None
        self.execute()
        self.plan()

    def _save(self) -> None:
        self.meter.memory.put(
            self._record,
            {
                "script": self.script,
                "times": [[at.hex(), on.hex()] for at, on in self.times],
                "done": None if self._done is None else self._done.isoformat(),
            },
        )


def date_matches(on: bytes, year: int, month: int, day: int, weekday: int) -> bool:
    """Tell whether a date is one that 5 octets name."""
    return (
        int.from_bytes(on[:2]) in (year, _ANY_YEAR)
        and on[2] in (month, ANY)
        and on[3] in (day, ANY)
        and on[4] in (weekday, ANY)
    )
