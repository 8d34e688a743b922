"""What all services of the meter share: what was negotiated, how long an answer may be, and the refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import ExceptionResponse, ServiceError, StateError
from reference_meter.dlms.ciphering import PLAIN, Protection
from reference_meter.dlms.open_association import OpenAssociation

if TYPE_CHECKING:
    from reference_meter.meter import Meter


LONGEST_ANSWER_OCTETS = 1 << 20
"""What the meter's buffer holds for an answer in general blocks."""


class ServiceBase:
    """The part of a service that knows the meter and the request being served."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.protection: Protection = PLAIN
        """How the request being served came."""
        self.in_general_blocks = False
        """Whether the request came in general blocks: its answer goes in them too, however long it is."""

    def allowed(self, current: OpenAssociation, needed: Conformance) -> bool:
        """Decide whether the services ``needed`` were negotiated."""
        return needed in current.conformance

    def room(self, current: OpenAssociation) -> int:
        """Return the longest answer in octets, before it is protected."""
        if self.in_general_blocks:
            return LONGEST_ANSWER_OCTETS
        return current.max_send_pdu - self.meter.ciphering.overhead(self.protection)

    def not_associated(self) -> bytes:
        """Answer a service outside any association."""
        return self.refused()

    def malformed(self) -> bytes:
        """Answer octets that cannot be decoded, those with an unknown tag among them."""
        return self.refused()

    def unsupported(self) -> bytes:
        """Answer an APDU that is understood, but is no request this meter serves."""
        return self.refused()

    def refused(self) -> bytes:
        """Return the exception-response service-not-allowed, service-not-supported (D8 01 02)."""
        return self.exception(ServiceError.SERVICE_NOT_SUPPORTED)

    def too_long(self) -> bytes:
        """Return the exception-response to a request longer than the meter receives."""
        return self.exception(ServiceError.PDU_TOO_LONG)

    def exception(self, error: ServiceError, counter: int | None = None) -> bytes:
        """Return an exception-response; ``counter`` is the invocation counter expected, where that is at fault."""
        return ExceptionResponse(
            state_error=StateError.SERVICE_NOT_ALLOWED, service_error=error, invocation_counter=counter
        ).to_bytes()
