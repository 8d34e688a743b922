"""Search the line of a meter URL for a meter nobody described, and draft its declaration from what it shows."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass

from bench.clock import WallClock
from bench.errors import LinkError, PlanError
from bench.meter.draft_declaration import Shown, draft, read_public
from bench.meter.link import Link, open_transport
from bench.meter.sweep import BAUDS, Found, Line, sweep
from bench.meter.url import Framing, MeterUrl, parse_meter_url
from bench.meter.wrapper_sweep import SERVER_SAPS, sweep_wrapper
from bench.record.declaration import Declaration

#: Patience per attempt: a meter at 300 baud has answered by then.
TIME_OUT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A meter that was found: its draft as TOML, and the same as a declaration."""

    found: Found
    text: str
    declaration: Declaration


def search(
    meter: str, time_out_s: float = TIME_OUT_S, tell: Callable[[str], None] = lambda _: None
) -> tuple[Found, Callable[[Line], Link]]:
    """Return what the sweep found on a meter URL, and how to open the line again. Raises PlanError.

    ``tell`` hears each rate and opening that is tried: a search may take minutes.
    """
    url = parse_meter_url(meter)
    if url.is_reference:
        raise PlanError(
            "The reference meter is declared by its laboratory.",
            remedy="Name the line of a meter: /dev/ttyUSB0, COM3, socket://host:port.",
        )
    clock = WallClock()
    wrapped = url.framing is Framing.WRAPPER

    tried: set[Line] = set()

    def open_link(line: Line) -> Link:
        if line not in tried and not wrapped:
            tried.add(line)
            tell(f"trying {line.baud} baud, opened {'by mode E' if line.mode_e else 'directly in HDLC'}")

        def silent(direction: str, octets: bytes) -> None:
            """Record nothing: a search is no run."""
            del direction, octets

        return Link(lambda: open_transport(url, clock, port="", baud=line.baud), clock, silent, may_echo=True)

    if wrapped:
        tell("trying wPorts")
        return sweep_wrapper(open_link, server_saps=_server_saps(url), time_out_s=time_out_s), open_link
    return sweep(open_link, bauds=_bauds(url), time_out_s=time_out_s), open_link


def find_and_draft(meter: str) -> Drafted:
    """Find the meter and draft its declaration. Raises LinkError where none is found, in a person's words."""
    found, open_link = search(meter)
    if found.line is None or not found.is_there:
        raise LinkError(
            f"No meter was found on {meter}: {'; '.join(found.told())}.",
            remedy="Give its declaration with --declare FILE if it needs another opening.",
        )
    link = open_link(found.line)
    try:
        shown = read_public(link, found)
    finally:
        link.close()
    return drafted(found, shown, transport=meter.partition("://")[0])


def drafted(found: Found, shown: Shown, *, transport: str = "") -> Drafted:
    """Return the draft of a meter that was found; ``transport`` carries the wrapper."""
    text = draft(found, shown, transport=transport)
    return Drafted(found=found, text=text, declaration=Declaration.from_json(tomllib.loads(text)))


def _server_saps(url: MeterUrl) -> tuple[int, ...]:
    """Return the wPorts to try: the one the URL states, else those that are about."""
    stated = dict(url.options.communication).get("server_sap")
    return SERVER_SAPS if stated is None else (stated,)


def _bauds(url: MeterUrl) -> tuple[int, ...]:
    """Return the rates to try: the one the URL states; of TCP, which has none of its own, any one."""
    stated = dict(url.options.communication).get("baud")
    if stated is not None:
        return (stated,)
    return BAUDS[:1] if url.address.startswith("socket://") else BAUDS
