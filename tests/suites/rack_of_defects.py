"""A rack for the laboratory, from a file of its own: each position but the last has another defect."""

from __future__ import annotations

from reference_meter.defects.by_position import ByPosition
from reference_meter.defects.catalogue import by_id

BY_POSITION = {1: "MT-01", 2: "ST-01", 3: "HD-01", 4: "AP-01", 5: "AR-03"}
RACK = ByPosition(
    id="RACK",
    title="Another defect at each position",
    defects={position: by_id(name) for position, name in BY_POSITION.items()},
)
