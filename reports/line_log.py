"""The line log of a run: what went over each meter's line, frame by frame, for a person to read."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from bench.protocols.explain import explain
from bench.record.exchange import Direction, Exchange

LINE_LOG = "line.log"
#: Octets of one exchange that are shown in full; an image block or a profile need not be.
SHOWN_OCTETS = 160
#: Explanations of octets that are kept for when they come again.
ALIKE = 2048
#: Octets that come sooner than this behind others belong to them.
PIECE_GAP_S = 0.1
#: Request, identification and acknowledgement of mode E (IEC 62056-21, 6.3).
_SIGN_ON = re.compile(rb"(/[ -~]*|\x06[ -~]{3})\r\n")
ARROWS = {Direction.SENT: "-->", Direction.RECEIVED: "<--"}


def line_log(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Yield the lines of the log: a heading per case and position, then time, direction, octets, meaning."""
    heading = ""
    meaning = functools.lru_cache(maxsize=ALIKE)(_explained)  # most of what a bench says, it says many times
    for pieces in _bursts(exchanges):
        first, octets = pieces[0], b"".join(piece.octets for piece in pieces)
        wanted = f"== {first.case or 'between cases'}, position {first.position}"
        if wanted != heading:
            heading = wanted
            yield ""
            yield heading
        more = f" ... {len(octets)} octets" if len(octets) > SHOWN_OCTETS else ""
        arrow = ARROWS[first.direction]
        yield f"{first.id:>7} {first.t_s:12.4f} s {arrow} {octets[:SHOWN_OCTETS].hex(' ').upper()}{more}"
        masked = [
            f"{span.length} octets of {span.name} at {span.offset}"
            for piece in pieces
            for span in piece.secrets
        ]
        if masked:
            yield f"{'':27}masked: {'; '.join(masked)}"
        if _SIGN_ON.fullmatch(octets):
            yield f"{'':27}mode E: {octets.decode('ascii')!r}"
            continue
        lines, deviations = meaning(octets)
        yield from lines
        if not masked:
            yield from deviations


def _explained(octets: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what octets mean, and their deviations, line by line."""
    explanation = explain(octets)
    return (
        tuple(f"{'':27}{row.text}" for row in explanation.rows),
        tuple(f"{'':27}deviation: {deviation}" for deviation in explanation.deviations),
    )


def _bursts(exchanges: Iterable[Exchange]) -> Iterator[list[Exchange]]:
    """Yield what belongs together: a serial line hands a frame over in pieces, a few octets at a time."""
    pieces: list[Exchange] = []
    for exchange in exchanges:
        if pieces and not _goes_on(pieces[-1], exchange):
            yield pieces
            pieces = []
        pieces.append(exchange)
    if pieces:
        yield pieces


def _goes_on(before: Exchange, after: Exchange) -> bool:
    alike = (before.case, before.position, before.direction) == (after.case, after.position, after.direction)
    received = after.direction is Direction.RECEIVED
    return alike and received and not before.secrets and after.t_s - before.t_s < PIECE_GAP_S
