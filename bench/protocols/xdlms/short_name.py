"""READ, WRITE and InformationReport of short-name referencing (IEC 62056-5-3): 05, 06, 0C, 0D, 16, 18."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bench.protocols.axdr import Data, encode, read_data
from bench.protocols.cursor import Cursor, counted_octets
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.parts import (
    SelectiveAccess,
    check_same_length,
    list_octets,
    optional_octets,
    read_flag,
    read_list,
)
from bench.protocols.xdlms.results import DataAccessResult, read_result
from bench.protocols.xdlms.tags import ApduTag

_VARIABLE_NAME = 2
_PARAMETERIZED_ACCESS = 4
_BLOCK_ACCESSES = (5, 6, 7)
_BLOCK_RESULTS = (2, 3)
_DATA = 0
_ERROR = 1


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
class ReadRequest:
    """Read variables by short name."""

    variables: tuple[VariableAccess, ...]

    def to_bytes(self, *, tag: int = ApduTag.READ_REQUEST) -> bytes:
        """Return the APDU."""
        return bytes([tag]) + list_octets(self.variables, VariableAccess.to_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResponse:
    """Data, or the reason why not, for each variable."""

    results: tuple[Data | DataAccessResult | int, ...]

    def to_bytes(self, *, tag: int = ApduTag.READ_RESPONSE) -> bytes:
        """Return the APDU."""
        return bytes([tag]) + list_octets(self.results, _read_result_octets)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest:
    """Write variables by short name."""

    variables: tuple[VariableAccess, ...]
    values: tuple[Data, ...]

    def to_bytes(self, *, tag: int = ApduTag.WRITE_REQUEST) -> bytes:
        """Return the APDU."""
        variables = list_octets(self.variables, VariableAccess.to_bytes)
        return bytes([tag]) + variables + list_octets(self.values, encode)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResponse:
    """The result of each write; 0 is success."""

    results: tuple[DataAccessResult | int, ...]

    def to_bytes(self, *, tag: int = ApduTag.WRITE_RESPONSE) -> bytes:
        """Return the APDU."""
        return bytes([tag]) + list_octets(self.results, _write_result_octets)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnconfirmedWriteRequest:
    """Write variables by short name; nobody answers."""

    variables: tuple[VariableAccess, ...]
    values: tuple[Data, ...]

    def to_bytes(self, *, tag: int = ApduTag.UNCONFIRMED_WRITE_REQUEST) -> bytes:
        """Return the APDU."""
        variables = list_octets(self.variables, VariableAccess.to_bytes)
        return bytes([tag]) + variables + list_octets(self.values, encode)


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationReportRequest:
    """What a server with short names reports unasked; ``time`` is a GeneralizedTime in text."""

    time: bytes | None = None
    variables: tuple[VariableAccess, ...]
    values: tuple[Data, ...]

    def to_bytes(self, *, tag: int = ApduTag.INFORMATION_REPORT_REQUEST) -> bytes:
        """Return the APDU."""
        time = optional_octets(None if self.time is None else counted_octets(self.time))
        variables = list_octets(self.variables, VariableAccess.to_bytes)
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
    """Read what follows the tag 0C; blocks of short-name reading are not covered."""
    return ReadResponse(results=read_list(cursor, _read_result, "result list"))


def read_write_request(cursor: Cursor) -> WriteRequest:
    """Read what follows the tag 06."""
    variables, values = _read_variables_and_values(cursor)
    return WriteRequest(variables=variables, values=values)


def read_write_response(cursor: Cursor) -> WriteResponse:
    """Read what follows the tag 0D; blocks of short-name writing are not covered."""
    return WriteResponse(results=read_list(cursor, _read_write_result, "result list"))


def _read_variables_and_values(cursor: Cursor) -> tuple[tuple[VariableAccess, ...], tuple[Data, ...]]:
    variables = read_list(cursor, _read_variable, "variable list")
    at = cursor.offset
    values = read_list(cursor, read_data, "value list")
    check_same_length(cursor, len(variables), len(values), at)
    return variables, values


def _read_variable(cursor: Cursor) -> VariableAccess:
    at = cursor.offset
    choice = cursor.unsigned(1, "variable-access-specification")
    if choice not in (_VARIABLE_NAME, _PARAMETERIZED_ACCESS):
        raise _refusal(at, choice, _BLOCK_ACCESSES, "variable-access-specification")
    name = cursor.unsigned(2, "variable-name")
    if choice == _VARIABLE_NAME:
        return VariableAccess(name=name)
    selector = cursor.unsigned(1, "selector")
    return VariableAccess(name=name, access=SelectiveAccess(selector=selector, parameters=read_data(cursor)))


def _read_result(cursor: Cursor) -> Data | DataAccessResult | int:
    at = cursor.offset
    choice = cursor.unsigned(1, "read-response choice")
    if choice == _DATA:
        return read_data(cursor)
    if choice == _ERROR:
        return read_result(cursor, DataAccessResult)
    raise _refusal(at, choice, _BLOCK_RESULTS, "read-response")


def _read_write_result(cursor: Cursor) -> DataAccessResult | int:
    at = cursor.offset
    choice = cursor.unsigned(1, "write-response choice")
    if choice == _DATA:
        return DataAccessResult.SUCCESS
    if choice == _ERROR:
        result = read_result(cursor, DataAccessResult)
        if result == DataAccessResult.SUCCESS:
            cursor.note("xdlms.result", "an error 0", at + 1)
        return result
    raise _refusal(at, choice, _BLOCK_RESULTS, "write-response")


def _refusal(at: int, choice: int, blocks: Collection[int], what: str) -> DecodeError:
    """Tell blocks of short-name services, which are legal but not read here, from choices that do not exist."""
    return DecodeError(at, "xdlms.not-covered" if choice in blocks else "xdlms.choice", f"{what} {choice}")


def _read_result_octets(result: Data | int) -> bytes:
    return bytes([_DATA]) + encode(result) if isinstance(result, Data) else bytes([_ERROR, result])


def _write_result_octets(result: int) -> bytes:
    return bytes([_DATA]) if result == DataAccessResult.SUCCESS else bytes([_ERROR, result])
