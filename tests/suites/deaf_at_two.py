"""A defect from a file of its own: the meter at position 2 never answers on its port; its measuring is sound."""

from __future__ import annotations

from typing import Any

from reference_meter.defects.by_position import ByPosition
from reference_meter.defects.slot_defect import SlotDefect


class Deaf:
    """Lose every octet that comes in."""

    def receive(self, *_octets: Any) -> None:
        """Do nothing."""


TITLE = "The port of position 2 is dead"
DEAF = SlotDefect(id="DEAF", title=TITLE, slot="hdlc_link", mixin=Deaf)
RACK = ByPosition(id="DEAF-AT-TWO", title=TITLE, defects={2: DEAF})
