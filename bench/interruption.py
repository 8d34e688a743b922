"""Signals as requests to stop: taken at the next wait, never in the middle of a command or a line of the record.

The first SIGINT, SIGTERM or SIGHUP ends the run at the next safe point, where it becomes a KeyboardInterrupt,
so that the source is switched off over connections that are in a known state. A second one does not wait.
While the source is being switched off, none is acted upon.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Interruption:
    """What the signals of this process ask for."""

    def __init__(self) -> None:
        self.name = ""
        """The signal that came, or ""."""
        self._held = 0
        self._before: dict[signal.Signals, Any] = {}

    def install(self) -> None:
        """Take the signals over; ``restore`` gives them back. Only the main thread may call it."""
        if self._before:
            return
        self.name = ""
        for name in SIGNALS:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None:
                self._before[number] = signal.signal(number, self._came)

    def restore(self) -> None:
        """Give the signals back to whoever had them."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def check(self) -> None:
        """Raise KeyboardInterrupt here if a signal has come: this is a safe point."""
        if self.name and not self._held:
            raise KeyboardInterrupt(self.name)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing interrupt the block."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    def _came(self, number: int, _frame: FrameType | None) -> None:
        again, self.name = bool(self.name), signal.Signals(number).name
        if again and not self._held:
            raise KeyboardInterrupt(self.name)


#: Signals belong to the process, so there is one of these.
INTERRUPTION = Interruption()
