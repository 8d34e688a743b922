"""A byte script: the octets a case sent, in order, with the answers it got; to be sent alone, to show a fault again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.errors import LinkError, PlanError
from bench.meter.link import Link
from bench.protocols.hdlc import FLAG, FrameReader
from bench.record.exchange import Direction, Exchange
from bench.record.secrets import SecretStore

LONGEST_ANSWER = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a script: what to send, how long to wait before, and what came back then."""

    exchange_id: str
    pause_s: float
    octets: bytes
    answer: bytes

    def __str__(self) -> str:
        return f"{self.pause_s:.3f} {self.octets.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A line that was sent again, and what came back now."""

    line: Line
    answer: bytes
    trouble: str = ""

    @property
    def same(self) -> bool:
        """Whether the meter answered as it did in the record."""
        return self.answer == self.line.answer


def script_of(exchanges: Iterable[Exchange], secrets: SecretStore) -> list[Line]:
    """Return the script of one case at one position. Raises PlanError for a masked secret nobody gave.

    The pause before a line is the time that passed between the last octets heard (or sent) and it.
    """
    lines: list[Line] = []
    last_s: float | None = None
    for exchange in exchanges:
        octets = secrets.expand(exchange.octets, exchange.secrets)
        if octets is None:
            names = ", ".join(sorted({span.name for span in exchange.secrets}))
            raise PlanError(
                f"{exchange.id} holds the secret {names}, masked in the record.",
                remedy="Give the meter's secrets file with --secrets FILE.",
            )
        if exchange.direction is Direction.SENT:
            pause_s = 0.0 if last_s is None else exchange.t_s - last_s
            lines.append(Line(exchange_id=exchange.id, pause_s=pause_s, octets=octets, answer=b""))
        elif lines:
            before = lines[-1]
            lines[-1] = Line(
                exchange_id=before.exchange_id,
                pause_s=before.pause_s,
                octets=before.octets,
                answer=before.answer + octets,
            )
        last_s = exchange.t_s
    return lines


def replay(lines: Sequence[Line], link: Link, *, time_out_s: float) -> Iterator[Replayed]:
    """Send every line alone and yield what comes back; a silence in the record is waited for as long."""
    for line in lines:
        answer, trouble = b"", ""
        try:
            # Answers take their time anyway; only a deliberate wait (an inactivity time-out) is repeated.
            if line.pause_s > time_out_s:
                link.clock.sleep(line.pause_s - time_out_s)
            link.send(line.octets)
            answer = _collect(link, time_out_s, len(line.answer))
        except LinkError as error:
            answer, trouble = error.last_octets, error.message
            link.close()
        yield Replayed(line=line, answer=answer, trouble=trouble)


def _collect(link: Link, time_out_s: float, expected: int) -> bytes:
    deadline_s = link.clock.now() + time_out_s
    reader, received = FrameReader(), b""
    while len(received) < LONGEST_ANSWER and link.clock.now() <= deadline_s:
        octets = link.receive(deadline_s)
        if not octets:
            break
        received += octets
        whole = bool(reader.feed(octets)) if received[:1] == bytes([FLAG]) else False
        if len(received) >= expected and (whole or expected):
            break
    return received
