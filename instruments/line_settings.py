"""How the line to an instrument family is set: terminations, serial parameters, how many may talk to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """What a driver needs of its line. The serial part counts only on ``ASRL`` resources."""

    write_termination: str = "\n"
    read_termination: str = "\n"
    probe: str = "*IDN?"
    """A query with a one-line answer, sent right after opening; "" when the family has none."""
    baud: int = 9600
    stop_bits: int = 1
    rts_cts: bool = False
    many_sessions: bool = True
    """Whether the instrument takes a second session beside the first (never true on a serial line)."""


SCPI_LINE = LineSettings()


def allows_second_session(line: LineSettings, resource: str) -> bool:
    """Return whether a second process can talk to the instrument while the bench does."""
    upper = resource.upper()
    return upper.startswith("GPIB") or (line.many_sessions and upper.startswith("TCPIP"))
