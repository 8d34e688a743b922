"""What a server needs of an instrument: a conversation for each client, whatever language it speaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Conversation(Protocol):
    """One client's side of the instrument."""

    def feed(self, octets: bytes) -> bytes:
        """Take octets from the client; return what the instrument answers now."""

    def close(self) -> None:
        """Forget this client."""


class ServedInstrument(Protocol):
    """A twin that can be put on a line."""

    def open_session(self, send: Callable[[bytes], None] | None = None) -> Conversation:
        """Begin a conversation; ``send`` takes what the instrument says outside of ``feed``."""
