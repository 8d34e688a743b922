"""general-signing (DF) and the gateway prefixes (E6, E7): an APDU inside a frame of its own (IEC 62056-5-3).

The structures are recalled, no vector confirms them.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.protocols.cursor import Cursor, counted_octets
from bench.protocols.xdlms.ciphered import GeneralHead, read_general_head
from bench.protocols.xdlms.tags import ApduTag


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralSigning:
    """An APDU as ``content`` and its ECDSA ``signature`` (r and s), with the titles of both sides."""

    transaction_id: bytes
    originator_system_title: bytes
    recipient_system_title: bytes
    date_time: bytes = b""
    other_information: bytes = b""
    content: bytes
    signature: bytes

    def to_bytes(self, *, tag: int = ApduTag.GENERAL_SIGNING) -> bytes:
        """Return the APDU."""
        parts = (
            self.transaction_id,
            self.originator_system_title,
            self.recipient_system_title,
            self.date_time,
            self.other_information,
            self.content,
            self.signature,
        )
        return bytes([tag]) + b"".join(map(counted_octets, parts))

    @property
    def head(self) -> GeneralHead:
        """Return the fields before the content."""
        return GeneralHead(
            transaction_id=self.transaction_id,
            originator_system_title=self.originator_system_title,
            recipient_system_title=self.recipient_system_title,
            date_time=self.date_time,
            other_information=self.other_information,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayApdu:
    """An APDU for, or from, a meter behind a gateway: network id, address there, the APDU."""

    tag: int = ApduTag.GATEWAY_REQUEST
    network_id: int
    physical_address: bytes
    apdu: bytes

    def to_bytes(self) -> bytes:
        """Return prefix and APDU."""
        return bytes([self.tag, self.network_id]) + counted_octets(self.physical_address) + self.apdu


def read_general_signing(cursor: Cursor) -> GeneralSigning:
    """Read what follows the tag DF."""
    head = read_general_head(cursor)
    return GeneralSigning(
        transaction_id=head.transaction_id,
        originator_system_title=head.originator_system_title,
        recipient_system_title=head.recipient_system_title,
        date_time=head.date_time,
        other_information=head.other_information,
        content=cursor.counted("content"),
        signature=cursor.counted("signature"),
    )


def read_gateway_apdu(cursor: Cursor, tag: int) -> GatewayApdu:
    """Read what follows the tag E6 or E7."""
    network = cursor.octet("network-id")
    address = cursor.counted("physical-address")
    at = cursor.offset
    apdu = cursor.take(cursor.left, "apdu")
    if not apdu:
        cursor.note("xdlms.empty", "behind the gateway's prefix", at)
    return GatewayApdu(tag=tag, network_id=network, physical_address=address, apdu=apdu)
