"""What a COSEM object of the meter is: a row of class, version, OBIS code, attributes and methods.

An attribute names who may read and who may write it, and the functions that do. The association's object_list
is made from the same rows that answer, so both say the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, octet_string
from bench.protocols.cosem import Obis

if TYPE_CHECKING:
    from reference_meter.meter import Meter


class Role(Enum):
    """A column of the rights table (dlms.md §7: P, R, M, F, B), named as the association."""

    PUBLIC = "public"
    READER = "reader"
    MANAGEMENT = "management"
    SECURITY = "security"
    FIRMWARE = "firmware"
    PRE_ESTABLISHED = "pre-established"


Roles = frozenset[Role]

NOBODY: Roles = frozenset()
EVERYBODY: Roles = frozenset(Role)
MANAGEMENT: Roles = frozenset({Role.MANAGEMENT, Role.SECURITY})
"""Management, whichever way it authenticates."""
KNOWN_CLIENTS: Roles = MANAGEMENT | {Role.READER}
PROVEN: Roles = frozenset({Role.SECURITY, Role.FIRMWARE})
"""Clients that authenticate with high level security."""
FIRMWARE: Roles = MANAGEMENT | {Role.FIRMWARE}

Read = Callable[["Meter"], Data]
Write = Callable[["Meter", Data], None]
Select = Callable[["Meter", int, Data], Data]
Invoke = Callable[["Meter", Data], Data | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute. ``write`` gets a value whose type is among ``types``; it raises `AccessError` to refuse.

    ``select`` reads a part by one of the access ``selectors`` (only the object_list has some).
    """

    index: int
    name: str
    read: Read | None = None
    readers: Roles = NOBODY
    write: Write | None = None
    writers: Roles = NOBODY
    types: frozenset[DataType] = frozenset()
    selectors: tuple[int, ...] = ()
    select: Select | None = None

    def readable(self, role: Role) -> bool:
        """Tell whether ``role`` may read the attribute."""
        return self.read is not None and role in self.readers

    def writable(self, role: Role) -> bool:
        """Tell whether ``role`` may write the attribute."""
        return self.write is not None and role in self.writers


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method; ``types`` are those its parameter may have, ``invoke`` may return a value."""

    index: int
    name: str
    invoke: Invoke | None = None
    users: Roles = NOBODY
    types: frozenset[DataType] = frozenset()

    def usable(self, role: Role) -> bool:
        """Tell whether ``role`` may invoke the method."""
        return self.invoke is not None and role in self.users


@dataclass(frozen=True, slots=True, kw_only=True)
class CosemObject:
    """One object. ``attributes`` holds every attribute of the class, the first being logical_name."""

    class_id: int
    version: int
    obis: Obis
    name: str
    attributes: tuple[Attribute, ...]
    methods: tuple[Method, ...] = ()

    def attribute(self, index: int) -> Attribute | None:
        """Return an attribute by its index, or None when the class has none such."""
        return next((row for row in self.attributes if row.index == index), None)

    def method(self, index: int) -> Method | None:
        """Return a method by its index, or None when the class has none such."""
        return next((row for row in self.methods if row.index == index), None)

    def visible(self, role: Role) -> bool:
        """Tell whether ``role`` may do anything with the object."""
        return any(row.readable(role) or row.writable(role) for row in self.attributes) or any(
            row.usable(role) for row in self.methods
        )


def cosem_object(
    class_id: int,
    version: int,
    obis: str,
    name: str,
    attributes: tuple[Attribute, ...],
    *,
    readers: Roles = KNOWN_CLIENTS,
    methods: tuple[Method, ...] = (),
) -> CosemObject:
    """Make an object; attribute 1, logical_name, is added and readable by ``readers``."""
    code = Obis(obis)
    logical_name = octet_string(code.to_bytes())
    first = Attribute(index=1, name="logical_name", read=lambda _meter: logical_name, readers=readers)
    return CosemObject(
        class_id=class_id,
        version=version,
        obis=code,
        name=name,
        attributes=(first, *attributes),
        methods=methods,
    )


def fixed(value: Data) -> Read:
    """Return a read function of a value that never changes."""
    return lambda _meter: value


def columns(
    rows: tuple[tuple[str, Read], ...], *, readers: Roles = KNOWN_CLIENTS, first: int = 2
) -> tuple[Attribute, ...]:
    """Make read-only attributes, numbered from ``first``, from rows of name and read function."""
    return tuple(
        Attribute(index=index, name=name, read=read, readers=readers)
        for index, (name, read) in enumerate(rows, start=first)
    )
