"""Opening and releasing of associations: AARQ, AARE, RLRQ, RLRE in BER (IEC 62056-5-3, X.227).

The elements of each APDU stand in a table; None leaves an optional element out. User-information is kept
as octets: the Initiate APDU, or a ciphered one, which `decode_apdu` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar, Self, TypeAlias

from bench.protocols import ber
from bench.protocols.acse_names import ApplicationContext as ApplicationContext
from bench.protocols.acse_names import AssociationResult as AssociationResult
from bench.protocols.acse_names import Mechanism as Mechanism
from bench.protocols.acse_names import ProviderDiagnostic as ProviderDiagnostic
from bench.protocols.acse_names import ReleaseReason as ReleaseReason
from bench.protocols.acse_names import UserDiagnostic as UserDiagnostic
from bench.protocols.acse_names import application_context as application_context
from bench.protocols.acse_names import mechanism as mechanism
from bench.protocols.ber import Diagnostic as Diagnostic
from bench.protocols.ber import DiagnosticSource as DiagnosticSource
from bench.protocols.cursor import Cursor, is_member, length_octets
from bench.protocols.deviation import DecodeError, Deviation

_AUTHENTICATION_TAG = 0xAC


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A row of an APDU's table: its tag, the name of the field that holds it, its coding."""

    tag: int
    name: str
    coding: ber.Coding
    mandatory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcseApdu:
    """What the four APDUs have in common: a tag and a table of elements."""

    TAG: ClassVar[int]
    ELEMENTS: ClassVar[tuple[Element, ...]]

    def to_bytes(
        self,
        *,
        tag: int | None = None,
        length: bytes | None = None,
        elements: Mapping[int, bytes] | None = None,
    ) -> bytes:
        """Return the APDU.

        ``tag`` replaces the APDU's tag, ``length`` its length octets. ``elements`` replaces whole elements
        (tag, length and content) by their tag; b"" leaves one out; a further tag is put in its place.
        """
        parts = {row.tag: self._element(row) for row in self.ELEMENTS}
        parts.update(elements or {})
        content = b"".join(parts[key] for key in sorted(parts, key=lambda key: key & 0x1F))
        head = bytes([self.TAG if tag is None else tag])
        return head + (length_octets(len(content)) if length is None else length) + content

    @classmethod
    def decode(cls, octets: bytes) -> tuple[Self | None, tuple[Deviation, ...]]:
        """Decode an APDU of this kind and report every deviation; never raises."""
        apdu, deviations = decode_acse(octets)
        if apdu is None or isinstance(apdu, cls):
            return apdu, deviations
        return None, (Deviation(0, "acse.tag", f"{octets[0]:02X} instead of {cls.TAG:02X}"), *deviations)

    def _element(self, row: Element) -> bytes:
        value = getattr(self, row.name)
        if value is None:
            return b""
        content = row.coding.write(value)
        return bytes([row.tag]) + length_octets(len(content)) + content


@dataclass(frozen=True, slots=True, kw_only=True)
class Aarq(AcseApdu):
    """Association request. Titles and qualifiers as octets, names as content octets of their identifiers.

    The authentication value (for LLS the password) is kept out of the representation.
    """

    TAG: ClassVar[int] = 0x60
    ELEMENTS: ClassVar[tuple[Element, ...]] = (
        Element(tag=0x80, name="protocol_version", coding=ber.BITS),
        Element(tag=0xA1, name="application_context_name", coding=ber.OBJECT_IDENTIFIER, mandatory=True),
        Element(tag=0xA2, name="called_ap_title", coding=ber.OCTETS),
        Element(tag=0xA3, name="called_ae_qualifier", coding=ber.OCTETS),
        Element(tag=0xA4, name="called_ap_invocation_id", coding=ber.INTEGER),
        Element(tag=0xA5, name="called_ae_invocation_id", coding=ber.INTEGER),
        Element(tag=0xA6, name="calling_ap_title", coding=ber.OCTETS),
        Element(tag=0xA7, name="calling_ae_qualifier", coding=ber.OCTETS),
        Element(tag=0xA8, name="calling_ap_invocation_id", coding=ber.INTEGER),
        Element(tag=0xA9, name="calling_ae_invocation_id", coding=ber.INTEGER),
        Element(tag=0x8A, name="sender_acse_requirements", coding=ber.BITS),
        Element(tag=0x8B, name="mechanism_name", coding=ber.IMPLICIT_OBJECT_IDENTIFIER),
        Element(tag=0xAC, name="calling_authentication_value", coding=ber.AUTHENTICATION),
        Element(tag=0xBD, name="implementation_information", coding=ber.OPAQUE),
        Element(tag=0xBE, name="user_information", coding=ber.OCTETS),
    )

    protocol_version: str | None = None
    application_context_name: bytes | None = ApplicationContext.LN.object_identifier
    called_ap_title: bytes | None = None
    called_ae_qualifier: bytes | None = None
    called_ap_invocation_id: int | None = None
    called_ae_invocation_id: int | None = None
    calling_ap_title: bytes | None = None
    calling_ae_qualifier: bytes | None = None
    calling_ap_invocation_id: int | None = None
    calling_ae_invocation_id: int | None = None
    sender_acse_requirements: str | None = None
    mechanism_name: bytes | None = None
    calling_authentication_value: bytes | None = field(default=None, repr=False)
    implementation_information: bytes | None = None
    user_information: bytes | None = None

    @property
    def context(self) -> ApplicationContext | None:
        """Return the application context, None when it is none of the standard's."""
        return application_context(self.application_context_name)

    @property
    def mechanism(self) -> Mechanism | None:
        """Return the mechanism, None when it is absent or none of the standard's."""
        return mechanism(self.mechanism_name)


_NO_DIAGNOSTIC = Diagnostic(DiagnosticSource.USER, UserDiagnostic.NULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aare(AcseApdu):
    """Association response; ``responding_authentication_value`` is the server's challenge StoC."""

    TAG: ClassVar[int] = 0x61
    ELEMENTS: ClassVar[tuple[Element, ...]] = (
        Element(tag=0x80, name="protocol_version", coding=ber.BITS),
        Element(tag=0xA1, name="application_context_name", coding=ber.OBJECT_IDENTIFIER, mandatory=True),
        Element(tag=0xA2, name="result", coding=ber.INTEGER, mandatory=True),
        Element(tag=0xA3, name="diagnostic", coding=ber.DIAGNOSTIC, mandatory=True),
        Element(tag=0xA4, name="responding_ap_title", coding=ber.OCTETS),
        Element(tag=0xA5, name="responding_ae_qualifier", coding=ber.OCTETS),
        Element(tag=0xA6, name="responding_ap_invocation_id", coding=ber.INTEGER),
        Element(tag=0xA7, name="responding_ae_invocation_id", coding=ber.INTEGER),
        Element(tag=0x88, name="responder_acse_requirements", coding=ber.BITS),
        Element(tag=0x89, name="mechanism_name", coding=ber.IMPLICIT_OBJECT_IDENTIFIER),
        Element(tag=0xAA, name="responding_authentication_value", coding=ber.AUTHENTICATION),
        Element(tag=0xBD, name="implementation_information", coding=ber.OPAQUE),
        Element(tag=0xBE, name="user_information", coding=ber.OCTETS),
    )

    protocol_version: str | None = None
    application_context_name: bytes | None = ApplicationContext.LN.object_identifier
    result: int | None = AssociationResult.ACCEPTED
    diagnostic: Diagnostic | None = _NO_DIAGNOSTIC
    responding_ap_title: bytes | None = None
    responding_ae_qualifier: bytes | None = None
    responding_ap_invocation_id: int | None = None
    responding_ae_invocation_id: int | None = None
    responder_acse_requirements: str | None = None
    mechanism_name: bytes | None = None
    responding_authentication_value: bytes | None = None
    implementation_information: bytes | None = None
    user_information: bytes | None = None

    @property
    def context(self) -> ApplicationContext | None:
        """Return the application context, None when it is none of the standard's."""
        return application_context(self.application_context_name)

    @property
    def mechanism(self) -> Mechanism | None:
        """Return the mechanism, None when it is absent or none of the standard's."""
        return mechanism(self.mechanism_name)


_RELEASE_ELEMENTS = (
    Element(tag=0x80, name="reason", coding=ber.IMPLICIT_INTEGER),
    Element(tag=0xBE, name="user_information", coding=ber.OCTETS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rlrq(AcseApdu):
    """Release request."""

    TAG: ClassVar[int] = 0x62
    ELEMENTS: ClassVar[tuple[Element, ...]] = _RELEASE_ELEMENTS

    reason: int | None = ReleaseReason.NORMAL
    user_information: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rlre(AcseApdu):
    """Release response."""

    TAG: ClassVar[int] = 0x63
    ELEMENTS: ClassVar[tuple[Element, ...]] = _RELEASE_ELEMENTS

    reason: int | None = ReleaseReason.NORMAL
    user_information: bytes | None = None


Acse: TypeAlias = Aarq | Aare | Rlrq | Rlre
_KINDS: dict[int, type[Acse]] = {kind.TAG: kind for kind in (Aarq, Aare, Rlrq, Rlre)}


def decode_acse(octets: bytes) -> tuple[Acse | None, tuple[Deviation, ...]]:
    """Decode AARQ, AARE, RLRQ or RLRE and report every deviation; never raises.

    An element that cannot be read is left None; mandatory elements that are missing are reported.
    """
    cursor = Cursor(octets)
    apdu = None
    try:
        apdu = read_acse(cursor)
        cursor.finish()
    except DecodeError as error:
        cursor.deviations.append(error.deviation)
    return apdu, tuple(cursor.deviations)


def authentication_span(octets: bytes) -> tuple[int, int] | None:
    """Return offset and length of the authentication value in an AARQ, None when there is none to be found.

    For a mechanism that sends the secret itself (LLS) this is what a record must not show.
    """
    if octets[:1] != bytes([Aarq.TAG]):
        return None
    cursor = Cursor(octets)
    try:
        _, content = ber.read_element(cursor, "AARQ")
        while content.left:
            tag, element = ber.read_element(content, "element")
            if tag == _AUTHENTICATION_TAG:
                _, value = ber.read_element(element, "authentication value")
                return value.offset, value.left
    except DecodeError:
        return None
    return None


def element_offsets(octets: bytes) -> dict[str, int]:
    """Return where the elements of one of the four APDUs begin, by their names; as far as they can be read."""
    kind = _KINDS.get(octets[0]) if octets else None
    found: dict[str, int] = {}
    if kind is None:
        return found
    names = {row.tag: row.name for row in kind.ELEMENTS}
    try:
        _, content = ber.read_element(Cursor(octets), kind.__name__)
        while content.left:
            at = content.offset
            tag, _ = ber.read_element(content, "element")
            found.setdefault(names.get(tag, ""), at)
    except DecodeError:
        pass
    return found


def read_acse(cursor: Cursor) -> Acse:
    """Read one of the four APDUs, tag included, noting deviations. Raise `DecodeError` for another tag."""
    start = cursor.offset
    kind = _KINDS.get(cursor.octets[start]) if cursor.left else None
    if kind is None:
        raise DecodeError(start, "acse.tag", cursor.octets[start : start + 1].hex())
    _, content = ber.read_element(cursor, kind.__name__.upper())
    values: dict[str, Any] = {row.name: None for row in kind.ELEMENTS}
    positions = _read_elements(content, kind.ELEMENTS, values)
    for row in kind.ELEMENTS:
        if row.mandatory and row.tag not in positions:
            cursor.note("acse.element-missing", f"{row.tag:02X} {row.name}", start)
    apdu = kind(**values)
    _check(apdu, positions, cursor)
    return apdu


def _read_elements(content: Cursor, table: tuple[Element, ...], values: dict[str, Any]) -> dict[int, int]:
    """Read all elements into ``values``; return where each tag was found."""
    rows = {row.tag: row for row in table}
    positions: dict[int, int] = {}
    latest = -1
    while content.left:
        at = content.offset
        tag, element = ber.read_element(content, "element")
        row = rows.get(tag)
        if row is None:
            content.note("acse.element-unknown", f"{tag:02X}", at)
            continue
        if tag in positions:
            content.note("acse.element-repeated", f"{tag:02X} {row.name}", at)
            continue
        if tag & 0x1F < latest:
            content.note("acse.element-order", f"{tag:02X} {row.name}", at)
        latest = max(latest, tag & 0x1F)
        positions[tag] = at
        try:
            values[row.name] = row.coding.read(element)
        except DecodeError as error:
            content.deviations.append(error.deviation)
    return positions


def _check(apdu: Acse, positions: dict[int, int], cursor: Cursor) -> None:
    if isinstance(apdu, Aarq):
        _check_authentication(positions, 0x8A, (0x8B, 0xAC), cursor)
    elif isinstance(apdu, Aare):
        _check_authentication(positions, 0x88, (0x89, 0xAA), cursor)
        _check_answer(apdu, positions, cursor)
    elif apdu.reason is not None and not is_member(apdu.reason, ReleaseReason):
        cursor.note("acse.reason", f"{apdu.reason}", positions[0x80])


def _check_authentication(
    positions: dict[int, int], requirements: int, dependent: tuple[int, ...], cursor: Cursor
) -> None:
    for tag in dependent:
        if tag in positions and requirements not in positions:
            cursor.note("acse.authentication-without-unit", f"{tag:02X}", positions[tag])


def _check_answer(apdu: Aare, positions: dict[int, int], cursor: Cursor) -> None:
    if apdu.result is not None and not is_member(apdu.result, AssociationResult):
        cursor.note("acse.result", f"{apdu.result}", positions[0xA2])
    if apdu.diagnostic is None:
        return
    codes: type[IntEnum] = (
        UserDiagnostic if apdu.diagnostic.source is DiagnosticSource.USER else ProviderDiagnostic
    )
    if not is_member(apdu.diagnostic.code, codes):
        detail = f"{apdu.diagnostic.source.name.lower()} {apdu.diagnostic.code}"
        cursor.note("acse.diagnostic", detail, positions[0xA3])
