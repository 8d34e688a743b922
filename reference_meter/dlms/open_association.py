"""The association that is open: who the client is, what was agreed, and what is in progress."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.protocols.acse_names import Mechanism
from bench.protocols.xdlms.conformance import Conformance
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.dlms.transfers import Transfers
from reference_meter.products.product import Association as AssociationSettings

CONFORMANCE_BITS = 24


@dataclass(slots=True, kw_only=True)
class Handshake:
    """High level security: both challenges, and whether the client has answered ours."""

    mechanism: Mechanism
    client_challenge: bytes
    own_challenge: bytes
    pending: bool = True


@dataclass(slots=True, kw_only=True)
class DedicatedKey:
    """The key that lives as long as the association, and its two counters."""

    key: bytes = field(repr=False)
    received: int = -1
    sent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAssociation:
    """An application association. ``max_send_pdu``, ``max_receive_pdu``: longest APDU in octets, seen from
    the meter. ``context_name``, ``mechanism_name``: encoded arcs of the object identifiers.

    ``client_title`` is the system title from the AARQ; ``opening_protection`` the security control octet of its
    InitiateRequest, 0 for a plain one.
    """

    settings: AssociationSettings
    role: Role
    conformance: Conformance
    max_send_pdu: int
    max_receive_pdu: int
    context_name: bytes
    mechanism_name: bytes
    client_title: bytes = b""
    opening_protection: int = 0
    handshake: Handshake | None = None
    dedicated: DedicatedKey | None = None
    transfers: Transfers = field(default_factory=Transfers)

    @property
    def ciphered(self) -> bool:
        """Whether the application context has ciphering."""
        return self.settings.context == "ln-ciphered"

    @property
    def pending(self) -> bool:
        """Whether the client has still to prove who it is."""
        return self.handshake is not None and self.handshake.pending

    def conformance_bits(self) -> str:
        """Return the negotiated conformance block as text of 0 and 1, bit 0 first."""
        return f"{int(self.conformance):0{CONFORMANCE_BITS}b}"
