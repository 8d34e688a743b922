"""Slot ``function_control``: functions that can be switched off, and what is off stays so over power cuts (class 122).

Which functions a meter has is its maker's choice; this one has two. The forms of the lists are as gurux-dlms has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_meter.meter import Meter

LOAD_PROFILE, TOKEN_GATEWAY = "load-profile", "token-gateway"
#: Each function with the objects that make it: class and logical name.
FUNCTIONS: Mapping[str, tuple[tuple[int, str], ...]] = MappingProxyType(
    {LOAD_PROFILE: ((7, "1-0:99.1.0"),), TOKEN_GATEWAY: ((115, "0-0:19.40.0"),)}
)
_RECORD = "functions.off"


class FunctionControl:
    """Remember which functions are off."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def on(self, name: str) -> bool:
        """Tell whether a function works."""
        return name not in self._off()

    def serves(self, class_id: int, obis: str) -> bool:
        """Tell whether the functions that an object belongs to all work."""
        return all(self.on(name) for name, objects in FUNCTIONS.items() if (class_id, obis) in objects)

    def switch(self, wanted: Mapping[str, bool]) -> bool:
        """Switch functions on and off, all or none; return False where one is not known."""
        if not wanted.keys() <= FUNCTIONS.keys():
            return False
        off = {name for name in FUNCTIONS if not wanted.get(name, self.on(name))}
        self.meter.memory.put(_RECORD, sorted(off))
        return True

    def _off(self) -> list[str]:
        return self.meter.memory.get(_RECORD) or []
