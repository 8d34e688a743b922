"""Say in words what octets hold: an HDLC frame, a wrapped APDU, or an APDU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, IntEnum, IntFlag

from bench.protocols.acse import Aare, Aarq, Rlre, Rlrq, application_context, mechanism
from bench.protocols.cosem_time import decode_date_time
from bench.protocols.data import Data
from bench.protocols.deviation import Deviation
from bench.protocols.hdlc import (
    FLAG,
    LLC_COMMAND,
    LLC_RESPONSE,
    Frame,
    FrameKind,
    FrameReader,
    decode_frame,
    decode_parameters,
)
from bench.protocols.wrapper import HEADER_LENGTH, decode_wrapper
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.conformance import Conformance

_INDENT = "  "
_WRAPPER_START = bytes([0, 1])
_HEXADECIMAL = {"invoke": 2, "long_invoke": 8, "tag": 2, "security_control": 2, "vaa_name": 4}
"""Fields that are read in hexadecimal, with their digits."""
_IDENTIFIERS: dict[str, Callable[[bytes], IntEnum | None]] = {
    "application_context_name": application_context,
    "mechanism_name": mechanism,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What octets hold, line by line, and every deviation, counted from the first octet given."""

    lines: tuple[str, ...]
    deviations: tuple[Deviation, ...]


def explain(octets: bytes) -> Explanation:
    """Explain octets: those that begin with 7E as HDLC frames, with 0001 as wrapped APDU, else as APDU.

    Never raises. Secret fields (passwords, dedicated keys) are counted, not shown.
    """
    if octets[:1] == bytes([FLAG]):
        return _explain_stream(octets)
    if octets.startswith(_WRAPPER_START):
        return _explain_wrapper(octets)
    return explain_apdu(octets)


def explain_apdu(octets: bytes, offset: int = 0) -> Explanation:
    """Explain one APDU; ``offset`` is added to the offsets of its deviations."""
    apdu, deviations = decode_apdu(octets)
    lines = _field_lines(apdu, 0) if apdu is not None else [f"no APDU: {octets.hex()}"]
    found = [deviation.shifted(offset) for deviation in deviations]
    inner = apdu.user_information if isinstance(apdu, Aarq | Aare | Rlrq | Rlre) else None
    if inner:
        # User-information is the last element, and it may carry a key: shown decoded, not raw.
        nested = explain_apdu(inner, offset + max(octets.rfind(inner), 0))
        lines = [line for line in lines if not line.startswith(f"{_INDENT}user-information:")]
        lines += ["user-information holds", *(_INDENT + line for line in nested.lines)]
        found += nested.deviations
    return Explanation(lines=tuple(lines), deviations=tuple(found))


def _explain_stream(octets: bytes) -> Explanation:
    reader = FrameReader()
    lines: list[str] = []
    deviations: list[Deviation] = []
    at = 0
    raw_frames = reader.feed(octets)
    rest = reader.pending
    if not raw_frames or len(rest) > 1:
        raw_frames.append(rest)
    for raw in raw_frames:
        at = max(octets.find(raw, at), at)
        one = _explain_frame(raw, at)
        lines += one.lines
        deviations += one.deviations
        at += max(len(raw) - 1, 0)
    return Explanation(lines=tuple(lines), deviations=tuple(deviations))


def _explain_frame(octets: bytes, offset: int) -> Explanation:
    decoded = decode_frame(octets)
    deviations = [deviation.shifted(offset) for deviation in decoded.deviations]
    frame = decoded.frame
    if frame is None:
        return Explanation(lines=(f"no HDLC frame: {octets.hex()}",), deviations=tuple(deviations))
    lines = [_frame_line(frame)]
    if frame.information:
        inner = _explain_information(frame, offset + decoded.information_offset)
        lines += [_INDENT + line for line in inner.lines]
        deviations += inner.deviations
    return Explanation(lines=tuple(lines), deviations=tuple(deviations))


def _frame_line(frame: Frame) -> str:
    field = frame.control_field
    numbers = [f"N(S)={field.ns}"] if field.ns is not None else []
    numbers += [f"N(R)={field.nr}"] if field.nr is not None else []
    numbers += ["P/F"] if field.poll else []
    numbers += ["segmented"] if frame.segmented else []
    parts = (_address(frame.destination), _address(frame.source), f"{field.kind.value} {frame.control:02X}")
    return " ".join(("HDLC to {} from {}, {}".format(*parts), *numbers))


def _address(address: object) -> str:
    return f"{address.hex()} (invalid)" if isinstance(address, bytes) else str(address)


def _explain_information(frame: Frame, offset: int) -> Explanation:
    information, kind = frame.information, frame.control_field.kind
    if kind in (FrameKind.SNRM, FrameKind.UA):
        parameters, deviations = decode_parameters(information)
        found = tuple(deviation.shifted(offset) for deviation in deviations)
        return Explanation(lines=tuple(_field_lines(parameters, 0)), deviations=found)
    llc = information[: len(LLC_COMMAND)]
    if kind in (FrameKind.I, FrameKind.UI) and llc in (LLC_COMMAND, LLC_RESPONSE):
        direction = "command" if llc == LLC_COMMAND else "response"
        if frame.segmented:
            lines = (f"LLC {direction}, first segment: {information[len(llc) :].hex()}",)
            return Explanation(lines=lines, deviations=())
        inner = explain_apdu(information[len(llc) :], offset + len(llc))
        return Explanation(lines=(f"LLC {direction}", *inner.lines), deviations=inner.deviations)
    return Explanation(lines=(f"information {information.hex()}",), deviations=())


def _explain_wrapper(octets: bytes) -> Explanation:
    decoded = decode_wrapper(octets)
    frame = decoded.frame
    if frame is None:
        return Explanation(lines=(f"no wrapped APDU: {octets.hex()}",), deviations=decoded.deviations)
    head = f"wrapper version {frame.version} from {frame.source} to {frame.destination}"
    if not frame.payload:
        return Explanation(lines=(head,), deviations=decoded.deviations)
    inner = explain_apdu(frame.payload, HEADER_LENGTH)
    lines = (head, *(_INDENT + line for line in inner.lines))
    return Explanation(lines=lines, deviations=decoded.deviations + inner.deviations)


def _field_lines(record: object, level: int) -> list[str]:
    """Render a dataclass, one field a line; None fields are left out."""
    lines = [_INDENT * level + type(record).__name__]
    if not is_dataclass(record):
        return [_INDENT * level + _text(record)]
    for field in fields(record):
        value = getattr(record, field.name)
        if value is None:
            continue
        label = _INDENT * (level + 1) + field.name.replace("_", "-")
        if not field.repr:
            lines.append(f"{label}: {len(value)} octets, not shown")
        elif isinstance(value, Data):
            lines += _data_lines(value, level + 1, f"{field.name.replace('_', '-')}: ")
        elif isinstance(value, tuple):
            lines.append(f"{label}: {len(value)}")
            lines += [line for item in value for line in _item_lines(item, level + 2)]
        elif is_dataclass(value) and type(value).__str__ is object.__str__:
            lines.append(label)
            lines += _field_lines(value, level + 2)
        else:
            lines.append(f"{label}: {_text(value, field.name)}")
    return lines


def _item_lines(item: object, level: int) -> list[str]:
    return _data_lines(item, level) if isinstance(item, Data) else _field_lines(item, level)


def _data_lines(data: Data, level: int, label: str = "") -> list[str]:
    name = data.type.name.lower().replace("_", "-")
    if isinstance(data.value, tuple):
        head = f"{_INDENT * level}{label}{name} of {len(data.value)}"
        return [head, *(line for element in data.value for line in _data_lines(element, level + 1))]
    text = "" if data.value is None else f" {_text(data.value)}"
    return [f"{_INDENT * level}{label}{name}{text}"]


def _text(value: object, name: str = "") -> str:
    if isinstance(value, bytes):
        return _octets_text(value, name)
    if isinstance(value, Conformance):
        return f"{int(value):06X} {', '.join(value.names())}"
    if isinstance(value, IntFlag):
        return f"{int(value):02X}"
    if name in _HEXADECIMAL and isinstance(value, int):
        return f"{value:0{_HEXADECIMAL[name]}X}"
    if isinstance(value, Enum):
        return f"{value.value} {value.name.lower().replace('_', '-')}"
    return str(value)


def _octets_text(octets: bytes, name: str) -> str:
    known = _IDENTIFIERS[name](octets) if name in _IDENTIFIERS else None
    if known is not None:
        return f"{octets.hex()} ({known.name})"
    if octets and all(0x20 <= octet < 0x7F for octet in octets):
        return f'{octets.hex()} "{octets.decode("ascii")}"'
    moment, deviations = decode_date_time(octets)
    if moment is not None and not deviations and moment.year is not None:
        return f"{octets.hex()} ({_moment_text(octets)})"
    return octets.hex()


def _moment_text(octets: bytes) -> str:
    moment, _ = decode_date_time(octets)
    if moment is None:
        return ""
    numbers = [moment.month, moment.day, moment.hour, moment.minute, moment.second]
    month, day, hour, minute, second = ("**" if n is None else f"{n:02}" for n in numbers)
    deviation = "not specified" if moment.deviation_min is None else f"{moment.deviation_min} min"
    return f"{moment.year}-{month}-{day} {hour}:{minute}:{second}, deviation {deviation}"
