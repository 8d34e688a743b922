"""How an APDU was protected, and why one is not opened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bench.protocols.ciphering import Keys
from bench.protocols.xdlms.ciphered import KeyInfoChoice
from bench.protocols.xdlms.errors import ServiceError


class Wrapping(Enum):
    """In what a protected APDU comes."""

    PLAIN = "plain"
    GLO = "glo"
    DED = "ded"
    GENERAL_GLO = "general-glo"
    GENERAL_DED = "general-ded"
    GENERAL = "general"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """How a request came: its answer goes the same way, with the same keys."""

    wrapping: Wrapping = Wrapping.PLAIN
    security_control: int = 0
    keys: Keys | None = None
    transaction_id: bytes = b""
    key_choice: KeyInfoChoice = KeyInfoChoice.IDENTIFIED
    """Of general-ciphering alone: its transaction, and how it names its key."""
    signed: bool = False
    """Whether all that came in general-signing."""


PLAIN = Protection()


class Refused(Exception):
    """A protected APDU that is not opened. ``error`` is what the exception-response says."""

    def __init__(self, error: ServiceError, counter: int | None = None) -> None:
        super().__init__(error.name)
        self.error = error
        self.counter = counter
