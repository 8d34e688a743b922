"""Names of COSEM objects: OBIS codes, attribute and method references (Blue Book 4, IEC 62056-6-1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bench.protocols.cosem_classes import CLASSES as CLASSES
from bench.protocols.cosem_classes import CosemClass as CosemClass
from bench.protocols.cosem_classes import cosem_class as cosem_class

_WRITTEN = re.compile(r"(\d+)[-.](\d+)[:.](\d+)\.(\d+)\.(\d+)(?:[.*](\d+))?")


# The same few codes are written and read all the time.
@lru_cache(maxsize=4096)
def _groups(text: str) -> bytes:
    """Return the groups A to F. Raise ValueError for text that is no OBIS code."""
    match = _WRITTEN.fullmatch(text.strip())
    groups = [int(group or 255) for group in match.groups()] if match else [256]
    if max(groups) > 255:
        raise ValueError(f"{text!r} is no OBIS code such as 1-0:1.8.0.255")
    return bytes(groups)


@lru_cache(maxsize=4096)
def _written(octets: bytes) -> str:
    a, b, c, d, e, f = octets
    return f"{a}-{b}:{c}.{d}.{e}.{f}"


@dataclass(frozen=True, slots=True, order=True)
class Obis:
    """An OBIS code (logical name), made from text such as "0-0:1.0.0.255"; the last group may be left out.

    Raises ValueError for text that is no OBIS code.
    """

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _written(_groups(self.text)))

    def to_bytes(self) -> bytes:
        """Return the six octets A to F."""
        return _groups(self.text)

    @classmethod
    def from_bytes(cls, octets: bytes) -> Obis:
        """Make a code from its six octets. Raise ValueError for another number of octets."""
        if len(octets) != 6:
            raise ValueError(f"an OBIS code has 6 octets, not {len(octets)}")
        return cls(_written(octets))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class CosemAttribute:
    """An attribute reference: class id (16 bits), logical name, attribute index (signed 8 bits)."""

    class_id: int
    obis: Obis
    attribute: int

    def to_bytes(self) -> bytes:
        """Return the cosem-attribute-descriptor, nine octets."""
        return _descriptor(self.class_id, self.obis, self.attribute)

    def __str__(self) -> str:
        return f"{self.class_id}/{self.obis}/{self.attribute}"


@dataclass(frozen=True, slots=True)
class CosemMethod:
    """A method reference: class id (16 bits), logical name, method index (signed 8 bits)."""

    class_id: int
    obis: Obis
    method: int

    def to_bytes(self) -> bytes:
        """Return the cosem-method-descriptor, nine octets."""
        return _descriptor(self.class_id, self.obis, self.method)

    def __str__(self) -> str:
        return f"{self.class_id}/{self.obis}/method {self.method}"


def _descriptor(class_id: int, obis: Obis, index: int) -> bytes:
    return class_id.to_bytes(2, "big") + obis.to_bytes() + (index & 0xFF).to_bytes(1, "big")
