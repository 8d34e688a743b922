"""What a row of the class table is: an interface class of the Blue Book, its attributes and methods.

Each attribute row has a source status: V confirmed by a vector or a second implementation's behaviour,
R recalled domain knowledge without a public text at hand, U uncertain (its types are not to be judged).
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.protocols.data import DataType

T = DataType


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeRow:
    """One attribute: index, name, allowed types (empty: any), static (S) or dynamic (D), source status."""

    index: int
    name: str
    types: tuple[DataType, ...] = ()
    static: bool = True
    status: str = "R"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRow:
    """One method: index, name, whether the class demands it, source status."""

    index: int
    name: str
    mandatory: bool = False
    status: str = "R"


@dataclass(frozen=True, slots=True, kw_only=True)
class CosemClass:
    """One version of an interface class."""

    class_id: int
    version: int
    name: str
    attributes: tuple[AttributeRow, ...]
    methods: tuple[MethodRow, ...] = ()

    def attribute(self, index: int) -> AttributeRow | None:
        """Return the row of an attribute index, None when the class has no such attribute."""
        return next((row for row in self.attributes if row.index == index), None)

    def method(self, index: int) -> MethodRow | None:
        """Return the row of a method index, None when the class has no such method."""
        return next((row for row in self.methods if row.index == index), None)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute row before it gets its index."""

    name: str
    types: tuple[DataType, ...] = ()
    static: bool = True
    status: str = "R"


_LOGICAL_NAME = Attribute("logical_name", (T.OCTET_STRING,), True, "V")


def dynamic(name: str, types: tuple[DataType, ...] = (), status: str = "R") -> Attribute:
    return Attribute(name, types, False, status)


def interface_class(
    class_id: int,
    version: int,
    name: str,
    attributes: tuple[Attribute, ...],
    *methods: str,
    status: str = "R",
) -> CosemClass:
    """Number attributes from 1 (logical_name) and methods from 1; a method named with ! is mandatory."""
    return CosemClass(
        class_id=class_id,
        version=version,
        name=name,
        attributes=tuple(
            AttributeRow(index=index, name=row.name, types=row.types, static=row.static, status=row.status)
            for index, row in enumerate((_LOGICAL_NAME, *attributes), start=1)
        ),
        methods=tuple(
            MethodRow(index=index, name=method.rstrip("!"), mandatory=method.endswith("!"), status=status)
            for index, method in enumerate(methods, start=1)
        ),
    )
