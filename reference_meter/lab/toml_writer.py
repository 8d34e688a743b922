"""Write plain data as TOML 1.0: strings, numbers, booleans, dates, arrays, tables, arrays of tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

Scalar = str | bool | int | float | date
Value = Scalar | Sequence["Value"] | Mapping[str, "Value"]
Table = Mapping[str, Value]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Inline(dict[str, Value]):
    """A table to be written on one line, ``{ key = value, ... }``."""


def toml(document: Table) -> str:
    """Return ``document`` as TOML text. None is not a TOML value: leave the key out."""
    return "\n".join(_lines(document, ())).lstrip("\n") + "\n"


def _lines(table: Table, path: tuple[str, ...]) -> Iterable[str]:
    for key, value in table.items():  # plain keys first: behind a [table] line they would belong to it
        if not _is_table(value) and not _is_tables(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        name = ".".join(_key(part) for part in (*path, key))
        if _is_table(value):
            yield f"\n[{name}]"
            yield from _lines(_as_table(value), (*path, key))
        elif _is_tables(value):
            for entry in _as_tables(value):
                yield f"\n[[{name}]]"
                yield from _lines(entry, (*path, key))


def _is_table(value: Value) -> bool:
    return isinstance(value, Mapping) and not isinstance(value, Inline)


def _is_tables(value: Value) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(_is_table(entry) for entry in value)


def _as_table(value: Value) -> Table:
    if not isinstance(value, Mapping):
        raise TypeError(f"not a table: {value!r}")
    return value


def _as_tables(value: Value) -> Iterable[Table]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"not an array of tables: {value!r}")
    return [_as_table(entry) for entry in value]


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int | float):
        return repr(value)  # inf and nan are spelled the same in TOML
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(entry)}" for key, entry in value.items()) + " }"
    return "[" + ", ".join(_value(entry) for entry in value) + "]"
