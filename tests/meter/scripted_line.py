"""A line whose far end follows a script, on a clock that only the line moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from bench.errors import LinkError


class SteppedClock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self.time_s = 0.0

    def now(self) -> float:
        return self.time_s

    def utc(self) -> datetime:
        return datetime(2027, 1, 1, tzinfo=UTC) + timedelta(seconds=self.time_s)

    def sleep(self, duration_s: float) -> None:
        self.time_s += duration_s

    def supervise(self, sample: Callable[[], None] | None, every_s: float = 1.0) -> None:
        """Sample nothing."""

    def wait(self, ready: Callable[[], bool], deadline_s: float, watch: object = None) -> bool:
        self.time_s = max(self.time_s, deadline_s)
        return ready()


class ScriptedLine:
    """A transport. Each thing sent takes the next answer: octets, pieces of octets, None (silence) or an error."""

    octet_time_s = 0.001

    def __init__(
        self, clock: SteppedClock, answers: Iterable[bytes | list[bytes] | LinkError | None]
    ) -> None:
        self.clock, self._answers = clock, list(answers)
        self._coming: list[bytes | LinkError] = []
        self.sent: list[bytes] = []
        self.closed = False

    def send(self, octets: bytes) -> None:
        self.sent.append(octets)
        answer = self._answers.pop(0) if self._answers else None
        if answer is not None:
            self._coming.extend(answer if isinstance(answer, list) else [answer])

    def receive(self, deadline_s: float) -> bytes:
        if not self._coming:
            self.clock.time_s = max(self.clock.time_s, deadline_s)
            return b""
        piece = self._coming.pop(0)
        if isinstance(piece, LinkError):
            raise piece
        self.clock.time_s += len(piece) * self.octet_time_s
        return piece

    def set_rate(self, baud: int, *, seven_bits: bool) -> None:
        """Have no rate."""

    def close(self) -> None:
        self.closed = True


class Chatterbox(ScriptedLine):
    """Never stops sending, whatever it is asked."""

    def receive(self, deadline_s: float) -> bytes:
        del deadline_s
        self.clock.time_s += 0.01
        return b"U" * 64
