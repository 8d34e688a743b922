"""Legal variants of layer ST: what a conforming meter may do otherwise."""

from __future__ import annotations

from reference_meter.blueprint import Blueprint


class SectionsInAnyOrder:
    """Key change sections taken 2 then 1. The clean meter takes them in any order, so nothing is changed."""

    id = "N-13"
    title = "KCT sections accepted 2 then 1"

    def apply(self, blueprint: Blueprint) -> None:
        """Leave the meter as it is."""


DEFECTS = (SectionsInAnyOrder(),)
