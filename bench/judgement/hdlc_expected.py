"""What each step of the public HDLC cases is due, as data (dlms.md 1.3).

Where the public sources leave a choice ("DM or quiet") every alternative is accepted, and the verdict says which
one came. A meter may discard a bad frame in silence instead of answering it: silence is never demanded to be
broken by a bad frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.protocols.hdlc import FrameKind

NUMBERED = frozenset({FrameKind.I, FrameKind.RR, FrameKind.RNR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a step is due: one frame of one of these kinds, or silence where ``quiet`` allows it.

    ``limits``: the UA must bring parameters within what was proposed and declared. ``called``: the answer may also go
    between the two addresses of what was sent, where these are not the declared ones. ``optional``: a record
    of an older bench may lack the step.
    """

    kinds: tuple[FrameKind, ...] = ()
    quiet: bool = False
    nr: int | None = None
    limits: bool = False
    called: bool = False
    optional: bool = False

    def __str__(self) -> str:
        number = "" if self.nr is None else f" with N(R)={self.nr}"
        words = [kind.name + (number if kind in NUMBERED else "") for kind in self.kinds]
        return " or ".join([*words, "silence"] if self.quiet else words)


UA = Due(kinds=(FrameKind.UA,))
UA_WITHIN_LIMITS = Due(kinds=(FrameKind.UA,), limits=True)
DM = Due(kinds=(FrameKind.DM,))
#: DISC leads to NDM; whether the meter was still connected decides between UA and DM.
UA_OR_DM = Due(kinds=(FrameKind.UA, FrameKind.DM))
QUIET = Due(quiet=True)
RR_0 = Due(kinds=(FrameKind.RR,), nr=0)
#: RR shows that the link lives and counts from 0: after SNRM has recovered it, or while it is in use.
RECOVERED = Due(kinds=(FrameKind.RR,), nr=0, optional=True)
ANYTHING = Due(
    kinds=(
        FrameKind.UA,
        FrameKind.DM,
        FrameKind.FRMR,
        FrameKind.RR,
        FrameKind.RNR,
        FrameKind.I,
        FrameKind.UI,
    ),
    quiet=True,
)
#: What cannot be taken is rejected or dropped; a polled meter may say by RR that it took nothing (N(R) stays 0).
NOT_TAKEN = Due(kinds=(FrameKind.FRMR, FrameKind.RR), quiet=True, nr=0)

#: Case -> rule of a step -> what is due. The suite names the rule of every step; each rule must occur.
EXPECTED: Mapping[str, Mapping[str, Due]] = {
    "HDLC_FRAME_P1": {"SNRM": UA, "RR": RR_0, "DISC in NRM": UA, "DISC in NDM": DM},
    "HDLC_FRAME_P2": {"SNRM": UA, "DISC without closing flag": QUIET, "RR": RR_0},
    "HDLC_FRAME_P3": {"SNRM": UA, "RR in use": RECOVERED, "wait": QUIET, "DISC in NDM": DM},
    "HDLC_FRAME_N1": {"SNRM without flags": QUIET, "DISC in NDM": DM},
    "HDLC_FRAME_N2": {"short SNRM": QUIET, "SNRM": UA},
    "HDLC_FRAME_N3": {"SNRM of another type": QUIET, "DISC in NDM": DM},
    "HDLC_FRAME_N4": {"SNRM of wrong length": QUIET, "DISC in NDM": DM},
    "HDLC_FRAME_N5": {"SNRM": UA, "unknown control": NOT_TAKEN, "RR": RECOVERED},
    "HDLC_FRAME_N7": {"SNRM with wrong HCS": QUIET, "DISC in NDM": DM},
    "HDLC_FRAME_N8": {"SNRM with wrong FCS": QUIET, "DISC in NDM": DM},
    "HDLC_ADDRESS_P1": {"SNRM": UA, "DISC in NRM": UA},
    "HDLC_ADDRESS_N1": {
        "SNRM from a long source": Due(kinds=(FrameKind.FRMR,), quiet=True),
        "DISC in NDM": DM,
    },
    "HDLC_ADDRESS_N4": {"SNRM to an unknown address": QUIET},
    "HDLC_ADDRESS_N6": {"SNRM to the short address": QUIET},
    "HDLC_ADDRESS_N7": {"SNRM to an impossible address": QUIET},
    "HDLC_NDM2NRM_P1": {
        "SNRM": UA_WITHIN_LIMITS,
        # What a proposal outside the range is due is not public; if it is accepted, the answer must be sound.
        "SNRM out of range": Due(kinds=(FrameKind.UA, FrameKind.DM, FrameKind.FRMR), quiet=True, limits=True),
        "DISC": UA_OR_DM,
    },
    "HDLC_NDM2NRM_P2": {"SNRM": UA_WITHIN_LIMITS, "DISC": UA_OR_DM},
    "HDLC_INFO_N1": {"SNRM": UA, "information too long": NOT_TAKEN, "RR": RECOVERED},
    "HDLC_INFO_N2": {
        "SNRM": UA,
        "wrong N(R)": Due(kinds=(FrameKind.FRMR, FrameKind.RR), quiet=True),
        "RR": RECOVERED,
    },
    "HDLC_INFO_N3": {"SNRM": UA, "wrong N(S)": NOT_TAKEN, "RR": RECOVERED},
    "HDLC_NDMOP_N1": {"I-frame in NDM": Due(kinds=(FrameKind.DM,), quiet=True)},
    "HDLC_ADDRESS_P1, all stations": {
        "SNRM to all stations": Due(kinds=(FrameKind.UA,), called=True),
        "DISC to all stations": Due(kinds=(FrameKind.UA,), called=True),
        "SNRM": UA,
        "DISC in NRM": UA,
    },
    # Beyond the public cases.
    "inter_octet_time_out": {
        "SNRM": UA,
        "first half of a frame": QUIET,
        "second half of a frame": QUIET,
        "RR": RR_0,
    },
    "shared_flags": {"SNRM": UA, "two frames with one flag between": RR_0},
    # The numbers of a connection are its client's: another one is not connected, and hears so or nothing.
    "other_client": {
        "SNRM": UA,
        "frame of another client": Due(kinds=(FrameKind.DM,), quiet=True, called=True),
        "RR": RR_0,
    },
    "idle_flags": {"SNRM": UA, "RR": RR_0},
    "hdlc_fuzz": {
        "SNRM": UA,
        "spoiled, FCS wrong": QUIET,
        "spoiled behind the addresses, FCS right": ANYTHING,
    },
}
