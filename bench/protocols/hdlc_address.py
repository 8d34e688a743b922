"""The address fields of an HDLC frame (IEC 62056-46 6.4.2)."""

from __future__ import annotations

from dataclasses import dataclass

from bench.protocols.deviation import DecodeError


@dataclass(frozen=True, slots=True)
class Address:
    """An HDLC address: a client's SAP (1 octet), or a server's upper (logical) and lower (physical) part.

    ``length`` is the number of octets on the line: 1 (upper only, 0..127), 2 (7 bits each) or
    4 (14 bits each). Raises ValueError for what no octets can carry; write such addresses as raw octets.
    """

    upper: int
    lower: int | None = None
    length: int = 0

    def __post_init__(self) -> None:
        length = self.length or (1 if self.lower is None else 2)
        object.__setattr__(self, "length", length)
        if length not in (1, 2, 4) or (length == 1) != (self.lower is None):
            raise ValueError(
                f"an address of {length} octets cannot hold upper {self.upper}, lower {self.lower}"
            )
        limit = 0x3FFF if length == 4 else 0x7F
        if not (0 <= self.upper <= limit and 0 <= (self.lower or 0) <= limit):
            raise ValueError(f"address parts {self.upper}, {self.lower} do not fit {length} octets")

    def to_bytes(self) -> bytes:
        """Return the address field: 7 bits an octet, LSB 1 in the last octet only."""
        if self.lower is None:
            return bytes([self.upper << 1 | 1])
        if self.length == 2:
            return bytes([self.upper << 1, self.lower << 1 | 1])
        return bytes([
            self.upper >> 7 << 1, (self.upper & 0x7F) << 1,
            self.lower >> 7 << 1, (self.lower & 0x7F) << 1 | 1,
        ])  # fmt: skip

    @classmethod
    def all_station(cls, length: int) -> Address:
        """Return the address of all servers on a line, in a form of ``length`` octets: every part all ones."""
        part = 0x3FFF if length == 4 else 0x7F
        return cls(part, None if length == 1 else part, length)

    @property
    def is_all_station(self) -> bool:
        """Whether every part is all ones."""
        return self == Address.all_station(self.length)

    @classmethod
    def from_bytes(cls, octets: bytes) -> Address:
        """Decode a whole address field. Raise `DecodeError` when it has not 1, 2 or 4 octets."""
        if len(octets) not in (1, 2, 4) or any(o & 1 for o in octets[:-1]) or not octets[-1] & 1:
            raise DecodeError(0, "hdlc.address-length", octets.hex())
        parts = [octet >> 1 for octet in octets]
        if len(parts) == 1:
            return cls(parts[0])
        if len(parts) == 2:
            return cls(parts[0], parts[1], 2)
        return cls(parts[0] << 7 | parts[1], parts[2] << 7 | parts[3], 4)

    def __str__(self) -> str:
        return f"{self.upper}" if self.lower is None else f"{self.upper}/{self.lower}"
