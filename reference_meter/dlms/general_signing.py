"""general-signing on the meter: whose signature a request carries, and the signature of the answer (suites 1 and 2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.protocols.deviation import violations
from bench.protocols.signing import sign_apdu, signature_holds
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import GeneralHead
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import ServiceError
from bench.protocols.xdlms.signed import GeneralSigning
from reference_meter.dlms.open_association import OpenAssociation
from reference_meter.dlms.protection import Protection, Refused

if TYPE_CHECKING:
    from reference_meter.meter import Meter
    from reference_meter.products.product import Association

REQUESTS_SIGNED, RESPONSES_SIGNED = 0x10, 0x80
"""Bits of the security policy (class 64 version 1)."""
SIGNING_OVERHEAD = 1 + 1 + 9 + 9 + 2 + 3 + 1 + 96
"""Tag, length of the transaction id, titles, empty fields, lengths, and the signature of P-384."""


def can_sign(meter: Meter, settings: Association) -> bool:
    """Tell whether meter and client have keys for signatures."""
    return bool(settings.suite and settings.client_public_key and meter.product.communication.signing_key)


def open_signed(meter: Meter, current: OpenAssociation, apdu: bytes) -> tuple[bytes, Protection]:
    """Return the plain APDU inside a signed one, and how it came. Raise `Refused`."""
    outer, deviations = decode_apdu(apdu)
    if not isinstance(outer, GeneralSigning) or violations(deviations):
        raise Refused(ServiceError.DECIPHERING_ERROR)
    settings = current.settings
    if Conformance.GENERAL_PROTECTION not in current.conformance or not can_sign(meter, settings):
        raise Refused(ServiceError.SERVICE_NOT_SUPPORTED)
    titles = (outer.originator_system_title, outer.recipient_system_title)
    if titles != (current.client_title, meter.security.system_title()):
        raise Refused(ServiceError.DECIPHERING_ERROR)
    if not signature_holds(outer, meter.security.client_key(settings), suite=settings.suite):
        raise Refused(ServiceError.DECIPHERING_ERROR)
    plain, protection = meter.ciphering.open_unsigned(current, outer.content)
    transaction = protection.transaction_id or outer.transaction_id
    return plain, replace(protection, signed=True, transaction_id=transaction)


def signed(meter: Meter, current: OpenAssociation, answer: bytes, request: Protection) -> bytes:
    """Return an answer with the meter's signature."""
    suite = current.settings.suite
    head = GeneralHead(
        transaction_id=request.transaction_id,
        originator_system_title=meter.security.system_title(),
        recipient_system_title=current.client_title,
    )
    return sign_apdu(answer, head, meter.security.signing_key(suite), suite=suite)
