"""Defects of image transfer, of layers AP and SE."""

from __future__ import annotations

from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.firmware.image import Image


class FirstMissingStands(Image):
    """Say for ever that the first block is missing."""

    def first_missing(self) -> int:
        return 0


class DigestNotChecked(Image):
    """Verify an image whatever its digest says."""

    def digest_right(self) -> bool:
        return True


class DowngradeAccepted(Image):
    """Let an older version follow a newer one."""

    def newer_or_same(self, new: tuple[int, ...], present: tuple[int, ...]) -> bool:  # noqa: ARG002
        return True


def _image(defect_id: str, title: str, mixin: type[Image]) -> SlotDefect:
    return SlotDefect(id=defect_id, title=title, slot="image", mixin=mixin)


DEFECTS = (
    _image("AP-37", "image_first_not_transferred_block_number never advances", FirstMissingStands),
    _image("SE-20", "Firmware with wrong digest activated", DigestNotChecked),
    _image("SE-21", "Firmware downgrade accepted silently", DowngradeAccepted),
)
