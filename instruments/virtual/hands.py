"""The hands of an operator as a SCPI instrument of our own: supply, bypass, keypad, display.

``POSition<n>:SUPPly ON|OFF``, ``:BYPass AUTO|OFF``, ``:LOAD:LIVE?``, ``:KEYPad "..."``, ``:DISPlay?``;
``POSition:COUNt?`` says how many positions there are. A relay board with the same commands is as good.
"""

from __future__ import annotations

from instruments.virtual.plant import HandsPlant
from instruments.virtual.scpi import Call, ScpiError, ScpiInstrument, quoted


class VirtualHands(ScpiInstrument):
    """Reaches the positions of the plant."""

    def __init__(self, plant: HandsPlant, port: str, *, serial_number: str = "1") -> None:
        super().__init__(f"METERBENCH,HANDS,{serial_number},1")
        self.serial_number = serial_number
        self.port = port
        self._plant = plant
        plant.on_contact_moved(lambda: plant.notify(port))
        add = self.tree.add
        position = f"POSition<1-{plant.positions}>"
        add(f"{position}:COUNt?", lambda _call: str(plant.positions))
        add(f"{position}:SUPPly", self._set_supply, parameters=1)
        add(f"{position}:SUPPly?", lambda call: str(int(plant.supply_on(call.suffixes[0]))))
        add(f"{position}:BYPass", self._set_bypass, parameters=1)
        add(f"{position}:BYPass?", lambda call: "AUTO" if plant.bypass_automatic(call.suffixes[0]) else "OFF")
        add(f"{position}:LOAD:LIVE?", lambda call: str(int(plant.load_side_live(call.suffixes[0]))))
        add(f"{position}:KEYPad", self._press, parameters=1)
        add(f"{position}:DISPlay?", lambda call: quoted(plant.display(call.suffixes[0])))

    def _set_supply(self, call: Call) -> None:
        self._plant.supply(call.suffixes[0], on=call.parameters.boolean(0))

    def _set_bypass(self, call: Call) -> None:
        automatic = call.parameters.word(0, "AUTO", "OFF") == "AUTO"
        self._plant.bypass(call.suffixes[0], automatic=automatic)

    def _press(self, call: Call) -> None:
        keys = call.parameters.text(0)
        if not keys:
            raise ScpiError(-224, "no key")
        self._plant.press(call.suffixes[0], keys)
