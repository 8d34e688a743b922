"""A reading position over octets that collects deviations on its way."""

from __future__ import annotations

from enum import IntEnum

from bench.protocols.deviation import DecodeError, Deviation


class Cursor:
    """Read octets from ``offset`` up to ``end``; all offsets are those of the whole octets.

    What can be read on is noted in ``deviations``; what cannot raises `DecodeError`.
    """

    __slots__ = ("deviations", "end", "octets", "offset")

    def __init__(
        self,
        octets: bytes,
        offset: int = 0,
        end: int | None = None,
        deviations: list[Deviation] | None = None,
    ) -> None:
        self.octets = octets
        self.offset = offset
        self.end = len(octets) if end is None else end
        self.deviations: list[Deviation] = [] if deviations is None else deviations

    @property
    def left(self) -> int:
        """Return how many octets are left."""
        return self.end - self.offset

    def note(self, rule: str, detail: str = "", offset: int | None = None) -> None:
        """Record a deviation at ``offset`` (by default here) and go on."""
        self.deviations.append(Deviation(self.offset if offset is None else offset, rule, detail))

    def take(self, count: int, what: str) -> bytes:
        """Return the next ``count`` octets. Raise `DecodeError` ("truncated") when there are fewer."""
        start = self.offset
        end = start + count
        if end > self.end:
            raise DecodeError(self.end, "truncated", f"{what} needs {count} octets, {self.left} left")
        self.offset = end
        return self.octets[start:end]

    def octet(self, what: str) -> int:
        """Return the next octet: what most reads ask for, without a copy."""
        offset = self.offset
        if offset >= self.end:
            raise DecodeError(self.end, "truncated", f"{what} needs 1 octets, 0 left")
        self.offset = offset + 1
        return self.octets[offset]

    def unsigned(self, size: int, what: str) -> int:
        """Return the next ``size`` octets as an unsigned integer, high octet first."""
        if size == 1:
            return self.octet(what)
        return int.from_bytes(self.take(size, what), "big")

    def signed(self, size: int, what: str) -> int:
        """Return the next ``size`` octets as a signed integer, high octet first."""
        return int.from_bytes(self.take(size, what), "big", signed=True)

    def length(self, what: str) -> int:
        """Return a definite length or count, as A-XDR and BER write it (IEC 61334-6, X.690 8.1.3)."""
        start = self.offset
        first = self.octet("length of " + what)
        if first < 0x80:
            return first
        if first == 0x80:
            raise DecodeError(start, "length.indefinite", what)
        size = first & 0x7F
        if size > 4:
            raise DecodeError(start, "length.too-large", f"{size} length octets of {what}")
        value = self.unsigned(size, f"length of {what}")
        if length_octets(value) != self.octets[start : self.offset]:
            self.note("length.not-shortest", f"{what}: {self.octets[start : self.offset].hex()}", start)
        return value

    def counted(self, what: str) -> bytes:
        """Return the octets that follow their own length."""
        return self.take(self.length(what), what)

    def part(self, length: int) -> Cursor:
        """Step over the next ``length`` octets and return a cursor over them that notes in the same list."""
        part = Cursor(self.octets, self.offset, self.offset + length, self.deviations)
        self.offset += length
        return part

    def finish(self) -> None:
        """Note octets left over, if any."""
        if self.offset < self.end:
            self.note("trailing", f"{self.left} octets: {self.octets[self.offset : self.end][:16].hex()}")


class TracingCursor(Cursor):
    """A cursor that remembers where it read what, for those who show octets to people."""

    __slots__ = ("steps",)

    def __init__(self, octets: bytes) -> None:
        super().__init__(octets)
        self.steps: list[tuple[int, str]] = []

    def take(self, count: int, what: str) -> bytes:
        """Remember the offset, and read."""
        self.steps.append((self.offset, what))
        return super().take(count, what)

    def octet(self, what: str) -> int:
        """Remember the offset, and read."""
        self.steps.append((self.offset, what))
        return super().octet(what)


def is_member(value: int, kind: type[IntEnum]) -> bool:
    """Return whether a number is one of an enumeration's."""
    return any(value == member for member in kind)


def length_octets(length: int) -> bytes:
    """Return a definite length in as few octets as possible."""
    if length < 0x80:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([0x80 | size]) + length.to_bytes(size, "big")


def counted_octets(octets: bytes) -> bytes:
    """Return ``octets`` with their length in front."""
    return length_octets(len(octets)) + octets
