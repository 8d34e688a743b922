"""A defect for a rack: another one at each position, so that one laboratory shows many meters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reference_meter.blueprint import Blueprint, Defect


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPosition:
    """Apply to each meter the defect of its position, counted from 1; a position without one stays sound."""

    id: str
    title: str
    defects: Mapping[int, Defect]

    def apply(self, blueprint: Blueprint) -> None:
        """Apply the position's defect, if it has one."""
        defect = self.defects.get(blueprint.product.position)
        if defect is not None:
            defect.apply(blueprint)
