"""The hands of an operator as a SCPI instrument of our own: supply, bypass, keypad, display.

``POSition<n>:SUPPly ON|OFF``, ``:BYPass AUTO|OFF``, ``:LOAD:LIVE?``, ``:KEYPad "..."``, ``:DISPlay?``, and what
tempts a meter: ``:COVer "meter"|"terminal",OPEN|CLOSed``, ``:MAGNet <mT>``, ``:NEUTral ON|OFF``,
``:NEUTral:CURRent <share>``, ``:BATTery <V>``, ``:MODule "name"`` (empty: none), ``:CUSTomer:UNIT ON|OFF``,
``:BRIDge ON|OFF``; for the whole rack ``INTerrupter:CYCLes <on>,<off>``, ``INTerrupter:SEConds <on>,<off>`` and
``INTerrupter:OFF`` (a switch that leads the current around standard and meters), ``CHAMber:TEMPerature <degrees C>``;
``POSition:COUNt?`` says how many positions there are. A relay board with the same commands is as good.
"""

from __future__ import annotations

from instruments.virtual.plant import HandsPlant
from instruments.virtual.scpi import Call, ScpiError, ScpiInstrument, quoted

COVERS = ("meter", "terminal")


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
        add(f"{position}:COVer", self._cover, parameters=2)
        add(f"{position}:MAGNet", self._magnet, parameters=1)
        add(f"{position}:NEUTral", self._neutral, parameters=1)
        add(f"{position}:NEUTral:CURRent", self._neutral_current, parameters=1)
        add(f"{position}:BATTery", self._battery, parameters=1)
        add(f"{position}:MODule", self._module, parameters=1)
        add(f"{position}:CUSTomer:UNIT", self._customer_unit, parameters=1)
        add(f"{position}:BRIDge", self._bridge, parameters=1)
        add("INTerrupter:CYCLes", lambda call: self._interrupt(call, cycles=True), parameters=2)
        add("INTerrupter:SEConds", lambda call: self._interrupt(call, cycles=False), parameters=2)
        add("INTerrupter:OFF", lambda _call: plant.interrupt(1, 0, cycles=True))
        add("CHAMber:TEMPerature", self._chamber, parameters=1)
        add(f"{position}:KEYPad", self._press, parameters=1)
        add(f"{position}:DISPlay?", lambda call: quoted(plant.display(call.suffixes[0])))

    def _set_supply(self, call: Call) -> None:
        self._plant.supply(call.suffixes[0], on=call.parameters.boolean(0))

    def _set_bypass(self, call: Call) -> None:
        automatic = call.parameters.word(0, "AUTO", "OFF") == "AUTO"
        self._plant.bypass(call.suffixes[0], automatic=automatic)

    def _cover(self, call: Call) -> None:
        name = call.parameters.text(0)
        if name not in COVERS:
            raise ScpiError(-224, f"no cover {name}")
        self._plant.cover(call.suffixes[0], name, opened=call.parameters.word(1, "OPEN", "CLOSed") == "OPEN")

    def _magnet(self, call: Call) -> None:
        self._plant.magnet(call.suffixes[0], call.parameters.number(0, low=0.0, high=1000.0))

    def _neutral(self, call: Call) -> None:
        self._plant.neutral(call.suffixes[0], connected=call.parameters.boolean(0))

    def _neutral_current(self, call: Call) -> None:
        self._plant.neutral_current(call.suffixes[0], call.parameters.number(0, low=0.0, high=100.0))

    def _battery(self, call: Call) -> None:
        self._plant.battery(call.suffixes[0], call.parameters.number(0, low=0.0, high=10.0))

    def _module(self, call: Call) -> None:
        self._plant.module(call.suffixes[0], call.parameters.text(0))

    def _customer_unit(self, call: Call) -> None:
        self._plant.customer_unit(call.suffixes[0], connected=call.parameters.boolean(0))

    def _interrupt(self, call: Call, *, cycles: bool) -> None:
        low = 1.0 if cycles else 0.1
        on, off = (call.parameters.number(index, low=low, high=3600.0) for index in range(2))
        self._plant.interrupt(on, off, cycles=cycles)

    def _chamber(self, call: Call) -> None:
        self._plant.chamber(call.parameters.number(0, low=-40.0, high=70.0))

    def _bridge(self, call: Call) -> None:
        self._plant.bridge(call.suffixes[0], closed=call.parameters.boolean(0))

    def _press(self, call: Call) -> None:
        keys = call.parameters.text(0)
        if not keys:
            raise ScpiError(-224, "no key")
        self._plant.press(call.suffixes[0], keys)
