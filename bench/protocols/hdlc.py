"""HDLC frames of the DLMS 3-layer profile (IEC 62056-46), type 3 format, without octet stuffing.

A frame: flag 7E, format (2: 1010 S LLLLLLLLLLL), destination (1, 2 or 4), source, control,
[HCS (2), information], FCS (2), flag 7E. The length counts everything between the flags.
"""

from __future__ import annotations

import binascii
import functools
from dataclasses import dataclass

from bench.protocols.deviation import DecodeError, Deviation
from bench.protocols.hdlc_address import Address as Address
from bench.protocols.hdlc_control import Control as Control
from bench.protocols.hdlc_control import ControlField as ControlField
from bench.protocols.hdlc_control import FrameKind as FrameKind
from bench.protocols.hdlc_control import i_control as i_control
from bench.protocols.hdlc_control import parse_control as parse_control
from bench.protocols.hdlc_control import rnr_control as rnr_control
from bench.protocols.hdlc_control import rr_control as rr_control
from bench.protocols.hdlc_parameters import LinkParameters as LinkParameters
from bench.protocols.hdlc_parameters import agreed_parameters as agreed_parameters
from bench.protocols.hdlc_parameters import decode_parameters as decode_parameters
from bench.protocols.hdlc_reader import FrameReader as FrameReader

FLAG = 0x7E
LLC_COMMAND = bytes.fromhex("e6e600")
"""In front of the APDU in the first frame of a client's message."""
LLC_RESPONSE = bytes.fromhex("e6e700")
"""In front of the APDU in the first frame of a meter's message."""

DECODED_KEPT = 1 << 14
"""So many decoded frames are remembered: those of a whole run of the suites, about half a kilobyte each."""
_FORMAT_TYPE_3 = 0xA
_SEGMENTATION_BIT = 0x0800
_LENGTH_MASK = 0x07FF
_WITHOUT_INFORMATION = {FrameKind.RR, FrameKind.RNR, FrameKind.DISC}


_REVERSED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
"""Each octet with its bits in the opposite order."""


def crc16_x25(octets: bytes) -> int:
    """Return the CRC-16/X.25: reflected polynomial 8408, init FFFF, xorout FFFF.

    HCS and FCS carry it with the low octet first. Check value: crc16_x25(b"123456789") == 0x906E.
    Python has the same polynomial, high bit first, so the bits are turned round before and after.
    """
    crc = binascii.crc_hqx(octets.translate(_REVERSED), 0xFFFF)
    return (_REVERSED[crc & 0xFF] << 8 | _REVERSED[crc >> 8]) ^ 0xFFFF


def crc_octets(octets: bytes) -> bytes:
    """Return the CRC of ``octets`` as it stands on the line, low octet first."""
    return crc16_x25(octets).to_bytes(2, "little")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. Addresses that no rule allows can be given as raw octets, the control as any octet."""

    destination: Address | bytes
    source: Address | bytes
    control: int
    information: bytes = b""
    segmented: bool = False

    def to_bytes(
        self,
        *,
        format_type: int = _FORMAT_TYPE_3,
        length: int | None = None,
        hcs: int | bytes | None = None,
        fcs: int | bytes | None = None,
        opening_flag: bool = True,
        closing_flag: bool = True,
    ) -> bytes:
        """Return the octets on the line; each argument replaces what the rules would put there.

        ``format_type``: the 4 bits of the type. ``length``: the 11 bits of the length. ``hcs``, ``fcs``:
        the CRC as a number (sent low octet first) or raw octets (b"" leaves it out); an HCS is sent without
        information when it is given. Flags: False leaves them out. The FCS is computed over what is sent.
        """
        addresses = _address_octets(self.destination) + _address_octets(self.source)
        with_hcs = bool(self.information) or hcs is not None
        hcs_size = 0 if not with_hcs else len(hcs) if isinstance(hcs, bytes) else 2
        fcs_size = len(fcs) if isinstance(fcs, bytes) else 2
        total = 2 + len(addresses) + 1 + hcs_size + len(self.information) + fcs_size
        wanted = total if length is None else length
        if not 0 <= wanted <= _LENGTH_MASK:
            raise ValueError(f"a frame of {wanted} octets does not fit the 11 bits of the length")
        form = (format_type & 0xF) << 12 | (_SEGMENTATION_BIT if self.segmented else 0) | wanted
        body = form.to_bytes(2, "big") + addresses + bytes([self.control])
        if with_hcs:
            body += _crc_field(hcs, body) + self.information
        body += _crc_field(fcs, body)
        flag = bytes([FLAG])
        return (flag if opening_flag else b"") + body + (flag if closing_flag else b"")

    @property
    def control_field(self) -> ControlField:
        """Return the control octet taken apart."""
        return parse_control(self.control)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedFrame:
    """What could be read of a frame (None when its header could not), and every deviation."""

    frame: Frame | None
    deviations: tuple[Deviation, ...] = ()
    information_offset: int = 0
    """Where the information begins in the octets given to the decoder, flag included."""

    @property
    def clean(self) -> bool:
        """Return whether the frame follows every rule."""
        return not self.deviations


@functools.lru_cache(maxsize=DECODED_KEPT)
def decode_frame(octets: bytes) -> DecodedFrame:
    """Decode one frame, flags included, and report every deviation; never raises.

    Where the length sub-field and the closing flag disagree, the flags decide what is read. What was decoded last
    is remembered: most frames come again on the line, and each is read by client, monitor and log.
    """
    deviations: list[Deviation] = []
    start, end = 0, len(octets)
    if octets[:1] == bytes([FLAG]):
        start = 1
    else:
        deviations.append(Deviation(0, "hdlc.opening-flag", octets[:1].hex()))
    if end > start and octets[-1] == FLAG:
        end -= 1
    else:
        deviations.append(Deviation(len(octets), "hdlc.closing-flag"))
    try:
        frame = _decode_body(octets, start, end, deviations)
    except DecodeError as error:
        deviations.append(error.deviation)
        frame = None
    information_offset = 0 if frame is None else end - 2 - len(frame.information)
    deviations.sort(key=lambda deviation: deviation.offset)
    return DecodedFrame(frame=frame, deviations=tuple(deviations), information_offset=information_offset)


def _address_octets(address: Address | bytes) -> bytes:
    return address if isinstance(address, bytes) else address.to_bytes()


def _crc_field(value: int | bytes | None, over: bytes) -> bytes:
    if value is None:
        return crc_octets(over)
    return value if isinstance(value, bytes) else value.to_bytes(2, "little")


def _decode_body(octets: bytes, start: int, end: int, deviations: list[Deviation]) -> Frame:
    if end - start < 2:
        raise DecodeError(start, "hdlc.too-short", f"{end - start} octets between the flags")
    form = int.from_bytes(octets[start : start + 2], "big")
    if form >> 12 != _FORMAT_TYPE_3:
        deviations.append(Deviation(start, "hdlc.format-type", f"{form >> 12:04b}"))
    if form & _LENGTH_MASK != end - start:
        detail = f"says {form & _LENGTH_MASK}, between the flags {end - start}"
        deviations.append(Deviation(start, "hdlc.length", detail))
    segmented = bool(form & _SEGMENTATION_BIT)
    destination, at = _decode_address(octets, start + 2, end - 3, deviations)
    source_at = at
    source, at = _decode_address(octets, at, end - 3, deviations)
    if at - source_at > 1 and source_at - start - 2 > 1:
        deviations.append(Deviation(source_at, "hdlc.address-both-long"))
    # Address fields end before control and FCS, so these three octets are there.
    control, control_at = octets[at], at
    information = _decode_tail(octets, start, at + 1, end, deviations)
    kind = parse_control(control).kind
    if kind is FrameKind.UNKNOWN:
        deviations.append(Deviation(control_at, "hdlc.control-unknown", f"{control:02X}"))
    if information and kind in _WITHOUT_INFORMATION:
        deviations.append(
            Deviation(control_at, "hdlc.information-forbidden", f"{kind.value} with information")
        )
    if segmented and kind not in (FrameKind.I, FrameKind.UI):
        deviations.append(Deviation(start, "hdlc.segmented-not-information", kind.value))
    return Frame(destination, source, control, information, segmented)


def _decode_address(
    octets: bytes, start: int, end: int, deviations: list[Deviation]
) -> tuple[Address | bytes, int]:
    at = start
    while at < end and not octets[at] & 1:
        at += 1
    if at >= end:
        raise DecodeError(start, "hdlc.too-short", "an address field has no end before control and FCS")
    field = octets[start : at + 1]
    if len(field) not in (1, 2, 4):
        deviations.append(Deviation(start, "hdlc.address-length", f"{len(field)} octets: {field.hex()}"))
        return field, at + 1
    return _address(field), at + 1


@functools.lru_cache(maxsize=256)
def _address(field: bytes) -> Address:
    """Return what an address field holds; a line has few addresses and many frames."""
    return Address.from_bytes(field)


def _decode_tail(octets: bytes, start: int, at: int, end: int, deviations: list[Deviation]) -> bytes:
    """Check HCS and FCS of what follows the control octet at ``at - 1``; return the information."""
    fcs_at = end - 2
    expected = crc_octets(octets[start:fcs_at])
    if octets[fcs_at:end] != expected:
        detail = f"{octets[fcs_at:end].hex()}, computed {expected.hex()}"
        deviations.append(Deviation(fcs_at, "hdlc.fcs", detail))
    if at == fcs_at:
        return b""
    if fcs_at - at < 2:
        deviations.append(Deviation(at, "hdlc.hcs", "one octet between control and FCS"))
        return octets[at:fcs_at]
    expected = crc_octets(octets[start:at])
    if octets[at : at + 2] != expected:
        detail = f"{octets[at : at + 2].hex()}, computed {expected.hex()}"
        deviations.append(Deviation(at, "hdlc.hcs", detail))
    if at + 2 == fcs_at:
        deviations.append(Deviation(at, "hdlc.empty-information", "an HCS but no information"))
    return octets[at + 2 : fcs_at]
