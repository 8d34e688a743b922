"""The rules a frame or APDU is checked against, each with its text and its source.

A decoder names a rule by its id (`Deviation.rule`); what the rule says and how sure we are of it stands
here once. Source tags: V confirmed by an independent test vector, G public implementation or forum,
M measured, mem domain memory without a public text, der derived.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Grade(Enum):
    """How much a deviation weighs."""

    VIOLATION = "violation"
    """The rule forbids it: a strict receiver may discard or refuse the octets."""
    UNUSUAL = "unusual"
    """The rule permits it or is uncertain: decoded, reported, never a failure by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: its id, what it says, where it comes from, and its grade."""

    id: str
    text: str
    source: str
    grade: Grade = Grade.VIOLATION

    @property
    def status(self) -> str:
        """Return V when a test vector confirms the rule, R when it is recalled, derived or read elsewhere."""
        return "V" if re.search(r"\[[^]]*\bV\b", self.source) else "R"


_VIOLATIONS: tuple[tuple[str, str, str], ...] = (
    ("truncated", "The octets must not end inside a field.", "IEC 62056-5-3, A-XDR/BER [V]"),
    ("trailing", "No octets may follow the last field.", "IEC 62056-5-3, A-XDR/BER [V]"),
    (
        "length.indefinite",
        "A length must be definite.",
        "IEC 61334-6; ACSE in DLMS uses definite lengths [mem]",
    ),
    ("length.too-large", "A length must fit the octets it counts (at most 4 length octets).", "[der]"),
    ("hdlc.opening-flag", "A frame must begin with the flag 7E.", "ISO/IEC 13239; HDLC_FRAME_N1 [V]"),
    ("hdlc.closing-flag", "A frame must end with the flag 7E.", "ISO/IEC 13239; HDLC_FRAME_N1 [V]"),
    (
        "hdlc.format-type",
        "The frame format type must be 1010 (type 3).",
        "IEC 62056-46 6.4.1.2; HDLC_FRAME_N3 [V]",
    ),
    ("hdlc.length", "The length sub-field must count all octets between the flags.", "HDLC_FRAME_N4 [V]"),
    ("hdlc.too-short", "A frame must hold format, two addresses, control and FCS.", "HDLC_FRAME_N2 [V]"),
    (
        "hdlc.address-length",
        "An address must have 1, 2 or 4 octets, the last with LSB 1.",
        "HDLC_ADDRESS_N7 [V]",
    ),
    (
        "hdlc.address-both-long",
        "One of the two addresses is a client's, which has 1 octet.",
        "HDLC_ADDRESS_N1 [G]",
    ),
    ("hdlc.control-unknown", "The control field must be one of the profile.", "HDLC_FRAME_N5 [G]"),
    ("hdlc.information-forbidden", "RR, RNR and DISC carry no information.", "ISO/IEC 13239 [mem]"),
    ("hdlc.segmented-not-information", "Only I and UI frames may be segmented.", "IEC 62056-46 [mem]"),
    ("hdlc.hcs", "The HCS must be the CRC-16/X.25 of the header.", "HDLC_FRAME_N7 [V]"),
    ("hdlc.fcs", "The FCS must be the CRC-16/X.25 of all octets before it.", "HDLC_FRAME_N8 [V]"),
    ("hdlc.parameters-format", "Parameters begin with format 81, group 80.", "IEC 62056-46 6.4.4.4.3.2 [V]"),
    ("hdlc.parameters-group-length", "The group length must count the parameters' octets.", "[V]"),
    ("hdlc.parameter-unknown", "Only parameters 05, 06, 07 and 08 are defined.", "IEC 62056-46 [V]"),
    ("hdlc.parameter-repeated", "A parameter appears once.", "[der]"),
    ("hdlc.parameter-length", "Max info has 1 or 2 octets, a window 1, 2 or 4.", "[V, mem]"),
    (
        "hdlc.max-info-range",
        "Maximum information length must lie in 32..2030.",
        "IEC 62056-46: 2030 [G], 32 [mem]",
    ),
    ("hdlc.window-range", "Window size must lie in 1..7.", "IEC 62056-46 [G]"),
    ("wrapper.version", "The wrapper version must be 0001.", "IEC 62056-47 [V]"),
    ("wrapper.length", "The wrapper length must count the APDU's octets.", "IEC 62056-47 [V]"),
    ("wrapper.empty", "A wrapper must carry an APDU.", "[der]"),
    (
        "mode-e.request",
        "A request is /?, an address of up to 32 characters, ! and CR LF.",
        "IEC 62056-21 [mem]",
    ),
    (
        "mode-e.identification",
        "An identification is /, three letters, a rate, \\2 for mode E, up to 16 characters, CR LF.",
        "IEC 62056-21 [mem]",
    ),
    (
        "mode-e.acknowledgement",
        "An acknowledgement is ACK, protocol, rate, mode and CR LF.",
        "IEC 62056-21 [mem]",
    ),
    ("axdr.tag", "A data type tag must be one of the Data CHOICE.", "IEC 62056-5-3 Data [V]"),
    ("axdr.nesting", "Data nested deeper than 32 levels is not decoded.", "[der]"),
    ("axdr.unused-bits", "Unused bits of a bit-string's last octet must be zero.", "IEC 61334-6 [mem]"),
    ("axdr.visible-string", "A visible-string holds printable ASCII only.", "ISO 646 VisibleString [mem]"),
    ("axdr.utf8", "A utf8-string must be valid UTF-8.", "IEC 62056-5-3 [mem]"),
    ("axdr.flag", "An OPTIONAL or DEFAULT flag must be 00 or 01.", "IEC 61334-6 [V]"),
    (
        "axdr.type-description",
        "A compact-array's type description must be well formed.",
        "IEC 62056-5-3 [mem]",
    ),
    ("acse.tag", "The APDU must have the expected ACSE tag.", "IEC 62056-5-3 [V]"),
    ("acse.length", "A BER length must end exactly at the end of its container.", "X.690 [V]"),
    ("acse.element-unknown", "Only elements of the APDU's table may appear.", "IEC 62056-5-3 [V]"),
    ("acse.element-order", "Elements stand in ascending order of their tags.", "X.690 SEQUENCE [V]"),
    ("acse.element-repeated", "An element appears once.", "X.690 SEQUENCE"),
    ("acse.element-missing", "A mandatory element must be present.", "IEC 62056-5-3 [V]"),
    ("acse.inner-tag", "An explicitly tagged element holds the type of the standard.", "IEC 62056-5-3 [V]"),
    ("acse.integer", "An integer of ACSE must be encoded in 1 to 4 octets.", "X.690 8.3 [V]"),
    ("acse.bit-string", "A bit string needs its count of unused bits, 0..7, and the bits.", "X.690 8.6 [V]"),
    ("acse.object-identifier", "An object identifier must not be empty.", "X.690 8.19"),
    (
        "acse.result",
        "result is 0 accepted, 1 rejected-permanent or 2 rejected-transient.",
        "IEC 62056-5-3 [V]",
    ),
    (
        "acse.diagnostic",
        "The diagnostic must be a value of its source (user 0..14, provider 0..2).",
        "[V, G]",
    ),
    (
        "acse.authentication-without-unit",
        "A mechanism or authentication value needs the requirements.",
        "X.227 [mem]",
    ),
    ("acse.reason", "A release reason is 0, 1 or 30.", "X.227 [mem]"),
    ("xdlms.empty", "An APDU has at least one octet.", "IEC 62056-5-3"),
    ("xdlms.tag", "The first octet must be the tag of a known APDU.", "IEC 62056-5-3 [V]"),
    ("xdlms.choice", "The second octet must select an alternative of the service.", "IEC 62056-5-3 [V]"),
    (
        "xdlms.conformance-tag",
        "The conformance block begins 5F 1F (old form 5F), length 4, 0 unused bits.",
        "[V]",
    ),
    ("xdlms.vaa-name", "The VAA name is 0007 (LN) or FA00 (SN).", "IEC 62056-5-3 [V]"),
    ("xdlms.version", "A DLMS version number is at least 6.", "APPL_OPEN_12 [G]"),
    ("xdlms.conformance-reserved", "Reserved bits of the conformance block are 0.", "[mem]"),
    ("xdlms.result", "A result code must be one of its enumeration.", "IEC 62056-5-3 [V]"),
    ("xdlms.service-error", "A service error must be one of its enumeration.", "IEC 62056-5-3 [V, mem]"),
    ("xdlms.list-length", "The lists of one service must have the same length.", "IEC 62056-5-3 [mem]"),
    ("xdlms.block-number", "Blocks are numbered from 1.", "IEC 62056-5-3 [G]"),
    ("xdlms.date-time", "A date-time of a service is empty or has 12 octets.", "IEC 62056-5-3 [V]"),
    ("xdlms.exception", "state-error is 1 or 2, service-error 1 to 6.", "IEC 62056-5-3 [V, G]"),
    ("time.length", "A date-time has 12 octets, a date 5, a time 4.", "Blue Book 4.1.6.1 [V]"),
    (
        "time.field",
        "Each field of a date-time lies in its range or is 'not specified'.",
        "Blue Book 4.1.6.1 [mem]",
    ),
    ("time.weekday", "The day of week must agree with the date.", "Blue Book 4.1.6.1 [der]"),
    ("time.date", "The date must exist.", "[der]"),
    ("security.suite", "The security suite must be 0, 1 or 2.", "IEC 62056-5-3 [V]"),
    ("security.title-length", "A system title has 8 octets.", "IEC 62056-5-3 [V]"),
    ("security.tag", "The authentication tag has 12 octets.", "IEC 62056-5-3 [V]"),
    ("security.key-info", "key-info is identified 0, wrapped 1 or agreed 2.", "IEC 62056-5-3 [V structure]"),
    ("security.authentication", "The authentication tag must verify with the keys.", "NIST SP 800-38D [V]"),
)

_UNUSUAL: tuple[tuple[str, str, str], ...] = (
    (
        "length.not-shortest",
        "A length is usually given in as few octets as possible.",
        "X.690 8.1.3.5 permits more",
    ),
    ("hdlc.empty-information", "An information field that is present usually is not empty.", "[der]"),
    ("hdlc.parameter-order", "Parameters usually stand in the order 05, 06, 07, 08.", "[V]"),
    ("hdlc.window-octets", "A window usually has 4 octets.", "IEC 62056-46 [V]; 1 and 2 occur [mem]"),
    (
        "hdlc.parameter-missing",
        "The four parameters usually are all given.",
        "IEC 62056-46: absent means default [V]",
    ),
    ("security.compression", "Compressed text (bit 7) is legal, but not covered by this decoder.", "[der]"),
    ("axdr.boolean", "TRUE is usually 01 or FF.", "IEC 61334-6: any value but 0 [mem]"),
    ("axdr.nan", "A not-a-number is usually the quiet one.", "IEEE 754"),
    (
        "acse.integer-not-shortest",
        "An integer is usually given in as few octets as possible.",
        "X.690 8.3.2 [mem]",
    ),
    ("acse.bits-unused", "Unused bits of a bit string usually are 0.", "X.690 8.6.2.4: any value"),
    ("acse.authentication-choice", "The authentication value usually is the charstring [0].", "[V]"),
)

RULES: dict[str, Rule] = {
    identifier: Rule(id=identifier, text=text, source=source, grade=grade)
    for grade, table in ((Grade.VIOLATION, _VIOLATIONS), (Grade.UNUSUAL, _UNUSUAL))
    for identifier, text, source in table
}
"""Every rule a decoder of this package can name, by id."""
