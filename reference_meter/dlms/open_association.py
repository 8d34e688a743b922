"""The association that is open: who the client is and what was agreed."""

from __future__ import annotations

from dataclasses import dataclass

from bench.protocols.xdlms.conformance import Conformance
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.products.product import Association as AssociationSettings

CONFORMANCE_BITS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAssociation:
    """An application association. ``max_send_pdu``, ``max_receive_pdu``: longest APDU in octets, seen from
    the meter. ``context_name``, ``mechanism_name``: encoded arcs of the object identifiers.
    """

    settings: AssociationSettings
    role: Role
    conformance: Conformance
    max_send_pdu: int
    max_receive_pdu: int
    context_name: bytes
    mechanism_name: bytes

    def conformance_bits(self) -> str:
        """Return the negotiated conformance block as text of 0 and 1, bit 0 first."""
        return f"{int(self.conformance):0{CONFORMANCE_BITS}b}"
