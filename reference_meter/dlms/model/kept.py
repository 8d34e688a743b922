"""Attributes that a client sets and that only the object itself remembers: kept in the memory chip as octets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, decode_all, encode
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import KNOWN_CLIENTS, MANAGEMENT, Attribute, Roles

if TYPE_CHECKING:
    from reference_meter.meter import Meter

Check = Callable[[Data], bool]


def kept(
    index: int,
    name: str,
    record: str,
    default: Data,
    *,
    check: Check | None = None,
    readers: Roles = KNOWN_CLIENTS,
    writers: Roles = MANAGEMENT,
) -> Attribute:
    """Return an attribute that starts as ``default``; what ``check`` does not take is refused.

    Only values of the default's type are taken.
    """

    def read(meter: Meter) -> Data:
        return kept_value(meter, record, default)

    def write(meter: Meter, value: Data) -> None:
        if check is not None and not sound(check, value):
            raise AccessError(DataAccessResult.OTHER_REASON)
        meter.memory.put(f"dlms.{record}", encode(value).hex())

    return Attribute(
        index=index,
        name=name,
        read=read,
        readers=readers,
        write=write,
        writers=writers,
        types=frozenset({default.type}),
    )


def kept_value(meter: Meter, record: str, default: Data) -> Data:
    """Return what was written to a kept attribute, or its default."""
    stored = meter.memory.get(f"dlms.{record}")
    return default if stored is None else decode_all(bytes.fromhex(stored))


def sound(check: Check, value: Data) -> bool:
    """Tell whether ``check`` takes a value; one of another shape it does not."""
    try:
        return check(value)
    except (TypeError, ValueError, IndexError):
        return False


def octets_of(length: int) -> Check:
    """Return a check for an octet-string of ``length`` octets."""
    return lambda value: len(value.octets()) == length


def structures(*types: DataType) -> Check:
    """Return a check for an array of structures whose elements have these types."""

    def check(value: Data) -> bool:
        return all(tuple(part.type for part in row.items()) == types for row in value.items())

    return check
