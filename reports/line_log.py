"""The line log of a run: what went over each meter's line, frame by frame, for a person to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.protocols.explain import explain
from bench.record.exchange import Direction, Exchange

LINE_LOG = "line.log"
#: Octets of one exchange that are shown in full; an image block or a profile need not be.
SHOWN_OCTETS = 160
ARROWS = {Direction.SENT: "-->", Direction.RECEIVED: "<--"}


def line_log(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Yield the lines of the log: a heading per case and position, then time, direction, octets, meaning."""
    heading = ""
    for exchange in exchanges:
        wanted = f"== {exchange.case or 'between cases'}, position {exchange.position}"
        if wanted != heading:
            heading = wanted
            yield ""
            yield heading
        octets = exchange.octets
        more = f" ... {len(octets)} octets" if len(octets) > SHOWN_OCTETS else ""
        arrow = ARROWS[exchange.direction]
        yield f"{exchange.id:>7} {exchange.t_s:12.4f} s {arrow} {octets[:SHOWN_OCTETS].hex(' ').upper()}{more}"
        masked = [f"{span.length} octets of {span.name} at {span.offset}" for span in exchange.secrets]
        if masked:
            yield f"{'':27}masked: {'; '.join(masked)}"
        explanation = explain(octets)
        yield from (f"{'':27}{line}" for line in explanation.lines)
        if not masked:
            yield from (f"{'':27}deviation: {deviation}" for deviation in explanation.deviations)
