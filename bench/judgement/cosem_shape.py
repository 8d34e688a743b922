"""Compare a value with the shape that its attribute has (see ``bench.standards.cosem_shapes``)."""

from __future__ import annotations

import re
from functools import cache

from bench.protocols.data import Data, DataType

#: Empty arrays, and null-data inside, say that nothing is there: allowed everywhere (dlms.md 1.5, dummy attributes).
_EMPTY = DataType.NULL_DATA
_NARROW = frozenset({DataType.LONG_UNSIGNED, DataType.LONG, DataType.UNSIGNED, DataType.INTEGER})
_WORD = re.compile(r"\s*([a-z_0-9]+|[(),])")

Shape = tuple[str, tuple["Shape", ...]]


def shape_fault(value: Data, shape: str) -> str:
    """Return what does not fit, or ""."""
    return _fault(value, _parsed(shape))


def too_narrow(value: Data) -> bool:
    """Tell whether a value is coded in 16 bits or fewer."""
    return value.type in _NARROW


def _fault(value: Data, shape: Shape) -> str:
    word, inner = shape
    if word == "any" or value.type is _EMPTY:
        return ""
    if word == "octets":
        if value.type is not DataType.OCTET_STRING or not isinstance(value.value, bytes):
            return f"{value.type.name} where an octet-string was due"
        wanted = [int(length) for length, _ in inner]
        if wanted and len(value.value) not in wanted:
            return f"an octet-string of {len(value.value)} where one of {wanted[0]} octets was due"
        return ""
    if value.type.name.lower() != word:
        return f"{value.type.name} where {word.upper()} was due"
    if not inner or not isinstance(value.value, tuple):
        return ""
    items = value.value
    if word == "array":
        return next(filter(None, (_fault(item, inner[0]) for item in items)), "")
    if len(items) != len(inner):
        return f"a structure of {len(items)} elements where {len(inner)} were due"
    return next(filter(None, (_fault(item, part) for item, part in zip(items, inner, strict=True))), "")


@cache
def _parsed(text: str) -> Shape:
    words = _WORD.findall(text)
    shape, rest = _read(words)
    if rest:
        raise ValueError(f"{text!r} is no shape")
    return shape


def _read(words: list[str]) -> tuple[Shape, list[str]]:
    word, rest = words[0], words[1:]
    inner: list[Shape] = []
    if rest[:1] == ["("]:
        rest = rest[1:]
        while rest[0] != ")":
            part, rest = _read(rest)
            inner.append(part)
            if rest[0] == ",":
                rest = rest[1:]
        rest = rest[1:]
    return (word, tuple(inner)), rest
