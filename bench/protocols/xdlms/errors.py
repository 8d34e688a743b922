"""How a server says that it cannot serve: confirmedServiceError and exception-response (IEC 62056-5-3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from bench.protocols.cursor import Cursor, is_member
from bench.protocols.xdlms.tags import ApduTag


class ServiceChoice(IntEnum):
    """The service a confirmedServiceError speaks of (those that DLMS/COSEM uses)."""

    INITIATE = 1
    READ = 5
    WRITE = 6


class ErrorType(IntEnum):
    """The alternatives of ServiceError."""

    APPLICATION_REFERENCE = 0
    HARDWARE_RESOURCE = 1
    VDE_STATE_ERROR = 2
    SERVICE = 3
    DEFINITION = 4
    ACCESS = 5
    INITIATE = 6
    LOAD_DATA_SET = 7
    TASK = 9
    OTHER = 10


class InitiateError(IntEnum):
    """The values of ServiceError's alternative initiate."""

    OTHER = 0
    DLMS_VERSION_TOO_LOW = 1
    INCOMPATIBLE_CONFORMANCE = 2
    PDU_SIZE_TOO_SHORT = 3
    REFUSED_BY_THE_VDE_HANDLER = 4


# Largest value of each alternative (recalled).
_LARGEST_VALUE = {
    ErrorType.APPLICATION_REFERENCE: 6,
    ErrorType.HARDWARE_RESOURCE: 4,
    ErrorType.VDE_STATE_ERROR: 4,
    ErrorType.SERVICE: 2,
    ErrorType.DEFINITION: 3,
    ErrorType.ACCESS: 4,
    ErrorType.INITIATE: 4,
    ErrorType.LOAD_DATA_SET: 6,
    ErrorType.TASK: 4,
    ErrorType.OTHER: 0,
}
_LARGEST_SERVICE = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedServiceError:
    """A refused service, e.g. 0E 01 06 01: initiate, initiate error, dlms-version-too-low."""

    service: int = ServiceChoice.INITIATE
    error_type: int = ErrorType.INITIATE
    value: int

    def to_bytes(self, *, tag: int = ApduTag.CONFIRMED_SERVICE_ERROR) -> bytes:
        """Return the APDU."""
        return bytes([tag, self.service, self.error_type, self.value])


class StateError(IntEnum):
    """state-error of an exception-response."""

    SERVICE_NOT_ALLOWED = 1
    SERVICE_UNKNOWN = 2


class ServiceError(IntEnum):
    """service-error of an exception-response."""

    OPERATION_NOT_POSSIBLE = 1
    SERVICE_NOT_SUPPORTED = 2
    OTHER_REASON = 3
    PDU_TOO_LONG = 4
    DECIPHERING_ERROR = 5
    INVOCATION_COUNTER_ERROR = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionResponse:
    """An exception-response; ``invocation_counter`` is the expected one, with error 6 only (optional)."""

    state_error: int
    service_error: int
    invocation_counter: int | None = None

    def to_bytes(self, *, tag: int = ApduTag.EXCEPTION_RESPONSE) -> bytes:
        """Return the APDU."""
        counter = b"" if self.invocation_counter is None else self.invocation_counter.to_bytes(4, "big")
        return bytes([tag, self.state_error, self.service_error]) + counter


def read_confirmed_service_error(cursor: Cursor) -> ConfirmedServiceError:
    """Read what follows the tag 0E."""
    at = cursor.offset
    service, error_type, value = cursor.take(3, "service error")
    if not 1 <= service <= _LARGEST_SERVICE:
        cursor.note("xdlms.service-error", f"service {service}", at)
    largest = next((largest for kind, largest in _LARGEST_VALUE.items() if kind == error_type), None)
    if largest is None:
        cursor.note("xdlms.service-error", f"error type {error_type}", at + 1)
    elif value > largest:
        cursor.note("xdlms.service-error", f"value {value} of error type {error_type}", at + 2)
    return ConfirmedServiceError(service=service, error_type=error_type, value=value)


def read_exception_response(cursor: Cursor) -> ExceptionResponse:
    """Read what follows the tag D8."""
    at = cursor.offset
    state, service = cursor.take(2, "exception-response")
    if not is_member(state, StateError):
        cursor.note("xdlms.exception", f"state-error {state}", at)
    if not is_member(service, ServiceError):
        cursor.note("xdlms.exception", f"service-error {service}", at + 1)
    has_counter = service == ServiceError.INVOCATION_COUNTER_ERROR and cursor.left > 0
    counter = cursor.unsigned(4, "expected invocation counter") if has_counter else None
    return ExceptionResponse(state_error=state, service_error=service, invocation_counter=counter)
