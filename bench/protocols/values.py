"""Take plain values out of COSEM data, and say plainly when the data is of another kind."""

from __future__ import annotations

from bench.protocols.data import Data


class UnexpectedData(ValueError):
    """A value is of another type than its reader can use."""


def as_integer(data: Data) -> int:
    """Return the number of an integer, enum or boolean. Raise UnexpectedData for anything else."""
    if isinstance(data.value, int):
        return int(data.value)
    raise UnexpectedData(f"{data.type.name} where a whole number was expected")


def as_elements(data: Data) -> tuple[Data, ...]:
    """Return the elements of an array or structure. Raise UnexpectedData for anything else."""
    if isinstance(data.value, tuple):
        return data.value
    raise UnexpectedData(f"{data.type.name} where an array or structure was expected")


def as_octets(data: Data) -> bytes:
    """Return the octets of an octet-string. Raise UnexpectedData for anything else."""
    if isinstance(data.value, bytes):
        return data.value
    raise UnexpectedData(f"{data.type.name} where an octet-string was expected")
