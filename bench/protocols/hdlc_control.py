"""The control octet of an HDLC frame (ISO/IEC 13239, as far as IEC 62056-46 uses it)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


class Control(IntEnum):
    """Control octets of the unnumbered frames, as the profile sends them (P/F set but for UI)."""

    SNRM = 0x93
    UA = 0x73
    DISC = 0x53
    DM = 0x1F
    FRMR = 0x97
    UI = 0x03
    UI_POLL = 0x13


class FrameKind(Enum):
    """What a control octet says, without its numbers and P/F bit."""

    I = "I"  # noqa: E741  the standard's name
    RR = "RR"
    RNR = "RNR"
    SNRM = "SNRM"
    UA = "UA"
    DISC = "DISC"
    DM = "DM"
    FRMR = "FRMR"
    UI = "UI"
    UNKNOWN = "unknown"


_UNNUMBERED = {
    Control.SNRM & ~0x10: FrameKind.SNRM,
    Control.UA & ~0x10: FrameKind.UA,
    Control.DISC & ~0x10: FrameKind.DISC,
    Control.DM & ~0x10: FrameKind.DM,
    Control.FRMR & ~0x10: FrameKind.FRMR,
    Control.UI & ~0x10: FrameKind.UI,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlField:
    """A control octet taken apart; ``ns`` and ``nr`` are None where the frame kind has none."""

    kind: FrameKind
    ns: int | None = None
    nr: int | None = None
    poll: bool = False


def i_control(ns: int, nr: int, poll: bool = True) -> int:
    """Return the control octet of an I frame: NR (3 bits), P/F, NS (3 bits), 0."""
    return (nr & 7) << 5 | poll << 4 | (ns & 7) << 1


def rr_control(nr: int, poll: bool = True) -> int:
    """Return the control octet of RR (receive ready): NR, P/F, 0001."""
    return (nr & 7) << 5 | poll << 4 | 0x01


def rnr_control(nr: int, poll: bool = True) -> int:
    """Return the control octet of RNR (receive not ready): NR, P/F, 0101."""
    return (nr & 7) << 5 | poll << 4 | 0x05


def parse_control(octet: int) -> ControlField:
    """Take a control octet apart; anything outside the profile is `FrameKind.UNKNOWN`."""
    return _CONTROLS[octet]


def _taken_apart(octet: int) -> ControlField:
    poll = bool(octet & 0x10)
    nr = octet >> 5 & 7
    if not octet & 1:
        return ControlField(kind=FrameKind.I, ns=octet >> 1 & 7, nr=nr, poll=poll)
    if octet & 0x0F == 0x01:
        return ControlField(kind=FrameKind.RR, nr=nr, poll=poll)
    if octet & 0x0F == 0x05:
        return ControlField(kind=FrameKind.RNR, nr=nr, poll=poll)
    return ControlField(kind=_UNNUMBERED.get(octet & ~0x10, FrameKind.UNKNOWN), poll=poll)


_CONTROLS = tuple(_taken_apart(octet) for octet in range(256))
