"""Defects of layer AP: DLMS/COSEM application associations and services."""

from __future__ import annotations

from bench.protocols.acse import Aarq
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.dlms.association import Association, Rejection


class UnknownContextAccepted(Association):
    """Take an application context name that no standard knows for logical name referencing."""

    def check_context(self, aarq: Aarq) -> Rejection | None:
        unknown = aarq.application_context_name is not None and aarq.context is None
        return None if unknown else super().check_context(aarq)


DEFECTS = (
    SlotDefect(
        id="AP-01",
        title="AARQ with unknown application context accepted",
        slot="association",
        mixin=UnknownContextAccepted,
    ),
)
