"""A safety relay board as a SCPI instrument of our own: interlock, emergency stop, watchdog relay.

``INTerlock:CLOSed?``, ``ESTop:PRESsed?``, ``WATChdog:FEED``, ``WATChdog:TRIPped?``. The watchdog watches from
its first feed on and trips when it is not fed for its period; ``on_trip`` is the relay in the source's mains.
"""

from __future__ import annotations

from collections.abc import Callable

from instruments.virtual.plant import Plant, Timer
from instruments.virtual.scpi import Call, ScpiInstrument

PERIOD_S = 1.5


class VirtualSafetyBoard(ScpiInstrument):
    """Doors and buttons are attributes; tests open and press them."""

    def __init__(
        self, plant: Plant, *, on_trip: Callable[[], None] = lambda: None, serial_number: str = "1"
    ) -> None:
        super().__init__(f"METERBENCH,SAFETY,{serial_number},1")
        self.interlock_closed = True
        self.emergency_stop_pressed = False
        self.tripped = False
        self._plant = plant
        self._on_trip = on_trip
        self._timer: Timer | None = None
        self.tree.add("INTerlock:CLOSed?", lambda _call: str(int(self.interlock_closed)))
        self.tree.add("ESTop:PRESsed?", lambda _call: str(int(self.emergency_stop_pressed)))
        self.tree.add("WATChdog:FEED", self._feed)
        self.tree.add("WATChdog:TRIPped?", lambda _call: str(int(self.tripped)))

    def _feed(self, _call: Call) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.tripped = False
        self._timer = self._plant.at(self._plant.now() + PERIOD_S, self._trip)

    def _trip(self) -> None:
        self._timer = None
        self.tripped = True
        self._on_trip()
