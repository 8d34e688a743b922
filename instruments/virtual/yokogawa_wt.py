"""Virtual twin of a Yokogawa WT333E: numeric items, ranges, integrator. Everything else gives 113 or -113.

Replies carry their header until ``:COMM:HEAD OFF``. Values are those of the last whole update.
"""

from __future__ import annotations

from collections.abc import Callable

from instruments.virtual.plant import StandardPlant
from instruments.virtual.scpi import Call, Dialect, ScpiError, ScpiInstrument
from instruments.virtual.standard_inputs import SeenPhase, StandardInputs

ELEMENTS = 3
VOLTAGE_RANGES_V = (15.0, 30.0, 60.0, 150.0, 300.0, 600.0)
CURRENT_RANGES_A = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
OVER_FACTOR = 1.3
"""Above this multiple of a range the value is INF (our assumption)."""
WT = Dialect(error_numbers={-113: 113})
"""The error numbers are the legacy, positive ones."""
_FUNCTIONS: dict[str, Callable[[SeenPhase], float]] = {
    "U": lambda phase: phase.voltage_v,
    "I": lambda phase: phase.current_a,
    "P": lambda phase: phase.power_w,
    "Q": lambda phase: phase.reactive_var,
}


class VirtualWt333E(ScpiInstrument):
    """Three elements."""

    def __init__(self, plant: StandardPlant, port: str, *, serial_number: str = "91K123456") -> None:
        super().__init__(f"YOKOGAWA,WT333E,{serial_number},F1.11", dialect=WT)
        self.serial_number = serial_number
        self.port = port
        self._inputs = StandardInputs(plant, ELEMENTS)
        self._header = True
        self._voltage_range_v, self._current_range_a = VOLTAGE_RANGES_V[-1], CURRENT_RANGES_A[-1]
        self._items: dict[int, tuple[str, int]] = {}
        self._count = 0
        self._integrating = "RES"
        self._declare()

    def _declare(self) -> None:
        add = self.tree.add
        add("COMMunicate:HEADer", self._set_header, parameters=1)
        add("COMMunicate:VERBose", lambda call: _ignore(call.parameters.boolean(0)), parameters=1)
        add("NUMeric:FORMat", lambda call: _ignore(call.parameters.word(0, "ASCii")), parameters=1)
        add("NUMeric[:NORMal]:NUMber", self._set_count, parameters=1)
        add("NUMeric[:NORMal]:ITEM<1-255>", self._set_item, parameters=2)
        add("NUMeric[:NORMal]:VALue?", self._values)
        add(
            "RATE",
            lambda call: _ignore(call.parameters.number(0, unit="S", low=0.1, high=20.0)),
            parameters=1,
        )
        add("[INPut]:WIRing", lambda call: _ignore(_one_of(call, ("P3W4",))), parameters=1)
        add("[INPut]:VOLTage:AUTO", lambda call: _ignore(call.parameters.boolean(0)), parameters=1)
        add("[INPut]:CURRent:AUTO", lambda call: _ignore(call.parameters.boolean(0)), parameters=1)
        add("[INPut]:VOLTage:RANGe", self._set_voltage_range, parameters=1)
        add("[INPut]:CURRent:RANGe", self._set_current_range, parameters=1)
        add("INTEGrate:MODE", lambda call: _ignore(call.parameters.word(0, "NORMal")), parameters=1)
        add("INTEGrate:TIMer", lambda call: _ignore(call.parameters.integer(0, low=0)), parameters=3)
        add("INTEGrate:RESet", self._reset_integrator)
        add("INTEGrate:STARt", self._start_integrator)
        add("INTEGrate:STOP", self._stop_integrator)
        add("INTEGrate:STATe?", lambda _call: self._headed(":INTEG:STAT", self._integrating))
        add("STATus:ERRor?", self._error)

    def _headed(self, header: str, value: str) -> str:
        return f"{header} {value}" if self._header else value

    def _error(self, call: Call) -> str:
        code, text = call.session.status.errors.pop()
        return f'{code},"{text}"'

    def _set_header(self, call: Call) -> None:
        self._header = call.parameters.boolean(0)

    def _set_count(self, call: Call) -> None:
        self._count = call.parameters.integer(0, low=1, high=255)

    def _set_item(self, call: Call) -> None:
        function = call.parameters.raw(0).upper()
        element = call.parameters.integer(1, low=1, high=ELEMENTS)
        if function not in (*_FUNCTIONS, "FU", "WH"):
            raise ScpiError(-224, function)
        self._items[call.suffixes[0]] = (function, element)

    def _set_voltage_range(self, call: Call) -> None:
        self._voltage_range_v = _range(call, VOLTAGE_RANGES_V)

    def _set_current_range(self, call: Call) -> None:
        self._current_range_a = _range(call, CURRENT_RANGES_A)

    def _values(self, _call: Call) -> str:
        seen = self._inputs.seen()
        energies = self._inputs.energies_wh()
        texts = [self._value(self._items.get(k), seen, energies) for k in range(1, self._count + 1)]
        return self._headed(":NUM:NORM:VAL", ",".join(texts))

    def _value(
        self, item: tuple[str, int] | None, seen: tuple[SeenPhase, ...], energies: tuple[float, ...]
    ) -> str:
        if item is None:
            return "NAN"
        function, element = item
        phase = seen[element - 1]
        if function == "WH":
            return "NAN" if self._integrating == "RES" else f"{energies[element - 1]:.9E}"
        if function == "FU":
            return f"{self._inputs.frequency_hz():.6E}" if phase.voltage_v else "NAN"
        over = phase.voltage_v > OVER_FACTOR * self._voltage_range_v
        over = over or phase.current_a > OVER_FACTOR * self._current_range_a
        return "INF" if over else f"{_FUNCTIONS[function](phase):.9E}"

    def _reset_integrator(self, _call: Call) -> None:
        if self._integrating == "STAR":
            raise ScpiError(-221, "stop it first")
        self._integrating = "RES"

    def _start_integrator(self, _call: Call) -> None:
        if self._integrating == "RES":
            self._inputs.mark()
        self._integrating = "STAR"

    def _stop_integrator(self, _call: Call) -> None:
        if self._integrating != "STAR":
            raise ScpiError(-221, "it is not running")
        self._integrating = "STOP"


def _range(call: Call, ranges: tuple[float, ...]) -> float:
    value = call.parameters.number(0, low=ranges[0], high=ranges[-1])
    return next(end for end in ranges if value <= end)


def _one_of(call: Call, choices: tuple[str, ...]) -> str:
    if call.parameters.raw(0).upper() not in choices:
        raise ScpiError(-224, call.parameters.raw(0))
    return call.parameters.raw(0)


def _ignore(_value: object) -> None:
    """Accept a setting that this twin has only once."""
