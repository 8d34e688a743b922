"""Find a meter behind an IP address nobody described: the wPorts of its logical device and of a client it knows.

Every attempt is an AARQ without security; an association that comes of it ends with its connection. An attempt ends
at its time-out, so the whole search is bounded by the number of attempts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bench.errors import LinkError
from bench.meter.link import FLAG_OCTET, Link
from bench.meter.sweep import CLIENTS, LONGEST_ANSWER, Diagnosis, Found, Line
from bench.protocols.acse import Aare, Aarq, Rlrq, decode_acse
from bench.protocols.wrapper import WrapperFrame, WrapperReader, decode_wrapper
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.initiate import InitiateRequest

#: wPorts of logical devices that are about: 1 is the management logical device.
SERVER_SAPS = (1, 16, 17)
REQUEST = Aarq(user_information=InitiateRequest(conformance=Conformance.GET).to_bytes()).to_bytes()
RELEASE = Rlrq(reason=0).to_bytes()
#: A network connection has no baud rate; the record of a search has a place for one.
NO_LINE = Line(baud=0)


@dataclass(slots=True)
class _Seen:
    """What was seen on the way, should no association open."""

    attempts: int = 0
    octets: bool = False
    frames: bool = False
    flags: bool = False
    trouble: str = ""
    refused: Found | None = None


def sweep_wrapper(
    open_link: Callable[[Line], Link], *, server_saps: tuple[int, ...] = SERVER_SAPS, time_out_s: float = 1.0
) -> Found:
    """Try wPorts until an AARE comes. ``open_link`` gives a fresh link."""
    seen = _Seen()
    for client in CLIENTS:
        for server in server_saps:
            found = _attempt(open_link, client, server, seen, time_out_s)
            if found is not None:
                return replace(found, attempts=seen.attempts)
        if not (seen.frames or seen.refused):
            break  # silent to one client at every wPort, silent to the others, too
    if seen.refused is not None:
        return replace(seen.refused, attempts=seen.attempts)
    return Found(diagnosis=_diagnosis(seen), attempts=seen.attempts, trouble=seen.trouble)


def _diagnosis(seen: _Seen) -> Diagnosis:
    if seen.flags:
        return Diagnosis.HDLC_HERE
    if seen.frames:
        return Diagnosis.WRONG_ADDRESS
    if seen.octets:
        return Diagnosis.NO_WRAPPER
    return Diagnosis.CLOSED if seen.trouble else Diagnosis.NOTHING


def _attempt(
    open_link: Callable[[Line], Link], client: int, server: int, seen: _Seen, time_out_s: float
) -> Found | None:
    """Return the meter that accepts an association; keep one that refuses it in ``seen``."""
    seen.attempts += 1
    link = open_link(NO_LINE)
    try:
        for apdu in _answers(link, client, server, seen, time_out_s):
            answer, _ = decode_acse(apdu)
            if not isinstance(answer, Aare):
                continue
            found = Found(diagnosis=Diagnosis.FOUND, line=NO_LINE, server_sap=server, client=client)
            if answer.result == 0:
                link.send(WrapperFrame(client, server, RELEASE).to_bytes())
                return found
            said = f"client {client} is refused: result {answer.result}, diagnostic {answer.diagnostic}"
            seen.refused = seen.refused or replace(found, trouble=said)
    except LinkError as error:
        seen.trouble = error.message
    finally:
        link.close()
    return None


def _answers(link: Link, client: int, server: int, seen: _Seen, time_out_s: float) -> Iterator[bytes]:
    """Yield the APDUs that come back for this pair of wPorts. Raises LinkError."""
    link.send(WrapperFrame(client, server, REQUEST).to_bytes())
    reader, clock = WrapperReader(), link.clock
    deadline_s, n_octets = clock.now() + time_out_s, 0
    while n_octets < LONGEST_ANSWER and clock.now() <= deadline_s:
        octets = link.receive(deadline_s)
        if not octets:
            return
        seen.octets = True
        seen.flags = seen.flags or (not n_octets and octets[:1] == FLAG_OCTET)
        n_octets += len(octets)
        for raw in reader.feed(octets):
            decoded = decode_wrapper(raw)
            if decoded.frame is None or decoded.deviations:
                continue
            seen.frames = True
            if (decoded.frame.source, decoded.frame.destination) == (server, client):
                yield decoded.frame.payload
                return
