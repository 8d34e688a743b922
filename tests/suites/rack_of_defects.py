"""A defect from a file of its own: each position of a rack gets another defect of the catalogue, the last one none."""

from __future__ import annotations

from reference_meter.blueprint import Blueprint
from reference_meter.defects.catalogue import by_id

BY_POSITION = {1: "MT-01", 2: "ST-01", 3: "HD-01", 4: "AP-01", 5: "AR-03"}


class RackOfDefects:
    """Position decides: what is wrong with one meter must not be seen at another."""

    id = "RACK"
    title = "Another defect at each position"

    def apply(self, blueprint: Blueprint) -> None:
        """Apply the position's defect, if it has one."""
        defect = BY_POSITION.get(blueprint.product.position)
        if defect is not None:
            by_id(defect).apply(blueprint)
