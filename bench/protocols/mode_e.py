"""Mode E sign-on of IEC 62056-21: how an optical port gets from 300 Bd, 7E1, to HDLC at 8N1.

Request ``/?address!``, identification ``/FLGZ\\2text`` with the proposed rate Z, acknowledgement ``ACK 2 Z 2``.
All in seven-bit characters; the octets here carry no parity bit. [mem, and dlms.md §6.2]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.protocols.deviation import DecodeError

BAUD_OF_CHARACTER = {"0": 300, "1": 600, "2": 1200, "3": 2400, "4": 4800, "5": 9600, "6": 19200}
CHARACTER_OF_BAUD = {baud: character for character, baud in BAUD_OF_CHARACTER.items()}
HDLC = "2"
"""Protocol and mode character of HDLC; also what follows the backslash in the identification."""
SIGN_ON_BAUD = 300

_END = b"\r\n"
_ACK = b"\x06"
_REQUEST = re.compile(rb"/\?(?P<address>[0-9A-Za-z ]{0,32})!\r\n")
_IDENTIFICATION = re.compile(
    rb"/(?P<flag>[A-Za-z]{3})(?P<baud>[\x21-\x7e])(?P<escape>\\(?P<mode>[\x21-\x7e]))?(?P<text>[\x20-\x7e]*)\r\n"
)
_ACKNOWLEDGEMENT = re.compile(rb"\x06(?P<protocol>[\x20-\x7e])(?P<baud>[\x20-\x7e])(?P<mode>[\x20-\x7e])\r\n")
_TEXT_MAX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnRequest:
    """What the client begins with; ``address`` picks one of several meters on the line."""

    address: str = ""

    def to_bytes(self) -> bytes:
        """Return the message."""
        return b"/?" + self.address.encode("ascii") + b"!" + _END


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """Who the meter is and what it can do; ``mode`` "2" offers HDLC, "" offers no mode E."""

    flag_id: str
    baud_character: str
    mode: str = HDLC
    text: str = ""

    def to_bytes(self) -> bytes:
        """Return the message."""
        escape = f"\\{self.mode}" if self.mode else ""
        return f"/{self.flag_id}{self.baud_character}{escape}{self.text}".encode("ascii") + _END

    @property
    def baud(self) -> int | None:
        """Return the rate proposed, None for a character that is none of mode E."""
        return BAUD_OF_CHARACTER.get(self.baud_character)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """What the client chooses: protocol "2" and mode "2" for HDLC, and the rate."""

    baud_character: str
    protocol: str = HDLC
    mode: str = HDLC

    def to_bytes(self) -> bytes:
        """Return the message."""
        return _ACK + f"{self.protocol}{self.baud_character}{self.mode}".encode("ascii") + _END

    @property
    def baud(self) -> int | None:
        """Return the rate chosen, None for a character that is none of mode E."""
        return BAUD_OF_CHARACTER.get(self.baud_character)


def decode_request(octets: bytes) -> SignOnRequest:
    """Read a request message. Raise `DecodeError`."""
    match = _REQUEST.fullmatch(octets)
    if match is None:
        raise DecodeError(0, "mode-e.request", octets[:40].hex())
    return SignOnRequest(address=match["address"].decode("ascii"))


def decode_identification(octets: bytes) -> Identification:
    """Read an identification message. Raise `DecodeError`; its text has at most 16 characters."""
    match = _IDENTIFICATION.fullmatch(octets)
    if match is None:
        raise DecodeError(0, "mode-e.identification", octets[:40].hex())
    if len(match["text"]) > _TEXT_MAX:
        raise DecodeError(match.start("text") + _TEXT_MAX, "mode-e.identification", "more than 16 characters")
    return Identification(
        flag_id=match["flag"].decode("ascii"),
        baud_character=match["baud"].decode("ascii"),
        mode=(match["mode"] or b"").decode("ascii"),
        text=match["text"].decode("ascii"),
    )


def decode_acknowledgement(octets: bytes) -> Acknowledgement:
    """Read an acknowledgement. Raise `DecodeError`."""
    match = _ACKNOWLEDGEMENT.fullmatch(octets)
    if match is None:
        raise DecodeError(0, "mode-e.acknowledgement", octets[:40].hex())
    return Acknowledgement(
        protocol=match["protocol"].decode("ascii"),
        baud_character=match["baud"].decode("ascii"),
        mode=match["mode"].decode("ascii"),
    )
