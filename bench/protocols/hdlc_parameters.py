"""The parameters that SNRM proposes and UA answers (IEC 62056-46 6.4.4.4.3.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bench.protocols.cursor import Cursor, counted_octets
from bench.protocols.deviation import DecodeError, Deviation

FORMAT_IDENTIFIER = 0x81
GROUP_IDENTIFIER = 0x80
_NAMES = {
    0x05: "max_info_transmit",
    0x06: "max_info_receive",
    0x07: "window_transmit",
    0x08: "window_receive",
}
_MAX_INFO_RANGE = range(32, 2031)
_WINDOW_RANGE = range(1, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkParameters:
    """Link parameters, named from the sender's side; lengths in octets of information, windows in frames.

    ``max_info_octets`` tells how many octets (1 or 2) carry a maximum length below 256: None means one.
    """

    max_info_transmit: int = 128
    max_info_receive: int = 128
    window_transmit: int = 1
    window_receive: int = 1
    max_info_octets: int | None = None

    def to_bytes(
        self, *, window_octets: int = 4, omit: Collection[int] = (), group_length: int | None = None
    ) -> bytes:
        """Return the information field of SNRM or UA.

        ``omit`` leaves out parameters by identifier (5, 6, 7, 8), ``group_length`` replaces the length
        octet, ``window_octets`` the width of the windows.
        """
        content = b""
        for identifier, name in _NAMES.items():
            if identifier in omit:
                continue
            value = getattr(self, name)
            width = window_octets if identifier >= 0x07 else self._info_width(value)
            content += bytes([identifier, width]) + value.to_bytes(width, "big")
        counted = counted_octets(content) if group_length is None else bytes([group_length]) + content
        return bytes([FORMAT_IDENTIFIER, GROUP_IDENTIFIER]) + counted

    def negotiated(self, proposed: LinkParameters) -> LinkParameters:
        """Return what this side answers to the other side's proposal: the smaller of both, crosswise."""
        return LinkParameters(
            max_info_transmit=min(self.max_info_transmit, proposed.max_info_receive),
            max_info_receive=min(self.max_info_receive, proposed.max_info_transmit),
            window_transmit=min(self.window_transmit, proposed.window_receive),
            window_receive=min(self.window_receive, proposed.window_transmit),
            max_info_octets=self.max_info_octets,
        )

    def _info_width(self, value: int) -> int:
        if self.max_info_octets is not None and value < 1 << 8 * self.max_info_octets:
            return self.max_info_octets
        return 1 if value < 256 else 2


def decode_parameters(information: bytes) -> tuple[LinkParameters, tuple[Deviation, ...]]:
    """Decode the information field of SNRM or UA; what is absent has its default (128, 1). Never raises."""
    if not information:
        return LinkParameters(), ()
    cursor = Cursor(information)
    values: dict[str, int] = {}
    try:
        _read_group(cursor, values)
    except DecodeError as error:
        cursor.deviations.append(error.deviation)
    return LinkParameters(**values), tuple(cursor.deviations)


def agreed_parameters(
    information: bytes, proposed: LinkParameters
) -> tuple[LinkParameters, tuple[Deviation, ...]]:
    """Return what holds after a UA with this information, named from the side that sent it. Never raises.

    A UA without parameters leaves the defaults, and of these no more than was ``proposed``.
    """
    if not information:
        return LinkParameters().negotiated(proposed), ()
    return decode_parameters(information)


def _read_group(cursor: Cursor, values: dict[str, int]) -> None:
    if cursor.take(2, "format and group identifier") != bytes([FORMAT_IDENTIFIER, GROUP_IDENTIFIER]):
        raise DecodeError(0, "hdlc.parameters-format", cursor.octets[:2].hex())
    length_at = cursor.offset
    length = cursor.length("parameter group")
    if length != cursor.left:
        cursor.note("hdlc.parameters-group-length", f"says {length}, follow {cursor.left}", length_at)
        cursor.end = min(cursor.end, cursor.offset + length)
    seen: list[int] = []
    while cursor.left:
        _read_parameter(cursor, values, seen)
    missing = [identifier for identifier in _NAMES if identifier not in seen]
    if missing and seen:
        cursor.note("hdlc.parameter-missing", ", ".join(f"{identifier:02X}" for identifier in missing))


def _read_parameter(cursor: Cursor, values: dict[str, int], seen: list[int]) -> None:
    at = cursor.offset
    identifier = cursor.octet("parameter identifier")
    octets = cursor.counted(f"parameter {identifier:02X}")
    name = _NAMES.get(identifier)
    if name is None:
        cursor.note("hdlc.parameter-unknown", f"{identifier:02X}", at)
        return
    if identifier in seen:
        cursor.note("hdlc.parameter-repeated", f"{identifier:02X}", at)
    elif seen and identifier < max(seen):
        cursor.note("hdlc.parameter-order", f"{identifier:02X} after {seen[-1]:02X}", at)
    seen.append(identifier)
    is_window = identifier >= 0x07
    if len(octets) not in ((1, 2, 4) if is_window else (1, 2)):
        cursor.note("hdlc.parameter-length", f"{identifier:02X} has {len(octets)} octets", at + 1)
        return
    if is_window and len(octets) != 4:
        cursor.note("hdlc.window-octets", f"{identifier:02X} has {len(octets)}", at + 1)
    value = int.from_bytes(octets, "big")
    if value not in (_WINDOW_RANGE if is_window else _MAX_INFO_RANGE):
        cursor.note("hdlc.window-range" if is_window else "hdlc.max-info-range", f"{name} {value}", at + 2)
    if not is_window and len(octets) == 2 and value < 256:
        values["max_info_octets"] = 2
    values[name] = value
