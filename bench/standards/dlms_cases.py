"""The publicly named cases of the DLMS conformance test plans, with what is known of their procedures.

The full text of the plans is not public. Names: index of Yellow Book Ed. 5, as published. Procedures: a public
re-implementation, one manufacturer's reading, or derived by us from the title; so a result is a pre-run only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Provenance(StrEnum):
    """Where a case's procedure comes from."""

    REIMPLEMENTATION = "public re-implementation"
    READING = "public re-implementation and one manufacturer's reading"
    DERIVED = "derived from the title"

    @property
    def status(self) -> str:
        """Return the source status of a requirement with this provenance."""
        return "to be confirmed" if self is Provenance.DERIVED else "V1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One document of test plans."""

    document: str
    edition: str


ATS_DL = Plan(document="DLMS UA 1001-3 ATS_DL", edition="V5.0")
ATS_AL = Plan(document="DLMS UA 1001-6 ATS_AL", edition="V1.3")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCase:
    """One public case name."""

    name: str
    plan: Plan
    provenance: Provenance


_R, _M, _D = Provenance.REIMPLEMENTATION, Provenance.READING, Provenance.DERIVED

_NAMES: tuple[tuple[Plan, Provenance, str], ...] = (
    (
        ATS_DL,
        _R,
        (
            "HDLC_FRAME_P1 HDLC_FRAME_P2 HDLC_FRAME_P3 HDLC_FRAME_N1 HDLC_FRAME_N2 HDLC_FRAME_N3 HDLC_FRAME_N4 "
            "HDLC_FRAME_N5 HDLC_FRAME_N7 HDLC_FRAME_N8 HDLC_ADDRESS_N1 HDLC_ADDRESS_N4 HDLC_ADDRESS_N7 "
            "HDLC_NDM2NRM_P1 HDLC_NDM2NRM_P2 HDLC_INFO_P1 HDLC_INFO_N1 HDLC_INFO_N2 HDLC_INFO_N3 HDLC_NDMOP_N1"
        ),
    ),
    (ATS_DL, _D, "HDLC_ADDRESS_P1 HDLC_ADDRESS_N6"),
    (
        ATS_AL,
        _M,
        (
            "APPL_IDLE_N1 APPL_OPEN_1 APPL_OPEN_3 APPL_OPEN_4 APPL_OPEN_5 APPL_OPEN_6 APPL_OPEN_7 APPL_OPEN_9 "
            "APPL_OPEN_11 APPL_OPEN_12 APPL_OPEN_14 APPL_DATA_LN_N1 APPL_DATA_LN_N3 APPL_DATA_LN_N4 APPL_REL_P1"
        ),
    ),
    (ATS_AL, _D, "APPL_OPEN_2 APPL_OPEN_13 APPL_DATA_SN_N1 APPL_DATA_SN_N2 APPL_DATA_SN_N3"),
    (
        ATS_AL,
        _D,
        (
            "SYMSEC_0_BasicCap_1 SYMSEC_0_FraCount_1 SYMSEC_0_FraCount_3 SYMSEC_0_Key_Tx_P1 SYMSEC_0_Key_Tx_P2 "
            "SYMSEC_0_Key_Tx_P3 SYMSEC_0_Key_Tx_N1 SYMSEC_0_Key_Tx_N2 SYMSEC_0_DedKey_N1 SYMSEC_0_SecDataX_P1 "
            "SYMSEC_0_SecDataX_N1 SYMSEC_0_REL_N1 SYMSEC_0_SecPol_1 SYMSEC_0_SecPol_2 SYMSEC_0_SecPol_3"
        ),
    ),
)

PUBLIC_CASES: dict[str, PublicCase] = {
    name: PublicCase(name=name, plan=plan, provenance=provenance)
    for plan, provenance, names in _NAMES
    for name in names.split()
}
"""The 57 public case names."""
