"""Decoded APDUs as lines for people: one field a line, each with the offset of its first octet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, IntEnum, IntFlag

from bench.protocols.acse import Aare, Aarq, Rlre, Rlrq, application_context, element_offsets, mechanism
from bench.protocols.axdr import read_data
from bench.protocols.compact import elements
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import decode_date_time
from bench.protocols.cursor import TracingCursor
from bench.protocols.data import CompactArray, Data, DataType
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.ciphered import ProtectedText
from bench.protocols.xdlms.conformance import Conformance

INDENT = "  "
_LOGICAL_NAME, _ALL = 6, 0xFF
_HEXADECIMAL = {"invoke": 2, "long_invoke": 8, "tag": 2, "security_control": 2, "vaa_name": 4}
"""Fields that are read in hexadecimal, with their digits."""
_IDENTIFIERS: dict[str, Callable[[bytes], IntEnum | None]] = {
    "application_context_name": application_context,
    "mechanism_name": mechanism,
}
_READ_AS = {
    "attribute": ("class-id",),
    "method": ("class-id",),
    "reference": ("class-id",),
    "access": ("access-selection flag",),
    "selector": ("access-selector", "selector"),
    "max_pdu": ("client-max-receive-pdu-size", "server-max-receive-pdu-size"),
    "version": ("dlms-version-number",),
    "conformance": ("conformance block",),
    "protected": ("ciphered content",),
    "last": ("last-block", "block-control"),
    "number": ("block-number",),
    "raw": ("length of raw-data",),
    "data": ("length of block-data", "length of key-ciphered-data"),
    "service": ("service error",),
    "state_error": ("exception-response",),
    "result": ("data tag", "result", "length of raw-data"),
    "returned": ("data tag", "result"),
    "name": ("variable-name",),
    "signature": ("length of signature",),
    "content": ("length of content",),
    "choice": ("access-request-specification choice", "access-response-specification choice"),
    "value": ("data tag",),
    "body": ("data tag",),
    "parameters": ("data tag", "length of parameter list"),
    "values": (
        "length of value list",
        "length of access-request-list-of-data",
        "length of access-response-list-of-data",
    ),
    "items": ("length of attribute list", "length of access-request-specification"),
    "methods": ("length of method list",),
    "results": ("length of result list",),
    "outcomes": ("length of result list", "length of access-response-specification"),
    "variables": ("length of variable list",),
    "invoke": ("invoke-id-and-priority",),
    "long_invoke": ("long-invoke-id-and-priority",),
    "invocation_counter": ("expected invocation counter",),
}
"""What the readers call the octets of a field, where that is not the field's own name."""
_BEHIND = {"streaming": 0, "window": 0, "error_type": 1, "value": 1, "service_error": 1}
"""Fields that were read in one go with the one before them: octets behind that one."""
_PROTECTED = {"security_control": 0, "invocation_counter": 1, "payload": 5}
"""Fields of a protected text: octets behind its first."""
_ACSE = Aarq | Aare | Rlrq | Rlre


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: its text, and where what it shows begins; None where no single octet can be named.

    ``inside`` marks offsets in a text that was deciphered or put together, and stands nowhere on the line.
    """

    text: str
    offset: int | None = None
    inside: bool = False

    def indented(self, levels: int = 1) -> Row:
        """Return the same row further to the right."""
        return Row(text=INDENT * levels + self.text, offset=self.offset, inside=self.inside)

    def shifted(self, octets: int) -> Row:
        """Return the same row, counted from ``octets`` earlier; offsets inside a deciphered text stay."""
        if self.offset is None or self.inside or not octets:
            return self
        return Row(text=self.text, offset=self.offset + octets)

    def within(self) -> Row:
        """Return the same row as part of a text that stands nowhere on the line."""
        return Row(text=self.text, offset=self.offset, inside=True)

    def numbered(self) -> str:
        """Return the line with its offset in front."""
        mark = "" if self.offset is None else f"{'+' if self.inside else ''}{self.offset}"
        return f"{mark:>6}  {self.text}"


class Tree:
    """Render one APDU; the steps of the cursor that read it say where its fields are."""

    def __init__(self, octets: bytes, steps: list[tuple[int, str]]) -> None:
        self.octets = octets
        self._steps = steps
        self._next = 0
        self._elements: dict[str, int] = {}

    def rows(self, record: object, level: int = 0, offset: int | None = 0) -> list[Row]:
        """Return a dataclass, one field a line; None fields are left out."""
        if not is_dataclass(record):
            return [Row(text=INDENT * level + text_of(record), offset=self._found(("result",)))]
        if isinstance(record, _ACSE):
            self._elements = element_offsets(self.octets)
        rows = []
        at = offset
        for field in fields(record):
            value = getattr(record, field.name)
            if value is None:
                continue
            at = self._field_offset(field.name, record, at)
            rows += self._field_rows(field.name, value, level + 1, at, hidden=not field.repr)
        known = next((row.offset for row in rows if row.offset is not None), None)
        return [
            Row(text=INDENT * level + type(record).__name__, offset=known if offset is None else offset),
            *rows,
        ]

    def _field_rows(self, name: str, value: object, level: int, at: int | None, *, hidden: bool) -> list[Row]:
        label = name.replace("_", "-")
        head = INDENT * level + label
        if hidden and isinstance(value, bytes):
            return [Row(text=f"{head}: {len(value)} octets, not shown", offset=at)]
        if isinstance(value, Data):
            return self.data_rows(value, level, at, f"{label}: ")
        if isinstance(value, tuple):
            rows = [Row(text=f"{head}: {len(value)}", offset=at)]
            return [*rows, *(row for item in value for row in self._item_rows(item, level + 1))]
        if isinstance(value, ProtectedText):
            return [Row(text=head, offset=at), *self._protected_rows(value, level + 1, at)]
        if is_dataclass(value) and type(value).__str__ is object.__str__:
            return [Row(text=head, offset=at), *self.rows(value, level + 1, at)]
        return [Row(text=f"{head}: {text_of(value, name)}", offset=at)]

    def _item_rows(self, item: object, level: int) -> list[Row]:
        if isinstance(item, Data):
            return self.data_rows(item, level, self._found(("data tag",)))
        return self.rows(item, level, None)

    def _protected_rows(self, value: ProtectedText, level: int, at: int | None) -> list[Row]:
        return [
            Row(
                text=f"{INDENT * level}{name.replace('_', '-')}: {text_of(getattr(value, name), name)}",
                offset=None if at is None else at + behind,
            )
            for name, behind in _PROTECTED.items()
        ]

    def data_rows(self, data: Data, level: int, at: int | None, label: str = "") -> list[Row]:
        """Return a value, one element a line."""
        name = data.type.name.lower().replace("_", "-")
        if isinstance(data.value, tuple):
            rows = [Row(text=f"{INDENT * level}{label}{name} of {len(data.value)}", offset=at)]
            for element in data.value:
                rows += self.data_rows(element, level + 1, self._found(("data tag",)))
            return rows
        if isinstance(data.value, CompactArray) and data.type is DataType.COMPACT_ARRAY:
            return self._compact_rows(data.value, level, at, label)
        text = "" if data.value is None else f" {text_of(data.value)}"
        return [Row(text=f"{INDENT * level}{label}{name}{text}", offset=at)]

    def _compact_rows(self, value: CompactArray, level: int, at: int | None, label: str) -> list[Row]:
        head = Row(text=f"{INDENT * level}{label}compact-array, {len(value.contents)} octets", offset=at)
        try:
            found = elements(value)
        except DecodeError as error:
            return [head, Row(text=f"{INDENT * (level + 1)}contents and description differ: {error}")]
        silent = Tree(b"", [])
        return [head, *(row for element in found for row in silent.data_rows(element, level + 1, None))]

    # --- offsets ----------------------------------------------------------------------------------

    def _field_offset(self, name: str, record: object, before: int | None) -> int | None:
        if isinstance(record, _ACSE):
            return self._elements.get(name)
        if name == "tag":
            return before
        own = name.replace("_", "-")
        found = self._found(_READ_AS.get(name, (own, f"length of {own}")))
        if found is None and name in _BEHIND and before is not None:
            return before + _BEHIND[name]
        return found

    def _found(self, names: tuple[str, ...]) -> int | None:
        """Return where the next step with one of these names begins, and go on behind it."""
        for index in range(self._next, len(self._steps)):
            offset, what = self._steps[index]
            if what in names:
                self._next = index + 1
                return offset
        return None


def value_rows(octets: bytes) -> list[Row]:
    """Return the rows of octets that hold exactly one value; none when they do not."""
    cursor = TracingCursor(octets)
    try:
        data = read_data(cursor)
    except DecodeError:
        return []
    return [] if cursor.left else Tree(octets, cursor.steps[1:]).data_rows(data, 0, 0)


def text_of(value: object, name: str = "") -> str:
    """Return one value as text."""
    if isinstance(value, bytes):
        return _octets_text(value, name)
    if isinstance(value, Conformance):
        return f"{int(value):06X} {', '.join(value.names())}"
    if isinstance(value, IntFlag):
        return f"{int(value):02X}"
    if name in _HEXADECIMAL and isinstance(value, int):
        return f"{value:0{_HEXADECIMAL[name]}X}"
    if isinstance(value, Enum):
        return f"{value.value} {value.name.lower().replace('_', '-')}"
    return str(value)


def _octets_text(octets: bytes, name: str) -> str:
    known = _IDENTIFIERS[name](octets) if name in _IDENTIFIERS else None
    if known is not None:
        return f"{octets.hex()} ({known.name})"
    if len(octets) == _LOGICAL_NAME and octets[-1] == _ALL:
        return f"{octets.hex()} ({Obis.from_bytes(octets)})"
    if octets and all(0x20 <= octet < 0x7F for octet in octets):
        return f'{octets.hex()} "{octets.decode("ascii")}"'
    moment, deviations = decode_date_time(octets)
    if moment is not None and not deviations and moment.year is not None:
        return f"{octets.hex()} ({_moment_text(octets)})"
    return octets.hex()


def _moment_text(octets: bytes) -> str:
    moment, _ = decode_date_time(octets)
    if moment is None:
        return ""
    numbers = [moment.month, moment.day, moment.hour, moment.minute, moment.second]
    month, day, hour, minute, second = ("**" if n is None else f"{n:02}" for n in numbers)
    deviation = "not specified" if moment.deviation_min is None else f"{moment.deviation_min} min"
    return f"{moment.year}-{month}-{day} {hour}:{minute}:{second}, deviation {deviation}"
