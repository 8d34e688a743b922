"""Whether this rig may be energised at all: a real source needs a word of consent and its hardware safety."""

from __future__ import annotations

from bench.errors import PlanError
from bench.rig.rig_file import RigFile

_LOOPBACK = ("TCPIP::127.0.0.1::", "TCPIP0::127.0.0.1::", "TCPIP::LOCALHOST::", "ASRL/DEV/PTS/")

NOT_A_SAFETY_FUNCTION = (
    "Software is not the safety function: emergency stop, interlock and protective devices must remove "
    "the power without it."
)


def is_virtual(rig: RigFile) -> bool:
    """Return whether nothing on this rig can hurt: it says so, and its sources live on this machine."""
    sources = [entry.resource.upper() for entry in rig.instrument if entry.role == "source"]
    return rig.rig.virtual and all(resource.startswith(_LOOPBACK) for resource in sources)


def allow_output(rig: RigFile, *, live: bool) -> None:
    """Raise PlanError unless the output may be switched on: consent, and hardware safety or its waiver."""
    if is_virtual(rig):
        return
    if not live:
        raise PlanError(
            f"The rig {rig.rig.name!r} has a real source; nothing was switched on.",
            remedy=f"Give --live to energise it. {NOT_A_SAFETY_FUNCTION}",
        )
    missing = rig.safety.missing
    if missing and not rig.safety.waiver:
        raise PlanError(
            f"The rig {rig.rig.name!r} names no {', no '.join(name.replace('_', ' ') for name in missing)}; "
            "nothing was switched on.",
            remedy=(
                'Name the instruments in [safety] of the rig file, or record a waiver = "reason, name, '
                f'YYYY-MM-DD". {NOT_A_SAFETY_FUNCTION}'
            ),
        )
