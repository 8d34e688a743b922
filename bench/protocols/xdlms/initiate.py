"""Initiate request and response: what AARQ and AARE carry as user-information (IEC 62056-5-3)."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.protocols.cursor import Cursor, counted_octets
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.parts import optional_octets, read_boolean, read_flag
from bench.protocols.xdlms.tags import ApduTag

DLMS_VERSION = 6
VAA_NAME_LN = 0x0007
VAA_NAME_SN = 0xFA00
_CONFORMANCE_TAG = bytes.fromhex("5f1f")
_OLD_CONFORMANCE_TAG = bytes.fromhex("5f")
_CONFORMANCE_HEAD = bytes.fromhex("0400")
_RESERVED = Conformance.RESERVED_ZERO | Conformance.RESERVED_SEVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiateRequest:
    """What a client proposes. None leaves an optional field out; ``max_pdu`` in octets, 0 means no limit.

    ``old_conformance_tag`` writes the conformance block's tag in its old form 5F instead of 5F 1F.
    """

    dedicated_key: bytes | None = field(default=None, repr=False)
    response_allowed: bool | None = None
    quality_of_service: int | None = None
    version: int = DLMS_VERSION
    conformance: Conformance
    max_pdu: int = 0xFFFF
    old_conformance_tag: bool = False

    def to_bytes(self, *, tag: int = ApduTag.INITIATE_REQUEST, conformance: bytes | None = None) -> bytes:
        """Return the APDU; ``conformance`` replaces the whole block, its tag and length included."""
        key = None if self.dedicated_key is None else counted_octets(self.dedicated_key)
        allowed = None if self.response_allowed is None else bytes([self.response_allowed])
        block = _conformance_octets(self.conformance, self.old_conformance_tag)
        return (
            bytes([tag])
            + optional_octets(key)
            + optional_octets(allowed)
            + _quality_octets(self.quality_of_service)
            + bytes([self.version])
            + (block if conformance is None else conformance)
            + self.max_pdu.to_bytes(2, "big")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiateResponse:
    """What a server grants. None leaves an optional field out; ``max_pdu`` in octets."""

    quality_of_service: int | None = None
    version: int = DLMS_VERSION
    conformance: Conformance
    max_pdu: int
    vaa_name: int = VAA_NAME_LN
    old_conformance_tag: bool = False

    def to_bytes(self, *, tag: int = ApduTag.INITIATE_RESPONSE, conformance: bytes | None = None) -> bytes:
        """Return the APDU; ``conformance`` replaces the whole block, its tag and length included."""
        block = _conformance_octets(self.conformance, self.old_conformance_tag)
        return (
            bytes([tag])
            + _quality_octets(self.quality_of_service)
            + bytes([self.version])
            + (block if conformance is None else conformance)
            + self.max_pdu.to_bytes(2, "big")
            + self.vaa_name.to_bytes(2, "big")
        )


def read_initiate_request(cursor: Cursor) -> InitiateRequest:
    """Read what follows the tag 01."""
    key = cursor.counted("dedicated-key") if read_flag(cursor, "dedicated-key flag") else None
    allowed = read_boolean(cursor, "response-allowed") if read_flag(cursor, "response-allowed flag") else None
    quality = _read_quality(cursor)
    version = _read_version(cursor)
    conformance, old = _read_conformance(cursor)
    return InitiateRequest(
        dedicated_key=key,
        response_allowed=allowed,
        quality_of_service=quality,
        version=version,
        conformance=conformance,
        old_conformance_tag=old,
        max_pdu=cursor.unsigned(2, "client-max-receive-pdu-size"),
    )


def read_initiate_response(cursor: Cursor) -> InitiateResponse:
    """Read what follows the tag 08."""
    quality = _read_quality(cursor)
    version = _read_version(cursor)
    conformance, old = _read_conformance(cursor)
    max_pdu = cursor.unsigned(2, "server-max-receive-pdu-size")
    at = cursor.offset
    vaa_name = cursor.unsigned(2, "vaa-name")
    if vaa_name not in (VAA_NAME_LN, VAA_NAME_SN):
        cursor.note("xdlms.vaa-name", f"{vaa_name:04X}", at)
    return InitiateResponse(
        quality_of_service=quality,
        version=version,
        conformance=conformance,
        old_conformance_tag=old,
        max_pdu=max_pdu,
        vaa_name=vaa_name,
    )


def _quality_octets(quality: int | None) -> bytes:
    return optional_octets(None if quality is None else bytes([quality & 0xFF]))


def _read_quality(cursor: Cursor) -> int | None:
    present = read_flag(cursor, "quality-of-service flag")
    return cursor.signed(1, "quality-of-service") if present else None


def _read_version(cursor: Cursor) -> int:
    at = cursor.offset
    version = cursor.octet("dlms-version-number")
    if version < DLMS_VERSION:
        cursor.note("xdlms.version", f"{version}", at)
    return version


def _conformance_octets(conformance: Conformance, old: bool) -> bytes:
    tag = _OLD_CONFORMANCE_TAG if old else _CONFORMANCE_TAG
    return tag + _CONFORMANCE_HEAD + int(conformance).to_bytes(3, "big")


def _read_conformance(cursor: Cursor) -> tuple[Conformance, bool]:
    at = cursor.offset
    if cursor.take(1, "conformance tag") != _OLD_CONFORMANCE_TAG:
        raise DecodeError(at, "xdlms.conformance-tag", cursor.octets[at : at + 1].hex())
    old = cursor.octets[cursor.offset : cursor.offset + 1] != _CONFORMANCE_TAG[1:]
    if not old:
        cursor.take(1, "conformance tag")
    head_at = cursor.offset
    head = cursor.take(2, "conformance length and unused bits")
    if head != _CONFORMANCE_HEAD:
        raise DecodeError(head_at, "xdlms.conformance-tag", head.hex())
    bits_at = cursor.offset
    conformance = Conformance(cursor.unsigned(3, "conformance block"))
    if conformance & _RESERVED:
        cursor.note("xdlms.conformance-reserved", f"{int(conformance):06X}", bits_at)
    return conformance, old
