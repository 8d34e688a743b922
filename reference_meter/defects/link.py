"""Defects of layer HD: HDLC."""

from __future__ import annotations

from dataclasses import replace

from bench.protocols.hdlc import DecodedFrame
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.dlms.hdlc_link import HdlcLink


class FcsIgnored(HdlcLink):
    """Act on frames whose frame check sequence is wrong."""

    def acceptable(self, decoded: DecodedFrame) -> bool:
        others = tuple(found for found in decoded.deviations if found.rule != "hdlc.fcs")
        return super().acceptable(replace(decoded, deviations=others))


DEFECTS = (
    SlotDefect(id="HD-01", title="Frames with wrong FCS are processed", slot="hdlc_link", mixin=FcsIgnored),
)
