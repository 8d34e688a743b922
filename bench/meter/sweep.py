"""Find a meter on a line nobody described: baud rate, opening mode, addresses, echo; and say what is wrong.

Every attempt is an SNRM, or the sign-on of mode E; nothing is altered. An attempt ends at its time-out, so the
whole search is bounded by the number of attempts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bench.errors import LinkError
from bench.meter.link import Link
from bench.meter.opening import ModeEOpening
from bench.protocols.hdlc import (
    Address,
    Control,
    Frame,
    FrameKind,
    FrameReader,
    LinkParameters,
    decode_frame,
    decode_parameters,
    parse_control,
)
from bench.record.declaration import CommunicationDeclaration

BAUDS = (9600, 19200, 38400, 115200, 57600, 4800, 2400)
SIGN_ON_BAUD = 300
SIGN_ON = b"/?!\r\n"
#: Server addresses that are about, the commonest first; 127 and 16383 call all stations.
SERVERS = (
    Address(1),
    Address(1, 16, 4),
    Address(1, 16, 2),
    Address(1, 17, 4),
    Address(1, 17, 2),
    Address(1, 1, 4),
    Address(1, 1, 2),
    Address(1, 0x3FFF, 4),
    Address(1, 0x7F, 2),
)
#: The public client, the management client, and those that companion profiles use.
CLIENTS = (16, 1, 32, 48)
LONGEST_ANSWER = 1 << 12


class Diagnosis(StrEnum):
    """What the search came to, in a person's words."""

    FOUND = "the meter answers"
    NOTHING = (
        "nothing answers: is the meter powered, and are the wires (or the optical head) where they belong?"
    )
    ECHO_ONLY = "echo: only our own octets come back, and no meter answers behind them"
    GARBAGE = "something answers, but not readably: wrong baud rate, parity or data bits"
    WRONG_ADDRESS = "a meter is there (it answers frames), but none of the addresses tried is its own"
    MODE_E_ONLY = "the meter signs on by mode E at 300 baud 7E1 and is silent to HDLC before that"
    CLOSED = "the line cannot be opened, or it is closed from the other side"
    HDLC_HERE = "something answers in HDLC frames there: write socket://host:port instead of tcp://"
    NO_WRAPPER = "something answers, but not in the wrapper: is this the port of a meter?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How the line is set for an attempt."""

    baud: int
    mode_e: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known after the search. ``identification`` is what mode E showed."""

    diagnosis: Diagnosis
    line: Line | None = None
    server: Address | None = None
    server_sap: int | None = None
    """wPort of a meter that answers in the wrapper; it has no ``server`` address."""
    client: int = 0
    agreed: LinkParameters | None = None
    echo: bool = False
    identification: str = ""
    attempts: int = 0
    trouble: str = ""

    @property
    def is_there(self) -> bool:
        """Whether a meter was found, and where."""
        return self.line is not None and (self.server is not None or self.server_sap is not None)

    def told(self) -> Iterator[str]:
        """Yield the lines a person reads."""
        yield str(self.diagnosis)
        if self.trouble:
            yield self.trouble
        if self.server_sap is not None:
            yield f"server wPort {self.server_sap}, client {self.client}"
        elif self.line is not None:
            yield f"baud rate {self.line.baud}, opened {'by mode E' if self.line.mode_e else 'directly in HDLC'}"
        if self.server is not None:
            yield f"server address {self.server} ({self.server.length} octets), client {self.client}"
        if self.agreed is not None:
            yield f"max info {self.agreed.max_info_transmit}/{self.agreed.max_info_receive}"
        if self.echo:
            yield 'echo: the line gives back what is sent; say so in the meter\'s URL: "...?echo=yes"'
        if self.identification:
            yield f"identification {self.identification}"
        yield f"{self.attempts} attempts"


@dataclass(slots=True)
class _Seen:
    """What was seen on the way, should nothing answer properly."""

    attempts: int = 0
    echo: bool = False
    garbage: bool = False
    frames: bool = False
    asked: set[bytes] = field(default_factory=set)


def sweep(
    open_link: Callable[[Line], Link], *, bauds: tuple[int, ...] = BAUDS, time_out_s: float = 1.0
) -> Found:
    """Try baud rates and addresses until a UA comes. ``open_link`` gives a fresh link with the line set so.

    Mode E is tried behind the commonest rate, and once more behind all of them: to a meter that listens at another
    rate its five characters are noise. A line without baud rate (a TCP connection) is given one rate only.
    """
    seen = _Seen()
    trouble, signed = "", ""
    for rates in (bauds[:1], bauds[1:]):
        for baud in rates:
            found, said = _directly(open_link, Line(baud=baud), seen, time_out_s)
            trouble = said or trouble
            if found is not None:
                return found
        if rates and not signed:
            signed = _sign_on(open_link, seen, time_out_s)
            behind = _behind_sign_on(open_link, seen, time_out_s) if signed else None
            if behind is not None:
                return replace(behind, identification=signed)
    if signed:
        return Found(
            diagnosis=Diagnosis.MODE_E_ONLY,
            line=Line(baud=SIGN_ON_BAUD, mode_e=True),
            identification=signed,
            attempts=seen.attempts,
            echo=seen.echo,
        )
    return Found(diagnosis=_diagnosis(seen, trouble), attempts=seen.attempts, echo=seen.echo, trouble=trouble)


def _directly(
    open_link: Callable[[Line], Link], line: Line, seen: _Seen, time_out_s: float
) -> tuple[Found | None, str]:
    """Look for the meter's addresses at one rate; return it, and what the line itself had to say."""
    try:
        link = open_link(line)
        try:
            return _addresses(link, line, seen, time_out_s), ""
        finally:
            link.close()
    except LinkError as error:
        return None, error.message


def _diagnosis(seen: _Seen, trouble: str) -> Diagnosis:
    if seen.frames:
        return Diagnosis.WRONG_ADDRESS
    if seen.garbage:
        return Diagnosis.GARBAGE
    if seen.echo:
        return Diagnosis.ECHO_ONLY
    return Diagnosis.CLOSED if trouble else Diagnosis.NOTHING


def _addresses(link: Link, line: Line, seen: _Seen, time_out_s: float) -> Found | None:
    for client in CLIENTS:
        for server in SERVERS:
            frame = Frame(destination=server, source=Address(client), control=Control.SNRM)
            sent = frame.to_bytes()
            answer = _ask(link, sent, seen, time_out_s)
            found = _read(answer, client, line, seen)
            if found is not None:
                closing = replace(frame, destination=found.server or server, control=Control.DISC)
                _ask(link, closing.to_bytes(), seen, time_out_s)
                return replace(found, attempts=seen.attempts, echo=seen.echo)
        if not (seen.frames or seen.echo):
            break  # a meter that is silent to one client at every address is silent to the others, too
    return None


def _ask(link: Link, sent: bytes, seen: _Seen, time_out_s: float) -> bytes:
    """Send, and return what comes back without the echo of a line that has one."""
    seen.attempts += 1
    seen.asked.add(sent)
    link.send(sent)
    clock = link.clock
    deadline_s = clock.now() + time_out_s
    received = b""
    while len(received) < LONGEST_ANSWER and clock.now() <= deadline_s:
        octets = link.receive(deadline_s)
        if not octets:
            break
        received += octets
        rest = received.removeprefix(sent)
        if FrameReader().feed(rest):
            break
    if received.startswith(sent):
        seen.echo = True
        return received.removeprefix(sent)
    return received


def _read(answer: bytes, client: int, line: Line, seen: _Seen) -> Found | None:
    if not answer:
        return None
    raws = FrameReader().feed(answer)
    others = [raw for raw in raws if raw not in seen.asked]
    if len(others) < len(raws):
        seen.echo = True  # late, of an earlier question
        if not others:
            return None
    frames = [decode_frame(raw) for raw in others]
    sound = [item.frame for item in frames if item.frame is not None and item.clean]
    if not sound:
        seen.garbage = True
        return None
    seen.frames = True
    for frame in sound:
        ours = isinstance(frame.destination, Address) and frame.destination.upper == client
        if parse_control(frame.control).kind is FrameKind.UA and ours and isinstance(frame.source, Address):
            agreed, _ = decode_parameters(frame.information)
            return Found(
                diagnosis=Diagnosis.FOUND, line=line, server=frame.source, client=client, agreed=agreed
            )
    return None


def _behind_sign_on(open_link: Callable[[Line], Link], seen: _Seen, time_out_s: float) -> Found | None:
    """Sign on by mode E, and look for the meter's addresses at the rate that it proposes."""
    try:
        link = open_link(Line(baud=SIGN_ON_BAUD, mode_e=True))
        try:
            opening = ModeEOpening(link, CommunicationDeclaration(framing="mode-e", baud=max(BAUDS)))
            opening.ready()
            return _addresses(link, Line(baud=opening.baud, mode_e=True), seen, time_out_s)
        finally:
            link.close()
    except LinkError:
        return None


def _sign_on(open_link: Callable[[Line], Link], seen: _Seen, time_out_s: float) -> str:
    """Ask for the identification of mode E; return it, or ""."""
    try:
        link = open_link(Line(baud=SIGN_ON_BAUD, mode_e=True))
        try:
            answer = _ask(link, SIGN_ON, seen, max(time_out_s, 2.0))
        finally:
            link.close()
    except LinkError:
        return ""
    text = answer.decode("latin-1")
    start, end = text.find("/"), text.find("\r\n")
    return text[start:end] if 0 <= start < end else ""
