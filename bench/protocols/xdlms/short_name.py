"""READ, WRITE and InformationReport of short-name referencing (IEC 62056-5-3): 05, 06, 0C, 0D, 16, 18."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bench.protocols.axdr import Data, encode, read_data
from bench.protocols.cursor import Cursor, counted_octets
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.parts import (
    SelectiveAccess,
    check_same_length,
    list_octets,
    optional_octets,
    read_boolean,
    read_flag,
    read_list,
)
from bench.protocols.xdlms.results import DataAccessResult, read_result
from bench.protocols.xdlms.tags import ApduTag

_VARIABLE_NAME = 2
_PARAMETERIZED_ACCESS = 4
_BLOCK_NUMBER_ACCESS = 5
_READ_BLOCK_ACCESS = 6
_WRITE_BLOCK_ACCESS = 7
_DATA = 0
_ERROR = 1
_BLOCK_RESULT = 2
_READ_BLOCK_NUMBER = 3
_WRITE_BLOCK_NUMBER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableAccess:
    """A variable-access-specification: the short name, with a selection when parameterized."""

    name: int
    access: SelectiveAccess | None = None

    def to_bytes(self) -> bytes:
        """Return the CHOICE: 02 and the name, or 04, the name and the selection."""
        name = self.name.to_bytes(2, "big")
        if self.access is None:
            return bytes([_VARIABLE_NAME]) + name
        return bytes([_PARAMETERIZED_ACCESS]) + name + self.access.to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockAccess:
    """A block instead of a variable: its number alone asks for it (5) or announces data to write (7, with
    ``last``); with ``raw`` it is a block of a long request (6). No vector confirms these.
    """

    number: int
    last: bool | None = None
    raw: bytes | None = None

    def to_bytes(self) -> bytes:
        """Return the CHOICE."""
        number = self.number.to_bytes(2, "big")
        if self.last is None:
            return bytes([_BLOCK_NUMBER_ACCESS]) + number
        if self.raw is None:
            return bytes([_WRITE_BLOCK_ACCESS, self.last]) + number
        return bytes([_READ_BLOCK_ACCESS, self.last]) + number + counted_octets(self.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockResult:
    """A block of a long answer to READ."""

    last: bool
    number: int
    raw: bytes

    def to_bytes(self) -> bytes:
        """Return the CHOICE."""
        return bytes([_BLOCK_RESULT, self.last]) + self.number.to_bytes(2, "big") + counted_octets(self.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockNumber:
    """The number of the block that was received: answer to a block of a long READ (3) or WRITE (2)."""

    number: int


Variable: TypeAlias = VariableAccess | BlockAccess
ReadResult: TypeAlias = Data | DataAccessResult | int | BlockResult | BlockNumber
WriteResult: TypeAlias = DataAccessResult | int | BlockNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """Read variables by short name."""

    variables: tuple[Variable, ...]

    def to_bytes(self, *, tag: int = ApduTag.READ_REQUEST) -> bytes:
        """Return the APDU."""
        return bytes([tag]) + list_octets(self.variables, _variable_octets)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResponse:
    """Data, or the reason why not, for each variable."""

    results: tuple[ReadResult, ...]

    def to_bytes(self, *, tag: int = ApduTag.READ_RESPONSE) -> bytes:
        """Return the APDU."""
        return bytes([tag]) + list_octets(self.results, _read_result_octets)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest:
    """Write variables by short name."""

    variables: tuple[Variable, ...]
    values: tuple[Data, ...]

    def to_bytes(self, *, tag: int = ApduTag.WRITE_REQUEST) -> bytes:
        """Return the APDU."""
        variables = list_octets(self.variables, _variable_octets)
        return bytes([tag]) + variables + list_octets(self.values, encode)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResponse:
    """The result of each write; 0 is success."""

    results: tuple[WriteResult, ...]

    def to_bytes(self, *, tag: int = ApduTag.WRITE_RESPONSE) -> bytes:
        """Return the APDU."""
        return bytes([tag]) + list_octets(self.results, _write_result_octets)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnconfirmedWriteRequest:
    """Write variables by short name; nobody answers."""

    variables: tuple[Variable, ...]
    values: tuple[Data, ...]

    def to_bytes(self, *, tag: int = ApduTag.UNCONFIRMED_WRITE_REQUEST) -> bytes:
        """Return the APDU."""
        variables = list_octets(self.variables, _variable_octets)
        return bytes([tag]) + variables + list_octets(self.values, encode)


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationReportRequest:
    """What a server with short names reports unasked; ``time`` is a GeneralizedTime in text."""

    time: bytes | None = None
    variables: tuple[Variable, ...]
    values: tuple[Data, ...]

    def to_bytes(self, *, tag: int = ApduTag.INFORMATION_REPORT_REQUEST) -> bytes:
        """Return the APDU."""
        time = optional_octets(None if self.time is None else counted_octets(self.time))
        variables = list_octets(self.variables, _variable_octets)
        return bytes([tag]) + time + variables + list_octets(self.values, encode)


def read_unconfirmed_write_request(cursor: Cursor) -> UnconfirmedWriteRequest:
    """Read what follows the tag 16."""
    variables, values = _read_variables_and_values(cursor)
    return UnconfirmedWriteRequest(variables=variables, values=values)


def read_information_report_request(cursor: Cursor) -> InformationReportRequest:
    """Read what follows the tag 18."""
    time = cursor.counted("current-time") if read_flag(cursor, "current-time flag") else None
    variables, values = _read_variables_and_values(cursor)
    return InformationReportRequest(time=time, variables=variables, values=values)


def read_read_request(cursor: Cursor) -> ReadRequest:
    """Read what follows the tag 05."""
    return ReadRequest(variables=read_list(cursor, _read_variable, "variable list"))


def read_read_response(cursor: Cursor) -> ReadResponse:
    """Read what follows the tag 0C."""
    return ReadResponse(results=read_list(cursor, _read_result, "result list"))


def read_write_request(cursor: Cursor) -> WriteRequest:
    """Read what follows the tag 06."""
    variables, values = _read_variables_and_values(cursor)
    return WriteRequest(variables=variables, values=values)


def read_write_response(cursor: Cursor) -> WriteResponse:
    """Read what follows the tag 0D."""
    return WriteResponse(results=read_list(cursor, _read_write_result, "result list"))


def _read_variables_and_values(cursor: Cursor) -> tuple[tuple[Variable, ...], tuple[Data, ...]]:
    variables = read_list(cursor, _read_variable, "variable list")
    at = cursor.offset
    values = read_list(cursor, read_data, "value list")
    check_same_length(cursor, len(variables), len(values), at)
    return variables, values


def _read_variable(cursor: Cursor) -> Variable:
    at = cursor.offset
    choice = cursor.octet("variable-access-specification")
    if choice in (_VARIABLE_NAME, _PARAMETERIZED_ACCESS):
        name = cursor.unsigned(2, "variable-name")
        if choice == _VARIABLE_NAME:
            return VariableAccess(name=name)
        selector = cursor.octet("selector")
        access = SelectiveAccess(selector=selector, parameters=read_data(cursor))
        return VariableAccess(name=name, access=access)
    if choice == _BLOCK_NUMBER_ACCESS:
        return BlockAccess(number=_read_block_number(cursor))
    if choice not in (_READ_BLOCK_ACCESS, _WRITE_BLOCK_ACCESS):
        raise DecodeError(at, "xdlms.choice", f"variable-access-specification {choice}")
    last, number = read_boolean(cursor, "last-block"), _read_block_number(cursor)
    raw = cursor.counted("raw-data") if choice == _READ_BLOCK_ACCESS else None
    return BlockAccess(last=last, number=number, raw=raw)


def _read_result(cursor: Cursor) -> ReadResult:
    at = cursor.offset
    choice = cursor.octet("read-response choice")
    if choice == _DATA:
        return read_data(cursor)
    if choice == _ERROR:
        return read_result(cursor, DataAccessResult)
    if choice == _READ_BLOCK_NUMBER:
        return BlockNumber(number=_read_block_number(cursor))
    if choice != _BLOCK_RESULT:
        raise DecodeError(at, "xdlms.choice", f"read-response {choice}")
    last, number = read_boolean(cursor, "last-block"), _read_block_number(cursor)
    return BlockResult(last=last, number=number, raw=cursor.counted("raw-data"))


def _read_write_result(cursor: Cursor) -> WriteResult:
    at = cursor.offset
    choice = cursor.octet("write-response choice")
    if choice == _DATA:
        return DataAccessResult.SUCCESS
    if choice == _ERROR:
        result = read_result(cursor, DataAccessResult)
        if result == DataAccessResult.SUCCESS:
            cursor.note("xdlms.result", "an error 0", at + 1)
        return result
    if choice == _WRITE_BLOCK_NUMBER:
        return BlockNumber(number=_read_block_number(cursor))
    raise DecodeError(at, "xdlms.choice", f"write-response {choice}")


def _read_block_number(cursor: Cursor) -> int:
    at = cursor.offset
    number = cursor.unsigned(2, "block-number")
    if number == 0:
        cursor.note("xdlms.block-number", "0", at)
    return number


def _variable_octets(variable: Variable) -> bytes:
    return variable.to_bytes()


def _read_result_octets(result: ReadResult) -> bytes:
    if isinstance(result, Data):
        return bytes([_DATA]) + encode(result)
    if isinstance(result, BlockResult):
        return result.to_bytes()
    if isinstance(result, BlockNumber):
        return bytes([_READ_BLOCK_NUMBER]) + result.number.to_bytes(2, "big")
    return bytes([_ERROR, result])


def _write_result_octets(result: WriteResult) -> bytes:
    if isinstance(result, BlockNumber):
        return bytes([_WRITE_BLOCK_NUMBER]) + result.number.to_bytes(2, "big")
    return bytes([_DATA]) if result == DataAccessResult.SUCCESS else bytes([_ERROR, result])
