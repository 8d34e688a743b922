"""How far a score is, on one line of a terminal; nothing where nobody looks."""

from __future__ import annotations

from typing import TextIO

_WIDTH = 28


class Progress:
    """A bar on ``stream``, drawn only when that is a terminal."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream, self._total = stream, total
        self._done = 0
        self._shown = stream.isatty()

    def step(self, line: str, say: TextIO) -> None:
        """Print a finished trial's line, and the bar below it."""
        self._done += 1
        self.clear()
        print(line, file=say, flush=True)
        if self._shown:
            filled = _WIDTH * self._done // max(1, self._total)
            bar = "█" * filled + "░" * (_WIDTH - filled)
            self._stream.write(f"{bar} {self._done} of {self._total}")
            self._stream.flush()

    def clear(self) -> None:
        """Take the bar away."""
        if self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
