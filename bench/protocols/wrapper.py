"""The wrapper of the DLMS profiles over TCP and UDP (IEC 62056-47): version, two wPorts, length, APDU."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from bench.protocols.deviation import Deviation

HEADER_LENGTH = 8
_HEADER = struct.Struct(">HHHH")
VERSION = 1
PORT = 4059
"""The registered TCP and UDP port."""


@dataclass(frozen=True, slots=True)
class WrapperFrame:
    """One wrapped APDU; ``source`` and ``destination`` are wPorts (a client's SAP; 1 is the management LD)."""

    source: int
    destination: int
    payload: bytes
    version: int = VERSION

    def to_bytes(self, *, length: int | None = None) -> bytes:
        """Return the octets on the line; ``length`` replaces the count of the payload's octets."""
        counted = len(self.payload) if length is None else length
        return _HEADER.pack(self.version, self.source, self.destination, counted) + self.payload


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedWrapper:
    """What could be read of a wrapped APDU (None when its header is incomplete), and every deviation."""

    frame: WrapperFrame | None
    deviations: tuple[Deviation, ...] = ()


def decode_wrapper(octets: bytes) -> DecodedWrapper:
    """Decode one wrapped APDU and report every deviation; never raises.

    The payload is what follows the header, whatever the length says.
    """
    if len(octets) < HEADER_LENGTH:
        deviation = Deviation(len(octets), "truncated", f"the header needs {HEADER_LENGTH} octets")
        return DecodedWrapper(frame=None, deviations=(deviation,))
    version, source, destination, length = _HEADER.unpack_from(octets)
    payload = octets[HEADER_LENGTH:]
    deviations = []
    if version != VERSION:
        deviations.append(Deviation(0, "wrapper.version", f"{version:04X}"))
    if length != len(payload):
        deviations.append(Deviation(6, "wrapper.length", f"says {length}, follow {len(payload)}"))
    if not payload:
        deviations.append(Deviation(HEADER_LENGTH, "wrapper.empty"))
    return DecodedWrapper(
        frame=WrapperFrame(source, destination, payload, version), deviations=tuple(deviations)
    )


class WrapperReader:
    """Cut a TCP stream into raw wrapped APDUs, by their length. A wrong version does not change the cutting."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending(self) -> bytes:
        """Return the octets of a message not yet complete."""
        return bytes(self._buffer)

    def feed(self, octets: bytes) -> list[bytes]:
        """Take octets and return the raw messages (header and APDU) completed by them, in order."""
        if not self._buffer and len(octets) == HEADER_LENGTH + int.from_bytes(octets[6:8], "big"):
            return [octets]  # one whole message at once, as nearly all come
        self._buffer += octets
        messages = []
        while len(self._buffer) >= HEADER_LENGTH:
            total = HEADER_LENGTH + int.from_bytes(self._buffer[6:8], "big")
            if len(self._buffer) < total:
                break
            messages.append(bytes(self._buffer[:total]))
            del self._buffer[:total]
        return messages

    def reset(self) -> bytes:
        """Forget the incomplete message and return its octets."""
        octets = bytes(self._buffer)
        self._buffer.clear()
        return octets
