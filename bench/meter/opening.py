"""How a line is made ready for HDLC: at once, or by the mode E sign-on of an optical port (IEC 62056-21).

The port of a meter in mode E waits at 300 Bd, 7E1; request, identification and acknowledgement lead to HDLC at the
rate agreed, 8N1; after DISC, or after its inactivity time-out, it is back where it was (dlms.md 6.2).
"""

from __future__ import annotations

from typing import Protocol

from bench.meter.link import Link
from bench.protocols.deviation import DecodeError
from bench.protocols.mode_e import (
    BAUD_OF_CHARACTER,
    CHARACTER_OF_BAUD,
    Acknowledgement,
    Identification,
    SignOnRequest,
    decode_identification,
)
from bench.record.declaration import CommunicationDeclaration

#: From the end of a message to the answer: 200 ms to 1500 ms, and some for the clocks of both sides.
REACTION_S = 1.6
#: Start, seven data bits, parity, stop.
BITS_PER_CHARACTER = 10
LONGEST_IDENTIFICATION = 64
#: A port that just ended a connection may still be on its way back to 300 Bd.
ATTEMPTS = 3
_SEVEN_BITS = 0x7F
_END = b"\r\n"


class Opening(Protocol):
    """What has to be done on a line before the first frame."""

    @property
    def is_open(self) -> bool:
        """Whether frames can be sent at once."""

    @property
    def identified(self) -> bool:
        """Whether the meter has ever shown itself before any frame."""

    def ready(self) -> None:
        """Make the line ready for frames. Raises LinkError for a line that cannot be opened."""

    def ended(self) -> None:
        """Take note that the connection has ended, or may have."""


class DirectOpening:
    """The port opens in HDLC: there is nothing to do."""

    is_open = True
    identified = False

    def ready(self) -> None:
        """Do nothing."""

    def ended(self) -> None:
        """Do nothing."""


class ModeEOpening:
    """Signs on wherever the port is not known to be in HDLC.

    A port that does not answer the sign-on is taken to be in HDLC already; whether it is, the next frame shows.
    """

    def __init__(self, link: Link, said: CommunicationDeclaration) -> None:
        self._link, self._said = link, said
        self._opened_as = -1
        self._since_s = 0.0
        self.identified = False
        self.baud = said.baud
        """The rate that the last sign-on agreed on."""

    @property
    def is_open(self) -> bool:
        in_time = (
            not self._said.inactivity_time_out_s
            or self._link.clock.now() - self._since_s < self._said.inactivity_time_out_s
        )
        return self._opened_as == self._link.n_opened and in_time

    def ready(self) -> None:
        if self.is_open:
            return
        found = self._identify()
        baud = self._said.baud
        if found is not None:
            self.identified = True
            proposed = found.baud or baud
            character = CHARACTER_OF_BAUD.get(min(baud, proposed), found.baud_character)
            baud = BAUD_OF_CHARACTER.get(character, baud)
            self.baud = baud
            send_line(
                self._link, Acknowledgement(baud_character=character).to_bytes(), self._said.sign_on_baud
            )
            read_line(self._link, self._link.clock.now() + REACTION_S)  # some meters repeat it
        self._link.set_rate(baud)
        self._opened_as, self._since_s = self._link.n_opened, self._link.clock.now()

    def ended(self) -> None:
        self._opened_as = -1

    def _identify(self) -> Identification | None:
        """Ask who is there; return None where nobody says so."""
        self._link.set_rate(self._said.sign_on_baud, seven_bits=True)
        request = SignOnRequest(address=self._said.mode_e_address).to_bytes()
        for _ in range(ATTEMPTS):
            send_line(self._link, request, self._said.sign_on_baud)
            answer = read_line(self._link, self._link.clock.now() + REACTION_S, echo=request)
            try:
                return decode_identification(answer)
            except DecodeError:
                continue
        return None


def send_line(link: Link, message: bytes, baud: int) -> None:
    """Send a message of the sign-on, and let it pass the line."""
    link.drain()
    link.send(message)
    link.clock.sleep(len(message) * BITS_PER_CHARACTER / baud)


def read_line(link: Link, deadline_s: float, *, echo: bytes = b"") -> bytes:
    """Return what comes until its end, the parity bits of a bare connection taken off; bounded in time and size.

    ``echo``: what an optical head may bring back first; it is left out. While characters come, more are waited for.
    """
    started_s = link.clock.now()
    received = b""
    while len(received) < LONGEST_IDENTIFICATION and link.clock.now() <= deadline_s:
        octets = bytes(octet & _SEVEN_BITS for octet in link.receive(deadline_s))
        if not octets:
            break
        received = (received + octets).removeprefix(echo)
        if received.endswith(_END):
            break
        deadline_s = min(link.clock.now() + REACTION_S, started_s + LONGEST_IDENTIFICATION)
    return received
